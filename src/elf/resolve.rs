//! Resolves each `DT_NEEDED` of an ELF file to a file, and those of the libraries in turn.
//!
//! The search order is that of `ld.so(8)` as `auditwheel` implements it, because a verdict must not
//! depend on the tool: root RPATH, own RPATH, own RUNPATH, environment, root RUNPATH, configured
//! directories, directories of the interpreter. The first file found for a soname is used in the
//! whole tree.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::{ElfFacts, FileLocation, Platform, is_libpython};
use crate::platform::Libc;

/// The files and directories that the search can find.
pub trait Files {
    /// Returns the ELF file at a path: its location behind symbolic links, and its facts.
    fn elf(&self, location: &FileLocation) -> Option<(FileLocation, Arc<ElfFacts>)>;

    /// Returns whether a directory exists.
    fn is_directory(&self, location: &FileLocation) -> bool;

    /// Returns the directories that the loader of a C library searches for every file.
    fn search_paths(&self, libc: Option<Libc>) -> Arc<SearchPaths>;

    /// Returns whether a library is excluded, by its name in `DT_NEEDED` or by the path that it
    /// resolved to.
    fn is_excluded(&self, name: &str) -> bool;
}

/// Directories that are searched for every file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchPaths {
    /// From the environment.
    pub environment: Vec<FileLocation>,
    /// From the loader's configuration.
    pub configured: Vec<FileLocation>,
    /// Whether the interpreter's own directories are searched, too.
    pub interpreter: bool,
}

/// A library that a file needs, directly or not.
#[derive(Debug, Clone)]
pub struct Library {
    /// The name under which it is needed.
    pub soname: String,
    /// Where it was found, before symbolic links are followed.
    pub path: Option<FileLocation>,
    /// Where it was found, with symbolic links followed.
    pub real: Option<FileLocation>,
    /// Its facts, if it was found.
    pub facts: Option<Arc<ElfFacts>>,
    /// The sonames that it needs in turn, without excluded ones.
    pub needed: Vec<String>,
}

/// A file with all libraries that it needs, directly or not.
#[derive(Debug, Clone)]
pub struct Tree {
    /// The file.
    pub location: FileLocation,
    /// Its facts.
    pub facts: Arc<ElfFacts>,
    /// The sonames that it needs directly, without excluded ones.
    pub needed: Vec<String>,
    /// The existing directories of its RPATH; empty if RUNPATH has an existing one.
    pub rpath: Vec<FileLocation>,
    /// The existing directories of its RUNPATH.
    pub runpath: Vec<FileLocation>,
    /// All libraries, in the order in which they were found.
    pub libraries: Vec<Library>,
    index: HashMap<String, usize>,
}

impl Tree {
    /// Returns the library of a soname.
    #[must_use]
    pub fn library(&self, soname: &str) -> Option<&Library> {
        self.libraries.get(*self.index.get(soname)?)
    }

    /// Returns whether a file was found for every soname.
    #[must_use]
    pub fn is_resolved(&self) -> bool {
        self.libraries.iter().all(|library| library.real.is_some())
    }

    /// Adds a library, or replaces the one with its soname.
    pub fn insert(&mut self, library: Library) {
        if let Some(&at) = self.index.get(&library.soname) {
            self.libraries[at] = library;
        } else {
            self.index.insert(library.soname.clone(), self.libraries.len());
            self.libraries.push(library);
        }
    }
}

/// Resolves the needed libraries of a file, and theirs in turn.
#[must_use]
pub fn resolve(
    location: &FileLocation,
    facts: &Arc<ElfFacts>,
    libc: Option<Libc>,
    files: &dyn Files,
) -> Tree {
    let (rpath, runpath) = own_paths(location, facts, files);
    let tree = Tree {
        location: location.clone(),
        facts: Arc::clone(facts),
        needed: Vec::new(),
        rpath: rpath.clone(),
        runpath: runpath.clone(),
        libraries: Vec::new(),
        index: HashMap::new(),
    };
    let shared = files.search_paths(libc);
    let mut resolver =
        Resolver { files, shared, interpreter: Vec::new(), tree, pending: Vec::new() };
    resolver.add_interpreter();
    resolver.pending.push(Pending {
        library: None,
        facts: Arc::clone(facts),
        rpath,
        runpath,
        next: 0,
        needed: Vec::new(),
    });
    while resolver.step() {}
    resolver.tree
}

/// Returns the existing directories of a file's RPATH and RUNPATH.
fn own_paths(
    location: &FileLocation,
    facts: &ElfFacts,
    files: &dyn Files,
) -> (Vec<FileLocation>, Vec<FileLocation>) {
    let origin = location.parent();
    let existing = |list: &Option<String>| {
        list.as_deref().map_or_else(Vec::new, |list| existing_directories(list, &origin, files))
    };
    let runpath = existing(&facts.runpath);
    // A loader that knows RUNPATH ignores RPATH where there is one.
    let rpath = if runpath.is_empty() { existing(&facts.rpath) } else { Vec::new() };
    (rpath, runpath)
}

fn existing_directories(list: &str, origin: &FileLocation, files: &dyn Files) -> Vec<FileLocation> {
    let mut found: Vec<FileLocation> = Vec::new();
    if list.is_empty() {
        return found;
    }
    for entry in list.split(':') {
        let Some(location) = directory(entry, origin) else { continue };
        if !found.contains(&location) && files.is_directory(&location) {
            found.push(location);
        }
    }
    found
}

/// Returns the directory that an entry of RPATH or RUNPATH names. An empty entry is the current
/// directory, taken to be the root of the audited tree; other relative entries are resolved against
/// `/`. Returns `None` for paths that leave the tree, and for `$ORIGIN` that is not at the start of
/// the entry.
#[must_use]
pub fn directory(entry: &str, origin: &FileLocation) -> Option<FileLocation> {
    if entry.is_empty() {
        return Some(FileLocation::Inner(String::new()));
    }
    let rest = ["$ORIGIN", "${ORIGIN}"].iter().find_map(|word| entry.strip_prefix(word));
    match rest {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            origin.join(rest.trim_start_matches('/'))
        }
        // `$ORIGIN` is substituted as text: what follows need not begin with a slash.
        Some(rest) => {
            let name = format!("{}{rest}", origin.file_name());
            origin.parent().join(&name)
        }
        None if entry.contains("$ORIGIN") || entry.contains("${ORIGIN}") => None,
        None => Some(FileLocation::host(&Path::new("/").join(entry))),
    }
}

/// A file whose needed libraries are being resolved.
struct Pending {
    /// Its index among the tree's libraries; `None` for the root.
    library: Option<usize>,
    facts: Arc<ElfFacts>,
    rpath: Vec<FileLocation>,
    runpath: Vec<FileLocation>,
    /// The index of its next `DT_NEEDED`.
    next: usize,
    /// The sonames that it needs, without excluded ones.
    needed: Vec<String>,
}

/// Resolves depth first, with an explicit stack: a chain of libraries can be deeper than the thread's
/// stack allows.
struct Resolver<'a> {
    files: &'a dyn Files,
    shared: Arc<SearchPaths>,
    interpreter: Vec<FileLocation>,
    tree: Tree,
    pending: Vec<Pending>,
}

impl Resolver<'_> {
    fn add_interpreter(&mut self) {
        let Some(path) = self.tree.facts.interpreter.clone() else { return };
        let location = FileLocation::host(Path::new(&path));
        let directory = Path::new(&path).parent().unwrap_or(Path::new("/")).to_owned();
        if self.shared.interpreter {
            let below_usr = directory.strip_prefix("/").unwrap_or(&directory);
            self.interpreter = vec![
                FileLocation::host(&directory),
                FileLocation::host(&Path::new("/usr").join(below_usr)),
            ];
        }
        let found = self.files.elf(&location);
        let soname = location.file_name().to_owned();
        // The file itself claims that the interpreter exists, so it always counts as found.
        let real = found.map_or_else(|| location.clone(), |(real, _)| real);
        self.tree.insert(Library {
            soname,
            path: Some(location),
            real: Some(real),
            facts: None,
            needed: Vec::new(),
        });
    }

    /// Resolves one more soname; returns `false` at the end.
    fn step(&mut self) -> bool {
        let Some(current) = self.pending.last_mut() else { return false };
        let Some(soname) = current.facts.needed.get(current.next).cloned() else {
            self.finish();
            return true;
        };
        current.next += 1;
        if self.tree.index.contains_key(&soname) {
            current.needed.push(soname);
            return true;
        }
        if self.files.is_excluded(&soname) {
            return true;
        }
        let mut library =
            Library { soname, path: None, real: None, facts: None, needed: Vec::new() };
        if is_libpython(&library.soname) {
            // The interpreter provides it.
            self.add(library);
            return true;
        }
        if let Some((path, real, facts)) = self.find(&library.soname) {
            if self.files.is_excluded(&real.to_string()) {
                return true;
            }
            let (rpath, runpath) = own_paths(&real, &facts, self.files);
            library.path = Some(path);
            library.real = Some(real);
            library.facts = Some(Arc::clone(&facts));
            let at = self.add(library);
            let library = Some(at);
            let needed = Vec::new();
            self.pending.push(Pending { library, facts, rpath, runpath, next: 0, needed });
        } else {
            self.add(library);
        }
        true
    }

    /// Adds a library that the current file needs. Returns its index.
    fn add(&mut self, library: Library) -> usize {
        if let Some(current) = self.pending.last_mut() {
            current.needed.push(library.soname.clone());
        }
        self.tree.insert(library);
        self.tree.libraries.len() - 1
    }

    fn finish(&mut self) {
        let Some(done) = self.pending.pop() else { return };
        match done.library {
            Some(at) => self.tree.libraries[at].needed = done.needed,
            None => self.tree.needed = done.needed,
        }
    }

    fn find(&self, soname: &str) -> Option<(FileLocation, FileLocation, Arc<ElfFacts>)> {
        let current = self.pending.last()?;
        let directories = [
            &self.tree.rpath,
            &current.rpath,
            &current.runpath,
            &self.shared.environment,
            &self.tree.runpath,
            &self.shared.configured,
            &self.interpreter,
        ];
        directories.into_iter().flatten().find_map(|directory| {
            let path = directory.join(soname)?;
            let (real, facts) = self.files.elf(&path)?;
            is_compatible(&current.facts.platform, &facts.platform).then_some((path, real, facts))
        })
    }
}

/// Returns whether a library can be loaded with a file.
fn is_compatible(file: &Platform, library: &Platform) -> bool {
    /// `ELFOSABI_SYSV`, which files for any system use, and `ELFOSABI_GNU`.
    const LINUX: [u8; 2] = [0, 3];
    let same_abi = file.os_abi == library.os_abi
        || (LINUX.contains(&file.os_abi) && LINUX.contains(&library.os_abi));
    same_abi
        && file.class == library.class
        && file.little_endian == library.little_endian
        && file.e_machine == library.e_machine
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
