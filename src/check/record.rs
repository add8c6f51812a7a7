//! RECORD: its form, its rows against the archive's files, and the files against its rows.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::archive::{Archive, read_metadata};
use super::content::Content;
use super::dist_info::DistInfo;
use super::rules;
use crate::context::Context;
use crate::error::Error;
use crate::findings::Findings;
use crate::wheel::{BYTE_ORDER_MARK, RawRecordRow, RecordError, RecordRows, parse_record_size};

/// A digest that RECORD can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Digest {
    Sha256([u8; 32]),
    Sha384(Vec<u8>),
    Sha512(Vec<u8>),
}

/// A row, as far as it can be read.
#[derive(Debug)]
struct Row {
    path: Arc<str>,
    digest: Option<Digest>,
    size: Option<u64>,
}

/// What RECORD says.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// Whether there is one that can be read.
    is_there: bool,
    /// Its own path.
    path: String,
    rows: Vec<Row>,
    by_path: HashMap<Arc<str>, usize>,
}

/// Reads RECORD, and tells what is wrong with its form.
pub(super) fn read(
    archive: &Archive<'_>,
    dist_info: &DistInfo,
    findings: &mut Findings<'_>,
    context: &Context<'_>,
) -> Result<Record, Error> {
    let Some(path) = dist_info.path("RECORD") else { return Ok(Record::default()) };
    let Some(text) = read_metadata(archive, &path, true, findings, context)? else {
        return Ok(Record { path, ..Record::default() });
    };
    // The CSV reader passes over it.
    if text.starts_with(BYTE_ORDER_MARK) {
        findings.add(&rules::RECORD_FORM, "row 1: a byte order mark in front of the path");
    }
    let mut record = Record { is_there: true, path, rows: Vec::new(), by_path: HashMap::new() };
    for row in RecordRows::new(&text) {
        match row {
            Ok(row) => record.add(&row, findings),
            Err(RecordError::Csv { number, source }) => {
                findings.add(&rules::RECORD_FORM, format!("row {number}: {source}"));
            }
            Err(error) => findings.add(&rules::RECORD_FORM, error.to_string()),
        }
    }
    Ok(record)
}

impl Record {
    fn add(&mut self, row: &RawRecordRow, findings: &mut Findings<'_>) {
        let number = row.number;
        let mut wrong = |found: String| {
            findings.add(&rules::RECORD_FORM, format!("row {number}: {found}"));
        };
        let path = match std::str::from_utf8(row.path()) {
            Ok(path) if !path.is_empty() => Arc::<str>::from(path),
            Ok(_) => return wrong("no path".to_owned()),
            Err(_) => return wrong("a path that is not UTF-8".to_owned()),
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

    /// The digest of a file.
    pub(super) fn digest(&self, path: &str) -> Option<&Digest> {
        self.rows[*self.by_path.get(path)?].digest.as_ref()
    }

    /// Whether a file need not be in RECORD: its signatures cannot.
    fn is_signature(&self, path: &str) -> bool {
        matches!(path.strip_prefix(&self.path), Some(".jws" | ".p7s"))
    }

    /// Tells in what the files differ from the rows. `contents` are in the archive's order.
    pub(super) fn compare(
        &self,
        archive: &Archive<'_>,
        contents: &[Option<Content>],
        findings: &mut Findings<'_>,
    ) {
        if !self.is_there {
            return;
        }
        if !self.by_path.contains_key(self.path.as_str()) {
            findings.add_at(&rules::RECORD_OWN, &self.path, "there is no row");
        }
        for (member, content) in archive.members.iter().zip(contents) {
            let name = member.name.as_ref();
            if member.is_directory() || name == self.path {
                continue;
            }
            let Some(&at) = self.by_path.get(name) else {
                if self.is_signature(name) {
                    findings.add_at(&rules::RECORD_SIGNATURE, name, "");
                } else {
                    findings.add_at(&rules::RECORD_MISSING, name, "");
                }
                continue;
            };
            let row = &self.rows[at];
            if let Some(size) = row.size.filter(|&size| size != member.uncompressed) {
                let found = member.uncompressed;
                findings.add_at(
                    &rules::RECORD_SIZE,
                    name,
                    format!("RECORD has {size} bytes, the file {found}"),
                );
            }
            if let (Some(digest), Some(content)) = (&row.digest, content)
                && let Some(found) = difference(digest, content)
            {
                findings.add_at(&rules::RECORD_HASH, name, found);
            }
        }
        for row in self.rows.iter().filter(|row| *row.path != *self.path) {
            if archive.find(&row.path).is_none() {
                findings.add_at(&rules::RECORD_GHOST, &row.path, "");
            }
        }
    }
}

/// What to say of a file that is not of a digest.
fn difference(digest: &Digest, content: &Content) -> Option<String> {
    let (name, expected, found): (&str, &[u8], &[u8]) = match (digest, &content.stronger) {
        (Digest::Sha256(expected), _) => ("sha256", expected, &content.sha256),
        (Digest::Sha384(expected), Some(Digest::Sha384(found))) => ("sha384", expected, found),
        (Digest::Sha512(expected), Some(Digest::Sha512(found))) => ("sha512", expected, found),
        _ => return None,
    };
    (expected != found).then(|| {
        let encode = |bytes| URL_SAFE_NO_PAD.encode(bytes);
        format!("RECORD has {name}={}, the file {}", encode(expected), encode(found))
    })
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
