//! The arguments of `wheelworks check`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::findings::{RuleListArguments, Severity};
use crate::report_arguments::ReportArguments;
use crate::size::{ByteSize, in_mebibytes};

/// `wheelworks check`.
#[derive(Debug, Clone, Args)]
pub struct CheckArguments {
    /// Wheels to check. A directory stands for the wheels in it, and `-` for the paths on standard input, one a
    /// line.
    #[arg(value_name = "WHEEL", required_unless_present_any = ["list_rules", "explain"])]
    pub wheels: Vec<PathBuf>,
    /// Check only these rules. RULE is an identifier such as `record-hash`, a first word such as `record`
    /// for all rules that begin with it, or a number of check-wheel-contents such as `W001` or `W2`.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Do not check these rules.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// A file that holds the wheel's file name, for a wheel that lies under another one.
    #[arg(long, value_name = "FILE")]
    pub name_file: Option<PathBuf>,
    /// Maximum size of a wheel file: a number of MiB, or one with a unit such as `500MB` or `1GiB`.
    #[arg(long, value_name = "SIZE", value_parser = in_mebibytes)]
    pub max_size: Option<ByteSize>,
    /// A TOML file with limits on the sizes of the wheel, files, sections and architectures. Reads the libraries a
    /// second time, as `inspect` does.
    #[arg(long, value_name = "FILE")]
    pub budget: Option<PathBuf>,
    /// What the wheel is compared with if it exceeds its budget: another wheel, or a saved `inspect --report json`.
    #[arg(long, value_name = "FILE", requires = "budget")]
    pub baseline: Option<PathBuf>,
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
    /// Report only findings of this severity or above. Default: `warning` in text, which counts the others, and `info`
    /// in other forms. The exit code does not depend on it.
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub level: Option<Severity>,
    /// Fail on warnings, too.
    #[arg(long)]
    pub strict: bool,
    /// Take options from `[tool.wheelworks.check]` in this file. Default: the next `pyproject.toml` in the working
    /// directory or above. An option on the command line replaces the one in the file.
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub config: Option<PathBuf>,
    /// Read no configuration.
    #[arg(long)]
    pub no_config: bool,
    /// The rules.
    #[command(flatten)]
    pub rules: RuleListArguments,
    /// Report format and destination.
    #[command(flatten)]
    pub report: ReportArguments,
}

impl CheckArguments {
    /// Returns the files and directories whose content is read.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        let files = self.wheels.iter().chain(&self.name_file).chain(&self.src_dir);
        let files = files.chain(&self.package).chain(&self.config);
        files.chain(&self.budget).chain(&self.baseline).map(PathBuf::as_path)
    }
}
