//! The report for programs.

use std::path::Path;

use serde_json::{Value, json};

use super::findings::{Finding, count};
use super::rules::Severity;
use super::{Attempt, Checked};

/// The schema's version.
const VERSION: u32 = 1;

/// The report of all wheels. Those that could not be read have an `error`.
pub(super) fn render(results: &[Attempt<'_>], strict: bool) -> String {
    let wheels: Vec<Value> = results
        .iter()
        .map(|(path, result)| match result {
            Ok(checked) => of_wheel(path, checked, strict),
            Err(error) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let path = path.to_string_lossy();
                json!({"wheel": name, "path": path, "error": error.message_with_hint()})
            }
        })
        .collect();
    format!("{:#}\n", json!({"version": VERSION, "wheels": wheels}))
}

fn of_wheel(path: &Path, checked: &Checked, strict: bool) -> Value {
    let findings: Vec<Value> = checked.findings.iter().map(of_finding).collect();
    json!({
        "wheel": checked.wheel,
        "path": path.to_string_lossy(),
        "passed": !checked.fails(strict),
        "errors": count(&checked.findings, Severity::Error),
        "warnings": count(&checked.findings, Severity::Warning),
        "infos": count(&checked.findings, Severity::Info),
        "findings": findings,
    })
}

fn of_finding(finding: &Finding) -> Value {
    let rule = finding.rule;
    let places: Vec<Value> = finding
        .places
        .iter()
        .map(|place| json!({"member": place.member, "found": place.found}))
        .collect();
    json!({
        "rule": rule.id,
        "number": rule.number(),
        "level": rule.severity,
        "what": rule.what,
        "why": rule.why,
        "hint": rule.fix,
        "places": places,
        "more": finding.more,
    })
}
