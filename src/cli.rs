//! The command line: raw arguments become validated ones here, once, and nothing reads the raw
//! ones again.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::command::Outcome;
use crate::error::ExitCode;

/// A parsed command line, other than a persistent worker's.
#[derive(Debug, Parser)]
#[command(
    name = "wheelworks",
    version,
    about = "Packs, audits and repairs large Python wheels; also a persistent Bazel worker",
    after_help = "Arguments can come from files: `@FILE` or `--flagfile=FILE`, one argument a line.\n\
                  Exit codes: 0 done, 1 findings, 2 bad input or usage, 3 internal error."
)]
pub struct Invocation {
    /// Start-up options, accepted and without effect when a command follows: a build system that
    /// runs the worker's command line one-shot passes them too.
    #[command(flatten)]
    pub startup: StartupArguments,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Options of the process, as opposed to those of a request.
#[derive(Debug, Clone, Args)]
pub struct StartupArguments {
    /// Serve work requests on stdin and stdout until stdin ends.
    #[arg(long = "persistent_worker", hide = true)]
    pub persistent_worker: bool,
    /// How work requests are framed.
    #[arg(long = "worker_protocol", value_enum, default_value_t, hide = true)]
    pub worker_protocol: WorkerProtocol,
    /// Threads for compressing and hashing; 0 takes one a core.
    #[arg(long = "worker-jobs", default_value_t = 0, hide = true)]
    pub worker_jobs: usize,
    /// Ignored: a version here keeps a remote runner from reusing an older version's process.
    #[arg(long = "tool-version", hide = true)]
    pub tool_version: Option<String>,
}

/// The framing of work requests and responses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum WorkerProtocol {
    /// Protocol buffers, each after its length as a varint.
    #[default]
    Proto,
    /// JSON objects, one after another.
    Json,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Write a wheel from an unpacked wheel, or from files named one by one.
    Pack(Box<PackArguments>),
    /// Misbehave, for tests.
    #[command(hide = true)]
    Fault(FaultArguments),
}

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
        default_value = "."
    )]
    pub wheel_dir: PathBuf,
    /// The wheel to write, from `--member` and the options about metadata.
    #[arg(long, value_name = "FILE", requires_all = ["distribution", "version"])]
    pub out: Option<PathBuf>,
    /// A file of the wheel, DEST=SRC; `\=` and `\\` stand for `=` and `\` in DEST.
    #[arg(long = "member", value_name = "DEST=SRC", requires = "out")]
    pub members: Vec<OsString>,
    /// What the wheel is and needs.
    #[command(flatten)]
    pub metadata: MetadataArguments,
    /// Effort of compression: 0 stores, 12 is the smallest and slowest.
    #[arg(long, value_name = "0..12", default_value_t = 6, value_parser = clap::value_parser!(u8).range(0..=12))]
    pub compression_level: u8,
    /// Threads to use; 0 takes one a core. The wheel's bytes do not depend on it.
    #[arg(long, short = 'j', value_name = "N", default_value_t = 0)]
    pub jobs: usize,
    /// Timestamp of every member, in seconds since 1970; before `SOURCE_DATE_EPOCH`; 1980 if neither is given.
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub timestamp: Option<i64>,
    /// Print a summary as JSON: members, bytes in and out, seconds per phase.
    #[arg(long)]
    pub json: bool,
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
    #[arg(long, value_name = "TAG", default_value = "py3")]
    pub python_tag: String,
    /// ABI tag, or several joined by dots.
    #[arg(long, value_name = "TAG", default_value = "none")]
    pub abi_tag: String,
    /// Platform tag, or several joined by dots.
    #[arg(long, value_name = "TAG", default_value = "any")]
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
    /// An entry point, `GROUP:NAME = OBJECT`.
    #[arg(long = "entry-point", value_name = "GROUP:NAME=OBJECT", requires = "out")]
    pub entry_points: Vec<String>,
}

/// `wheelworks fault`.
#[derive(Debug, Args)]
pub struct FaultArguments {
    /// Milliseconds to wait first.
    #[arg(long, default_value_t = 0)]
    pub sleep_ms: u64,
    /// Panic after that.
    #[arg(long)]
    pub panic: bool,
    /// Text to answer with.
    #[arg(long, default_value = "")]
    pub say: String,
}

/// A command line that says what to print instead of what to do: an error, help, the version.
#[derive(Debug)]
pub struct Usage(clap::Error);

impl From<Usage> for Outcome {
    fn from(Usage(error): Usage) -> Self {
        let text = error.render().to_string();
        let (stdout, stderr) =
            if error.use_stderr() { (String::new(), text) } else { (text, String::new()) };
        let exit_code = if error.use_stderr() { ExitCode::BadInput } else { ExitCode::Done };
        Self { exit_code, stdout, stderr, cancelled: false }
    }
}

/// Parses arguments, without the program's name, in which no flagfile is left.
pub fn parse(arguments: Vec<OsString>) -> Result<Invocation, Usage> {
    let program = std::iter::once(OsString::from("wheelworks"));
    Invocation::try_parse_from(program.chain(arguments)).map_err(Usage)
}

/// The command line of a persistent worker: what is to be done comes later, in requests.
#[derive(Debug, Parser)]
#[command(
    name = "wheelworks",
    version,
    override_usage = "wheelworks --persistent_worker [START-UP OPTIONS]\n\n\
                      hint: a worker's command comes in its requests; put it into the `@FILE`"
)]
struct WorkerInvocation {
    #[command(flatten)]
    startup: StartupArguments,
}

/// Whether `--persistent_worker` stands among a process's arguments, before any command.
#[must_use]
pub fn is_worker(arguments: &[OsString]) -> bool {
    let command = WorkerInvocation::command();
    let takes_value = |argument: &OsString| {
        let name = argument.to_str().and_then(|text| text.strip_prefix("--"));
        command.get_arguments().any(|known| {
            name.is_some() && known.get_long() == name && known.get_action().takes_values()
        })
    };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if argument == "--persistent_worker" {
            return true;
        }
        if takes_value(argument) {
            arguments.next();
        } else if argument == "--" || !argument.as_encoded_bytes().starts_with(b"-") {
            return false;
        }
    }
    false
}

/// Parses the arguments of a process for which [`is_worker`] holds.
pub fn parse_worker(arguments: Vec<OsString>) -> Result<StartupArguments, Usage> {
    let program = std::iter::once(OsString::from("wheelworks"));
    let parsed = WorkerInvocation::try_parse_from(program.chain(arguments));
    parsed.map(|invocation| invocation.startup).map_err(Usage)
}
