//! What goes from the libraries of a wheel, and what gets smaller.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;

use super::choice::Choice;
use super::replacements::Replacements;
use super::scanned::{Library, Scanned};
use super::selection::Kept;
use crate::deflate::StreamIndex;
use crate::device_code::{CodeEdit, ContainerFate, Entry, Fate, Form};
use crate::wheel_writer::{DeviceCodeEdit, InflatedOnce, NewEntries};

/// What goes from a wheel, and what gets smaller.
pub(super) struct Plan {
    /// The libraries that change, in the archive's order.
    pub(super) libraries: Vec<LibraryPlan>,
    /// The entries and bundles that take the places of others.
    new: Option<Arc<NewEntries>>,
}

/// What changes in one library.
pub(super) struct LibraryPlan {
    /// The index of its entry in the archive's directory.
    pub(super) index: usize,
    pub(super) path: String,
    code: CodeEdit,
    /// The index of its stream, if it is compressed and large.
    stream: Option<Arc<StreamIndex>>,
    pub(super) removed: Sums,
    pub(super) kept: Sums,
    /// About how many bytes the entries that go take in the archive.
    pub(super) bytes_in_wheel: u64,
    /// What gets smaller, if anything does.
    pub(super) recompressed: Option<RecompressedSum>,
}

/// The entries of a library that get smaller. Lengths are in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct RecompressedSum {
    pub(super) entries: u64,
    /// Headers and payloads before.
    pub(super) bytes_before: u64,
    /// Headers and payloads now.
    pub(super) bytes_after: u64,
    /// About how many bytes they take in the old archive.
    pub(super) bytes_in_wheel_before: u64,
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

impl LibraryPlan {
    /// Returns the byte ranges of the library that the slimmed one has no byte of, in order.
    fn unused(&self) -> Vec<Range<u64>> {
        self.code.unused().collect()
    }
}

/// Returns the libraries that change in one of the plans, each inflated once for all of them, by their indices in the
/// archive's directory.
pub(super) fn inflated_once(plans: &[Plan]) -> HashMap<usize, Arc<InflatedOnce>> {
    let mut libraries = HashMap::new();
    for library in plans.iter().flat_map(|plan| &plan.libraries) {
        let inflated = || {
            // The wheels of a split need almost all of it.
            let unused = if plans.len() == 1 { library.unused() } else { Vec::new() };
            Arc::new(InflatedOnce::new(library.stream.clone(), unused))
        };
        libraries.entry(library.index).or_insert_with(inflated);
    }
    libraries
}

impl Plan {
    /// Plans to take out what was not chosen, and to put the replacements in place.
    pub(super) fn new(wheel: &Scanned, choice: &Choice, replacements: &Replacements) -> Self {
        let libraries = wheel.libraries.iter().zip(&choice.libraries);
        let plans = libraries.filter_map(|(library, kept)| plan_of(library, kept, replacements));
        Self { libraries: plans.collect(), new: replacements.new.clone() }
    }

    /// Returns the edit of a library's device code.
    pub(super) fn edit(&self, library: &LibraryPlan) -> DeviceCodeEdit {
        DeviceCodeEdit { code: library.code.clone(), new: self.new.clone() }
    }
}

/// Returns what changes in a library, if anything does.
fn plan_of(library: &Library, kept: &Kept, replacements: &Replacements) -> Option<LibraryPlan> {
    let share = |entry: &Entry| {
        library.offsets.share(&(entry.offset..entry.offset.saturating_add(entry.len())))
    };
    let mut sum = RecompressedSum::default();
    let mut flags = kept.containers(&library.code).map(|(_, flags)| flags);
    let code = CodeEdit::new(&library.code, |container| {
        let flags = flags.next().unwrap_or_default();
        if container.form == Form::CompressedBundle {
            let new = replacements.of_bundle(library, container, flags);
            return new.map_or(ContainerFate::Entries(Vec::new()), ContainerFate::Replaced);
        }
        let entries = container.entries.iter().zip(flags);
        let fates = entries.map(|(entry, is_kept)| match replacements.of_entry(library, entry) {
            _ if !is_kept => Fate::Removed,
            None => Fate::Kept,
            Some(range) => {
                sum.entries += 1;
                sum.bytes_before += entry.len();
                sum.bytes_after += range.end - range.start;
                sum.bytes_in_wheel_before += share(entry);
                Fate::Replaced(range)
            }
        });
        ContainerFate::Entries(fates.collect())
    });
    let gone = || kept.entries(&library.code, false);
    (!code.is_empty()).then(|| LibraryPlan {
        index: library.index,
        path: library.path.clone(),
        code,
        stream: library.stream.clone(),
        removed: Sums::of(gone()),
        kept: Sums::of(kept.entries(&library.code, true)),
        bytes_in_wheel: gone().map(share).fold(0, u64::saturating_add),
        recompressed: (sum.entries > 0).then_some(sum),
    })
}
