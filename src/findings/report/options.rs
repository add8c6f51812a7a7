//! The options of a report, the same for each verb that has one.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Color, Paint};
use crate::context::Context;

/// Options of a report.
#[derive(Debug, Clone, Args)]
pub struct ReportArguments {
    /// Exit with code 0 also where there are findings: the report has them.
    #[arg(long)]
    pub exit_zero: bool,
    /// The report's form.
    #[arg(id = "report", long = "report", value_enum, default_value_t, value_name = "FORM")]
    pub form: ReportForm,
    /// Colours in text: always, never, or on a terminal.
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,
    /// Write the report to this file instead of standard output, which then gets what fails.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

impl ReportArguments {
    /// Whether text is coloured.
    pub(crate) fn paint(&self, context: &Context<'_>) -> Paint {
        let on = match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                context.interactive && self.output.is_none() && std::io::stdout().is_terminal()
            }
        };
        Paint { on }
    }
}

/// The form of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ReportForm {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For code scanners: SARIF 2.1.0.
    Sarif,
    /// Annotations of a GitHub workflow.
    Github,
}
