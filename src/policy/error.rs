//! Errors of platform tags that select no policy, and of policy files.

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::error::Diagnose;
use crate::escape::{escape_path, escape_truncated};

/// Platform tags that select no policy, or a wrong policy file.
#[derive(Debug, Error)]
pub enum PolicyError {
    /// An Android wheel without a tag, or with several.
    #[error("the platform tags of an Android wheel: expected exactly one, found {}", list(found))]
    AndroidTags {
        /// The tags.
        found: Vec<String>,
    },
    /// A tag without an API level.
    #[error(
        "the platform tag `{}` of an Android wheel: expected `android_LEVEL_ABI`",
        escape_truncated(tag)
    )]
    NotAndroid {
        /// The tag.
        tag: String,
    },
    /// An API level below every policy's.
    #[error(
        "the platform tag `{}`: expected an API level of at least {lowest}",
        escape_truncated(tag)
    )]
    AndroidLevel {
        /// The tag.
        tag: String,
        /// The lowest level that has a policy.
        lowest: u32,
    },
    /// A policy file that cannot be read.
    #[error("cannot read the policy file `{}`: {source}", escape_path(path))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A policy file that is a directory, a pipe or something else that may never end.
    #[error("cannot read the policy file `{}`: it is no regular file", escape_path(path))]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// A policy file that is too large.
    #[error("the policy file `{}` is too large: expected at most {limit} bytes", escape_path(path))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The largest size, in bytes.
        limit: u64,
    },
    /// A policy file that is not TOML.
    #[error(
        "the policy file `{}` is not TOML in line {line}: {}",
        escape_path(path),
        escape_truncated(message)
    )]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The parser's message.
        message: String,
    },
    /// A key of a policy file that is missing, unknown, or has a wrong value.
    #[error(
        "the policy file `{}`, line {line}: `{}`: expected {expected}, found {}",
        escape_path(path),
        escape_truncated(key),
        escape_truncated(found)
    )]
    Entry {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The key path, joined by dots.
        key: String,
        /// The expected value.
        expected: String,
        /// The value found.
        found: String,
        /// The next step.
        hint: &'static str,
    },
}

impl Diagnose for PolicyError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::AndroidTags { .. } => {
                "the tag says which API level to judge by; build one wheel for each"
            }
            Self::NotAndroid { .. } => "name the API level, as in `android_24_arm64_v8a`",
            Self::AndroidLevel { .. } => {
                "raise the level that the wheel is built for; Python itself supports no lower one"
            }
            Self::Unreadable { .. } => "check the path",
            Self::NotAFile { .. } => "write the policies to a file",
            Self::TooLarge { .. } => {
                "say with `based-on` and `like` what a policy shares with a built-in one"
            }
            Self::Syntax { .. } => "values are quoted texts, numbers, lists in `[…]` or tables",
            Self::Entry { hint, .. } => hint,
        };
        Some(hint.into())
    }
}

fn list(tags: &[String]) -> String {
    if tags.is_empty() {
        "none".to_owned()
    } else {
        escape_truncated(&format!("`{}`", tags.join("`, `")))
    }
}
