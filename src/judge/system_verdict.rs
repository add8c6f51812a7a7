//! The verdict on a wheel for macOS, iOS or Windows.

use std::collections::{BTreeMap, BTreeSet};

use crate::findings::{Finding, Rule, Severity};
use crate::slash_path;

/// The verdict on a wheel for macOS, iOS or Windows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SystemVerdict {
    /// The name of the system.
    pub(super) system: &'static str,
    /// The platform tag that the files allow; `None` if no tag fits all of them.
    pub(super) tag: Option<String>,
    /// The CPUs that all files are for, each with the oldest version of the system.
    pub(super) cpus: Vec<(String, Option<String>)>,
    /// The libraries that neither the wheel nor the system has: the files that need each.
    pub(super) outside: BTreeMap<String, BTreeSet<String>>,
}

impl SystemVerdict {
    /// Returns the platform tag that the wheel is consistent with, if there is one.
    pub(crate) fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }
}

/// A library that a file needs, and that neither the wheel nor the system has.
#[derive(Debug, Clone)]
pub(super) struct OutsideLibrary {
    /// The path of the file in the archive.
    pub(super) path: String,
    /// The library, as the file names it.
    pub(super) name: String,
    pub(super) rule: &'static Rule,
    pub(super) severity: Severity,
    pub(super) message: String,
    pub(super) fix: &'static str,
}

impl OutsideLibrary {
    /// Returns the file name in the library's name.
    pub(super) fn file_name(&self) -> &str {
        slash_path::file_name(&self.name)
    }

    pub(super) fn finding(&self) -> Finding {
        let mut finding = Finding::new(self.rule, Some(&self.path), self.message.clone());
        finding.severity = self.severity;
        finding.fix = self.fix;
        finding.needs.library = Some(self.name.clone());
        finding
    }
}
