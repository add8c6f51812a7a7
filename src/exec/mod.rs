//! Execution: thread pools, cancellation, and parallel tasks with results in order.

mod cancel;
pub(crate) mod ordered;
mod pool;

pub use self::cancel::CancelFlag;
pub(crate) use self::pool::{MAX_JOBS, cores, thread_pool};
