//! One policy: what a wheel with a platform tag may need of its host.

use std::collections::{BTreeMap, BTreeSet};

/// One policy, for one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The platform tag: `manylinux_2_17_x86_64`.
    pub name: String,
    /// Older tags with the same meaning: `manylinux2014_x86_64`.
    pub aliases: Vec<String>,
    /// The higher, the more portable; 0 is `linux`, which promises nothing.
    pub priority: u32,
    /// Allowed symbol versions by the part before the first `_`: `GLIBC` → `2.2.5`, `2.3`, …
    /// A prefix that is not listed is not limited.
    pub symbol_versions: BTreeMap<String, BTreeSet<String>>,
    /// Sonames that every host has.
    pub whitelist: BTreeSet<String>,
    /// Symbols of whitelisted libraries that wheels may not use, by soname.
    pub blacklist: BTreeMap<String, BTreeSet<String>>,
}

impl Policy {
    /// Returns whether a platform tag is this policy's name or one of its aliases.
    #[must_use]
    pub fn has_name(&self, tag: &str) -> bool {
        let mut names = std::iter::once(&self.name).chain(&self.aliases);
        names.any(|name| name.eq_ignore_ascii_case(tag))
    }

    /// Returns whether hosts may lack a symbol version, such as `GLIBC_2.34`.
    ///
    /// A version whose prefix is not in [`Self::symbol_versions`] is never forbidden: it belongs to a
    /// library that the policy does not limit by version.
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
