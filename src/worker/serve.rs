//! The threads of a worker, and the channels between them.

use std::sync::Arc;
use std::{io, thread};

use crossbeam_channel::{bounded, unbounded};

use super::dispatch::{Dispatcher, End};
use super::event::Event;
use super::request::{Shared, pools};
use super::save::RequestSaver;
use super::signals;
use super::streams::{read_requests, write_responses};
use crate::cli::StartupArguments;
use crate::env::Environment;
use crate::error::Error;
use crate::metrics::Totals;
use crate::warm::Cache;

/// Serves requests on stdin and stdout until there are no more.
///
/// # Errors
///
/// Fails if the process cannot be set up.
pub(super) fn serve(
    startup: &StartupArguments,
    mut environment: Environment,
) -> Result<End, Error> {
    // The client prints the responses, and its terminal is not known here.
    environment.color = Some(false);
    let (events_sender, events) = unbounded();
    let (responses_sender, responses) = unbounded();
    let (read_sender, mut read) = bounded(1);
    let saver = environment.save_requests.clone().map(RequestSaver::new);
    let shared = Arc::new(Shared {
        pools: pools(startup.worker_jobs)?,
        environment,
        cache: Cache::new(&startup.cache_options(true))?,
        totals: Totals::default(),
        stat: Box::new(|path| fs_err::metadata(path)),
    });
    let protocol = startup.worker_protocol;

    let signals_sender = events_sender.clone();
    signals::watch(move |signal| drop(signals_sender.send(Event::Signal(signal))))
        .map_err(Error::Setup)?;
    let writer_sender = events_sender.clone();
    spawn("writer", move || {
        let result = write_responses(io::stdout().lock(), &responses, &writer_sender, protocol);
        drop(writer_sender.send(Event::WriterEnded(result)));
    })?;
    spawn("reader", move || read_requests(io::stdin().lock(), protocol, &read_sender))?;
    if let Some(saver) = saver {
        let (kept_sender, kept) = bounded(1);
        let unsaved = std::mem::replace(&mut read, kept);
        spawn("saver", move || saver.run(&unsaved, &kept_sender))?;
    }

    let dispatcher = Dispatcher::new(Arc::clone(&shared), events_sender, responses_sender);
    let end = dispatcher.run(&read, &events);
    tracing::info!("{}; {}", shared.totals, shared.cache.usage());
    Ok(end)
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map_err(Error::Setup)?;
    Ok(())
}
