//! The clock by which the age of a file is judged.

use std::sync::Mutex;
use std::time::SystemTime;

use crate::lock::lock;

/// The system's clock, unless a test has stopped it.
#[derive(Debug, Default)]
pub struct Clock {
    stopped_at: Mutex<Option<SystemTime>>,
}

impl Clock {
    /// Stops the clock at a time, so that no test has to wait.
    pub fn stop_at(&self, time: SystemTime) {
        *lock(&self.stopped_at) = Some(time);
    }

    /// Returns the time at which the clock was stopped, or else `time`, which the system's clock showed.
    pub(super) fn time_or(&self, time: SystemTime) -> SystemTime {
        lock(&self.stopped_at).unwrap_or(time)
    }
}
