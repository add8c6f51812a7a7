//! The files of a system below its root directory. Symbolic links never lead out of it.

use std::ffi::OsString;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use super::error::PackagesError;
use crate::error::FileError;
use crate::regular_file;
use crate::sysroot::is_link_to_copy;

/// Maximum number of symbolic links in one path; Linux has the same limit.
const MAX_LINKS: usize = 40;

/// Maximum number of entries of a directory. Debian has some 60,000 packages, with five files each.
const MAX_ENTRIES: usize = 1_000_000;

/// Bytes of a file that are read at once. Of 1,023 lists of a Debian with compilers, 99 % are shorter.
const FIRST_READ: usize = 64 << 10;

/// The root directory of this machine or of a sysroot.
#[derive(Debug)]
pub(super) struct SystemRoot<'a>(&'a Path);

impl<'a> SystemRoot<'a> {
    pub(super) fn new(root: &'a Path) -> Self {
        Self(root)
    }

    /// Returns the path on this machine of an absolute path of the system. Links are not followed.
    pub(super) fn on_machine(&self, path: &Path) -> PathBuf {
        self.0.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// Returns an absolute path of the system with all symbolic links followed. What does not exist
    /// stays as it is. `None` for a loop of links.
    pub(super) fn resolve(&self, path: &Path) -> Option<PathBuf> {
        let mut resolved = PathBuf::from("/");
        let mut rest: Vec<OsString> = reversed(path);
        let mut links = 0;
        while let Some(component) = rest.pop() {
            if component == ".." {
                resolved.pop();
                continue;
            }
            let next = resolved.join(&component);
            let Ok(target) = fs_err::read_link(self.on_machine(&next)) else {
                resolved = next;
                continue;
            };
            if is_link_to_copy(self.0, &next, &target) {
                resolved = next;
                continue;
            }
            links += 1;
            if links > MAX_LINKS {
                return None;
            }
            if target.has_root() {
                resolved = PathBuf::from("/");
            }
            rest.extend(reversed(&target));
        }
        Some(resolved)
    }

    /// Returns the content of a regular file, or `None` if there is none at this path.
    pub(super) fn read(&self, path: &Path, limit: u64) -> Result<Option<Vec<u8>>, PackagesError> {
        let Some(resolved) = self.resolve(path) else { return Ok(None) };
        let on_machine = self.on_machine(&resolved);
        let file = match regular_file::open(&on_machine) {
            Ok(Some(file)) => file,
            Ok(None) => return Ok(None),
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(FileError::on("read", &on_machine)(error).into()),
        };
        let mut bytes = Vec::with_capacity(FIRST_READ);
        file.take(limit + 1).read_to_end(&mut bytes).map_err(FileError::on("read", &on_machine))?;
        if bytes.len() as u64 > limit {
            return Err(PackagesError::TooLarge { path: on_machine, limit });
        }
        Ok(Some(bytes))
    }

    /// Returns the names of a directory's entries, sorted. A directory that does not exist has none.
    pub(super) fn names(&self, path: &Path) -> Result<Vec<OsString>, PackagesError> {
        let Some(resolved) = self.resolve(path) else { return Ok(Vec::new()) };
        let on_machine = self.on_machine(&resolved);
        let entries = match std::fs::read_dir(&on_machine) {
            Ok(entries) => entries,
            Err(error) if is_missing(&error) => return Ok(Vec::new()),
            Err(error) => return Err(FileError::on("read", &on_machine)(error).into()),
        };
        let mut names = Vec::new();
        for entry in entries {
            if names.len() == MAX_ENTRIES {
                return Err(PackagesError::TooManyFiles { path: on_machine, limit: MAX_ENTRIES });
            }
            names.push(entry.map_err(FileError::on("read", &on_machine))?.file_name());
        }
        names.sort_unstable();
        Ok(names)
    }
}

/// Returns whether there is nothing of the expected type at a path.
fn is_missing(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

/// Returns the components of a path, the last one first.
fn reversed(path: &Path) -> Vec<OsString> {
    let names = path.components().rev().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    });
    names.collect()
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_stay_below_the_root() {
        let dir = tempfile::tempdir().unwrap();
        let at = |path: &str| dir.path().join(path);
        fs_err::create_dir_all(at("usr/lib/x")).unwrap();
        fs_err::write(at("usr/lib/x/libz.so.1.2"), "z").unwrap();
        symlink("usr/lib", at("lib")).unwrap();
        symlink("libz.so.1.2", at("usr/lib/x/libz.so.1")).unwrap();
        symlink("/lib/x/libz.so.1", at("usr/absolute")).unwrap();
        symlink("../../../../../../lib/x", at("usr/climbing")).unwrap();
        symlink("loop", at("usr/loop")).unwrap();
        let root = SystemRoot::new(dir.path());
        let cases = [
            ("/lib/x/libz.so.1", Some("/usr/lib/x/libz.so.1.2")),
            ("/usr/absolute", Some("/usr/lib/x/libz.so.1.2")),
            ("/usr/climbing/libz.so.1", Some("/usr/lib/x/libz.so.1.2")),
            ("/lib/x/../missing/./file", Some("/usr/lib/missing/file")),
            ("/../..", Some("/")),
            ("/usr/loop", None),
        ];
        for (path, expected) in cases {
            assert_eq!(root.resolve(Path::new(path)).as_deref(), expected.map(Path::new), "{path}");
        }
        let read = |path: &str, limit| root.read(Path::new(path), limit);
        assert_eq!(read("/usr/absolute", 1).unwrap().as_deref(), Some(&b"z"[..]));
        let missing = ["/usr/loop", "/usr/none", "/usr/lib", "/usr/lib/x/libz.so.1/file"];
        for path in missing {
            assert_eq!(read(path, 1).unwrap(), None, "{path}");
        }
        assert!(matches!(read("/usr/absolute", 0), Err(PackagesError::TooLarge { limit: 0, .. })));
        assert_eq!(root.names(Path::new("/lib/x")).unwrap(), ["libz.so.1", "libz.so.1.2"]);
        assert!(root.names(Path::new("/none")).unwrap().is_empty());
    }
}
