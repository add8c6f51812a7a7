//! The events that the dispatcher receives from the other threads.

use std::io;

use crossbeam_channel::Sender;

use super::plan::Plan;
use crate::context::Outcome;

/// A request's place in the order in which requests were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Sequence(pub(super) u64);

/// A report to the dispatcher.
#[derive(Debug)]
pub(super) enum Event {
    /// A request is parsed and has a size class.
    Planned(Sequence, Box<Plan>),
    /// A request ran to its end.
    Finished(Sequence, Outcome),
    /// The thread that planned or ran a request ended without a result, as after a panic.
    Lost(Sequence),
    /// A response was written.
    Wrote,
    /// The writer ended: all responses are written, or stdout is broken.
    WriterEnded(io::Result<()>),
    /// SIGTERM or SIGINT.
    Signal(i32),
}

/// Sends exactly one event about a request: [`Event::Lost`] if it is dropped unsent.
#[derive(Debug)]
pub(super) struct Reply {
    sequence: Sequence,
    events: Option<Sender<Event>>,
}

impl Reply {
    pub(super) fn new(sequence: Sequence, events: Sender<Event>) -> Self {
        Self { sequence, events: Some(events) }
    }

    /// Sends the event.
    pub(super) fn send(mut self, event: Event) {
        self.send_once(event);
    }

    fn send_once(&mut self, event: Event) {
        if let Some(events) = self.events.take() {
            // The dispatcher is gone only when the process is about to end.
            drop(events.send(event));
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.send_once(Event::Lost(self.sequence));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_reply_reports_the_request_as_lost() {
        let (sender, events) = crossbeam_channel::unbounded();
        drop(Reply::new(Sequence(7), sender));
        assert!(matches!(events.recv(), Ok(Event::Lost(Sequence(7)))));
        assert!(events.recv().is_err(), "sent twice");
    }

    #[test]
    fn a_reply_is_sent_once() {
        let (sender, events) = crossbeam_channel::unbounded();
        Reply::new(Sequence(7), sender).send(Event::Wrote);
        assert!(matches!(events.recv(), Ok(Event::Wrote)));
        assert!(events.recv().is_err(), "sent twice");
    }
}
