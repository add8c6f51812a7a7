//! Which file each `DT_NEEDED` of an ELF file leads to, and theirs in turn.
//!
//! It goes by what `ld.so(8)` documents, in the reading of it that `auditwheel` has, because a
//! verdict must not depend on the tool: root RPATH, own RPATH, own RUNPATH, environment, root
//! RUNPATH, configured directories, those of the interpreter. The first file that a soname leads to
//! stands for it in the whole tree.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::{Facts, Libc, Place, Platform, is_libpython};

/// The files that can be found.
pub trait Files {
    /// The ELF file at a path: where it really is, and what it is. `None` if there is none.
    fn elf(&self, place: &Place) -> Option<(Place, Arc<Facts>)>;

    /// Whether there is a directory.
    fn is_directory(&self, place: &Place) -> bool;

    /// Where programs of a C library look, besides what they say themselves.
    fn search_paths(&self, libc: Option<Libc>) -> Arc<SearchPaths>;

    /// Whether a library is to be left out: a name from `DT_NEEDED`, or where it led to.
    fn is_excluded(&self, name: &str) -> bool;
}

/// Directories that hold for all files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchPaths {
    /// From the environment.
    pub environment: Vec<Place>,
    /// From the loader's configuration.
    pub configured: Vec<Place>,
    /// Whether the interpreter's own directories count.
    pub interpreter: bool,
}

/// A library that a file needs, directly or not.
#[derive(Debug, Clone)]
pub struct Library {
    /// The name under which it is needed.
    pub soname: String,
    /// Where it was found, links not followed.
    pub path: Option<Place>,
    /// The file itself.
    pub real: Option<Place>,
    /// Its facts, if it was found.
    pub facts: Option<Arc<Facts>>,
    /// What it needs in turn, less what is excluded.
    pub needed: Vec<String>,
}

/// A file with all that it needs.
#[derive(Debug, Clone)]
pub struct Tree {
    /// The file.
    pub place: Place,
    /// Its facts.
    pub facts: Arc<Facts>,
    /// What it needs directly, less what is excluded.
    pub needed: Vec<String>,
    /// The directories of its RPATH that exist, unless RUNPATH has one that does.
    pub rpath: Vec<Place>,
    /// The directories of its RUNPATH that exist.
    pub runpath: Vec<Place>,
    /// All that it needs, in the order in which it was found.
    pub libraries: Vec<Library>,
    index: HashMap<String, usize>,
}

impl Tree {
    /// The library of a name.
    #[must_use]
    pub fn library(&self, soname: &str) -> Option<&Library> {
        self.libraries.get(*self.index.get(soname)?)
    }

    /// Whether a file was found for each name.
    #[must_use]
    pub fn is_resolved(&self) -> bool {
        self.libraries.iter().all(|library| library.real.is_some())
    }

    /// Adds a library, or puts it into the place of one with its name.
    pub fn insert(&mut self, library: Library) {
        if let Some(&at) = self.index.get(&library.soname) {
            self.libraries[at] = library;
        } else {
            self.index.insert(library.soname.clone(), self.libraries.len());
            self.libraries.push(library);
        }
    }
}

/// Follows what a file needs.
#[must_use]
pub fn resolve(place: &Place, facts: &Arc<Facts>, libc: Option<Libc>, files: &dyn Files) -> Tree {
    let (rpath, runpath) = own_paths(place, facts, files);
    let tree = Tree {
        place: place.clone(),
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

/// The existing directories of a file's RPATH and RUNPATH.
fn own_paths(place: &Place, facts: &Facts, files: &dyn Files) -> (Vec<Place>, Vec<Place>) {
    let origin = place.parent();
    let existing = |list: &Option<String>| {
        list.as_deref().map_or_else(Vec::new, |list| existing_directories(list, &origin, files))
    };
    let runpath = existing(&facts.runpath);
    // A loader that knows RUNPATH ignores RPATH where there is one.
    let rpath = if runpath.is_empty() { existing(&facts.rpath) } else { Vec::new() };
    (rpath, runpath)
}

fn existing_directories(list: &str, origin: &Place, files: &dyn Files) -> Vec<Place> {
    let mut found: Vec<Place> = Vec::new();
    if list.is_empty() {
        return found;
    }
    for entry in list.split(':') {
        let Some(place) = directory(entry, origin) else { continue };
        if !found.contains(&place) && files.is_directory(&place) {
            found.push(place);
        }
    }
    found
}

/// The directory that an entry of RPATH or RUNPATH names. An empty one is the current directory,
/// taken to be the root of what is audited; any other relative one starts at `/`. `None` for what
/// lies outside, and for `$ORIGIN` where it makes no path.
#[must_use]
pub fn directory(entry: &str, origin: &Place) -> Option<Place> {
    if entry.is_empty() {
        return Some(Place::Inner(String::new()));
    }
    let rest = ["$ORIGIN", "${ORIGIN}"].iter().find_map(|word| entry.strip_prefix(word));
    match rest {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            origin.join(rest.trim_start_matches('/'))
        }
        // Any text may follow: `$ORIGIN` is a word of its own, not a path's first component.
        Some(rest) => {
            let name = format!("{}{rest}", origin.file_name());
            origin.parent().join(&name)
        }
        None if entry.contains("$ORIGIN") || entry.contains("${ORIGIN}") => None,
        None => Some(Place::host(&Path::new("/").join(entry))),
    }
}

/// A file whose needs are being followed.
struct Pending {
    /// Its place among the tree's libraries; `None` for the root.
    library: Option<usize>,
    facts: Arc<Facts>,
    rpath: Vec<Place>,
    runpath: Vec<Place>,
    /// The index of its next `DT_NEEDED`.
    next: usize,
    /// What it needs, less what is excluded.
    needed: Vec<String>,
}

/// Depth first, with a stack of its own: a chain of libraries can be longer than the thread's.
struct Resolver<'a> {
    files: &'a dyn Files,
    shared: Arc<SearchPaths>,
    interpreter: Vec<Place>,
    tree: Tree,
    pending: Vec<Pending>,
}

impl Resolver<'_> {
    fn add_interpreter(&mut self) {
        let Some(path) = self.tree.facts.interpreter.clone() else { return };
        let place = Place::host(Path::new(&path));
        let directory = Path::new(&path).parent().unwrap_or(Path::new("/")).to_owned();
        if self.shared.interpreter {
            let below_usr = directory.strip_prefix("/").unwrap_or(&directory);
            self.interpreter =
                vec![Place::host(&directory), Place::host(&Path::new("/usr").join(below_usr))];
        }
        let found = self.files.elf(&place);
        let soname = place.file_name().to_owned();
        // Its presence is the file's own claim, so it counts as found in any case.
        let real = found.map_or_else(|| place.clone(), |(real, _)| real);
        self.tree.insert(Library {
            soname,
            path: Some(place),
            real: Some(real),
            facts: None,
            needed: Vec::new(),
        });
    }

    /// Follows one more name; `false` at the end.
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
            // The interpreter brings it.
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

    /// Adds a library that the current file needs.
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

    fn find(&self, soname: &str) -> Option<(Place, Place, Arc<Facts>)> {
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

/// Whether a library can be loaded with a file.
fn is_compatible(file: &Platform, library: &Platform) -> bool {
    /// System V, which stands for any, and GNU/Linux.
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
