//! Errors of package databases.

use std::borrow::Cow;
use std::path::PathBuf;

use thiserror::Error;

use crate::error::{Diagnose, FileError};
use crate::escape::escape_path;
use crate::source::SourceError;

/// Why a package database cannot be read.
#[derive(Debug, Error)]
pub enum PackagesError {
    /// The system's error.
    #[error("{0}")]
    File(#[from] FileError),
    /// The system's error, of a large file.
    #[error("{0}")]
    Source(#[from] SourceError),
    /// Larger than any real one.
    #[error("expected at most {limit} bytes in `{path}`, found more", path = escape_path(.path))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
    /// More files in a directory than in any real one.
    #[error("expected at most {limit} files in `{path}`, found more", path = escape_path(.path))]
    TooManyFiles {
        /// The directory.
        path: PathBuf,
        /// The limit.
        limit: usize,
    },
    /// The content is not what the format requires.
    #[error("the package database `{path}` is damaged: {problem}", path = escape_path(.path))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was expected and found.
        problem: &'static str,
    },
}

impl Diagnose for PackagesError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::File(error) => error.hint(),
            Self::Source(error) => error.hint(),
            Self::TooLarge { .. } | Self::TooManyFiles { .. } => {
                Some("check that the root directory is that of a system".into())
            }
            Self::Damaged { .. } => Some(
                "repair the database with its package manager, such as `rpm --rebuilddb`".into(),
            ),
        }
    }
}
