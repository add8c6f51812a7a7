//! The differences between the device code of two wheels, by architecture.

use std::collections::BTreeMap;

use serde::Serialize;

use super::device_code::{ArchitectureSums, WheelCode};
use super::pair::Pair;
use crate::device_code::Architecture;

/// The sums of an architecture and kind, before and after: zero where a wheel has none.
#[derive(Debug, Clone, Serialize)]
pub(super) struct CodeChange {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) entries: Pair,
    pub(super) bytes: Pair,
    pub(super) bytes_in_wheel: Pair,
    pub(super) bytes_uncompressed: Pair,
    /// For the order in text.
    #[serde(skip)]
    pub(super) architecture: Architecture,
}

/// The device code of a file, before and after.
#[derive(Debug, Clone, Serialize)]
pub(super) struct FileCodeChange {
    pub(super) path: String,
    /// Sorted by name.
    pub(super) architectures: Vec<CodeChange>,
}

/// Returns the files with device code in at least one of the wheels, sorted by path. Those without a change are
/// left out.
pub(super) fn file_code_changes(old: &WheelCode, new: &WheelCode) -> Vec<FileCodeChange> {
    let mut both: BTreeMap<&str, [&[ArchitectureSums]; 2]> = BTreeMap::new();
    for (side, code) in [old, new].into_iter().enumerate() {
        for library in &code.libraries {
            both.entry(&library.path).or_insert([&[], &[]])[side] = &library.architectures;
        }
    }
    let change = |(path, [old, new]): (&str, [&[ArchitectureSums]; 2])| FileCodeChange {
        path: path.to_owned(),
        architectures: code_changes(old, new),
    };
    let mut changes: Vec<FileCodeChange> = both.into_iter().map(change).collect();
    let is_change = |it: &CodeChange| {
        it.bytes.distance() + it.entries.distance() + it.bytes_uncompressed.distance() > 0
    };
    changes.retain(|file| file.architectures.iter().any(is_change));
    changes
}

/// Returns the sums of each architecture that at least one of the two has, sorted by name.
pub(super) fn code_changes(old: &[ArchitectureSums], new: &[ArchitectureSums]) -> Vec<CodeChange> {
    let mut both: BTreeMap<(&str, &str), [Option<&ArchitectureSums>; 2]> = BTreeMap::new();
    for (side, architectures) in [old, new].into_iter().enumerate() {
        for sums in architectures {
            both.entry((&sums.name, sums.kind)).or_default()[side] = Some(sums);
        }
    }
    let change = |[old, new]: [Option<&ArchitectureSums>; 2]| {
        let either = new.or(old)?;
        let pair = |of: fn(&ArchitectureSums) -> u64| Pair {
            old: old.map_or(0, of),
            new: new.map_or(0, of),
        };
        Some(CodeChange {
            name: either.name.clone(),
            kind: either.kind,
            entries: pair(|it| it.entries),
            bytes: pair(|it| it.bytes),
            bytes_in_wheel: pair(|it| it.bytes_in_wheel),
            bytes_uncompressed: pair(|it| it.bytes_uncompressed),
            architecture: either.architecture.clone(),
        })
    };
    both.into_values().filter_map(change).collect()
}
