//! The options of a report, the same for each verb that has one.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Color, Paint};
use crate::context::Context;

/// Options of a report.
#[derive(Debug, Clone, Args)]
pub struct ReportArguments {
    /// Exit with code 0 even if there are findings.
    #[arg(long)]
    pub exit_zero: bool,
    /// Format of the report.
    #[arg(id = "report", long = "report", value_enum, default_value_t, value_name = "FORM")]
    pub form: ReportForm,
    /// When to colour text: always, never, or on a terminal.
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,
    /// Write the report to this file. Standard output then shows only the wheels that fail.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

impl ReportArguments {
    /// Returns whether text is coloured, and how.
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

/// The format of a report.
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
}
