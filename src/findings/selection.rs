//! `--select` and `--ignore`: the rules that are checked.

use std::borrow::Cow;
use std::collections::BTreeSet;

use thiserror::Error;

use super::rule::{Rule, RuleTable};
use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// A name that no rule has.
#[derive(Debug, Error)]
#[error(
    "{option} `{}`: expected a rule, or first words of rules, found no rule of that name",
    escape_truncated(name)
)]
pub struct UnknownRule {
    /// The option, such as `--select`.
    pub option: &'static str,
    /// The name.
    pub name: String,
    /// Examples, and where the rules are documented.
    pub hint: &'static str,
}

impl Diagnose for UnknownRule {
    fn hint(&self) -> Option<Cow<'static, str>> {
        Some(self.hint.into())
    }
}

/// The selected rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selection {
    ids: BTreeSet<&'static str>,
}

impl Selection {
    /// Selects the rules that `select` names, or all if it is empty, without those that `ignore`
    /// names.
    pub(crate) fn new(
        table: &RuleTable,
        select: &[String],
        ignore: &[String],
    ) -> Result<Self, UnknownRule> {
        let mut ids = if select.is_empty() {
            Self::all(table).ids
        } else {
            Self::named(table, "--select", select)?.ids
        };
        for name in ignore {
            for id in matches(table, "--ignore", name)? {
                ids.remove(id);
            }
        }
        Ok(Self { ids })
    }

    /// Selects all rules.
    pub(crate) fn all(table: &RuleTable) -> Self {
        Self { ids: table.iter().map(|rule| rule.id).collect() }
    }

    /// Selects the rules that the values of an option name.
    pub(crate) fn named(
        table: &RuleTable,
        option: &'static str,
        names: &[String],
    ) -> Result<Self, UnknownRule> {
        let mut ids = BTreeSet::new();
        for name in names {
            ids.extend(matches(table, option, name)?);
        }
        Ok(Self { ids })
    }

    /// Whether any rule is selected that is not among `rules`.
    pub(crate) fn has_others_than(&self, rules: &[&Rule]) -> bool {
        self.ids.iter().any(|&id| rules.iter().all(|rule| rule.id != id))
    }

    /// Whether this rule is selected.
    pub(crate) fn has(&self, rule: &Rule) -> bool {
        self.ids.contains(rule.id)
    }
}

/// Returns the rules that a name selects: by their identifier, by its first words, or by the first
/// characters of the number that check-wheel-contents gives them.
fn matches(
    table: &RuleTable,
    option: &'static str,
    name: &str,
) -> Result<Vec<&'static str>, UnknownRule> {
    let is_match = |rule: &Rule| {
        rule.id == name
            || rule.id.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'))
            || (name.starts_with('W')
                && rule.number().is_some_and(|number| number.starts_with(name)))
    };
    let ids: Vec<&'static str> =
        table.iter().filter(|rule| is_match(rule)).map(|rule| rule.id).collect();
    if ids.is_empty() {
        return Err(UnknownRule { option, name: name.to_owned(), hint: table.hint });
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    super::super::rules! {
        CRC = "zip-crc" Error "" "" "" "";
        METHOD = "zip-method" Error "" "" "" "";
        MISSING = "record-missing" Error "" "" "" "";
        NO_HASH = "record-no-hash" Error "" "" "" "";
        NAME = "filename" Error "" "" "" "";
        NORMAL = "filename-normal" Error "" "" "" "";
        BYTECODE = "bytecode" Warning "" "" "" "check-wheel-contents W001";
        UNDECLARED = "toplevel-undeclared" Error "" "" "" "PyPI, check-wheel-contents W202";
    }

    static TABLE: RuleTable = RuleTable { groups: &[ALL], hint: "such as `zip`" };

    fn ids(select: &[&str], ignore: &[&str]) -> Vec<&'static str> {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let selection = Selection::new(&TABLE, &owned(select), &owned(ignore)).unwrap();
        selection.ids.into_iter().collect()
    }

    #[test]
    fn identifiers_first_words_and_numbers_select() {
        assert_eq!(ids(&["zip-crc", "bytecode"], &[]), ["bytecode", "zip-crc"]);
        assert_eq!(ids(&["W001", "W2"], &[]), ["bytecode", "toplevel-undeclared"]);
        assert_eq!(ids(&["filename"], &[]), ["filename", "filename-normal"]);
        assert_eq!(ids(&["filename-normal"], &[]), ["filename-normal"]);
        assert_eq!(ids(&["record"], &["record-no"]), ["record-missing"]);
        assert_eq!(ids(&[], &["zip"]).len() + ids(&["zip"], &[]).len(), TABLE.iter().count());
    }

    #[test]
    fn unknown_names_are_refused() {
        for name in ["", "zi", "W9", "W", "zip-"] {
            let found = Selection::new(&TABLE, &[name.to_owned()], &[]);
            assert_eq!(found.is_err(), name != "W", "{name}");
        }
        let error = Selection::new(&TABLE, &[], &["recrod".to_owned()]).unwrap_err();
        insta::assert_snapshot!(error.message_with_hint(), @r"
        --ignore `recrod`: expected a rule, or first words of rules, found no rule of that name
        hint: such as `zip`
        ");
    }
}
