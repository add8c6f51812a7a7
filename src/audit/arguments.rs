//! The arguments of `wheelworks show`, `wheelworks audit` and `wheelworks lddtree`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::report::Color;

/// `wheelworks show` and `wheelworks audit`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct AuditArguments {
    /// Wheels, or directories of unpacked ones.
    #[arg(value_name = "WHEEL", required = true)]
    pub wheels: Vec<PathBuf>,
    /// Print the verdict as JSON, as `auditwheel show --json` does; of several wheels, a list.
    #[arg(long, conflicts_with = "report")]
    pub json: bool,
    /// Print the verdict and all findings in this form.
    #[arg(long, value_enum, value_name = "FORM")]
    pub report: Option<ReportForm>,
    /// Fail with exit code 1 unless the wheel meets this platform tag or a stricter one:
    /// `manylinux_2_28_x86_64`, or `manylinux_2_28` for any machine. Of several, those for the
    /// wheel's machine count.
    #[arg(long, value_name = "TAG")]
    pub require: Vec<String>,
    /// Fail with exit code 1 unless the wheel meets the platform tags in its own name.
    #[arg(long)]
    pub require_declared: bool,
    /// Exit with code 0 also where there are findings: the report has them.
    #[arg(long)]
    pub exit_zero: bool,
    /// What is looked at and how.
    #[command(flatten)]
    pub look: LookArguments,
    /// Accept a wheel without machine code.
    #[arg(long)]
    pub allow_pure_python_wheel: bool,
    /// Say more: everything that keeps the wheel from each stricter tag.
    #[arg(long, short)]
    pub verbose: bool,
    /// Colours in text: always, never, or on a terminal.
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,
    /// Write the report to this file instead of standard output, which then gets what fails.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// The part of the arguments that changes a verdict.
#[derive(Debug, Clone, Args)]
pub struct LookArguments {
    /// Do not look at the level of the instruction set (x86-64-v2 and up).
    #[arg(long)]
    pub disable_isa_ext_check: bool,
    /// Directories to look for libraries in, instead of those that the loader is configured to;
    /// separated by colons.
    #[arg(long, value_name = "DIRS")]
    pub ldpaths: Option<String>,
    /// A directory that is the root of the system to look for libraries in, instead of this
    /// machine: a container's file system, or that of another architecture.
    #[arg(long, value_name = "DIR", conflicts_with = "no_host")]
    pub sysroot: Option<PathBuf>,
    /// Look at no library of this machine: what the policies allow counts as present. The verdict
    /// then depends on the wheel alone.
    #[arg(long)]
    pub no_host: bool,
    /// Leave out libraries whose name or path matches: `libcuda.so.1`, `libcudart.so` for any
    /// version, `/opt/rocm/*`.
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// A TOML file of policies that are added to the built-in ones, or replace them.
    #[arg(long, value_name = "FILE")]
    pub policy_file: Option<PathBuf>,
    /// Largest size of one member's dynamic tables that is read into memory, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub max_table_size: u32,
    /// Believe what a wheel that wheelworks has packed says about where the chunks of its members are, and
    /// inflate only those that are needed. Of a wheel from elsewhere, what is audited might then not be
    /// what an installer finds.
    #[arg(long)]
    pub trust_chunk_table: bool,
}

impl Default for LookArguments {
    fn default() -> Self {
        Self {
            disable_isa_ext_check: false,
            ldpaths: None,
            sysroot: None,
            no_host: false,
            exclude: Vec::new(),
            policy_file: None,
            max_table_size: 256,
            trust_chunk_table: false,
        }
    }
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportForm {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// Annotations of a GitHub workflow.
    Github,
}

impl AuditArguments {
    /// How the report is written.
    pub(super) fn form(&self) -> ReportForm {
        if self.json { ReportForm::Json } else { self.report.unwrap_or(ReportForm::Text) }
    }
}

/// `wheelworks lddtree`.
#[derive(Debug, Args)]
pub struct LddtreeArguments {
    /// ELF files and wheels.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Print JSON, as `auditwheel lddtree` does.
    #[arg(long)]
    pub json: bool,
    /// What is looked at and how.
    #[command(flatten)]
    pub look: LookArguments,
}
