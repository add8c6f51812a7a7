//! Reports of findings, in every form.
//!
//! ```text
//! results of all wheels → render (text, JSON, SARIF, GitHub, JUnit) → deliver (stdout or --output, exit code)
//! ```
//!
//! A verb implements [`Reported`] for its result on one wheel. A new form is a file here, a variant of
//! [`ReportForm`] and its line in [`render`].

mod github;
mod groups;
mod json;
mod junit;
mod sarif;
mod text;

use std::path::Path;

use serde_json::{Map, Value};

use super::{Finding, RuleTable, Severity};
use crate::color::Paint;
use crate::context::{Context, Report};
use crate::error::{Error, ExitCode};
use crate::report_arguments::{ReportArguments, ReportForm};
use crate::{json as documents, temporary};

/// A wheel's path as it was given, and the result for it.
pub(crate) type Attempt<'a, R> = (&'a Path, Result<R, Error>);

/// How the findings of one wheel are arranged in text, JSON and annotations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrangement {
    /// A finding is a rule, with all locations where it is broken.
    ByRule,
    /// A finding is one location; its message says all of it. Text and annotations group findings with
    /// one cause.
    ByLocation,
}

/// A statement about a wheel as a whole, beside its findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) severity: Severity,
    pub(crate) text: String,
}

/// A verb's result for one wheel, as the renderers read it.
pub(crate) trait Reported {
    /// The verb: `check`.
    const VERB: &'static str;
    /// The word for [`Severity::Info`] in text and JSON.
    const INFO: &'static str;
    const ARRANGEMENT: Arrangement;
    /// What separates the texts of several wheels that fail, where the report itself is in a file.
    const FAILURE_SEPARATOR: &'static str;
    /// The least severe findings that the text shows if the user names no level.
    const DEFAULT_LEVEL: Severity = Severity::Info;

    /// Every rule of the verb.
    fn rules() -> &'static RuleTable;

    /// The wheel's file name.
    fn wheel(&self) -> &str;

    /// The findings, the worst first.
    fn findings(&self) -> &[Finding];

    /// Whether findings of a severity fail the command.
    fn is_failure(&self, severity: Severity) -> bool;

    /// Whether the findings fail the command.
    fn fails(&self) -> bool {
        self.findings().iter().any(|finding| self.is_failure(finding.severity))
    }

    /// Writes the lines before the findings.
    fn write_text_head(&self, text: &mut String, style: TextStyle);

    /// Writes the lines after the findings.
    fn write_text_foot(&self, _text: &mut String, _style: TextStyle) {}

    /// Returns the line that ends the text about several wheels. `unreadable` is the number of wheels without a result.
    fn text_summary(_results: &[&Self], _unreadable: usize) -> Option<String> {
        None
    }

    /// The statement for reports that have no head: annotations, SARIF.
    fn statement(&self) -> Option<Statement> {
        None
    }

    /// The JSON object of the wheel without its `findings`. `path` is as it was given.
    fn json_fields(&self, path: &Path) -> Map<String, Value>;

    /// The JSON object of a wheel that could not be read.
    fn json_error(path: &Path, message: &str) -> Value;

    /// The word for a severity in text and JSON.
    fn severity_name(severity: Severity) -> &'static str {
        match severity {
            Severity::Info => Self::INFO,
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// How text is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TextStyle {
    pub(crate) paint: Paint,
    /// Whether all details are written.
    pub(crate) verbose: bool,
    /// The least severe findings that are written. The others are counted.
    pub(crate) level: Severity,
    /// Whether only findings are written.
    pub(crate) quiet: bool,
}

impl TextStyle {
    /// Colours the word for a severity.
    pub(crate) fn severity(self, severity: Severity, text: &str) -> String {
        match severity {
            Severity::Error => self.paint.red(text),
            Severity::Warning => self.paint.yellow(text),
            Severity::Info => self.paint.cyan(text),
        }
    }

    /// Short text without colours.
    pub(crate) const PLAIN: Self =
        Self { paint: Paint::OFF, verbose: false, level: Severity::Info, quiet: false };
}

/// Returns the error of the only wheel if the report is text: a user needs only the message, but a
/// program expects a report.
pub(crate) fn only_error<R>(
    attempts: &mut Vec<Attempt<'_, R>>,
    is_text: bool,
) -> Result<(), Error> {
    if let [(_, Err(_))] = attempts.as_slice()
        && is_text
        && let Some((_, Err(error))) = attempts.pop()
    {
        return Err(error);
    }
    Ok(())
}

/// Renders the report on all wheels.
pub(crate) fn render<R: Reported>(
    form: ReportForm,
    attempts: &[Attempt<'_, R>],
    style: TextStyle,
) -> Result<String, Error> {
    match form {
        ReportForm::Text => Ok(text::render(attempts, style)),
        ReportForm::Json => json::render(attempts),
        ReportForm::Sarif => sarif::render(attempts),
        ReportForm::Github => Ok(github::render(attempts)),
        ReportForm::Junit => Ok(junit::render(attempts)),
    }
}

/// Renders the JSON report on one wheel.
pub(crate) fn render_json<R: Reported>(path: &Path, result: &R) -> Result<String, Error> {
    documents::document(vec![json::wheel(path, result)])
}

/// Returns how many findings there are of each severity, such as `2 errors, 1 warning`.
pub(crate) fn counts<'a, R: Reported>(findings: impl Iterator<Item = &'a Finding>) -> String {
    let mut counts = [0; 3];
    let severities = [Severity::Error, Severity::Warning, Severity::Info];
    for finding in findings {
        for (count, severity) in counts.iter_mut().zip(severities) {
            *count += usize::from(finding.severity == severity);
        }
    }
    let counts = counts.into_iter().zip(severities).filter(|(count, _)| *count > 0);
    let texts = counts.map(|(count, severity)| text::counted::<R>(count, severity));
    texts.collect::<Vec<_>>().join(", ")
}

/// Renders one wheel as text.
pub(crate) fn render_text<R: Reported>(result: &R, style: TextStyle) -> String {
    text::render_wheel(result, style)
}

/// Returns the rendered report for standard output or writes it to the file of `--output`, with the
/// errors and the worst exit code of all wheels.
pub(crate) fn deliver<R: Reported>(
    rendered: String,
    attempts: &[Attempt<'_, R>],
    exit_code: impl Fn(&R) -> ExitCode,
    arguments: &ReportArguments,
    context: &Context<'_>,
) -> Result<Report, Error> {
    let code = |(_, result): &Attempt<'_, R>| match result {
        Ok(result) => exit_code(result),
        Err(error) => error.exit_code(),
    };
    let worst = attempts.iter().map(code).max().unwrap_or_default();
    let errors = attempts.iter().filter_map(|(_, result)| result.as_ref().err());
    let mut report = Report {
        exit_code: match worst {
            ExitCode::Findings if arguments.exit_zero => ExitCode::Done,
            code => code,
        },
        stdout: rendered,
        errors: errors.map(Error::message_with_hint).collect(),
        ..Report::default()
    };
    if let Some(output) = &arguments.output {
        temporary::publish(&context.resolve(output), &report.stdout)?;
        report.stdout.clear();
        // The log of a failed command must show the reason, even if the report is in a file.
        if report.exit_code == ExitCode::Findings {
            let results = attempts.iter().filter_map(|(_, result)| result.as_ref().ok());
            let failing = results.filter(|result| result.fails());
            let style = TextStyle { level: R::DEFAULT_LEVEL, ..TextStyle::PLAIN };
            let texts: Vec<String> = failing.map(|result| render_text(result, style)).collect();
            report.stdout = texts.join(R::FAILURE_SEPARATOR);
        }
    }
    Ok(report)
}
