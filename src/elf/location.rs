//! The location of a file: in the audited tree or on the host. Paths are normalised, because they are
//! compared as text.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use crate::slash_path;

/// The location of a file or directory.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FileLocation {
    /// Relative to the root of the audited tree; the root itself is the empty path.
    Inner(String),
    /// An absolute path of the host, or of the sysroot in its place.
    Host(PathBuf),
}

impl FileLocation {
    /// Returns the location of a path of the host. A relative path is resolved against `/`.
    #[must_use]
    pub fn host(path: &Path) -> Self {
        Self::Host(normalized(path))
    }

    /// Returns the directory of a file.
    #[must_use]
    pub fn parent(&self) -> Self {
        match self {
            Self::Inner(path) => {
                Self::Inner(path.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned())
            }
            Self::Host(path) => Self::Host(path.parent().unwrap_or(path).to_owned()),
        }
    }

    /// Returns the last component of the path.
    #[must_use]
    pub fn file_name(&self) -> &str {
        match self {
            Self::Inner(path) => slash_path::file_name(path),
            Self::Host(path) => path.file_name().and_then(|name| name.to_str()).unwrap_or_default(),
        }
    }

    /// Resolves `path` against this directory. Returns `None` if `..` leaves the audited tree: its
    /// future parent directories are not known.
    #[must_use]
    pub fn join(&self, path: &str) -> Option<Self> {
        match self {
            _ if path.starts_with('/') => Some(Self::host(Path::new(path))),
            Self::Host(base) => Some(Self::host(&base.join(path))),
            Self::Inner(base) => {
                let mut parts: Vec<&str> =
                    base.split('/').filter(|part| !part.is_empty()).collect();
                for part in path.split('/') {
                    match part {
                        "" | "." => {}
                        ".." => {
                            parts.pop()?;
                        }
                        part => parts.push(part),
                    }
                }
                Some(Self::Inner(parts.join("/")))
            }
        }
    }

    /// Returns whether it is in the audited tree.
    #[must_use]
    pub fn is_inner(&self) -> bool {
        matches!(self, Self::Inner(_))
    }
}

impl fmt::Display for FileLocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inner(path) => formatter.write_str(path),
            Self::Host(path) => path.display().fmt(formatter),
        }
    }
}

/// Returns an absolute path without `.`, `..` and doubled slashes. Reads no file system.
fn normalized(path: &Path) -> PathBuf {
    let mut result = PathBuf::from("/");
    for component in path.components() {
        match component {
            Component::Normal(name) => result.push(name),
            Component::ParentDir => {
                result.pop();
            }
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn join_normalises_and_stays_in_the_tree() {
        let inner = |path: &str| Some(FileLocation::Inner(path.to_owned()));
        let host = |path: &str| Some(FileLocation::Host(PathBuf::from(path)));
        let cases = [
            (FileLocation::Inner("a/b".into()), "c.so", inner("a/b/c.so")),
            (FileLocation::Inner("a/b".into()), "../c/./d//", inner("a/c/d")),
            (FileLocation::Inner("a".into()), "..", inner("")),
            (FileLocation::Inner("a".into()), "../..", None),
            (FileLocation::Inner(String::new()), "x", inner("x")),
            (FileLocation::Inner("a".into()), "/usr/lib", host("/usr/lib")),
            (FileLocation::Host("/usr/lib".into()), "../lib64//x", host("/usr/lib64/x")),
            (FileLocation::Host("/usr".into()), "../../..", host("/")),
        ];
        for (base, path, expected) in cases {
            assert_eq!(base.join(path), expected, "{base:?} and {path}");
        }
    }

    #[test]
    fn parents_and_names() {
        let file = FileLocation::Inner("a/b/c.so".into());
        assert_eq!(file.parent(), FileLocation::Inner("a/b".into()));
        assert_eq!(file.file_name(), "c.so");
        assert_eq!(FileLocation::Inner("c.so".into()).parent(), FileLocation::Inner(String::new()));
        assert_eq!(
            FileLocation::Host("/lib/c.so".into()).parent(),
            FileLocation::Host("/lib".into())
        );
    }
}
