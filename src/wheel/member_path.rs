//! Paths of files in an archive that every installer on every system reads the same way. They never
//! leave the directory that the archive is unpacked into.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::single_line::is_unprintable;
use crate::error::Diagnose;
use crate::escape::escape_truncated;
use crate::slash_path;

/// Maximum length of a path in bytes. `unpack`, `repack` and `inspect` refuse longer paths, and `check`
/// reports them. It is half of what Linux opens (`PATH_MAX`, 4096 bytes): the directory that the wheel is
/// unpacked into needs room, too.
pub const MAX_PATH_BYTES: usize = 2048;

/// Maximum length of a component in bytes on common file systems (`NAME_MAX`).
pub const MAX_COMPONENT_BYTES: usize = 255;

/// Maximum length of a name in a ZIP header in bytes: the header has 16 bits for it.
const MAX_NAME_BYTES: usize = 65_535;

/// A path such as `jax/_src/core.py`: UTF-8, relative, `/` between its components, none of them
/// empty, `.` or `..`, no control characters, no backslash, no drive letter.
///
/// Ordered by bytes, as members are in the archives we write. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberPath(Arc<str>);

impl MemberPath {
    /// Parses the bytes of a name in an archive.
    ///
    /// # Errors
    ///
    /// See [`MemberPathProblem`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MemberPathError> {
        std::str::from_utf8(bytes)
            .map_err(|error| MemberPathError {
                path: String::from_utf8_lossy(bytes).into_owned(),
                problem: MemberPathProblem::NotUtf8 { position: error.valid_up_to() },
            })?
            .parse()
    }

    /// Parses a path of this system.
    ///
    /// # Errors
    ///
    /// See [`MemberPathProblem`].
    pub fn from_os_str(path: &OsStr) -> Result<Self, MemberPathError> {
        Self::from_bytes(path.as_encoded_bytes())
    }

    /// Returns the path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Iterates over the components; there is at least one.
    #[must_use]
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/')
    }

    /// Returns the last component.
    #[must_use]
    pub fn file_name(&self) -> &str {
        slash_path::file_name(&self.0)
    }

    /// Returns the path relative to the directory `dir`; `None` if it is not in `dir`. `dir` does not end
    /// with `/`.
    #[must_use]
    pub fn strip_dir(&self, dir: &str) -> Option<&str> {
        self.0.strip_prefix(dir)?.strip_prefix('/')
    }
}

impl FromStr for MemberPath {
    type Err = MemberPathError;

    fn from_str(path: &str) -> Result<Self, Self::Err> {
        match problem(path) {
            None => Ok(Self(path.into())),
            Some(problem) => Err(MemberPathError { path: path.to_owned(), problem }),
        }
    }
}

/// Returns the first problem of a path.
fn problem(path: &str) -> Option<MemberPathProblem> {
    use MemberPathProblem as Problem;

    let mut start = path.chars();
    let drive = (start.next(), start.next());
    if path.is_empty() {
        Some(Problem::Empty)
    } else if path.len() > MAX_NAME_BYTES {
        Some(Problem::TooLong { length: path.len() })
    } else if path.starts_with('/') {
        Some(Problem::Absolute)
    } else if matches!(drive, (Some(letter), Some(':')) if letter.is_ascii_alphabetic()) {
        Some(Problem::Drive)
    } else if let Some(character) = path.chars().find(|&character| is_unprintable(character)) {
        Some(Problem::Control { character })
    } else if path.contains('\\') {
        Some(Problem::Backslash)
    } else if path.ends_with('/') {
        Some(Problem::Directory)
    } else {
        path.split('/').find_map(|component| match component {
            "" => Some(Problem::EmptyComponent),
            "." | ".." => Some(Problem::DotComponent { component: component.to_owned() }),
            _ => None,
        })
    }
}

impl fmt::Display for MemberPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl AsRef<str> for MemberPath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// A path that no member of a wheel may have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` cannot be the path of a file in a wheel: {problem}", escape_truncated(path))]
pub struct MemberPathError {
    /// The path, with `\u{fffd}` where it is not UTF-8.
    pub path: String,
    /// What is wrong with it.
    pub problem: MemberPathProblem,
}

impl Diagnose for MemberPathError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        self.problem.hint()
    }
}

/// What is wrong with a member's path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MemberPathProblem {
    /// An empty path.
    #[error("expected a path, found none")]
    Empty,
    /// Longer than a ZIP archive can hold.
    #[error("expected at most {MAX_NAME_BYTES} bytes, found {length}")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// Bytes that are not UTF-8.
    #[error("expected UTF-8, found another byte at position {position}")]
    NotUtf8 {
        /// How many bytes before it are UTF-8.
        position: usize,
    },
    /// A `/` in front.
    #[error("expected a relative path, found `/` in front")]
    Absolute,
    /// A drive letter in front.
    #[error("expected a relative path, found a drive letter")]
    Drive,
    /// A control character, or one that ends a line in Python.
    #[error("expected printable characters, found {character:?}")]
    Control {
        /// The character.
        character: char,
    },
    /// A backslash.
    #[error("expected `/` between components, found `\\`")]
    Backslash,
    /// A `/` at the end.
    #[error("expected a file, found `/` at the end")]
    Directory,
    /// Two `/` in a row.
    #[error("expected a name between every two `/`, found `//`")]
    EmptyComponent,
    /// `.` or `..`.
    #[error("expected names between the `/`, found `{component}`")]
    DotComponent {
        /// Which of the two.
        component: String,
    },
}

impl Diagnose for MemberPathProblem {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Empty => "name the file's path in the wheel",
            Self::TooLong { .. } => "shorten the path",
            Self::NotUtf8 { .. } => "rename the file",
            Self::Absolute | Self::Drive => "write the path relative to site-packages",
            Self::Control { .. } => "rename the file; indexes refuse such names",
            Self::Backslash => "installers on Windows would read it as a separator; write `/`",
            Self::Directory => "wheels have no entries for directories; name the files",
            Self::EmptyComponent => "remove one `/`",
            Self::DotComponent { .. } => "write the path without it",
        };
        Some(hint.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn valid_paths_are_kept_as_written() {
        for path in [
            "a",
            "a/b.py",
            "a b/c,d\".txt",
            "größe/日本.so.2",
            "...",
            "a/.b/..c",
            "1:",
            "é:x",
            "ab:c",
        ] {
            let member: MemberPath = path.parse().unwrap();
            assert_eq!(member.as_str(), path);
            assert_eq!(member.components().collect::<Vec<_>>().join("/"), path);
            assert_eq!(Some(member.file_name()), member.components().next_back());
        }
    }

    #[test]
    fn an_error_says_what_is_wrong_with_the_path() {
        use MemberPathProblem as Problem;
        let dots = |component: &str| Problem::DotComponent { component: component.to_owned() };
        for (path, problem) in [
            ("", Problem::Empty),
            ("/etc/passwd", Problem::Absolute),
            ("C:x", Problem::Drive),
            ("c:/x", Problem::Drive),
            ("a\nb", Problem::Control { character: '\n' }),
            ("a\0", Problem::Control { character: '\0' }),
            ("a\u{85}", Problem::Control { character: '\u{85}' }),
            ("a\u{2028}b", Problem::Control { character: '\u{2028}' }),
            ("a\\b", Problem::Backslash),
            ("a/", Problem::Directory),
            ("a//b", Problem::EmptyComponent),
            ("../a", dots("..")),
            ("a/..", dots("..")),
            ("./a", dots(".")),
        ] {
            assert_eq!(path.parse::<MemberPath>().unwrap_err().problem, problem, "{path:?}");
        }
        assert!("a".repeat(MAX_NAME_BYTES).parse::<MemberPath>().is_ok());
        let length = MAX_NAME_BYTES + 1;
        assert_eq!(
            "é".repeat(length / 2).parse::<MemberPath>().unwrap_err().problem,
            Problem::TooLong { length }
        );
        assert_eq!(
            MemberPath::from_bytes(b"a/\xff").unwrap_err(),
            MemberPathError {
                path: "a/\u{fffd}".to_owned(),
                problem: Problem::NotUtf8 { position: 2 }
            }
        );
    }

    #[test]
    fn paths_are_ordered_by_bytes() {
        let mut paths: Vec<MemberPath> = ["a/b", "a.b", "a", "B", "a-b/c", "é"]
            .iter()
            .map(|path| path.parse().unwrap())
            .collect();
        paths.sort();
        let texts: Vec<&str> = paths.iter().map(MemberPath::as_str).collect();
        assert_eq!(texts, ["B", "a", "a-b/c", "a.b", "a/b", "é"]);
    }

    #[test]
    fn strip_dir_strips_whole_components() {
        let path: MemberPath = "a-1.dist-info/licenses/LICENSE".parse().unwrap();
        assert_eq!(path.strip_dir("a-1.dist-info"), Some("licenses/LICENSE"));
        assert_eq!(path.strip_dir("a-1.dist"), None);
        assert_eq!(path.strip_dir("licenses"), None);
    }

    #[test]
    fn messages() {
        let message = |path: &[u8]| MemberPath::from_bytes(path).unwrap_err().message_with_hint();
        insta::assert_snapshot!(message(b"pkg/caf\xe9.py"), @r"
        `pkg/caf�.py` cannot be the path of a file in a wheel: expected UTF-8, found another byte at position 7
        hint: rename the file
        ");
        insta::assert_snapshot!(message(b"pkg/../../x"), @r"
        `pkg/../../x` cannot be the path of a file in a wheel: expected names between the `/`, found `..`
        hint: write the path without it
        ");
        insta::assert_snapshot!(message(b"pkg\\x.py"), @r"
        `pkg\x.py` cannot be the path of a file in a wheel: expected `/` between components, found `\`
        hint: installers on Windows would read it as a separator; write `/`
        ");
        insta::assert_snapshot!(message(b"pkg/\x1b[31m"), @r"
        `pkg/\u{1b}[31m` cannot be the path of a file in a wheel: expected printable characters, found '\u{1b}'
        hint: rename the file; indexes refuse such names
        ");
    }

    proptest! {
        #[test]
        fn displayed_values_parse_to_the_same(path in "[a-zé日._ ,\"-]{1,5}(/[a-z0-9_ ]{1,5}){0,4}") {
            prop_assume!(!matches!(path.split('/').next(), Some("." | "..")));
            let member: MemberPath = path.parse().unwrap();
            prop_assert_eq!(member.to_string(), path.clone());
            prop_assert_eq!(MemberPath::from_os_str(OsStr::new(&path)), Ok(member));
        }

        #[test]
        fn an_accepted_path_stays_below_its_directory(bytes in proptest::collection::vec(any::<u8>(), 0..24)) {
            if let Ok(member) = MemberPath::from_bytes(&bytes) {
                prop_assert_eq!(member.as_str().as_bytes(), bytes.as_slice());
                let joined = std::path::Path::new("/base").join(member.as_str());
                prop_assert!(joined.starts_with("/base"));
                prop_assert!(member.components().all(|part| !matches!(part, "" | "." | "..")));
            }
        }
    }
}
