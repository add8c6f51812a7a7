//! Hop 3 of a request: one `match` from a parsed command to the verb that does it.
//!
//! Whatever happens in a verb ends here as an [`Outcome`]: an error becomes its message and exit
//! code, a panic becomes exit code 3. The worker and the command line differ only in where they
//! send the two texts.

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::cli::{self, Invocation, Verb};
pub use crate::context::{Context, Report};
use crate::error::{Error, ExitCode};
use crate::{flagfile, pack};

/// How a command ended and what it has to say.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub exit_code: ExitCode,
    /// What was asked for: goes to stdout on the command line.
    pub stdout: String,
    /// Warnings and errors: goes to stderr on the command line.
    pub stderr: String,
    /// Whether the work stopped because it was cancelled.
    pub cancelled: bool,
}

/// Runs one command: its arguments without the program's name, flagfiles not yet expanded.
#[must_use]
pub fn run(arguments: Vec<OsString>, context: &Context<'_>) -> Outcome {
    // A verb shares nothing with other requests but the pool, so a panic leaves nothing torn.
    match catch_unwind(AssertUnwindSafe(|| parse_and_run(arguments, context))) {
        Ok(outcome) => outcome,
        Err(panic) => failure(&Error::from_panic(panic.as_ref())),
    }
}

fn parse_and_run(arguments: Vec<OsString>, context: &Context<'_>) -> Outcome {
    let arguments = match flagfile::expand(arguments, context.base_dir) {
        Ok(arguments) => arguments,
        Err(error) => return failure(&error.into()),
    };
    let invocation = match cli::parse(arguments) {
        Ok(invocation) => invocation,
        Err(usage) => return usage.into(),
    };
    match dispatch(invocation, context) {
        Ok(report) => Outcome {
            exit_code: ExitCode::Done,
            stdout: report.stdout,
            stderr: report.warnings.iter().map(|text| format!("warning: {text}\n")).collect(),
            cancelled: false,
        },
        Err(error) => failure(&error),
    }
}

fn dispatch(invocation: Invocation, context: &Context<'_>) -> Result<Report, Error> {
    match invocation.verb {
        Verb::Pack(arguments) => pack::run(&arguments, context),
        Verb::Fault(fault) => inject(&fault, context),
    }
}

/// The hidden command behind `WHEELWORKS_FAULTS`: what a defect would do, on request.
fn inject(fault: &cli::FaultArguments, context: &Context<'_>) -> Result<Report, Error> {
    if !context.environment.faults {
        return Err(Error::Internal("`fault` needs WHEELWORKS_FAULTS=1".to_owned()));
    }
    let deadline = std::time::Instant::now() + std::time::Duration::from_millis(fault.sleep_ms);
    while std::time::Instant::now() < deadline {
        context.cancel.check()?;
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    #[expect(clippy::panic, reason = "a panic is what this command is for")]
    if fault.panic {
        panic!("injected panic");
    }
    Ok(Report { stdout: fault.say.clone(), ..Report::default() })
}

fn failure(error: &Error) -> Outcome {
    Outcome {
        exit_code: error.exit_code(),
        stdout: String::new(),
        stderr: format!("error: {error}\n"),
        cancelled: matches!(error, Error::Cancelled),
    }
}
