//! `WHEELWORKS_SAVE_REQUESTS`: every request that is read, kept for replay.
//!
//! One JSON frame a file, numbered in the order of reading, so that
//! `cat DIR/*.json | wheelworks --persistent_worker --worker_protocol=json` runs them again.

use std::path::{Path, PathBuf};

use super::protocol::{self, WorkRequest};

/// Writes requests into a directory, or nowhere.
#[derive(Debug)]
pub(super) struct RequestSaver {
    directory: Option<PathBuf>,
    saved: u64,
}

impl RequestSaver {
    /// Saves into `directory`, which is created if it is not there; with `None` it does nothing.
    pub(super) fn new(directory: Option<&Path>) -> Self {
        if let Some(directory) = directory
            && let Err(error) = fs_err::create_dir_all(directory)
        {
            tracing::warn!("WHEELWORKS_SAVE_REQUESTS: {error}");
        }
        Self { directory: directory.map(Path::to_owned), saved: 0 }
    }

    /// Saves a request. A failure is logged: it must not fail the request.
    pub(super) fn save(&mut self, request: &WorkRequest) {
        let Some(directory) = &self.directory else { return };
        // Six digits keep a shell's `*` in the order of reading.
        let file = directory.join(format!("{}-{:06}.json", std::process::id(), self.saved));
        self.saved += 1;
        let result = protocol::json_line(request).and_then(|line| fs_err::write(&file, line));
        if let Err(error) = result {
            tracing::warn!(
                "WHEELWORKS_SAVE_REQUESTS: {error}\nhint: name a directory that can be written to; the request itself goes on"
            );
        }
    }
}
