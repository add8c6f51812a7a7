//! A number before and after.

use serde::Serialize;

/// A number of bytes or entries, before and after.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Pair {
    pub(super) old: u64,
    pub(super) new: u64,
}

impl Pair {
    pub(super) fn distance(self) -> u64 {
        self.old.abs_diff(self.new)
    }
}
