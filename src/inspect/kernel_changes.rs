//! The differences between the kernels of two wheels.

use std::collections::BTreeMap;

use serde::Serialize;

use super::device_code::{Kernel, WheelCode};
use super::pair::Pair;

/// A kernel, before and after: zero where a wheel does not have it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct KernelChange {
    /// Its mangled name.
    pub(super) name: String,
    /// Bytes of machine code, not compressed.
    pub(super) bytes: Pair,
    /// The number of cubins that have it.
    pub(super) cubins: Pair,
}

/// Returns the kernels whose numbers differ, the largest change first; `None` unless kernels were read.
pub(super) fn kernel_changes(old: &WheelCode, new: &WheelCode) -> Option<Vec<KernelChange>> {
    let mut both: BTreeMap<&str, [Option<&Kernel>; 2]> = BTreeMap::new();
    for (side, kernels) in [old.kernels.as_ref()?, new.kernels.as_ref()?].into_iter().enumerate() {
        for kernel in kernels {
            both.entry(&kernel.name).or_default()[side] = Some(kernel);
        }
    }
    let change = |(name, [old, new]): (&str, [Option<&Kernel>; 2])| {
        let pair = |of: fn(&Kernel) -> u64| Pair { old: old.map_or(0, of), new: new.map_or(0, of) };
        let (bytes, cubins) = (pair(|it| it.bytes), pair(|it| it.cubins));
        KernelChange { name: name.to_owned(), bytes, cubins }
    };
    let mut changes: Vec<KernelChange> = both.into_iter().map(change).collect();
    changes.retain(|it| it.bytes.distance() + it.cubins.distance() > 0);
    changes.sort_by(|one, other| {
        other.bytes.distance().cmp(&one.bytes.distance()).then_with(|| one.name.cmp(&other.name))
    });
    Some(changes)
}
