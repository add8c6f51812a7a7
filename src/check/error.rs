//! Errors that prevent a check. Faults of the wheel itself are findings instead.

use std::borrow::Cow;
use std::path::PathBuf;

use thiserror::Error;

use crate::error::{Diagnose, FileError};
use crate::escape::{escape_path, escape_truncated};
use crate::source::SourceError;
use crate::zip::DirectoryError;

/// Why a wheel could not be checked.
#[derive(Debug, Error)]
pub enum CheckError {
    /// The file could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// No member of the archive can be found.
    #[error("`{}`: {source}", escape_path(wheel))]
    Archive {
        /// The wheel.
        wheel: PathBuf,
        /// The error.
        source: DirectoryError,
    },
    /// The configuration file.
    #[error("`{}` line {line}: {}", escape_path(path), escape_truncated(problem))]
    Config {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// A pattern of `--package-omit`.
    #[error("--package-omit `{}`: {problem}", escape_truncated(pattern))]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with the pattern.
        problem: String,
    },
    /// `--name-file` with several wheels.
    #[error("--name-file: expected one wheel, found {found}")]
    SeveralWheels {
        /// The number of wheels.
        found: usize,
    },
    /// `--package` or `--src-dir` names nothing.
    #[error("{option} `{}`: expected a directory of sources, found {found}", escape_path(path))]
    Sources {
        /// The option.
        option: &'static str,
        /// The path.
        path: PathBuf,
        /// What the path names: `a file`, `nothing`.
        found: &'static str,
    },
}

impl Diagnose for CheckError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Source(source) => return source.hint(),
            Self::File(source) => return source.hint(),
            Self::Archive { source, .. } => return source.hint(),
            Self::Config { .. } => {
                "docs/check.md describes the configuration; `--no-config` ignores it"
            }
            Self::Pattern { .. } => "`*`, `?` and `[…]` are wildcards",
            Self::SeveralWheels { .. } => "check each wheel by itself",
            Self::Sources { .. } => "check the path",
        };
        Some(hint.into())
    }
}
