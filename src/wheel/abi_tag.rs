//! ABI tags, parsed: the binary interface that `cp313t` or `abi3` names.

use std::str::FromStr;

use super::python_tag::{PythonTag, cpython_version};
use super::tag_error::{TagError, TagKind};

/// The beginnings of other interpreters' ABI tags, which they take from their extension suffix:
/// `pypy310_pp73`, `graalpy250_312_native`.
const OTHERS: [&str; 7] =
    ["pypy", "graalpy", "graalpython", "pyston", "ironpython", "jython", "rustpython"];

/// The letters behind the version in CPython's ABI tags, in their order: free-threaded, debug build, pymalloc
/// (until 3.7), wide Unicode (until 3.2).
const FLAGS: &str = "tdmu";

/// An ABI tag that installers know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AbiTag {
    /// `none`: no binary interface.
    None,
    /// `abi3`: the stable ABI (PEP 384).
    Abi3,
    /// `abi3t`: the stable ABI of free-threaded builds (PEP 803).
    Abi3t,
    /// `cp313t`: one version of CPython.
    CPython {
        /// 2 or 3.
        major: u8,
        /// At most 99.
        minor: u8,
        /// `t` for free-threaded builds, `d` for debug builds, `m` and `mu` for old versions.
        flags: Box<str>,
    },
    /// Another interpreter's, such as `pypy310_pp73`.
    Other(Box<str>),
}

impl AbiTag {
    /// Returns whether an installer looks for this ABI together with the Python tag: the pairs that
    /// `packaging.tags` generates.
    #[must_use]
    pub fn is_for(&self, python: &PythonTag) -> bool {
        match (self, python) {
            (Self::None, _) | (Self::Other(_), PythonTag::Other(_)) => true,
            (Self::Abi3 | Self::Abi3t, PythonTag::CPython { major, minor }) => {
                *major == 3 && *minor >= 2
            }
            (
                Self::CPython { major, minor, .. },
                PythonTag::CPython { major: python_major, minor: python_minor },
            ) => (major, minor) == (python_major, python_minor),
            _ => false,
        }
    }
}

impl FromStr for AbiTag {
    type Err = TagError;

    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        let is_other = || OTHERS.iter().any(|name| tag.starts_with(name));
        let is_lower_case = || !tag.bytes().any(|byte| byte.is_ascii_uppercase());
        let parsed = match tag {
            "none" => Some(Self::None),
            "abi3" => Some(Self::Abi3),
            "abi3t" => Some(Self::Abi3t),
            _ => cpython(tag)
                .or_else(|| (is_other() && is_lower_case()).then(|| Self::Other(tag.into()))),
        };
        parsed.ok_or_else(|| TagError::Form {
            kind: TagKind::Abi,
            tag: tag.to_owned(),
            expected: "`none`, `abi3`, `abi3t`, `cp3MINOR` such as `cp312` or `cp313t`, or another interpreter's such as `pypy311_pp73`",
        })
    }
}

fn cpython(tag: &str) -> Option<AbiTag> {
    let rest = tag.strip_prefix("cp")?;
    let (digits, flags) =
        rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    let (major, minor) = cpython_version(digits)?;
    let mut known = FLAGS.chars();
    let are_flags = flags.chars().all(|flag| known.any(|it| it == flag));
    are_flags.then(|| AbiTag::CPython { major, minor, flags: flags.into() })
}
