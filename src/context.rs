//! What a verb is given besides its arguments, and what it gives back.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rayon::ThreadPool;

use crate::cost::Cost;
use crate::double_encoding::encoded_twice;
use crate::env::Environment;
use crate::error::{Error, ExitCode};
use crate::exec::CancelFlag;
use crate::warm::Cache;

/// What a request runs with.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Every relative path of the request is below it: a request's `sandbox_dir`, or empty for
    /// the working directory.
    pub base_dir: &'a Path,
    /// Tells the work to stop.
    pub cancel: &'a CancelFlag,
    /// The threads for data-parallel work, shared with other requests.
    pub pool: &'a ThreadPool,
    /// The process's environment.
    pub environment: &'a Environment,
    /// What earlier requests left.
    pub cache: &'a Cache,
    /// What the request costs.
    pub cost: &'a Cost,
    /// What the client calls the content of the request's inputs.
    pub tokens: &'a Tokens,
    /// Whether a person watches stderr, and so may be shown a progress bar.
    pub interactive: bool,
    /// Whether to say what a request cost and what it reused.
    pub verbose: bool,
}

/// What a client calls the content of its files, by their paths. The worker protocol calls it a digest
/// and does not say of what, so it can only tell that two files differ.
#[derive(Debug, Default)]
pub struct Tokens(HashMap<PathBuf, Box<[u8]>>);

impl FromIterator<(PathBuf, Vec<u8>)> for Tokens {
    fn from_iter<I: IntoIterator<Item = (PathBuf, Vec<u8>)>>(tokens: I) -> Self {
        let boxed = tokens.into_iter().map(|(path, token)| (path, token.into_boxed_slice()));
        Self(boxed.collect())
    }
}

impl Tokens {
    /// Of the file at a path, as the request resolves it.
    #[must_use]
    pub fn of(&self, path: &Path) -> Option<&[u8]> {
        self.0.get(path).map(AsRef::as_ref)
    }
}

impl Context<'_> {
    /// Where a path of the request leads.
    #[must_use]
    pub fn resolve(&self, path: &Path) -> PathBuf {
        let resolved = self.base_dir.join(path);
        match encoded_twice(path).map(|path| self.base_dir.join(path)) {
            Some(encoded) if !resolved.exists() && encoded.exists() => encoded,
            _ => resolved,
        }
    }
}

/// What a verb gives back when it ran to its end.
#[derive(Debug, Default)]
pub struct Report {
    /// How it ended: with findings, perhaps.
    pub exit_code: ExitCode,
    /// What was asked for: goes to stdout on the command line.
    pub stdout: String,
    /// What the user should know besides.
    pub warnings: Vec<String>,
    /// What failed, where the rest is still reported.
    pub errors: Vec<String>,
}

/// How a command ended and what it has to say.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub exit_code: ExitCode,
    /// What was asked for: goes to stdout on the command line.
    pub stdout: String,
    /// Warnings and errors: goes to stderr on the command line.
    pub stderr: String,
    /// Whether the work stopped because it was cancelled.
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
