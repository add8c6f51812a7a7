//! The libraries that ELF files need, and where they are, for `wheelworks lddtree`.

use std::path::Path;
use std::sync::Arc;

use super::contents::Contents;
use super::error::JudgeError;
use super::layout::TreeLayout;
use super::pipeline::Judge;
use super::read::read;
use super::trees::Lookup;
use crate::context::Context;
use crate::elf::{self, Detail, ElfFacts, FileLocation, Tree};
use crate::error::Error;
use crate::platform::Libc;
use crate::source::Input;

/// Trees of libraries, for `wheelworks lddtree`.
impl Judge {
    /// Returns the trees of all ELF files in a wheel that are installed.
    pub(crate) fn trees(
        &self,
        path: &Path,
        layout: TreeLayout,
        context: &Context<'_>,
    ) -> Result<Vec<LibraryTree>, Error> {
        let contents = read(path, self.limits(), context)?;
        let installed = match layout {
            TreeLayout::Installed => contents.installed()?.map(Arc::new),
            TreeLayout::Archive => None,
        };
        let lookup = Lookup { installed, ..self.lookup(&contents, None) };
        let mut trees = Vec::new();
        for path in contents.recorded_elves().iter().chain(contents.unrecorded_elves()) {
            context.cancel.check()?;
            if let (Some(facts), Some(location)) = (contents.elf(path), lookup.location(path)) {
                trees.push(LibraryTree {
                    member: Some(path.clone()),
                    ..tree(&location, facts, &lookup)
                });
            }
        }
        Ok(trees)
    }

    /// Returns the tree of an ELF file on this machine.
    pub(crate) fn tree_of_file(&self, path: &Path) -> Result<LibraryTree, Error> {
        let input = Input::find(path)?;
        let content = input.open()?;
        let facts = ElfFacts::read(content.bytes(), Detail::Loading);
        if !content.is_intact() {
            return Err(input.faulted().into());
        }
        let facts = facts.map_err(|source| JudgeError::Elf { path: path.to_owned(), source })?;
        let contents = Contents::empty();
        let lookup = self.lookup(&contents, None);
        let location =
            FileLocation::host(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
        Ok(tree(&location, &Arc::new(facts), &lookup))
    }
}

/// The libraries that an ELF file needs.
#[derive(Debug)]
pub(crate) struct LibraryTree {
    /// The file's path in the archive, if it is in a wheel.
    pub(crate) member: Option<String>,
    /// The C library that the file is for.
    pub(crate) libc: Option<Libc>,
    /// The libraries.
    pub(crate) tree: Tree,
}

fn tree(location: &FileLocation, facts: &Arc<ElfFacts>, lookup: &Lookup<'_>) -> LibraryTree {
    let libc = Libc::of(facts, location.file_name()).unwrap_or(None);
    LibraryTree { member: None, libc, tree: elf::resolve(location, facts, libc, lookup) }
}
