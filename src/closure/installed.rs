//! The files of all wheels of a closure as an installer puts them below one prefix, without unpacking them.

use std::cell::OnceCell;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::error::ClosureError;
use super::search::{SearchEntry, entries};
use super::target::Target;
use super::wheel::ClosureWheel;
use crate::elf::{ElfFacts, LinkFlags};
use crate::slash_path::file_name;

/// `ET_DYN`: shared objects, and programs that are linked like them.
const ET_DYN: u16 = 3;

/// `ET_EXEC`: programs with a fixed address.
const ET_EXEC: u16 = 2;

/// Maximum number of files in all wheels together. Those of torch and all that it requires are 25,000.
const MAX_FILES: usize = 4_000_000;

/// A shared library, an extension module or a program.
#[derive(Debug, Clone)]
pub(super) struct Object {
    /// The index of its wheel.
    pub(super) wheel: usize,
    /// Its path in the archive.
    pub(super) member: String,
    /// Its path below the prefix.
    pub(super) path: String,
    pub(super) facts: Arc<ElfFacts>,
    /// Whether it is installed in purelib.
    pub(super) is_purelib: bool,
    /// The entries of its RPATH; none where it has a RUNPATH, for which loaders ignore RPATH.
    pub(super) rpath: Vec<SearchEntry>,
    /// The entries of its RUNPATH.
    pub(super) runpath: Vec<SearchEntry>,
}

impl Object {
    /// Returns the last component of its path.
    pub(super) fn file_name(&self) -> &str {
        file_name(&self.path)
    }

    /// Returns whether it is started as a program, and not loaded into one.
    pub(super) fn is_program(&self) -> bool {
        let flags = self.facts.linkage.as_ref().map(|linkage| linkage.flags());
        self.facts.e_type == ET_EXEC
            || flags.is_some_and(LinkFlags::is_pie)
            || self.facts.interpreter.is_some() && self.facts.soname.is_none()
    }
}

/// What is at a path below the prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileAt {
    /// An object of the target's machine, by its index.
    Object(usize),
    /// An ELF file for another machine.
    Foreign,
    /// Another file.
    Other,
}

/// One path that two wheels have a file for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SharedPath {
    /// The path below the prefix.
    pub(super) path: String,
    /// The wheel and the member whose file counts, and that of the other one.
    pub(super) kept: (usize, String),
    pub(super) other: (usize, String),
}

/// A file at a path below the prefix.
#[derive(Debug)]
struct Placed {
    at: FileAt,
    wheel: usize,
    member: Arc<str>,
}

/// The installed files.
#[derive(Debug)]
pub(super) struct Installed {
    pub(super) objects: Vec<Object>,
    pub(super) shared: Vec<SharedPath>,
    files: HashMap<String, Placed>,
    /// The objects by file name and soname.
    by_name: HashMap<String, Vec<usize>>,
}

impl Installed {
    /// Lays out the files of all wheels.
    ///
    /// # Errors
    /// There are more than [`MAX_FILES`].
    pub(super) fn new(wheels: &[ClosureWheel], target: &Target) -> Result<Self, ClosureError> {
        let count: usize = wheels.iter().map(|wheel| wheel.contents.files().len()).sum();
        if count > MAX_FILES {
            return Err(ClosureError::TooManyFiles { limit: MAX_FILES });
        }
        let mut installed = Self {
            objects: Vec::new(),
            shared: Vec::new(),
            files: HashMap::with_capacity(count),
            by_name: HashMap::new(),
        };
        for (index, wheel) in wheels.iter().enumerate() {
            let layout = Layout::of(wheel, target);
            for member in &*wheel.members {
                if let Some((path, is_purelib)) = layout.path_of(member) {
                    installed.add(index, wheel, member, path, is_purelib, target);
                }
            }
        }
        installed.index_names();
        installed.set_search_paths();
        installed.shared.sort_unstable_by(|one, other| one.path.cmp(&other.path));
        Ok(installed)
    }

    fn add(
        &mut self,
        index: usize,
        wheel: &ClosureWheel,
        member: &Arc<str>,
        path: String,
        is_purelib: bool,
        target: &Target,
    ) {
        let facts = wheel.contents.elf(member);
        let at = match facts {
            Some(facts) if target.runs(facts) && matches!(facts.e_type, ET_DYN | ET_EXEC) => {
                FileAt::Object(self.objects.len())
            }
            Some(facts) if !target.runs(facts) => FileAt::Foreign,
            _ => FileAt::Other,
        };
        match self.files.entry(path) {
            Entry::Occupied(entry) => {
                let kept = entry.get();
                if kept.wheel != index {
                    self.shared.push(SharedPath {
                        path: entry.key().clone(),
                        kept: (kept.wheel, kept.member.to_string()),
                        other: (index, member.to_string()),
                    });
                }
            }
            Entry::Vacant(entry) => {
                if let (FileAt::Object(_), Some(facts)) = (at, facts) {
                    let path = entry.key().clone();
                    self.objects.push(Object {
                        wheel: index,
                        member: member.to_string(),
                        path: path.clone(),
                        facts: Arc::clone(facts),
                        is_purelib,
                        rpath: Vec::new(),
                        runpath: Vec::new(),
                    });
                }
                entry.insert(Placed { at, wheel: index, member: Arc::clone(member) });
            }
        }
    }

    /// Returns what is at a path below the prefix.
    pub(super) fn at(&self, path: &str) -> Option<FileAt> {
        self.files.get(path).map(|placed| placed.at)
    }

    /// Returns the objects that a library of this name could be, wherever they are: by file name or soname.
    pub(super) fn named(&self, name: &str) -> &[usize] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// Parses the search paths of all objects, once all directories are known.
    fn set_search_paths(&mut self) {
        let directories: OnceCell<HashSet<&str>> = OnceCell::new();
        let files = &self.files;
        let exists = |path: &str| {
            let directories = directories.get_or_init(|| {
                let parents = files
                    .keys()
                    .flat_map(|path| path.match_indices('/').map(move |(at, _)| &path[..at]));
                parents.collect()
            });
            path.is_empty() || directories.contains(path)
        };
        for object in &mut self.objects {
            let origin = object.path.rsplit_once('/').map_or("", |(directory, _)| directory);
            let list = |list: &Option<String>| {
                list.as_deref().map_or_else(Vec::new, |list| entries(list, origin, &exists))
            };
            // Where there is a RUNPATH, loaders ignore RPATH.
            let rpath = list(&object.facts.rpath);
            object.rpath = if object.facts.runpath.is_some() { Vec::new() } else { rpath };
            object.runpath = list(&object.facts.runpath);
        }
    }

    fn index_names(&mut self) {
        for (index, object) in self.objects.iter().enumerate() {
            let soname = object.facts.soname.as_deref();
            let own = object.file_name();
            for name in [own].into_iter().chain(soname.filter(|soname| *soname != own)) {
                self.by_name.entry(name.to_owned()).or_default().push(index);
            }
        }
    }
}

/// Where an installer puts the files of one wheel: the schemes of `sysconfig` in a virtual environment.
struct Layout<'a> {
    wheel: &'a ClosureWheel,
    /// The data directory with a slash at its end.
    data: Option<String>,
    python: String,
    purelib: String,
    platlib: String,
}

impl<'a> Layout<'a> {
    fn of(wheel: &'a ClosureWheel, target: &Target) -> Self {
        let purelib = target.python.site_packages();
        let platlib = if target.platlib_differs {
            purelib.replacen("lib/", "lib64/", 1)
        } else {
            purelib.clone()
        };
        Self {
            wheel,
            data: wheel.contents.data_directory().map(|data| data + "/"),
            python: format!("python{}", target.python),
            purelib,
            platlib,
        }
    }

    /// Returns the path of a member below the prefix, and whether that is in purelib. `None` if installers skip it.
    fn path_of(&self, member: &str) -> Option<(String, bool)> {
        let purelib_path = |rest: &str| (format!("{}/{rest}", self.purelib), true);
        let platlib_path = |rest: &str| (format!("{}/{rest}", self.platlib), false);
        let inner = self.data.as_ref().and_then(|data| member.strip_prefix(&**data));
        let Some(inner) = inner else {
            let root_is_purelib = self.wheel.is_purelib;
            return Some(if root_is_purelib { purelib_path(member) } else { platlib_path(member) });
        };
        let (scheme, rest) = inner.split_once('/')?;
        match scheme {
            "purelib" => Some(purelib_path(rest)),
            "platlib" => Some(platlib_path(rest)),
            "scripts" => Some((format!("bin/{rest}"), false)),
            "headers" => {
                let package = &self.wheel.candidate.package;
                Some((format!("include/site/{}/{package}/{rest}", self.python), false))
            }
            "data" => Some((rest.to_owned(), false)),
            _ => None,
        }
    }
}
