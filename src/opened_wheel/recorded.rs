//! RECORD against the files that are there.

use std::collections::HashMap;
use std::fmt;

use crate::escape::escape_truncated;
use crate::wheel::{MemberPath, Record, Sha256Digest};

/// Mismatches that a message lists. A wheel whose RECORD is another one's needs no list.
const LISTED: usize = 20;

/// One thing that RECORD and the files disagree about.
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
        /// What RECORD says, in bytes.
        expected: u64,
        /// What the file has.
        found: u64,
    },
    /// Another hash.
    Digest {
        /// The file's path.
        path: String,
        /// What RECORD says.
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

/// What is known of a file that RECORD must name.
#[derive(Debug, Clone, Copy)]
pub struct FoundFile<'a> {
    /// Its path in the archive.
    pub path: &'a MemberPath,
    /// Its length in bytes.
    pub size: u64,
    /// `None` where it was not read yet: then its length alone is compared.
    pub digest: Option<Sha256Digest>,
}

/// All of them, as a message lists them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatches(Vec<Mismatch>);

impl Mismatches {
    /// Compares RECORD with the files that it must name: all but itself and its signatures. `None` if
    /// they agree.
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
        // In the files' order, whatever order the map has.
        let missing = files.iter().filter(|file| found.contains_key(file.path.as_str()));
        mismatches
            .extend(missing.map(|file| Mismatch::Missing { path: file.path.as_str().to_owned() }));
        (!mismatches.is_empty()).then_some(Self(mismatches))
    }

    /// Each of them.
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
