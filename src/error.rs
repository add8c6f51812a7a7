//! The error of a command, and its exit codes.
//!
//! Each module implements [`Diagnose`] for its own typed errors. This file names none of them.

use std::any::Any;
use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::escape::escape_path;

/// The exit code of a command, and of a worker's response.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitCode {
    /// Success.
    #[default]
    Done = 0,
    /// Success, with findings that fail the command.
    Findings = 1,
    /// Invalid input or an invalid command line.
    BadInput = 2,
    /// A defect of wheelworks itself.
    Internal = 3,
}

impl From<ExitCode> for i32 {
    fn from(code: ExitCode) -> Self {
        code as i32
    }
}

/// The exit code and hint of a typed error.
///
/// `Display` is the message: what failed, what was expected and what was found. The hint is the next
/// step. It is not part of the message, so each report can place it where it belongs.
pub trait Diagnose: std::error::Error + Send + Sync + 'static {
    /// Returns the exit code of a command that fails with this error.
    fn exit_code(&self) -> ExitCode {
        ExitCode::BadInput
    }

    /// Returns the next step for the user, on one line, without the word `hint:`.
    fn hint(&self) -> Option<Cow<'static, str>> {
        None
    }

    /// Returns the message and, on a separate line, the hint.
    fn message_with_hint(&self) -> String {
        with_hint(self.to_string(), self.hint())
    }
}

/// Formats a message and its hint. All hints are formatted here.
fn with_hint(message: String, hint: Option<Cow<'static, str>>) -> String {
    match hint {
        Some(hint) => format!("{message}\nhint: {hint}"),
        None => message,
    }
}

/// Why a command failed.
#[derive(Debug, Error)]
pub enum Error {
    /// The request was cancelled; its client reads no message.
    #[error("cancelled")]
    Cancelled,
    /// The input or the command line is refused with a typed error of another module.
    #[error("{0}")]
    Refused(Box<dyn Diagnose>),
    /// The process cannot be set up: threads, signals.
    #[error("cannot set up the process: {0}")]
    Setup(#[source] io::Error),
    /// A defect of wheelworks.
    #[error("internal error: {0}")]
    Internal(String),
}

impl<E: Diagnose> From<E> for Error {
    fn from(error: E) -> Self {
        Self::Refused(Box::new(error))
    }
}

impl Error {
    /// Returns the error for a caught panic, with the panic's text if it has one.
    #[must_use]
    pub fn from_panic(panic: &(dyn Any + Send)) -> Self {
        let text = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Self::Internal(format!("panic: {}", text.unwrap_or("no message")))
    }

    /// Returns the exit code of a command that fails with this error.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Internal(_) | Self::Setup(_) => ExitCode::Internal,
            Self::Refused(error) => error.exit_code(),
            Self::Cancelled => ExitCode::BadInput,
        }
    }

    /// Returns the next step for the user.
    #[must_use]
    pub fn hint(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Cancelled => None,
            Self::Refused(error) => error.hint(),
            Self::Setup(_) => Some(
                "raise its limits of threads and memory, or ask for fewer threads".into(),
            ),
            Self::Internal(_) => Some(
                "this is a defect of wheelworks, not of your input; please report it with the command that led here".into(),
            ),
        }
    }

    /// Returns the message and, on a separate line, the hint.
    #[must_use]
    pub fn message_with_hint(&self) -> String {
        with_hint(self.to_string(), self.hint())
    }
}

/// A file operation that failed.
#[derive(Debug, Error)]
#[error("cannot {action} `{}`: {source}", escape_path(path))]
pub struct FileError {
    /// The operation, as a verb: `read`, `create`.
    pub action: &'static str,
    /// The file.
    pub path: PathBuf,
    /// The system's error, without a path.
    pub source: io::Error,
}

impl Diagnose for FileError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        io_hint(&self.source).map(Cow::Borrowed)
    }
}

impl FileError {
    /// Returns a function for `map_err`: `FileError::on("read", path)`.
    pub fn on(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { action, path, source: bare(source) }
    }

    /// For `map_err`: the error for an entry of a walk through `root`; names the entry if it is known.
    pub(crate) fn on_walk(root: &Path) -> impl FnOnce(walkdir::Error) -> Self {
        move |error| {
            let path = error.path().unwrap_or(root).to_owned();
            Self::on("read", &path)(error.into())
        }
    }
}

/// Returns the system's error without the path that `fs_err` adds. [`FileError`] names the path.
fn bare(error: io::Error) -> io::Error {
    let original = error.get_ref().and_then(|wrapper| wrapper.source());
    match original.and_then(|original| original.downcast_ref::<io::Error>()) {
        Some(original) => original
            .raw_os_error()
            .map_or_else(|| original.kind().into(), io::Error::from_raw_os_error),
        None => error,
    }
}

/// Returns the hint for common system errors.
#[must_use]
pub fn io_hint(source: &io::Error) -> Option<&'static str> {
    let hint = match source.kind() {
        io::ErrorKind::NotFound => "check the path; the folder must exist",
        io::ErrorKind::PermissionDenied => "check the file's permissions",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some space, or write to another file system"
        }
        io::ErrorKind::NotADirectory => "name a directory, not a file",
        io::ErrorKind::IsADirectory => "name a file, not a directory",
        io::ErrorKind::ReadOnlyFilesystem => "write to another file system",
        io::ErrorKind::FileTooLarge => {
            "raise the limit of the size of files (`ulimit -f`), or write to another file system"
        }
        io::ErrorKind::OutOfMemory => "raise the limit of memory, or run fewer requests at once",
        _ if is_out_of_descriptors(source) => "raise the limit of open files (`ulimit -n`)",
        _ => return None,
    };
    Some(hint)
}

/// Returns whether the process or the system has too many open files.
fn is_out_of_descriptors(source: &io::Error) -> bool {
    // ENFILE and EMFILE: `io::ErrorKind` has no names for them. The numbers are the same on all Unixes.
    cfg!(unix) && matches!(source.raw_os_error(), Some(23 | 24))
}
