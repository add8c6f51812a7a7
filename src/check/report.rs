//! The parts of reports that only `check` has.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::Checked;
use super::rules::RULES;
use crate::escape::escape_truncated;
use crate::findings::report::{Arrangement, Reported, TextStyle};
use crate::findings::{Finding, RuleTable, Severity, count};
use crate::json::unreadable;

impl Reported for Checked {
    const VERB: &'static str = "check";
    const INFO: &'static str = "info";
    const ARRANGEMENT: Arrangement = Arrangement::ByRule;
    const FAILURE_SEPARATOR: &'static str = "";

    fn rules() -> &'static RuleTable {
        &RULES
    }

    fn wheel(&self) -> &str {
        &self.wheel
    }

    fn findings(&self) -> &[Finding] {
        &self.findings
    }

    fn fails(&self) -> bool {
        let worst = self.findings.first().map(|finding| finding.severity);
        worst >= Some(if self.is_strict { Severity::Warning } else { Severity::Error })
    }

    fn write_text_head(&self, text: &mut String, style: TextStyle) {
        let name = style.paint.bold(&escape_truncated(&self.wheel));
        let summary = if self.findings.is_empty() {
            style.paint.green("ok")
        } else {
            summary(&self.findings)
        };
        let _ = writeln!(text, "{name}: {summary}");
    }

    fn json_fields(&self, path: &Path) -> Map<String, Value> {
        let count = |severity| count(&self.findings, severity);
        let fields = [
            ("wheel", json!(self.wheel)),
            ("path", json!(path.to_string_lossy())),
            ("passed", json!(!self.fails())),
            ("errors", json!(count(Severity::Error))),
            ("warnings", json!(count(Severity::Warning))),
            ("infos", json!(count(Severity::Info))),
        ];
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn json_error(path: &Path, message: &str) -> Value {
        unreadable(path, message)
    }
}

/// Returns how many rules are broken, by severity.
fn summary(findings: &[Finding]) -> String {
    let counts = [Severity::Error, Severity::Warning, Severity::Info].map(|severity| {
        let count = count(findings, severity);
        let plural = if count == 1 || severity == Severity::Info { "" } else { "s" };
        (count > 0).then(|| format!("{count} {}{plural}", Checked::severity_name(severity)))
    });
    counts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
