//! The SARIF report: SARIF 2.1.0 (OASIS). Numbers in brackets are sections of the standard.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::{Attempt, Reported};
use crate::error::Error;
use crate::escape::escape_truncated;
use crate::findings::{Finding, Location, Rule, Severity};
use crate::json;

/// The standard's word for a severity (3.27.10).
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// Renders the log of one run over all wheels. Wheels that could not be read, and statements about
/// whole wheels, are notifications (3.58).
pub(super) fn render<R: Reported>(attempts: &[Attempt<'_, R>]) -> Result<String, Error> {
    let rules: Vec<&Rule> = R::rules().iter().collect();
    let index = |rule: &Rule| rules.iter().position(|known| known.id == rule.id);
    let mut results = Vec::new();
    let mut notifications = Vec::new();
    for (path, result) in attempts {
        match result {
            Ok(result) => {
                let statement = result.statement();
                notifications.extend(statement.map(|it| notification(path, it.severity, &it.text)));
                for finding in result.findings() {
                    results.extend(of_finding(path, finding, index(finding.rule)));
                }
            }
            Err(error) => {
                let text = error.message_with_hint();
                notifications.push(notification(path, Severity::Error, &text));
            }
        }
    }
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": format!("wheelworks {}", R::VERB),
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| of_rule(rule)).collect::<Vec<Value>>(),
            }},
            "invocations": [{
                "executionSuccessful": attempts.iter().all(|(_, result)| result.is_ok()),
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    });
    json::to_text(&log)
}

fn notification(path: &Path, severity: Severity, text: &str) -> Value {
    json!({
        "level": level(severity),
        "message": {"text": text},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(path)}}}],
    })
}

fn of_rule(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": {"text": rule.what},
        "fullDescription": {"text": rule.why},
        "help": {"text": sentence(rule.fix)},
        "defaultConfiguration": {"level": level(rule.severity)},
    })
}

/// Returns a result for each listed location. The last one says how many are not listed.
fn of_finding(path: &Path, finding: &Finding, index: Option<usize>) -> Vec<Value> {
    let last = finding.locations.len().saturating_sub(1);
    let of_location = |(position, location): (usize, &Location)| {
        let unlisted = if position == last { finding.unlisted } else { 0 };
        let member = location.member.iter();
        let logical: Vec<Value> =
            member.map(|it| json!({"fullyQualifiedName": it, "kind": "member"})).collect();
        let mut result = json!({
            "ruleId": finding.rule.id,
            "ruleIndex": index,
            "level": level(finding.severity),
            "message": {"text": message(finding, location, unlisted)},
            "locations": [{
                "physicalLocation": {"artifactLocation": {"uri": uri(path)}},
                "logicalLocations": logical,
            }],
        });
        let properties = properties(finding);
        if !properties.is_empty() {
            result["properties"] = properties.into();
        }
        result
    };
    finding.locations.iter().enumerate().map(of_location).collect()
}

/// What an ELF file needs, as properties of the result (3.8).
fn properties(finding: &Finding) -> Map<String, Value> {
    let needs = &finding.needs;
    [
        ("library", json!(needs.library)),
        ("versions", json!(needs.versions)),
        ("symbols", json!(needs.symbols)),
        ("allowedBy", json!(needs.allowed_by)),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_null() && value.as_array().is_none_or(|it| !it.is_empty()))
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// The text that a person reads about a location.
fn message(finding: &Finding, location: &Location, unlisted: usize) -> String {
    let rule = finding.rule;
    let member = location
        .member
        .as_ref()
        .map_or_else(String::new, |it| format!("{}: ", escape_truncated(it)));
    let found = if location.found.is_empty() {
        rule.what.to_owned()
    } else {
        escape_truncated(&location.found)
    };
    let unlisted = match unlisted {
        0 => String::new(),
        count => format!("and {count} more, which are not listed\n"),
    };
    format!("{member}{found}\n{unlisted}{} {}", rule.why, sentence(finding.fix))
}

/// Makes a sentence of a hint, which may be none.
fn sentence(hint: &str) -> String {
    let mut characters = hint.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    let end = if hint.ends_with('.') { "" } else { "." };
    first.into_iter().chain(characters).chain(end.chars()).collect()
}

/// Formats a path as a relative or absolute reference (RFC 3986).
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
