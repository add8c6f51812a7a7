//! The clocks by which the age of a file is judged.

use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use super::timestamps::KERNEL_SETTLE_TIME;
use crate::lock::lock;

/// The system's clocks, unless a test has stopped them.
#[derive(Debug, Default)]
pub struct Clock {
    stopped_at: Mutex<Option<SystemTime>>,
}

/// A moment, by the two clocks that matter.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The time of day.
    pub(super) time: SystemTime,
    /// The least time that this kernel gives to a change from now on, in seconds and nanoseconds since 1970.
    pub(super) kernel: (i64, i64),
}

/// The longest wait for the kernel's clock: two of its longest ticks (`CONFIG_HZ=100`).
const MAX_WAIT: Duration = Duration::from_millis(20);

/// The time between two looks at the kernel's clock: the shortest tick that kernels are built with.
const LOOK_EVERY: Duration = Duration::from_millis(1);

impl Moment {
    /// Returns the present moment.
    pub(super) fn now() -> Self {
        // The kernel's clock first: then both are at most what they are when the caller goes on.
        let kernel = kernel_time();
        Self { time: SystemTime::now(), kernel }
    }

    /// Returns a moment at which a test has stopped the clock. Files that changed less than the settle time before
    /// it have not settled, however large they are.
    fn stopped(time: SystemTime) -> Self {
        let kernel = time.checked_sub(KERNEL_SETTLE_TIME).map_or((0, 0), since_1970);
        Self { time, kernel }
    }
}

impl Clock {
    /// Stops the clock at a time, so that no test has to wait.
    pub fn stop_at(&self, time: SystemTime) {
        *lock(&self.stopped_at) = Some(time);
    }

    /// Returns the present moment.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.moment_or(Moment::now())
    }

    /// Returns the moment at which the clock was stopped, or else `moment`.
    pub(super) fn moment_or(&self, moment: Moment) -> Moment {
        lock(&self.stopped_at).map_or(moment, Moment::stopped)
    }

    /// Waits until the kernel's clock is later than `changed`, in seconds and nanoseconds since 1970, for two ticks at
    /// most. Returns the present moment.
    #[must_use]
    pub fn later_than(&self, changed: (i64, i64)) -> Moment {
        let began = Instant::now();
        loop {
            let moment = self.now();
            let is_stopped = lock(&self.stopped_at).is_some();
            if moment.kernel > changed || is_stopped || began.elapsed() >= MAX_WAIT {
                return moment;
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

/// Returns a time in seconds and nanoseconds since 1970; zero if it is earlier.
fn since_1970(time: SystemTime) -> (i64, i64) {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    (i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_nanos().into())
}

/// Returns the time of the clock from which local file systems take the time of a change (`ktime_get_coarse_real_ts64`
/// in the kernel). Zero, which is later than no change, on systems without it.
#[cfg(target_os = "linux")]
fn kernel_time() -> (i64, i64) {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::RealtimeCoarse);
    (time.tv_sec, time.tv_nsec)
}

#[cfg(not(target_os = "linux"))]
fn kernel_time() -> (i64, i64) {
    (0, 0)
}
