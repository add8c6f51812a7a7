//! A process that loads one file: which files the loader takes for its needed libraries, in which order.
//!
//! glibc 2.36 (`elf/dl-load.c`, `elf/dl-deps.c`): breadth first; a library that is loaded already is taken by the name
//! that it was asked for under or by its soname; else the RPATHs of the file and of its loaders, unless the file has
//! a RUNPATH; then its own RUNPATH; then the directories of the system, which stand for what the platform tag
//! promises. musl 1.2 (`ldso/dynlink.c`): only the name counts; RPATH and RUNPATH of the file and of its loaders.
//!
//! `LD_LIBRARY_PATH` is empty.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::installed::{FileAt, Installed, Object};
use super::outside::{Outside, Provider};
use super::search::{SearchEntry, entry};
use crate::platform::Libc;

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
    loader: Option<usize>,
    /// The indices of the libraries that it needs, in order.
    needed: Vec<usize>,
}

/// Why a needed library was not found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Absence {
    /// No wheel of the closure has it.
    Nowhere,
    /// These objects have its name, and no search path leads there.
    NotOnPath(Vec<usize>),
    /// The path that leads to it has a file that is no library: glibc refuses it and searches no further.
    NotElf(String),
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
#[derive(Debug)]
pub(super) struct Process {
    /// The files that were loaded.
    loaded: Vec<Loaded>,
    by_name: HashMap<String, usize>,
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
    fn scope_of(&self, first: usize) -> Vec<Module> {
        let mut order = vec![first];
        let mut seen = vec![false; self.loaded.len()];
        seen[first] = true;
        let mut next = 0;
        while let Some(&at) = order.get(next) {
            next += 1;
            for &needed in &self.loaded[at].needed {
                if !std::mem::replace(&mut seen[needed], true) {
                    order.push(needed);
                }
            }
        }
        order.into_iter().map(|at| self.loaded[at].module.clone()).collect()
    }
}

/// Loads files, each in a process of its own.
#[derive(Debug)]
pub(super) struct Loader<'a> {
    pub(super) installed: &'a Installed,
    pub(super) outside: &'a Outside<'a>,
    pub(super) libc: Libc,
    /// Objects that are in each process before the file, with their libraries.
    pub(super) preloaded: &'a [usize],
    /// The number of needed libraries that were searched for in all processes.
    pub(super) searches: AtomicUsize,
}

/// Maximum number of needed libraries in all processes together. Those of torch and all that it requires are 10,000.
pub(super) const MAX_SEARCHES: usize = 20_000_000;

/// The state of one process.
struct State<'a> {
    loader: &'a Loader<'a>,
    process: Process,
    by_object: HashMap<usize, usize>,
    /// The number of files whose needed libraries are known.
    done: usize,
}

impl Loader<'_> {
    fn state(&self) -> State<'_> {
        let process = Process {
            loaded: Vec::new(),
            by_name: HashMap::new(),
            scope: Vec::new(),
            links: Vec::new(),
            missing: Vec::new(),
        };
        State { loader: self, process, by_object: HashMap::new(), done: 0 }
    }

    /// Loads an object by its path, as an import of an extension module and `ctypes.CDLL` do.
    pub(super) fn load(&self, object: usize) -> Process {
        let mut state = self.state();
        for &preloaded in self.preloaded {
            state.start(preloaded);
        }
        // What the preloaded files lack is their own problem.
        state.process.missing.clear();
        state.process.links.clear();
        let first = state.start(object);
        let mut process = state.process;
        process.scope = process.scope_of(first);
        process
    }
}

impl Loader<'_> {
    /// Finds a library as `dlopen` does that an object calls: by its own search paths.
    pub(super) fn find_alone(
        &self,
        object: usize,
        name: &str,
    ) -> Result<(usize, FoundBy), Absence> {
        let mut state = self.state();
        let at = state.add(Module::Object(object), None, None);
        state.search(at, object, name)
    }
}

impl State<'_> {
    /// Loads an object, and all libraries that it needs. Returns its index among the loaded files.
    fn start(&mut self, object: usize) -> usize {
        if let Some(&at) = self.by_object.get(&object) {
            return at;
        }
        let at = self.add(Module::Object(object), None, None);
        while let Some(loaded) = self.process.loaded.get(self.done) {
            let current = self.done;
            self.done += 1;
            if let Module::Object(object) = loaded.module {
                let facts = Arc::clone(&self.object(object).facts);
                let count = facts.needed.len();
                let before = self.loader.searches.fetch_add(count, Ordering::Relaxed);
                if before.saturating_add(count) > MAX_SEARCHES {
                    break;
                }
                for name in &facts.needed {
                    self.need(current, object, name);
                }
            }
        }
        at
    }

    /// Loads a needed library.
    fn need(&mut self, current: usize, object: usize, name: &str) {
        if let Some(&at) = self.process.by_name.get(name) {
            self.link(current, object, name, at, FoundBy::Loaded);
            return;
        }
        let found = if name.contains('/') {
            self.by_path(object, name)
        } else {
            self.search(current, object, name)
        };
        let absence = match found {
            Ok((found, by)) => {
                let is_new = !self.by_object.contains_key(&found);
                let at = self.add(Module::Object(found), Some(current), Some(name));
                let by = if is_new { by } else { FoundBy::Loaded };
                return self.link(current, object, name, at, by);
            }
            Err(absence) => absence,
        };
        let provider = self.loader.outside.provider(self.object(object).wheel, name);
        if let Some(provider) = provider.filter(|_| !matches!(absence, Absence::NotElf(_))) {
            let module = Module::Outside(name.to_owned(), provider);
            let at = self.add(module, Some(current), Some(name));
            self.link(current, object, name, at, FoundBy::Outside(provider));
        } else {
            let name = name.to_owned();
            self.process.missing.push(Missing { object, name, absence });
        }
    }

    fn link(&mut self, current: usize, object: usize, name: &str, at: usize, by: FoundBy) {
        self.process.loaded[current].needed.push(at);
        let module = self.process.loaded[at].module.clone();
        self.process.links.push(Link { object, name: name.to_owned(), module, by });
    }

    /// Adds a file under the name that it was asked for under. Returns its index.
    fn add(&mut self, module: Module, loader: Option<usize>, name: Option<&str>) -> usize {
        let next = self.process.loaded.len();
        let (at, soname) = match &module {
            Module::Object(object) => {
                let at = *self.by_object.entry(*object).or_insert(next);
                (at, self.object(*object).facts.soname.clone())
            }
            Module::Outside(soname, _) => (next, Some(soname.clone())),
        };
        if at == next {
            self.process.loaded.push(Loaded { module, loader, needed: Vec::new() });
        }
        // musl compares only the name that a file was asked for under.
        let soname = soname.filter(|_| self.loader.libc != Libc::Musl);
        for name in name.map(str::to_owned).into_iter().chain(soname) {
            self.process.by_name.entry(name).or_insert(at);
        }
        at
    }

    fn object(&self, object: usize) -> &Object {
        &self.loader.installed.objects[object]
    }

    /// Finds a library that is named by a path.
    fn by_path(&self, object: usize, name: &str) -> Result<(usize, FoundBy), Absence> {
        let origin = self.object(object).path.rsplit_once('/').map_or("", |(it, _)| it);
        match entry(name, origin, &|_| true) {
            SearchEntry::Inner(path) => match self.loader.installed.at(&path) {
                Some(FileAt::Object(found)) => Ok((found, FoundBy::Path)),
                Some(_) => Err(Absence::NotElf(path)),
                None => Err(Absence::Nowhere),
            },
            _ => Err(Absence::AbsolutePath),
        }
    }

    /// Finds a library by the search paths.
    fn search(
        &self,
        current: usize,
        object: usize,
        name: &str,
    ) -> Result<(usize, FoundBy), Absence> {
        let own = self.object(object);
        let is_musl = self.loader.libc == Libc::Musl;
        if is_musl || own.facts.runpath.is_none() {
            let mut at = Some(current);
            while let Some(loader) = at {
                let loaded = &self.process.loaded[loader];
                if let Module::Object(index) = loaded.module {
                    let by =
                        if loader == current { FoundBy::Rpath } else { FoundBy::InheritedRpath };
                    let ancestor = self.object(index);
                    if let Some(found) = self.in_directories(&ancestor.rpath, name)? {
                        return Ok((found, by));
                    }
                    if is_musl && let Some(found) = self.in_directories(&ancestor.runpath, name)? {
                        return Ok((found, FoundBy::Runpath));
                    }
                }
                at = loaded.loader;
            }
        }
        if let Some(found) = self.in_directories(&own.runpath, name)? {
            return Ok((found, FoundBy::Runpath));
        }
        let named = self.loader.installed.named(name);
        Err(if named.is_empty() { Absence::Nowhere } else { Absence::NotOnPath(named.to_vec()) })
    }

    /// Returns the first object of this name in the directories. Files for other machines are passed over.
    fn in_directories(
        &self,
        directories: &[SearchEntry],
        name: &str,
    ) -> Result<Option<usize>, Absence> {
        for path in directories.iter().filter_map(|directory| directory.join(name)) {
            match self.loader.installed.at(&path) {
                Some(FileAt::Object(found)) => return Ok(Some(found)),
                Some(FileAt::Other) => return Err(Absence::NotElf(path)),
                Some(FileAt::Foreign) | None => {}
            }
        }
        Ok(None)
    }
}
