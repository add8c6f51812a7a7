//! Runs one command and ends: by hand, in a sandbox, or on a remote executor.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use super::{exit_code, signals};
use crate::cli::Invocation;
use crate::color::Terminal;
use crate::command::{self, Context, Outcome};
use crate::context::{InputDigests, Streams};
use crate::env::Environment;
use crate::error::{self, Error};
use crate::exec::CancelFlag;
use crate::exec::thread_pool;
use crate::metrics::RequestMetrics;
use crate::progress::Progress;
use crate::warm::Cache;

/// Runs the process's arguments, without the program's name, as one command.
pub(super) fn run(arguments: Vec<OsString>, environment: &Environment) -> ExitCode {
    let streams = Streams {
        reads_stdin: true,
        stdout_is_terminal: io::stdout().is_terminal(),
        stderr_is_terminal: io::stderr().is_terminal(),
    };
    let terminal = Terminal {
        environment: environment.color,
        is_stdout: streams.stdout_is_terminal,
        is_stderr: streams.stderr_is_terminal,
    };
    match command::parse(arguments, Path::new(""), terminal) {
        Ok(invocation) => execute(invocation, environment, streams),
        Err(outcome) => print(&outcome),
    }
}

fn execute(invocation: Invocation, environment: &Environment, streams: Streams) -> ExitCode {
    let cancel = CancelFlag::default();
    let signal = Arc::new(AtomicI32::new(0));
    let ready = cancel_on_signal(&cancel, &signal);
    let startup = &invocation.startup;
    let jobs = match startup.worker_jobs {
        0 => invocation.common.jobs,
        jobs => jobs,
    };
    let pool = match ready.and_then(|()| thread_pool(jobs)) {
        Ok(pool) => pool,
        Err(error) => return print(&Outcome::from(&error)),
    };
    let cache = match Cache::new(&startup.cache_options(false)) {
        Ok(cache) => cache,
        Err(error) => return print(&Outcome::from(&error.into())),
    };
    let context = Context {
        base_dir: Path::new(""),
        cancel: &cancel,
        pool: &pool,
        environment,
        cache: &cache,
        metrics: &RequestMetrics::default(),
        digests: &InputDigests::default(),
        streams,
        common: invocation.common,
        progress: &Progress::hidden(),
        verbose: false,
    };
    let outcome = command::execute(invocation, &context);
    let code = print(&outcome);
    if outcome.cancelled { signals::exit_code(signal.load(Ordering::Acquire)) } else { code }
}

/// Cancels the command at the first signal, so that it removes its temporary files. The second one ends
/// the process.
fn cancel_on_signal(cancel: &CancelFlag, caught: &Arc<AtomicI32>) -> Result<(), Error> {
    let (cancel, caught) = (cancel.clone(), Arc::clone(caught));
    signals::watch(move |signal| {
        if cancel.is_cancelled() {
            std::process::exit(128 + signal);
        }
        caught.store(signal, Ordering::Release);
        cancel.cancel();
    })
    .map_err(Error::Setup)
}

/// Prints the output of a command, and returns its exit code.
pub(super) fn print(outcome: &Outcome) -> ExitCode {
    let printed = write_all(io::stdout(), &outcome.stdout);
    // If stderr is closed, there is nowhere to report that.
    drop(write_all(io::stderr(), &outcome.stderr));
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            drop(write_all(io::stderr(), &format!("error: cannot write to stdout: {error}\n")));
            exit_code(error::ExitCode::BadInput)
        }
        // A closed pipe is not an error: `head` closes it early.
        _ => exit_code(outcome.exit_code),
    }
}

fn write_all(mut stream: impl Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.flush()
}
