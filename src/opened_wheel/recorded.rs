//! Compares RECORD with the files of a wheel.

use std::collections::HashMap;
use std::fmt;

use crate::escape::escape_truncated;
use crate::wheel::{MemberPath, Record, Sha256Digest};

/// The maximum number of mismatches that a message lists. The RECORD of another wheel would give a
/// row for each file.
const LISTED: usize = 20;

/// One difference between RECORD and the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// A row without a file.
    Ghost {
        /// The row's path.
        path: String,
    },
    /// A file without a row.
    Missing {
        /// The file's path.
        path: String,
    },
    /// Another length.
    Size {
        /// The file's path.
        path: String,
        /// The size in RECORD, in bytes.
        expected: u64,
        /// What the file has.
        found: u64,
    },
    /// Another hash.
    Digest {
        /// The file's path.
        path: String,
        /// The digest in RECORD.
        expected: Sha256Digest,
        /// What the file has.
        found: Sha256Digest,
    },
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ghost { path } => {
                write!(formatter, "`{}`: expected this file, found none", escape_truncated(path))
            }
            Self::Missing { path } => {
                write!(
                    formatter,
                    "`{}`: expected a row for this file, found none",
                    escape_truncated(path)
                )
            }
            Self::Size { path, expected, found } => {
                write!(
                    formatter,
                    "`{}`: expected {expected} bytes, found {found}",
                    escape_truncated(path)
                )
            }
            Self::Digest { path, expected, found } => {
                write!(
                    formatter,
                    "`{}`: expected {expected}, found {found}",
                    escape_truncated(path)
                )
            }
        }
    }
}

/// The known facts about a file that RECORD must list.
#[derive(Debug, Clone, Copy)]
pub struct FoundFile<'a> {
    /// Its path in the archive.
    pub path: &'a MemberPath,
    /// Its length in bytes.
    pub size: u64,
    /// `None` if the file was not read yet: then only its length is compared.
    pub digest: Option<Sha256Digest>,
}

/// All differences, formatted for a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatches(Vec<Mismatch>);

impl Mismatches {
    /// Compares RECORD with the files that it must list: all but itself and its signatures. `None`
    /// if they agree.
    #[must_use]
    pub fn between(record: &Record, files: &[FoundFile<'_>]) -> Option<Self> {
        let mut found: HashMap<&str, &FoundFile<'_>> =
            files.iter().map(|file| (file.path.as_str(), file)).collect();
        let mut mismatches = Vec::new();
        for row in record.rows() {
            let path = row.path.as_str().to_owned();
            match found.remove(row.path.as_str()) {
                None => mismatches.push(Mismatch::Ghost { path }),
                Some(file) if file.size != row.size => {
                    let (expected, found) = (row.size, file.size);
                    mismatches.push(Mismatch::Size { path, expected, found });
                }
                Some(file) => {
                    let expected = row.digest;
                    let wrong = file.digest.filter(|found| *found != expected);
                    mismatches.extend(wrong.map(|found| Mismatch::Digest {
                        path,
                        expected,
                        found,
                    }));
                }
            }
        }
        // In the order of `files`: the map has no fixed order.
        let missing = files.iter().filter(|file| found.contains_key(file.path.as_str()));
        mismatches
            .extend(missing.map(|file| Mismatch::Missing { path: file.path.as_str().to_owned() }));
        (!mismatches.is_empty()).then_some(Self(mismatches))
    }

    /// Returns one difference.
    #[must_use]
    pub fn one(mismatch: Mismatch) -> Self {
        Self(vec![mismatch])
    }

    /// Returns each difference.
    #[must_use]
    pub fn all(&self) -> &[Mismatch] {
        &self.0
    }
}

impl fmt::Display for Mismatches {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for mismatch in self.0.iter().take(LISTED) {
            write!(formatter, "\n  {mismatch}")?;
        }
        match self.0.len().saturating_sub(LISTED) {
            0 => Ok(()),
            more => write!(formatter, "\n  and {more} more"),
        }
    }
}
