//! `--drop` and `--keep`: what a wheel would take without the device code of some architectures.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Serialize;
use thiserror::Error;

use super::device_code::{ArchitectureSums, WheelCode};
use crate::device_code::ArchitectureName;
use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// What a wheel would take without some architectures. All lengths are in bytes.
#[derive(Debug, Serialize)]
pub(super) struct WhatIf {
    /// The architectures without which, sorted by name.
    pub(super) dropped: Vec<ArchitectureSums>,
    /// The names of the others, sorted.
    pub(super) kept: Vec<String>,
    /// Device code less in the libraries.
    pub(super) bytes: u64,
    /// About how many bytes less in the archive.
    pub(super) bytes_in_wheel: u64,
    /// Always true: `bytes_in_wheel` is an estimate.
    pub(super) estimated: bool,
}

/// `--drop` or `--keep` names an architecture that the wheel does not have.
#[derive(Debug, Error)]
#[error(
    "`{}`: expected an architecture of its device code, found `{name}`",
    escape_truncated(wheel)
)]
pub(super) struct UnknownArchitecture {
    wheel: String,
    name: ArchitectureName,
    known: String,
}

impl Diagnose for UnknownArchitecture {
    fn hint(&self) -> Option<Cow<'static, str>> {
        Some(if self.known.is_empty() {
            "it has no device code".into()
        } else {
            format!("it has {}", self.known).into()
        })
    }
}

/// Which architectures go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Selection<'a> {
    /// These go, if there are any.
    pub(super) drop: &'a [ArchitectureName],
    /// All others go, if there are any of these.
    pub(super) keep: &'a [ArchitectureName],
}

impl WhatIf {
    /// Returns what `wheel` would take; `None` if no architecture is named.
    pub(super) fn of(
        wheel: &str,
        code: &WheelCode,
        selection: Selection<'_>,
    ) -> Result<Option<Self>, UnknownArchitecture> {
        let Selection { drop, keep } = selection;
        if drop.is_empty() && keep.is_empty() {
            return Ok(None);
        }
        let is_known = |name: &ArchitectureName| {
            code.architectures.iter().any(|sums| name.matches(&sums.name))
        };
        if let Some(name) = drop.iter().chain(keep).find(|name| !is_known(name)) {
            let known: BTreeSet<&str> =
                code.architectures.iter().map(|sums| sums.name.as_str()).collect();
            let known = known.into_iter().collect::<Vec<_>>().join(", ");
            return Err(UnknownArchitecture {
                wheel: wheel.to_owned(),
                name: name.clone(),
                known: escape_truncated(&known),
            });
        }
        let is_named = |names: &[ArchitectureName], sums: &&ArchitectureSums| {
            names.iter().any(|name| name.matches(&sums.name))
        };
        let goes = |sums: &&ArchitectureSums| {
            if keep.is_empty() { is_named(drop, sums) } else { !is_named(keep, sums) }
        };
        let (dropped, kept): (Vec<&ArchitectureSums>, Vec<&ArchitectureSums>) =
            code.architectures.iter().partition(goes);
        let sum = |of: fn(&ArchitectureSums) -> u64| {
            dropped.iter().map(|sums| of(sums)).fold(0, u64::saturating_add)
        };
        let (bytes, bytes_in_wheel) = (sum(|it| it.bytes), sum(|it| it.bytes_in_wheel));
        let names: BTreeSet<&String> = kept.iter().map(|sums| &sums.name).collect();
        Ok(Some(Self {
            kept: names.into_iter().cloned().collect(),
            dropped: dropped.into_iter().cloned().collect(),
            bytes,
            bytes_in_wheel,
            estimated: true,
        }))
    }
}
