//! First step of a request, and the process around it: a persistent worker, or one command.
//!
//! ```text
//! stdin → reader thread → (saver thread) ──┐
//! SIGTERM, SIGINT → signal thread ─────────┼→ dispatcher → writer thread → stdout
//!                  request threads ────────┘      └→ request threads: plan, then run
//! ```
//!
//! The dispatcher, which is one thread, owns the state of all open requests: there are no locks. How the
//! process ends:
//!
//! | what happened | open requests | exit code |
//! |---|---|---|
//! | stdin ended between two requests | finish and are answered | 0 |
//! | stdin ended inside a request, or held something else | finish and are answered | 2 |
//! | stdout is closed by its reader | are cancelled | 2 |
//! | SIGINT, SIGTERM | are cancelled and answered so | 130, 143 |
//! | a defect of wheelworks | are cancelled | 3 |

mod dispatch;
mod event;
mod one_shot;
mod plan;
pub mod protocol;
mod queue;
mod request;
mod save;
mod serve;
mod signals;
mod size_class;
mod streams;
mod threads;

use std::io;
use std::process::ExitCode;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt, registry};

use crate::cli;
use crate::env::Environment;
use crate::error;

/// Runs the program, and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    let mut environment = Environment::read();
    let arguments = cli::arguments(std::env::args_os());
    if !cli::is_worker(&arguments) {
        log_to_stderr(&environment, false);
        return one_shot::run(arguments, &environment);
    }
    let mut startup = match cli::parse_worker(arguments) {
        Ok(startup) => startup,
        Err(usage) => return one_shot::print(&usage.into()),
    };
    // An option wins over the environment, here as elsewhere.
    environment.log = startup.worker_log.take().or(environment.log);
    environment.save_requests = startup.worker_save_requests.take().or(environment.save_requests);
    log_to_stderr(&environment, true);
    match serve::serve(&startup, environment) {
        Ok(end) => end.into(),
        Err(error) => {
            tracing::error!("{}", error.message_with_hint());
            exit_code(error.exit_code())
        }
    }
}

/// Sets up the log. Only a worker's log has timestamps, because a worker runs for hours.
fn log_to_stderr(environment: &Environment, is_worker: bool) {
    let wanted = environment.log.as_deref().unwrap_or("warn");
    let filter: Result<Targets, _> = wanted.parse();
    let complaint = filter.as_ref().err().map(ToString::to_string);
    let filter = filter.unwrap_or_else(|_| Targets::new().with_default(LevelFilter::WARN));
    let log = fmt::layer()
        .with_writer(io::stderr)
        // The default would print the failure to the failing stream, and panic.
        .log_internal_errors(false);
    let log = if is_worker {
        log.with_filter(filter).boxed()
    } else {
        log.without_time().with_target(false).with_filter(filter).boxed()
    };
    // A program that links this library may have set up a log before.
    drop(registry().with(log).try_init());
    if let Some(complaint) = complaint {
        tracing::warn!(
            "cannot understand WHEELWORKS_LOG=`{wanted}`: {complaint}\nhint: write a level such as `debug`, or `target=level`"
        );
    }
}

fn exit_code(code: error::ExitCode) -> ExitCode {
    ExitCode::from(code as u8)
}
