//! Which architectures stay.

use std::collections::BTreeSet;

use super::error::SlimError;
use super::scanned::Scanned;
use crate::device_code::{ArchitectureName, Entry, Kind};

/// Names of architectures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Selection {
    /// These stay.
    Keep(BTreeSet<ArchitectureName>),
    /// These go.
    Drop(BTreeSet<ArchitectureName>),
}

impl Selection {
    fn names(&self) -> &BTreeSet<ArchitectureName> {
        match self {
            Self::Keep(names) | Self::Drop(names) => names,
        }
    }

    /// Returns `keep` or `drop`, and the names.
    pub(super) fn described(&self) -> (&'static str, Vec<&str>) {
        let option = match self {
            Self::Keep(_) => "keep",
            Self::Drop(_) => "drop",
        };
        (option, self.names().iter().map(ArchitectureName::as_str).collect())
    }

    /// Returns whether an entry stays.
    pub(super) fn keeps(&self, entry: &Entry) -> bool {
        if matches!(entry.kind, Kind::Other(_)) {
            return true;
        }
        let found = entry.architecture_name();
        let is_named = self.names().iter().any(|name| name.matches(&found));
        match self {
            Self::Keep(names) => {
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
