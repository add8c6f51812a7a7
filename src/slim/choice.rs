//! Which entries of a wheel stay, and what may be missed.

use super::gpu::Gpus;
use super::hazards;
use super::scanned::{Library, Scanned};
use super::selection::{Kept, Selection};
use crate::device_code::Entry;

/// Which entries of a wheel stay.
pub(super) struct Choice {
    /// Those of each library.
    pub(super) libraries: Vec<Kept>,
    /// What may be missed, one sentence each.
    pub(super) hazards: Vec<String>,
}

impl Choice {
    /// Chooses what the selection keeps.
    pub(super) fn new(wheel: &Scanned, selection: &Selection, gpus: &Gpus) -> Self {
        let mut choice = Self { libraries: Vec::new(), hazards: Vec::new() };
        for library in &wheel.libraries {
            let kept = selection.kept(&library.code);
            if kept.entries(&library.code, false).next().is_some() {
                choice.hazards.extend(hazards::of(library, &kept, gpus));
            }
            choice.libraries.push(kept);
        }
        choice
    }

    /// Returns the entries of a library that stay. `index` is that of the library in the wheel.
    pub(super) fn kept<'a>(
        &'a self,
        index: usize,
        library: &'a Library,
    ) -> impl Iterator<Item = &'a Entry> {
        self.libraries.get(index).into_iter().flat_map(|kept| kept.entries(&library.code, true))
    }
}
