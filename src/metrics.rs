//! Counters and times of a request, and the totals of a process.
//!
//! The response to a verbose request and the log include them.

use std::fmt;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::lock::lock;

/// The counters of one request, or sums of several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Members written, RECORD among them.
    pub members: u64,
    /// Uncompressed bytes of these members.
    pub bytes_in: u64,
    /// Of these, bytes whose compressed form came from the cache.
    pub bytes_reused: u64,
    /// Of these, bytes of files that were not read, because a cache entry matched the file's
    /// fingerprint.
    pub bytes_unread: u64,
    /// Chunks of these members: small members, and chunks of large ones.
    pub chunks: u64,
    /// Of these, chunks that came from the cache.
    pub chunks_reused: u64,
    /// Length of the written wheels in bytes.
    pub bytes_out: u64,
    /// Files unpacked with a cache directory.
    pub files: u64,
    /// Of these, files that came from the cache directory.
    pub files_linked: u64,
    /// Archives audited.
    pub archives: u64,
    /// Of these, archives whose ELF facts all came from the cache.
    pub archives_known: u64,
    /// Length of these archives in bytes.
    pub bytes_known: u64,
}

impl Counts {
    /// Adds the counters of another request, or of another part of this one.
    pub fn add(&mut self, other: &Self) {
        self.members += other.members;
        self.bytes_in += other.bytes_in;
        self.bytes_reused += other.bytes_reused;
        self.bytes_unread += other.bytes_unread;
        self.chunks += other.chunks;
        self.chunks_reused += other.chunks_reused;
        self.bytes_out += other.bytes_out;
        self.files += other.files;
        self.files_linked += other.files_linked;
        self.archives += other.archives;
        self.archives_known += other.archives_known;
        self.bytes_known += other.bytes_known;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.members > 0 {
            write!(
                formatter,
                "; {} members, {} bytes in, {} of them reused, {} not even read, {} bytes out; {} chunks, {} of them reused",
                self.members,
                self.bytes_in,
                self.bytes_reused,
                self.bytes_unread,
                self.bytes_out,
                self.chunks,
                self.chunks_reused
            )?;
        }
        if self.files > 0 {
            let (files, linked) = (self.files, self.files_linked);
            write!(formatter, "; {files} files, {linked} of them from the cache directory")?;
        }
        if self.archives > 0 {
            write!(
                formatter,
                "; {} archives audited, {} of them known, which have {} bytes",
                self.archives, self.archives_known, self.bytes_known
            )?;
        }
        Ok(())
    }
}

/// The costs of one request so far.
#[derive(Debug)]
pub struct RequestMetrics {
    began: Instant,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    phases: Vec<(&'static str, Duration)>,
    counts: Counts,
}

impl Default for RequestMetrics {
    fn default() -> Self {
        Self { began: Instant::now(), state: Mutex::default() }
    }
}

impl RequestMetrics {
    /// Adds to the counters.
    pub fn count(&self, counts: &Counts) {
        self.lock().counts.add(counts);
    }

    /// Records the duration of a phase. Durations of phases with the same name are added up.
    pub fn phase(&self, name: &'static str, took: Duration) {
        let mut state = self.lock();
        match state.phases.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum += took,
            None => state.phases.push((name, took)),
        }
    }

    /// Runs `work` as a phase.
    pub fn during<T>(&self, name: &'static str, work: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let done = work();
        self.phase(name, began.elapsed());
        done
    }

    /// Returns the counters so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.lock().counts
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The sums are consistent after a panic, too.
        lock(&self.state)
    }
}

impl fmt::Display for RequestMetrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        write!(formatter, "{:.1} ms", milliseconds(self.began.elapsed()))?;
        let state = self.lock();
        for (index, (name, took)) in state.phases.iter().enumerate() {
            let before = if index == 0 { ": " } else { ", " };
            write!(formatter, "{before}{name} {:.1}", milliseconds(*took))?;
        }
        state.counts.fmt(formatter)
    }
}

/// The totals of all requests of a process.
#[derive(Debug, Default)]
pub struct Totals(Mutex<(u64, u64, Counts)>);

impl Totals {
    /// Adds a request that has ended. `is_done`: whether it succeeded.
    pub fn add(&self, metrics: &RequestMetrics, is_done: bool) {
        let mut totals = lock(&self.0);
        totals.0 += 1;
        totals.1 += u64::from(!is_done);
        totals.2.add(&metrics.counts());
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (requests, not_done, counts) = *lock(&self.0);
        write!(formatter, "{requests} requests, {not_done} of them with findings or errors{counts}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_and_counts_add_up() {
        let metrics = RequestMetrics::default();
        metrics.phase("plan", Duration::from_millis(2));
        metrics.phase("write", Duration::from_micros(3500));
        metrics.phase("plan", Duration::from_millis(1));
        let counts = Counts { archives: 1, bytes_known: 7, ..Counts::default() };
        metrics.count(&counts);
        metrics.count(&Counts { archives_known: 1, ..counts });
        let text = metrics.to_string();
        let (_, rest) = text.split_once(" ms").unwrap();
        let expected =
            ": plan 3.0, write 3.5; 2 archives audited, 1 of them known, which have 14 bytes";
        assert_eq!(rest, expected);
        let totals = Totals::default();
        totals.add(&metrics, true);
        totals.add(&metrics, false);
        assert_eq!(
            totals.to_string(),
            "2 requests, 1 of them with findings or errors; 4 archives audited, 2 of them known, which have 28 bytes"
        );
    }
}
