//! The dispatcher: one thread that decides which request is planned, runs, waits or is cancelled, and
//! when the process ends.
//!
//! It reads no file and computes nothing, so a cancel request is answered at once, even if requests
//! block. A cancel request stops every open request of its id. If there is none the cancel is late
//! and gets no response: the request has been answered.

use std::ops::RangeInclusive;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, after, at, never, select};

use super::event::{Event, Reply, Sequence};
use super::plan::Plan;
use super::protocol::WorkResponse;
use super::queue::{RequestQueue, Work};
use super::request::{self, Shared};
use super::signals;
use super::streams::ReadResult;
use super::threads::{Job, Threads};
use crate::allocator;
use crate::context::Outcome;
use crate::error::{self, Diagnose as _, Error};
use crate::exec::{self, CancelFlag};

/// Requests of each size class that run at once, per core: one computes in the pool while another reads
/// or writes files. Each has a thread and memory of its own.
const REQUESTS_PER_CORE: usize = 2;

/// The bounds of that for all cores: at least 4, so that a few slow requests do not delay the rest; at
/// most 64, because of their memory.
const REQUEST_THREADS: RangeInclusive<usize> = 4..=64;

/// Requests that wait before no more are read. Far above what any client has open (Bazel: 8 per worker
/// by default), so a cancel request is always read at once.
const MAX_WAITING: usize = 4096;

/// Backpressure: no request starts while this many responses are unread. A response has up to a
/// megabyte.
const MAX_UNWRITTEN: usize = 64;

/// How long requests wait for a thread while none of them runs: the thread of one that has just been
/// answered is about to end. After that they are answered with the error.
const THREAD_TIMEOUT: Duration = Duration::from_secs(1);

/// The time between two attempts to get a thread.
const THREAD_RETRY: Duration = Duration::from_millis(20);

/// How long requests may take to notice that they are cancelled when the process must end.
const GRACE: Duration = Duration::from_secs(5);

/// Requests after which the allocator gives memory back, as soon as none is open. Without it, free blocks between
/// those of the cache grow to 4 MB in 10,000 packs of a new file each, of which 5.5 MB are in use.
const TRIM_EVERY: u32 = 256;

/// How the worker ended; the greater, the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    /// Stdin ended between two requests.
    Done,
    /// A stream broke: stdin ended or went wrong inside a request, or stdout is closed.
    BrokenStream,
    /// A thread of the worker itself is gone.
    Defect,
    /// A signal.
    Signal(i32),
}

impl From<End> for ExitCode {
    fn from(end: End) -> Self {
        match end {
            End::Done => super::exit_code(error::ExitCode::Done),
            End::BrokenStream => super::exit_code(error::ExitCode::BadInput),
            End::Defect => super::exit_code(error::ExitCode::Internal),
            End::Signal(signal) => signals::exit_code(signal),
        }
    }
}

/// See the module.
pub(super) struct Dispatcher {
    shared: Arc<Shared>,
    threads: Threads,
    queue: RequestQueue,
    /// Cloned for each request.
    events: Sender<Event>,
    /// The channel to the writer; dropped after the last response was sent.
    responses: Option<Sender<WorkResponse>>,
    writer_ended: bool,
    /// Responses that were sent to the writer and are not written yet.
    unwritten: usize,
    /// Since when the system has refused a thread for a request.
    no_thread_since: Option<Instant>,
    has_warned_of_threads: bool,
    /// Set when the worker stops reading requests; replaced only by a worse one.
    end: Option<End>,
    /// When to end although requests still run.
    deadline: Option<Instant>,
    /// Requests that ended since the allocator gave memory back.
    ended_since_trim: u32,
}

impl Dispatcher {
    /// Creates the dispatcher. `events` is for the threads that it starts.
    pub(super) fn new(
        shared: Arc<Shared>,
        events: Sender<Event>,
        responses: Sender<WorkResponse>,
    ) -> Self {
        let max_active = (REQUESTS_PER_CORE * exec::cores())
            .clamp(*REQUEST_THREADS.start(), *REQUEST_THREADS.end());
        Self {
            shared,
            threads: Threads::default(),
            queue: RequestQueue::new(max_active),
            events,
            responses: Some(responses),
            writer_ended: false,
            unwritten: 0,
            no_thread_since: None,
            has_warned_of_threads: false,
            end: None,
            deadline: None,
            ended_since_trim: 0,
        }
    }

    /// Dispatches requests until all are answered and no more come.
    pub(super) fn run(mut self, requests: &Receiver<ReadResult>, events: &Receiver<Event>) -> End {
        let no_requests = never();
        loop {
            if let Some(end) = self.end
                && self.queue.is_empty()
            {
                if self.writer_ended {
                    return end;
                }
                // The writer ends after it has written all responses.
                self.responses = None;
            }
            let is_reading = self.end.is_none() && self.queue.waiting() < MAX_WAITING;
            let requests = if is_reading { requests } else { &no_requests };
            let deadline = self.deadline.map_or_else(never, at);
            let waits_for_thread = self.no_thread_since.is_some() && self.queue.waiting() > 0;
            let retry = if waits_for_thread { after(THREAD_RETRY) } else { never() };
            select! {
                recv(requests) -> result => match result {
                    Ok(result) => self.on_read(result),
                    Err(_) => self.stop(End::Defect),
                },
                recv(events) -> event => match event {
                    // A second signal ends the process at once.
                    Ok(Event::Signal(signal)) if matches!(self.end, Some(End::Signal(_))) => {
                        return End::Signal(signal);
                    }
                    Ok(event) => self.on_event(event),
                    Err(_) => self.stop(End::Defect),
                },
                recv(deadline) -> _ => return self.give_up(),
                recv(retry) -> _ => self.start_requests(),
            }
        }
    }

    fn on_read(&mut self, result: ReadResult) {
        match result {
            Ok(Some(request)) if request.cancel => self.cancel(request.request_id),
            Ok(Some(request)) => {
                let id = request.request_id;
                if id != 0 && self.queue.has(id) {
                    tracing::warn!(
                        "request id `{id}` is reused while a request with this id is in flight; the second one waits for the first"
                    );
                }
                self.queue.push(request);
                self.start_requests();
            }
            Ok(None) => self.end_with(End::Done),
            Err(error) => {
                tracing::error!("{}", error.message_with_hint());
                self.end_with(End::BrokenStream);
            }
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Planned(sequence, plan) => self.queue.planned(sequence, plan),
            Event::Finished(sequence, outcome) => self.finish(sequence, outcome),
            Event::Lost(sequence) => {
                let text = "the request's thread ended without an answer".to_owned();
                self.finish(sequence, Outcome::from(&Error::Internal(text)));
            }
            Event::Wrote => self.unwritten -= 1,
            Event::WriterEnded(result) => {
                self.writer_ended = true;
                if let Err(error) = result {
                    tracing::error!("cannot write a response to stdout: {error}");
                    self.stop(End::BrokenStream);
                }
            }
            Event::Signal(signal) => {
                tracing::info!("signal {signal}: all requests are cancelled");
                self.stop(End::Signal(signal));
            }
        }
        self.start_requests();
    }

    /// Answers a request, unless it was cancelled and answered before.
    fn finish(&mut self, sequence: Sequence, outcome: Outcome) {
        if let Some(id) = self.queue.finish(sequence) {
            self.respond(request::response(id, outcome));
        }
        self.ended_since_trim += 1;
        if self.ended_since_trim >= TRIM_EVERY && self.queue.is_empty() {
            self.ended_since_trim = 0;
            allocator::trim();
        }
    }

    /// Plans and runs requests as long as there are slots and threads.
    fn start_requests(&mut self) {
        while self.unwritten < MAX_UNWRITTEN
            && let Some(sequence) = self.queue.next()
        {
            match self.threads.take().map_err(Error::Setup) {
                Ok(thread) => {
                    self.no_thread_since = None;
                    if let Some((work, cancel)) = self.queue.start(sequence) {
                        if let Work::Run(plan) = &work {
                            tracing::debug!("request `{}` runs", plan.request.request_id);
                        }
                        let work = job(sequence, work, cancel, Arc::clone(&self.shared));
                        let reply = Reply::new(sequence, self.events.clone());
                        // If the thread is gone the reply is dropped: the request is lost.
                        drop(thread.send(Job { work, reply }));
                    }
                }
                Err(error) if self.has_no_thread_for(THREAD_TIMEOUT) => {
                    if let Some(id) = self.queue.finish(sequence) {
                        tracing::error!("request `{id}`: {}", error.message_with_hint());
                        self.respond(request::response(id, Outcome::from(&error)));
                    }
                }
                Err(error) => {
                    if !std::mem::replace(&mut self.has_warned_of_threads, true) {
                        tracing::warn!(
                            "requests wait for each other: {}",
                            error.message_with_hint()
                        );
                    }
                    self.no_thread_since.get_or_insert_with(Instant::now);
                    return;
                }
            }
        }
    }

    /// Whether nothing runs, and the system has refused a thread for that long.
    fn has_no_thread_for(&self, timeout: Duration) -> bool {
        self.queue.is_idle() && self.no_thread_since.is_some_and(|since| since.elapsed() > timeout)
    }

    /// Cancels all open requests of an id. One that runs is answered when it has stopped.
    fn cancel(&mut self, id: i32) {
        for _ in 0..self.queue.cancel(id) {
            self.respond(request::cancelled(id));
        }
        self.start_requests();
    }

    fn respond(&mut self, response: WorkResponse) {
        if let Some(responses) = &self.responses {
            self.unwritten += 1;
            // If the writer has ended, it has sent an event about it.
            drop(responses.send(response));
        }
    }

    /// Reads no more requests; the open ones continue.
    fn end_with(&mut self, end: End) {
        self.end = self.end.max(Some(end));
    }

    /// Reads no more requests and cancels those that are open.
    fn stop(&mut self, end: End) {
        self.end_with(end);
        self.deadline.get_or_insert_with(|| Instant::now() + GRACE);
        for id in self.queue.cancel_all() {
            self.respond(request::cancelled(id));
        }
    }

    /// Ends although something blocks: a request that does not check its cancel flag, or a client
    /// that does not read its responses.
    fn give_up(&self) -> End {
        let ids = self.queue.running_ids();
        tracing::warn!(
            "ending after {GRACE:?} although not all is answered; requests still running: {ids:?}"
        );
        self.end.unwrap_or(End::Defect)
    }
}

/// Returns the job of a thread for a request.
fn job(
    sequence: Sequence,
    work: Work,
    cancel: CancelFlag,
    shared: Arc<Shared>,
) -> Box<dyn FnOnce() -> Event + Send> {
    match work {
        Work::Plan(request) => Box::new(move || {
            Event::Planned(sequence, Box::new(Plan::new(request, &cancel, &*shared.stat)))
        }),
        Work::Run(plan) => {
            Box::new(move || Event::Finished(sequence, request::run(*plan, &cancel, &shared)))
        }
    }
}

#[cfg(test)]
#[path = "dispatch_tests.rs"]
mod tests;
