//! Why an input cannot be used.

use std::borrow::Cow;
use std::path::PathBuf;

use thiserror::Error;

use crate::error::{Diagnose, FileError};
use crate::escape::escape_path;

/// An input that cannot be used.
#[derive(Debug, Error)]
pub enum SourceError {
    /// A system call failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// The input is a directory.
    #[error("`{}`: expected a regular file, found a directory", escape_path(.0))]
    Directory(PathBuf),
    /// The input is a device, a pipe or a socket.
    #[error("`{}`: expected a regular file, found a special file", escape_path(.0))]
    Special(PathBuf),
    /// The input has changed since it was found.
    #[error("`{}` changed while it was read", escape_path(.0))]
    Changed(PathBuf),
    /// A page of the mapped file could not be read, although the file is unchanged.
    #[error("cannot read `{}`: input/output error while it was mapped", escape_path(.0))]
    Faulted(PathBuf),
}

impl Diagnose for SourceError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::File(source) => return source.hint(),
            Self::Directory(_) => "name its files one by one",
            Self::Special(_) => "copy what it gives into a file",
            Self::Changed(_) => "run again when no process writes to it",
            Self::Faulted(_) => "check the disk or the network file system",
        };
        Some(hint.into())
    }
}
