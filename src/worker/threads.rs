//! Threads for requests: one each, and a few that rest until the next request comes.
//!
//! A new thread for each would do as well, but the system's allocator gives a thread that begins before
//! the last one has quite ended memory of its own, so that a worker grows for thousands of requests.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::{io, thread};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::request::Promise;
use crate::command::Outcome;

/// The most threads that rest. More of them are seldom needed at once, and their stacks take memory.
const MOST_IDLE: usize = 4;

/// What a thread does: something that has an outcome, and then to answer.
pub(super) struct Job {
    /// The work.
    pub(super) work: Box<dyn FnOnce() -> Outcome + Send>,
    /// Who waits for it. If the work panics, that is the answer.
    pub(super) promise: Promise,
}

type IdleThreads = Mutex<Vec<Sender<Job>>>;

/// The threads that rest.
#[derive(Default)]
pub(super) struct Threads(Arc<IdleThreads>);

impl Threads {
    /// A thread that waits for a job: the one that has rested for the shortest time, or a new one.
    pub(super) fn take(&self) -> io::Result<Sender<Job>> {
        let rested = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(sender) = rested {
            return Ok(sender);
        }
        let (sender, jobs) = bounded(1);
        let idle = Arc::downgrade(&self.0);
        thread::Builder::new().name("request".to_owned()).spawn(move || run(jobs, &idle))?;
        Ok(sender)
    }
}

fn run(mut jobs: Receiver<Job>, idle: &Weak<IdleThreads>) {
    while let Ok(Job { work, promise }) = jobs.recv() {
        let outcome = work();
        // Before the answer: the client's next request finds this thread at rest.
        let next = rest(idle);
        promise.answer(outcome);
        let Some(next) = next else { return };
        jobs = next;
    }
}

/// Where an idle thread's next job will come from; `None` if enough of them rest.
fn rest(idle: &Weak<IdleThreads>) -> Option<Receiver<Job>> {
    let idle = idle.upgrade()?;
    let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
    if idle.len() == MOST_IDLE {
        return None;
    }
    let (sender, jobs) = bounded(1);
    idle.push(sender);
    Some(jobs)
}
