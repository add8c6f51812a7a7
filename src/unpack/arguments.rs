//! The arguments of `wheelworks unpack`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;

use super::site_packages::SitePackages;
use crate::declared_file::source_of;
use crate::opened_wheel::LimitArguments;
use crate::report_arguments::FormArguments;
use crate::warm::LinkMode;
use crate::wheel::{MemberPath, PythonVersion, WheelError};

/// `wheelworks unpack`.
#[derive(Debug, Args)]
pub struct UnpackArguments {
    /// Wheels and other ZIP archives. Members keep their paths, so `pack` can build the wheel again. A directory
    /// stands for the wheels in it, and `-` for the paths on standard input, one a line.
    #[arg(value_name = "ARCHIVE", required_unless_present_any = ["wheels", "zips", "files"])]
    pub archives: Vec<PathBuf>,
    /// The directory to create. It may exist if it is empty; its parent directory must exist.
    #[arg(short = 'd', long = "out", aliases = ["dest", "dest-dir", "into"], value_name = "DIR")]
    pub out: PathBuf,
    /// A wheel, or a directory of wheels, or one with the files of a wheel, as `pack --unpacked` writes it, or `-`.
    /// Members get the paths of an installation with DIR as site-packages: those in `*.data/scripts` go to `bin`,
    /// in `*.data/headers` to `include/NAME`, and in
    /// `*.data/purelib`, `platlib` and `data` to DIR itself.
    #[arg(long = "wheel", value_name = "WHEEL")]
    pub wheels: Vec<PathBuf>,
    /// Site-packages of each `--wheel`, relative to DIR, such as `lib/python3.12/site-packages`. DIR is then
    /// the prefix, as of a virtual environment: headers go to `include/site/python3.12/NAME`.
    #[arg(long, value_name = "PATH", requires = "wheels")]
    pub layout: Option<MemberPath>,
    /// The same as `--layout lib/pythonM.m/site-packages`. A third number is ignored.
    #[arg(long, value_name = "M.m", requires = "wheels", conflicts_with = "layout")]
    pub python_version: Option<PythonVersion>,
    /// The `M` of `--python-version M.m`.
    #[arg(
        long,
        value_name = "M",
        requires_all = ["wheels", "python_version_minor"],
        conflicts_with_all = ["layout", "python_version"]
    )]
    pub python_version_major: Option<u16>,
    /// The `m` of `--python-version M.m`.
    #[arg(long, value_name = "m", requires = "python_version_major")]
    pub python_version_minor: Option<u16>,
    /// A ZIP archive. Members keep their paths.
    #[arg(long = "zip", value_name = "ZIP")]
    pub zips: Vec<PathBuf>,
    /// A file to copy, as DEST=SRC. In DEST, write `\=` for `=` and `\\` for `\`. The copy is executable
    /// if it is a program or begins with `#!`.
    #[arg(long = "file", value_name = "DEST=SRC")]
    pub files: Vec<OsString>,
    /// Which wheels are compared with RECORD.
    #[command(flatten)]
    pub record: RecordArguments,
    /// Accept paths that differ only in case. Some file systems do not.
    #[arg(long)]
    pub allow_case_conflicts: bool,
    /// Accept file names that are device names on Windows, such as `aux.h`.
    #[arg(long)]
    pub allow_device_names: bool,
    /// Replace DIR and its content, if it is not empty.
    #[arg(long)]
    pub replace: bool,
    /// What is printed: nothing, or as JSON a summary.
    #[command(flatten)]
    pub report: FormArguments,
    /// How files that an earlier `unpack` kept in `--cache-dir` get into DIR.
    #[arg(long, value_enum, value_name = "MODE")]
    pub link_mode: Option<LinkMode>,
    /// Limits on the unpacked size.
    #[command(flatten)]
    pub limits: LimitArguments,
}

/// The options of `wheelworks unpack` about RECORD. By default only each `--wheel` is compared with
/// its RECORD, which costs little compared with inflating. Other archives may be unpacked to be
/// repaired.
#[derive(Debug, Args)]
pub struct RecordArguments {
    /// Compare each ARCHIVE and ZIP that is a wheel with its RECORD, too, not only each `--wheel`.
    #[arg(long, conflicts_with = "no_check_record")]
    pub check_record: bool,
    /// Compare no wheel with its RECORD.
    #[arg(long)]
    pub no_check_record: bool,
}

impl UnpackArguments {
    /// Returns site-packages below the output; `None` if it is the output.
    pub(super) fn site_packages(&self) -> Result<Option<SitePackages>, WheelError> {
        if let Some(path) = &self.layout {
            return Ok(Some(SitePackages::new(path.clone())));
        }
        let parts = self.python_version_major.zip(self.python_version_minor);
        let parts = parts.map(|(major, minor)| PythonVersion::new(major, minor));
        let Some(version) = self.python_version.as_ref().or(parts.as_ref()) else {
            return Ok(None);
        };
        Ok(Some(SitePackages::new(version.site_packages().parse()?)))
    }

    /// Returns the files whose content is read.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        let archives = self.archives.iter().chain(&self.wheels).chain(&self.zips);
        archives.map(PathBuf::as_path).chain(self.files.iter().filter_map(|text| source_of(text)))
    }
}
