//! `WHEELWORKS_SAVE_REQUESTS`: keeps every request for replay.
//!
//! One JSON frame a file, numbered in the order of reading, so that
//! `cat DIR/*.json | wheelworks --persistent_worker --worker_protocol=json` runs them again. A request
//! is saved before it starts, on a thread between the reader and the dispatcher.

use std::path::PathBuf;

use crossbeam_channel::{Receiver, Sender};

use super::protocol::{self, WorkRequest};
use super::streams::ReadResult;

/// Writes requests into a directory.
#[derive(Debug)]
pub(super) struct RequestSaver {
    directory: PathBuf,
    saved: u64,
}

impl RequestSaver {
    /// Saves into `directory`, and creates it if it does not exist.
    pub(super) fn new(directory: PathBuf) -> Self {
        if let Err(error) = fs_err::create_dir_all(&directory) {
            tracing::warn!("WHEELWORKS_SAVE_REQUESTS: {error}");
        }
        Self { directory, saved: 0 }
    }

    /// Saves requests and passes them on until there are no more.
    pub(super) fn run(mut self, read: &Receiver<ReadResult>, saved: &Sender<ReadResult>) {
        for result in read {
            if let Ok(Some(request)) = &result {
                self.save(request);
            }
            if saved.send(result).is_err() {
                return;
            }
        }
    }

    /// Saves a request. A failure is logged: it must not fail the request.
    fn save(&mut self, request: &WorkRequest) {
        // With six digits, `*` in a shell expands in the order of reading.
        let name = format!("{}-{:06}.json", std::process::id(), self.saved);
        self.saved += 1;
        let file = self.directory.join(name);
        let result = protocol::json_line(request).and_then(|line| fs_err::write(&file, line));
        if let Err(error) = result {
            tracing::warn!(
                "WHEELWORKS_SAVE_REQUESTS: {error}\nhint: name a directory that can be written to; the request itself goes on"
            );
        }
    }
}
