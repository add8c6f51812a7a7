//! Libraries that are not in the wheel, each with the file in the wheel that needs it itself: that is
//! where something can be done about it, not in the extension module that is imported.

use std::collections::BTreeMap;

use super::trees::{Elf, Elves};
use super::verdict::externals_of;
use crate::elf::{FileLocation, Tree};
use crate::platform::Libc;
use crate::policy::Policy;

/// A library that one file in the wheel needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct External {
    /// The file in the wheel.
    pub(super) elf: String,
    pub(super) soname: String,
    /// Where it was found on the host.
    pub(super) place: Option<FileLocation>,
    /// The library outside the wheel that needs it, if it is not the file itself.
    pub(super) through: Option<String>,
}

/// What the files of a wheel need and a policy does not allow, by file and soname.
pub(super) fn externals(elves: &Elves, policy: &Policy, libc: Libc) -> Vec<External> {
    let mut found: BTreeMap<(String, String), External> = BTreeMap::new();
    for (elf, tree) in elves.roots() {
        for (soname, place) in externals_of(tree, policy, libc).libraries {
            for (user, through) in users(elf, tree, &soname) {
                let external = External {
                    elf: user.clone(),
                    soname: soname.clone(),
                    place: place.clone(),
                    through,
                };
                found.entry((user, soname.clone())).or_insert(external);
            }
        }
    }
    found.into_values().collect()
}

/// The files in the wheel that need a library themselves, or the one whose tree it is in, with the
/// library outside through which it comes.
fn users(elf: &Elf, tree: &Tree, soname: &str) -> Vec<(String, Option<String>)> {
    let needs = |needed: &[String]| needed.iter().any(|name| name == soname);
    let mut users = Vec::new();
    if needs(&tree.needed) {
        users.push((elf.path.clone(), None));
    }
    let mut outside = None;
    for library in tree.libraries.iter().filter(|library| needs(&library.needed)) {
        match &library.real {
            Some(FileLocation::Inner(path)) => users.push((path.clone(), None)),
            _ => outside = outside.or(Some(library.soname.clone())),
        }
    }
    if users.is_empty() {
        users.push((elf.path.clone(), outside));
    }
    users
}
