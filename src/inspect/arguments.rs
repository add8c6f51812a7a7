//! The arguments of `wheelworks inspect` and `wheelworks diff`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::device_code::ArchitectureName;
use crate::opened_wheel::LimitArguments;
use crate::report_arguments::PageReportArguments;

/// The options that both have in common.
#[derive(Debug, Args)]
pub struct ViewArguments {
    /// Report format and destination.
    #[command(flatten)]
    pub report: PageReportArguments,
    /// Maximum number of members, libraries and differences that the text lists, largest first. 0 lists all. JSON
    /// always has all; HTML has the largest.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub top: usize,
    /// Limits on the unpacked size.
    #[command(flatten)]
    pub limits: LimitArguments,
}

impl ViewArguments {
    /// Returns the maximum number of items in each list.
    pub(super) fn list_limit(&self) -> usize {
        if self.top == 0 { usize::MAX } else { self.top }
    }
}

/// `wheelworks inspect`.
#[derive(Debug, Args)]
pub struct InspectArguments {
    /// Wheels to inspect. A directory stands for the wheels in it, and `-` for the paths on standard input, one a
    /// line.
    #[arg(value_name = "WHEEL", required = true)]
    pub wheels: Vec<PathBuf>,
    /// How the text lists device code, the machine code for GPUs. JSON and HTML always have the wheel and its
    /// files, and the kernels with `kernel`.
    #[arg(long, value_enum, default_value_t, value_name = "PART")]
    pub by: By,
    /// Also list the platform policies that the wheel meets, and the obstacles to the others, as `audit --no-host
    /// --provided-by known` judges.
    #[arg(long)]
    pub policies: bool,
    /// Also report what the wheel would take without the device code for these architectures, as they are listed:
    /// `sm_75`, `compute_90`. In the archive that is an estimate.
    #[arg(long, value_name = "ARCH", value_delimiter = ',', conflicts_with = "keep")]
    pub drop: Vec<ArchitectureName>,
    /// The same, without the device code for all other architectures than these.
    #[arg(long, value_name = "ARCH", value_delimiter = ',')]
    pub keep: Vec<ArchitectureName>,
    /// Options of the output.
    #[command(flatten)]
    pub view: ViewArguments,
}

/// How device code is listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Architectures of the whole wheel.
    #[default]
    Wheel,
    /// Architectures of each file, too.
    File,
    /// The largest kernels, too; all cubins are decompressed.
    Kernel,
}

/// `wheelworks diff`.
#[derive(Debug, Args)]
pub struct DiffArguments {
    /// The old wheel, or a directory with one wheel.
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// The new wheel, or a directory with one wheel.
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    /// How differences of device code are listed. JSON always has those of the wheel, and those of files and kernels
    /// if they are asked for.
    #[arg(long, value_enum, default_value_t, value_name = "PART")]
    pub by: By,
    /// Options of the output.
    #[command(flatten)]
    pub view: ViewArguments,
}

impl InspectArguments {
    /// Returns the files whose content is read.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        self.wheels.iter().map(PathBuf::as_path)
    }
}

impl DiffArguments {
    /// Returns the files whose content is read.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        [&self.old, &self.new].into_iter().map(PathBuf::as_path)
    }
}
