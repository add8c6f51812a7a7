//! Compatibility tags (PEP 425): `py3-none-any`, and compressed sets such as
//! `cp311-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64`.
//!
//! Wheels of other tools may have any well-formed tags. [`WheelTags::problems`] says which of them no
//! installer looks for: a wheel that this program writes has none of those.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::abi_tag::AbiTag;
use super::platform_tag::PlatformTag;
use super::python_tag::PythonTag;
use super::tag_error::{MAX_TAGS, TagError, TagKind, check_words};

/// One or several tags of one kind; `Display` joins them by `.`, sorted, each once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagSet(BTreeSet<Box<str>>);

impl TagSet {
    /// Parses a compressed set such as `py2.py3`.
    ///
    /// # Errors
    ///
    /// A tag has a character that no tag has.
    pub fn parse(kind: TagKind, text: &str) -> Result<Self, TagError> {
        text.split('.')
            .map(|tag| check_words(kind, tag).map(|()| tag.into()))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Iterates over the tags, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// Returns whether `tag` is the only one.
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

/// The tags of a wheel in compressed form, as in its file name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WheelTags {
    python: TagSet,
    abi: TagSet,
    platform: TagSet,
}

impl WheelTags {
    /// Parses the three compressed sets.
    ///
    /// # Errors
    ///
    /// A tag has a character that no tag has, or the sets expand to too many tags.
    pub fn new(python: &str, abi: &str, platform: &str) -> Result<Self, TagError> {
        let tags = Self {
            python: TagSet::parse(TagKind::Python, python)?,
            abi: TagSet::parse(TagKind::Abi, abi)?,
            platform: TagSet::parse(TagKind::Platform, platform)?,
        };
        let count = [&tags.python, &tags.abi, &tags.platform]
            .iter()
            .fold(1_usize, |count, set| count.saturating_mul(set.0.len()));
        if count > MAX_TAGS {
            return Err(TagError::TooMany { tags: tags.to_string(), count });
        }
        Ok(tags)
    }

    /// Returns the Python tags.
    #[must_use]
    pub fn python(&self) -> &TagSet {
        &self.python
    }

    /// Returns the ABI tags.
    #[must_use]
    pub fn abi(&self) -> &TagSet {
        &self.abi
    }

    /// Returns the platform tags.
    #[must_use]
    pub fn platform(&self) -> &TagSet {
        &self.platform
    }

    /// Iterates over the platform tags, parsed.
    pub fn platforms(&self) -> impl Iterator<Item = PlatformTag> {
        self.platform.iter().map(PlatformTag::parse_lenient)
    }

    /// Checks that an installer can select a wheel with these tags.
    ///
    /// # Errors
    ///
    /// The first of [`WheelTags::problems`].
    pub fn check(&self) -> Result<(), TagError> {
        self.problems().into_iter().next().map_or(Ok(()), Err)
    }

    /// Returns an error for each tag that no installer looks for, or one if no installer looks for any
    /// combination of the tags. Empty for a wheel that can be installed somewhere.
    #[must_use]
    pub fn problems(&self) -> Vec<TagError> {
        let sets = [
            (TagKind::Python, &self.python),
            (TagKind::Abi, &self.abi),
            (TagKind::Platform, &self.platform),
        ];
        let mut problems: Vec<TagError> = sets
            .iter()
            .flat_map(|(kind, set)| set.iter().filter_map(|tag| check_tag(*kind, tag).err()))
            .collect();
        if problems.is_empty() && !self.expand().any(Tag::is_selectable) {
            problems.push(TagError::Combination { tags: self.to_string() });
        }
        problems
    }

    /// Iterates over every combination of the three sets, sorted by Python tag, ABI, platform.
    pub fn expand(&self) -> impl Iterator<Item = Tag<'_>> {
        self.python.iter().flat_map(move |python| {
            self.abi.iter().flat_map(move |abi| {
                self.platform.iter().map(move |platform| Tag { python, abi, platform })
            })
        })
    }

    /// Returns whether the wheel runs everywhere: no ABI, any platform.
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

/// One combination of [`WheelTags`]: a `Tag:` line of WHEEL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag<'a> {
    /// The interpreter.
    pub python: &'a str,
    /// The ABI.
    pub abi: &'a str,
    /// The platform.
    pub platform: &'a str,
}

impl Tag<'_> {
    /// Returns whether some installer looks for this combination: those that `packaging.tags` generates.
    fn is_selectable(self) -> bool {
        let (Ok(python), Ok(abi)) = (self.python.parse::<PythonTag>(), self.abi.parse::<AbiTag>())
        else {
            return false;
        };
        abi.is_for(&python) && (abi == AbiTag::None || self.platform != "any")
    }
}

impl fmt::Display for Tag<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}-{}", self.python, self.abi, self.platform)
    }
}

/// Checks that installers know a tag.
pub(super) fn check_tag(kind: TagKind, tag: &str) -> Result<(), TagError> {
    match kind {
        TagKind::Python => tag.parse::<PythonTag>().map(drop),
        TagKind::Abi => tag.parse::<AbiTag>().map(drop),
        TagKind::Platform => tag.parse::<PlatformTag>().map(drop),
    }
}

#[cfg(test)]
#[path = "tag_tests.rs"]
mod tests;
