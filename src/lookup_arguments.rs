//! The options by which libraries are found and policies chosen, for every command that audits.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use clap::Args;
use thiserror::Error;

use crate::context::Context;
use crate::error::{Diagnose, Error, FileError};
use crate::escape::escape_path;
use crate::judge::{AuditConfig, Exclusions, Limits, Providers, Scope};
use crate::policy::PolicyFile;
use crate::size::{ByteSize, in_mebibytes};

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
    /// A file with patterns for `--exclude`, one a line. Empty lines and lines that begin with `#` are skipped.
    #[arg(long, value_name = "FILE")]
    pub exclude_file: Vec<PathBuf>,
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
    pub(crate) fn config(&self, context: &Context<'_>) -> Result<AuditConfig, Error> {
        let scope = match &self.sysroot {
            Some(root) if !context.resolve(root).is_dir() => {
                return Err(SysrootError(root.clone()).into());
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
        let exclude = Exclusions::parse("--exclude", &self.exclusions(context)?)?;
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
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &Path> {
        let files = self.policy_file.iter().chain(&self.provided_by).chain(&self.exclude_file);
        files.map(PathBuf::as_path)
    }

    /// Returns the patterns of `--exclude`, and those of its files.
    fn exclusions(&self, context: &Context<'_>) -> Result<Vec<String>, Error> {
        let mut patterns = self.exclude.clone();
        for path in &self.exclude_file {
            let path = context.resolve(path);
            let text = fs_err::read_to_string(&path).map_err(FileError::on("read", &path))?;
            let lines = text.lines().map(str::trim);
            let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
            patterns.extend(lines.map(str::to_owned));
        }
        Ok(patterns)
    }
}

/// `--sysroot` names no directory.
#[derive(Debug, Error)]
#[error("--sysroot `{}`: expected a directory, found none", escape_path(.0))]
struct SysrootError(PathBuf);

impl Diagnose for SysrootError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        Some("name the root of an unpacked system".into())
    }
}
