//! The worker's one decision maker: which request runs, which waits, who is told to stop, and
//! when the process ends.
//!
//! A request is open from when it is read until its response is handed to the writer. Of each
//! id at most one request runs; a second of the same id waits for the first. So the requests of a
//! singleplex client, all of id 0, run in order even if it sends many at once (a replay does),
//! and no answer can be taken for another's. Of those that may run, the oldest of its [`Lane`] is next:
//! however many large requests run or wait, small ones start. A cancel request stops every open request of its id;
//! if there is none it is late, and nothing is answered: the answer has been given.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::ops::RangeInclusive;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, after, at, bounded, never, select, unbounded};

use super::lane::Lane;
use super::protocol::WorkResponse;
use super::request::{self, Pools, Promise, Shared};
use super::save::RequestSaver;
use super::signals;
use super::streams::{Arrival, Read, read_requests, write_responses};
use super::threads::{Job, Threads};
use crate::cli::StartupArguments;
use crate::command::Outcome;
use crate::cost::Totals;
use crate::env::Environment;
use crate::error::{self, Error};
use crate::exec;
use crate::exec::CancelFlag;
use crate::warm::Cache;

/// Requests of each lane that run at once, per core: one computes in the pool while another reads or writes
/// files. Each has a thread and memory of its own, so there are no more than pay for themselves.
const REQUESTS_PER_CORE: usize = 2;

/// At least that many run even on one core, so that a few slow ones do not hold up the rest; at
/// most that many even on hundreds of cores, for the sake of memory.
const REQUEST_THREADS: RangeInclusive<usize> = 4..=64;

/// Requests that wait before no more are read. Far above what any client has open (Bazel: 8 a
/// worker, unless told otherwise), so a cancel request is always read at once.
const MAX_WAITING: usize = 4096;

/// Responses that wait for the client to read before no more requests are begun. A response has up to a
/// megabyte, so that a client which never reads costs no more than that many.
const MAX_UNWRITTEN: usize = 64;

/// How long requests wait for a thread while none of them runs: one that has just answered is about to be
/// gone. After it they are answered with the reason.
const THREAD_PATIENCE: Duration = Duration::from_secs(1);

/// How long until it is tried again.
const THREAD_RETRY: Duration = Duration::from_millis(20);

/// How long requests may take to notice that they are cancelled when the process must end.
const GRACE: Duration = Duration::from_secs(5);

/// How the worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    /// Stdin ended where it should.
    Done,
    /// A stream broke: stdin ended or went wrong inside a request, or nobody reads stdout.
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

/// What the dispatcher hears of, besides requests.
#[derive(Debug)]
pub(super) enum Event {
    /// A request ran to its end.
    Finished(WorkResponse),
    /// A response was written.
    Wrote,
    /// The writer ended: all is written, or stdout is broken.
    WriterEnded(io::Result<()>),
    /// SIGTERM or SIGINT.
    Signal(i32),
}

/// Serves requests on stdin and stdout until there are no more.
pub(super) fn serve(startup: &StartupArguments, environment: Environment) -> Result<End, Error> {
    let (events_sender, events) = unbounded();
    let (responses_sender, responses) = unbounded();
    let (reads_sender, reads) = bounded(1);
    let saver = RequestSaver::new(environment.save_requests.as_deref());
    let pools = Pools::new(startup.worker_jobs)?;
    let cache = Cache::new(&startup.cache_options(true))?;
    let shared = Arc::new(Shared { pools, environment, cache, totals: Totals::default() });
    let protocol = startup.worker_protocol;

    let signals_sender = events_sender.clone();
    signals::watch(move |signal| drop(signals_sender.send(Event::Signal(signal))))
        .map_err(Error::Setup)?;
    let writer_sender = events_sender.clone();
    spawn("writer", move || {
        let result = write_responses(&responses, &writer_sender, protocol);
        drop(writer_sender.send(Event::WriterEnded(result)));
    })?;
    spawn("reader", move || read_requests(protocol, saver, &reads_sender))?;

    let dispatcher = Dispatcher {
        shared: Arc::clone(&shared),
        threads: Threads::default(),
        events: events_sender,
        responses: Some(responses_sender),
        max_running: (REQUESTS_PER_CORE * exec::cores())
            .clamp(*REQUEST_THREADS.start(), *REQUEST_THREADS.end()),
        lacks_threads_since: None,
        has_told_of_threads: false,
        running: HashMap::new(),
        waiting: VecDeque::new(),
        writer_ended: false,
        unwritten: 0,
        end: None,
        deadline: None,
    };
    let end = dispatcher.run(&reads, &events);
    tracing::info!("{}; {}", shared.totals, shared.cache.usage());
    Ok(end)
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map_err(Error::Setup)?;
    Ok(())
}

struct Running {
    cancel: CancelFlag,
    lane: Lane,
}

struct Dispatcher {
    shared: Arc<Shared>,
    threads: Threads,
    /// Cloned for each request.
    events: Sender<Event>,
    /// To the writer; dropped when the last response has been handed over.
    responses: Option<Sender<WorkResponse>>,
    writer_ended: bool,
    /// Responses that were handed to the writer and are not written.
    unwritten: usize,
    /// In each lane.
    max_running: usize,
    /// Since when no thread could be had for a request.
    lacks_threads_since: Option<Instant>,
    has_told_of_threads: bool,
    running: HashMap<i32, Running>,
    waiting: VecDeque<Arrival>,
    /// Set as soon as no more requests are read; only ever replaced by a worse one.
    end: Option<End>,
    /// When to end no matter what still runs.
    deadline: Option<Instant>,
}

impl Dispatcher {
    fn run(mut self, reads: &Receiver<Read>, events: &Receiver<Event>) -> End {
        let no_reads = never();
        loop {
            if let Some(end) = self.end
                && self.running.is_empty()
                && self.waiting.is_empty()
            {
                if self.writer_ended {
                    return end;
                }
                // The writer ends once it has written what it was handed.
                self.responses = None;
            }
            let is_reading = self.end.is_none() && self.waiting.len() < MAX_WAITING;
            let reads = if is_reading { reads } else { &no_reads };
            let deadline = self.deadline.map_or_else(never, at);
            let since = self.lacks_threads_since.filter(|_| !self.waiting.is_empty());
            let retry = since.map_or_else(never, |_| after(THREAD_RETRY));
            select! {
                recv(reads) -> read => match read {
                    Ok(read) => self.on_read(read),
                    Err(_) => self.stop(End::Defect),
                },
                recv(events) -> event => match event {
                    // The second signal is from somebody who does not want to wait.
                    Ok(Event::Signal(signal)) if matches!(self.end, Some(End::Signal(_))) => {
                        return End::Signal(signal);
                    }
                    Ok(event) => self.on_event(event),
                    Err(_) => self.stop(End::Defect),
                },
                recv(deadline) -> _ => return self.give_up(),
                recv(retry) -> _ => self.start_waiting(),
            }
        }
    }

    fn on_read(&mut self, read: Read) {
        match read {
            Ok(Some(Arrival { request, .. })) if request.cancel => self.cancel(request.request_id),
            Ok(Some(arrival)) => {
                let id = arrival.request.request_id;
                if id != 0 && self.is_open(id) {
                    tracing::warn!(
                        "request id `{id}` is used again before its answer; the second request waits for the first"
                    );
                }
                self.waiting.push_back(arrival);
                self.start_waiting();
            }
            Ok(None) => self.end_with(End::Done),
            Err(error) => {
                tracing::error!("{error}");
                self.end_with(End::BrokenStream);
            }
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Finished(response) => {
                self.running.remove(&response.request_id);
                self.respond(response);
                self.start_waiting();
            }
            Event::Wrote => {
                self.unwritten -= 1;
                self.start_waiting();
            }
            Event::WriterEnded(result) => {
                self.writer_ended = true;
                if let Err(error) = result {
                    tracing::error!("cannot write a response to stdout: {error}");
                    self.stop(End::BrokenStream);
                }
            }
            Event::Signal(signal) => self.stop(End::Signal(signal)),
        }
    }

    /// Starts what may run, oldest first.
    fn start_waiting(&mut self) {
        while self.unwritten < MAX_UNWRITTEN
            && let Some(index) = self.next()
            && let Some(arrival) = self.waiting.remove(index)
        {
            if let Some(arrival) = self.start(arrival) {
                // When another ends its thread may be had, or a little later.
                self.waiting.insert(index, arrival);
                return;
            }
        }
    }

    /// The oldest request that may run: its lane has a slot, and nothing older has its id.
    fn next(&self) -> Option<usize> {
        let is_full = |lane| {
            self.running.values().filter(|running| running.lane == lane).count() >= self.max_running
        };
        let full = [Lane::Small, Lane::Large].map(|lane| (lane, is_full(lane)));
        if full.iter().all(|&(_, is_full)| is_full) {
            return None;
        }
        let mut passed = HashSet::new();
        self.waiting.iter().position(|Arrival { request, lane }| {
            let id = request.request_id;
            let waits = self.running.contains_key(&id)
                || full.contains(&(*lane, true))
                || passed.contains(&id);
            if waits {
                passed.insert(id);
            }
            !waits
        })
    }

    /// Starts a request, or answers it; gives it back if it must wait for a thread.
    fn start(&mut self, arrival: Arrival) -> Option<Arrival> {
        let (id, lane) = (arrival.request.request_id, arrival.lane);
        match self.threads.take().map_err(Error::Setup) {
            Ok(thread) => {
                self.lacks_threads_since = None;
                let (cancel, shared) = (CancelFlag::default(), Arc::clone(&self.shared));
                let flag = cancel.clone();
                self.running.insert(id, Running { cancel, lane });
                let promise = Promise::new(id, self.events.clone());
                let work = move || request::run(arrival.request, lane, &flag, &shared);
                // If the thread is gone the promise is dropped, which is answered by that.
                drop(thread.send(Job { work: Box::new(work), promise }));
            }
            Err(error) if self.lacks_threads_for(THREAD_PATIENCE) => {
                tracing::error!("request `{id}`: {error}");
                self.respond(request::response(id, Outcome::from(&error)));
            }
            Err(error) => {
                if !std::mem::replace(&mut self.has_told_of_threads, true) {
                    tracing::warn!("requests wait for each other: {error}");
                }
                self.lacks_threads_since.get_or_insert_with(Instant::now);
                return Some(arrival);
            }
        }
        None
    }

    /// Whether nothing runs, and no thread could be had for that long.
    fn lacks_threads_for(&self, patience: Duration) -> bool {
        self.running.is_empty()
            && self.lacks_threads_since.is_some_and(|since| since.elapsed() > patience)
    }

    fn is_open(&self, id: i32) -> bool {
        self.running.contains_key(&id)
            || self.waiting.iter().any(|waiting| waiting.request.request_id == id)
    }

    /// Stops all open requests of an id. One that runs answers when it has stopped.
    fn cancel(&mut self, id: i32) {
        if let Some(running) = self.running.get(&id) {
            running.cancel.cancel();
        }
        let waiting = self.waiting.len();
        self.waiting.retain(|waiting| waiting.request.request_id != id);
        for _ in self.waiting.len()..waiting {
            self.respond(request::cancelled(id));
        }
    }

    fn respond(&mut self, response: WorkResponse) {
        if let Some(responses) = &self.responses {
            self.unwritten += 1;
            // If the writer is gone, it has said so in an event.
            drop(responses.send(response));
        }
    }

    /// Reads no more; what is open goes on.
    fn end_with(&mut self, end: End) {
        self.end = self.end.max(Some(end));
    }

    /// Reads no more, and what is open is cancelled.
    fn stop(&mut self, end: End) {
        self.end_with(end);
        self.deadline.get_or_insert_with(|| Instant::now() + GRACE);
        self.running.values().for_each(|running| running.cancel.cancel());
        for waiting in std::mem::take(&mut self.waiting) {
            self.respond(request::cancelled(waiting.request.request_id));
        }
    }

    /// Ends although something hangs: a request that does not look at its flag, or a client that
    /// does not read its responses.
    fn give_up(&self) -> End {
        let mut ids: Vec<_> = self.running.keys().collect();
        ids.sort_unstable();
        tracing::warn!(
            "ending after {GRACE:?} although not all is answered; requests still running: {ids:?}"
        );
        self.end.unwrap_or(End::Defect)
    }
}
