//! The arguments of `wheelworks pack`, `repack`, `retag`, `sdist` and `editable`.

mod contents;
mod metadata;
mod sbom;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;

pub use self::contents::ContentArguments;
pub use self::metadata::{MetadataArguments, StampArguments};
pub use self::sbom::{SbomArguments, SbomOutput};
use crate::opened_wheel::LimitArguments;
use crate::report_arguments::FormArguments;

/// A declared distribution: files named one by one, and metadata.
#[derive(Debug, Args)]
pub struct DeclaredArguments {
    /// Its files.
    #[command(flatten)]
    pub contents: ContentArguments,
    /// Its metadata.
    #[command(flatten)]
    pub metadata: MetadataArguments,
    /// Where its files come from.
    #[command(flatten)]
    pub sbom: SbomArguments,
    /// Values that are known only at build time.
    #[command(flatten)]
    pub stamp: StampArguments,
}

/// `wheelworks pack`.
#[derive(Debug, Args)]
pub struct PackArguments {
    /// An unpacked wheel: a directory with one `*.dist-info` directory.
    #[arg(value_name = "TREE", required_unless_present = "out", conflicts_with = "out")]
    pub tree: Option<PathBuf>,
    /// Directory for the wheel of TREE. It is created if it does not exist.
    #[arg(
        short = 'w',
        long = "wheel-dir",
        alias = "dest-dir",
        short_alias = 'd',
        value_name = "DIR",
        default_value = ".",
        conflicts_with = "out"
    )]
    pub wheel_dir: PathBuf,
    /// The wheel to write, from `--member`, similar options, and the options about metadata.
    #[arg(long, value_name = "FILE", requires_all = ["distribution", "version"])]
    pub out: Option<PathBuf>,
    /// Write a directory instead of an archive: FILE of `--out` becomes a directory, of any name, with the files
    /// of the wheel and the same RECORD. Nothing is compressed. The directory must not exist, or be empty.
    #[arg(
        long,
        requires = "out",
        conflicts_with_all = [
            "compression_level", "timestamp", "no_chunk_table", "base", "audit", "require", "require_declared",
        ]
    )]
    pub unpacked: bool,
    /// Files and metadata of the wheel, if there is no tree.
    #[command(flatten)]
    pub declared: DeclaredArguments,
    /// How to write it.
    #[command(flatten)]
    pub write: WriteArguments,
}

/// How `wheelworks pack` and `repack` write a wheel.
#[derive(Debug, Args)]
pub struct WriteArguments {
    /// Compression level: 0 stores, 12 gives the smallest wheel and takes longest. Levels 1 to 5 apply to
    /// ELF files; other files get at least 6, which costs little.
    #[arg(long, value_name = "0..12", default_value_t = 6, value_parser = clap::value_parser!(u8).range(0..=12))]
    pub compression_level: u8,
    /// Timestamp of every member, in seconds since 1970. Default: `SOURCE_DATE_EPOCH`, else 1980.
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub timestamp: Option<i64>,
    /// Leave out the chunk tables. With them wheelworks reads any part of a member, and inflates a member
    /// on all cores; other tools ignore them.
    #[arg(long)]
    pub no_chunk_table: bool,
    /// Copy compressed chunks from this wheel, which wheelworks wrote earlier, where the content is equal. A directory
    /// stands for the wheels in it, also if there are none. The new wheel has the same bytes as without this option.
    #[arg(long, value_name = "WHEEL|DIR")]
    pub base: Vec<PathBuf>,
    /// The audit of the wheel.
    #[command(flatten)]
    pub audit: PackAuditArguments,
    /// Repair the wheel while it is written, with this option of `wheelworks repair`: `--repair=--plat=manylinux_2_28_x86_64`.
    /// Repeat it for each option. FILE of `--out` has the name of the repaired wheel, and no other wheel is written.
    #[arg(
        long,
        value_name = "OPTION",
        allow_hyphen_values = true,
        requires = "out",
        conflicts_with_all = ["audit", "require", "require_declared"]
    )]
    pub repair: Vec<OsString>,
    /// What is printed: as JSON a summary with members, bytes in and out, seconds per phase.
    #[command(flatten)]
    pub report: FormArguments,
}

/// `wheelworks repack`.
#[derive(Debug, Args)]
pub struct RepackArguments {
    /// Wheels that any tool built. A directory stands for the wheels in it, and `-` for the paths on standard input, one
    /// a line.
    #[arg(value_name = "WHEEL", required = true)]
    pub wheels: Vec<PathBuf>,
    /// Directory for the new wheels. It is created if it does not exist. Default: the working directory. Each wheel
    /// keeps its tags and gets a normalised name; if WHEEL has other tags than the name, it is changed.
    #[arg(
        short = 'w',
        long = "wheel-dir",
        alias = "dest-dir",
        short_alias = 'd',
        value_name = "DIR",
        conflicts_with = "out"
    )]
    pub wheel_dir: Option<PathBuf>,
    /// The wheel to write, if there is one WHEEL.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Refuse to write a wheel with another file name. The spelling of the name does not matter.
    #[arg(long, value_name = "FILENAME")]
    pub expect_name: Option<String>,
    /// Overwrite a WHEEL if the new wheel has its path.
    #[arg(long)]
    pub force: bool,
    /// How to write it.
    #[command(flatten)]
    pub write: WriteArguments,
    /// Limits for reading wheels.
    #[command(flatten)]
    pub limits: LimitArguments,
}

/// `wheelworks retag`.
#[derive(Debug, Args)]
pub struct RetagArguments {
    /// Wheels that any tool built. A directory stands for the wheels in it, and `-` for the paths on standard input, one
    /// a line.
    #[arg(value_name = "WHEEL", required = true)]
    pub wheels: Vec<PathBuf>,
    /// Python tags, joined by dots, in place of the old ones. With `+` in front, they are added to the old ones;
    /// with `-`, removed.
    #[arg(long, value_name = "TAG", allow_hyphen_values = true)]
    pub python_tag: Option<String>,
    /// ABI tags, likewise.
    #[arg(long, value_name = "TAG", allow_hyphen_values = true)]
    pub abi_tag: Option<String>,
    /// Platform tags, likewise.
    #[arg(long, value_name = "TAG", allow_hyphen_values = true)]
    pub platform_tag: Option<String>,
    /// Build tag: starts with a digit. An empty one removes it.
    #[arg(long, value_name = "TAG")]
    pub build_tag: Option<String>,
    /// Directory for the new wheels. It is created if it does not exist. Default: that of WHEEL.
    #[arg(
        short = 'w',
        long = "wheel-dir",
        alias = "dest-dir",
        short_alias = 'd',
        value_name = "DIR"
    )]
    pub wheel_dir: Option<PathBuf>,
    /// Overwrite a WHEEL if the new wheel has its path.
    #[arg(long)]
    pub force: bool,
    /// What is printed: the paths of the new wheels, or as JSON a summary of each.
    #[command(flatten)]
    pub report: FormArguments,
    /// Limits for reading wheels.
    #[command(flatten)]
    pub limits: LimitArguments,
}

/// `wheelworks sdist`.
#[derive(Debug, Args)]
pub struct SdistArguments {
    /// The source distribution to write, `NAME-VERSION.tar.gz`.
    #[arg(long, value_name = "FILE", requires_all = ["distribution", "version"])]
    pub out: PathBuf,
    /// Files and metadata.
    #[command(flatten)]
    pub declared: DeclaredArguments,
    /// Compression level: 1 is fastest, 12 gives the smallest file and takes longest.
    #[arg(long, value_name = "1..12", default_value_t = 6, value_parser = clap::value_parser!(u8).range(1..=12))]
    pub compression_level: u8,
    /// Timestamp of every file, in seconds since 1970. Default: `SOURCE_DATE_EPOCH`, else 1980.
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub timestamp: Option<i64>,
    /// What is printed: nothing, or as JSON a summary.
    #[command(flatten)]
    pub report: FormArguments,
}

/// `wheelworks editable`.
#[derive(Debug, Args)]
pub struct EditableArguments {
    /// The directory to write. It must not exist, or be empty.
    #[arg(long, value_name = "DIR", requires_all = ["distribution", "version"])]
    pub out: PathBuf,
    /// Files and metadata.
    #[command(flatten)]
    pub declared: DeclaredArguments,
    /// What is printed: nothing, or as JSON a summary.
    #[command(flatten)]
    pub report: FormArguments,
}

/// The audit of the wheel that `wheelworks pack` or `repack` writes. It reads no library of this machine, so
/// that the result depends on the members alone.
#[derive(Debug, Args)]
pub struct PackAuditArguments {
    /// Write the audit of the wheel to this file, as `wheelworks audit --no-host --report json` does.
    #[arg(long, value_name = "FILE")]
    pub audit: Option<PathBuf>,
    /// Write no wheel, and exit with code 1, unless the wheel meets this platform tag or a stricter one. Of
    /// several tags, those for the wheel's machine count.
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    pub require: Vec<String>,
    /// Write no wheel unless it meets the platform tags of its own name.
    #[arg(long)]
    pub require_declared: bool,
    /// In the audit, leave out libraries whose whole name matches, such as `libcudart.so.*`.
    #[arg(long = "audit-exclude", value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// In the audit, count the libraries of these wheels as present if METADATA requires the wheel, as
    /// `wheelworks audit --provided-by` does.
    #[arg(long = "audit-provided-by", value_name = "WHEEL|DIR|known")]
    pub provided_by: Vec<PathBuf>,
    /// In the audit, add or replace policies from a TOML file.
    #[arg(long, value_name = "FILE")]
    pub policy_file: Option<PathBuf>,
    /// In the audit, do not check the level of the instruction set.
    #[arg(long)]
    pub disable_isa_ext_check: bool,
}

impl PackArguments {
    /// Returns the files and directories whose content is read.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        let tree = self.tree.iter().map(PathBuf::as_path);
        tree.chain(self.declared.inputs()).chain(self.write.inputs())
    }
}

impl RepackArguments {
    /// Returns the option, if one is given, that is for one wheel.
    pub(super) fn for_one_wheel(&self) -> Option<&'static str> {
        let options = [
            ("--out", self.out.is_some()),
            ("--expect-name", self.expect_name.is_some()),
            ("--audit", self.write.audit.audit.is_some()),
        ];
        options.into_iter().find_map(|(option, is_given)| is_given.then_some(option))
    }

    /// Returns the files whose content is read.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        self.wheels.iter().map(PathBuf::as_path).chain(self.write.inputs())
    }
}

impl RetagArguments {
    /// Returns the files whose content is read.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        self.wheels.iter().map(PathBuf::as_path)
    }
}

impl WriteArguments {
    fn inputs(&self) -> impl Iterator<Item = &Path> {
        let audit = self.audit.policy_file.iter().chain(&self.audit.provided_by);
        audit.chain(&self.base).map(PathBuf::as_path)
    }
}

impl DeclaredArguments {
    /// Returns the files and directories whose content is read.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        let status_files = self.stamp.status_files.iter().map(PathBuf::as_path);
        self.contents.inputs().chain(self.metadata.inputs()).chain(status_files)
    }
}
