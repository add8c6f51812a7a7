//! What `pack --json` prints.

use std::time::Instant;

use serde::Serialize;
use serde_json::{Map, Value};

/// The summary of one wheel.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    pub(super) wheel: String,
    /// Members, RECORD among them.
    pub(super) members: usize,
    /// Uncompressed length of all members, in bytes.
    pub(super) bytes_in: u64,
    /// Those of them that an earlier request had compressed.
    pub(super) bytes_reused: u64,
    /// Length of the wheel, in bytes.
    pub(super) bytes_out: u64,
    pub(super) compression_level: u8,
    pub(super) threads: usize,
    /// Seconds a phase, and `total`.
    pub(super) seconds: Map<String, Value>,
}

impl Summary {
    /// One line for who wants to know what a request cost.
    pub(super) fn to_line(&self) -> String {
        let seconds = self.seconds.iter().map(|(phase, seconds)| format!("{phase} {seconds}"));
        format!(
            "{}: {} members, {} bytes in, {} of them reused, {} bytes out; seconds: {}\n",
            self.wheel,
            self.members,
            self.bytes_in,
            self.bytes_reused,
            self.bytes_out,
            seconds.collect::<Vec<_>>().join(", ")
        )
    }

    pub(super) fn to_json(&self) -> String {
        // Strings and numbers always serialise.
        serde_json::to_string_pretty(self)
            .map_or_else(|error| error.to_string(), |json| json + "\n")
    }
}

/// A stopwatch that is read at the end of each phase.
pub(super) struct Phases {
    began: Instant,
    last: Instant,
    seconds: Map<String, Value>,
}

impl Phases {
    pub(super) fn begin(now: Instant) -> Self {
        Self { began: now, last: now, seconds: Map::new() }
    }

    pub(super) fn end(&mut self, phase: &str) {
        let now = Instant::now();
        self.seconds.insert(phase.to_owned(), rounded(now - self.last));
        self.last = now;
    }

    pub(super) fn finish(mut self) -> Map<String, Value> {
        self.seconds.insert("total".to_owned(), rounded(self.began.elapsed()));
        self.seconds
    }
}

/// Seconds to the tenth of a millisecond.
fn rounded(duration: std::time::Duration) -> Value {
    Value::from((duration.as_secs_f64() * 1e4).round() / 1e4)
}
