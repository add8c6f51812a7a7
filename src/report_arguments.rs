//! The options of reports: format and destination. Every verb with a report has them with the same names.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::color::Paint;
use crate::context::{Context, Report};
use crate::error::Error;
use crate::temporary;

/// Options of a report of findings.
#[derive(Debug, Clone, Args)]
pub struct ReportArguments {
    /// Exit with code 0 even if there are findings.
    #[arg(long)]
    pub exit_zero: bool,
    /// Format of the report.
    #[arg(id = "report", long = "report", value_enum, default_value_t, value_name = "FORM")]
    pub form: ReportForm,
    /// Write the report to this file. Standard output then shows only the wheels that fail.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

impl ReportArguments {
    /// Returns whether text is coloured, and how.
    pub(crate) fn paint(&self, context: &Context<'_>) -> Paint {
        context.paint(self.output.is_some())
    }
}

/// The format of a report of findings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ReportForm {
    /// Text for people.
    #[default]
    Text,
    /// JSON for programs.
    Json,
    /// SARIF 2.1.0 for code scanners.
    Sarif,
    /// Annotations for a GitHub workflow.
    Github,
    /// JUnit XML for test reports.
    Junit,
}

/// Options of a report of findings that can be a page for a browser.
#[derive(Debug, Clone, Args)]
pub struct FindingsPageArguments {
    /// Exit with code 0 even if there are findings.
    #[arg(long)]
    pub exit_zero: bool,
    /// Format of the report.
    #[arg(id = "report", long = "report", value_enum, default_value_t, value_name = "FORM")]
    pub form: FindingsPageForm,
    /// Write the report to this file. Standard output then shows only the wheels that fail.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// The format of a report of findings that can be a page for a browser.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum FindingsPageForm {
    /// Text for people.
    #[default]
    Text,
    /// JSON for programs.
    Json,
    /// SARIF 2.1.0 for code scanners.
    Sarif,
    /// Annotations for a GitHub workflow.
    Github,
    /// JUnit XML for test reports.
    Junit,
    /// One HTML file for a browser.
    Html,
}

impl FindingsPageArguments {
    /// Returns whether the report is a page.
    pub(crate) fn is_page(&self) -> bool {
        self.form == FindingsPageForm::Html
    }

    /// Returns the options of a report that is no page; with the format of text if it is one.
    pub(crate) fn without_page(&self) -> ReportArguments {
        let form = match self.form {
            FindingsPageForm::Text | FindingsPageForm::Html => ReportForm::Text,
            FindingsPageForm::Json => ReportForm::Json,
            FindingsPageForm::Sarif => ReportForm::Sarif,
            FindingsPageForm::Github => ReportForm::Github,
            FindingsPageForm::Junit => ReportForm::Junit,
        };
        ReportArguments { exit_zero: self.exit_zero, form, output: self.output.clone() }
    }
}

/// Options of a report without findings.
#[derive(Debug, Clone, Args)]
pub struct DataReportArguments {
    /// Its format.
    #[command(flatten)]
    pub form: FormArguments,
    /// Write the report to this file.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// The format of what a verb without findings prints.
#[derive(Debug, Clone, Copy, Args)]
pub struct FormArguments {
    /// Format of the report.
    #[arg(id = "report", long = "report", value_enum, default_value_t, value_name = "FORM")]
    pub form: DataForm,
    /// The same as `--report json`.
    #[arg(long, hide = true, conflicts_with = "report")]
    pub json: bool,
}

/// The format of a report without findings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum DataForm {
    /// Text for people.
    #[default]
    Text,
    /// JSON for programs.
    Json,
}

/// Options of a report that can be a page for a browser.
#[derive(Debug, Clone, Args)]
pub struct PageReportArguments {
    /// Format of the report.
    #[arg(id = "report", long = "report", value_enum, default_value_t, value_name = "FORM")]
    pub form: PageForm,
    /// The same as `--report json`.
    #[arg(long, hide = true, conflicts_with = "report")]
    pub json: bool,
    /// Write the report to this file.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// The format of a report that can be a page for a browser.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum PageForm {
    /// Text for people.
    #[default]
    Text,
    /// JSON for programs.
    Json,
    /// One HTML file for a browser.
    Html,
}

impl PageReportArguments {
    /// Returns the format, with `--json` taken into account.
    pub(crate) fn form(&self) -> PageForm {
        if self.json { PageForm::Json } else { self.form }
    }

    /// Returns whether text is coloured, and how.
    pub(crate) fn paint(&self, context: &Context<'_>) -> Paint {
        context.paint(self.output.is_some())
    }

    /// Moves the report from standard output to the file of `--output`, if one is given.
    pub(crate) fn deliver(&self, report: Report, context: &Context<'_>) -> Result<Report, Error> {
        deliver(report, self.output.as_deref(), context)
    }
}

impl FormArguments {
    /// Returns whether the report is JSON.
    pub(crate) fn is_json(self) -> bool {
        self.json || self.form == DataForm::Json
    }
}

impl DataReportArguments {
    /// Returns whether the report is JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.form.is_json()
    }

    /// Moves the report from standard output to the file of `--output`, if one is given.
    pub(crate) fn deliver(&self, report: Report, context: &Context<'_>) -> Result<Report, Error> {
        deliver(report, self.output.as_deref(), context)
    }
}

/// Moves a report from standard output to a file, if one is given.
pub(crate) fn deliver(
    mut report: Report,
    output: Option<&Path>,
    context: &Context<'_>,
) -> Result<Report, Error> {
    if let Some(output) = output {
        temporary::publish(&context.resolve(output), &report.stdout)?;
        report.stdout.clear();
    }
    Ok(report)
}
