//! The report for code scanners: SARIF 2.1.0 (OASIS).

use serde_json::{Value, json};

use super::Attempt;
use super::findings::{Finding, Place};
use super::rules::{self, Rule, Severity};

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
    for (_, result) in results {
        match result {
            Ok(checked) => {
                for finding in &checked.findings {
                    let index = index(finding.rule);
                    found.extend(
                        finding
                            .places
                            .iter()
                            .map(|place| of_place(&checked.path, finding, place, index)),
                    );
                }
            }
            Err(error) => {
                failures.push(json!({"level": "error", "message": {"text": error.to_string()}}));
            }
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

fn of_place(wheel: &str, finding: &Finding, place: &Place, index: Option<usize>) -> Value {
    let rule = finding.rule;
    let what = place.member.as_ref().map_or_else(String::new, |member| format!("{member}: "));
    let found = if place.found.is_empty() { rule.what } else { place.found.as_str() };
    let logical: Vec<Value> =
        place.member.iter().map(|it| json!({"fullyQualifiedName": it, "kind": "member"})).collect();
    json!({
        "ruleId": rule.id,
        "ruleIndex": index,
        "level": level(rule.severity),
        "message": {"text": format!("{what}{found}\n{} {}", rule.why, rule.fix)},
        "locations": [{
            "physicalLocation": {"artifactLocation": {"uri": uri(wheel)}},
            "logicalLocations": logical,
        }],
    })
}

/// A path as a relative or absolute reference (RFC 3986).
fn uri(path: &str) -> String {
    use std::fmt::Write as _;

    let mut text = String::new();
    for byte in path.bytes() {
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
    use super::uri;

    #[test]
    fn paths_become_references() {
        assert_eq!(uri("dist/a-1.0+cu12.whl"), "dist/a-1.0+cu12.whl");
        assert_eq!(uri("dist dir/größe#1.whl"), "dist%20dir/gr%C3%B6%C3%9Fe%231.whl");
    }
}
