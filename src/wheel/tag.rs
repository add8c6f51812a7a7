//! Compatibility tags (PEP 425): `py3-none-any`, and compressed sets such as
//! `cp311-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64`.
//!
//! A platform tag of a family whose form a standard fixes must have that form ([`PlatformTag`]): no
//! installer would ever select a wheel with a misspelt one. Any other platform may have any
//! well-formed tag.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::platform_tag::PlatformTag;
use super::tag_error::{MOST_TAGS, TagError, TagKind, check_words};

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

    /// The platform tags, parsed.
    pub fn platforms(&self) -> impl Iterator<Item = PlatformTag> {
        self.platform.iter().filter_map(|tag| tag.parse().ok())
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
    check_words(kind, tag)?;
    if kind == TagKind::Platform {
        tag.parse::<PlatformTag>()?;
    }
    Ok(tag)
}

#[cfg(test)]
#[path = "tag_tests.rs"]
mod tests;
