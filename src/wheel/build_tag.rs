//! Build tags (binary distribution format, PEP 427): they order wheels that agree in everything else.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// A build tag such as `1` or `2local`: digits, then letters, digits, `_` and `.`.
///
/// Ordered by the number in front, of any length, then by the rest.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BuildTag(Box<str>);

impl BuildTag {
    /// Returns the tag as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Splits the tag into the number in front, without leading zeros, and the rest.
    fn parts(&self) -> (&str, &str) {
        let rest = self.0.trim_start_matches(|character: char| character.is_ascii_digit());
        let number = self.0.strip_suffix(rest).unwrap_or(&self.0);
        (number.trim_start_matches('0'), rest)
    }
}

impl FromStr for BuildTag {
    type Err = BuildTagError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_allowed =
            |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '.');
        if text.starts_with(|first: char| first.is_ascii_digit()) && text.chars().all(is_allowed) {
            Ok(Self(text.into()))
        } else {
            Err(BuildTagError { tag: text.to_owned() })
        }
    }
}

impl fmt::Display for BuildTag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Ord for BuildTag {
    fn cmp(&self, other: &Self) -> Ordering {
        let ((number, rest), (other_number, other_rest)) = (self.parts(), other.parts());
        (number.len(), number, rest)
            .cmp(&(other_number.len(), other_number, other_rest))
            // `01` and `1` are one number but two tags.
            .then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for BuildTag {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A text that is not a build tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not a build tag: expected a digit, then ASCII letters, digits, `_` and `.`",
    escape_truncated(tag)
)]
pub struct BuildTagError {
    /// The text.
    pub tag: String,
}

impl Diagnose for BuildTagError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        Some("put a number in front, as in `1` or `1local`, and no `-`".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_ordered_by_number_then_rest() {
        let sorted = ["0", "1", "01", "1.a", "1b", "9", "10", "10_x", "99999999999999999999999"];
        let mut tags: Vec<BuildTag> = sorted.iter().rev().map(|tag| tag.parse().unwrap()).collect();
        tags.sort();
        let texts: Vec<&str> = tags.iter().map(BuildTag::as_str).collect();
        // `01` and `1` have the same number and rest; bytes decide.
        assert_eq!(
            texts,
            ["0", "01", "1", "1.a", "1b", "9", "10", "10_x", "99999999999999999999999"]
        );
    }

    #[test]
    fn wrong_tags_are_refused() {
        for text in ["", "a1", "1-2", "1 ", "1/2", "_1", "1é", "١"] {
            assert!(text.parse::<BuildTag>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn message() {
        insta::assert_snapshot!("local-1".parse::<BuildTag>().unwrap_err().message_with_hint(), @r"
        `local-1` is not a build tag: expected a digit, then ASCII letters, digits, `_` and `.`
        hint: put a number in front, as in `1` or `1local`, and no `-`
        ");
    }
}
