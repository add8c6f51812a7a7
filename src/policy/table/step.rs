//! The form of the built-in tables: each policy is a step, its difference from the policy before it.

use std::collections::BTreeSet;

use crate::platform::{Libc, Machine};
use crate::policy::platform_policy::Policy;

/// The policies of one C library.
pub(in crate::policy) struct Table {
    /// Prefixes of symbol versions, such as `GLIBC`, that every policy limits. A policy may allow no
    /// version of a prefix.
    pub(super) prefixes: &'static [&'static str],
    /// The policies, in descending priority.
    pub(in crate::policy) steps: &'static [Step],
}

/// One policy as its difference from the policy before it. Texts with several words separate them by
/// blanks.
pub(in crate::policy) struct Step {
    /// The tag without its machine.
    pub(in crate::policy) name: &'static str,
    /// Older tags with the same meaning, without their machine.
    pub(in crate::policy) aliases: &'static [&'static str],
    /// The priority: unique among the policies of a C library, and lower than that of the step before.
    pub(in crate::policy) priority: u32,
    /// Machines that have this policy and all policies after it.
    pub(super) added_machines: &'static [Machine],
    /// Machines that have neither this policy nor any policy after it.
    pub(super) removed_machines: &'static [Machine],
    /// Libraries that hosts have from this policy on.
    pub(super) libraries: &'static str,
    /// Symbol versions that hosts have from this policy on: the prefix, the machines, the versions.
    pub(super) versions: &'static [(&'static str, Machines, &'static str)],
    /// Libraries and their private symbols, which wheels may not use.
    pub(super) private_symbols: &'static [(&'static str, &'static str)],
    /// Libraries and those of their private symbols that wheels may use from this policy on.
    pub(super) public_symbols: &'static [(&'static str, &'static str)],
}

impl Step {
    /// A step without a difference; tables fill in the rest.
    pub(super) const UNCHANGED: Self = Self {
        name: "",
        aliases: &[],
        priority: 0,
        added_machines: &[],
        removed_machines: &[],
        libraries: "",
        versions: &[],
        private_symbols: &[],
        public_symbols: &[],
    };
}

/// The machines that a line of a table is for.
pub(super) enum Machines {
    All,
    Only(&'static [Machine]),
    Except(&'static [Machine]),
}

impl Machines {
    pub(super) fn contains(&self, machine: Machine) -> bool {
        match self {
            Self::All => true,
            Self::Only(machines) => machines.contains(&machine),
            Self::Except(machines) => !machines.contains(&machine),
        }
    }
}

impl Table {
    /// Returns the steps up to and including a policy; `None` if the table has no such policy.
    fn steps_up_to(&self, name: &str) -> Option<&'static [Step]> {
        let last = self.steps.iter().position(|step| step.name == name)?;
        self.steps.get(..=last)
    }

    /// Returns whether a policy is for a machine.
    pub(in crate::policy) fn covers(&self, name: &str, machine: Machine) -> bool {
        self.steps_up_to(name).is_some_and(|steps| {
            steps.iter().fold(false, |is_covered, step| step.covers(machine, is_covered))
        })
    }

    /// Returns the libraries that a policy allows.
    pub(in crate::policy) fn libraries(&self, name: &str) -> BTreeSet<&'static str> {
        let steps = self.steps_up_to(name).unwrap_or_default();
        steps.iter().flat_map(|step| step.libraries.split_ascii_whitespace()).collect()
    }

    /// Returns the symbol versions that a policy allows; `None` if it does not limit the prefix.
    pub(in crate::policy) fn versions(
        &self,
        name: &str,
        machine: Machine,
        prefix: &str,
    ) -> Option<BTreeSet<String>> {
        let steps = self.steps_up_to(name)?;
        let lines = steps
            .iter()
            .flat_map(|step| step.versions)
            .filter(|(of_line, machines, _)| *of_line == prefix && machines.contains(machine));
        let versions = lines.flat_map(|(_, _, versions)| split_words(versions)).collect();
        self.prefixes.contains(&prefix).then_some(versions)
    }
}

impl Step {
    /// Returns whether a machine has the policy. `was_covered`: whether it has the policy before.
    pub(super) fn covers(&self, machine: Machine, was_covered: bool) -> bool {
        (was_covered || self.added_machines.contains(&machine))
            && !self.removed_machines.contains(&machine)
    }

    /// Turns the policy before this step into the policy of this step.
    pub(super) fn apply(&self, policy: &mut Policy, libc: Libc, machine: Machine) {
        policy.name = tag(self.name, machine);
        policy.aliases = self.aliases.iter().map(|alias| tag(alias, machine)).collect();
        policy.priority = self.priority;
        policy
            .whitelist
            .extend(split_words(self.libraries).map(|name| soname(&name, libc, machine)));
        for (prefix, machines, versions) in self.versions {
            if machines.contains(machine) {
                let allowed = policy.symbol_versions.entry((*prefix).to_owned()).or_default();
                allowed.extend(split_words(versions));
            }
        }
        for (library, symbols) in self.private_symbols {
            policy.blacklist.entry((*library).to_owned()).or_default().extend(split_words(symbols));
        }
        for (library, symbols) in self.public_symbols {
            if let Some(private) = policy.blacklist.get_mut(*library) {
                for symbol in symbols.split_ascii_whitespace() {
                    private.remove(symbol);
                }
            }
        }
        policy.blacklist.retain(|_, symbols| !symbols.is_empty());
    }
}

/// Splits a text at blanks.
pub(super) fn split_words(text: &str) -> impl Iterator<Item = String> {
    text.split_ascii_whitespace().map(str::to_owned)
}

/// Returns the platform tag of a policy on a machine.
pub(in crate::policy) fn tag(name: &str, machine: Machine) -> String {
    format!("{name}_{machine}")
}

/// Returns the name that a library has on a machine. The tables write musl's C library as `libc.so`:
/// on hosts its name contains the machine.
pub(in crate::policy) fn soname(name: &str, libc: Libc, machine: Machine) -> String {
    match (libc, name) {
        (Libc::Musl, "libc.so") => {
            let machine = match machine {
                Machine::I686 => "x86".to_owned(),
                Machine::Armv7l => "armv7".to_owned(),
                _ => machine.to_string(),
            };
            format!("libc.musl-{machine}.so.1")
        }
        _ => name.to_owned(),
    }
}
