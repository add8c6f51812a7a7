//! Documents refer to existing targets for rules, and to existing tests for promises.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;

use super::{ROOT, read};

/// Returns whether a BUILD file of tests/bazel has a target. A macro's targets begin with its
/// `name`.
fn has_target(package: &str, target: &str) -> bool {
    let name = Regex::new(r#"name = "([^"]+)"#).unwrap();
    name.captures_iter(&read(&format!("tests/bazel/{package}/BUILD.bazel"))).any(|found| {
        let rest = target.strip_prefix(&found[1]);
        rest.is_some_and(|rest| {
            rest.is_empty() || rest.starts_with(['.', '_']) || found[1].ends_with('_')
        })
    })
}

#[test]
fn every_public_rule_has_a_target() {
    let readme = read("bazel/README.md");
    let (_, table) = readme.split_once("\n## Tests").expect("no table in bazel/README.md");
    let public = Regex::new(r"(?m)^([a-z]\w*) = _").unwrap();
    for found in public.captures_iter(&read("bazel/defs.bzl")) {
        assert!(table.contains(&format!("`{}`", &found[1])), "{} has no test target", &found[1]);
    }
    let label = Regex::new(r"`//([\w/]+):([^`]+)`").unwrap();
    let mut count = 0;
    for found in label.captures_iter(table) {
        assert!(has_target(&found[1], &found[2]), "there is no {}", &found[0]);
        count += 1;
    }
    assert!(count > 50, "only {count} targets were found");
}

/// The mnemonic of every action of the binary has a strategy in each configuration, and is documented.
#[test]
fn every_mnemonic_has_its_strategies() {
    let mnemonic = Regex::new(r#"run_wheelworks\(\s*ctx,\s*mnemonic = "(Wheel\w+)""#).unwrap();
    let rules = fs_err::read_dir(Path::new(ROOT).join("bazel/private")).unwrap();
    let texts = rules.map(|file| fs_err::read_to_string(file.unwrap().path()).unwrap());
    let all: String = texts.collect();
    let mnemonics: BTreeSet<&str> =
        mnemonic.captures_iter(&all).map(|found| found.get(1).unwrap().as_str()).collect();
    assert!(mnemonics.len() > 6, "{mnemonics:?}");
    let (rc, documentation) = (read("bazel/wheelworks.bazelrc"), read("docs/bazel.md"));
    let lines_of = |mnemonic: &str| rc.matches(&format!("={mnemonic}=")).count();
    for mnemonic in mnemonics {
        assert_eq!(lines_of(mnemonic), lines_of("WheelPack"), "lines for {mnemonic}");
        assert!(documentation.contains(&format!("`{mnemonic}`")), "{mnemonic} in docs/bazel.md");
    }
}

/// Returns whether there is a test, or a module of tests, with this name.
fn has_test(name: &str) -> bool {
    let (path, test) = name.rsplit_once("::").unwrap();
    let path = path.strip_suffix("::tests").unwrap_or(path).replace("::", "/");
    let exists = |file: &String| Path::new(ROOT).join(file).exists();
    if test == "*" {
        return exists(&format!("tests/{path}.rs"));
    }
    let sources = ["tests/{}.rs", "src/{}.rs", "src/{}/mod.rs", "src/{}_tests.rs"]
        .map(|it| it.replace("{}", &path));
    exists(&format!("tests/{path}/{test}.rs"))
        || sources
            .iter()
            .filter(|file| exists(file))
            .any(|file| read(file).contains(&format!("fn {test}(")))
}

#[test]
fn tests_in_the_reliability_tables_exist() {
    let name = Regex::new(r"`(\w+(?:::\w+)*::(?:\w+|\*))`").unwrap();
    let mut count = 0;
    for found in name.captures_iter(&read("RELIABILITY.md")) {
        count += 1;
        assert!(has_test(&found[1]), "there is no test {}", &found[1]);
    }
    assert!(count > 50, "only {count} tests were found");
}
