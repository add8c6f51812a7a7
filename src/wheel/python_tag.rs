//! Python tags, parsed: the interpreter and the version that `cp312` names.

use std::str::FromStr;

use super::tag_error::{TagError, TagKind};

/// Interpreters whose tags have the form `NAME` and digits, beside `py` and `cp`: the abbreviations of
/// PEP 425, and names of interpreters that have none.
const OTHERS: [&str; 7] = ["pp", "ip", "jy", "graalpy", "graalpython", "pyston", "rustpython"];

/// The most digits in the tag of another interpreter. The first PyPy tags had its own version in them:
/// `pp2510` is PyPy 5.10 for Python 2.
const MAX_DIGITS: usize = 4;

/// A Python tag that installers know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PythonTag {
    /// `py3`, `py312`: any interpreter, from this version of the language on.
    Language {
        /// 2 or 3.
        major: u8,
        /// `None` for every version with this major version.
        minor: Option<u8>,
    },
    /// `cp312`: CPython of one version, or from this version on with a stable ABI.
    CPython {
        /// 2 or 3.
        major: u8,
        /// At most 99.
        minor: u8,
    },
    /// Another interpreter, such as `pp310` or `graalpy312`.
    Other(Box<str>),
}

impl FromStr for PythonTag {
    type Err = TagError;

    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        let digits_at = tag.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(tag.len());
        let (name, digits) = tag.split_at(digits_at);
        let (parsed, expected) = match name {
            "py" => (
                version(digits).map(|(major, minor)| Self::Language { major, minor }),
                "`py2`, `py3`, or `py3MINOR` such as `py312`",
            ),
            "cp" => (
                cpython_version(digits).map(|(major, minor)| Self::CPython { major, minor }),
                "`cp3MINOR` such as `cp312`",
            ),
            _ => (
                (OTHERS.contains(&name) && is_version(digits)).then(|| Self::Other(tag.into())),
                "an interpreter and its version, such as `py3`, `cp312` or `pp311`",
            ),
        };
        parsed.ok_or_else(|| TagError::Form {
            kind: TagKind::Python,
            tag: tag.to_owned(),
            expected,
        })
    }
}

/// Parses the digits of a Python version: 2 or 3, then at most two digits of a minor version without
/// leading zeros.
fn version(digits: &str) -> Option<(u8, Option<u8>)> {
    let (major, minor) = digits.split_at_checked(1)?;
    let major = matches!(major, "2" | "3").then(|| major.parse().ok())??;
    let is_minor = match minor.as_bytes() {
        [] => return Some((major, None)),
        [one] => one.is_ascii_digit(),
        [first, second] => matches!(first, b'1'..=b'9') && second.is_ascii_digit(),
        _ => false,
    };
    is_minor.then(|| Some((major, minor.parse().ok())))?
}

/// Parses the digits of a Python version that must have a minor version.
pub(super) fn cpython_version(digits: &str) -> Option<(u8, u8)> {
    let (major, minor) = version(digits)?;
    Some((major, minor?))
}

fn is_version(digits: &str) -> bool {
    digits.starts_with(['2', '3'])
        && digits.len() <= MAX_DIGITS
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}
