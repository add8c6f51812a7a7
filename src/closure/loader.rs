//! Loads files: which files the loader takes for the needed libraries of one, in which order.
//!
//! glibc 2.36 (`elf/dl-load.c`, `elf/dl-deps.c`): breadth first; a library that is loaded already is taken by the name
//! that it was asked for under or by its soname; else the RPATHs of the file and of its loaders, unless the file has
//! a RUNPATH; then its own RUNPATH; then the directories of the system, which stand for what the platform tag
//! promises. musl 1.2 (`ldso/dynlink.c`): only the name counts; RPATH and RUNPATH of the file and of its loaders.
//!
//! `LD_LIBRARY_PATH` is empty.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::hwcaps;
use super::installed::{FileAt, Installed, Object};
use super::outside::{Outside, Provider};
use super::process::{Absence, FoundBy, Link, Loaded, Missing, Module, Process};
use super::refusal::Refusal;
use super::search::{SearchEntry, entry};
use crate::elf::LinkFlags;
use crate::platform::Libc;

/// Loads files, each in a process of its own.
#[derive(Debug)]
pub(super) struct Loader<'a> {
    pub(super) installed: &'a Installed,
    pub(super) outside: &'a Outside<'a>,
    pub(super) libc: Libc,
    /// Objects that are in each process before the file, with their libraries.
    pub(super) preloaded: &'a [usize],
    /// Subdirectories of `glibc-hwcaps` that are searched, in order.
    pub(super) hwcaps: &'static [&'static str],
    /// The number of needed libraries that were searched for in all processes.
    pub(super) searches: AtomicUsize,
}

/// Maximum number of needed libraries in all processes together. Those of torch and all that it requires are 10,000.
pub(super) const MAX_SEARCHES: usize = 20_000_000;

/// Libraries of glibc that each process of Python has before any file of a wheel.
pub(super) const OF_PYTHON: [&str; 2] = ["libc.so.6", "libm.so.6"];

/// Maximum number of filtees in one process; further ones are left out.
const MAX_FILTEES: usize = 64;

/// The state of one process.
struct State<'a> {
    loader: &'a Loader<'a>,
    process: Process,
    by_object: HashMap<usize, usize>,
    /// The number of files whose needed libraries are known.
    done: usize,
    /// Whether files are loaded with `dlopen`.
    is_dlopen: bool,
    filtee_count: usize,
}

impl Loader<'_> {
    fn state(&self, is_dlopen: bool) -> State<'_> {
        let (process, by_object) = (Process::default(), HashMap::new());
        let mut state =
            State { loader: self, process, by_object, done: 0, is_dlopen, filtee_count: 0 };
        if is_dlopen && self.libc == Libc::Glibc {
            for name in OF_PYTHON {
                state.add(Module::Outside(name.to_owned(), Provider::System), None, None);
            }
        }
        state
    }

    /// Loads an object by its path, as an import of an extension module and `ctypes.CDLL` do.
    pub(super) fn load(&self, object: usize) -> Process {
        let mut state = self.state(!self.installed.objects[object].is_program());
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

    /// Finds a library as `dlopen` does that an object calls: by its own search paths.
    pub(super) fn find_alone(
        &self,
        object: usize,
        name: &str,
    ) -> Result<(usize, FoundBy), Absence> {
        let mut state = self.state(true);
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
                self.filter(current, object);
            }
        }
        at
    }

    /// Loads a needed library.
    fn need(&mut self, current: usize, object: usize, name: &str) {
        match self.find(current, object, name) {
            Ok(at) => self.process.loaded[current].needed.push(at),
            Err(absence) => self.miss(object, name, absence),
        }
    }

    /// Loads the libraries whose definitions precede those of an object.
    fn filter(&mut self, current: usize, object: usize) {
        let Some(linkage) = self.object(object).facts.linkage.clone() else { return };
        if self.loader.libc == Libc::Musl {
            return;
        }
        for filtee in linkage.filtees() {
            if self.filtee_count == MAX_FILTEES {
                break;
            }
            self.filtee_count += 1;
            match self.find(current, object, &filtee.name) {
                Ok(at) => self.process.loaded[current].filtees.push(at),
                Err(_) if filtee.is_optional => {}
                Err(absence) => self.miss(object, &filtee.name, absence),
            }
        }
    }

    fn miss(&mut self, object: usize, name: &str, absence: Absence) {
        self.process.missing.push(Missing { object, name: name.to_owned(), absence });
    }

    /// Finds a library and loads it. Returns its index.
    fn find(&mut self, current: usize, object: usize, name: &str) -> Result<usize, Absence> {
        if let Some(&at) = self.process.by_name.get(name) {
            self.link(object, name, at, FoundBy::Loaded);
            return Ok(at);
        }
        let found = if name.contains('/') {
            self.by_path(object, name)
        } else {
            self.search(current, object, name)
        };
        let absence = match found {
            Ok((found, by)) => {
                let facts = &self.object(found).facts;
                if let Some(refusal) = Refusal::of(facts, self.loader.libc, self.is_dlopen) {
                    let path = self.object(found).path.clone();
                    return Err(Absence::Refused(path, refusal));
                }
                let is_new = !self.by_object.contains_key(&found);
                let at = self.add(Module::Object(found), Some(current), Some(name));
                let by = if is_new { by } else { FoundBy::Loaded };
                self.link(object, name, at, by);
                return Ok(at);
            }
            Err(absence) => absence,
        };
        let own = self.object(object);
        let provider = self.loader.outside.provider(own.wheel, name);
        let refused = matches!(absence, Absence::Refused(..));
        let Some(provider) = provider.filter(|_| !refused) else { return Err(absence) };
        let is_of_system = matches!(provider, Provider::System | Provider::Driver);
        let flags = own.facts.linkage.as_ref().map(|linkage| linkage.flags());
        let is_own_paths = flags.is_some_and(LinkFlags::skips_default_paths);
        if is_of_system && is_own_paths && self.loader.libc == Libc::Glibc {
            return Err(Absence::NoDefaultPaths);
        }
        let module = Module::Outside(name.to_owned(), provider);
        let at = self.add(module, Some(current), Some(name));
        self.link(object, name, at, FoundBy::Outside(provider));
        Ok(at)
    }

    fn link(&mut self, object: usize, name: &str, at: usize, by: FoundBy) {
        let module = self.process.loaded[at].module.clone();
        let by = match module {
            Module::Outside(_, provider) => FoundBy::Outside(provider),
            Module::Object(_) => by,
        };
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
            let (needed, filtees) = (Vec::new(), Vec::new());
            self.process.loaded.push(Loaded { module, loader, needed, filtees });
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
                Some(_) => Err(Absence::Refused(path, Refusal::NoLibrary)),
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

    /// Returns the first object of this name in the directories. glibc passes over files for other machines.
    fn in_directories(
        &self,
        directories: &[SearchEntry],
        name: &str,
    ) -> Result<Option<usize>, Absence> {
        let is_musl = self.loader.libc == Libc::Musl;
        for directory in directories {
            let variants = hwcaps::names(self.loader.hwcaps, name);
            for name in variants.map(Cow::from).chain([Cow::from(name)]) {
                let Some(path) = directory.join(&name) else { break };
                match self.loader.installed.at(&path) {
                    Some(FileAt::Object(found)) => return Ok(Some(found)),
                    Some(FileAt::Foreign) if !is_musl => {}
                    Some(_) => return Err(Absence::Refused(path, Refusal::NoLibrary)),
                    None => {}
                }
            }
        }
        Ok(None)
    }
}
