//! Metadata values of one line, such as the summary.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// A text on one line: not empty, no control characters, no blanks around it.
///
/// A line break in a header would end the field, or all headers, and the rest of the value would be read
/// as something else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SingleLine(Box<str>);

impl SingleLine {
    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SingleLine {
    type Err = SingleLineError;

    /// Trims the text and replaces tabs by spaces.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = |found: String| SingleLineError { text: text.to_owned(), found };
        let line = text.trim().replace('\t', " ");
        if line.is_empty() {
            return Err(error("none".to_owned()));
        }
        match line.chars().find(|&character| is_unprintable(character)) {
            Some(character) => Err(error(format!("{character:?}"))),
            None => Ok(Self(line.into())),
        }
    }
}

/// Returns whether `str.splitlines` of Python ends a line at this character. pip, `importlib.metadata` and
/// PyPI split RECORD with it.
#[must_use]
pub fn ends_line(character: char) -> bool {
    matches!(
        character,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// Returns whether a character controls terminals, or ends a line in Python.
pub(super) fn is_unprintable(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

impl fmt::Display for SingleLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A text that does not fit on one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not one line of text: expected printable characters, found {found}",
    escape_truncated(text)
)]
pub struct SingleLineError {
    /// The text.
    pub text: String,
    /// What was found.
    pub found: String,
}

impl Diagnose for SingleLineError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        Some("keep it to one line; longer texts belong in the description".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_kept() {
        for (text, line) in [("a b", "a b"), ("  a\tb \n", "a b"), ("größe: 1", "größe: 1")] {
            assert_eq!(text.parse::<SingleLine>().unwrap().as_str(), line);
        }
    }

    #[test]
    fn line_breaks_are_refused() {
        for text in ["", " \n", "a\nLicense: x", "a\rb", "a\0b", "a\u{85}b", "a\u{2028}b"] {
            assert!(text.parse::<SingleLine>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn message() {
        insta::assert_snapshot!("One.\nTwo.".parse::<SingleLine>().unwrap_err().message_with_hint(), @r"
        `One.\nTwo.` is not one line of text: expected printable characters, found '\n'
        hint: keep it to one line; longer texts belong in the description
        ");
    }
}
