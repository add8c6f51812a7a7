//! RECORD: path, hash and size of every file in a wheel, as CSV (PEP 376, binary distribution
//! format of PEP 427).

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::record_rows::{BYTE_ORDER_MARK, MOST_ROWS, RawRecordRow, RecordRows};
use super::{MemberPath, MemberPathError};
use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// A SHA-256; `Display` writes `sha256=` and URL-safe base64 without padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256Digest(pub [u8; 32]);

impl fmt::Display for Sha256Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "sha256={}", URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl FromStr for Sha256Digest {
    type Err = Sha256DigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_prefix("sha256=")
            .and_then(|encoded| URL_SAFE_NO_PAD.decode(encoded).ok())
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| Sha256DigestError { text: text.to_owned() })
    }
}

/// A text that is not a SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected `sha256=` and 43 characters of URL-safe base64 without `=` at the end, found `{}`",
    escape_truncated(text)
)]
pub struct Sha256DigestError {
    /// The text.
    pub text: String,
}

impl Diagnose for Sha256DigestError {}

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
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::Any(b'\n'))
            .from_writer(Vec::new());
        for RecordRow { path, digest, size } in &self.rows {
            let (digest, size) = (digest.to_string(), size.to_string());
            writer.write_record([path.as_str(), &digest, &size]).map_err(RecordError::Write)?;
        }
        writer.write_record([own.as_str(), "", ""]).map_err(RecordError::Write)?;
        let text = writer.into_inner();
        let mut text = text.map_err(|error| RecordError::Write(error.into_error().into()))?;
        // At the start of the file, a reader would take this character of a path for a byte order mark.
        // The CSV writer did not quote the path, or the file would begin with a quote.
        if text.starts_with(BYTE_ORDER_MARK) {
            let first = self.rows.first().map_or(own, |row| &row.path);
            text.insert(first.as_str().len(), b'"');
            text.insert(0, b'"');
        }
        Ok(text)
    }

    /// Parses a RECORD.
    ///
    /// # Errors
    ///
    /// The file is not CSV, a row has a wrong form, or a path appears twice.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        // The CSV reader would skip it.
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

/// Parses a row: its path, and the whole row if it has a hash.
fn parse_row(raw: &RawRecordRow) -> Result<(MemberPath, Option<RecordRow>), RecordError> {
    let number = raw.number;
    if raw.field_count() != 3 {
        return Err(RecordError::Fields { number, found: raw.field_count() });
    }
    let path = MemberPath::from_bytes(raw.path())
        .map_err(|source| RecordError::Path { number, source })?;
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

/// A RECORD that is wrong or cannot be written. Rows are counted from 1.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Not CSV.
    #[error("row {number} of RECORD is not CSV: {source}")]
    Csv {
        /// The row.
        number: u64,
        /// What the CSV reader found.
        source: csv::Error,
    },
    /// A byte order mark in front.
    #[error("row 1 of RECORD: expected a path, found a byte order mark in front of it")]
    ByteOrderMark,
    /// Not three fields.
    #[error("row {number} of RECORD: expected path, hash and size, found {found} fields")]
    Fields {
        /// The row.
        number: u64,
        /// How many fields it has.
        found: usize,
    },
    /// A path that no member may have.
    #[error("row {number} of RECORD: {source}")]
    Path {
        /// The row.
        number: u64,
        /// What is wrong with it.
        source: MemberPathError,
    },
    /// No SHA-256.
    #[error("row {number} of RECORD, hash of `{}`: {source}", escape_truncated(path))]
    Digest {
        /// The row.
        number: u64,
        /// The file.
        path: String,
        /// What was found.
        source: Sha256DigestError,
    },
    /// No size.
    #[error(
        "row {number} of RECORD, size of `{}`: expected a number of bytes, found `{}`",
        escape_truncated(path),
        escape_truncated(found)
    )]
    Size {
        /// The row.
        number: u64,
        /// The file.
        path: String,
        /// What was found.
        found: String,
    },
    /// More rows than there can be files.
    #[error("RECORD: expected at most {MOST_ROWS} rows, found more")]
    TooMany,
    /// A path for the second time.
    #[error("row {number} of RECORD: `{}` is listed for the second time", escape_truncated(path))]
    Duplicate {
        /// The second row.
        number: u64,
        /// The file.
        path: String,
    },
    /// The CSV writer failed.
    #[error("cannot write RECORD: {0}")]
    Write(#[source] csv::Error),
}

impl Diagnose for RecordError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Csv { .. } | Self::Fields { .. } | Self::Digest { .. } | Self::Size { .. } => {
                HINT
            }
            Self::ByteOrderMark => {
                return Some(format!("Python takes it for a part of the path; {HINT}").into());
            }
            Self::Path { source, .. } => return source.hint(),
            Self::TooMany => {
                return Some(format!("a wheel has no more files than that; {HINT}").into());
            }
            Self::Duplicate { .. } => "a wheel holds a file once",
            Self::Write(_) => return None,
        };
        Some(hint.into())
    }
}

/// What to do about a RECORD that another tool wrote.
const HINT: &str = "build the wheel again, or let `wheelworks pack` write a new RECORD";

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
