//! What a verb receives with its arguments, and what it returns.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rayon::ThreadPool;

use crate::color::Paint;
use crate::common_arguments::CommonArguments;
use crate::double_encoding::encoded_twice;
use crate::env::Environment;
use crate::error::{Error, ExitCode};
use crate::exec::CancelFlag;
use crate::metrics::RequestMetrics;
use crate::progress::Progress;
use crate::warm::Cache;

/// The context of a request: paths, cancellation, threads, cache and counters.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The base of the request's relative paths: its `sandbox_dir`, or empty for the working directory.
    pub base_dir: &'a Path,
    /// Cancels the request.
    pub cancel: &'a CancelFlag,
    /// The threads for data-parallel work, shared with other requests.
    pub pool: &'a ThreadPool,
    /// The process's environment variables.
    pub environment: &'a Environment,
    /// The cache, shared with other requests.
    pub cache: &'a Cache,
    /// Counters and times of the request.
    pub metrics: &'a RequestMetrics,
    /// The client's digests of the inputs.
    pub digests: &'a InputDigests,
    /// The process's streams.
    pub streams: Streams,
    /// The options that every verb has.
    pub common: CommonArguments,
    /// The progress bar of the verb; hidden until the verb sets one.
    pub progress: &'a Progress,
    /// Whether the response includes the costs.
    pub verbose: bool,
}

/// The process's streams, as far as they are the command's. In a worker they belong to the protocol: none of
/// these is true.
#[derive(Debug, Clone, Copy, Default)]
pub struct Streams {
    /// Whether the command may read stdin.
    pub reads_stdin: bool,
    /// Whether stdout is a terminal.
    pub stdout_is_terminal: bool,
    /// Whether stderr is a terminal.
    pub stderr_is_terminal: bool,
}

/// The client's digests of files, by path. The worker protocol does not define the hash function. So
/// different digests prove that files differ, but equal digests do not prove that they are equal.
#[derive(Debug, Default)]
pub struct InputDigests(HashMap<PathBuf, Box<[u8]>>);

impl FromIterator<(PathBuf, Vec<u8>)> for InputDigests {
    fn from_iter<I: IntoIterator<Item = (PathBuf, Vec<u8>)>>(digests: I) -> Self {
        let boxed = digests.into_iter().map(|(path, digest)| (path, digest.into_boxed_slice()));
        Self(boxed.collect())
    }
}

impl InputDigests {
    /// Returns the digest of a file; `path` is resolved. `None` if the client sent none.
    #[must_use]
    pub fn of(&self, path: &Path) -> Option<&[u8]> {
        self.0.get(path).map(AsRef::as_ref)
    }
}

impl Context<'_> {
    /// Returns whether text is coloured. `is_file` is true for text that goes to a file, which is coloured only on
    /// request.
    pub(crate) fn paint(&self, is_file: bool) -> Paint {
        let environment = if is_file { Some(false) } else { self.environment.color };
        let on = self.common.color.is_on(environment, self.streams.stdout_is_terminal);
        Paint { on }
    }

    /// Returns a progress bar for `total` bytes, on stderr if that is a terminal.
    pub(crate) fn progress_bar(&self, total: u64) -> Progress {
        let can_draw = self.streams.stderr_is_terminal && self.environment.can_move_cursor;
        if can_draw && !self.common.quiet { Progress::on_stderr(total) } else { Progress::hidden() }
    }

    /// Resolves a path of the request. If it does not exist but its doubly encoded form does, returns that
    /// form, for Bazel 4.
    #[must_use]
    pub fn resolve(&self, path: &Path) -> PathBuf {
        let resolved = self.base_dir.join(path);
        match encoded_twice(path).map(|path| self.base_dir.join(path)) {
            Some(encoded) if !resolved.exists() && encoded.exists() => encoded,
            _ => resolved,
        }
    }
}

/// The result of a verb that completed.
#[derive(Debug, Default)]
pub struct Report {
    /// The exit code: success, or success with findings.
    pub exit_code: ExitCode,
    /// The requested output, for stdout.
    pub stdout: String,
    /// What the command did, as lines for stderr without a prefix.
    pub log: Vec<String>,
    /// Warnings.
    pub warnings: Vec<String>,
    /// Errors that affect only a part of the input, such as one of several wheels.
    pub errors: Vec<String>,
}

/// The exit code and output of a command that completed, failed or was cancelled.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code.
    pub exit_code: ExitCode,
    /// The requested output, for stdout.
    pub stdout: String,
    /// Warnings and errors, for stderr.
    pub stderr: String,
    /// Whether the command was cancelled.
    pub cancelled: bool,
}

impl From<&Error> for Outcome {
    fn from(error: &Error) -> Self {
        Self {
            exit_code: error.exit_code(),
            stdout: String::new(),
            stderr: format!("error: {}\n", error.message_with_hint()),
            cancelled: matches!(error, Error::Cancelled),
        }
    }
}
