//! A process that has loaded one file: the files in it, how they found each other, and what they did not find.

use std::collections::HashMap;

use super::outside::Provider;
use super::refusal::Refusal;

/// How a library was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FoundBy {
    /// It was loaded before.
    Loaded,
    /// RPATH of the file that needs it.
    Rpath,
    /// RPATH of a file that loaded that one.
    InheritedRpath,
    /// RUNPATH of the file that needs it.
    Runpath,
    /// A path in `DT_NEEDED`.
    Path,
    /// Somebody outside of the closure.
    Outside(Provider),
}

impl FoundBy {
    /// Returns how, for a sentence.
    pub(super) fn how(self) -> &'static str {
        match self {
            Self::Loaded => "in the process",
            Self::Rpath | Self::InheritedRpath => "by RPATH",
            Self::Runpath => "by RUNPATH",
            Self::Path => "by its path",
            Self::Outside(_) => "outside of the closure",
        }
    }
}

/// A file in the process.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Module {
    /// An object, by its index.
    Object(usize),
    /// A library from outside, by its soname.
    Outside(String, Provider),
}

/// A loaded file.
#[derive(Debug, Clone)]
pub(super) struct Loaded {
    pub(super) module: Module,
    /// The index of the file that loaded it first; `None` for one that no other file needs.
    pub(super) loader: Option<usize>,
    /// The indices of the libraries that it needs, in order.
    pub(super) needed: Vec<usize>,
    /// The indices of the libraries whose definitions precede its own, in order.
    pub(super) filtees: Vec<usize>,
}

/// Why a needed library was not found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Absence {
    /// No wheel of the closure has it.
    Nowhere,
    /// These objects have its name, and no search path leads there.
    NotOnPath(Vec<usize>),
    /// The path that leads to it has a file that the loader refuses, and it searches no further.
    Refused(String, Refusal),
    /// It is in a directory of the system, and the file that needs it has the flag `DF_1_NODEFLIB`.
    NoDefaultPaths,
    /// It is named by a path that is not below the prefix.
    AbsolutePath,
}

/// A needed library that was not found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Missing {
    /// The object that needs it.
    pub(super) object: usize,
    pub(super) name: String,
    pub(super) absence: Absence,
}

/// A needed library that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    /// The object that needs it.
    pub(super) object: usize,
    pub(super) name: String,
    pub(super) module: Module,
    pub(super) by: FoundBy,
}

/// What the loader did for one file.
#[derive(Debug, Default)]
pub(super) struct Process {
    /// The files that were loaded.
    pub(super) loaded: Vec<Loaded>,
    /// The loaded files by the names that they were asked for under and by their sonames.
    pub(super) by_name: HashMap<String, usize>,
    /// The file and all libraries that it needs, breadth first: the order in which its symbols are looked up.
    pub(super) scope: Vec<Module>,
    /// The libraries that were found, by the object that needs them.
    pub(super) links: Vec<Link>,
    pub(super) missing: Vec<Missing>,
}

impl Process {
    /// Iterates over the objects of the scope.
    pub(super) fn objects(&self) -> impl Iterator<Item = usize> {
        self.scope.iter().filter_map(|module| match module {
            Module::Object(index) => Some(*index),
            Module::Outside(..) => None,
        })
    }

    /// Returns the loaded file that has a name: one that it was asked for under, or its soname.
    pub(super) fn named(&self, name: &str) -> Option<&Module> {
        self.loaded.get(*self.by_name.get(name)?).map(|loaded| &loaded.module)
    }

    /// Returns a file and all libraries that it needs, breadth first.
    pub(super) fn scope_of(&self, first: usize) -> Vec<Module> {
        let mut order = vec![first];
        let mut is_known = vec![false; self.loaded.len()];
        let mut is_done = is_known.clone();
        is_known[first] = true;
        let mut next = 0;
        while let Some(&at) = order.get(next) {
            if std::mem::replace(&mut is_done[at], true) {
                next += 1;
                continue;
            }
            for &needed in &self.loaded[at].needed {
                if !std::mem::replace(&mut is_known[needed], true) {
                    order.push(needed);
                }
            }
            // Filtees come in front of the file, and so do those that are behind it.
            let mut place = next;
            for &filtee in &self.loaded[at].filtees {
                if std::mem::replace(&mut is_known[filtee], true) {
                    let known = order.iter().position(|&it| it == filtee);
                    let Some(known) = known.filter(|&known| known > place) else { continue };
                    order.remove(known);
                }
                order.insert(place, filtee);
                place += 1;
            }
        }
        order.into_iter().map(|at| self.loaded[at].module.clone()).collect()
    }
}
