//! Where a file stands: inside what is audited, or on the host. Paths are compared as text, the way
//! a loader sees them, so they are kept normalised.

use std::fmt;
use std::path::{Component, Path, PathBuf};

/// A file or directory.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// Below the root of what is audited; the root itself is the empty path.
    Inner(String),
    /// An absolute path of the host, or of the tree that stands for it.
    Host(PathBuf),
}

impl Place {
    /// An absolute path of the host; one that is not absolute is taken from `/`.
    #[must_use]
    pub fn host(path: &Path) -> Self {
        Self::Host(normalized(path))
    }

    /// The directory that a file is in.
    #[must_use]
    pub fn parent(&self) -> Self {
        match self {
            Self::Inner(path) => {
                Self::Inner(path.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned())
            }
            Self::Host(path) => Self::Host(path.parent().unwrap_or(path).to_owned()),
        }
    }

    /// The last component of the path.
    #[must_use]
    pub fn file_name(&self) -> &str {
        match self {
            Self::Inner(path) => path.rsplit_once('/').map_or(path, |(_, name)| name),
            Self::Host(path) => path.file_name().and_then(|name| name.to_str()).unwrap_or_default(),
        }
    }

    /// What `path` means seen from this directory. `None` if it climbs out of the root of what is
    /// audited: where that will lie, nobody knows.
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

    /// Whether it is inside what is audited.
    #[must_use]
    pub fn is_inner(&self) -> bool {
        matches!(self, Self::Inner(_))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inner(path) => formatter.write_str(path),
            Self::Host(path) => path.display().fmt(formatter),
        }
    }
}

/// An absolute path without `.`, `..` and doubled slashes, by its text alone.
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
    fn joins() {
        let inner = |path: &str| Some(Place::Inner(path.to_owned()));
        let host = |path: &str| Some(Place::Host(PathBuf::from(path)));
        let cases = [
            (Place::Inner("a/b".into()), "c.so", inner("a/b/c.so")),
            (Place::Inner("a/b".into()), "../c/./d//", inner("a/c/d")),
            (Place::Inner("a".into()), "..", inner("")),
            (Place::Inner("a".into()), "../..", None),
            (Place::Inner(String::new()), "x", inner("x")),
            (Place::Inner("a".into()), "/usr/lib", host("/usr/lib")),
            (Place::Host("/usr/lib".into()), "../lib64//x", host("/usr/lib64/x")),
            (Place::Host("/usr".into()), "../../..", host("/")),
        ];
        for (base, path, expected) in cases {
            assert_eq!(base.join(path), expected, "{base:?} and {path}");
        }
    }

    #[test]
    fn parents_and_names() {
        let file = Place::Inner("a/b/c.so".into());
        assert_eq!(file.parent(), Place::Inner("a/b".into()));
        assert_eq!(file.file_name(), "c.so");
        assert_eq!(Place::Inner("c.so".into()).parent(), Place::Inner(String::new()));
        assert_eq!(Place::Host("/lib/c.so".into()).parent(), Place::Host("/lib".into()));
    }
}
