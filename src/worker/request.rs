//! One request on its own thread, and the promise that it is answered.

use std::ffi::OsString;
use std::path::Path;

use crossbeam_channel::Sender;
use rayon::ThreadPool;

use super::dispatch::Event;
use super::lane::Lane;
use super::protocol::{WorkRequest, WorkResponse};
use crate::command::{self, Context, Outcome};
use crate::cost::{Cost, Totals};
use crate::env::Environment;
use crate::error::{Error, ExitCode};
use crate::exec;
use crate::exec::CancelFlag;
use crate::warm::Cache;

/// The largest output of a response. Bazel shows it in a terminal, where a megabyte is already
/// more than anybody reads.
const MAX_OUTPUT: usize = 1024 * 1024;

/// What all requests of the process share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) pools: Pools,
    pub(super) environment: Environment,
    pub(super) cache: Cache,
    pub(super) totals: Totals,
}

/// Threads for each lane. A pool serves its tasks in turn, and some take as long as their request: in
/// one pool a small request would wait for those of all large ones. The system shares the cores among
/// the threads of both.
#[derive(Debug)]
pub(super) struct Pools {
    small: ThreadPool,
    large: ThreadPool,
}

impl Pools {
    /// So many threads each; 0 takes one a core.
    pub(super) fn new(jobs: u16) -> Result<Self, Error> {
        Ok(Self { small: exec::thread_pool(jobs)?, large: exec::thread_pool(jobs)? })
    }

    fn of(&self, lane: Lane) -> &ThreadPool {
        match lane {
            Lane::Small => &self.small,
            Lane::Large => &self.large,
        }
    }
}

/// The promise to answer one request: if it is dropped without an answer, as when a thread
/// panics, it answers that there was a defect.
#[derive(Debug)]
pub(super) struct Promise {
    request_id: i32,
    events: Option<Sender<Event>>,
}

impl Promise {
    pub(super) fn new(request_id: i32, events: Sender<Event>) -> Self {
        Self { request_id, events: Some(events) }
    }

    /// Keeps the promise.
    pub(super) fn answer(mut self, outcome: Outcome) {
        self.send(outcome);
    }

    fn send(&mut self, outcome: Outcome) {
        if let Some(events) = self.events.take() {
            // The dispatcher is gone only when the process is about to be.
            drop(events.send(Event::Finished(response(self.request_id, outcome))));
        }
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        let error = Error::Internal("the request's thread ended without an answer".to_owned());
        self.send(Outcome::from(&error));
    }
}

/// Runs a request to its end, on this thread.
pub(super) fn run(
    request: WorkRequest,
    lane: Lane,
    cancel: &CancelFlag,
    shared: &Shared,
) -> Outcome {
    let base_dir = Path::new(&request.sandbox_dir);
    let inputs = request.inputs.into_iter();
    let tokens = inputs.map(|input| (base_dir.join(input.path), input.digest)).collect();
    let cost = Cost::default();
    let context = Context {
        base_dir,
        cancel,
        pool: shared.pools.of(lane),
        environment: &shared.environment,
        cache: &shared.cache,
        cost: &cost,
        tokens: &tokens,
        interactive: false,
        verbose: request.verbosity > 0,
    };
    let arguments = request.arguments.into_iter().map(OsString::from).collect();
    let outcome = command::run(arguments, &context);
    shared.totals.add(&cost, outcome.exit_code == ExitCode::Done);
    outcome
}

/// The response for a request that was stopped as asked, or never begun.
pub(super) fn cancelled(request_id: i32) -> WorkResponse {
    WorkResponse {
        // Not 0: a client that overlooks `was_cancelled` must not take this for success.
        exit_code: ExitCode::BadInput.into(),
        output: String::new(),
        request_id,
        was_cancelled: true,
    }
}

/// The response that says how a command ended.
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

/// Keeps the beginning, where the errors are.
fn cut(mut output: String) -> String {
    let length = output.len();
    if length > MAX_OUTPUT {
        let kept = (0..=MAX_OUTPUT).rev().find(|index| output.is_char_boundary(*index));
        let kept = kept.unwrap_or_default();
        output.truncate(kept);
        let note = format!("\n[cut here: {kept} of {length} bytes]\n");
        output.push_str(&note);
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_promise_is_answered() {
        let (sender, events) = crossbeam_channel::unbounded();
        drop(Promise::new(7, sender));
        let Ok(Event::Finished(response)) = events.recv() else { panic!("no answer") };
        assert_eq!((response.request_id, response.exit_code), (7, 3));
        assert!(response.output.contains("ended without an answer"), "{}", response.output);
        assert!(events.recv().is_err(), "answered twice");
    }

    #[test]
    fn a_kept_promise_is_answered_once() {
        let (sender, events) = crossbeam_channel::unbounded();
        Promise::new(7, sender).answer(Outcome::from(&Error::Cancelled));
        let Ok(Event::Finished(response)) = events.recv() else { panic!("no answer") };
        assert!(response.was_cancelled);
        assert_ne!(response.exit_code, 0);
        assert!(events.recv().is_err(), "answered twice");
    }

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
        let line = format!("\n[cut here: {} of {} bytes]\n", MAX_OUTPUT - 1, text.len());
        assert_eq!(output.strip_suffix(&line), text.get(..MAX_OUTPUT - 1));
        let exact = "x".repeat(MAX_OUTPUT);
        assert_eq!(cut(exact.clone()), exact);
    }
}
