//! The streams of a worker: one thread reads stdin, another one writes to stdout.

use std::io::{Read, Write};
use std::{io, result};

use crossbeam_channel::{Receiver, Sender};

use super::event::Event;
use super::protocol::{self, ProtocolError, RequestReader, WorkRequest, WorkResponse};
use crate::cli::WorkerProtocol;

/// A request, the end of the stream between two requests, or its failure.
pub(super) type ReadResult = result::Result<Option<WorkRequest>, ProtocolError>;

/// Reads requests until the stream ends or fails. This thread decodes frames and nothing else: a slow
/// file system must not delay a cancel request.
pub(super) fn read_requests(
    stream: impl Read,
    protocol: WorkerProtocol,
    requests: &Sender<ReadResult>,
) {
    let mut reader = RequestReader::new(stream, protocol);
    loop {
        let read = reader.next_request();
        let is_last = !matches!(read, Ok(Some(_)));
        if requests.send(read).is_err() || is_last {
            return;
        }
    }
}

/// Writes responses until there are no more.
///
/// # Errors
///
/// Fails if a response cannot be written.
pub(super) fn write_responses(
    mut stream: impl Write,
    responses: &Receiver<WorkResponse>,
    events: &Sender<Event>,
    protocol: WorkerProtocol,
) -> io::Result<()> {
    responses.iter().try_for_each(|response| {
        protocol::write_response(&mut stream, &response, protocol)?;
        // The dispatcher is gone only when the process is about to end.
        drop(events.send(Event::Wrote));
        Ok(())
    })
}
