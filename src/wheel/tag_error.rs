//! Errors of tags, and the check that all kinds of tags share.

use std::borrow::Cow;
use std::fmt;

use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// Maximum number of combinations that compressed sets may expand to. Real wheels have fewer than 100;
/// without a limit, a file name of a few kilobytes could expand to millions.
pub const MAX_TAGS: usize = 4096;

/// The kind of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TagKind {
    /// The interpreter: `py3`, `cp315`.
    Python,
    /// The ABI: `none`, `abi3`, `cp313t`.
    Abi,
    /// The platform: `any`, `manylinux_2_27_x86_64`.
    Platform,
}

impl fmt::Display for TagKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Python => "Python",
            Self::Abi => "ABI",
            Self::Platform => "platform",
        })
    }
}

/// Checks that a tag consists of ASCII letters and digits, in words joined by `_`.
pub(super) fn check_words(kind: TagKind, tag: &str) -> Result<(), TagError> {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|it| it.is_ascii_alphanumeric());
    if tag.split('_').all(is_word) {
        Ok(())
    } else {
        Err(TagError::Malformed { kind, tag: tag.to_owned() })
    }
}

/// A text that is not a tag or set of tags.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// A character that no tag has, or an empty word.
    #[error(
        "`{}` is not a {kind} tag: expected ASCII letters and digits, in words joined by `_`",
        escape_truncated(tag)
    )]
    Malformed {
        /// Which of the three tags.
        kind: TagKind,
        /// The text.
        tag: String,
    },
    /// A platform tag that its family does not allow.
    #[error("`{}` is not a platform tag: expected `{expected}`", escape_truncated(tag))]
    Platform {
        /// The text.
        tag: String,
        /// The form of its family.
        expected: &'static str,
    },
    /// Not three parts.
    #[error("`{}` is not a set of tags: expected `PYTHON-ABI-PLATFORM`", escape_truncated(tags))]
    Parts {
        /// The text.
        tags: String,
    },
    /// A compressed set that expands to too many tags.
    #[error("`{}` expands to {count} tags: expected at most {MAX_TAGS}", escape_truncated(tags))]
    TooMany {
        /// The text.
        tags: String,
        /// The number of tags that it expands to.
        count: usize,
    },
}

impl Diagnose for TagError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Malformed { .. } => "join the tags of a set by `.`, as in `py2.py3`",
            Self::Platform { .. } => {
                "no installer would ever select it; tags look like `manylinux_2_27_x86_64`, `macosx_11_0_arm64`, `win_amd64`, `any`"
            }
            Self::Parts { .. } => "a wheel of pure Python has `py3-none-any`",
            Self::TooMany { .. } => "name only the tags that an installer needs to see",
        };
        Some(hint.into())
    }
}
