//! The policies that wheels for one machine and C library are judged by.

use std::collections::{BTreeMap, BTreeSet};

use super::error::PolicyError;
use super::file::PolicyFile;
use super::platform_policy::Policy;
use super::{choose, table};
use crate::platform::{Libc, Machine};
use crate::wheel::PlatformTag;

/// The policies that a wheel for one machine and C library can meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policies {
    libc: Libc,
    machine: Machine,
    /// In strictly ascending priority. The first is `linux`.
    list: Vec<Policy>,
}

impl Policies {
    /// Returns the policies for wheels of a machine and C library.
    ///
    /// - glibc: all policies, for any platform tags of the wheel.
    /// - musl: one of the policies named `musllinux_X_Y`. If the tags name some of them, the one with
    ///   the highest priority; otherwise the latest.
    /// - Android: one policy, named like the wheel's only tag: that of the highest API level that is
    ///   not above the tag's.
    ///
    /// A machine without policies for the C library has `linux` only.
    ///
    /// # Errors
    ///
    /// An Android wheel must have exactly one tag, with an API level of at least the lowest policy's.
    pub fn new(
        libc: Libc,
        machine: Machine,
        platform_tags: &[&str],
        extra: Option<&PolicyFile>,
    ) -> Result<Self, PolicyError> {
        let mut list = Self::all(libc, machine, extra);
        match libc {
            Libc::Glibc => {}
            Libc::Musl => choose::select_musl_policy(&mut list, machine, platform_tags),
            Libc::Android => choose::select_android_policy(&mut list, machine, platform_tags)?,
        }
        Ok(Self { libc, machine, list })
    }

    /// Returns the policies by which a platform tag is judged, and the index of its own; `None` if
    /// there is no policy for it.
    ///
    /// - glibc: a tag between two policies, such as `manylinux_2_18`, gets one of its own: that of the
    ///   next older glibc with the symbol versions up to the tag's. So does a tag that is older than
    ///   every policy.
    /// - musl: the policy of the latest musl that is not newer than the tag's.
    /// - Android: see [`Policies::new`].
    ///
    /// # Errors
    ///
    /// An API level of Android that is below every policy's.
    pub fn for_tag(
        libc: Libc,
        machine: Machine,
        tag: &PlatformTag,
        extra: Option<&PolicyFile>,
    ) -> Result<Option<(Self, usize)>, PolicyError> {
        let mut list = Self::all(libc, machine, extra);
        let at = match (libc, tag.libc_version()) {
            (Libc::Glibc, Some((_, version))) => choose::glibc_policy(&mut list, machine, version),
            (Libc::Musl, Some((_, version))) => {
                let Some(name) = choose::musl_policy(&list, machine, version) else {
                    return Ok(None);
                };
                choose::select_musl_policy(&mut list, machine, &[&name]);
                list.iter().position(|policy| policy.name == name)
            }
            (Libc::Android, _) => {
                choose::select_android_policy(&mut list, machine, &[&tag.to_string()])?;
                list.len().checked_sub(1).filter(|last| *last > 0)
            }
            _ => None,
        };
        Ok(at.map(|at| (Self { libc, machine, list }, at)))
    }

    /// Returns the policies of a C library, `linux` first.
    fn all(libc: Libc, machine: Machine, extra: Option<&PolicyFile>) -> Vec<Policy> {
        let mut list = table::policies(libc, machine);
        list.push(table::linux(machine));
        if let Some(file) = extra {
            file.apply(&mut list, libc, machine);
        }
        list.sort_by_key(|policy| policy.priority);
        list
    }

    /// Makes every policy but `linux` promise more libraries.
    pub fn promise<'a>(&mut self, libraries: impl Iterator<Item = &'a String>) {
        let libraries: Vec<&String> = libraries.collect();
        for policy in self.list.iter_mut().skip(1) {
            policy.whitelist.extend(libraries.iter().copied().cloned());
        }
    }

    /// Returns the C library that these policies are for.
    #[must_use]
    pub fn libc(&self) -> Libc {
        self.libc
    }

    /// Returns the machine that these policies are for.
    #[must_use]
    pub fn machine(&self) -> Machine {
        self.machine
    }

    /// Iterates over all policies in ascending priority, `linux` first.
    pub fn iter(&self) -> std::slice::Iter<'_, Policy> {
        self.list.iter()
    }

    /// Returns `linux`: it promises nothing, so every wheel meets it.
    #[must_use]
    pub fn linux(&self) -> &Policy {
        &self.list[0]
    }

    /// Returns the most portable policy.
    #[must_use]
    pub fn highest(&self) -> &Policy {
        &self.list[self.list.len() - 1]
    }

    /// Returns the least portable policy except `linux`; `linux` if there is no other.
    #[must_use]
    pub fn lowest(&self) -> &Policy {
        self.list.get(1).unwrap_or(self.linux())
    }

    /// Returns the policy with this name or alias.
    #[must_use]
    pub fn by_name(&self, tag: &str) -> Option<&Policy> {
        self.iter().find(|policy| policy.has_name(tag))
    }

    /// Returns the most portable policy that forbids none of the needed symbol versions. `versions`:
    /// by the soname of the library that must define them.
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
