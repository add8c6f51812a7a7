//! Checks that no two policies share a name, or a priority of the same C library.

use std::collections::{BTreeMap, BTreeSet};

use super::custom::CustomPolicy;
use super::item::Item;
use crate::platform::Libc;
use crate::policy::error::PolicyError;
use crate::policy::table;

/// Checks the policies of a file against each other and against the built-in ones. `items`: the table
/// of each policy.
pub(super) fn check_unique(
    items: &[Item<'_>],
    policies: &[CustomPolicy],
) -> Result<(), PolicyError> {
    check_names(items, policies)?;
    check_priorities(items, policies)
}

fn check_names(items: &[Item<'_>], policies: &[CustomPolicy]) -> Result<(), PolicyError> {
    let built_in: BTreeMap<&str, &str> = built_in_steps()
        .flat_map(|(_, step)| {
            std::iter::once(&step.name).chain(step.aliases).map(|name| (*name, step.name))
        })
        .collect();
    let mut in_file: BTreeSet<&str> = BTreeSet::new();
    for (item, policy) in items.iter().zip(policies) {
        for name in policy.names() {
            let owner = built_in.get(name).filter(|owner| **owner != policy.name);
            if let Some(owner) = owner {
                let found = format!("`{name}`, which is a name of the built-in `{owner}`");
                let hint = "to replace a built-in policy, use its first name";
                return Err(item.refuse_as("names that no other policy has", &found, hint));
            }
            if !in_file.insert(name) {
                let found = format!("`{name}` a second time");
                let hint = "a name or alias belongs to one policy of the file";
                return Err(item.refuse_as("names that no other policy has", &found, hint));
            }
        }
    }
    Ok(())
}

fn check_priorities(items: &[Item<'_>], policies: &[CustomPolicy]) -> Result<(), PolicyError> {
    let replaced: BTreeSet<&str> = policies.iter().map(|policy| policy.name.as_str()).collect();
    let mut owners: BTreeMap<(Libc, u32), &str> = built_in_steps()
        .filter(|(_, step)| !replaced.contains(step.name))
        .map(|(libc, step)| ((libc, step.priority), step.name))
        .collect();
    for (item, policy) in items.iter().zip(policies) {
        if let Some(owner) = owners.insert((policy.libc, policy.priority), &policy.name) {
            let found = format!("{} for `{}`, which `{owner}` has", policy.priority, policy.name);
            let hint = "choose a free number, or give the other policy a new one: a policy with \
                        `name` and `based-on` of a built-in one and another `priority`";
            return Err(item.refuse_as("a priority that no other policy has", &found, hint));
        }
    }
    Ok(())
}

/// Iterates over the built-in policies of all C libraries.
fn built_in_steps() -> impl Iterator<Item = (Libc, &'static table::Step)> {
    [Libc::Glibc, Libc::Musl, Libc::Android]
        .into_iter()
        .flat_map(|libc| table::table(libc).steps.iter().map(move |step| (libc, step)))
}
