//! Distribution names: the syntax of PEP 508, the comparison of PEP 503, the escaped form in file names.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// A distribution's name as its author wrote it, such as `Flask-SQLAlchemy`.
///
/// Two names are equal if their normalised forms (PEP 503) are.
#[derive(Debug, Clone)]
pub struct DistributionName {
    as_written: Box<str>,
}

impl DistributionName {
    /// Returns the name as its author wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.as_written
    }

    /// Returns the normalised name (PEP 503): lower case, every run of `-`, `_`, `.` a single `-`.
    #[must_use]
    pub fn normalized(&self) -> String {
        self.joined_by('-')
    }

    /// Returns the name for file names (binary distribution format): normalised, with `_` for `-`,
    /// because `-` separates the parts of a file name.
    #[must_use]
    pub fn escaped(&self) -> String {
        self.joined_by('_')
    }

    fn joined_by(&self, separator: char) -> String {
        let mut name = String::with_capacity(self.as_written.len());
        for character in self.as_written.chars() {
            if !is_separator(character) {
                name.push(character.to_ascii_lowercase());
            } else if !name.ends_with(separator) {
                name.push(separator);
            }
        }
        name
    }
}

fn is_separator(character: char) -> bool {
    matches!(character, '-' | '_' | '.')
}

impl FromStr for DistributionName {
    type Err = DistributionNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = |problem| DistributionNameError { name: text.to_owned(), problem };
        let is_allowed =
            |character: char| character.is_ascii_alphanumeric() || is_separator(character);
        if text.is_empty() {
            return Err(error("an empty name".to_owned()));
        }
        if let Some(character) = text.chars().find(|&character| !is_allowed(character)) {
            return Err(error(format!("{character:?}")));
        }
        if let Some(first) = text.chars().next().filter(|&first| is_separator(first)) {
            return Err(error(format!("`{first}` in front")));
        }
        if let Some(last) = text.chars().next_back().filter(|&last| is_separator(last)) {
            return Err(error(format!("`{last}` at the end")));
        }
        Ok(Self { as_written: text.into() })
    }
}

impl fmt::Display for DistributionName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.as_written)
    }
}

impl PartialEq for DistributionName {
    fn eq(&self, other: &Self) -> bool {
        self.normalized() == other.normalized()
    }
}

impl Eq for DistributionName {}

impl Hash for DistributionName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.normalized().hash(state);
    }
}

/// A text that is not the name of a distribution.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not a distribution name: expected ASCII letters, digits, `-`, `_` and `.`, found {problem}",
    escape_truncated(name)
)]
pub struct DistributionNameError {
    /// The text.
    pub name: String,
    /// What was found in it.
    pub problem: String,
}

impl Diagnose for DistributionNameError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        Some("begin and end with a letter or digit, as in `my-package`".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_normalize_and_escape() {
        for (written, normalized, escaped) in [
            ("jax", "jax", "jax"),
            ("Flask-SQLAlchemy", "flask-sqlalchemy", "flask_sqlalchemy"),
            ("a._-B", "a-b", "a_b"),
            ("nvidia-cuda-nvcc-cu12", "nvidia-cuda-nvcc-cu12", "nvidia_cuda_nvcc_cu12"),
            ("7", "7", "7"),
            ("zope.interface", "zope-interface", "zope_interface"),
        ] {
            let name: DistributionName = written.parse().unwrap();
            assert_eq!(name.to_string(), written);
            assert_eq!(name.normalized(), normalized);
            assert_eq!(name.escaped(), escaped);
            assert_eq!(name, escaped.parse().unwrap());
        }
        assert_ne!("ab".parse::<DistributionName>(), "a-b".parse());
    }

    #[test]
    fn wrong_names_are_refused() {
        for (text, problem) in [
            ("", "an empty name"),
            ("-a", "`-` in front"),
            ("a.", "`.` at the end"),
            ("a b", "' '"),
            ("caf\u{e9}", "'é'"),
            ("a\n", "'\\n'"),
            ("../a", "'/'"),
        ] {
            let error = text.parse::<DistributionName>().unwrap_err();
            assert_eq!(error.problem, problem, "{text:?}");
        }
    }

    #[test]
    fn message() {
        insta::assert_snapshot!("my package".parse::<DistributionName>().unwrap_err().message_with_hint(), @r"
        `my package` is not a distribution name: expected ASCII letters, digits, `-`, `_` and `.`, found ' '
        hint: begin and end with a letter or digit, as in `my-package`
        ");
    }
}
