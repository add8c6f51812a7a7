//! One piece, made once: who needs what another request is making waits for it.
//!
//! Whoever waits is a thread of the pool, so while it waits it does other tasks of the pool. It
//! cannot wait for itself: a piece is made in one go, with no task of the pool in between.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::PieceKey;
use crate::deflate::Piece;
use crate::error::Error;
use crate::exec::CancelFlag;

/// How long to sleep where the pool has nothing else to do: a piece takes milliseconds, and a
/// request that is cancelled should notice soon.
const NAP: Duration = Duration::from_millis(5);

/// The pieces that are being made.
#[derive(Debug, Default)]
pub(super) struct Flights {
    open: Mutex<HashMap<PieceKey, Arc<Flight>>>,
}

/// What to do about a piece that is not there.
pub(super) enum Turn<'a> {
    /// Make it.
    Mine(Landing<'a>),
    /// Wait for it.
    Wait(Arc<Flight>),
}

impl Flights {
    pub(super) fn board(&self, key: PieceKey) -> Turn<'_> {
        let mut open = lock(&self.open);
        if let Some(flight) = open.get(&key) {
            return Turn::Wait(Arc::clone(flight));
        }
        let flight = Arc::new(Flight::default());
        open.insert(key, Arc::clone(&flight));
        Turn::Mine(Landing { flights: self, key, flight })
    }
}

/// A piece that is being made.
#[derive(Debug, Default)]
pub(super) struct Flight {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Open,
    Landed(Arc<Piece>),
    Lost,
}

impl Flight {
    /// The piece, or `None` if whoever made it failed. An error if the waiting request is cancelled.
    pub(super) fn wait(&self, cancel: &CancelFlag) -> Result<Option<Arc<Piece>>, Error> {
        loop {
            cancel.check()?;
            match &*lock(&self.state) {
                State::Open => {}
                State::Landed(piece) => return Ok(Some(Arc::clone(piece))),
                State::Lost => return Ok(None),
            }
            if rayon::yield_now() == Some(rayon::Yield::Executed) {
                continue;
            }
            let state = lock(&self.state);
            if matches!(*state, State::Open) {
                drop(self.ended.wait_timeout(state, NAP));
            }
        }
    }
}

/// The duty to end a flight, also by failing.
#[derive(Debug)]
pub(super) struct Landing<'a> {
    flights: &'a Flights,
    key: PieceKey,
    flight: Arc<Flight>,
}

impl Landing<'_> {
    /// Hands the piece to who waits for it.
    pub(super) fn land(self, piece: &Arc<Piece>) {
        *lock(&self.flight.state) = State::Landed(Arc::clone(piece));
    }
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        lock(&self.flights.open).remove(&self.key);
        let mut state = lock(&self.flight.state);
        if matches!(*state, State::Open) {
            *state = State::Lost;
        }
        drop(state);
        self.flight.ended.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic in `make` happens outside the locks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
