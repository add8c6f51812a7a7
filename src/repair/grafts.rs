//! The libraries that are grafted: copied into the wheel under a name of their own.
//!
//! Grafts are told apart by their files, not by their names: two files of one soname become two grafts.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use super::error::RepairError;
use super::places::{GraftDirectories, GraftDirectory};
use crate::context::Context;
use crate::digest::sha256_of;
use crate::elf::is_libpython;
use crate::error::Error;
use crate::escape::{escape_path, escape_truncated, hexadecimal};
use crate::judge::{ElfLibraries, FoundLibrary, ProvidedLibrary};
use crate::source::Input;
use crate::wheel::Sha256Digest;

/// The number of hexadecimal digits of the SHA-256 in a graft's name.
const DIGITS: usize = 8;

/// A library that is grafted.
#[derive(Debug)]
pub(super) struct Graft {
    /// The library.
    pub(super) library: FoundLibrary,
    /// Its file.
    pub(super) input: Input,
    /// The SHA-256 of the file.
    pub(super) digest: Sha256Digest,
    /// Its new file name and soname.
    pub(super) name: String,
    /// The names by which it is needed.
    pub(super) sonames: BTreeSet<String>,
    /// The needed libraries that are grafts, with their new names.
    pub(super) replaced: BTreeMap<String, String>,
    /// The needed libraries that are removed.
    pub(super) removed: BTreeSet<String>,
    /// The needed libraries that other wheels bring.
    pub(super) provided: Vec<ProvidedLibrary>,
    /// The directories that it is copied to.
    pub(super) directories: BTreeSet<GraftDirectory>,
}

/// A library of `--add-library`, and the external libraries of its tree.
#[derive(Debug)]
pub(super) struct Added {
    /// The library.
    pub(super) library: FoundLibrary,
    /// The name by which code opens it, which it keeps.
    pub(super) name: String,
    /// Its external libraries.
    pub(super) external: External,
}

/// External libraries by soname; `None` for those that were not found.
type External = BTreeMap<String, Option<FoundLibrary>>;

/// All grafts of a wheel.
#[derive(Debug, Default)]
pub(super) struct Grafts {
    /// The grafts, in the order in which they were found.
    pub(super) list: Vec<Graft>,
    /// Indices by location.
    by_location: HashMap<PathBuf, usize>,
    /// What the user should know.
    pub(super) warnings: Vec<String>,
}

impl Grafts {
    /// Collects the external libraries of all files, and added ones, in the directories that they reach. `provided` tells which libraries other wheels
    /// bring.
    ///
    /// # Errors
    /// If a library was not found or cannot be read.
    pub(super) fn collect(
        elves: &[ElfLibraries],
        added: &[Added],
        directories: &GraftDirectories,
        provided: impl Fn(&str) -> Option<ProvidedLibrary>,
        context: &Context<'_>,
    ) -> Result<Self, Error> {
        let of_elves = elves.iter().zip(&directories.of_elves);
        let of_elves = of_elves.map(|(elf, directory)| (&*elf.path, *directory, &elf.external));
        let opened = &directories.of_added;
        let of_added = added.iter().flat_map(|added| {
            opened.iter().map(|directory| (&*added.name, *directory, &added.external))
        });
        let trees: Vec<(&str, GraftDirectory, &External)> = of_elves.chain(of_added).collect();
        let mut libraries: Vec<&FoundLibrary> = added.iter().map(|added| &added.library).collect();
        for (member, _, external) in &trees {
            for (soname, library) in *external {
                match library {
                    Some(library) => libraries.push(library),
                    None if is_libpython(soname) => {}
                    None => {
                        let (soname, member) = (soname.clone(), (*member).to_owned());
                        return Err(RepairError::NotFound { soname, member }.into());
                    }
                }
            }
        }
        let mut seen = BTreeSet::new();
        libraries.retain(|library| seen.insert(&library.location));
        let hashed = context.pool.install(|| {
            libraries.into_par_iter().map(|it| hashed(it, context)).collect::<Result<Vec<_>, _>>()
        })?;
        let mut grafts = Self::default();
        for (library, input, digest) in hashed {
            let own = added.iter().find(|added| added.library.location == library.location);
            grafts.add(library, input, digest, own.map(|added| added.name.as_str()))?;
        }
        for added in added {
            for directory in opened {
                let (name, library) = (&added.name, &added.library);
                grafts.connect(name, library, *directory, &added.external, &provided);
            }
        }
        for (_, directory, external) in trees {
            for (soname, library) in external {
                if let Some(library) = library {
                    grafts.connect(soname, library, directory, external, &provided);
                }
            }
        }
        Ok(grafts)
    }

    fn add(
        &mut self,
        library: &FoundLibrary,
        input: Input,
        digest: Sha256Digest,
        own_name: Option<&str>,
    ) -> Result<(), RepairError> {
        let file_name = library.location.file_name().unwrap_or_default().to_string_lossy();
        let name = own_name.map_or_else(|| new_name(&file_name, &digest), str::to_owned);
        let known = self.list.iter().position(|graft| graft.name == name);
        if let Some(other) = known.and_then(|at| self.list.get(at))
            && other.digest != digest
        {
            return Err(RepairError::SameName {
                name,
                first: other.library.location.clone(),
                second: library.location.clone(),
            });
        }
        let at = known.unwrap_or_else(|| {
            self.list.push(Graft {
                library: library.clone(),
                input,
                digest,
                name,
                sonames: BTreeSet::new(),
                replaced: BTreeMap::new(),
                removed: BTreeSet::new(),
                provided: Vec::new(),
                directories: BTreeSet::new(),
            });
            self.list.len() - 1
        });
        self.by_location.insert(library.location.clone(), at);
        Ok(())
    }

    /// Connects a graft with those that it needs, as a tree with these external libraries resolves them, and adds
    /// the directory of that tree.
    fn connect(
        &mut self,
        soname: &str,
        library: &FoundLibrary,
        directory: GraftDirectory,
        external: &External,
        provided: &impl Fn(&str) -> Option<ProvidedLibrary>,
    ) {
        let Some(&at) = self.by_location.get(&library.location) else { return };
        let mut replaced = Vec::new();
        let mut removed = Vec::new();
        let mut of_wheels = Vec::new();
        for needed in &library.facts.needed {
            match external.get(needed) {
                Some(Some(dependency)) => {
                    replaced.extend(self.named(dependency).map(|name| (needed, name)));
                }
                Some(None) => removed.push(needed),
                None => of_wheels.extend(provided(needed)),
            }
        }
        let Some(graft) = self.list.get_mut(at) else { return };
        graft.sonames.insert(soname.to_owned());
        graft.directories.insert(directory);
        graft.removed.extend(removed.into_iter().cloned());
        of_wheels.retain(|it| !graft.provided.contains(it));
        graft.provided.extend(of_wheels);
        for (needed, name) in replaced {
            let first = graft.replaced.entry(needed.clone()).or_insert_with(|| name.clone());
            if *first != name {
                self.warnings.push(format!(
                    "`{}` finds `{}` in two files, by the search paths of two files of the wheel; its graft needs \
                     `{first}`, not `{name}`",
                    escape_path(&graft.library.location),
                    escape_truncated(needed)
                ));
            }
        }
    }

    /// Returns the new name of a library.
    pub(super) fn named(&self, library: &FoundLibrary) -> Option<String> {
        let at = *self.by_location.get(&library.location)?;
        self.list.get(at).map(|graft| graft.name.clone())
    }
}

fn hashed<'a>(
    library: &'a FoundLibrary,
    context: &Context<'_>,
) -> Result<(&'a FoundLibrary, Input, Sha256Digest), Error> {
    let input = Input::find(&library.file)?;
    let file = input.open()?;
    let digest = sha256_of(&file, context.cancel)?;
    if !file.is_intact() {
        return Err(input.faulted().into());
    }
    Ok((library, input, digest))
}

/// Returns the name of a graft: that of the library, with the first digits of its hash before the first dot.
fn new_name(file_name: &str, digest: &Sha256Digest) -> String {
    let digits = hexadecimal(&digest.0);
    let suffix = format!("-{}", &digits[..DIGITS]);
    let (base, extension) = match file_name.split_once('.') {
        Some((base, extension)) => (base, format!(".{extension}")),
        None => (file_name, String::new()),
    };
    if base.ends_with(&suffix) {
        return file_name.to_owned();
    }
    format!("{base}{suffix}{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values are those of `auditwheel repair` 6.8.2, which fails for a name without a dot.
    #[test]
    fn the_hash_is_before_the_first_dot() {
        let digest = Sha256Digest([0xab; 32]);
        for (name, expected) in [
            ("libfoo.so", "libfoo-abababab.so"),
            ("libfoo.so.1.2.3", "libfoo-abababab.so.1.2.3"),
            ("libfoo-1.2.so.3.4", "libfoo-1-abababab.2.so.3.4"),
            ("libc++x@1 y.so.1", "libc++x@1 y-abababab.so.1"),
            ("libfoo-abababab.so", "libfoo-abababab.so"),
            ("libnodot", "libnodot-abababab"),
        ] {
            assert_eq!(new_name(name, &digest), expected);
        }
    }
}
