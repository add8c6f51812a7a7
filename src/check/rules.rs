//! The rules of `check`. A test generates `docs/check.md` from them.

mod contents;
mod metadata;
mod names;
mod record;
mod wheel;
mod zip;

pub(super) use self::contents::*;
pub(super) use self::metadata::*;
pub(super) use self::names::*;
pub(super) use self::record::*;
pub(super) use self::wheel::*;
pub(super) use self::zip::*;
use crate::findings::RuleTable;

/// Every rule, in the order of the documentation.
pub static RULES: RuleTable = RuleTable {
    groups: &[zip::ALL, names::ALL, wheel::ALL, record::ALL, metadata::ALL, contents::ALL],
    hint: "such as `record-hash`, `zip` or `W001`; docs/check.md lists them",
};

#[cfg(test)]
mod tests {
    use super::RULES;
    use crate::findings::{Rule, Selection};

    fn selected(select: &[&str], ignore: &[&str]) -> Vec<&'static str> {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let selection = Selection::new(&RULES, &owned(select), &owned(ignore)).unwrap();
        let mut ids: Vec<&str> =
            RULES.iter().filter(|rule: &&Rule| selection.has(rule)).map(|rule| rule.id).collect();
        ids.sort_unstable();
        ids
    }

    #[test]
    fn names_first_words_and_numbers_select() {
        assert_eq!(selected(&["zip-crc", "bytecode"], &[]), ["bytecode", "zip-crc"]);
        assert_eq!(
            selected(&["W001", "W2"], &[]),
            ["bytecode", "toplevel-missing", "toplevel-undeclared"]
        );
        assert_eq!(selected(&["filename"], &[]), ["filename", "filename-normal"]);
        assert_eq!(selected(&["size"], &[]), ["size"]);
        assert_eq!(selected(&["record"], &["record-missing", "record-no"]).len(), 9);
        let of_zip = selected(&["zip"], &[]).len();
        assert_eq!(selected(&[], &["zip"]).len() + of_zip, RULES.iter().count());
    }
}
