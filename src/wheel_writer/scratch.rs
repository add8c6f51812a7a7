//! Where and how members are opened.

use std::path::Path;

use rayon::ThreadPool;

use crate::exec::CancelFlag;

/// Where and how members are opened.
#[derive(Clone, Copy)]
pub(crate) struct Scratch<'a> {
    /// The directory for temporary files with inflated members.
    pub(crate) directory: &'a Path,
    /// Stops the inflating.
    pub(crate) cancel: &'a CancelFlag,
    /// The threads that inflate. A thread that opens members must not be one of them: it waits for them.
    pub(crate) pool: Option<&'a ThreadPool>,
}
