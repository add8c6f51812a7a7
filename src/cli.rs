//! The command line: parses and validates arguments once. No other module reads raw arguments.

mod abbreviations;
mod examples;
mod fault;
mod pages;
mod repeated;
mod version;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

pub use self::fault::FaultArguments;
pub use self::pages::{CompletionsArguments, ManArguments};
pub(crate) use self::pages::{completions, man};
use crate::audit::{AuditArguments, LddtreeArguments};
use crate::check::CheckArguments;
use crate::closure::ClosureArguments;
use crate::color::{ColorChoice, STYLES, Terminal};
use crate::common_arguments::{CommonArguments, HEADING};
use crate::context::Outcome;
use crate::error::ExitCode;
use crate::exec::MAX_JOBS;
use crate::inspect::{DiffArguments, InspectArguments};
use crate::pack::{
    EditableArguments, PackArguments, RepackArguments, RetagArguments, SdistArguments,
};
use crate::patchelf::PatchelfArguments;
use crate::repair::RepairArguments;
use crate::size::ByteSize;
use crate::slim::{SlimArguments, SplitArguments};
use crate::unpack::UnpackArguments;
use crate::warm::CacheOptions;

/// The parsed command line of one command.
#[derive(Debug, Parser)]
#[command(
    name = "wheelworks",
    version,
    styles = STYLES,
    about = "Packs, audits and checks large Python wheels, by hand or as a persistent Bazel worker",
    after_help = "Arguments can come from files: `@FILE` or `--flagfile=FILE`, one argument a line.\n\
                  Exit codes: 0 done, 1 findings, 2 bad input or usage, 3 internal error."
)]
pub struct Invocation {
    /// Start-up options. They have no effect if a command follows: a build system that runs the
    /// worker's command line one-shot passes them, too.
    #[command(flatten)]
    pub startup: StartupArguments,
    /// Options of every verb.
    #[command(flatten)]
    pub common: CommonArguments,
    /// The command.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Options of the process, which apply to all of its requests.
#[derive(Debug, Clone, Args)]
pub struct StartupArguments {
    /// Serve work requests on stdin and stdout until stdin ends.
    #[arg(long = "persistent_worker", hide = true)]
    pub persistent_worker: bool,
    /// Encoding of work requests and responses.
    #[arg(long = "worker_protocol", value_enum, default_value_t, hide = true)]
    pub worker_protocol: WorkerProtocol,
    /// Threads for compressing and hashing; 0 means one per core.
    #[arg(long = "worker-jobs", default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=MAX_JOBS), hide = true)]
    pub worker_jobs: u16,
    /// Maximum size of a worker's cache in memory, such as `512MiB`; 0 turns it off. Default: a
    /// tenth of the machine's memory, at most 2 GiB.
    #[arg(long, value_name = "SIZE", hide = true)]
    pub cache_memory: Option<ByteSize>,
    /// A cache directory, which outlives the process. Any number of processes may share it.
    #[arg(long, global = true, value_name = "DIR", help_heading = HEADING)]
    pub cache_dir: Option<PathBuf>,
    /// Maximum size of the cache directory.
    #[arg(
        long,
        global = true,
        value_name = "SIZE",
        default_value = "10GiB",
        help_heading = HEADING
    )]
    pub cache_dir_size: ByteSize,
    /// The worker's log filter, as in `WHEELWORKS_LOG`. Bazel starts a worker with the empty
    /// environment of its actions, but with any options:
    /// `--worker_extra_flag=WheelPack=--worker-log=debug`.
    #[arg(long = "worker-log", hide = true)]
    pub worker_log: Option<String>,
    /// The directory for saved requests, as in `WHEELWORKS_SAVE_REQUESTS`.
    #[arg(long = "worker-save-requests", hide = true)]
    pub worker_save_requests: Option<PathBuf>,
    /// Ignored. With a version here, a remote runner does not reuse the process of an older
    /// version.
    #[arg(long = "tool-version", hide = true)]
    pub tool_version: Option<String>,
}

impl StartupArguments {
    /// Returns the options of the cache. A single command uses only the directory.
    #[must_use]
    pub fn cache_options(&self, is_worker: bool) -> CacheOptions {
        let memory = if is_worker {
            self.cache_memory.map_or_else(CacheOptions::default_memory, ByteSize::bytes)
        } else {
            0
        };
        CacheOptions {
            memory,
            directory: self.cache_dir.clone(),
            directory_size: self.cache_dir_size.bytes(),
        }
    }
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
    /// Pack an unpacked wheel, or files named one by one, into a wheel.
    #[command(after_help = examples::PACK)]
    Pack(Box<PackArguments>),
    /// Rewrite a wheel of another tool: compressed, with the same bytes each time.
    #[command(after_help = examples::REPACK)]
    Repack(Box<RepackArguments>),
    /// Give a wheel other tags: its name, WHEEL and RECORD change, and all else is copied as it is
    /// compressed.
    #[command(after_help = examples::RETAG)]
    Retag(Box<RetagArguments>),
    /// Write a source distribution from files named one by one. pip builds the wheel from it.
    #[command(after_help = examples::SDIST)]
    Sdist(Box<SdistArguments>),
    /// Write a directory for `pip install -e` from files named one by one.
    #[command(after_help = examples::EDITABLE)]
    Editable(Box<EditableArguments>),
    /// Report the Linux systems that a wheel supports, and what prevents broader support.
    #[command(after_help = examples::SHOW)]
    Show(Box<AuditArguments>),
    /// Audit a wheel: like `show`. With `--require`, fail unless the wheel meets a platform tag.
    #[command(after_help = examples::AUDIT)]
    Audit(Box<AuditArguments>),
    /// List the libraries that an ELF file, or each ELF file of a wheel, needs, and their
    /// locations.
    #[command(after_help = examples::LDDTREE)]
    Lddtree(LddtreeArguments),
    /// Unpack wheels and ZIP archives into a directory, with an installer's layout or unchanged.
    #[command(after_help = examples::UNPACK)]
    Unpack(Box<UnpackArguments>),
    /// Check a wheel against the rules of indexes, installers and standards.
    #[command(after_help = examples::CHECK)]
    Check(Box<CheckArguments>),
    /// Check whether the files of wheels load together, with the wheels that they require: libraries, symbols,
    /// versions.
    #[command(after_help = examples::CLOSURE)]
    Closure(Box<ClosureArguments>),
    /// Show the sizes of a wheel's parts: by kind, by file, by section of a library.
    #[command(after_help = examples::INSPECT)]
    Inspect(InspectArguments),
    /// Show the differences between two wheels.
    #[command(after_help = examples::DIFF)]
    Diff(DiffArguments),
    /// Repair a wheel: copy the libraries that it needs into it, and give it the platform tag that it then meets.
    // The last one of repeated options holds, as with argparse.
    #[command(after_help = examples::REPAIR, args_override_self = true)]
    Repair(Box<RepairArguments>),
    /// Take device code out of a wheel: the same libraries without the code for some GPUs.
    #[command(after_help = examples::SLIM)]
    Slim(Box<SlimArguments>),
    /// Split a wheel: one wheel for each GPU architecture, and one with the PTX.
    #[command(after_help = examples::SPLIT)]
    Split(Box<SplitArguments>),
    /// Edit ELF files, with the options of the program `patchelf`.
    #[command(after_help = examples::PATCHELF)]
    Patchelf(Box<PatchelfArguments>),
    /// Write the completions for a shell to standard output.
    #[command(after_help = examples::COMPLETIONS)]
    Completions(CompletionsArguments),
    /// Write a man page to standard output.
    #[command(after_help = examples::MAN)]
    Man(ManArguments),
    /// Inject a fault, for tests.
    #[command(hide = true)]
    Fault(FaultArguments),
}

impl Verb {
    /// Returns the name of the verb on the command line.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pack(_) => "pack",
            Self::Repack(_) => "repack",
            Self::Retag(_) => "retag",
            Self::Sdist(_) => "sdist",
            Self::Editable(_) => "editable",
            Self::Show(_) => "show",
            Self::Audit(_) => "audit",
            Self::Lddtree(_) => "lddtree",
            Self::Unpack(_) => "unpack",
            Self::Check(_) => "check",
            Self::Closure(_) => "closure",
            Self::Inspect(_) => "inspect",
            Self::Diff(_) => "diff",
            Self::Repair(_) => "repair",
            Self::Slim(_) => "slim",
            Self::Split(_) => "split",
            Self::Patchelf(_) => "patchelf",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
            Self::Fault(_) => "fault",
        }
    }

    /// Returns the files and directories whose content the verb reads, as given on the command line. Relative
    /// paths refer to the context's `base_dir`.
    #[must_use]
    pub fn inputs(&self) -> Box<dyn Iterator<Item = &Path> + '_> {
        match self {
            Self::Pack(arguments) => Box::new(arguments.inputs()),
            Self::Repack(arguments) => Box::new(arguments.inputs()),
            Self::Retag(arguments) => Box::new(arguments.inputs()),
            Self::Sdist(arguments) => Box::new(arguments.declared.inputs()),
            Self::Editable(arguments) => Box::new(arguments.declared.inputs()),
            Self::Show(arguments) | Self::Audit(arguments) => Box::new(arguments.inputs()),
            Self::Lddtree(arguments) => Box::new(arguments.inputs()),
            Self::Unpack(arguments) => Box::new(arguments.inputs()),
            Self::Check(arguments) => Box::new(arguments.inputs()),
            Self::Closure(arguments) => Box::new(arguments.inputs()),
            Self::Inspect(arguments) => Box::new(arguments.inputs()),
            Self::Diff(arguments) => Box::new(arguments.inputs()),
            Self::Repair(arguments) => Box::new(arguments.inputs()),
            Self::Slim(arguments) => Box::new(arguments.inputs()),
            Self::Split(arguments) => Box::new(arguments.inputs()),
            Self::Patchelf(arguments) => Box::new(arguments.inputs()),
            Self::Completions(_) | Self::Man(_) => Box::new(std::iter::empty()),
            Self::Fault(arguments) => Box::new(arguments.inputs.iter().map(PathBuf::as_path)),
        }
    }
}

/// The text of a usage error, of `--help` or of `--version`: no command runs.
#[derive(Debug)]
pub struct Usage {
    error: clap::Error,
    is_colored: bool,
    /// Whether `--version` prints the details of the build.
    is_verbose: bool,
}

impl From<Usage> for Outcome {
    fn from(Usage { error, is_colored, is_verbose }: Usage) -> Self {
        let text = error.render();
        let text = match (error.kind(), is_verbose) {
            (ErrorKind::DisplayVersion, false) => version::line(),
            (ErrorKind::DisplayVersion, true) => version::details(),
            _ if is_colored => text.ansi().to_string(),
            _ => text.to_string(),
        };
        let (stdout, stderr) =
            if error.use_stderr() { (String::new(), text) } else { (text, String::new()) };
        let exit_code = if error.use_stderr() { ExitCode::BadInput } else { ExitCode::Done };
        Self { exit_code, stdout, stderr, cancelled: false }
    }
}

/// Parses arguments in which flagfiles are already expanded. `arguments` excludes the program's name. `terminal`
/// decides whether help and usage errors are coloured.
pub fn parse(arguments: &[OsString], terminal: Terminal) -> Result<Invocation, Usage> {
    let choice = color_choice(arguments);
    let parse = |arguments: &[OsString]| {
        let program = OsString::from("wheelworks");
        Invocation::try_parse_from(std::iter::once(&program).chain(arguments))
    };
    let parsed = repeated::parse(arguments, parse);
    let is_unknown = parsed.as_ref().is_err_and(|error| error.kind() == ErrorKind::UnknownArgument);
    let parsed = match abbreviations::expanded(arguments).filter(|_| is_unknown) {
        Some(expanded) => parse(&expanded).or(parsed),
        None => parsed,
    };
    parsed.map_err(|error| {
        let is_terminal = if error.use_stderr() { terminal.is_stderr } else { terminal.is_stdout };
        let is_colored = choice.is_on(terminal.environment, is_terminal);
        Usage { error, is_colored, is_verbose: version::asks_for_details(arguments) }
    })
}

/// Returns the value of `--color` in arguments that may be wrong otherwise.
fn color_choice(arguments: &[OsString]) -> ColorChoice {
    let mut choice = ColorChoice::default();
    let options = arguments.iter().take_while(|argument| *argument != "--");
    let mut options = options.filter_map(|argument| argument.to_str());
    while let Some(option) = options.next() {
        let value = match option.strip_prefix("--color") {
            Some("") => options.next(),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        if let Some(given) = value.and_then(|it| ColorChoice::from_str(it, false).ok()) {
            choice = given;
        }
    }
    choice
}

/// Returns the arguments of a process without the program's name. Called by the name `patchelf`, the program
/// is that verb.
pub fn arguments(mut process: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let program = process.next().unwrap_or_default();
    let is_patchelf = Path::new(&program).file_stem().is_some_and(|name| name == "patchelf");
    is_patchelf.then(|| "patchelf".into()).into_iter().chain(process).collect()
}

/// The command line of a persistent worker. The commands come in requests.
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

/// Returns whether `--persistent_worker` is among a process's arguments, before any command.
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

/// Parses the start-up options of a worker: a process for which [`is_worker`] returns true.
pub fn parse_worker(arguments: Vec<OsString>) -> Result<StartupArguments, Usage> {
    let program = std::iter::once(OsString::from("wheelworks"));
    let parsed = WorkerInvocation::try_parse_from(program.chain(arguments));
    parsed.map(|invocation| invocation.startup).map_err(|error| Usage {
        error,
        is_colored: false,
        is_verbose: false,
    })
}
