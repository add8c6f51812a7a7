//! The two ends of a worker's conversation: stdin, of which one thread reads, and stdout, to which
//! another one writes.

use std::io;

use crossbeam_channel::{Receiver, Sender};

use super::dispatch::Event;
use super::lane::Lane;
use super::protocol::{self, ProtocolError, RequestReader, WorkRequest, WorkResponse};
use super::save::RequestSaver;
use crate::cli::WorkerProtocol;

/// A request that was read.
pub(super) struct Arrival {
    pub(super) request: WorkRequest,
    pub(super) lane: Lane,
}

/// A request, the end of the stream between two requests, or its failure.
pub(super) type Read = Result<Option<Arrival>, ProtocolError>;

/// The only code that reads stdin in a worker.
pub(super) fn read_requests(
    protocol: WorkerProtocol,
    mut saver: RequestSaver,
    reads: &Sender<Read>,
) {
    let mut reader = RequestReader::new(io::stdin().lock(), protocol);
    loop {
        let read = reader.next_request();
        if let Ok(Some(request)) = &read {
            saver.save(request);
        }
        // Here, so that a file system that is slow to answer holds up no request that has been read.
        let read = read
            .map(|request| request.map(|request| Arrival { lane: Lane::of(&request), request }));
        let is_last = !matches!(read, Ok(Some(_)));
        if reads.send(read).is_err() || is_last {
            return;
        }
    }
}

/// The only code that writes to stdout in a worker.
pub(super) fn write_responses(
    responses: &Receiver<WorkResponse>,
    events: &Sender<Event>,
    protocol: WorkerProtocol,
) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    responses.iter().try_for_each(|response| {
        protocol::write_response(&mut stdout, &response, protocol)?;
        // The dispatcher is gone only when the process is about to be.
        drop(events.send(Event::Wrote));
        Ok(())
    })
}
