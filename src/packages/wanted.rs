//! The files whose owners are looked up, under every name that a package may list them by.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::package::{Package, PackageKind};
use super::system_root::SystemRoot;

/// The directories that merged `/usr` moves there.
const MOVED: [&str; 7] = ["bin", "lib", "lib32", "lib64", "libo32", "libx32", "sbin"];

/// How exactly a listed path names a file: 0 for the resolved path.
type Rank = u8;

/// An owner that was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    kind: PackageKind,
    rank: Rank,
    name: String,
    version: String,
}

/// Files, and the owners that were found so far.
#[derive(Debug)]
pub(super) struct Wanted {
    files: Vec<PathBuf>,
    owners: Vec<Option<Candidate>>,
    /// For each path that a package may list: the files that it may name.
    names: HashMap<Vec<u8>, Vec<(usize, Rank)>>,
    base_names: HashSet<Vec<u8>>,
}

impl Wanted {
    pub(super) fn new(root: &SystemRoot<'_>, files: &[PathBuf]) -> Self {
        let mut wanted = Self {
            files: files.to_vec(),
            owners: vec![None; files.len()],
            names: HashMap::new(),
            base_names: HashSet::new(),
        };
        for (index, file) in files.iter().enumerate() {
            let resolved = root.resolve(file).unwrap_or_else(|| file.clone());
            let spellings = [
                Some(resolved.clone()),
                other_spelling(&resolved),
                Some(file.clone()),
                other_spelling(file),
            ];
            for (rank, path) in (0..).zip(spellings) {
                let Some(path) = path else { continue };
                if let Some(name) = path.file_name() {
                    wanted.base_names.insert(name.as_encoded_bytes().to_vec());
                }
                let path = path.into_os_string().into_encoded_bytes();
                wanted.names.entry(path).or_default().push((index, rank));
            }
        }
        wanted
    }

    /// Returns whether one of the files may have this base name.
    pub(super) fn has_base_name(&self, name: &[u8]) -> bool {
        self.base_names.contains(name)
    }

    /// Returns whether a list of paths may have one of the files: whether a base name is anywhere in it.
    pub(super) fn may_be_listed_in(&self, list: &[u8]) -> bool {
        self.base_names.iter().any(|name| memchr::memmem::find(list, name).is_some())
    }

    /// Returns whether a path that a package lists names one of the files.
    pub(super) fn has(&self, listed: &[u8]) -> bool {
        self.names.contains_key(listed)
    }

    /// Adds the owner of a path that a package lists. Of several owners of one file, the one of the
    /// earlier package manager counts, then that with the more exact path, then the first name.
    pub(super) fn add(&mut self, listed: &[u8], kind: PackageKind, name: &str, version: &str) {
        let Some(files) = self.names.get(listed) else { return };
        for &(index, rank) in files {
            let candidate =
                Candidate { kind, rank, name: name.to_owned(), version: version.to_owned() };
            let owner = &mut self.owners[index];
            let is_better =
                owner.as_ref().is_none_or(|known| known.kind == kind && candidate < *known);
            if is_better {
                *owner = Some(candidate);
            }
        }
    }

    /// Returns the owners, by file.
    pub(super) fn into_owners(self, distribution: Option<&str>) -> BTreeMap<PathBuf, Package> {
        let found = self.files.into_iter().zip(self.owners).filter_map(|(file, owner)| {
            let Candidate { kind, name, version, .. } = owner?;
            let distribution = distribution.map(str::to_owned);
            Some((file, Package { kind, distribution, name, version }))
        });
        found.collect()
    }
}

/// Returns the other name of a path of merged `/usr`: `/usr/lib/x` for `/lib/x`, and the reverse.
fn other_spelling(path: &Path) -> Option<PathBuf> {
    let inner = path.strip_prefix("/").ok()?;
    let moved = inner.strip_prefix("usr").unwrap_or(inner);
    let first = moved.iter().next()?.to_str()?;
    if !MOVED.contains(&first) {
        return None;
    }
    let directory = if moved == inner { "/usr" } else { "/" };
    Some(Path::new(directory).join(moved))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merged_usr_has_two_spellings() {
        let cases = [
            ("/lib/x86_64-linux-gnu/libz.so.1", Some("/usr/lib/x86_64-linux-gnu/libz.so.1")),
            ("/usr/lib64/libz.so.1", Some("/lib64/libz.so.1")),
            ("/usr/local/lib/libz.so.1", None),
            ("/opt/lib/libz.so.1", None),
            ("/usr", None),
            ("lib/libz.so.1", None),
        ];
        for (path, expected) in cases {
            assert_eq!(
                other_spelling(Path::new(path)).as_deref(),
                expected.map(Path::new),
                "{path}"
            );
        }
    }
}
