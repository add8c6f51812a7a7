//! The arguments of `wheelworks slim` and `wheelworks split`.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, ValueEnum};

use super::error::SlimError;
use super::selection::Selection;
use crate::device_code::ArchitectureName;
use crate::opened_wheel::LimitArguments;
use crate::report_arguments::DataReportArguments;
use crate::wheel::{BuildTag, BuildTagError};

/// What `slim` and `split` have in common.
#[derive(Debug, Args)]
pub struct WriteArguments {
    /// Directory for the new wheels. It is created if it does not exist. Default: the working directory.
    #[arg(long, short = 'w', value_name = "DIR", default_value = ".")]
    pub wheel_dir: PathBuf,
    /// Write a wheel also where a container becomes empty, where a module loses all of its code, or where device code
    /// cannot be read: these are warnings then. Kinds of code that are not known stay.
    #[arg(long)]
    pub allow_empty: bool,
    /// Compression level of what changes: 0 stores, 12 gives the smallest wheel and takes longest. All else is copied as
    /// it is compressed.
    #[arg(long, value_name = "0..12", default_value_t = 6, value_parser = clap::value_parser!(u8).range(0..=12))]
    pub compression_level: u8,
    /// Compress the machine code and the PTX that stays again, as `nvcc --compress-mode=size` does, where that makes
    /// them smaller. Drivers of CUDA 12.4 and later read it. Experimental: the result has not run on a GPU.
    #[arg(long, value_enum, value_name = "METHOD")]
    pub recompress: Option<Recompression>,
    /// Report what would be done, and write no wheel.
    #[arg(long)]
    pub dry_run: bool,
    /// Limits on the wheel.
    #[command(flatten)]
    pub limits: LimitArguments,
    /// Report format and destination.
    #[command(flatten)]
    pub report: DataReportArguments,
}

/// `wheelworks slim`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("selection").required(true).multiple(true).args(["keep", "drop", "recompress"]))]
pub struct SlimArguments {
    /// Wheels to slim, in order. A directory stands for the wheels in it, and `-` for the paths on standard input, one
    /// a line. The first error ends the run; wheels that were written before stay.
    #[arg(value_name = "WHEEL", required = true)]
    pub wheels: Vec<PathBuf>,
    /// Architectures to keep, as `inspect` names them: `sm_90` and `sm_90a` for machine code, `compute_90` for PTX,
    /// `lto_90` for LTO IR, `gfx942` for HIP with all features and `gfx942:xnack-` with these. All others go. Without a
    /// name of HIP, code for HIP stays, and without one of CUDA, code for CUDA.
    #[arg(long, value_name = "ARCH", value_delimiter = ',')]
    pub keep: Vec<ArchitectureName>,
    /// Architectures to take out. All others stay.
    #[arg(long, value_name = "ARCH", value_delimiter = ',', conflicts_with = "keep")]
    pub drop: Vec<ArchitectureName>,
    /// The file for the new wheel, for a build system that knows its name. What was done is not printed.
    #[arg(long, value_name = "FILE", conflicts_with = "wheel_dir")]
    pub out: Option<PathBuf>,
    /// Build tag of the new wheel: starts with a digit, such as `1sm90`. Default: that of WHEEL.
    #[arg(long, value_name = "TAG")]
    pub build_tag: Option<BuildTag>,
    /// A file with the true name of the wheel, if its path has another one.
    #[arg(long, value_name = "FILE")]
    pub wheel_name_file: Option<PathBuf>,
    /// A file to write the true name of the new wheel to.
    #[arg(long, value_name = "FILE")]
    pub name_file: Option<PathBuf>,
    /// How the wheel is written.
    #[command(flatten)]
    pub write: WriteArguments,
}

impl SlimArguments {
    /// Returns the files whose content is read.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        self.wheels.iter().chain(&self.wheel_name_file).map(PathBuf::as_path)
    }

    /// Returns the architectures that stay.
    pub(super) fn selection(&self) -> Selection {
        if self.keep.is_empty() {
            Selection::Drop(self.drop.iter().cloned().collect())
        } else {
            Selection::Keep(self.keep.iter().cloned().collect())
        }
    }

    /// Returns an error if options for one wheel are used with several.
    pub(super) fn check(&self, wheels: usize) -> Result<(), SlimError> {
        let name_files = name_files(self.wheel_name_file.is_some(), self.name_file.is_some());
        one_wheel(wheels, [("--out", self.out.is_some())].into_iter().chain(name_files))
    }
}

fn name_files(old: bool, new: bool) -> [(&'static str, bool); 2] {
    [("--wheel-name-file", old), ("--name-file", new)]
}

/// Returns an error if one of these options for one wheel is used with several.
fn one_wheel(
    wheels: usize,
    mut options: impl Iterator<Item = (&'static str, bool)>,
) -> Result<(), SlimError> {
    match options.find(|(_, is_given)| *is_given) {
        Some((option, _)) if wheels != 1 => Err(SlimError::OneWheel { option, found: wheels }),
        _ => Ok(()),
    }
}

/// `wheelworks split`.
#[derive(Debug, Args)]
pub struct SplitArguments {
    /// Wheels to split, in order. A directory stands for the wheels in it, and `-` for the paths on standard input, one
    /// a line. The first error ends the run; wheels that were written before stay.
    #[arg(value_name = "WHEEL", required = true)]
    pub wheels: Vec<PathBuf>,
    /// What each wheel is for.
    #[arg(long, value_enum, default_value_t, value_name = "PART")]
    pub by: By,
    /// Write the wheels of these parts alone: `sm_90`, `ptx`, `gfx90a`. A part that WHEEL does not have is an error.
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    pub only: Vec<String>,
    /// A file with the true name of the wheel, if its path has another one.
    #[arg(long, value_name = "FILE")]
    pub wheel_name_file: Option<PathBuf>,
    /// A file to write the true names of the new wheels to, one a line.
    #[arg(long, value_name = "FILE")]
    pub name_file: Option<PathBuf>,
    /// Make wheel variants, which installers choose between by GPU: labels in place of build tags, a file
    /// `variant.json` in each wheel, and `NAME-VERSION-variants.json` in the directory, which is extended if it exists.
    /// Experimental: PEP 825 and PEP 850 are drafts.
    #[arg(long)]
    pub variant: bool,
    /// Schema of the files of wheel variants.
    #[arg(long, value_enum, default_value_t, value_name = "PEP-VERSION", requires = "variant")]
    pub variant_schema: VariantSchema,
    /// The number at the start of the build tags: `1` gives `1sm_90`, `1ptx`.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub build_number: u32,
    /// How the wheels are written.
    #[command(flatten)]
    pub write: WriteArguments,
}

/// How device code is compressed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Recompression {
    /// With zstd, at level 19, what the compiler compressed with LZ4 or not at all.
    Zstd,
}

/// What each wheel of a split is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// One CUDA architecture each, with its suffixes (`sm_90` and `sm_90a`), one wheel with the PTX, and one AMD
    /// processor each, with its features (`gfx90a` and `gfx90a:xnack-`).
    #[default]
    Sm,
}

/// A version of the schema of wheel variants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum VariantSchema {
    /// That of PEP 825, with the providers of PEP 850; uv 0.13 names it.
    #[default]
    #[value(name = "825-0.1.1")]
    V825,
    /// That of PEP 850.
    #[value(name = "850-0.2.0")]
    V850,
}

impl VariantSchema {
    /// Returns its URI, an identifier that is never fetched.
    pub(super) fn url(self) -> &'static str {
        match self {
            Self::V825 => "https://variants-schema.wheelnext.dev/peps/825/v0.1.1.json",
            Self::V850 => "https://variants-schema.wheelnext.dev/peps/850/v0.2.0.json",
        }
    }
}

impl SplitArguments {
    /// Returns an error if options for one wheel are used with several.
    pub(super) fn check(&self, wheels: usize) -> Result<(), SlimError> {
        let name_files = name_files(self.wheel_name_file.is_some(), self.name_file.is_some());
        one_wheel(wheels, name_files.into_iter())
    }

    /// Returns the build tag of a part.
    pub(super) fn build_tag(&self, part: &str) -> Result<BuildTag, BuildTagError> {
        format!("{}{part}", self.build_number).parse()
    }

    /// Returns the files whose content is read.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        self.wheels.iter().chain(&self.wheel_name_file).map(PathBuf::as_path)
    }
}
