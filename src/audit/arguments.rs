//! The arguments of `wheelworks show`, `wheelworks audit` and `wheelworks lddtree`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::device_code::DeviceCodeArguments;
use crate::context::Context;
use crate::error::Error;
use crate::findings::RuleListArguments;
use crate::findings::Selection;
use crate::judge::layout::TreeLayout;
use crate::judge::rules::RULES;
use crate::judge::{AuditConfig, RequiredTag};
use crate::lookup_arguments::LookupArguments;
use crate::report_arguments::{DataForm, ReportArguments};

/// `wheelworks show` and `wheelworks audit`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct AuditArguments {
    /// Wheels to audit. A directory stands for the wheels in it, or is an unpacked wheel itself. `-` stands for the
    /// paths on standard input, one a line.
    #[arg(value_name = "WHEEL", required_unless_present_any = ["list_rules", "explain"])]
    pub wheels: Vec<PathBuf>,
    /// Print the verdict as JSON in the form of `auditwheel show --json`; for several wheels, a
    /// list.
    #[arg(long, conflicts_with = "report")]
    pub json: bool,
    /// Exit with code 1 unless the wheel meets this platform tag or a stricter one:
    /// `manylinux_2_28_x86_64`, or `manylinux_2_28` for any machine; `macosx_11_0`, `win_amd64`. Of several, only
    /// those for the wheel's machine apply.
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    pub require: Vec<String>,
    /// Exit with code 1 unless the wheel meets the platform tags in its own name.
    #[arg(long)]
    pub require_declared: bool,
    /// What is required of device code.
    #[command(flatten)]
    pub device_code: DeviceCodeArguments,
    /// Check only these rules. RULE is an identifier such as `executable-stack`, or first words such as
    /// `executable` for all rules that begin with them.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Do not check these rules. A required tag then holds without them.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Exit with code 1 on errors and warnings, with or without a required tag.
    #[arg(long)]
    pub strict: bool,
    /// Where libraries are searched, and which policies apply.
    #[command(flatten)]
    pub lookup: LookupArguments,
    /// Accept a wheel without machine code.
    #[arg(long)]
    pub allow_pure_python_wheel: bool,
    /// The rules.
    #[command(flatten)]
    pub rules: RuleListArguments,
    /// Report format and destination.
    #[command(flatten)]
    pub report: ReportArguments,
}

impl AuditArguments {
    /// Returns the settings from these arguments and the environment.
    pub(super) fn config(&self, context: &Context<'_>) -> Result<AuditConfig, Error> {
        let config = self.lookup.config(context)?;
        Ok(AuditConfig {
            required_tags: RequiredTag::parse_all(&self.require, config.policy_file.as_ref())?,
            require_declared: self.require_declared,
            device_code: self.device_code.requirements(),
            limits: config.limits.with_device_code(self.device_code.is_read()),
            selection: Selection::new(&RULES, &self.select, &self.ignore)?,
            is_strict: self.strict,
            ..config
        })
    }
}

/// `wheelworks lddtree`.
#[derive(Debug, Args)]
pub struct LddtreeArguments {
    /// ELF files or wheels. A directory is an unpacked wheel, or stands for the wheels in it, and `-` for the paths on
    /// standard input, one a line.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Where the files of a wheel are, for `$ORIGIN` in their search paths.
    #[arg(long, value_enum, default_value_t, value_name = "LAYOUT")]
    pub layout: TreeLayout,
    /// Print JSON with the keys of `auditwheel lddtree`. The values of `platform` and `libc` are other
    /// names, and files in a wheel have their paths in it.
    #[arg(long, conflicts_with = "report")]
    pub json: bool,
    /// Format of the report.
    #[arg(id = "report", long = "report", value_enum, default_value_t, value_name = "FORM")]
    pub form: DataForm,
    /// Write the report to this file.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Where libraries are searched, and which policies apply.
    #[command(flatten)]
    pub lookup: LookupArguments,
}

impl AuditArguments {
    /// Returns the files whose content is read.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        self.wheels.iter().map(PathBuf::as_path).chain(self.lookup.inputs())
    }
}

impl LddtreeArguments {
    /// Returns the files whose content is read.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(PathBuf::as_path).chain(self.lookup.inputs())
    }
}
