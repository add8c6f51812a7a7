//! Errors of tags, and the check that all kinds of tags share.

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

impl TagKind {
    fn with_article(self) -> &'static str {
        match self {
            Self::Python => "a Python",
            Self::Abi => "an ABI",
            Self::Platform => "a platform",
        }
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
        "`{}` is not {} tag: expected ASCII letters and digits, in words joined by `_`",
        escape_truncated(tag),
        kind.with_article()
    )]
    Malformed {
        /// Which of the three tags.
        kind: TagKind,
        /// The text.
        tag: String,
    },
    /// A tag that no installer looks for.
    #[error(
        "`{}` is not {} tag: expected {expected}",
        escape_truncated(tag),
        kind.with_article()
    )]
    Form {
        /// Which of the three tags.
        kind: TagKind,
        /// The text.
        tag: String,
        /// The form of tags like it.
        expected: &'static str,
    },
    /// Tags that no installer looks for together.
    #[error("no installer takes a wheel with the tags `{}`", escape_truncated(tags))]
    Combination {
        /// The tags.
        tags: String,
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
