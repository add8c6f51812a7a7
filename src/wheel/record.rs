//! RECORD: path, hash and size of every file in a wheel, as CSV (PEP 376, binary distribution
//! format of PEP 427).

use std::collections::BTreeSet;

use super::MemberPath;
use super::record_error::{RecordError, RowProblem};
use super::record_rows::{BYTE_ORDER_MARK, RawRecordRow, RecordRows};
use super::sha256_digest::Sha256Digest;

/// Parses a size of RECORD: digits only. `u64::from_str` alone would also accept a `+` in front.
#[must_use]
pub fn parse_size(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| !text.starts_with('+'))
}

/// One row of RECORD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordRow {
    /// The file.
    pub path: MemberPath,
    /// Hash of its content.
    pub digest: Sha256Digest,
    /// Its size in bytes.
    pub size: u64,
}

/// The rows that have a hash, in the order of the file, each path once.
///
/// The rows of RECORD itself and of its signatures have no hash and are not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    rows: Vec<RecordRow>,
}

impl Record {
    /// Makes a RECORD of rows, in the order in which they will be written.
    ///
    /// # Errors
    ///
    /// A path appears twice.
    pub fn new(rows: Vec<RecordRow>) -> Result<Self, RecordError> {
        let mut paths = BTreeSet::new();
        for (number, row) in (1..).zip(&rows) {
            if !paths.insert(row.path.as_str()) {
                return Err(RecordError::Duplicate { number, path: row.path.to_string() });
            }
        }
        Ok(Self { rows })
    }

    /// Returns the rows.
    #[must_use]
    pub fn into_rows(self) -> Vec<RecordRow> {
        self.rows
    }

    /// Returns the rows.
    #[must_use]
    pub fn rows(&self) -> &[RecordRow] {
        &self.rows
    }

    /// Writes the file. `own`: the path of RECORD itself, which becomes the last row.
    ///
    /// # Errors
    ///
    /// The CSV writer fails.
    pub fn render(&self, own: &MemberPath) -> Result<Vec<u8>, RecordError> {
        let paths: Vec<&str> = self.rows.iter().map(|row| row.path.as_str()).collect();
        render(&self.rows, &paths, own.as_str())
    }

    /// Writes the file with other paths, one for each row, such as those of installed files, which may
    /// begin with `..` (PEP 376). `own`: the path of RECORD itself, which becomes the last row.
    ///
    /// # Errors
    ///
    /// A path appears twice, or the CSV writer fails.
    pub fn render_at(&self, paths: &[String], own: &str) -> Result<Vec<u8>, RecordError> {
        let mut known = BTreeSet::new();
        for (number, path) in (1..).zip(paths) {
            if !known.insert(path) {
                return Err(RecordError::Duplicate { number, path: path.clone() });
            }
        }
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        render(&self.rows, &paths, own)
    }

    /// Parses a RECORD.
    ///
    /// # Errors
    ///
    /// A row has a wrong form, or a path appears twice.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        // The reader of the rows would skip it.
        if bytes.starts_with(BYTE_ORDER_MARK) {
            return Err(RecordError::ByteOrderMark);
        }
        let mut paths = BTreeSet::new();
        let mut rows = Vec::new();
        for raw in RecordRows::new(bytes) {
            let raw = raw?;
            let (path, row) = parse_row(&raw)?;
            if !paths.insert(path.clone()) {
                let number = raw.number;
                return Err(RecordError::Duplicate { number, path: path.to_string() });
            }
            rows.extend(row);
        }
        Ok(Self { rows })
    }
}

fn render(rows: &[RecordRow], paths: &[&str], own: &str) -> Result<Vec<u8>, RecordError> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(Vec::new());
    for (RecordRow { digest, size, .. }, path) in rows.iter().zip(paths) {
        let (digest, size) = (digest.to_string(), size.to_string());
        writer.write_record([path, digest.as_str(), &size]).map_err(RecordError::Write)?;
    }
    writer.write_record([own, "", ""]).map_err(RecordError::Write)?;
    let text = writer.into_inner();
    let mut text = text.map_err(|error| RecordError::Write(error.into_error().into()))?;
    // At the start of the file, a reader would take this character of a path for a byte order mark.
    // The CSV writer did not quote the path, or the file would begin with a quote.
    if text.starts_with(BYTE_ORDER_MARK) {
        let first = paths.first().map_or(own.len(), |path| path.len());
        text.insert(first, b'"');
        text.insert(0, b'"');
    }
    Ok(text)
}

/// Parses a row: its path, and the whole row if it has a hash.
fn parse_row(raw: &RawRecordRow<'_>) -> Result<(MemberPath, Option<RecordRow>), RecordError> {
    let number = raw.number;
    if let Some(problem @ RowProblem::Empty) = raw.problem() {
        return Err(RecordError::Row { number, problem });
    }
    if raw.field_count() != 3 {
        return Err(RecordError::Fields { number, found: raw.field_count() });
    }
    let path = MemberPath::from_bytes(raw.path())
        .map_err(|source| RecordError::Path { number, source })?;
    if let Some(problem) = raw.problem() {
        return Err(RecordError::Row { number, problem });
    }
    let digest = raw.digest();
    if digest.is_empty() && may_lack_hash(&path) {
        return Ok((path, None));
    }
    let digest = String::from_utf8_lossy(digest).parse().map_err(|source| RecordError::Digest {
        number,
        path: path.to_string(),
        source,
    })?;
    let size = String::from_utf8_lossy(raw.size());
    let size = parse_size(&size).ok_or_else(|| RecordError::Size {
        number,
        path: path.to_string(),
        found: size.to_string(),
    })?;
    Ok((path.clone(), Some(RecordRow { path, digest, size })))
}

/// Returns whether a path is RECORD or one of its signatures, directly in a dist-info directory.
fn may_lack_hash(path: &MemberPath) -> bool {
    path.as_str().split_once('/').is_some_and(|(dir, name)| {
        dir.ends_with(".dist-info") && matches!(name, "RECORD" | "RECORD.jws" | "RECORD.p7s")
    })
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
