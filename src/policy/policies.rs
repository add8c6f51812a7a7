//! The policies that wheels for one machine and C library are judged by.

use std::collections::{BTreeMap, BTreeSet};

use super::error::PolicyError;
use super::file::PolicyFile;
use super::platform_policy::Policy;
use super::{choose, table};
use crate::platform::{Libc, Machine};

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
