//! The built-in policies, each as what it has besides the ones before it.
//!
//! The policies of a C library are written from the one that runs in most places to the one that
//! runs in fewest. Each allows all that those before it allow, so a table says a fact once: where
//! it begins to hold. A machine that comes later has what its lines said before it came.

mod android;
mod manylinux;
mod musllinux;

use std::collections::{BTreeMap, BTreeSet};

use self::android::ANDROID;
use self::manylinux::MANYLINUX;
use self::musllinux::MUSLLINUX;
use super::Policy;
use crate::platform::{Libc, Machine};

/// The policies of one C library.
pub(super) struct Table {
    /// What symbol versions begin with that every policy limits, be it to none.
    prefixes: &'static [&'static str],
    /// In descending priority.
    pub(super) steps: &'static [Step],
}

/// One policy, as it differs from the one before it. Lists of words are separated by blanks.
pub(super) struct Step {
    /// The tag without its machine.
    pub(super) name: &'static str,
    /// Older tags with the same meaning, without their machine.
    pub(super) aliases: &'static [&'static str],
    /// Unique among the policies of a C library, and lower than that of the step before.
    pub(super) priority: u32,
    /// Machines that have this policy and those after it.
    new_machines: &'static [Machine],
    /// Machines that have neither this policy nor those after it.
    gone_machines: &'static [Machine],
    /// Libraries that hosts have from here on.
    libraries: &'static str,
    /// Symbol versions that hosts have from here on: what they begin with, where, and which.
    versions: &'static [(&'static str, Machines, &'static str)],
    /// Libraries and those of their symbols that are not for use.
    private: &'static [(&'static str, &'static str)],
    /// Libraries and those of their private symbols that are for use from here on.
    public: &'static [(&'static str, &'static str)],
}

impl Step {
    /// Nothing that is different.
    const SAME: Self = Self {
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
enum Machines {
    All,
    Only(&'static [Machine]),
    Except(&'static [Machine]),
}

impl Machines {
    fn include(&self, machine: Machine) -> bool {
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
    pub(super) fn is_for(&self, name: &str, machine: Machine) -> bool {
        self.up_to(name).is_some_and(|steps| {
            steps.iter().fold(false, |is_here, step| step.is_here(machine, is_here))
        })
    }

    /// The libraries that a policy allows.
    pub(super) fn libraries(&self, name: &str) -> BTreeSet<&'static str> {
        let steps = self.up_to(name).unwrap_or_default();
        steps.iter().flat_map(|step| step.libraries.split_ascii_whitespace()).collect()
    }

    /// The symbol versions that a policy allows; `None` if it does not limit the prefix.
    pub(super) fn versions(
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

/// The table of a C library.
pub(super) fn table(libc: Libc) -> &'static Table {
    match libc {
        Libc::Glibc => &MANYLINUX,
        Libc::Musl => &MUSLLINUX,
        Libc::Android => &ANDROID,
    }
}

/// The policy that promises nothing.
pub(super) fn linux(machine: Machine) -> Policy {
    Policy {
        name: format!("linux_{machine}"),
        aliases: Vec::new(),
        priority: 0,
        symbol_versions: BTreeMap::new(),
        whitelist: BTreeSet::new(),
        blacklist: BTreeMap::new(),
    }
}

/// The built-in policies besides `linux`, in descending priority.
pub(super) fn policies(libc: Libc, machine: Machine) -> Vec<Policy> {
    let table = table(libc);
    let mut so_far = linux(machine);
    so_far.symbol_versions =
        table.prefixes.iter().map(|prefix| ((*prefix).to_owned(), BTreeSet::new())).collect();
    let mut is_here = false;
    let mut policies = Vec::new();
    for step in table.steps {
        is_here = step.is_here(machine, is_here);
        step.apply(&mut so_far, libc, machine);
        if is_here {
            policies.push(so_far.clone());
        }
    }
    policies
}

impl Step {
    /// Whether a machine has the policy, by whether it had the one before.
    fn is_here(&self, machine: Machine, was_here: bool) -> bool {
        (was_here || self.new_machines.contains(&machine)) && !self.gone_machines.contains(&machine)
    }

    fn apply(&self, policy: &mut Policy, libc: Libc, machine: Machine) {
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

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split_ascii_whitespace().map(str::to_owned)
}

/// A policy's tag for a machine.
pub(super) fn tag(name: &str, machine: Machine) -> String {
    format!("{name}_{machine}")
}

/// A library under the name that it has on a machine. musl's C library is written `libc.so`, which
/// only its development files are called.
pub(super) fn soname(name: &str, libc: Libc, machine: Machine) -> String {
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

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
