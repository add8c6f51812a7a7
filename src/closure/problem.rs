//! One thing that is wrong with a closure.

use super::rules;
use crate::findings::{Rule, Severity};

/// A problem of one wheel of the closure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) rule: &'static Rule,
    /// The index of the wheel in the closure.
    pub(super) wheel: usize,
    /// The path of the file in the wheel; `None` for the wheel as a whole.
    pub(super) file: Option<String>,
    /// The library, symbol, version or package that it is about.
    pub(super) name: Option<String>,
    pub(super) detail: String,
    /// The index of the wheel that should have had it, if another one should.
    pub(super) provider: Option<usize>,
}

impl Problem {
    pub(super) fn new(
        rule: &'static Rule,
        wheel: usize,
        file: Option<&str>,
        name: impl Into<String>,
        detail: String,
    ) -> Self {
        let name = Some(name.into()).filter(|name| !name.is_empty());
        Self { rule, wheel, file: file.map(str::to_owned), name, detail, provider: None }
    }

    /// Returns what tells problems apart.
    pub(super) fn key(&self) -> (&'static str, usize, Option<&str>, Option<&str>) {
        (self.rule.id, self.wheel, self.file.as_deref(), self.name.as_deref())
    }

    /// Returns whether it fails the command.
    pub(super) fn is_error(&self) -> bool {
        self.severity() == Severity::Error
    }

    /// Returns whether it is about a needed library that is not found.
    pub(super) fn is_absence(&self) -> bool {
        let rules = [
            &rules::LIBRARY_NOT_FOUND,
            &rules::LIBRARY_NOT_ON_PATH,
            &rules::PLUGIN_LIBRARY_NOT_FOUND,
        ];
        rules.iter().any(|rule| rule.id == self.rule.id)
    }

    /// Returns whether it is a note, which fails nothing.
    pub(super) fn is_note(&self) -> bool {
        self.severity() == Severity::Info
    }

    /// Returns the severity.
    pub(super) fn severity(&self) -> Severity {
        self.rule.severity
    }
}
