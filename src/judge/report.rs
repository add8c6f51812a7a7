//! The parts that only reports of audits have: the verdict and the required tags.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::audited::{Audited, Judgement};
use super::rules::RULES;
use super::{json, text};
use crate::error::Error;
use crate::escape::escape_truncated;
use crate::findings::report::{self, Arrangement, Reported, Statement, TextStyle};
use crate::findings::{Finding, RuleTable, Severity};

impl Reported for Audited {
    const VERB: &'static str = "audit";
    const INFO: &'static str = "note";
    const ARRANGEMENT: Arrangement = Arrangement::ByLocation;
    const FAILURE_SEPARATOR: &'static str = "\n";

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
        match severity {
            Severity::Error => self.is_strict || self.is_demanded(),
            Severity::Warning => self.is_strict,
            Severity::Info => false,
        }
    }

    fn write_text_head(&self, text: &mut String, style: TextStyle) {
        text::write_judgement(text, self, style);
    }

    fn write_text_foot(&self, text: &mut String, style: TextStyle) {
        text::write_requirement(text, self, style.paint);
    }

    fn statement(&self) -> Option<Statement> {
        match &self.judgement {
            Judgement::Verdict(verdict) => Some(Statement {
                severity: Severity::Info,
                text: format!(
                    "{} is consistent with the following platform tag: \"{}\".",
                    escape_truncated(&self.wheel),
                    verdict.tag()
                ),
            }),
            Judgement::System(verdict) => Some(Statement {
                severity: Severity::Info,
                text: match verdict.tag() {
                    Some(tag) => format!(
                        "{} is consistent with the following platform tag: \"{tag}\".",
                        escape_truncated(&self.wheel)
                    ),
                    None => format!(
                        "{} is consistent with no platform tag of its system.",
                        escape_truncated(&self.wheel)
                    ),
                },
            }),
            Judgement::NoElf(problem) => {
                Some(Statement { severity: Severity::Error, text: problem.clone() })
            }
            Judgement::Pure | Judgement::OtherPlatform(_) => None,
        }
    }

    fn json_fields(&self, _path: &Path) -> Map<String, Value> {
        let fields = [
            ("wheel", json!(self.wheel)),
            ("verdict", json::verdict(&self.wheel, &self.judgement)),
            ("provided", json!(self.provided)),
            ("required", json!(self.required)),
            ("not_judged", json!(self.not_judged)),
            ("met", json!(self.met)),
        ];
        let code = self.device_code.as_ref().map(|code| ("device_code", json::device_code(code)));
        let fields = fields.into_iter().chain(code);
        fields.map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn json_error(path: &Path, message: &str) -> Value {
        json::error(&path.file_name().unwrap_or_default().to_string_lossy(), message)
    }
}

impl Audited {
    /// Returns the JSON report with all findings.
    pub(crate) fn to_json(&self) -> Result<String, Error> {
        report::render_json(Path::new(&self.wheel), self)
    }

    /// Returns the text report without colours.
    pub(crate) fn to_text(&self) -> String {
        report::render_text(self, TextStyle::PLAIN)
    }
}
