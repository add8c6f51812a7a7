//! The arguments of `wheelworks check`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::report_arguments::ReportArguments;

/// `wheelworks check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Wheels to check.
    #[arg(value_name = "WHEEL", required = true)]
    pub wheels: Vec<PathBuf>,
    /// Check only these rules. RULE is an identifier such as `record-hash`, a first word such as `record`
    /// for all rules that begin with it, or a number of check-wheel-contents such as `W001` or `W2`.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Do not check these rules.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Maximum size of a wheel file, in MiB.
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_size: Option<u32>,
    /// The exact set of top-level names in the wheel.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub toplevel: Vec<String>,
    /// A source directory. The wheel must have all of its files and no others.
    #[arg(long, value_name = "DIR")]
    pub src_dir: Vec<PathBuf>,
    /// A package's directory or a module's file. The wheel must have all of its files and no others.
    #[arg(long, value_name = "PATH")]
    pub package: Vec<PathBuf>,
    /// Names to ignore in source trees. The default ignores caches and version control.
    #[arg(long, value_name = "GLOB", value_delimiter = ',')]
    pub package_omit: Option<Vec<String>>,
    /// Fail on warnings, too.
    #[arg(long)]
    pub strict: bool,
    /// Report format and destination.
    #[command(flatten)]
    pub report: ReportArguments,
}

impl CheckArguments {
    /// Returns the files and directories whose content is read.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        self.wheels.iter().chain(&self.src_dir).chain(&self.package).map(PathBuf::as_path)
    }
}
