//! Compares `src/wheel/classifiers.txt` with the package that PyPI takes its classifiers from.

use crate::judges::script;
use crate::support::command::TestDir;

/// The version of `trove-classifiers` that the list is from: its date.
const VERSION: &str = "2026.9.21.13";

const LIST: &str = include_str!("../../src/wheel/classifiers.txt");

/// Returns the lines that only one of two lists has, with `-` before those of the first.
fn differences(ours: &str, theirs: &str) -> Vec<String> {
    let only = |sign: char, list: &str, other: &str| -> Vec<String> {
        let missing = list.lines().filter(|line| !other.lines().any(|it| it == *line));
        missing.map(|line| format!("{sign} {line}")).collect()
    };
    [only('-', ours, theirs), only('+', theirs, ours)].concat()
}

#[test]
fn the_list_is_that_of_trove_classifiers() {
    let theirs = script(&TestDir::new(), "classifiers.py", &[]).expect(0).stdout;
    let version = theirs.lines().next().unwrap_or_default();
    let version = version.strip_prefix("trove-classifiers ").unwrap_or_default();
    let different = differences(LIST, &theirs);
    assert!(
        different.is_empty() && LIST == theirs,
        "src/wheel/classifiers.txt is not the list of the installed trove-classifiers {version}.\n\
         If the judge is stale, run scripts/test-env. If tests/requirements.txt asks for a newer one on \
         purpose: run `scripts/classifiers {version}`, and name the version here and in the tests of \
         src/wheel/index_fields.rs.\n{}",
        different.join("\n")
    );
    assert_eq!(version, VERSION, "name the new version in this test");
}

#[test]
fn every_kind_of_difference_is_found() {
    let line = |text: &str| LIST.lines().find(|line| line.starts_with(text)).unwrap().to_owned();
    let deprecated = LIST.lines().find(|line| line.contains('\t')).unwrap();
    let (name, _) = deprecated.split_once('\t').unwrap();
    for (changed, expected) in [
        (LIST.replacen(&line("Typing :: Typed"), "Typing :: New", 1), "+ Typing :: New"),
        (LIST.replacen("Typing :: Typed\n", "", 1), "- Typing :: Typed"),
        (LIST.replacen(deprecated, name, 1), &*format!("- {deprecated}")),
        (LIST.replacen(VERSION, "2026.9.22", 1), "+ trove-classifiers 2026.9.22"),
    ] {
        let found = differences(LIST, &changed);
        assert!(found.iter().any(|line| line == expected), "{expected}: {found:?}");
    }
    assert_eq!(differences(LIST, LIST), Vec::<String>::new());
}
