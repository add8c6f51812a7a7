//! Why an input cannot be used.

use std::path::PathBuf;

use thiserror::Error;

use crate::error::FileError;
use crate::escape::escape_path;

/// An input that cannot be used.
#[derive(Debug, Error)]
pub enum SourceError {
    /// A system call failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// The input is a directory.
    #[error(
        "`{}`: expected a regular file, found a directory\nhint: name its files one by one",
        escape_path(.0)
    )]
    Directory(PathBuf),
    /// The input is a device, a pipe or a socket.
    #[error(
        "`{}`: expected a regular file, found a special file\nhint: copy what it gives into a file",
        escape_path(.0)
    )]
    Special(PathBuf),
    /// The input has changed since it was found.
    #[error(
        "`{}` changed while it was read\nhint: run again when nothing writes to it any more",
        escape_path(.0)
    )]
    Changed(PathBuf),
    /// A page of the mapped file could not be read, although the file is unchanged.
    #[error(
        "cannot read `{}`: input/output error while it was mapped\nhint: check the disk or the network file system",
        escape_path(.0)
    )]
    Faulted(PathBuf),
}

impl crate::error::Diagnose for SourceError {
    fn hint(&self) -> Option<std::borrow::Cow<'static, str>> {
        match self {
            Self::File(source) => source.hint(),
            _ => None,
        }
    }
}
