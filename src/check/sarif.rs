//! The report for code scanners: SARIF 2.1.0 (OASIS).

use std::path::Path;

use serde_json::{Value, json};

use super::Attempt;
use super::findings::{Finding, Place};
use super::rules::{self, Rule, Severity};
use crate::escape::escape_truncated;

/// What the standard calls a severity (3.27.10).
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// The log of one run over all wheels; one that could not be read is a notification (3.58).
pub(super) fn render(results: &[Attempt<'_>]) -> String {
    let all: Vec<&Rule> = rules::all().collect();
    let index = |rule: &Rule| all.iter().position(|known| known.id == rule.id);
    let mut found = Vec::new();
    let mut failures = Vec::new();
    for (path, result) in results {
        match result {
            Ok(checked) => {
                for finding in &checked.findings {
                    found.extend(of_finding(path, finding, index(finding.rule)));
                }
            }
            Err(error) => failures.push(json!({
                "level": "error",
                "message": {"text": error.message_with_hint()},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(path)}}}],
            })),
        }
    }
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "wheelworks check",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": all.iter().map(|rule| of_rule(rule)).collect::<Vec<Value>>(),
            }},
            "invocations": [{
                "executionSuccessful": failures.is_empty(),
                "toolExecutionNotifications": failures,
            }],
            "results": found,
        }],
    });
    format!("{log:#}\n")
}

fn of_rule(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": {"text": rule.what},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.fix},
        "defaultConfiguration": {"level": level(rule.severity)},
    })
}

/// A result for each place that is listed. The last says how many are not.
fn of_finding(path: &Path, finding: &Finding, index: Option<usize>) -> Vec<Value> {
    let rule = finding.rule;
    let last = finding.places.len().saturating_sub(1);
    let of_place = |(position, place): (usize, &Place)| {
        let more = if position == last { finding.more } else { 0 };
        let logical = place.member.iter();
        let logical: Vec<Value> =
            logical.map(|it| json!({"fullyQualifiedName": it, "kind": "member"})).collect();
        json!({
            "ruleId": rule.id,
            "ruleIndex": index,
            "level": level(rule.severity),
            "message": {"text": message(rule, place, more)},
            "locations": [{
                "physicalLocation": {"artifactLocation": {"uri": uri(path)}},
                "logicalLocations": logical,
            }],
        })
    };
    finding.places.iter().enumerate().map(of_place).collect()
}

/// What a person reads of a place.
fn message(rule: &Rule, place: &Place, more: usize) -> String {
    let what =
        place.member.as_ref().map_or_else(String::new, |it| format!("{}: ", escape_truncated(it)));
    let found =
        if place.found.is_empty() { rule.what.to_owned() } else { escape_truncated(&place.found) };
    let more = match more {
        0 => String::new(),
        more => format!("and {more} more, which are not listed\n"),
    };
    format!("{what}{found}\n{more}{} {}", rule.why, rule.fix)
}

/// A path as a relative or absolute reference (RFC 3986).
fn uri(path: &Path) -> String {
    use std::fmt::Write as _;

    let mut text = String::new();
    for &byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/+!".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::uri;

    #[test]
    fn paths_become_references() {
        assert_eq!(uri(Path::new("dist/a-1.0+cu12.whl")), "dist/a-1.0+cu12.whl");
        assert_eq!(uri(Path::new("dist dir/größe#1.whl")), "dist%20dir/gr%C3%B6%C3%9Fe%231.whl");
    }
}
