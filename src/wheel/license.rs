//! Licences: an SPDX expression (PEP 639), or free text.

use std::borrow::Cow;
use std::str::FromStr;

use super::LicenseExpression;
use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// The licence field of METADATA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum License {
    /// Field `License-Expression`: a valid SPDX expression, as written, with single blanks.
    Expression(String),
    /// Field `License`: any text, of one line or several.
    Text(String),
}

impl FromStr for License {
    type Err = LicenseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
        if lines.iter().all(|line| line.is_empty()) {
            return Err(LicenseError::Empty);
        }
        let is_bad = |character: &char| character.is_control() && *character != '\t';
        if let Some(character) = lines.iter().flat_map(|line| line.chars()).find(is_bad) {
            return Err(LicenseError::Control { text: text.to_owned(), character });
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let expression = words.join(" ");
        // An identifier in another spelling than the licence list's counts as free text: as an
        // expression, it would exclude licence classifiers.
        let is_expression = expression
            .parse::<LicenseExpression>()
            .is_ok_and(|parsed| parsed.is_canonical() && parsed.deprecated().is_empty());
        Ok(if is_expression { Self::Expression(expression) } else { Self::Text(lines.join("\n")) })
    }
}

/// A text that neither licence field can hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LicenseError {
    /// Nothing but blanks.
    #[error("the licence is empty: expected an SPDX expression or a text")]
    Empty,
    /// A control character.
    #[error(
        "`{}` cannot be a licence: expected printable text, found {character:?}",
        escape_truncated(text)
    )]
    Control {
        /// The text.
        text: String,
        /// The character.
        character: char,
    },
}

impl Diagnose for LicenseError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Empty => "write it like `Apache-2.0`, or leave it out",
            Self::Control { .. } => "write an SPDX expression such as `Apache-2.0 AND MIT`",
        };
        Some(hint.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_is_an_spdx_expression_or_text() {
        for (text, expression) in [
            ("Apache-2.0", Some("Apache-2.0")),
            (
                " Apache-2.0  AND\n(MIT OR BSD-3-Clause) ",
                Some("Apache-2.0 AND (MIT OR BSD-3-Clause)"),
            ),
            (
                "GPL-3.0-or-later WITH GCC-exception-3.1",
                Some("GPL-3.0-or-later WITH GCC-exception-3.1"),
            ),
            ("LicenseRef-NVIDIA-Proprietary", Some("LicenseRef-NVIDIA-Proprietary")),
            ("Apache 2.0", None),
            ("GPL-3.0", None),
            ("mit", None),
            ("MIT/Apache-2.0", None),
            ("MIT AND", None),
            ("DocumentRef-x:LicenseRef-y", None),
            ("NVIDIA Proprietary Software", None),
        ] {
            let expected = expression.map_or_else(
                || License::Text(text.to_owned()),
                |expression| License::Expression(expression.to_owned()),
            );
            assert_eq!(text.parse(), Ok(expected));
        }
        assert_eq!("a \r\n\n  b\n".parse(), Ok(License::Text("a\n\n  b".to_owned())));
    }

    #[test]
    fn texts_that_break_headers_are_refused() {
        assert_eq!(" \n".parse::<License>(), Err(LicenseError::Empty));
        assert!(matches!("a\u{1b}".parse::<License>(), Err(LicenseError::Control { .. })));
        assert!(matches!("a\rName: b".parse::<License>(), Err(LicenseError::Control { .. })));
    }

    #[test]
    fn message() {
        insta::assert_snapshot!("MIT\0".parse::<License>().unwrap_err().message_with_hint(), @r"
        `MIT\u{0}` cannot be a licence: expected printable text, found '\0'
        hint: write an SPDX expression such as `Apache-2.0 AND MIT`
        ");
    }
}
