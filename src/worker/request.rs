//! One request on its own thread, and its response.

use std::path::Path;

use rayon::ThreadPool;

use super::plan::Plan;
use super::protocol::WorkResponse;
use super::size_class::{PerClass, Stat};
use crate::command;
use crate::common_arguments::CommonArguments;
use crate::context::{Context, Outcome, Streams};
use crate::env::Environment;
use crate::error::{Error, ExitCode};
use crate::exec;
use crate::exec::CancelFlag;
use crate::metrics::{RequestMetrics, Totals};
use crate::progress::Progress;
use crate::warm::Cache;

/// The largest output of a response in bytes. Bazel prints it to a terminal, where more than a
/// megabyte is useless.
const MAX_OUTPUT: usize = 1024 * 1024;

/// The state that all requests of the process share.
pub(super) struct Shared {
    /// A pool for each size class. A pool serves its tasks in turn, and some take as long as their
    /// request: in one pool a small request would wait for the tasks of all large ones. The system
    /// shares the cores among the threads of both.
    pub(super) pools: PerClass<ThreadPool>,
    pub(super) environment: Environment,
    pub(super) cache: Cache,
    pub(super) totals: Totals,
    pub(super) stat: Box<Stat>,
}

/// Creates a pool of `jobs` threads for each size class; 0 takes one thread per core.
///
/// # Errors
///
/// Fails if the system refuses a thread.
pub(super) fn pools(jobs: u16) -> Result<PerClass<ThreadPool>, Error> {
    Ok(PerClass { small: exec::thread_pool(jobs)?, large: exec::thread_pool(jobs)? })
}

/// Runs a request to its end, on this thread.
pub(super) fn run(plan: Plan, cancel: &CancelFlag, shared: &Shared) -> Outcome {
    let request = plan.request;
    let base_dir = Path::new(&request.sandbox_dir);
    let inputs = request.inputs.into_iter();
    let digests = inputs.map(|input| (base_dir.join(input.path), input.digest)).collect();
    let metrics = RequestMetrics::default();
    let context = Context {
        base_dir,
        cancel,
        pool: shared.pools.of(plan.size_class),
        environment: &shared.environment,
        cache: &shared.cache,
        metrics: &metrics,
        digests: &digests,
        streams: Streams::default(),
        common: CommonArguments::default(),
        progress: &Progress::hidden(),
        verbose: request.verbosity > 0,
    };
    let outcome = match plan.command {
        Ok(invocation) => command::execute(invocation, &context),
        Err(outcome) => outcome,
    };
    shared.totals.add(&metrics, outcome.exit_code == ExitCode::Done);
    outcome
}

/// Returns the response to a request that was cancelled.
pub(super) fn cancelled(request_id: i32) -> WorkResponse {
    WorkResponse {
        // Not 0: a client that overlooks `was_cancelled` must not take this for success.
        exit_code: ExitCode::BadInput.into(),
        output: String::new(),
        request_id,
        was_cancelled: true,
    }
}

/// Returns the response with the outcome of a command.
pub(super) fn response(request_id: i32, outcome: Outcome) -> WorkResponse {
    if outcome.cancelled {
        return cancelled(request_id);
    }
    WorkResponse {
        exit_code: outcome.exit_code.into(),
        output: cut(outcome.stderr + &outcome.stdout),
        request_id,
        was_cancelled: false,
    }
}

/// Cuts an output to [`MAX_OUTPUT`] bytes. The beginning stays: it has the errors.
fn cut(mut output: String) -> String {
    let length = output.len();
    if length > MAX_OUTPUT {
        let kept = (0..=MAX_OUTPUT).rev().find(|index| output.is_char_boundary(*index));
        let kept = kept.unwrap_or_default();
        output.truncate(kept);
        let note = format!("\n[output truncated: {kept} of {length} bytes]\n");
        output.push_str(&note);
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_come_before_the_report() {
        let outcome = Outcome {
            exit_code: ExitCode::Findings,
            stdout: "report".to_owned(),
            stderr: "warning: w\n".to_owned(),
            cancelled: false,
        };
        let expected = WorkResponse {
            exit_code: 1,
            output: "warning: w\nreport".to_owned(),
            request_id: 4,
            was_cancelled: false,
        };
        assert_eq!(response(4, outcome), expected);
    }

    #[test]
    fn output_is_cut_between_characters() {
        assert_eq!(cut("short".to_owned()), "short");
        let text = format!("x{}", "é".repeat(MAX_OUTPUT));
        let output = cut(text.clone());
        let line = format!("\n[output truncated: {} of {} bytes]\n", MAX_OUTPUT - 1, text.len());
        assert_eq!(output.strip_suffix(&line), text.get(..MAX_OUTPUT - 1));
        let exact = "x".repeat(MAX_OUTPUT);
        assert_eq!(cut(exact.clone()), exact);
    }
}
