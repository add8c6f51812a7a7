//! The platform policies of Linux wheels: what a wheel with a tag may need of its host.
//!
//! manylinux is PEP 600, musllinux PEP 656, Android PEP 738.

use std::collections::{BTreeMap, BTreeSet};

use crate::elf::{Libc, Machine};

/// One policy, for one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The platform tag: `manylinux_2_17_x86_64`.
    pub name: String,
    /// Older tags with the same meaning: `manylinux2014_x86_64`.
    pub aliases: Vec<String>,
    /// Higher runs in more places; 0 is `linux`, which promises nothing.
    pub priority: u32,
    /// Allowed symbol versions by what stands before the first `_`: `GLIBC` → `2.2.5`, `2.3`, …
    /// Prefixes that are not listed are not limited.
    pub symbol_versions: BTreeMap<String, BTreeSet<String>>,
    /// Sonames that every host has.
    pub whitelist: BTreeSet<String>,
    /// Symbols of whitelisted libraries that are not for use, by soname.
    pub blacklist: BTreeMap<String, BTreeSet<String>>,
}

/// The policies that a wheel for one machine and C library can meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policies {
    libc: Libc,
    machine: Machine,
    /// In ascending priority; the first is `linux`.
    list: Vec<Policy>,
}

impl Policies {
    /// For which C library.
    #[must_use]
    pub fn libc(&self) -> Libc {
        self.libc
    }

    /// For which machine.
    #[must_use]
    pub fn machine(&self) -> Machine {
        self.machine
    }

    /// All, in ascending priority, `linux` first.
    pub fn iter(&self) -> std::slice::Iter<'_, Policy> {
        self.list.iter()
    }
}
