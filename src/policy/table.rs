//! The built-in policies.
//!
//! A table lists the policies of a C library from the most portable to the least portable one. Each
//! policy allows everything that the policies before it allow, so a table states a fact once: at the
//! policy where it begins to hold. A machine that joins at a later policy also gets its lines of the
//! policies before.

mod android;
mod manylinux;
mod musllinux;
mod step;

use std::collections::{BTreeMap, BTreeSet};

use self::android::ANDROID;
use self::manylinux::MANYLINUX;
use self::musllinux::MUSLLINUX;
pub(super) use self::step::{Step, Table, soname, tag};
use super::platform_policy::Policy;
use crate::platform::{Libc, Machine};

/// Returns the table of a C library.
pub(super) fn table(libc: Libc) -> &'static Table {
    match libc {
        Libc::Glibc => &MANYLINUX,
        Libc::Musl => &MUSLLINUX,
        Libc::Android => &ANDROID,
    }
}

/// Returns the policy `linux`, which promises nothing.
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

/// Returns the built-in policies except `linux`, in descending priority.
pub(super) fn policies(libc: Libc, machine: Machine) -> Vec<Policy> {
    let table = table(libc);
    let mut policy = linux(machine);
    policy.symbol_versions =
        table.prefixes.iter().map(|prefix| ((*prefix).to_owned(), BTreeSet::new())).collect();
    let mut is_covered = false;
    let mut policies = Vec::new();
    for step in table.steps {
        is_covered = step.covers(machine, is_covered);
        step.apply(&mut policy, libc, machine);
        if is_covered {
            policies.push(policy.clone());
        }
    }
    policies
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
