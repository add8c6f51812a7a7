//! The settings of an audit. A verdict depends on them and on the wheel alone.

use std::borrow::Cow;
use std::path::PathBuf;

use thiserror::Error;

use super::host::Scope;
use super::members::Limits;
use crate::error::Diagnose;
use crate::escape::escape_truncated;
use crate::policy::PolicyFile;

/// The settings of an audit.
#[derive(Debug)]
pub(crate) struct AuditConfig {
    /// Where libraries outside of the wheel are searched.
    pub(crate) scope: Scope,
    /// Absolute directories to search for libraries, instead of those in the loader's configuration.
    pub(crate) library_dirs: Option<Vec<PathBuf>>,
    /// Absolute directories of `LD_LIBRARY_PATH`, searched before those.
    pub(crate) environment_dirs: Vec<PathBuf>,
    /// Patterns of the names and paths of excluded libraries.
    pub(crate) exclude: Vec<glob::Pattern>,
    /// Policies in addition to the built-in ones.
    pub(crate) policy_file: Option<PolicyFile>,
    /// Whether code for more than the baseline instruction set fails every policy.
    pub(crate) check_isa: bool,
    /// Platform tags that the wheel must meet.
    pub(crate) required_tags: Vec<String>,
    /// Whether the wheel must meet the Linux platform tags of its own name.
    pub(crate) require_declared: bool,
    /// Bounds on the memory for one member, and on trust in the archive.
    pub(crate) limits: Limits,
}

/// Default of [`Limits::of_tables`], in bytes.
const DEFAULT_TABLES: u64 = 256 << 20;

impl AuditConfig {
    /// Returns settings with which a verdict depends on the wheel alone: no library of this machine is
    /// searched.
    pub(crate) fn of_wheel_alone() -> Self {
        Self {
            scope: Scope::Nowhere,
            library_dirs: None,
            environment_dirs: Vec::new(),
            exclude: Vec::new(),
            policy_file: None,
            check_isa: true,
            required_tags: Vec::new(),
            require_declared: false,
            limits: Limits::of_tables(DEFAULT_TABLES),
        }
    }
}

/// An invalid pattern.
#[derive(Debug, Error)]
#[error("{option} `{}`: {problem}", escape_truncated(pattern))]
pub(crate) struct PatternError {
    option: &'static str,
    pattern: String,
    problem: &'static str,
}

impl Diagnose for PatternError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        Some("`*`, `?` and `[…]` are wildcards".into())
    }
}

/// Parses the patterns of excluded libraries. Errors name them by `option`.
pub(crate) fn exclude_patterns(
    patterns: &[String],
    option: &'static str,
) -> Result<Vec<glob::Pattern>, PatternError> {
    let parse = |pattern: &String| {
        glob::Pattern::new(pattern).map_err(|error| PatternError {
            option,
            pattern: pattern.clone(),
            problem: error.msg,
        })
    };
    patterns.iter().map(parse).collect()
}
