//! Execution: thread pools, cancellation, parallel tasks with results in order, and iterators that run ahead.

mod ahead;
mod cancel;
pub(crate) mod ordered;
mod pool;

pub(crate) use self::ahead::ahead;
pub use self::cancel::CancelFlag;
pub(crate) use self::pool::{MAX_JOBS, cores, thread_pool};
