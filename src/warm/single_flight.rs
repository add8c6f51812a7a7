//! Single-flight: concurrent requests for one chunk share one compression.
//!
//! A follower is a thread of the pool, so it runs other tasks of the pool while it waits. It cannot wait
//! for itself: a chunk is compressed in one go, without a task of the pool in between.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use super::ChunkKey;
use crate::deflate::CompressedChunk;
use crate::error::Error;
use crate::exec::CancelFlag;
use crate::lock::lock;

/// How long a follower sleeps when the pool has no other task: a chunk takes milliseconds, and a
/// cancelled request should end soon.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// The chunks that are being compressed.
#[derive(Debug, Default)]
pub(super) struct SingleFlight {
    in_flight: Mutex<HashMap<ChunkKey, Arc<InFlight>>>,
}

/// The caller's part in the compression of a chunk.
pub(super) enum Role<'a> {
    /// The first caller: it compresses the chunk and publishes it.
    Leader(Publisher<'a>),
    /// Any later caller: it waits for the leader.
    Follower(Arc<InFlight>),
}

impl SingleFlight {
    /// Joins the compression of a chunk. The first caller becomes its leader.
    pub(super) fn join(&self, key: ChunkKey) -> Role<'_> {
        let mut in_flight = lock(&self.in_flight);
        if let Some(entry) = in_flight.get(&key) {
            return Role::Follower(Arc::clone(entry));
        }
        let entry = Arc::new(InFlight::default());
        in_flight.insert(key, Arc::clone(&entry));
        Role::Leader(Publisher { owner: self, key, entry })
    }

    /// Returns how many callers wait for a chunk that is being compressed.
    #[cfg(test)]
    pub(super) fn followers(&self, key: &ChunkKey) -> usize {
        // The map and the publisher have one reference each.
        lock(&self.in_flight).get(key).map_or(0, |entry| Arc::strong_count(entry).saturating_sub(2))
    }
}

/// A chunk that is being compressed.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Pending,
    Published(Arc<CompressedChunk>),
    /// The leader failed, panicked or was cancelled.
    Abandoned,
}

impl InFlight {
    /// Waits for the leader. Returns the chunk, or `None` if the leader failed.
    ///
    /// # Errors
    ///
    /// [`Error::Cancelled`] if the waiting request is cancelled.
    pub(super) fn wait(&self, cancel: &CancelFlag) -> Result<Option<Arc<CompressedChunk>>, Error> {
        loop {
            cancel.check()?;
            match &*lock(&self.state) {
                State::Pending => {}
                State::Published(chunk) => return Ok(Some(Arc::clone(chunk))),
                State::Abandoned => return Ok(None),
            }
            if rayon::yield_now() == Some(rayon::Yield::Executed) {
                continue;
            }
            let state = lock(&self.state);
            if matches!(*state, State::Pending) {
                drop(self.ended.wait_timeout(state, POLL_INTERVAL));
            }
        }
    }
}

/// Ends the flight of a chunk: with the chunk, or, if dropped before, without one.
#[derive(Debug)]
pub(super) struct Publisher<'a> {
    owner: &'a SingleFlight,
    key: ChunkKey,
    entry: Arc<InFlight>,
}

impl Publisher<'_> {
    /// Publishes the chunk to the waiters.
    pub(super) fn publish(self, chunk: &Arc<CompressedChunk>) {
        *lock(&self.entry.state) = State::Published(Arc::clone(chunk));
    }
}

impl Drop for Publisher<'_> {
    fn drop(&mut self) {
        lock(&self.owner.in_flight).remove(&self.key);
        let mut state = lock(&self.entry.state);
        if matches!(*state, State::Pending) {
            *state = State::Abandoned;
        }
        drop(state);
        self.entry.ended.notify_all();
    }
}
