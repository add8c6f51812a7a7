//! The summary that `pack --report json` prints.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::metrics::RequestMetrics;

/// The summary of one wheel.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    pub(super) wheel: String,
    /// Members, including RECORD.
    pub(super) members: u64,
    /// Uncompressed length of all members in bytes.
    pub(super) bytes_in: u64,
    /// Bytes of these that came compressed from the cache.
    pub(super) bytes_reused: u64,
    /// Length of the wheel in bytes.
    pub(super) bytes_out: u64,
    pub(super) compression_level: u8,
    pub(super) threads: usize,
    /// Seconds of each phase, and `total`.
    pub(super) seconds: Map<String, Value>,
}

/// Measures the phases of a command.
pub(super) struct Phases {
    began: Instant,
    last: Instant,
    ended: Vec<(&'static str, Duration)>,
}

impl Phases {
    pub(super) fn begin(now: Instant) -> Self {
        Self { began: now, last: now, ended: Vec::new() }
    }

    pub(super) fn end(&mut self, phase: &'static str) {
        let now = Instant::now();
        self.ended.push((phase, now - self.last));
        self.last = now;
    }

    /// Adds the phases to the cost of the request.
    pub(super) fn add_to(&self, metrics: &RequestMetrics) {
        for (phase, took) in &self.ended {
            metrics.phase(phase, *took);
        }
    }

    pub(super) fn finish(self) -> Map<String, Value> {
        let seconds = |(phase, took): (&str, Duration)| (phase.to_owned(), rounded(took));
        let total = ("total", self.began.elapsed());
        self.ended.into_iter().chain([total]).map(seconds).collect()
    }
}

/// Rounds to tenths of a millisecond, in seconds.
fn rounded(duration: Duration) -> Value {
    Value::from((duration.as_secs_f64() * 1e4).round() / 1e4)
}
