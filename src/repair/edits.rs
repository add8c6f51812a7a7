//! The edits of each ELF file: names of needed libraries, search path, soname.

use std::collections::BTreeSet;

use super::error::RepairError;
use super::grafts::{Graft, Grafts};
use super::places::{GraftDirectories, GraftDirectory, Place, directory_of};
use super::rpath::{self, NewPath};
use crate::elf_edit::{Edits, SearchPathEdit, SearchPathKind, Strip};
use crate::judge::{ElfLibraries, ProvidedLibrary};

/// The directories of a wheel, and how its files are edited.
#[derive(Debug)]
pub(super) struct Layout {
    /// The data directory, if the wheel has one.
    pub(super) data: Option<String>,
    /// The distribution's name, as the file name has it.
    pub(super) name: String,
    /// The directory of grafts, relative to site-packages.
    pub(super) libs: String,
    /// The directory of site-packages for machine code in the archive: empty, or one in the data directory.
    pub(super) site: String,
    /// Which search path the loader of the platform knows.
    pub(super) kind: SearchPathKind,
    /// Patterns of entries that stay.
    pub(super) keep: Vec<glob::Pattern>,
    /// Whether executable stacks are cleared.
    pub(super) clear_execstack: bool,
    /// Whether symbols and debug information are removed.
    pub(super) strip: Option<Strip>,
    /// The name in `lib` of the Python that the wheel is for, if its tags name one.
    pub(super) python: Option<String>,
    /// Which files reach libraries that no file names.
    pub(super) opened_by: OpenedBy,
}

/// The files that may open added libraries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OpenedBy {
    /// None: no library is added.
    Nothing,
    /// The files that call `dlopen`.
    Callers,
    /// All: none calls `dlopen`, so Python code opens them.
    All,
}

/// The edit of one file of the wheel.
#[derive(Debug)]
pub(super) struct FileEdit {
    /// The path in the archive.
    pub(super) path: String,
    /// Its build ID.
    pub(super) build_id: Option<Vec<u8>>,
    /// The new path in the archive, if the file moves. It is the one that a script at the old path runs.
    pub(super) moved: Option<Moved>,
    /// Whether its search path leads to its grafts in the archive only: installers put it in different directories.
    pub(super) is_lost: bool,
    /// The edits.
    pub(super) edits: Edits,
    /// The new search path.
    pub(super) search_path: NewPath,
}

/// The new place of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moved {
    /// The path in the archive.
    pub(super) archived: String,
    /// The path relative to site-packages.
    pub(super) installed: String,
}

impl FileEdit {
    /// Returns the edit of a file that keeps its search path.
    fn in_place(elf: &ElfLibraries, edits: Edits) -> Self {
        let old = rpath::old_path(&elf.facts).split(':').filter(|entry| !entry.is_empty());
        let search_path = NewPath { entries: old.map(str::to_owned).collect(), dropped: vec![] };
        Self {
            path: elf.path.clone(),
            build_id: elf.facts.build_id.clone(),
            moved: None,
            is_lost: false,
            edits,
            search_path,
        }
    }
}

impl Layout {
    /// Returns an error if no search path can name the directory of grafts.
    pub(super) fn check(&self, grafts: &Grafts) -> Result<(), RepairError> {
        /// Separates entries, and begins a token that the loader replaces.
        const SPECIAL: [char; 2] = [':', '$'];
        if !grafts.list.is_empty() && self.libs.contains(SPECIAL) {
            return Err(RepairError::Unsearchable(self.libs.clone()));
        }
        Ok(())
    }

    /// Returns the path in the archive of a file of site-packages.
    pub(super) fn archived(&self, path: &str) -> String {
        if self.site.is_empty() { path.to_owned() } else { format!("{}/{path}", self.site) }
    }

    /// Returns the path of a directory of grafts, relative to where it is installed.
    fn directory(&self, directory: GraftDirectory) -> String {
        match directory {
            GraftDirectory::SitePackages => self.libs.clone(),
            GraftDirectory::Prefix => format!("libexec/{}", self.libs),
        }
    }

    /// Returns the paths in the archive of a graft.
    pub(super) fn graft_paths(&self, graft: &Graft) -> Vec<(GraftDirectory, String)> {
        let data = self.data.as_deref().unwrap_or_default();
        let path = |directory: &GraftDirectory| {
            let path = format!("{}/{}", self.directory(*directory), graft.name);
            let path = match directory {
                GraftDirectory::SitePackages => self.archived(&path),
                GraftDirectory::Prefix => format!("{data}/data/{path}"),
            };
            (*directory, path)
        };
        graft.directories.iter().map(path).collect()
    }

    /// Returns whether a file lies in the root of the archive, so that WHEEL decides where it is installed.
    pub(super) fn is_in_root(&self, path: &str) -> bool {
        let data = self.data.as_ref().and_then(|data| path.strip_prefix(&**data));
        !data.is_some_and(|rest| rest.starts_with('/'))
    }

    fn place<'a>(&self, elf: &'a ElfLibraries) -> Place<'a> {
        Place::new(&elf.path, self.data.as_deref(), &elf.facts)
    }

    /// Returns the directories where files find their grafts.
    pub(super) fn graft_directories(&self, elves: &[ElfLibraries]) -> GraftDirectories {
        const USUAL: GraftDirectory = GraftDirectory::SitePackages;
        let directory = |elf: &ElfLibraries| self.place(elf).graft_directory().unwrap_or(USUAL);
        let openers = elves.iter().filter(|elf| self.opens_libraries(elf));
        let mut of_added: BTreeSet<_> = openers.map(directory).collect();
        if of_added.is_empty() {
            of_added.insert(USUAL);
        }
        GraftDirectories { of_elves: elves.iter().map(directory).collect(), of_added }
    }

    /// Returns whether a file may open added libraries.
    fn opens_libraries(&self, elf: &ElfLibraries) -> bool {
        match self.opened_by {
            OpenedBy::Nothing => false,
            OpenedBy::Callers => elf.opens_libraries,
            OpenedBy::All => !elf.facts.is_static(),
        }
    }

    /// Returns the edit of a file; `None` if it stays as it is.
    pub(super) fn edit(&self, elf: &ElfLibraries, grafts: &Grafts) -> Option<FileEdit> {
        let strip = self.strip;
        let stripped =
            || strip.map(|_| FileEdit::in_place(elf, Edits { strip, ..Edits::default() }));
        self.edit_of_names(elf, grafts).or_else(stripped)
    }

    /// Returns the edit of what loaders read of a file; `None` if it stays as it is.
    fn edit_of_names(&self, elf: &ElfLibraries, grafts: &Grafts) -> Option<FileEdit> {
        let opens = self.opens_libraries(elf);
        let needs_grafts = opens || !elf.external.is_empty();
        if !needs_grafts && elf.provided.is_empty() {
            return None;
        }
        let place = self.place(elf);
        let is_lost = place == Place::Unknown;
        let is_grafted = opens || elf.external.values().any(Option::is_some);
        let (installed, libraries, moved) = match place {
            Place::Site(path) => (path.to_owned(), GraftDirectory::SitePackages, None),
            Place::Program(name) => {
                let installed = format!("{}.scripts/{name}", self.name);
                let archived = self.archived(&installed);
                let moved = Moved { archived, installed: installed.clone() };
                (installed, GraftDirectory::SitePackages, Some(moved))
            }
            Place::Prefix(path) if is_grafted || !elf.provided.is_empty() => {
                (path, GraftDirectory::Prefix, None)
            }
            // As `auditwheel` does: the search path is right in the archive.
            Place::Unknown if is_grafted => (elf.path.clone(), GraftDirectory::SitePackages, None),
            Place::Prefix(_) | Place::Unknown => return self.removal(elf),
        };
        let directory = directory_of(&installed);
        let mut added = Vec::new();
        if needs_grafts {
            let grafts = self.directory(libraries);
            added.push(rpath::entry(
                directory,
                &if is_lost { self.archived(&grafts) } else { grafts },
            ));
        }
        let provided = elf.provided.values();
        added.extend(provided.flat_map(|it| self.entries(directory, libraries, it)));
        let old = rpath::old_path(&elf.facts);
        let search_path = rpath::new_path(old, directory, &elf.facts, &added, &self.keep);
        if !needs_grafts && search_path.text() == old {
            return None;
        }
        let replaced = elf.external.iter().filter_map(|(soname, library)| {
            let name = grafts.named(library.as_ref()?)?;
            elf.facts.needed.contains(soname).then(|| (soname.clone(), name))
        });
        let edits = Edits {
            replace_needed: replaced.collect(),
            remove_needed: removed(elf),
            search_path: Some(SearchPathEdit::Set(self.kind, search_path.text())),
            executable_stack: (self.clear_execstack && elf.facts.executable_stack).then_some(false),
            strip: self.strip,
            ..Edits::default()
        };
        let (path, build_id) = (elf.path.clone(), elf.facts.build_id.clone());
        Some(FileEdit { path, build_id, moved, is_lost, edits, search_path })
    }

    /// Returns the edit that removes needed libraries, and changes no search path; `None` if it removes none.
    fn removal(&self, elf: &ElfLibraries) -> Option<FileEdit> {
        let edits = Edits { remove_needed: removed(elf), strip: self.strip, ..Edits::default() };
        (!edits.remove_needed.is_empty()).then(|| FileEdit::in_place(elf, edits))
    }

    /// Returns the entries that lead to a library of another wheel from a directory whose paths have the root of a
    /// directory of grafts. Both site-packages are named if the library may be in either, and the system may have two.
    fn entries(&self, from: &str, root: GraftDirectory, library: &ProvidedLibrary) -> Vec<String> {
        /// From site-packages to the prefix: `lib64/python3.11/site-packages`.
        const TO_PREFIX: &str = "../../..";
        let Some(place) = &library.place else { return Vec::new() };
        let site =
            |python: &str, lib: &str| format!("{lib}/{python}/site-packages/{}", place.directory);
        match (root, &self.python) {
            (GraftDirectory::SitePackages, python) => {
                let mut entries = vec![rpath::entry(from, &place.directory)];
                if let Some(python) = python.as_ref().filter(|_| place.is_purelib) {
                    let root = rpath::entry(from, "");
                    entries.push(format!("{root}/{TO_PREFIX}/{}", site(python, "lib")));
                }
                entries
            }
            (GraftDirectory::Prefix, None) => Vec::new(),
            (GraftDirectory::Prefix, Some(python)) => {
                let libs = if place.is_purelib { &["lib"][..] } else { &["lib", "lib64"] };
                libs.iter().map(|lib| rpath::entry(from, &site(python, lib))).collect()
            }
        }
    }

    /// Returns the edits of a graft in a directory.
    pub(super) fn graft_edits(&self, graft: &Graft, directory: GraftDirectory) -> Edits {
        let mut entries: Vec<String> = Vec::new();
        if !graft.replaced.is_empty() || self.opened_by != OpenedBy::Nothing {
            entries.push("$ORIGIN".to_owned());
        }
        let from = self.directory(directory);
        for entry in graft.provided.iter().flat_map(|it| self.entries(&from, directory, it)) {
            if !entries.contains(&entry) {
                entries.push(entry);
            }
        }
        let search_path = if entries.is_empty() {
            SearchPathEdit::Remove
        } else {
            SearchPathEdit::Set(self.kind, entries.join(":"))
        };
        Edits {
            soname: Some(graft.name.clone()),
            replace_needed: graft.replaced.clone().into_iter().collect(),
            remove_needed: graft.removed.iter().cloned().collect(),
            search_path: Some(search_path),
            executable_stack: self.clear_execstack.then_some(false),
            strip: self.strip,
            ..Edits::default()
        }
    }
}

/// Returns the needed libraries that are removed: external ones that are never searched.
fn removed(elf: &ElfLibraries) -> Vec<String> {
    let missing = elf.external.iter().filter(|(_, library)| library.is_none());
    let needed = missing.filter(|(soname, _)| elf.facts.needed.contains(soname));
    needed.map(|(soname, _)| soname.clone()).collect()
}
