//! The parts of reports that only `check` has.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::Checked;
use super::rules::RULES;
use crate::escape::escape_truncated;
use crate::findings::report::{Arrangement, Reported, TextStyle, counts};
use crate::findings::{Finding, RuleTable, Severity, count};
use crate::json::unreadable;

impl Reported for Checked {
    const VERB: &'static str = "check";
    const INFO: &'static str = "info";
    const ARRANGEMENT: Arrangement = Arrangement::ByRule;
    const FAILURE_SEPARATOR: &'static str = "";
    const DEFAULT_LEVEL: Severity = Severity::Warning;

    fn rules() -> &'static RuleTable {
        &RULES
    }

    fn wheel(&self) -> &str {
        &self.wheel
    }

    fn findings(&self) -> &[Finding] {
        &self.findings
    }

    fn is_failure(&self, severity: Severity) -> bool {
        severity >= self.least_failure
    }

    fn fails(&self) -> bool {
        self.fails
    }

    fn text_summary(results: &[&Self], unreadable: usize) -> Option<String> {
        let findings = counts::<Self>(results.iter().flat_map(|it| &it.findings));
        let findings = if findings.is_empty() { "no findings" } else { &findings };
        let failed = results.iter().filter(|it| it.fails).count();
        let mut parts = vec![format!("{} wheels", results.len() + unreadable)];
        for (count, text) in [(failed, "failed"), (unreadable, "not readable")] {
            parts.extend((count > 0).then(|| format!("{count} {text}")));
        }
        Some(format!("{}: {findings}", parts.join(", ")))
    }

    fn write_text_head(&self, text: &mut String, style: TextStyle) {
        let name = style.paint.bold(&escape_truncated(&self.wheel));
        let summary = if self.findings.is_empty() {
            style.paint.green("ok")
        } else {
            counts::<Self>(self.findings.iter())
        };
        let _ = writeln!(text, "{name}: {summary}");
    }

    fn write_text_foot(&self, text: &mut String, _style: TextStyle) {
        if let Some(budget) = &self.budget {
            budget.write_text(text);
        }
    }

    fn json_fields(&self, path: &Path) -> Map<String, Value> {
        let count = |severity| count(&self.findings, severity);
        let fields = [
            ("wheel", json!(self.wheel)),
            ("path", json!(path.to_string_lossy())),
            ("passed", json!(!self.fails)),
            ("errors", json!(count(Severity::Error))),
            ("warnings", json!(count(Severity::Warning))),
            ("infos", json!(count(Severity::Info))),
        ];
        let budget = self.budget.as_ref().map(|budget| ("budget", json!(budget)));
        let fields = fields.into_iter().chain(budget);
        fields.map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn json_error(path: &Path, message: &str) -> Value {
        unreadable(path, message)
    }
}
