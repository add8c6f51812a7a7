//! The directories that the files of a wheel need.

use std::borrow::Cow;
use std::collections::BTreeSet;

use thiserror::Error;

use crate::error::Diagnose;

/// Maximum number of directories. Each takes an inode and memory.
const MAX_DIRECTORIES: usize = 1_000_000;

/// Maximum total length of their paths in bytes. A path of 65,535 bytes can have 32,767 directories above
/// it, whose paths take half a gigabyte; those of tensorflow's wheel, which has 24,000 files, take 200 kB.
const MAX_TOTAL_PATH_BYTES: usize = 64 << 20;

/// A set of directories that contains the parents of each.
#[derive(Debug, Clone, Default)]
pub struct Directories {
    paths: BTreeSet<String>,
    bytes: usize,
    /// The directory that was added last: most files follow one of the same directory.
    last: String,
}

/// More directories than any wheel needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "expected at most {MAX_DIRECTORIES} directories, with paths of at most {MAX_TOTAL_PATH_BYTES} bytes together, found more"
)]
pub struct TooManyDirectories;

impl Diagnose for TooManyDirectories {
    fn hint(&self) -> Option<Cow<'static, str>> {
        Some("no wheel needs as many; build it with fewer".into())
    }
}

impl Directories {
    /// Adds a directory and its parents. The empty path adds nothing.
    ///
    /// # Errors
    ///
    /// More than 1,000,000 directories, or paths of more than 64 MiB together.
    pub fn add(&mut self, path: &str) -> Result<(), TooManyDirectories> {
        if path == self.last {
            return Ok(());
        }
        let mut directory = path;
        while !directory.is_empty() && !self.paths.contains(directory) {
            self.bytes += directory.len();
            if self.bytes > MAX_TOTAL_PATH_BYTES || self.paths.len() == MAX_DIRECTORIES {
                return Err(TooManyDirectories);
            }
            self.paths.insert(directory.to_owned());
            directory = directory.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
        path.clone_into(&mut self.last);
        Ok(())
    }

    /// Adds the parent directories of a file.
    ///
    /// # Errors
    ///
    /// As [`Self::add`].
    pub fn add_parents(&mut self, file: &str) -> Result<(), TooManyDirectories> {
        file.rsplit_once('/').map_or(Ok(()), |(parent, _)| self.add(parent))
    }

    /// Returns whether a directory is in the set.
    #[must_use]
    pub fn contains(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// Iterates over the directories, parents first.
    pub fn iter(&self) -> std::collections::btree_set::Iter<'_, String> {
        self.paths.iter()
    }

    /// Returns the number of directories.
    #[must_use]
    pub fn len(&self) -> usize {
        self.paths.len()
    }

    /// Returns whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }
}

impl<'a> IntoIterator for &'a Directories {
    type Item = &'a String;
    type IntoIter = std::collections::btree_set::Iter<'a, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_added_once_with_its_parents() {
        let mut directories = Directories::default();
        for file in ["a/b/c", "a/d", "e", "a/b/f/g"] {
            directories.add_parents(file).unwrap();
        }
        directories.add("h/i").unwrap();
        let found: Vec<&String> = directories.iter().collect();
        assert_eq!(found, ["a", "a/b", "a/b/f", "h", "h/i"]);
        assert!(directories.contains("a/b") && !directories.contains(""));
    }

    #[test]
    fn deep_paths_are_bounded_by_their_bytes() {
        let deep = "a/".repeat(32_767) + "b";
        assert_eq!(Directories::default().add_parents(&deep), Err(TooManyDirectories));
        let mut directories = Directories::default();
        for number in 0..100 {
            directories.add_parents(&format!("{number}/{}", "a/".repeat(300))).unwrap();
        }
        let many =
            (0..).map(|number| directories.add(&format!("{number:04}/{}", "a/".repeat(900))));
        assert!(many.take(1000).any(|added| added.is_err()));
    }
}
