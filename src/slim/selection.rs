//! Which architectures stay.

use std::collections::{BTreeSet, HashMap};

use super::error::SlimError;
use super::gpu::{AnyGpu, Rank};
use super::scanned::Scanned;
use crate::device_code::{ArchitectureName, Container, Coverage, DeviceCode, Entry, Kind};

/// What stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Selection {
    /// These architectures.
    Keep(BTreeSet<ArchitectureName>),
    /// All but these.
    Drop(BTreeSet<ArchitectureName>),
    /// Code for these architectures, and nothing for GPUs of the other vendor. For one GPU, also the code that it runs
    /// instead where a module has none for them.
    Part(BTreeSet<ArchitectureName>, Option<AnyGpu>),
}

/// Which entries of a file stay: one flag for each entry of each container.
pub(super) struct Kept(Vec<Vec<bool>>);

impl Kept {
    /// Returns the containers with the flags of their entries.
    pub(super) fn containers<'a>(
        &'a self,
        code: &'a DeviceCode,
    ) -> impl Iterator<Item = (&'a Container, &'a [bool])> {
        code.containers.iter().zip(self.0.iter().map(Vec::as_slice))
    }

    /// Returns the entries that stay or those that go.
    pub(super) fn entries<'a>(
        &'a self,
        code: &'a DeviceCode,
        stay: bool,
    ) -> impl Iterator<Item = &'a Entry> {
        let containers = self.containers(code);
        let entries = containers.flat_map(|(container, kept)| container.entries.iter().zip(kept));
        entries.filter(move |(_, kept)| **kept == stay).map(|(entry, _)| entry)
    }
}

impl Selection {
    fn names(&self) -> &BTreeSet<ArchitectureName> {
        match self {
            Self::Keep(names) | Self::Drop(names) | Self::Part(names, _) => names,
        }
    }

    /// Returns `keep` or `drop`, and the names.
    pub(super) fn described(&self) -> (&'static str, Vec<&str>) {
        let option = match self {
            Self::Keep(_) | Self::Part(..) => "keep",
            Self::Drop(_) => "drop",
        };
        (option, self.names().iter().map(ArchitectureName::as_str).collect())
    }

    /// Returns the GPU that the wheel is for, if it is for one.
    pub(super) fn gpu(&self) -> Option<&AnyGpu> {
        match self {
            Self::Part(_, gpu) => gpu.as_ref(),
            Self::Keep(_) | Self::Drop(_) => None,
        }
    }

    /// Returns which entries of a file stay.
    pub(super) fn kept(&self, code: &DeviceCode) -> Kept {
        Kept(code.containers.iter().map(|container| self.kept_of(container)).collect())
    }

    fn kept_of(&self, container: &Container) -> Vec<bool> {
        let entries = &container.entries;
        let mut kept: Vec<bool> = entries.iter().map(|entry| self.names_entry(entry)).collect();
        if let Some(gpu) = self.gpu() {
            let mut best: HashMap<Option<&str>, Option<Rank>> = HashMap::new();
            for (entry, is_named) in entries.iter().zip(&kept) {
                let best = best.entry(entry.name.as_deref()).or_insert(Some((Coverage::None, 0)));
                // A module with a named entry needs no other.
                *best = best.filter(|_| !is_named).map(|best| best.max(gpu.rank(entry)));
            }
            for (entry, is_kept) in entries.iter().zip(&mut kept) {
                let rank = gpu.rank(entry);
                let best = best.get(&entry.name.as_deref()).copied().flatten();
                *is_kept |= rank.0 != Coverage::None && best == Some(rank);
            }
        }
        kept
    }

    /// Returns whether an entry stays by its name alone.
    fn names_entry(&self, entry: &Entry) -> bool {
        let found = entry.architecture_name();
        let is_unknown = entry.kind == Kind::Hip && found.parse::<ArchitectureName>().is_err();
        if is_unknown || matches!(entry.kind, Kind::Other(_)) {
            return true;
        }
        let is_named = self.names().iter().any(|name| name.matches(&found));
        match self {
            Self::Keep(names) => {
                let is_hip = entry.kind == Kind::Hip;
                is_named || !names.iter().any(|name| name.is_amd() == is_hip)
            }
            Self::Part(..) => is_named,
            Self::Drop(_) => !is_named,
        }
    }

    /// Returns an error if the wheel has no device code for one of the architectures.
    pub(super) fn check(&self, wheel: &Scanned) -> Result<(), SlimError> {
        let entries = wheel.libraries.iter().flat_map(|library| library.code.entries());
        let known = entries.filter(|entry| !matches!(entry.kind, Kind::Other(_)));
        let found: BTreeSet<String> = known.map(Entry::architecture_name).collect();
        if found.is_empty() {
            return Err(SlimError::NoDeviceCode(wheel.name()));
        }
        let is_missing = |name: &&ArchitectureName| !found.iter().any(|it| name.matches(it));
        match self.names().iter().find(is_missing) {
            None => Ok(()),
            Some(name) => Err(SlimError::UnknownArchitecture {
                wheel: wheel.name(),
                name: name.to_string(),
                found: found.into_iter().collect(),
            }),
        }
    }
}
