//! What goes from the libraries of a wheel.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::error::SlimError;
use super::hazards::{self, Gpus};
use super::scanned::{Library, Scanned};
use super::selection::Selection;
use crate::deflate::StreamIndex;
use crate::device_code::{Entry, Form, Removal};

/// What goes from a wheel.
pub(super) struct Plan {
    /// The libraries that lose code, in the archive's order.
    pub(super) libraries: Vec<LibraryPlan>,
    /// What may be missed, one sentence each.
    pub(super) hazards: Vec<String>,
}

/// What goes from one library.
pub(super) struct LibraryPlan {
    /// The index of its entry in the archive's directory.
    pub(super) index: usize,
    pub(super) path: String,
    pub(super) removal: Removal,
    /// The index of its stream, if it is compressed and large.
    pub(super) stream: Option<Arc<StreamIndex>>,
    pub(super) removed: Sums,
    pub(super) kept: Sums,
    /// About how many bytes the entries that go take in the archive.
    pub(super) bytes_in_wheel: u64,
}

/// Sums by architecture.
#[derive(Debug, Clone, Default)]
pub(super) struct Sums(BTreeMap<(String, &'static str), (u64, u64)>);

/// The entries of one architecture and kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct ArchitectureSum {
    /// `sm_90a`, `compute_90`, `gfx942`.
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) entries: u64,
    /// Headers and payloads as they are in the library.
    pub(super) bytes: u64,
}

impl Sums {
    fn of<'a>(entries: impl Iterator<Item = &'a Entry>) -> Self {
        let mut sums = Self::default();
        for entry in entries {
            sums.add(entry.architecture_name(), entry.kind.name(), 1, entry.len());
        }
        sums
    }

    fn add(&mut self, name: String, kind: &'static str, entries: u64, bytes: u64) {
        let sum = self.0.entry((name, kind)).or_default();
        *sum = (sum.0 + entries, sum.1.saturating_add(bytes));
    }

    /// Adds the sums of another library.
    pub(super) fn extend(&mut self, other: &Self) {
        for ((name, kind), (entries, bytes)) in &other.0 {
            self.add(name.clone(), kind, *entries, *bytes);
        }
    }

    /// Returns the sums, sorted by name.
    pub(super) fn rows(&self) -> Vec<ArchitectureSum> {
        let rows = self.0.iter().map(|((name, kind), &(entries, bytes))| ArchitectureSum {
            name: name.clone(),
            kind,
            entries,
            bytes,
        });
        rows.collect()
    }
}

impl Plan {
    /// Plans to take out what the selection does not keep.
    ///
    /// # Errors
    /// If it would go from a bundle of HIP.
    pub(super) fn new(
        wheel: &Scanned,
        selection: &Selection,
        gpus: Gpus,
    ) -> Result<Self, SlimError> {
        let mut plan = Self { libraries: Vec::new(), hazards: Vec::new() };
        for library in &wheel.libraries {
            refuse_bundles(wheel, library, selection)?;
            let removal = Removal::new(&library.code, |entry| selection.keeps(entry));
            if removal.is_empty() {
                continue;
            }
            plan.hazards.extend(hazards::of(library, selection, gpus));
            let gone = || library.code.entries().filter(|entry| !selection.keeps(entry));
            let share = |entry: &Entry| {
                library.offsets.share(&(entry.offset..entry.offset.saturating_add(entry.len())))
            };
            plan.libraries.push(LibraryPlan {
                index: library.index,
                path: library.path.clone(),
                removal,
                stream: library.stream.clone(),
                removed: Sums::of(gone()),
                kept: Sums::of(library.code.entries().filter(|entry| selection.keeps(entry))),
                bytes_in_wheel: gone().map(share).fold(0, u64::saturating_add),
            });
        }
        Ok(plan)
    }
}

/// Refuses to take code out of bundles of HIP.
fn refuse_bundles(
    wheel: &Scanned,
    library: &Library,
    selection: &Selection,
) -> Result<(), SlimError> {
    let containers = library.code.containers.iter();
    let mut bundles =
        containers.filter(|it| matches!(it.form, Form::Bundle | Form::CompressedBundle));
    match bundles.find_map(|it| it.entries.iter().find(|entry| !selection.keeps(entry))) {
        None => Ok(()),
        Some(entry) => Err(SlimError::Bundle {
            wheel: wheel.name(),
            member: library.path.clone(),
            name: entry.architecture_name(),
        }),
    }
}
