//! Findings about device code: what is required of each library and of the wheel, and what packagers want to
//! know.

use super::code_rules as rules;
use super::contents::Contents;
use crate::device_code::{ArchitectureName, CodeSummary};
use crate::findings::{Finding, Rule};
use crate::size::rounded;

/// What is required of device code.
#[derive(Debug, Clone, Default)]
pub(crate) struct CodeRequirements {
    /// Architectures that each library with device code must have.
    pub(crate) required: Vec<ArchitectureName>,
    /// The only architectures that libraries may have; any if it is empty.
    pub(crate) allowed: Vec<ArchitectureName>,
    /// The maximum number of bytes of an architecture in all libraries together.
    pub(crate) max_bytes: Vec<(ArchitectureName, u64)>,
}

impl CodeRequirements {
    /// Returns whether anything is required.
    pub(crate) fn is_demand(&self) -> bool {
        !(self.required.is_empty() && self.allowed.is_empty() && self.max_bytes.is_empty())
    }
}

/// Returns whether a rule is about device code.
pub(super) fn is_about_code(rule: &Rule) -> bool {
    rules::DEVICE_CODE.iter().any(|it| it.id == rule.id)
}

/// Returns the findings about device code; none if it was not read.
pub(super) fn findings(contents: &Contents, requirements: &CodeRequirements) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, code) in contents.codes().into_iter().flatten() {
        about_requirements(path, code, requirements, &mut found);
        about_code(path, code, &mut found);
    }
    found.extend(requirements.max_bytes.iter().filter_map(|(name, limit)| {
        let codes = contents.codes().into_iter().flatten();
        let sums = codes.flat_map(|(_, code)| &code.architectures);
        let bytes = sums.filter(|sum| name.matches(&sum.name)).map(|sum| sum.bytes);
        let bytes = bytes.fold(0, u64::saturating_add);
        (bytes > *limit).then(|| {
            let message = format!(
                "expected at most {} of device code for {name}, found {}",
                rounded(*limit),
                rounded(bytes)
            );
            Finding::new(&rules::DEVICE_CODE_TOO_LARGE, None, message)
        })
    }));
    found
}

/// Adds findings about what is required of each library with device code.
fn about_requirements(
    path: &str,
    code: &CodeSummary,
    requirements: &CodeRequirements,
    found: &mut Vec<Finding>,
) {
    let names = || code.architectures.iter().map(|sum| sum.name.as_str());
    if names().next().is_none() {
        return;
    }
    let all = names().collect::<Vec<_>>().join(", ");
    let is_missing = |name: &&ArchitectureName| !names().any(|it| name.matches(it));
    found.extend(requirements.required.iter().filter(is_missing).map(|name| {
        let message = format!("it has no device code for {name}, but for {all}");
        Finding::new(&rules::DEVICE_CODE_MISSING, Some(path), message)
    }));
    let is_allowed = |name: &str| requirements.allowed.iter().any(|it| it.matches(name));
    if requirements.allowed.is_empty() {
        return;
    }
    found.extend(code.architectures.iter().filter(|sum| !is_allowed(&sum.name)).map(|sum| {
        let (name, bytes) = (&sum.name, rounded(sum.bytes));
        let message = format!("it has {bytes} of device code for {name}, which is not allowed");
        Finding::new(&rules::DEVICE_CODE_UNEXPECTED, Some(path), message)
    }));
}

/// Adds findings that depend on no requirement.
fn about_code(path: &str, code: &CodeSummary, found: &mut Vec<Finding>) {
    let mut add = |rule, message| found.push(Finding::new(rule, Some(path), message));
    if code.uncompressed.is_notable() {
        let message = format!(
            "{} of device code in {} containers is not compressed",
            rounded(code.uncompressed.bytes),
            code.uncompressed.containers
        );
        add(&rules::DEVICE_CODE_UNCOMPRESSED, message);
    }
    if let Some(without) = &code.without_ptx {
        let newest = &without.newest;
        let message = match &without.ptx {
            None => format!("it has code for {newest} and no PTX that later GPUs run"),
            Some(ptx) => format!("it has code for {newest}, and PTX for {ptx} only"),
        };
        add(&rules::DEVICE_CODE_WITHOUT_PTX, message);
    }
    for problem in &code.problems {
        add(&rules::DEVICE_CODE_DAMAGED, problem.clone());
    }
}
