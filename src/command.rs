//! Third step of a request: dispatches a parsed command to its verb.
//!
//! The result is an [`Outcome`] in any case: an error becomes its message and exit code, and a panic
//! becomes exit code 3. The worker and the command line differ only in where they write the two
//! texts of the outcome.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use serde_json::json;

use crate::cli::{self, Invocation, Verb};
use crate::color::Terminal;
pub use crate::context::{Context, Outcome, Report};
use crate::error::Error;
use crate::exec::thread_pool;
use crate::{
    allocator, audit, check, closure, flagfile, inspect, json, pack, patchelf, repair, slim, unpack,
};

/// Expands the flagfiles of a command line and parses it. `arguments` do not include the program's name. Relative
/// paths of flagfiles are below `base_dir`. `terminal` decides whether help and usage errors are coloured.
///
/// # Errors
///
/// Returns the outcome of a command line that runs no verb: a usage error, `--help` or `--version`.
pub fn parse(
    arguments: Vec<OsString>,
    base_dir: &Path,
    terminal: Terminal,
) -> Result<Invocation, Outcome> {
    catch(|| {
        let arguments = flagfile::expand(arguments, base_dir)
            .map_err(|error| Outcome::from(&Error::from(error)))?;
        cli::parse(&arguments, terminal).map_err(Outcome::from)
    })
    .unwrap_or_else(Err)
}

/// Runs a parsed command and returns its outcome.
#[must_use]
pub fn execute(invocation: Invocation, context: &Context<'_>) -> Outcome {
    let verb = invocation.verb.name();
    let is_quiet = invocation.common.quiet;
    let verbose = context.verbose || invocation.common.verbose;
    let result = catch(|| match dispatch(invocation, context) {
        Ok(report) => {
            let warnings = if is_quiet { &[][..] } else { &report.warnings };
            let log = if is_quiet { &[][..] } else { &report.log };
            Outcome {
                exit_code: report.exit_code,
                stderr: lines("", log)
                    + &lines("warning: ", warnings)
                    + &lines("error: ", &report.errors),
                stdout: report.stdout,
                cancelled: false,
            }
        }
        Err(error) => Outcome::from(&error),
    });
    let mut outcome = result.unwrap_or_else(|outcome| outcome);
    tracing::info!("{verb}: {}", context.metrics);
    if verbose && !outcome.cancelled {
        // Writing to a string does not fail.
        let _ = writeln!(outcome.stderr, "{verb}: {}", context.metrics);
    }
    outcome
}

fn lines(prefix: &str, texts: &[String]) -> String {
    texts.iter().flat_map(|text| [prefix, text, "\n"]).collect()
}

/// Runs `work`, and turns a panic into an outcome that reports it.
fn catch<T>(work: impl FnOnce() -> T) -> Result<T, Outcome> {
    // A verb shares only the pool and the cache with other requests, so a panic leaves no inconsistent state.
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|panic| Outcome::from(&Error::from_panic(panic.as_ref())))
}

fn dispatch(invocation: Invocation, context: &Context<'_>) -> Result<Report, Error> {
    let common = invocation.common;
    let own_pool = match common.jobs {
        0 => None,
        jobs if usize::from(jobs) == context.pool.current_num_threads() => None,
        jobs => Some(thread_pool(jobs)?),
    };
    let pool = own_pool.as_ref().unwrap_or(context.pool);
    let context = &Context { pool, common, ..*context };
    match invocation.verb {
        Verb::Pack(arguments) => pack::run(&arguments, context),
        Verb::Repack(arguments) => pack::run_repack(&arguments, context),
        Verb::Retag(arguments) => pack::run_retag(&arguments, context),
        Verb::Sdist(arguments) => pack::run_sdist(&arguments, context),
        Verb::Editable(arguments) => pack::run_editable(&arguments, context),
        Verb::Show(arguments) | Verb::Audit(arguments) => audit::run(&arguments, context),
        Verb::Lddtree(arguments) => audit::run_lddtree(&arguments, context),
        Verb::Unpack(arguments) => unpack::run(&arguments, context),
        Verb::Check(arguments) => check::run(&arguments, context),
        Verb::Closure(arguments) => closure::run(&arguments, context),
        Verb::Inspect(arguments) => inspect::run(&arguments, context),
        Verb::Diff(arguments) => inspect::run_diff(&arguments, context),
        Verb::Repair(arguments) => repair::run(&arguments, context),
        Verb::Slim(arguments) => slim::run(&arguments, context),
        Verb::Split(arguments) => slim::run_split(&arguments, context),
        Verb::Patchelf(arguments) => patchelf::run(&arguments, context),
        Verb::Completions(arguments) => {
            Ok(Report { stdout: cli::completions(&arguments), ..Report::default() })
        }
        Verb::Man(arguments) => Ok(Report { stdout: cli::man(&arguments)?, ..Report::default() }),
        Verb::Fault(fault) => inject(&fault, context),
    }
}

/// Runs the hidden command `fault`, by which tests inject faults. It needs `WHEELWORKS_FAULTS`.
fn inject(fault: &cli::FaultArguments, context: &Context<'_>) -> Result<Report, Error> {
    if !context.environment.faults {
        return Err(Error::Internal("`fault` needs WHEELWORKS_FAULTS=1".to_owned()));
    }
    if let Some(fifo) = &fault.notify {
        fs_err::OpenOptions::new().write(true).open(context.resolve(fifo)).map_err(Error::Setup)?;
    }
    if let Some(fifo) = &fault.wait {
        fs_err::read(context.resolve(fifo)).map_err(Error::Setup)?;
    }
    let deadline = std::time::Instant::now() + std::time::Duration::from_millis(fault.sleep_ms);
    while std::time::Instant::now() < deadline {
        context.cancel.check()?;
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    if let Some(time) = fault.stop_clock_at {
        let since_1970 = std::time::Duration::from_millis(time);
        context.cache.clock().stop_at(std::time::SystemTime::UNIX_EPOCH + since_1970);
    }
    assert!(!fault.panic, "injected panic");
    let mut stdout = fault.say.clone();
    if fault.allocator {
        let (entries, bytes) = context.cache.usage_figures();
        let cache = json!({"entries": entries, "bytes": bytes});
        let fields = json::fields(allocator::figures())?.into_iter();
        stdout += &json::versioned(fields.chain([("cache".to_owned(), cache)]))?;
    }
    Ok(Report { stdout, ..Report::default() })
}
