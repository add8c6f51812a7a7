//! Which architectures stay.

use std::collections::{BTreeSet, HashMap};

use super::error::SlimError;
use super::scanned::Scanned;
use crate::device_code::{
    Architecture, ArchitectureName, Container, Coverage, DeviceCode, Entry, Gpu, Kind,
};

/// What stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Selection {
    /// These architectures.
    Keep(BTreeSet<ArchitectureName>),
    /// All but these.
    Drop(BTreeSet<ArchitectureName>),
    /// What one GPU runs: code for these architectures, and where a module has none, the code that it runs instead.
    OneGpu(BTreeSet<ArchitectureName>, Gpu),
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

/// How well a GPU runs an entry: the driver takes the best.
type Rank = (Coverage, u32);

impl Selection {
    fn names(&self) -> &BTreeSet<ArchitectureName> {
        match self {
            Self::Keep(names) | Self::Drop(names) | Self::OneGpu(names, _) => names,
        }
    }

    /// Returns `keep` or `drop`, and the names.
    pub(super) fn described(&self) -> (&'static str, Vec<&str>) {
        let option = match self {
            Self::Keep(_) | Self::OneGpu(..) => "keep",
            Self::Drop(_) => "drop",
        };
        (option, self.names().iter().map(ArchitectureName::as_str).collect())
    }

    /// Returns the GPU that the wheel is for, if it is for one.
    pub(super) fn gpu(&self) -> Option<Gpu> {
        match self {
            Self::OneGpu(_, gpu) => Some(*gpu),
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
        if let Self::OneGpu(_, gpu) = self {
            let mut best: HashMap<Option<&str>, Option<Rank>> = HashMap::new();
            for (entry, is_named) in entries.iter().zip(&kept) {
                let best = best.entry(entry.name.as_deref()).or_insert(Some((Coverage::None, 0)));
                // A module with a named entry needs no other.
                *best = best.filter(|_| !is_named).map(|best| best.max(rank(*gpu, entry)));
            }
            for (entry, is_kept) in entries.iter().zip(&mut kept) {
                let rank = rank(*gpu, entry);
                let best = best.get(&entry.name.as_deref()).copied().flatten();
                *is_kept |= rank.0 != Coverage::None && best == Some(rank);
            }
        }
        kept
    }

    /// Returns whether an entry stays by its name alone.
    fn names_entry(&self, entry: &Entry) -> bool {
        if matches!(entry.kind, Kind::Other(_)) {
            return true;
        }
        let found = entry.architecture_name();
        let is_named = self.names().iter().any(|name| name.matches(&found));
        match self {
            Self::Keep(names) | Self::OneGpu(names, _) => {
                let is_hip = entry.kind == Kind::Hip;
                let is_of_vendor =
                    |name: &ArchitectureName| name.as_str().starts_with("gfx") == is_hip;
                is_named || !names.iter().any(is_of_vendor)
            }
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

fn rank(gpu: Gpu, entry: &Entry) -> Rank {
    let number = match entry.architecture {
        Architecture::Cuda { number, .. } => number,
        Architecture::Amd(_) => 0,
    };
    (gpu.runs(entry.kind, &entry.architecture), number)
}
