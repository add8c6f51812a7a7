//! One policy of a policy file.

use std::collections::{BTreeMap, BTreeSet};

use crate::platform::{Libc, Machine};
use crate::policy::platform_policy::Policy;
use crate::policy::table::{self, soname, tag};

/// One policy of a file, for all machines. Names and aliases are tags without the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CustomPolicy {
    pub(super) libc: Libc,
    pub(super) name: String,
    pub(super) aliases: Vec<String>,
    pub(super) priority: u32,
    /// The built-in policy to start from. Without one, the policy is for the machines that
    /// `symbol_versions` lists.
    pub(super) based_on: Option<&'static str>,
    pub(super) allow_libraries: BTreeSet<String>,
    pub(super) forbid_libraries: BTreeSet<String>,
    /// All allowed versions by machine and prefix. They replace those of the base.
    pub(super) symbol_versions: BTreeMap<Machine, BTreeMap<String, BTreeSet<String>>>,
    /// Forbidden symbols by library, in addition to those of the base.
    pub(super) forbid_symbols: BTreeMap<String, BTreeSet<String>>,
}

impl CustomPolicy {
    /// Returns the policy for a machine. `built_in`: the built-in policies of the machine. `None` if the
    /// policy is not for the machine.
    pub(super) fn for_machine(&self, machine: Machine, built_in: &[Policy]) -> Option<Policy> {
        let mut policy = match self.based_on {
            Some(base) => {
                let base = tag(base, machine);
                built_in.iter().find(|policy| policy.name == base)?.clone()
            }
            None if self.symbol_versions.contains_key(&machine) => table::linux(machine),
            None => return None,
        };
        policy.name = tag(&self.name, machine);
        policy.aliases = self.aliases.iter().map(|alias| tag(alias, machine)).collect();
        policy.priority = self.priority;
        let soname = |name: &String| soname(name, self.libc, machine);
        policy.whitelist.extend(self.allow_libraries.iter().map(soname));
        for library in self.forbid_libraries.iter().map(soname) {
            policy.whitelist.remove(&library);
            policy.blacklist.remove(&library);
        }
        policy
            .symbol_versions
            .extend(self.symbol_versions.get(&machine).cloned().unwrap_or_default());
        for (library, symbols) in &self.forbid_symbols {
            policy.blacklist.entry(soname(library)).or_default().extend(symbols.iter().cloned());
        }
        Some(policy)
    }

    /// Iterates over the name and the aliases.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.name).chain(&self.aliases).map(String::as_str)
    }
}
