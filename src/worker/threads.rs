//! Threads for requests: one for each that is planned or runs, and a few idle ones for the next.
//!
//! Without idle threads a worker grows for thousands of requests: the system's allocator creates a
//! new arena for a thread that starts before the last one has fully ended.

use std::sync::{Arc, Mutex, Weak};
use std::{io, thread};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::event::{Event, Reply};
use crate::lock::lock;

/// The most idle threads. More are seldom needed at once, and their stacks take memory.
const MAX_IDLE: usize = 4;

/// Work on a request, and where its result goes.
pub(super) struct Job {
    pub(super) work: Box<dyn FnOnce() -> Event + Send>,
    pub(super) reply: Reply,
}

type IdleThreads = Mutex<Vec<Sender<Job>>>;

/// The threads of requests.
#[derive(Default)]
pub(super) struct Threads(Arc<IdleThreads>);

impl Threads {
    /// Returns a thread that waits for a job: the one that has been idle for the shortest time, or a
    /// new one.
    ///
    /// # Errors
    ///
    /// Fails if there is no idle thread and the system refuses a new one.
    pub(super) fn take(&self) -> io::Result<Sender<Job>> {
        let idle = lock(&self.0).pop();
        if let Some(sender) = idle {
            return Ok(sender);
        }
        let (sender, jobs) = bounded(1);
        let idle = Arc::downgrade(&self.0);
        thread::Builder::new().name("request".to_owned()).spawn(move || run(jobs, &idle))?;
        Ok(sender)
    }
}

fn run(mut jobs: Receiver<Job>, idle: &Weak<IdleThreads>) {
    while let Ok(Job { work, reply }) = jobs.recv() {
        let event = work();
        // Before the reply: the client's next request finds this thread idle.
        let next = become_idle(idle);
        reply.send(event);
        let Some(next) = next else { return };
        jobs = next;
    }
}

/// Returns the channel of an idle thread's next job; `None` if enough threads are idle.
fn become_idle(idle: &Weak<IdleThreads>) -> Option<Receiver<Job>> {
    let idle = idle.upgrade()?;
    let mut idle = lock(&idle);
    if idle.len() == MAX_IDLE {
        return None;
    }
    let (sender, jobs) = bounded(1);
    idle.push(sender);
    Some(jobs)
}
