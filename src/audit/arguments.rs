//! The arguments of `wheelworks show`, `wheelworks audit` and `wheelworks lddtree`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::error::AuditError;
use crate::context::Context;
use crate::error::Error;
use crate::findings::report::ReportArguments;
use crate::judge::{AuditConfig, Limits, Scope, exclude_patterns};
use crate::policy::PolicyFile;

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
    /// Fail with exit code 1 unless the wheel meets this platform tag or a stricter one:
    /// `manylinux_2_28_x86_64`, or `manylinux_2_28` for any machine. Of several, those for the
    /// wheel's machine count.
    #[arg(long, value_name = "TAG")]
    pub require: Vec<String>,
    /// Fail with exit code 1 unless the wheel meets the platform tags in its own name.
    #[arg(long)]
    pub require_declared: bool,
    /// What is looked at and how.
    #[command(flatten)]
    pub look: LookArguments,
    /// Accept a wheel without machine code.
    #[arg(long)]
    pub allow_pure_python_wheel: bool,
    /// Say more: everything that keeps the wheel from each stricter tag.
    #[arg(long, short)]
    pub verbose: bool,
    /// How the verdict and the findings are reported.
    #[command(flatten)]
    pub report: ReportArguments,
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

impl LookArguments {
    /// The settings that these arguments and the environment ask for.
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
        // That variable is the machine's own, not that of the system below a sysroot.
        if library_dirs.is_none() && self.sysroot.is_none() {
            environment_dirs.extend(library_path(&context.environment.ld_library_path));
        }
        let exclude = exclude_patterns(&self.exclude, "--exclude")?;
        let policy_file =
            self.policy_file.as_ref().map(|path| PolicyFile::read(&context.resolve(path)));
        Ok(AuditConfig {
            scope,
            library_dirs,
            environment_dirs,
            exclude,
            policy_file: policy_file.transpose()?,
            check_isa: !self.disable_isa_ext_check,
            required_tags: Vec::new(),
            require_declared: false,
            limits: Limits::of_tables(u64::from(self.max_table_size) << 20)
                .trusting_chunk_tables(self.trust_chunk_table),
        })
    }
}

impl AuditArguments {
    /// The settings that these arguments and the environment ask for.
    pub(super) fn config(&self, context: &Context<'_>) -> Result<AuditConfig, Error> {
        let (required_tags, require_declared) = (self.require.clone(), self.require_declared);
        Ok(AuditConfig { required_tags, require_declared, ..self.look.config(context)? })
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

impl AuditArguments {
    /// Returns the files whose content is read.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        self.wheels.iter().chain(&self.look.policy_file).map(PathBuf::as_path)
    }
}

impl LddtreeArguments {
    /// Returns the files whose content is read.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().chain(&self.look.policy_file).map(PathBuf::as_path)
    }
}
