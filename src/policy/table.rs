//! The built-in policies, each as what it has besides the ones before it.
//!
//! The policies of a C library are written from the one that runs in most places to the one that
//! runs in fewest. Each allows all that those before it allow, so a table says a fact once: where
//! it begins to hold. A machine that comes later has what its lines said before it came.

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

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
