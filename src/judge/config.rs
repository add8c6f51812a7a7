//! What a verdict depends on besides the wheel.

use std::path::PathBuf;

use super::error::AuditError;
use super::host::Scope;
use super::members::Limits;
use crate::policy::PolicyFile;

/// The settings of an audit: plain values, wherever they come from.
#[derive(Debug)]
pub(crate) struct AuditConfig {
    /// Where libraries that are not in the wheel are looked up.
    pub(crate) scope: Scope,
    /// Absolute directories to search for libraries, instead of those in the loader's configuration.
    pub(crate) library_dirs: Option<Vec<PathBuf>>,
    /// Absolute directories of `LD_LIBRARY_PATH`, searched before those.
    pub(crate) environment_dirs: Vec<PathBuf>,
    /// Patterns of the names and paths of libraries that are left out.
    pub(crate) exclude: Vec<glob::Pattern>,
    /// Policies besides the built-in ones.
    pub(crate) policy_file: Option<PolicyFile>,
    /// Whether code for more than the baseline instruction set fails every policy.
    pub(crate) check_isa: bool,
    /// Bounds on the memory for one member, and on trust in the archive.
    pub(crate) limits: Limits,
}

/// Default of [`Limits::of_tables`], in bytes.
const DEFAULT_TABLES: u64 = 256 << 20;

impl AuditConfig {
    /// The settings by which a verdict depends on the wheel alone: no library of this machine counts.
    pub(crate) fn of_wheel_alone() -> Self {
        Self {
            scope: Scope::Nowhere,
            library_dirs: None,
            environment_dirs: Vec::new(),
            exclude: Vec::new(),
            policy_file: None,
            check_isa: true,
            limits: Limits::of_tables(DEFAULT_TABLES),
        }
    }
}

/// Parses the patterns of libraries that are left out.
pub(crate) fn exclude_patterns(patterns: &[String]) -> Result<Vec<glob::Pattern>, AuditError> {
    let parse = |pattern: &String| {
        glob::Pattern::new(pattern).map_err(|error| AuditError::Pattern {
            pattern: pattern.clone(),
            problem: error.msg.to_owned(),
        })
    };
    patterns.iter().map(parse).collect()
}
