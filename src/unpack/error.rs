//! Errors of `unpack`.

use std::borrow::Cow;
use std::path::PathBuf;

use thiserror::Error;

use crate::error::Diagnose;
use crate::escape::{escape_path, escape_truncated};
use crate::source::SourceError;
use crate::wheel::{TooManyDirectories, WheelError};

/// The reason why nothing was unpacked.
#[derive(Debug, Error)]
pub enum UnpackError {
    /// A file cannot be read, or changed while it was read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A `--file` that does not name a destination and a source.
    #[error("`--file={}`: expected {expected}", escape_truncated(text))]
    FileForm {
        /// The value as given.
        text: String,
        /// What was expected.
        expected: &'static str,
    },
    /// An invalid path.
    #[error(transparent)]
    Path(#[from] WheelError),
    /// A member of a wheel's data directory outside of the schemes that installers know.
    #[error("member `{}`: expected it in `purelib`, `platlib`, `scripts`, `headers` or `data`, found it elsewhere in the data directory", escape_truncated(.0))]
    NoScheme(String),
    /// Two sources with different content for one path.
    #[error(
        "two files with different content for `{}`: {first} and {second}",
        escape_truncated(path)
    )]
    Conflict {
        /// The file.
        path: String,
        /// The source of one.
        first: String,
        /// The source of the other.
        second: String,
    },
    /// Two paths that are equal on some file systems.
    #[error(
        "`{}`, {first_from}, and `{}`, {second_from}, differ only in case",
        escape_truncated(first),
        escape_truncated(second)
    )]
    Case {
        /// One path.
        first: String,
        /// Its source.
        first_from: String,
        /// The other.
        second: String,
        /// The source of that path.
        second_from: String,
    },
    /// A path that names a device on Windows.
    #[error("`{}`, {origin}, has a name that is a device on Windows", escape_truncated(path))]
    Device {
        /// The path.
        path: String,
        /// Its source.
        origin: String,
    },
    /// A path that is a file and, by another member, a directory.
    #[error(
        "`{}`, {origin}, is a file, and another file needs it to be a directory",
        escape_truncated(file)
    )]
    FileAsDirectory {
        /// The file.
        file: String,
        /// Its source.
        origin: String,
    },
    /// Too many files and directories.
    #[error("expected at most {limit} files and directories together, found more")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// Too many directories.
    #[error(transparent)]
    Directories(#[from] TooManyDirectories),
    /// The output exists and is not empty.
    #[error("`{}`: expected no directory or an empty one, found files in it", escape_path(.0))]
    NotEmpty(PathBuf),
    /// The output is a file.
    #[error("`{}`: expected no directory or an empty one, found a file", escape_path(.0))]
    NoDirectory(PathBuf),
    /// Replacing the output would remove the working directory, or the output is a symbolic link.
    #[error("`{}` cannot be replaced: the working directory is in it", escape_path(.0))]
    Needed(PathBuf),
}

impl Diagnose for UnpackError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Source(source) => return source.hint(),
            Self::FileForm { .. } => "write `\\=` for a `=` in DEST, and both parts as UTF-8",
            Self::Path(source) => return source.hint(),
            Self::NoScheme(_) => "installers refuse it, too; put it into one of those",
            Self::Conflict { .. } | Self::FileAsDirectory { .. } => "leave one of them out",
            Self::Case { .. } => {
                "not every file system can hold both; rename one, or accept it with `--allow-case-conflicts`"
            }
            Self::Device { .. } => "rename it, or accept it with `--allow-device-names`",
            Self::TooMany { .. } => "unpack fewer archives at a time",
            Self::Directories(source) => return source.hint(),
            Self::NotEmpty(_) => {
                "name another directory with `--out`, or replace this one with `--replace`"
            }
            Self::NoDirectory(_) => "name another one with `--out`",
            Self::Needed(_) => "name the directory to make with `--out`",
        };
        Some(hint.into())
    }
}
