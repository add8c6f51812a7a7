//! What a verb is given besides its arguments, and what it gives back.

use std::path::{Path, PathBuf};

use rayon::ThreadPool;

use crate::cancel::CancelFlag;
use crate::double_encoding::encoded_twice;
use crate::env::Environment;

/// What a request runs with.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Every relative path of the request is below it: a request's `sandbox_dir`, or empty for
    /// the working directory.
    pub base_dir: &'a Path,
    /// Tells the work to stop.
    pub cancel: &'a CancelFlag,
    /// The process's one pool for data-parallel work.
    pub pool: &'a ThreadPool,
    /// The process's environment.
    pub environment: &'a Environment,
    /// Whether a person watches stderr, and so may be shown a progress bar.
    pub interactive: bool,
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
    /// What was asked for: goes to stdout on the command line.
    pub stdout: String,
    /// What the user should know besides.
    pub warnings: Vec<String>,
}
