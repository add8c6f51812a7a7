//! Thread pools for data-parallel work.

use std::io;
use std::num::NonZero;
use std::thread;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::Error;

/// The largest number of threads that an option accepts.
pub(crate) const MAX_JOBS: i64 = 1024;

/// Creates a pool of `jobs` threads; 0 takes one thread per core.
///
/// # Errors
///
/// Fails if the system refuses a thread.
pub(crate) fn thread_pool(jobs: u16) -> Result<ThreadPool, Error> {
    ThreadPoolBuilder::new()
        .num_threads(if jobs == 0 { cores() } else { jobs.into() })
        .thread_name(|index| format!("pool-{index}"))
        // Without a handler rayon aborts the process, and every other request with it.
        .panic_handler(|panic| {
            tracing::error!("detached work: {}", Error::from_panic(panic.as_ref()));
        })
        .build()
        .map_err(|error| Error::Setup(io::Error::other(error)))
}

/// Returns the number of cores that this process may use.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}
