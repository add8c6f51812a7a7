//! The rules: of each its name, how bad it is to break it, why, and what to do.
//!
//! `docs/check.md` has the same table for people; a test keeps the two alike.

mod contents;
mod metadata;
mod names;
mod record;
mod wheel;
mod zip;

use serde::Serialize;

pub(super) use self::contents::*;
pub(super) use self::metadata::*;
pub(super) use self::names::*;
pub(super) use self::record::*;
pub(super) use self::wheel::*;
pub(super) use self::zip::*;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// It can go wrong somewhere, or an index refuses it that others do not.
    Warning,
    /// A standard is broken, installers would go wrong, or what was asked for does not hold.
    Error,
}

impl Severity {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name: what it is about, then what is wrong.
    pub id: &'static str,
    /// How bad it is to break it.
    pub severity: Severity,
    /// What is wrong where it is broken.
    pub what: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// Who else has the rule.
    pub also: &'static str,
}

impl Rule {
    /// The number that check-wheel-contents gives it, such as `W001`.
    #[must_use]
    pub fn number(&self) -> Option<&'static str> {
        self.also.split([' ', ',']).find(|word| {
            word.strip_prefix('W').is_some_and(|rest| {
                rest.len() == 3 && rest.chars().all(|character| character.is_ascii_digit())
            })
        })
    }
}

/// Defines rules, and `ALL` of them.
macro_rules! rules {
    ($($name:ident = $id:literal $severity:ident $what:literal $why:literal $fix:literal $also:literal;)*) => {
        $(pub(crate) static $name: Rule = Rule {
            id: $id,
            severity: Severity::$severity,
            what: $what,
            why: $why,
            fix: $fix,
            also: $also,
        };)*
        pub(super) static ALL: &[&Rule] = &[$(&$name),*];
    };
}
use rules;

/// Every rule, in the order of the documentation.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    [zip::ALL, names::ALL, wheel::ALL, record::ALL, metadata::ALL, contents::ALL]
        .into_iter()
        .flatten()
        .copied()
}
