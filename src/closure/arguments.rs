//! The arguments of `wheelworks closure`.

use std::path::{Path, PathBuf};

use clap::{Args, value_parser};

use crate::findings::RuleListArguments;
use crate::remote::RemoteUrl;
use crate::report_arguments::FindingsPageArguments;
use crate::size::{ByteSize, in_mebibytes};
use crate::wheel::{DistributionName, PythonVersion};

/// `wheelworks closure`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct ClosureArguments {
    /// Wheels that are installed together, one of each package. A directory stands for the wheels in it, or is an
    /// unpacked wheel itself. `-` stands for the paths on standard input, one a line.
    #[arg(value_name = "WHEEL", required_unless_present_any = ["list_rules", "explain"])]
    pub wheels: Vec<PathBuf>,
    /// A wheel, a directory of wheels, or the address of a wheel (`https://…/NAME.whl`), to take requirements from. Of
    /// several versions of a package, the closure is judged with the newest and with the oldest that the requirements
    /// admit.
    #[arg(long, value_name = "WHEEL|DIR|URL")]
    pub with: Vec<PathBuf>,
    /// Install the given wheels with this extra.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub extra: Vec<DistributionName>,
    /// The Python that the wheels are installed in. Default: that of the first wheel whose tags name one, else 3.12.
    #[arg(long, value_name = "M.m")]
    pub python_version: Option<PythonVersion>,
    /// Install platlib and purelib into two directories, `lib64` and `lib`, as the system Python of Fedora does.
    #[arg(long)]
    pub platlib_differs: bool,
    /// A package whose libraries are loaded in each process before any other file, as after `import torch`.
    #[arg(long, value_name = "PACKAGE", value_delimiter = ',')]
    pub preloaded: Vec<DistributionName>,
    /// Exclude libraries whose whole name or path matches: `libcuda.so.1`, `libcudart.so.*` for any
    /// version, `/opt/rocm/*`. `libcudart.so` does not match `libcudart.so.12`.
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Check only these rules. RULE is an identifier such as `undefined-symbol`, or first words such as
    /// `library` for all rules that begin with them.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Do not check these rules.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Exit with code 1 on warnings, too.
    #[arg(long)]
    pub strict: bool,
    /// Print the report as JSON: the same as `--report json`.
    #[arg(long, hide = true, conflicts_with = "report")]
    pub json: bool,
    /// Add to the JSON report which file defines each undefined symbol, where a file is loaded alone: `bindings`.
    #[arg(long)]
    pub bindings: bool,
    /// Maximum size of one member's dynamic tables in memory: a number of MiB, or one with a unit.
    #[arg(long, value_name = "SIZE", default_value = "256MiB", value_parser = in_mebibytes)]
    pub max_table_size: ByteSize,
    /// Trust the chunk tables of wheels that wheelworks packed, and inflate only the needed chunks.
    /// With a wheel from an untrusted source, the audited bytes may differ from those that an
    /// installer unpacks.
    #[arg(long)]
    pub trust_chunk_table: bool,
    /// How long to wait for a server: for the connection, for its response, and for each piece of that.
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = value_parser!(u64).range(1..=3600))]
    pub http_timeout: u64,
    /// The rules.
    #[command(flatten)]
    pub rules: RuleListArguments,
    /// Report format and destination.
    #[command(flatten)]
    pub report: FindingsPageArguments,
}

impl ClosureArguments {
    /// Returns the files whose content is read.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        let paths = self.wheels.iter().chain(&self.with).map(PathBuf::as_path);
        paths.filter(|path| !RemoteUrl::is_url(path))
    }
}
