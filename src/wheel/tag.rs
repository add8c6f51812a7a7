//! Compatibility tags (PEP 425): `py3-none-any`, and compressed sets such as
//! `cp311-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64`.
//!
//! Platform tags of families whose form a standard fixes must have that form: manylinux (PEP 600
//! and its forerunners), musllinux (PEP 656), macOS, Windows, Android (PEP 738), iOS (PEP 730).
//! A misspelt one would give a wheel that no installer ever selects. Any other platform may have
//! any well-formed tag.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::escape::escape_truncated;

/// Most single tags that one compressed set of tags may stand for. Real wheels stay below 100;
/// without a bound, a file name of a few kilobytes could stand for millions.
pub(super) const MOST_TAGS: usize = 4096;

/// Which of the three tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TagKind {
    /// Which interpreters: `py3`, `cp315`.
    Python,
    /// Which ABI: `none`, `abi3`, `cp313t`.
    Abi,
    /// Which platform: `any`, `manylinux_2_27_x86_64`.
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

/// One or several tags of one kind; `Display` joins them by `.`, sorted and without duplicates.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagSet(BTreeSet<Box<str>>);

impl TagSet {
    /// Parses a compressed set such as `py2.py3`.
    pub fn parse(kind: TagKind, text: &str) -> Result<Self, TagError> {
        text.split('.')
            .map(|tag| single_tag(kind, tag).map(Box::from))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The tags, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// Whether `tag` is the only one.
    #[must_use]
    pub fn is_only(&self, tag: &str) -> bool {
        self.0.len() == 1 && self.0.contains(tag)
    }
}

impl fmt::Display for TagSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, tag) in self.0.iter().enumerate() {
            if position > 0 {
                formatter.write_str(".")?;
            }
            formatter.write_str(tag)?;
        }
        Ok(())
    }
}

/// The tags of a wheel, in the compressed form of its file name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WheelTags {
    python: TagSet,
    abi: TagSet,
    platform: TagSet,
}

impl WheelTags {
    /// Parses the three compressed sets.
    pub fn new(python: &str, abi: &str, platform: &str) -> Result<Self, TagError> {
        let tags = Self {
            python: TagSet::parse(TagKind::Python, python)?,
            abi: TagSet::parse(TagKind::Abi, abi)?,
            platform: TagSet::parse(TagKind::Platform, platform)?,
        };
        let count = [&tags.python, &tags.abi, &tags.platform]
            .iter()
            .fold(1_usize, |count, set| count.saturating_mul(set.0.len()));
        if count > MOST_TAGS {
            return Err(TagError::TooMany { tags: tags.to_string(), count });
        }
        Ok(tags)
    }

    /// The Python tags.
    #[must_use]
    pub fn python(&self) -> &TagSet {
        &self.python
    }

    /// The ABI tags.
    #[must_use]
    pub fn abi(&self) -> &TagSet {
        &self.abi
    }

    /// The platform tags.
    #[must_use]
    pub fn platform(&self) -> &TagSet {
        &self.platform
    }

    /// Every single tag that the sets stand for, sorted by Python tag, ABI, platform.
    pub fn expand(&self) -> impl Iterator<Item = Tag<'_>> {
        self.python.iter().flat_map(move |python| {
            self.abi.iter().flat_map(move |abi| {
                self.platform.iter().map(move |platform| Tag { python, abi, platform })
            })
        })
    }

    /// Whether the tags say that the wheel runs everywhere: no ABI, any platform.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.abi.is_only("none") && self.platform.is_only("any")
    }
}

impl FromStr for WheelTags {
    type Err = TagError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('-');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(python), Some(abi), Some(platform), None) => Self::new(python, abi, platform),
            _ => Err(TagError::Parts { tags: text.to_owned() }),
        }
    }
}

impl fmt::Display for WheelTags {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}-{}", self.python, self.abi, self.platform)
    }
}

/// A single tag out of [`WheelTags`], as a `Tag:` line of WHEEL has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag<'a> {
    /// The interpreter.
    pub python: &'a str,
    /// The ABI.
    pub abi: &'a str,
    /// The platform.
    pub platform: &'a str,
}

impl fmt::Display for Tag<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}-{}", self.python, self.abi, self.platform)
    }
}

/// Checks one tag that is not compressed.
fn single_tag(kind: TagKind, tag: &str) -> Result<&str, TagError> {
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric());
    if !tag.split('_').all(is_word) {
        return Err(TagError::Malformed { kind, tag: tag.to_owned() });
    }
    match (kind, platform_form(tag)) {
        (TagKind::Platform, Some(expected)) => {
            Err(TagError::Platform { tag: tag.to_owned(), expected })
        }
        _ => Ok(tag),
    }
}

/// The form that a platform tag's family asks for, if the tag does not have it.
fn platform_form(tag: &str) -> Option<&'static str> {
    let words: Vec<&str> = tag.split('_').collect();
    let (family, rest) = words.split_first()?;
    let (is_well_formed, form) = match *family {
        "any" => (rest.is_empty(), "any"),
        "manylinux1" | "manylinux2010" | "manylinux2014" => {
            (is_architecture(rest), "manylinux2014_ARCH")
        }
        "linux" => (is_architecture(rest), "linux_ARCH"),
        "win" => (is_architecture(rest), "win_ARCH"),
        "win32" => (rest.is_empty(), "win32"),
        "macosx" => (is_versioned_architecture(rest), "macosx_X_Y_ARCH"),
        "android" => (
            rest.split_first().is_some_and(|(level, abi)| is_number(level) && is_architecture(abi)),
            "android_LEVEL_ABI",
        ),
        "ios" => (
            rest.split_last().is_some_and(|(sdk, target)| {
                matches!(*sdk, "iphoneos" | "iphonesimulator") && is_versioned_architecture(target)
            }),
            "ios_X_Y_ARCH_iphoneos or …_iphonesimulator",
        ),
        family if family.starts_with("manylinux") => (
            family == "manylinux" && is_versioned_architecture(rest),
            "manylinux_X_Y_ARCH, or manylinux1_ARCH, manylinux2010_ARCH, manylinux2014_ARCH",
        ),
        family if family.starts_with("musllinux") => {
            (family == "musllinux" && is_versioned_architecture(rest), "musllinux_X_Y_ARCH")
        }
        _ => (true, ""),
    };
    (!is_well_formed).then_some(form)
}

fn is_versioned_architecture(words: &[&str]) -> bool {
    matches!(words, [major, minor, architecture @ ..]
        if is_number(major) && is_number(minor) && is_architecture(architecture))
}

/// An architecture such as `aarch64` or `x86_64`: words, the first of which starts with a letter.
fn is_architecture(words: &[&str]) -> bool {
    words.first().is_some_and(|first| first.starts_with(|c: char| c.is_ascii_alphabetic()))
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|character| character.is_ascii_digit())
}

/// A text that is not a tag or set of tags.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// A character that no tag has, or an empty word.
    #[error(
        "`{}` is not a {kind} tag: expected ASCII letters and digits, in words joined by `_`\n\
         hint: join the tags of a set by `.`, as in `py2.py3`",
        escape_truncated(tag)
    )]
    Malformed {
        /// Which of the three tags.
        kind: TagKind,
        /// The text.
        tag: String,
    },
    /// A platform tag that its family does not allow.
    #[error(
        "`{}` is not a platform tag: expected `{expected}`\n\
         hint: no installer would ever select it; tags look like `manylinux_2_27_x86_64`, `macosx_11_0_arm64`, `win_amd64`, `any`",
        escape_truncated(tag)
    )]
    Platform {
        /// The text.
        tag: String,
        /// The form of its family.
        expected: &'static str,
    },
    /// Not three parts.
    #[error(
        "`{}` is not a set of tags: expected `PYTHON-ABI-PLATFORM`\n\
         hint: a wheel of pure Python has `py3-none-any`",
        escape_truncated(tags)
    )]
    Parts {
        /// The text.
        tags: String,
    },
    /// A set that stands for more tags than any wheel has.
    #[error(
        "`{}` stands for {count} tags: expected at most {MOST_TAGS}\n\
         hint: name only the tags that an installer needs to see",
        escape_truncated(tags)
    )]
    TooMany {
        /// The text.
        tags: String,
        /// How many tags it stands for.
        count: usize,
    },
}

impl crate::error::Diagnose for TagError {}

#[cfg(test)]
#[path = "tag_tests.rs"]
mod tests;
