//! `License-Expression` as indexes read it (PEP 639): SPDX expressions. Identifiers are those of the
//! licence list, in upper or lower case, deprecated ones included.

use std::borrow::Cow;
use std::str::FromStr;

use spdx::identifiers::{EXCEPTIONS, LICENSES};

use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// An expression that indexes accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseExpression {
    deprecated: Vec<String>,
    is_canonical: bool,
}

impl LicenseExpression {
    /// Returns the deprecated identifiers, as written.
    #[must_use]
    pub fn deprecated(&self) -> &[String] {
        &self.deprecated
    }

    /// Returns whether every identifier is spelt as in the licence list.
    #[must_use]
    pub fn is_canonical(&self) -> bool {
        self.is_canonical
    }
}

/// The kind of token that may follow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// A licence or `(`.
    License,
    /// After a licence: `AND`, `OR`, `WITH` or `)`.
    AfterLicense,
    /// An exception.
    Exception,
    /// After an exception or `)`: `AND`, `OR` or `)`.
    AfterTerm,
}

impl FromStr for LicenseExpression {
    type Err = LicenseExpressionError;

    /// Parses an expression. Validity does not depend on precedence, so counting parentheses is
    /// enough.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut expression = Self { deprecated: Vec::new(), is_canonical: true };
        let (mut next, mut depth) = (Next::License, 0_usize);
        for token in tokens(text) {
            let misplaced = || LicenseExpressionError::Misplaced { token: token.to_owned() };
            let is = |operator: &str| token.eq_ignore_ascii_case(operator);
            next = match next {
                Next::License if token == "(" => {
                    depth += 1;
                    Next::License
                }
                Next::License | Next::Exception if is_reserved(token) => return Err(misplaced()),
                Next::License => {
                    expression.add_license(token)?;
                    Next::AfterLicense
                }
                Next::Exception => {
                    expression.add_exception(token)?;
                    Next::AfterTerm
                }
                Next::AfterLicense if is("WITH") => Next::Exception,
                Next::AfterLicense | Next::AfterTerm if is("AND") || is("OR") => Next::License,
                Next::AfterLicense | Next::AfterTerm if token == ")" => {
                    depth = depth.checked_sub(1).ok_or_else(misplaced)?;
                    Next::AfterTerm
                }
                Next::AfterLicense | Next::AfterTerm => return Err(misplaced()),
            };
        }
        let is_whole = depth == 0 && matches!(next, Next::AfterLicense | Next::AfterTerm);
        is_whole.then_some(expression).ok_or(LicenseExpressionError::Unfinished)
    }
}

impl LicenseExpression {
    fn add_license(&mut self, token: &str) -> Result<(), LicenseExpressionError> {
        const REFERENCE: &str = "LicenseRef-";
        let unknown = || LicenseExpressionError::Unknown { token: token.to_owned() };
        if let Some((prefix, name)) = token.split_at_checked(REFERENCE.len())
            && prefix.eq_ignore_ascii_case(REFERENCE)
        {
            let is_sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
            if name.is_empty() || !name.chars().all(is_sound) {
                return Err(unknown());
            }
            self.is_canonical &= prefix == REFERENCE;
            return Ok(());
        }
        let (name, is_or_later) = match token.strip_suffix('+') {
            Some(name) => (name, true),
            None => (token, false),
        };
        let license = LICENSES
            .iter()
            .find(|license| license.name.eq_ignore_ascii_case(name) && is_listed(license.name))
            .ok_or_else(unknown)?;
        self.is_canonical &= license.name == name;
        // GNU licences have `-only` and `-or-later` identifiers, so `+` is deprecated after them.
        let is_gnu = license.flags & spdx::flags::IS_GNU != 0;
        if license.flags & spdx::flags::IS_DEPRECATED != 0 || (is_or_later && is_gnu) {
            self.deprecated.push(token.to_owned());
        }
        Ok(())
    }

    fn add_exception(&mut self, token: &str) -> Result<(), LicenseExpressionError> {
        let exception = EXCEPTIONS
            .iter()
            .find(|exception| exception.name.eq_ignore_ascii_case(token))
            .ok_or_else(|| LicenseExpressionError::Unknown { token: token.to_owned() })?;
        self.is_canonical &= exception.name == token;
        if exception.flags & spdx::flags::IS_DEPRECATED != 0 {
            self.deprecated.push(token.to_owned());
        }
        Ok(())
    }
}

/// Splits a text at blanks and parentheses; parentheses are tokens.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().flat_map(|word| {
        word.split_inclusive(['(', ')']).flat_map(|part| {
            let cut = part.trim_end_matches(['(', ')']).len();
            let (name, parenthesis) = part.split_at(cut);
            [name, parenthesis].into_iter().filter(|token| !token.is_empty())
        })
    })
}

fn is_reserved(token: &str) -> bool {
    ["(", ")", "AND", "OR", "WITH"].iter().any(|it| token.eq_ignore_ascii_case(it))
}

/// Returns whether an identifier is in the licence list. The crate has additional ones.
fn is_listed(name: &str) -> bool {
    name != "NOASSERTION" && !(name.starts_with("GFDL-") && name.ends_with("invariants"))
}

/// A text that is not a valid expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LicenseExpressionError {
    /// An identifier that the list does not have.
    #[error("`{}` is not in the SPDX licence list", escape_truncated(token))]
    Unknown {
        /// The identifier.
        token: String,
    },
    /// A token in a wrong position.
    #[error("`{}` is in the wrong position", escape_truncated(token))]
    Misplaced {
        /// The token.
        token: String,
    },
    /// The expression is empty, or ends after an operator or within parentheses.
    #[error("the expression is incomplete")]
    Unfinished,
}

impl Diagnose for LicenseExpressionError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Unknown { .. } => "write `LicenseRef-…` for licences that it does not have",
            Self::Misplaced { .. } => {
                "join identifiers by `AND`, `OR` and, in front of exceptions, `WITH`"
            }
            Self::Unfinished => "look for a missing identifier or `)`",
        };
        Some(hint.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Expressions, whether each is canonical, and its deprecated identifiers. `tests/check/licenses.rs`
    /// compares the same table with twine.
    #[test]
    fn expressions_are_accepted_or_refused() {
        for (text, is_canonical, deprecated) in [
            ("MIT", true, &[][..]),
            ("mit", false, &[]),
            ("(Apache-2.0 or BSD-3-Clause)AND(MIT)", true, &[]),
            ("GPL-3.0", true, &["GPL-3.0"]),
            ("gpl-2.0+ OR MIT", false, &["gpl-2.0+"]),
            ("GPL-3.0-only+", true, &["GPL-3.0-only+"]),
            ("LicenseRef-a.b-C", true, &[]),
            ("licenseref-a WITH gcc-exception-3.1", false, &[]),
            ("MIT WITH Nokia-Qt-exception-1.1", true, &["Nokia-Qt-exception-1.1"]),
        ] {
            let found: LicenseExpression = text.parse().unwrap();
            assert_eq!(found.is_canonical(), is_canonical, "{text}");
            assert_eq!(found.deprecated(), deprecated, "{text}");
        }
        for text in [
            "",
            "MIT AND",
            "MIT MIT",
            "OR MIT",
            "(MIT",
            "MIT)",
            "()",
            "(MIT)(MIT)",
            "MIT/Apache-2.0",
            "MIT WITH MIT",
            "(MIT) WITH GCC-exception-3.1",
            "MIT WITH (GCC-exception-3.1)",
            "MIT WITH GCC-exception-3.1 WITH GCC-exception-3.1",
            "MIT WITH AdditionRef-a",
            "LicenseRef-",
            "LicenseRef-a_b",
            "LicenseRef-a+",
            "DocumentRef-x:LicenseRef-y",
            "NOASSERTION",
            "NONE",
            "GFDL-1.1-invariants",
            "Some licence",
            "MIT +",
            "MIT++",
            "é",
        ] {
            assert!(text.parse::<LicenseExpression>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "((MIT|or|WITH|LicenseRef-|é)?[ ()+]?\\PC?){0,6}") {
            let _ = text.parse::<LicenseExpression>();
        }
    }
}
