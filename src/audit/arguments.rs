//! The arguments of `wheelworks show`, `wheelworks audit` and `wheelworks lddtree`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::error::AuditError;
use crate::context::Context;
use crate::error::Error;
use crate::findings::RuleListArguments;
use crate::findings::Selection;
use crate::judge::layout::TreeLayout;
use crate::judge::rules::RULES;
use crate::judge::{AuditConfig, Exclusions, Limits, Providers, RequiredTag, Scope};
use crate::policy::PolicyFile;
use crate::report_arguments::{DataForm, ReportArguments};
use crate::size::{ByteSize, in_mebibytes};

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
    /// `manylinux_2_28_x86_64`, or `manylinux_2_28` for any machine. Of several, only those for the
    /// wheel's machine apply.
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    pub require: Vec<String>,
    /// Exit with code 1 unless the wheel meets the platform tags in its own name.
    #[arg(long)]
    pub require_declared: bool,
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

/// The arguments that a verdict depends on.
#[derive(Debug, Clone, Args)]
pub struct LookupArguments {
    /// Ignore the level of the instruction set (x86-64-v2 and up).
    #[arg(long)]
    pub disable_isa_ext_check: bool,
    /// Directories to search for libraries instead of those in the loader's configuration,
    /// separated by colons.
    #[arg(long, value_name = "DIRS")]
    pub ldpaths: Option<String>,
    /// The root directory of another system to search for libraries instead of this machine: a
    /// container's file system, or a sysroot of another architecture.
    #[arg(long, value_name = "DIR", conflicts_with = "no_host")]
    pub sysroot: Option<PathBuf>,
    /// Search no library on this machine. Libraries that the policies allow count as present. The
    /// verdict then depends on the wheel alone.
    #[arg(long)]
    pub no_host: bool,
    /// Exclude libraries whose whole name or path matches: `libcuda.so.1`, `libcudart.so.*` for any
    /// version, `/opt/rocm/*`. `libcudart.so` does not match `libcudart.so.12`.
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// A wheel that brings libraries for the audited ones, or a directory of installed or unpacked
    /// wheels, or `known` for a built-in table of NVIDIA's wheels and torch. The libraries of wheels that
    /// the audited wheel's METADATA requires, and the driver's, count as present.
    #[arg(long, value_name = "WHEEL|DIR|known")]
    pub provided_by: Vec<PathBuf>,
    /// A TOML file of policies that extend or replace the built-in ones.
    #[arg(long, value_name = "FILE")]
    pub policy_file: Option<PathBuf>,
    /// Maximum size of one member's dynamic tables in memory: a number of MiB, or one with a unit.
    #[arg(long, value_name = "SIZE", default_value = "256MiB", value_parser = in_mebibytes)]
    pub max_table_size: ByteSize,
    /// Trust the chunk tables of wheels that wheelworks packed, and inflate only the needed chunks.
    /// With a wheel from an untrusted source, the audited bytes may differ from those that an
    /// installer unpacks.
    #[arg(long)]
    pub trust_chunk_table: bool,
}

impl LookupArguments {
    /// Returns the settings from these arguments and the environment.
    pub(super) fn config(&self, context: &Context<'_>) -> Result<AuditConfig, Error> {
        let scope = match &self.sysroot {
            Some(root) if !context.resolve(root).is_dir() => {
                return Err(AuditError::Sysroot(root.clone()).into());
            }
            Some(root) => Scope::Sysroot(context.resolve(root)),
            None if self.no_host => Scope::Nowhere,
            None => Scope::Machine,
        };
        let paths = |list: &str| -> Vec<PathBuf> {
            let entries = list.split(':').filter(|entry| !entry.is_empty());
            let resolved = entries.map(|entry| context.resolve(Path::new(entry)));
            resolved.map(|path| std::path::absolute(&path).unwrap_or(path)).collect()
        };
        let library_dirs = self.ldpaths.as_deref().map(paths);
        let library_path = |value: &Option<String>| value.as_deref().map_or_else(Vec::new, paths);
        let mut environment_dirs = library_path(&context.environment.auditwheel_ld_library_path);
        // `LD_LIBRARY_PATH` is for this machine, not for a sysroot.
        if library_dirs.is_none() && self.sysroot.is_none() {
            environment_dirs.extend(library_path(&context.environment.ld_library_path));
        }
        let exclude = Exclusions::parse("--exclude", &self.exclude)?;
        let policy_file =
            self.policy_file.as_ref().map(|path| PolicyFile::read(&context.resolve(path)));
        let limits = Limits::of_tables(self.max_table_size.bytes())
            .trusting_chunk_tables(self.trust_chunk_table);
        Ok(AuditConfig {
            scope,
            library_dirs,
            environment_dirs,
            exclude,
            providers: Providers::read(&self.provided_by, limits, context)?,
            policy_file: policy_file.transpose()?,
            check_isa: !self.disable_isa_ext_check,
            limits,
            ..AuditConfig::of_wheel_alone()
        })
    }
}

impl LookupArguments {
    /// Returns the files whose content is read.
    fn inputs(&self) -> impl Iterator<Item = &Path> {
        self.policy_file.iter().chain(&self.provided_by).map(PathBuf::as_path)
    }
}

impl AuditArguments {
    /// Returns the settings from these arguments and the environment.
    pub(super) fn config(&self, context: &Context<'_>) -> Result<AuditConfig, Error> {
        let config = self.lookup.config(context)?;
        Ok(AuditConfig {
            required_tags: RequiredTag::parse_all(&self.require, config.policy_file.as_ref())?,
            require_declared: self.require_declared,
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
