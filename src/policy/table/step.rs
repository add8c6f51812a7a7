//! The built-in policies as steps: each policy says what it has besides the one before it.

use std::collections::BTreeSet;

use crate::platform::{Libc, Machine};
use crate::policy::platform_policy::Policy;

/// The policies of one C library.
pub(in crate::policy) struct Table {
    /// What symbol versions begin with that every policy limits, be it to none.
    pub(super) prefixes: &'static [&'static str],
    /// In descending priority.
    pub(in crate::policy) steps: &'static [Step],
}

/// One policy, as it differs from the one before it. Lists of words are separated by blanks.
pub(in crate::policy) struct Step {
    /// The tag without its machine.
    pub(in crate::policy) name: &'static str,
    /// Older tags with the same meaning, without their machine.
    pub(in crate::policy) aliases: &'static [&'static str],
    /// Unique among the policies of a C library, and lower than that of the step before.
    pub(in crate::policy) priority: u32,
    /// Machines that have this policy and those after it.
    pub(super) new_machines: &'static [Machine],
    /// Machines that have neither this policy nor those after it.
    pub(super) gone_machines: &'static [Machine],
    /// Libraries that hosts have from here on.
    pub(super) libraries: &'static str,
    /// Symbol versions that hosts have from here on: what they begin with, where, and which.
    pub(super) versions: &'static [(&'static str, Machines, &'static str)],
    /// Libraries and those of their symbols that are not for use.
    pub(super) private: &'static [(&'static str, &'static str)],
    /// Libraries and those of their private symbols that are for use from here on.
    pub(super) public: &'static [(&'static str, &'static str)],
}

impl Step {
    /// Nothing that is different.
    pub(super) const SAME: Self = Self {
        name: "",
        aliases: &[],
        priority: 0,
        new_machines: &[],
        gone_machines: &[],
        libraries: "",
        versions: &[],
        private: &[],
        public: &[],
    };
}

/// On which machines a line holds.
pub(super) enum Machines {
    All,
    Only(&'static [Machine]),
    Except(&'static [Machine]),
}

impl Machines {
    pub(super) fn include(&self, machine: Machine) -> bool {
        match self {
            Self::All => true,
            Self::Only(machines) => machines.contains(&machine),
            Self::Except(machines) => !machines.contains(&machine),
        }
    }
}

impl Table {
    /// The steps up to a policy; `None` if there is no such policy.
    fn up_to(&self, name: &str) -> Option<&'static [Step]> {
        let last = self.steps.iter().position(|step| step.name == name)?;
        self.steps.get(..=last)
    }

    /// Whether a policy is for a machine.
    pub(in crate::policy) fn is_for(&self, name: &str, machine: Machine) -> bool {
        self.up_to(name).is_some_and(|steps| {
            steps.iter().fold(false, |is_here, step| step.is_here(machine, is_here))
        })
    }

    /// The libraries that a policy allows.
    pub(in crate::policy) fn libraries(&self, name: &str) -> BTreeSet<&'static str> {
        let steps = self.up_to(name).unwrap_or_default();
        steps.iter().flat_map(|step| step.libraries.split_ascii_whitespace()).collect()
    }

    /// The symbol versions that a policy allows; `None` if it does not limit the prefix.
    pub(in crate::policy) fn versions(
        &self,
        name: &str,
        machine: Machine,
        prefix: &str,
    ) -> Option<BTreeSet<String>> {
        let steps = self.up_to(name)?;
        let lines = steps
            .iter()
            .flat_map(|step| step.versions)
            .filter(|(of_line, machines, _)| *of_line == prefix && machines.include(machine));
        let versions = lines.flat_map(|(_, _, versions)| words(versions)).collect();
        self.prefixes.contains(&prefix).then_some(versions)
    }
}

impl Step {
    /// Whether a machine has the policy, by whether it had the one before.
    pub(super) fn is_here(&self, machine: Machine, was_here: bool) -> bool {
        (was_here || self.new_machines.contains(&machine)) && !self.gone_machines.contains(&machine)
    }

    pub(super) fn apply(&self, policy: &mut Policy, libc: Libc, machine: Machine) {
        policy.name = tag(self.name, machine);
        policy.aliases = self.aliases.iter().map(|alias| tag(alias, machine)).collect();
        policy.priority = self.priority;
        policy.whitelist.extend(words(self.libraries).map(|name| soname(&name, libc, machine)));
        for (prefix, machines, versions) in self.versions {
            if machines.include(machine) {
                let allowed = policy.symbol_versions.entry((*prefix).to_owned()).or_default();
                allowed.extend(words(versions));
            }
        }
        for (library, symbols) in self.private {
            policy.blacklist.entry((*library).to_owned()).or_default().extend(words(symbols));
        }
        for (library, symbols) in self.public {
            if let Some(private) = policy.blacklist.get_mut(*library) {
                for symbol in symbols.split_ascii_whitespace() {
                    private.remove(symbol);
                }
            }
        }
        policy.blacklist.retain(|_, symbols| !symbols.is_empty());
    }
}

pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    text.split_ascii_whitespace().map(str::to_owned)
}

/// A policy's tag for a machine.
pub(in crate::policy) fn tag(name: &str, machine: Machine) -> String {
    format!("{name}_{machine}")
}

/// A library under the name that it has on a machine. musl's C library is written `libc.so`, which
/// only its development files are called.
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
