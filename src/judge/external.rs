//! External libraries, each with the file in the wheel that needs it directly. That file can be fixed;
//! the extension module that loads it often cannot.

use std::collections::BTreeMap;

use super::trees::{Elf, Elves};
use super::verdict::externals_of;
use crate::elf::{FileLocation, Tree};
use crate::platform::Libc;
use crate::policy::Policy;

/// An external library that a file in the wheel needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct External {
    /// The file in the wheel.
    pub(super) elf: String,
    pub(super) soname: String,
    /// Where it was found on the host.
    pub(super) location: Option<FileLocation>,
    /// The library outside of the wheel that needs it, if the file does not need it directly.
    pub(super) through: Option<String>,
}

/// Returns the libraries that the files of a wheel need and a policy does not allow, sorted by file and
/// soname.
pub(super) fn externals(elves: &Elves, policy: &Policy, libc: Libc) -> Vec<External> {
    let mut found: BTreeMap<(String, String), External> = BTreeMap::new();
    for (elf, tree) in elves.roots() {
        for (soname, location) in externals_of(tree, policy, libc).libraries {
            for (user, through) in users(elves, elf, tree, &soname) {
                let external = External {
                    elf: user.clone(),
                    soname: soname.clone(),
                    location: location.clone(),
                    through,
                };
                found.entry((user, soname.clone())).or_insert(external);
            }
        }
    }
    found.into_values().collect()
}

/// Returns the files in the wheel that need a library directly. If there are none, returns the root of
/// the tree, with the library outside of the wheel that needs it.
fn users(elves: &Elves, elf: &Elf, tree: &Tree, soname: &str) -> Vec<(String, Option<String>)> {
    let needs = |needed: &[String]| needed.iter().any(|name| name == soname);
    let mut users = Vec::new();
    if needs(&tree.needed) {
        users.push((elf.path.clone(), None));
    }
    let mut outside = None;
    for library in tree.libraries.iter().filter(|library| needs(&library.needed)) {
        match &library.real {
            Some(FileLocation::Inner(path)) => {
                users.push((elves.archived(path).to_owned(), None));
            }
            _ => outside = outside.or(Some(library.soname.clone())),
        }
    }
    if users.is_empty() {
        users.push((elf.path.clone(), outside));
    }
    users
}

/// Returns what to do about an external library that must not be in a wheel, instead of the rule's text.
pub(super) fn remedy(soname: &str) -> Option<&'static str> {
    let is_python = ["libpython", "libpypy"].iter().any(|it| soname.starts_with(it));
    is_python
        .then_some("do not link it: the interpreter that loads the file has its symbols (PEP 513)")
}
