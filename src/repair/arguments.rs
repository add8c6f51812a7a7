//! The arguments of `wheelworks repair`: those of `auditwheel repair`, and some more.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::debug_files::DebugFiles;
use super::error::RepairError;
use crate::context::Context;
use crate::deflate::Level;
use crate::error::Error;
use crate::judge::GivenLibraries;
use crate::lookup_arguments::LookupArguments;
use crate::opened_wheel::LimitArguments;
use crate::report_arguments::DataReportArguments;

/// The compression level without the option: that of zlib.
const DEFAULT_LEVEL: u8 = 6;

/// The highest compression level.
const MAX_LEVEL: u8 = 9;

/// `wheelworks repair`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct RepairArguments {
    /// Wheels to repair, in order. A directory stands for the wheels in it, and `-` for the paths on standard input, one
    /// a line. The first error ends the run; wheels that were written before stay.
    #[arg(value_name = "WHEEL", required = true)]
    pub wheels: Vec<PathBuf>,
    /// The directory for repaired wheels. It is created if it is missing.
    #[arg(long, short = 'w', value_name = "DIR", default_value = "wheelhouse")]
    pub wheel_dir: PathBuf,
    /// The file for the repaired wheel, for a build system that knows its name. The repair fails if the wheel
    /// gets another name. What was done is not printed.
    #[arg(long, value_name = "FILE", conflicts_with = "wheel_dir")]
    pub out: Option<PathBuf>,
    /// A file with the true name of the wheel, if its path has another one.
    #[arg(long, value_name = "FILE")]
    pub wheel_name_file: Option<PathBuf>,
    /// A file to write the true name of the repaired wheel to.
    #[arg(long, value_name = "FILE")]
    pub name_file: Option<PathBuf>,
    /// The platform tag that the wheel must meet: `manylinux_2_28_x86_64`, `musllinux_1_2`, or `auto` for the
    /// most portable one that it can meet. Default: `AUDITWHEEL_PLAT`, else `auto`.
    #[arg(long, value_name = "PLATFORM")]
    pub plat: Option<String>,
    /// Give the wheel no tags but that of `--plat` and its aliases, even if it meets a more portable one.
    #[arg(long)]
    pub only_plat: bool,
    /// The directory for grafted libraries is named like the distribution, with this suffix.
    #[arg(long, short = 'L', value_name = "SUFFIX", default_value = ".libs")]
    pub lib_sdir: String,
    /// Leave the tags in the file name and in WHEEL as they are.
    #[arg(long)]
    pub no_update_tags: bool,
    /// Remove symbols and debug information that no loader reads from grafts and from the ELF files of the wheel, as
    /// `strip` does, for any machine.
    #[arg(long)]
    pub strip: bool,
    /// Write what `--strip` removes to this directory, in files `.build-id/ab/cdef….debug`, and add links to them.
    /// Debuggers find it with `set debug-file-directory`.
    #[arg(long, value_name = "DIR", requires = "strip")]
    pub debug_dir: Option<PathBuf>,
    /// Graft this library as well, under its own name: code opens it with dlopen, so no file names it. NAME is
    /// searched like a needed library; a path is taken as it is.
    #[arg(long, value_name = "NAME|PATH")]
    pub add_library: Vec<String>,
    /// Take this library where a file needs its soname or its file name, before any directory is searched, also
    /// with `--no-host`.
    #[arg(long, value_name = "FILE")]
    pub use_library: Vec<PathBuf>,
    /// Add the licence texts of the distribution packages that own the grafts, in `licenses/PACKAGE` of the dist-info
    /// directory.
    #[arg(long)]
    pub graft_licenses: bool,
    /// Keep entries of search paths that match, even if they leave the wheel: `$ORIGIN/../../nvidia/*`.
    #[arg(long, value_name = "GLOB")]
    pub keep_rpath: Vec<String>,
    /// Clear the executable stack of grafts, and of files that are edited. glibc 2.41 and later refuse
    /// to dlopen a library that asks for one.
    #[arg(long)]
    pub clear_execstack: bool,
    /// Compare each member that is copied with its hash in RECORD. Without it, its length and CRC-32 are verified,
    /// and the hash of RECORD is believed.
    #[arg(long)]
    pub check_record: bool,
    /// Copy a wheel without machine code that is tagged `any`, instead of failing.
    #[arg(long)]
    pub allow_pure_python_wheel: bool,
    /// Compress every member anew with this level, 0 to 9; 0 stores. Default: `AUDITWHEEL_ZIP_COMPRESSION_LEVEL`;
    /// without either, members that do not change are copied compressed as they are, and others get level 6.
    #[arg(long, short = 'z', value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(0..=i64::from(MAX_LEVEL)))]
    pub zip_compression_level: Option<u8>,
    /// Accepted for `auditwheel` command lines. No program is called; with `none`, a wheel that needs an edit is an
    /// error. Default: `AUDITWHEEL_PATCHER`.
    #[arg(long, value_enum, value_name = "PATCHER")]
    pub patcher: Option<Patcher>,
    /// Report what would be done, and write no wheel.
    #[arg(long)]
    pub dry_run: bool,
    /// Where libraries are searched, and which policies apply.
    #[command(flatten)]
    pub lookup: LookupArguments,
    /// Limits on the wheel.
    #[command(flatten)]
    pub limits: LimitArguments,
    /// Report format and destination.
    #[command(flatten)]
    pub report: DataReportArguments,
}

/// The programs that `auditwheel` edits ELF files with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Patcher {
    /// patchelf.
    Patchelf,
    /// LIEF's patchelf.
    LiefPatchelf,
    /// No edits.
    None,
}

impl RepairArguments {
    /// Returns the files whose content is read.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        let files = self.wheels.iter().chain(&self.use_library).chain(&self.wheel_name_file);
        files.map(PathBuf::as_path).chain(self.lookup.inputs())
    }

    /// Returns the directory for repaired wheels.
    pub(super) fn directory(&self, context: &Context<'_>) -> PathBuf {
        let parent = self.out.as_ref().and_then(|out| out.parent());
        context.resolve(parent.unwrap_or(&self.wheel_dir))
    }

    /// Returns the root directory of the system whose libraries are grafted; `None` if none is searched.
    pub(super) fn system_root(&self, context: &Context<'_>) -> Option<PathBuf> {
        match &self.lookup.sysroot {
            Some(root) => Some(context.resolve(root)),
            None => (!self.lookup.no_host).then(|| PathBuf::from("/")),
        }
    }

    /// Reads the libraries of `--use-library`.
    pub(super) fn given_libraries(&self, context: &Context<'_>) -> Result<GivenLibraries, Error> {
        let absolute = |path: &PathBuf| {
            let resolved = context.resolve(path);
            std::path::absolute(&resolved).unwrap_or(resolved)
        };
        let paths = self.use_library.iter().map(|path| (path.clone(), absolute(path)));
        Ok(GivenLibraries::read(paths)?)
    }

    /// Returns the files for the debug information, if a directory is named for them.
    pub(super) fn debug_files(&self, context: &Context<'_>) -> Option<DebugFiles> {
        self.debug_dir.as_ref().map(|directory| DebugFiles::new(context.resolve(directory)))
    }

    /// Returns an option, if there is one, that has a meaning only for a wheel that is written already.
    pub(super) fn for_written_wheels(&self) -> Option<&'static str> {
        let options = [
            ("--wheel-name-file", self.wheel_name_file.is_some()),
            ("--name-file", self.name_file.is_some()),
            ("--check-record", self.check_record),
            ("--allow-pure-python-wheel", self.allow_pure_python_wheel),
            ("--zip-compression-level", self.zip_compression_level.is_some()),
            ("--dry-run", self.dry_run),
            ("--report", self.report.is_json()),
        ];
        options.into_iter().find_map(|(option, is_given)| is_given.then_some(option))
    }

    /// Returns an error unless options for one wheel are used with one wheel.
    pub(super) fn check(&self) -> Result<(), RepairError> {
        let options = [
            ("--out", &self.out),
            ("--wheel-name-file", &self.wheel_name_file),
            ("--name-file", &self.name_file),
        ];
        match options.into_iter().find(|(_, value)| value.is_some()) {
            Some((option, _)) if self.wheels.len() != 1 => {
                Err(RepairError::OneWheel { option, found: self.wheels.len() })
            }
            _ => Ok(()),
        }
    }

    /// Returns the requested platform, from the arguments or the environment.
    pub(super) fn platform<'a>(&'a self, context: &'a Context<'_>) -> &'a str {
        let of_environment = || context.environment.auditwheel_plat.as_deref();
        self.plat.as_deref().or_else(of_environment).unwrap_or("auto")
    }

    /// Returns whether files may be edited.
    pub(super) fn may_edit(&self, context: &Context<'_>) -> Result<bool, Error> {
        let patcher = match (self.patcher, &context.environment.auditwheel_patcher) {
            (Some(patcher), _) => patcher,
            (None, None) => Patcher::Patchelf,
            (None, Some(text)) => Patcher::from_str(text, false)
                .map_err(|_| RepairError::environment("AUDITWHEEL_PATCHER", text, "a patcher"))?,
        };
        Ok(patcher != Patcher::None)
    }

    /// Returns whether every member is compressed anew.
    pub(super) fn recompresses(&self, context: &Context<'_>) -> bool {
        self.zip_compression_level.is_some() || context.environment.auditwheel_level.is_some()
    }

    /// Returns the compression level; `None` stores.
    pub(super) fn level(&self, context: &Context<'_>) -> Result<Option<Level>, Error> {
        const NAME: &str = "AUDITWHEEL_ZIP_COMPRESSION_LEVEL";
        let level = match (self.zip_compression_level, &context.environment.auditwheel_level) {
            (Some(level), _) => level,
            (None, None) => DEFAULT_LEVEL,
            (None, Some(text)) => text
                .trim()
                .parse()
                .ok()
                .filter(|level| *level <= MAX_LEVEL)
                .ok_or_else(|| RepairError::environment(NAME, text, "a number from 0 to 9"))?,
        };
        Ok(Level::new(level))
    }
}
