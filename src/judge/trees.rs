//! The ELF files of a wheel for its machine and C library, each with its resolved libraries.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::contents::Contents;
use super::error::JudgeError;
use super::exclusions::Exclusions;
use super::foreign::{Foreign, Mismatch};
use super::host::Host;
use super::layout::Installed;
use crate::elf::{self, ElfFacts, FileLocation, Files, Library, SearchPaths, Tree, is_musl_itself};
use crate::error::Error;
use crate::exec::CancelFlag;
use crate::object_file::ObjectFile;
use crate::platform::{Libc, Machine};
use crate::policy::Policies;

/// The major version of Python that an extension module is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extension {
    Python2,
    Python3,
}

/// One ELF file of the wheel.
#[derive(Debug)]
pub(super) struct Elf {
    pub(super) location: FileLocation,
    pub(super) path: String,
    pub(super) facts: Arc<ElfFacts>,
    pub(super) extension: Option<Extension>,
    libc: Option<Libc>,
    /// All libraries that it needs, if it is a root: an extension module, or a file that no other file
    /// in the wheel needs. Other files are part of the trees of roots.
    pub(super) tree: Option<Tree>,
}

/// The ELF files of a wheel.
#[derive(Debug)]
pub(super) struct Elves {
    pub(super) machine: Machine,
    /// `None` if the wheel's files need no C library.
    pub(super) libc: Option<Libc>,
    pub(super) counted: Vec<Elf>,
    pub(super) foreign: Vec<Foreign>,
    /// The layout of the locations; `None` for that of the archive.
    pub(super) installed: Option<Arc<Installed>>,
}

/// The result of a search for ELF files.
#[derive(Debug)]
pub(super) enum Found {
    /// ELF files for the wheel's platform.
    Elves(Elves),
    /// No ELF file for it, but perhaps some for other platforms.
    NoElf(Vec<Foreign>),
}

/// Maximum number of libraries in all trees together. Wheels with hundreds of libraries have 100,000;
/// a million takes some hundred MB.
const MAX_LIBRARIES: usize = 1_000_000;

/// Finds libraries: in the wheel, then on the host.
#[derive(Debug, Clone)]
pub(super) struct Lookup<'a> {
    pub(super) contents: &'a Contents,
    pub(super) host: &'a Host,
    pub(super) exclude: &'a Exclusions,
    /// The layout in which files of the wheel are found; `None` for that of the archive.
    pub(super) installed: Option<Arc<Installed>>,
}

impl Lookup<'_> {
    /// Returns the location of an ELF file; `None` if it is not installed.
    pub(super) fn location(&self, path: &str) -> Option<FileLocation> {
        let installed = self.installed.as_ref().map_or(Some(path), |it| it.path_of(path));
        installed.map(|path| FileLocation::Inner(path.to_owned()))
    }
}

impl Files for Lookup<'_> {
    fn elf(&self, location: &FileLocation) -> Option<(FileLocation, Arc<ElfFacts>)> {
        match location {
            FileLocation::Inner(path) => {
                let path = self.installed.as_ref().map_or(Some(&**path), |it| it.archived(path))?;
                self.contents.elf(path).map(|facts| (location.clone(), Arc::clone(facts)))
            }
            FileLocation::Host(path) => {
                self.host.elf(path).map(|(real, facts)| (FileLocation::Host(real), facts))
            }
        }
    }

    fn is_directory(&self, location: &FileLocation) -> bool {
        match location {
            FileLocation::Inner(path) => match &self.installed {
                Some(installed) => installed.is_directory(path),
                None => self.contents.is_directory(path),
            },
            FileLocation::Host(path) => self.host.is_directory(path),
        }
    }

    fn search_paths(&self, libc: Option<Libc>) -> Arc<SearchPaths> {
        self.host.search_paths(libc)
    }

    fn is_excluded(&self, name: &str) -> bool {
        self.exclude.matches(name)
    }
}

impl Elves {
    /// Finds the ELF files at `paths` for the wheel's platform, and their libraries. `machine` and
    /// `libc` come from the wheel's tags; where they are `None`, the first file decides.
    pub(super) fn find(
        paths: &[String],
        machine: Option<Machine>,
        libc: Option<Libc>,
        lookup: &Lookup<'_>,
        cancel: &CancelFlag,
    ) -> Result<Found, Error> {
        let mut finder = Finder { machine, libc, counted: Vec::new(), foreign: Vec::new() };
        refuse_purelib(paths, lookup.contents)?;
        for path in paths {
            cancel.check()?;
            finder.add(path, lookup)?;
        }
        let Finder { machine, libc, mut counted, foreign } = finder;
        let Some(machine) = machine.filter(|_| !counted.is_empty()) else {
            return Ok(Found::NoElf(foreign));
        };
        find_trees(&mut counted, lookup, cancel)?;
        let installed = lookup.installed.clone();
        Ok(Found::Elves(Self { machine, libc, counted, foreign, installed }))
    }

    /// Returns the path in the archive of an ELF file.
    pub(super) fn archived<'a>(&'a self, path: &'a str) -> &'a str {
        self.installed.as_ref().and_then(|it| it.archived(path)).unwrap_or(path)
    }

    /// Returns the roots, each with its tree.
    pub(super) fn roots(&self) -> impl Iterator<Item = (&Elf, &Tree)> {
        self.counted.iter().filter_map(|elf| Some((elf, elf.tree.as_ref()?)))
    }

    /// Resolves the missing libraries of roots through other trees.
    ///
    /// In practice, a library that cannot find its own libraries is loaded after an extension module
    /// that finds them. So they are taken from the first fully resolved tree with the file. `policies`
    /// tell which libraries are present if the host is not searched.
    pub(super) fn complete_trees(
        &mut self,
        policies: &Policies,
        lookup: &Lookup<'_>,
        cancel: &CancelFlag,
    ) -> Result<(), Error> {
        let is_unresolved = |elf: &Elf| {
            elf.extension.is_none() && elf.tree.as_ref().is_some_and(|tree| !tree.is_resolved())
        };
        if !self.counted.iter().any(is_unresolved) {
            return Ok(());
        }
        let lenders = lenders(&self.counted, lookup, policies, cancel)?;
        for at in 0..self.counted.len() {
            let elf = &self.counted[at];
            let lender =
                lenders.get(&elf.location).filter(|&&lender| lender != at && is_unresolved(elf));
            if let (Some(&lender), Some(tree)) = (lender, &elf.tree) {
                let completed = completed(tree, &self.counted[lender].tree(lookup));
                self.counted[at].tree = Some(completed);
            }
        }
        Ok(())
    }

    /// Returns the versions that the files need of each library, without those of the loader.
    pub(super) fn versioned_symbols(&self) -> VersionedSymbols {
        let mut all = VersionedSymbols::new();
        for elf in &self.counted {
            add_versions(&mut all, &*elf.facts);
        }
        all
    }
}

/// Versions by the soname of the library that defines them.
pub(super) type VersionedSymbols = BTreeMap<String, BTreeSet<String>>;

/// Adds the versions that one file needs.
pub(super) fn add_versions(all: &mut VersionedSymbols, object: &impl ObjectFile) {
    for (library, version) in object.minimum_system() {
        if !is_versioned_loader(library) {
            all.entry(library.to_owned()).or_default().insert(version.into_owned());
        }
    }
}

/// Returns whether a soname is that of the dynamic loader, which is always present.
pub(super) fn is_loader(soname: &str) -> bool {
    soname.contains("ld-linux") || ["ld64.so.1", "ld64.so.2"].contains(&soname)
}

/// Returns whether a library is the dynamic loader, whose versions no policy limits.
pub(super) fn is_versioned_loader(soname: &str) -> bool {
    soname.starts_with("ld-linux") || ["ld64.so.1", "ld64.so.2"].contains(&soname)
}

/// Refuses machine code in the directory for Python source of the wheel's data. A package may have a
/// directory of that name.
fn refuse_purelib(paths: &[String], contents: &Contents) -> Result<(), JudgeError> {
    let Some(data) = contents.data_directory() else { return Ok(()) };
    let purelib = format!("{data}/purelib/");
    let in_purelib = |path: &&String| path.starts_with(&purelib);
    let found: Vec<String> = paths.iter().filter(in_purelib).cloned().collect();
    if found.is_empty() {
        return Ok(());
    }
    Err(JudgeError::Purelib { wheel: contents.name().to_owned(), members: found })
}

struct Finder {
    machine: Option<Machine>,
    libc: Option<Libc>,
    counted: Vec<Elf>,
    foreign: Vec<Foreign>,
}

impl Finder {
    fn add(&mut self, path: &str, lookup: &Lookup<'_>) -> Result<(), JudgeError> {
        let Some(facts) = lookup.contents.elf(path) else { return Ok(()) };
        let mut foreign = |mismatch: Mismatch, name: String, found: String| {
            self.foreign.push(Foreign { path: path.to_owned(), mismatch, name, found });
        };
        let Some(machine) = facts.machine() else {
            let found = "code for a machine that no platform tag names".to_owned();
            foreign(Mismatch::Machine, "unknown".to_owned(), found);
            return Ok(());
        };
        let expected = *self.machine.get_or_insert(machine);
        if machine != expected {
            let found = format!("code for {machine}, not for {expected}");
            foreign(Mismatch::Machine, machine.to_string(), found);
            return Ok(());
        }
        let Some(location) = lookup.location(path) else { return Ok(()) };
        let own_libc =
            Libc::of(facts, location.file_name()).map_err(|source| JudgeError::Libc {
                wheel: lookup.contents.name().to_owned(),
                member: path.to_owned(),
                source,
            })?;
        if let Some(own_libc) = own_libc {
            let expected = *self.libc.get_or_insert(own_libc);
            if own_libc != expected {
                let found = format!("code for {own_libc}, not for {expected}");
                foreign(Mismatch::Libc, own_libc.to_string(), found);
                return Ok(());
            }
        }
        let extension = extension(&**facts, location.file_name());
        self.counted.push(Elf {
            location,
            path: path.to_owned(),
            facts: Arc::clone(facts),
            extension,
            libc: own_libc,
            tree: None,
        });
        Ok(())
    }
}

/// Returns the version of Python if a file is an extension module: it defines the entry point for its
/// file name.
fn extension(object: &impl ObjectFile, file_name: &str) -> Option<Extension> {
    let module = file_name.split('.').next().unwrap_or_default();
    object.entry_points().iter().find_map(|point| {
        let rest = |prefix: &str| point.strip_prefix(prefix) == Some(module);
        if rest("PyInit_") {
            Some(Extension::Python3)
        } else if rest("init") || rest("_cffi_pypyinit_") {
            Some(Extension::Python2)
        } else {
            None
        }
    })
}

/// Returns, for each file in a fully resolved tree, the index of the first such tree.
pub(super) fn lenders(
    elves: &[Elf],
    lookup: &Lookup<'_>,
    policies: &Policies,
    cancel: &CancelFlag,
) -> Result<HashMap<FileLocation, usize>, Error> {
    let is_musl = policies.libc() == Libc::Musl;
    let is_provided = |soname: &str| {
        !lookup.host.is_present()
            && (is_loader(soname)
                || (is_musl && is_musl_itself(soname))
                || policies.lowest().whitelist.contains(soname))
    };
    // Extension modules are first, because Python imports them.
    let mut order: Vec<usize> = (0..elves.len()).collect();
    order.sort_by_key(|&at| elves[at].extension.is_none());
    let mut lenders = HashMap::new();
    for at in order {
        cancel.check()?;
        let tree = elves[at].tree(lookup);
        let is_found = |library: &Library| library.real.is_some() || is_provided(&library.soname);
        if tree.libraries.iter().all(is_found) {
            for real in tree.libraries.iter().filter_map(|library| library.real.as_ref()) {
                lenders.entry(real.clone()).or_insert(at);
            }
        }
    }
    Ok(lenders)
}

/// Returns a tree with its missing libraries, and those that these need in turn, from another tree.
pub(super) fn completed(tree: &Tree, lender: &Tree) -> Tree {
    let mut result = tree.clone();
    let mut known: HashSet<&str> =
        tree.libraries.iter().map(|library| library.soname.as_str()).collect();
    let mut wanted: Vec<&str> = tree
        .libraries
        .iter()
        .filter(|library| library.real.is_none())
        .map(|library| library.soname.as_str())
        .collect();
    while let Some(soname) = wanted.pop() {
        let Some(library) = lender.library(soname) else { continue };
        for needed in &library.needed {
            if known.insert(needed) {
                wanted.push(needed);
            }
        }
        result.insert(library.clone());
    }
    result
}

/// Resolves the trees of the roots. Only these are kept: in a long chain of files, the tree of each is as
/// long as the rest of the chain.
fn find_trees(elves: &mut [Elf], lookup: &Lookup<'_>, cancel: &CancelFlag) -> Result<(), Error> {
    let needed: HashSet<String> = elves
        .iter()
        .flat_map(|elf| {
            elf.facts.needed_libraries().iter().filter(|name| !lookup.is_excluded(name)).cloned()
        })
        .collect();
    let mut total = 0;
    for elf in elves {
        cancel.check()?;
        if elf.extension.is_some() || !needed.contains(elf.location.file_name()) {
            let tree = elf::resolve(&elf.location, &elf.facts, elf.libc, lookup);
            total += tree.libraries.len();
            if total > MAX_LIBRARIES {
                return Err(JudgeError::TooManyLibraries {
                    wheel: lookup.contents.name().to_owned(),
                    limit: MAX_LIBRARIES,
                }
                .into());
            }
            elf.tree = Some(tree);
        }
    }
    Ok(())
}

impl Elf {
    /// Returns its tree. Resolves it again if it is not kept.
    pub(super) fn tree(&self, lookup: &Lookup<'_>) -> Cow<'_, Tree> {
        match &self.tree {
            Some(tree) => Cow::Borrowed(tree),
            None => Cow::Owned(elf::resolve(&self.location, &self.facts, self.libc, lookup)),
        }
    }
}
