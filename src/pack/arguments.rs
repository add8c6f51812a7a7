//! The arguments of `wheelworks pack` and `repack`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use crate::archive::LimitArguments;
use crate::pool::MAX_JOBS;

/// `wheelworks pack`.
#[derive(Debug, Args)]
pub struct PackArguments {
    /// An unpacked wheel: a directory with one `*.dist-info` directory.
    #[arg(value_name = "TREE", required_unless_present = "out", conflicts_with = "out")]
    pub tree: Option<PathBuf>,
    /// Directory that the wheel of TREE is written to.
    #[arg(
        short = 'w',
        long = "wheel-dir",
        alias = "dest-dir",
        value_name = "DIR",
        default_value = ".",
        conflicts_with = "out"
    )]
    pub wheel_dir: PathBuf,
    /// The wheel to write, from `--member` and the options about metadata.
    #[arg(long, value_name = "FILE", requires_all = ["distribution", "version"])]
    pub out: Option<PathBuf>,
    /// A file of the wheel, DEST=SRC; `\=` and `\\` stand for `=` and `\` in DEST. It is executable
    /// if it is a program or begins with `#!`.
    #[arg(long = "member", value_name = "DEST=SRC", requires = "out")]
    pub members: Vec<OsString>,
    /// A prefix to remove from the DEST of each member: of several, the first one that it has.
    #[arg(long = "strip-path-prefix", value_name = "PREFIX", requires = "out")]
    pub strip_path_prefixes: Vec<String>,
    /// What the wheel is and needs.
    #[command(flatten)]
    pub metadata: MetadataArguments,
    /// How to write it.
    #[command(flatten)]
    pub write: WriteArguments,
}

/// How a wheel is written, by `wheelworks pack` and `repack`.
#[derive(Debug, Args)]
pub struct WriteArguments {
    /// Effort of compression: 0 stores, 12 is the smallest and slowest. 1 to 5 are for ELF files;
    /// whatever else there is gets at least 6, which costs little.
    #[arg(long, value_name = "0..12", default_value_t = 6, value_parser = clap::value_parser!(u8).range(0..=12))]
    pub compression_level: u8,
    /// Threads to use; 0 takes one a core. The wheel's bytes do not depend on it.
    #[arg(long, short = 'j', value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=MAX_JOBS))]
    pub jobs: u16,
    /// Timestamp of every member, in seconds since 1970; before `SOURCE_DATE_EPOCH`; 1980 if neither is given.
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub timestamp: Option<i64>,
    /// The audit of what is packed.
    #[command(flatten)]
    pub audit: PackAuditArguments,
    /// Print a summary as JSON: members, bytes in and out, seconds per phase.
    #[arg(long)]
    pub json: bool,
}

/// `wheelworks repack`.
#[derive(Debug, Args)]
pub struct RepackArguments {
    /// Wheels as any tool built them, or directories that hold one each.
    #[arg(value_name = "WHEEL", required = true)]
    pub wheels: Vec<PathBuf>,
    /// Directory that the wheels are written to, each under the name that its content asks for.
    #[arg(
        short = 'w',
        long = "wheel-dir",
        alias = "dest-dir",
        value_name = "DIR",
        required_unless_present = "out",
        conflicts_with = "out"
    )]
    pub wheel_dir: Option<PathBuf>,
    /// The wheel to write, of one WHEEL.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Refuse a WHEEL whose file has another name, in whatever spelling.
    #[arg(long, value_name = "FILENAME")]
    pub expect_name: Option<String>,
    /// How to write it.
    #[command(flatten)]
    pub write: WriteArguments,
    /// What is too much.
    #[command(flatten)]
    pub limits: LimitArguments,
}

/// The part of `wheelworks pack` that audits what is packed. It looks at no library of this machine,
/// so that the result depends on the members alone.
#[derive(Debug, Args)]
pub struct PackAuditArguments {
    /// Write the audit of the wheel to this file, as `wheelworks audit --no-host --report json` does.
    #[arg(long, value_name = "FILE")]
    pub audit: Option<PathBuf>,
    /// Write no wheel, and end with exit code 1, unless it meets this platform tag or a stricter one.
    /// Of several, those for the wheel's machine count.
    #[arg(long, value_name = "TAG")]
    pub require: Vec<String>,
    /// Write no wheel unless it meets the platform tags of its own name.
    #[arg(long)]
    pub require_declared: bool,
    /// In the audit, leave out libraries whose name matches.
    #[arg(long = "audit-exclude", value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// In the audit, add or replace policies from a TOML file.
    #[arg(long, value_name = "FILE")]
    pub policy_file: Option<PathBuf>,
    /// In the audit, do not look at the level of the instruction set.
    #[arg(long)]
    pub disable_isa_ext_check: bool,
}

/// The part of `wheelworks pack --out` that ends up in the dist-info directory.
#[derive(Debug, Args)]
pub struct MetadataArguments {
    /// Name of the distribution.
    #[arg(long, value_name = "NAME", requires = "out")]
    pub distribution: Option<String>,
    /// Version, as PEP 440 has it.
    #[arg(long, requires = "out")]
    pub version: Option<String>,
    /// Build tag: starts with a digit.
    #[arg(long, value_name = "TAG", requires = "out")]
    pub build_tag: Option<String>,
    /// Python tag, or several joined by dots.
    #[arg(long, value_name = "TAG", default_value = "py3", requires = "out")]
    pub python_tag: String,
    /// ABI tag, or several joined by dots.
    #[arg(long, value_name = "TAG", default_value = "none", requires = "out")]
    pub abi_tag: String,
    /// Platform tag, or several joined by dots.
    #[arg(long, value_name = "TAG", default_value = "any", requires = "out")]
    pub platform_tag: String,
    /// A requirement, as PEP 508 has it.
    #[arg(long = "requires-dist", value_name = "REQUIREMENT", requires = "out")]
    pub requires_dist: Vec<String>,
    /// Versions of Python that the wheel runs on.
    #[arg(long, value_name = "SPECIFIERS", requires = "out")]
    pub requires_python: Option<String>,
    /// One line about the distribution.
    #[arg(long, requires = "out")]
    pub summary: Option<String>,
    /// File with the long description: `.md`, `.rst` or plain text.
    #[arg(long, value_name = "FILE", requires = "out")]
    pub description_file: Option<PathBuf>,
    /// Licence, as an SPDX expression; other text becomes the older `License` field.
    #[arg(long, value_name = "EXPRESSION", requires = "out")]
    pub license: Option<String>,
    /// A file with the text of a licence; it is put into the dist-info directory.
    #[arg(long = "license-file", value_name = "FILE", requires = "out")]
    pub license_files: Vec<PathBuf>,
    /// Who wrote it.
    #[arg(long, value_name = "NAME", requires = "out")]
    pub author: Option<String>,
    /// Where to reach them.
    #[arg(long, value_name = "ADDRESS", requires = "out")]
    pub author_email: Option<String>,
    /// Its page; indexes prefer `--project-url`.
    #[arg(long, value_name = "URL", requires = "out")]
    pub home_page: Option<String>,
    /// A link, `LABEL, URL`.
    #[arg(long = "project-url", value_name = "LABEL, URL", requires = "out")]
    pub project_urls: Vec<String>,
    /// A classifier, such as `Programming Language :: Python :: 3`.
    #[arg(long = "classifier", value_name = "CLASSIFIER", requires = "out")]
    pub classifiers: Vec<String>,
    /// A keyword.
    #[arg(long = "keyword", value_name = "WORD", requires = "out")]
    pub keywords: Vec<String>,
    /// An extra that no requirement mentions.
    #[arg(long = "provides-extra", value_name = "EXTRA", requires = "out")]
    pub extras: Vec<String>,
    /// An entry point, `GROUP:NAME = OBJECT`.
    #[arg(long = "entry-point", value_name = "GROUP:NAME=OBJECT", requires = "out")]
    pub entry_points: Vec<String>,
}
