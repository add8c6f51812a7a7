//! The error of a whole command, and the exit codes it maps to.
//!
//! Each module has its own typed errors; this file only gathers them. A message names the file or
//! value, what was expected and what was found; a second line that starts with `hint:` says what
//! to do.

use std::any::Any;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::shown::shown_path;

/// How a command ended, as every way of running it reports it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitCode {
    /// The work is done.
    #[default]
    Done = 0,
    /// The work is done and there are findings that fail the command.
    Findings = 1,
    /// The input or the command line is bad.
    BadInput = 2,
    /// A defect of wheelworks itself.
    Internal = 3,
}

impl From<ExitCode> for i32 {
    fn from(code: ExitCode) -> Self {
        code as i32
    }
}

/// Why a command failed.
#[derive(Debug, Error)]
pub enum Error {
    /// The request was cancelled; nobody waits for a message.
    #[error("cancelled")]
    Cancelled,
    /// An argument file could not be expanded.
    #[error(transparent)]
    Flagfile(#[from] crate::flagfile::FlagfileError),
    /// An audit came to no verdict. Boxed: it is far larger than the rest.
    #[error(transparent)]
    Audit(Box<crate::audit::AuditError>),
    /// A wheel could not be checked at all.
    #[error(transparent)]
    Check(#[from] crate::check::CheckError),
    /// Packing failed.
    #[error(transparent)]
    Pack(#[from] crate::pack::PackError),
    /// An archive is refused. Boxed, as it is large.
    #[error(transparent)]
    Archive(Box<crate::archive::ArchiveError>),
    /// Unpacking failed.
    #[error(transparent)]
    Unpack(Box<crate::unpack::UnpackError>),
    /// A name, version, tag or metadata file is not what the standards ask for.
    #[error(transparent)]
    Wheel(#[from] crate::wheel::WheelError),
    /// A cache directory cannot be used.
    #[error(transparent)]
    CacheDirectory(#[from] crate::warm::CacheDirectoryError),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The process could not be set up: threads, signals.
    #[error(
        "cannot set up the process: {0}\nhint: raise its limits of threads and memory, or ask for fewer threads"
    )]
    Setup(#[source] io::Error),
    /// Memory could not be had.
    #[error(transparent)]
    Memory(#[from] crate::memory::OutOfMemory),
    /// A defect of wheelworks.
    #[error(
        "internal error: {0}\nhint: this is a defect of wheelworks, not of your input; please report it with the command that led here"
    )]
    Internal(String),
}

impl From<crate::audit::AuditError> for Error {
    fn from(error: crate::audit::AuditError) -> Self {
        Self::Audit(Box::new(error))
    }
}

impl From<crate::archive::ArchiveError> for Error {
    fn from(error: crate::archive::ArchiveError) -> Self {
        Self::Archive(Box::new(error))
    }
}

impl From<crate::unpack::UnpackError> for Error {
    fn from(error: crate::unpack::UnpackError) -> Self {
        Self::Unpack(Box::new(error))
    }
}

impl Error {
    /// The error for a panic that was caught, with the panic's text where it has one.
    #[must_use]
    pub fn from_panic(panic: &(dyn Any + Send)) -> Self {
        let text = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Self::Internal(format!("panic: {}", text.unwrap_or("no message")))
    }

    /// The exit code that a command which fails with this error ends with.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Internal(_) | Self::Setup(_) => ExitCode::Internal,
            Self::Pack(error) if error.is_internal() => ExitCode::Internal,
            Self::Pack(crate::pack::PackError::Required(_)) => ExitCode::Findings,
            _ => ExitCode::BadInput,
        }
    }
}

/// A file operation that failed.
#[derive(Debug, Error)]
#[error("cannot {action} `{}`: {source}{}", shown_path(path), hint(source))]
pub struct FileError {
    /// What was tried, as a verb: `read`, `create`.
    pub action: &'static str,
    /// The file.
    pub path: PathBuf,
    /// What the system answered.
    pub source: io::Error,
}

impl FileError {
    /// For `map_err`: `FileError::on("read", path)`.
    pub fn on(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { action, path, source: bare(source) }
    }
}

/// The system's own error, without the path that `fs_err` adds: [`FileError`] names it.
fn bare(error: io::Error) -> io::Error {
    let original = error.get_ref().and_then(|wrapper| wrapper.source());
    match original.and_then(|original| original.downcast_ref::<io::Error>()) {
        Some(original) => original
            .raw_os_error()
            .map_or_else(|| original.kind().into(), io::Error::from_raw_os_error),
        None => error,
    }
}

/// What to do about the errors that people meet most.
fn hint(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::NotFound => "\nhint: check the path; the folder must exist",
        io::ErrorKind::PermissionDenied => "\nhint: check the file's permissions",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "\nhint: free some space, or write to another file system"
        }
        io::ErrorKind::NotADirectory => "\nhint: name a directory, not a file",
        io::ErrorKind::IsADirectory => "\nhint: name a file, not a directory",
        io::ErrorKind::ReadOnlyFilesystem => "\nhint: write to another file system",
        io::ErrorKind::FileTooLarge => {
            "\nhint: raise the limit of the size of files (`ulimit -f`), or write to another file system"
        }
        io::ErrorKind::OutOfMemory => {
            "\nhint: raise the limit of memory, or run fewer requests at once"
        }
        _ if is_out_of_descriptors(source) => "\nhint: raise the limit of open files (`ulimit -n`)",
        _ => "",
    }
}

/// Whether this process, or all of them together, have too many open files.
fn is_out_of_descriptors(source: &io::Error) -> bool {
    // EMFILE and ENFILE, for which the standard library has no name: the same on all Unixes.
    cfg!(unix) && matches!(source.raw_os_error(), Some(23 | 24))
}
