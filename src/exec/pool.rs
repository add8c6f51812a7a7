//! Threads for data-parallel work.

use std::io;
use std::num::NonZero;
use std::thread;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::Error;

/// The most threads that a user may ask for.
pub(crate) const MAX_JOBS: i64 = 1024;

/// A pool of this many threads; 0 takes one a core.
pub(crate) fn thread_pool(jobs: u16) -> Result<ThreadPool, Error> {
    ThreadPoolBuilder::new()
        .num_threads(if jobs == 0 { cores() } else { jobs.into() })
        .thread_name(|index| format!("pool-{index}"))
        // Without a handler rayon aborts the process, and with it every other request.
        .panic_handler(|panic| {
            tracing::error!("detached work: {}", Error::from_panic(panic.as_ref()));
        })
        .build()
        .map_err(|error| Error::Setup(io::Error::other(error)))
}

/// Cores that this process may use.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}
