//! What is to be said about a wheel besides its verdict, each thing by the identifier of its rule.

use std::collections::BTreeMap;

use serde::Serialize;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// Good to know.
    Note,
    /// It may break somewhere.
    Warning,
    /// It breaks a promise that was asked for, or breaks in any case.
    Error,
}

impl Severity {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// The rule's identifier.
    pub(crate) rule: &'static str,
    #[serde(rename = "level")]
    pub(crate) severity: Severity,
    /// The ELF file in the wheel.
    pub(crate) elf: Option<String>,
    /// The library that it is about.
    pub(crate) library: Option<String>,
    /// Symbol versions that are too new.
    pub(crate) versions: Vec<String>,
    /// Symbols that need them, or that are forbidden.
    pub(crate) symbols: Vec<String>,
    /// The strictest tag that allows it.
    pub(crate) allowed_by: Option<String>,
    /// What was found.
    pub(crate) message: String,
    /// What to do.
    pub(crate) hint: String,
}

impl Finding {
    pub(super) fn new(
        rule: &'static str,
        severity: Severity,
        elf: Option<&str>,
        message: String,
        hint: &str,
    ) -> Self {
        Self {
            rule,
            severity,
            elf: elf.map(str::to_owned),
            library: None,
            versions: Vec::new(),
            symbols: Vec::new(),
            allowed_by: None,
            message,
            hint: hint.to_owned(),
        }
    }
}

/// Sorts findings: worst first, then by file and rule.
pub(super) fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let key = |it: &Finding| {
            (std::cmp::Reverse(it.severity), it.elf.clone(), it.rule, it.library.clone())
        };
        key(a).cmp(&key(b))
    });
}

/// How many there are of each severity.
pub(super) fn count(findings: &[Finding]) -> BTreeMap<Severity, usize> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.severity).or_default() += 1;
    }
    counts
}
