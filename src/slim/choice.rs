//! Which entries of a wheel stay, and what may be missed.

use super::error::SlimError;
use super::hazards::{self, Gpus};
use super::scanned::{Library, Scanned};
use super::selection::{Kept, Selection};
use crate::device_code::{Entry, Form};

/// Which entries of a wheel stay.
pub(super) struct Choice {
    /// Those of each library.
    pub(super) libraries: Vec<Kept>,
    /// What may be missed, one sentence each.
    pub(super) hazards: Vec<String>,
}

impl Choice {
    /// Chooses what the selection keeps.
    ///
    /// # Errors
    /// If something would go from a bundle of HIP.
    pub(super) fn new(
        wheel: &Scanned,
        selection: &Selection,
        gpus: Gpus,
    ) -> Result<Self, SlimError> {
        let mut choice = Self { libraries: Vec::new(), hazards: Vec::new() };
        for library in &wheel.libraries {
            let kept = selection.kept(&library.code);
            refuse_bundles(wheel, library, &kept)?;
            if kept.entries(&library.code, false).next().is_some() {
                choice.hazards.extend(hazards::of(library, &kept, gpus));
            }
            choice.libraries.push(kept);
        }
        Ok(choice)
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

/// Refuses to take code out of bundles of HIP.
fn refuse_bundles(wheel: &Scanned, library: &Library, kept: &Kept) -> Result<(), SlimError> {
    let containers = kept.containers(&library.code);
    let mut bundles =
        containers.filter(|(it, _)| matches!(it.form, Form::Bundle | Form::CompressedBundle));
    let gone = bundles.find_map(|(container, kept)| {
        container.entries.iter().zip(kept).find(|(_, is_kept)| !**is_kept)
    });
    match gone {
        None => Ok(()),
        Some((entry, _)) => Err(SlimError::Bundle {
            wheel: wheel.name(),
            member: library.path.clone(),
            name: entry.architecture_name(),
        }),
    }
}
