//! The clock by which the age of a file is judged.

use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// The system's clock, unless a test has stopped it.
#[derive(Debug, Default)]
pub struct Clock {
    stopped_at: Mutex<Option<SystemTime>>,
}

impl Clock {
    /// Stops the clock at a time, so that no test has to wait.
    pub fn stop_at(&self, time: SystemTime) {
        *self.stopped_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(time);
    }

    /// Returns the time at which the clock was stopped, or else `time`, which the system's clock showed.
    pub(super) fn time_or(&self, time: SystemTime) -> SystemTime {
        self.stopped_at.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or(time)
    }
}
