//! Errors of RECORD.

use std::borrow::Cow;

use super::MemberPathError;
use super::sha256_digest::Sha256DigestError;
use super::single_line::ends_line;
use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// Maximum number of rows of a RECORD: no archive that is read has as many members. Without a limit, rows
/// of two bytes each would take fifty times their length in memory.
pub const MAX_ROWS: usize = 1 << 20;

/// Maximum number of characters in a field that Python's CSV reader accepts (`csv.field_size_limit`).
const MAX_FIELD_CHARS: usize = 131_072;

/// A RECORD that is wrong or cannot be written. Rows are counted from 1.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Python cannot read the row, or reads another.
    #[error("row {number} of RECORD: expected path, hash and size, found {problem}")]
    Row {
        /// The row.
        number: u64,
        /// What was found.
        problem: RowProblem,
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

/// Why Python cannot read a row of RECORD, or reads another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RowProblem {
    /// An empty line.
    #[error("an empty line, at which pip stops")]
    Empty,
    /// A field that is not UTF-8.
    #[error("a field that is not UTF-8")]
    NotUtf8,
    /// A character that ends a line in Python, inside a field.
    #[error("{character:?} in a field, where Python ends the line")]
    LineBreak {
        /// The character.
        character: char,
    },
    /// A field that is too long for Python's CSV reader.
    #[error("a field of more than {MAX_FIELD_CHARS} characters")]
    TooLong,
}

impl RowProblem {
    /// Returns the problem of a field.
    pub(super) fn of(field: &[u8]) -> Option<Self> {
        let Ok(text) = std::str::from_utf8(field) else { return Some(Self::NotUtf8) };
        if let Some(character) = text.chars().find(|&character| ends_line(character)) {
            return Some(Self::LineBreak { character });
        }
        // A character has one byte at least.
        let is_long = text.len() > MAX_FIELD_CHARS && text.chars().count() > MAX_FIELD_CHARS;
        is_long.then_some(Self::TooLong)
    }
}

impl Diagnose for RecordError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Row { .. } | Self::Fields { .. } | Self::Digest { .. } | Self::Size { .. } => {
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
