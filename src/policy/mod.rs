//! The platform policies of Linux wheels: what a wheel with a tag may need of its host.
//!
//! manylinux is PEP 600, musllinux PEP 656, Android PEP 738. The policies are those of auditwheel
//! 6.8.2; a [`PolicyFile`] adds to them or replaces some.

mod choose;
mod error;
mod file;
mod table;

use std::collections::{BTreeMap, BTreeSet};

pub use self::error::PolicyError;
pub use self::file::PolicyFile;
use crate::platform::{Libc, Machine};

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

impl Policy {
    /// Whether a platform tag is this policy's name or one of its aliases.
    #[must_use]
    pub fn has_name(&self, tag: &str) -> bool {
        let mut names = std::iter::once(&self.name).chain(&self.aliases);
        names.any(|name| name.eq_ignore_ascii_case(tag))
    }

    /// Whether hosts may lack a symbol version, such as `GLIBC_2.34`.
    ///
    /// Versions that begin with anything but the prefixes in [`Self::symbol_versions`] are never
    /// forbidden: they belong to libraries that the policy does not limit by version.
    #[must_use]
    pub fn forbids(&self, version: &str) -> bool {
        let (prefix, rest) = match version.split_once('_') {
            Some((prefix, rest)) => (prefix, Some(rest)),
            None => (version, None),
        };
        let limited = self.symbol_versions.get(prefix);
        limited.is_some_and(|allowed| !rest.is_some_and(|rest| allowed.contains(rest)))
    }
}

/// The policies that a wheel for one machine and C library can meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policies {
    libc: Libc,
    machine: Machine,
    /// In ascending priority, no two of which are the same. The first is `linux`.
    list: Vec<Policy>,
}

impl Policies {
    /// The policies for wheels of a machine and C library.
    ///
    /// With glibc the wheel's platform tags do not count. With musl, one of the policies named
    /// `musllinux_X_Y` is kept: the first in priority that the tags name, else the latest. With
    /// Android there must be exactly one tag: of the policies, that of the highest API level which
    /// is not above the tag's is kept, under the tag's name.
    ///
    /// A machine that has no policies for the C library has `linux` only.
    pub fn new(
        libc: Libc,
        machine: Machine,
        platform_tags: &[&str],
        extra: Option<&PolicyFile>,
    ) -> Result<Self, PolicyError> {
        let mut list = table::policies(libc, machine);
        list.push(table::linux(machine));
        if let Some(file) = extra {
            file.apply(&mut list, libc, machine);
        }
        list.sort_by_key(|policy| policy.priority);
        match libc {
            Libc::Glibc => {}
            Libc::Musl => choose::keep_one_musl(&mut list, machine, platform_tags),
            Libc::Android => choose::keep_one_android(&mut list, machine, platform_tags)?,
        }
        Ok(Self { libc, machine, list })
    }

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

    /// The policy that promises nothing, and that every wheel meets.
    #[must_use]
    pub fn linux(&self) -> &Policy {
        &self.list[0]
    }

    /// The policy that runs in most places.
    #[must_use]
    pub fn highest(&self) -> &Policy {
        &self.list[self.list.len() - 1]
    }

    /// The policy that runs in fewest places, besides `linux`; `linux` if there is no other.
    #[must_use]
    pub fn lowest(&self) -> &Policy {
        self.list.get(1).unwrap_or(self.linux())
    }

    /// The policy that a platform tag is the name or an alias of.
    #[must_use]
    pub fn by_name(&self, tag: &str) -> Option<&Policy> {
        self.iter().find(|policy| policy.has_name(tag))
    }

    /// The highest policy that forbids none of the symbol versions: those that are needed, by the
    /// library that is to have them.
    #[must_use]
    pub fn symbols_policy(&self, versions: &BTreeMap<String, BTreeSet<String>>) -> &Policy {
        let meets = |policy: &&Policy| !versions.values().flatten().any(|it| policy.forbids(it));
        self.iter().rfind(meets).unwrap_or(self.linux())
    }
}

impl<'a> IntoIterator for &'a Policies {
    type Item = &'a Policy;
    type IntoIter = std::slice::Iter<'a, Policy>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
#[path = "policies_tests.rs"]
mod tests;
