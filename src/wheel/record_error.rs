//! Errors of RECORD.

use std::borrow::Cow;

use super::MemberPathError;
use super::sha256_digest::Sha256DigestError;
use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// Maximum number of rows of a RECORD: no archive that is read has as many members. Without a limit, rows
/// of two bytes each would take fifty times their length in memory.
pub const MAX_ROWS: usize = 1 << 20;

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
    #[error("RECORD: expected at most {MAX_ROWS} rows, found more")]
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
