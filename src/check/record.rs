//! RECORD: parses its rows and checks their form.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::archive::{Archive, read_metadata};
use super::dist_info::WheelDirectories;
use super::rules;
use crate::context::Context;
use crate::error::Error;
use crate::findings::Findings;
use crate::wheel::{BYTE_ORDER_MARK, RawRecordRow, RecordRows, parse_record_size};

/// A digest that RECORD can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Digest {
    Sha256([u8; 32]),
    Sha384(Vec<u8>),
    Sha512(Vec<u8>),
}

/// A row. A hash or size that cannot be parsed is `None`.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) path: Arc<str>,
    pub(super) digest: Option<Digest>,
    /// The size in bytes.
    pub(super) size: Option<u64>,
}

/// The rows of RECORD.
#[derive(Debug, Default)]
pub(super) struct RecordTable {
    is_readable: bool,
    path: String,
    rows: Vec<Row>,
    by_path: HashMap<Arc<str>, usize>,
}

/// Parses RECORD and checks its form.
pub(super) fn read(
    archive: &Archive<'_>,
    dist_info: &WheelDirectories,
    findings: &mut Findings<'_>,
    context: &Context<'_>,
) -> Result<RecordTable, Error> {
    let Some(path) = dist_info.path("RECORD") else { return Ok(RecordTable::default()) };
    let Some(text) = read_metadata(archive, &path, true, findings, context)? else {
        return Ok(RecordTable { path, ..RecordTable::default() });
    };
    // The reader of the rows skips it.
    if text.starts_with(BYTE_ORDER_MARK) {
        findings.add(&rules::RECORD_FORM, "row 1: a byte order mark in front of the path");
    }
    let mut record =
        RecordTable { is_readable: true, path, rows: Vec::new(), by_path: HashMap::new() };
    for row in RecordRows::new(&text) {
        match row {
            Ok(row) => record.add(&row, findings),
            Err(error) => findings.add(&rules::RECORD_FORM, error.to_string()),
        }
    }
    Ok(record)
}

impl RecordTable {
    fn add(&mut self, row: &RawRecordRow<'_>, findings: &mut Findings<'_>) {
        let number = row.number;
        let mut wrong = |found: String| {
            findings.add(&rules::RECORD_FORM, format!("row {number}: {found}"));
        };
        if let Some(problem) = row.problem() {
            wrong(problem.to_string());
        }
        let path = match std::str::from_utf8(row.path()) {
            Ok(path) if !path.is_empty() => Arc::<str>::from(path),
            Ok(_) if row.field_count() > 0 => return wrong("no path".to_owned()),
            _ => return,
        };
        if row.field_count() != 3 {
            wrong(format!("`{path}`: {} fields", row.field_count()));
        }
        if path.ends_with('/') {
            findings.add_at(&rules::RECORD_DIRECTORY, &path, format!("row {number}"));
            return;
        }
        if self.by_path.contains_key(&*path) {
            findings.add_at(&rules::RECORD_TWICE, &path, format!("row {number}"));
            return;
        }
        let text = |field| String::from_utf8_lossy(field).into_owned();
        let (digest, size) = (text(row.digest()), text(row.size()));
        let row = if *path == *self.path {
            for (value, what) in [(&digest, "hash"), (&size, "size")] {
                if !value.is_empty() {
                    let found = format!("row {number} has a {what}");
                    findings.add_at(&rules::RECORD_OWN, &path, found);
                }
            }
            Row { path, digest: None, size: None }
        } else {
            Row {
                digest: parse_digest(&path, &digest, findings),
                size: parse_size(&path, &size, findings),
                path,
            }
        };
        self.by_path.insert(row.path.clone(), self.rows.len());
        self.rows.push(row);
    }

    /// Returns the digest that RECORD has for a path.
    pub(super) fn digest(&self, path: &str) -> Option<&Digest> {
        self.row(path)?.digest.as_ref()
    }

    /// Whether there is a RECORD that can be read.
    pub(super) fn is_readable(&self) -> bool {
        self.is_readable
    }

    /// RECORD's own path.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Returns the row of a path.
    pub(super) fn row(&self, path: &str) -> Option<&Row> {
        self.by_path.get(path).map(|&at| &self.rows[at])
    }

    /// The rows, in order, each path once.
    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }
}

fn parse_digest(path: &str, text: &str, findings: &mut Findings<'_>) -> Option<Digest> {
    if text.is_empty() {
        findings.add_at(&rules::RECORD_NO_HASH, path, "no hash");
        return None;
    }
    let (algorithm, encoded) = text.split_once('=').unwrap_or((text, ""));
    let len = match algorithm {
        "sha256" => 32,
        "sha384" => 48,
        "sha512" => 64,
        _ => {
            findings.add_at(&rules::RECORD_WEAK, path, format!("`{algorithm}`"));
            return None;
        }
    };
    let Some(bytes) = URL_SAFE_NO_PAD.decode(encoded).ok().filter(|bytes| bytes.len() == len)
    else {
        let found = format!(
            "expected {algorithm} and URL-safe base64 of {len} bytes without `=`, found `{text}`"
        );
        findings.add_at(&rules::RECORD_FORM, path, found);
        return None;
    };
    Some(match len {
        48 => Digest::Sha384(bytes),
        64 => Digest::Sha512(bytes),
        _ => Digest::Sha256(bytes.try_into().ok()?),
    })
}

fn parse_size(path: &str, text: &str, findings: &mut Findings<'_>) -> Option<u64> {
    if text.is_empty() {
        findings.add_at(&rules::RECORD_NO_HASH, path, "no size");
        return None;
    }
    let size = parse_record_size(text);
    if size.is_none() {
        findings.add_at(&rules::RECORD_FORM, path, format!("expected a size, found `{text}`"));
    }
    size
}
