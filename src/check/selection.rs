//! `--select` and `--ignore`: which rules count.

use std::collections::BTreeSet;

use super::error::CheckError;
use super::rules::{self, Rule};

/// The rules that count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selection {
    ids: BTreeSet<&'static str>,
}

impl Selection {
    /// Those that `select` names, all if it names none, without those that `ignore` names.
    pub(super) fn new(select: &[String], ignore: &[String]) -> Result<Self, CheckError> {
        let mut ids: BTreeSet<&'static str> = BTreeSet::new();
        if select.is_empty() {
            ids.extend(rules::all().map(|rule| rule.id));
        }
        for name in select {
            ids.extend(named("--select", name)?);
        }
        for name in ignore {
            for id in named("--ignore", name)? {
                ids.remove(id);
            }
        }
        Ok(Self { ids })
    }

    /// Whether any rule counts that is not about the file's size.
    pub(super) fn needs_content(&self) -> bool {
        self.ids.iter().any(|&id| id != rules::SIZE.id && id != rules::INDEX_SIZE.id)
    }

    pub(super) fn has(&self, rule: &Rule) -> bool {
        self.ids.contains(rule.id)
    }
}

/// The rules of a name: their own, the first words of theirs, or the first characters of the
/// number that check-wheel-contents gives them.
fn named(option: &'static str, name: &str) -> Result<Vec<&'static str>, CheckError> {
    let is_meant = |rule: &Rule| {
        rule.id == name
            || rule.id.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'))
            || (name.starts_with('W')
                && rule.number().is_some_and(|number| number.starts_with(name)))
    };
    let ids: Vec<&'static str> =
        rules::all().filter(|rule| is_meant(rule)).map(|rule| rule.id).collect();
    if ids.is_empty() {
        return Err(CheckError::UnknownRule { option, name: name.to_owned() });
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(select: &[&str], ignore: &[&str]) -> Vec<&'static str> {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let selection = Selection::new(&owned(select), &owned(ignore)).unwrap();
        selection.ids.into_iter().collect()
    }

    #[test]
    fn names_first_words_and_numbers_select() {
        assert_eq!(ids(&["zip-crc", "bytecode"], &[]), ["bytecode", "zip-crc"]);
        assert_eq!(
            ids(&["W001", "W2"], &[]),
            ["bytecode", "toplevel-missing", "toplevel-undeclared"]
        );
        assert_eq!(ids(&["filename"], &[]), ["filename", "filename-normal"]);
        assert_eq!(ids(&["size"], &[]), ["size"]);
        assert_eq!(ids(&["record"], &["record-missing", "record-no"]).len(), 9);
        assert_eq!(ids(&[], &["zip"]).len() + ids(&["zip"], &[]).len(), rules::all().count());
    }

    #[test]
    fn unknown_names_are_refused() {
        for name in ["", "zi", "W9", "W", "zip-"] {
            let found = Selection::new(&[name.to_owned()], &[]);
            assert_eq!(found.is_err(), name != "W", "{name}");
        }
        let error = Selection::new(&[], &["recrod".to_owned()]).unwrap_err();
        insta::assert_snapshot!(error, @r"
        --ignore `recrod`: expected a rule, or first words of rules, found no rule of that name
        hint: such as `record-hash`, `zip` or `W001`; docs/check.md lists them
        ");
    }
}
