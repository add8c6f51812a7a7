//! The report on a closure: a part for each of its wheels in text, annotations and SARIF, one object in JSON.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::bindings::{self, Bindings};
use super::links::{Library, LibraryLink};
use super::problem::Problem;
use super::rules::RULES;
use super::symbols::Assumed;
use super::target::Target;
use super::transfer::WheelTransfer;
use super::wheel::ClosureWheel;
use crate::color::Paint;
use crate::error::Error;
use crate::escape::{counted, escape_text, escape_truncated};
use crate::findings::report::{Arrangement, Attempt, Reported, TextStyle, counts};
use crate::findings::{Finding, Findings, RuleTable, Selection, Severity};
use crate::json;

/// The findings about one wheel of a closure.
#[derive(Debug)]
pub(super) struct WheelReport {
    name: String,
    findings: Vec<Finding>,
    is_strict: bool,
}

/// The outcome for a closure.
#[derive(Debug)]
pub(super) struct Outcome<'a> {
    pub(super) target: &'a Target,
    pub(super) wheels: &'a [ClosureWheel],
    /// What was transferred for those that are on servers.
    pub(super) transfers: &'a [WheelTransfer],
    /// The problems of selected rules.
    pub(super) problems: Vec<Problem>,
    /// The number of needed libraries and symbols that were not found.
    pub(super) unresolved: usize,
    pub(super) assumed: &'a Assumed,
    /// The libraries of all wheels, and how each finds those that it needs.
    pub(super) libraries: &'a [Library],
    pub(super) links: &'a [LibraryLink],
    /// Who defines the symbols of each library, if asked for.
    pub(super) bindings: Option<&'a Vec<Bindings>>,
    /// Whether warnings fail the command.
    pub(super) is_strict: bool,
}

impl Outcome<'_> {
    /// Returns the reports of the wheels that have findings.
    pub(super) fn by_wheel(&self, selection: &Selection) -> Vec<Attempt<'_, WheelReport>> {
        let mut reports = Vec::new();
        for (index, wheel) in self.wheels.iter().enumerate() {
            let mut findings = Findings::new(selection);
            for problem in self.problems.iter().filter(|problem| problem.wheel == index) {
                match &problem.file {
                    Some(file) => findings.add_at(problem.rule, file, problem.detail.clone()),
                    None => findings.add(problem.rule, problem.detail.clone()),
                }
            }
            let findings = findings.into_sorted();
            if !findings.is_empty() {
                let (name, is_strict) = (wheel.candidate.file_name(), self.is_strict);
                let report = WheelReport { name, findings, is_strict };
                reports.push((wheel.candidate.path.as_path(), Ok(report)));
            }
        }
        reports
    }

    /// Returns the last lines of the text.
    pub(super) fn summary(&self, reports: &[Attempt<'_, WheelReport>], paint: Paint) -> String {
        let Target { python, machine, libc, .. } = self.target;
        let wheels = counted(self.wheels.len() as u64, "wheel");
        let found = reports.iter().filter_map(|(_, report)| report.as_ref().ok());
        let found = counts::<WheelReport>(found.flat_map(|report| &report.findings));
        let verdict = match (self.unresolved, found.as_str()) {
            (0, "") => paint.green("every library and symbol is found"),
            (0, found) => format!("every library and symbol is found; {found}"),
            (unresolved, found) => {
                let things = counted(unresolved as u64, "needed thing");
                let separator = if found.is_empty() { "" } else { "; " };
                format!("{things} not found{separator}{found}")
            }
        };
        let mut text = format!("{wheels} for Python {python} on {machine} ({libc}): {verdict}\n");
        if !self.assumed.is_empty() {
            let names = self.assumed.iter().map(|((library, provider), symbols)| {
                format!("{} ({}, {})", escape_text(library), provider.name(), symbols.len())
            });
            let names: Vec<String> = names.collect();
            let _ = writeln!(text, "not looked at, symbols of: {}", names.join(", "));
        }
        text.extend(self.transfers.iter().map(WheelTransfer::text));
        text
    }

    /// Returns the wheels as JSON.
    pub(super) fn wheels_json(&self) -> impl Iterator<Item = Value> {
        self.wheels.iter().map(|wheel| {
            json!({
                "wheel": wheel.candidate.file_name(),
                "path": wheel.candidate.path.to_string_lossy(),
                "package": wheel.candidate.package,
                "version": wheel.candidate.version.to_string(),
            })
        })
    }

    /// Returns the problems as JSON.
    pub(super) fn problems_json(&self) -> impl Iterator<Item = Value> {
        self.problems.iter().map(|problem| {
            let wheel = self.wheels.get(problem.wheel);
            json!({
                "rule": problem.rule.id,
                "severity": WheelReport::severity_name(problem.severity()),
                "wheel": wheel.map(|wheel| wheel.candidate.file_name()),
                "file": problem.file,
                "name": problem.name,
                "detail": problem.detail,
            })
        })
    }

    /// Returns the libraries whose symbols are taken to be there, as JSON.
    pub(super) fn not_looked_at_json(&self) -> Vec<Value> {
        let assumed = self.assumed.iter().map(|((library, provider), symbols)| {
            json!({"library": library, "by": provider.name(), "symbols": symbols.len()})
        });
        assumed.collect()
    }

    /// Returns the environment as JSON.
    pub(super) fn environment_json(&self) -> Value {
        let Target { python, machine, libc, .. } = self.target;
        json!({
            "python": python.to_string(),
            "machine": machine.name(),
            "libc": libc.to_string(),
        })
    }

    /// Returns the JSON report.
    pub(super) fn to_json(&self) -> Result<String, Error> {
        let bindings = self.bindings.map(|bindings| {
            ("bindings".to_owned(), bindings::to_json(bindings, self.libraries, self.wheels))
        });
        let fields = [
            ("environment".to_owned(), self.environment_json()),
            ("wheels".to_owned(), self.wheels_json().collect()),
            ("problems".to_owned(), self.problems_json().collect()),
            ("unresolved".to_owned(), self.unresolved.into()),
            ("not_looked_at".to_owned(), self.not_looked_at_json().into()),
            ("remote".to_owned(), self.transfers.iter().map(WheelTransfer::json).collect()),
        ];
        json::versioned(fields.into_iter().chain(bindings))
    }
}

impl Reported for WheelReport {
    const VERB: &'static str = "closure";
    const INFO: &'static str = "note";
    const ARRANGEMENT: Arrangement = Arrangement::ByRule;
    const FAILURE_SEPARATOR: &'static str = "\n";

    fn rules() -> &'static RuleTable {
        &RULES
    }

    fn wheel(&self) -> &str {
        &self.name
    }

    fn findings(&self) -> &[Finding] {
        &self.findings
    }

    fn is_failure(&self, severity: Severity) -> bool {
        severity >= if self.is_strict { Severity::Warning } else { Severity::Error }
    }

    fn write_text_head(&self, text: &mut String, style: TextStyle) {
        let _ = writeln!(text, "{}", style.paint.bold(&escape_truncated(&self.name)));
    }

    fn json_fields(&self, path: &Path) -> Map<String, Value> {
        let fields = [("wheel", json!(self.name)), ("path", json!(path.to_string_lossy()))];
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn json_error(path: &Path, message: &str) -> Value {
        json::unreadable(path, message)
    }
}
