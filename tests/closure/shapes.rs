//! Every shape loads, or does not, as reported; every rule has one.

use wheelworks::closure::RULES;

use super::edges::EDGES;
use super::loader_rules::{FILES, FILTERS, FLAGS};
use super::mutations::MUTATIONS;
use super::row::{Built, Row, problems};
use super::rows::ROWS;
use super::symbol_rules::{SYMBOLS, VARIANTS};

/// Rules about loading that say that a file does not load.
const FAILING: [&str; 8] = [
    "library-not-found",
    "library-not-on-path",
    "plugin-library-not-found",
    "plugin-loads-after-host",
    "file-not-loadable",
    "needed-by-path",
    "undefined-symbol",
    "symbol-version-not-found",
];

/// The tables of shapes.
const TABLES: [&[Row]; 8] = [ROWS, EDGES, FLAGS, FILES, FILTERS, SYMBOLS, VARIANTS, MUTATIONS];

fn all() -> impl Iterator<Item = &'static Row> {
    TABLES.into_iter().flatten()
}

fn check(row: &Row) -> Result<(), String> {
    let built = Built::new(row);
    let mut wrong = Vec::new();
    for (member, expected) in row.loads {
        let said = built.load(member);
        if said.is_empty() != expected.is_empty() || !said.contains(expected) {
            wrong.push(format!("the loader says of {member}: {said:?}, expected {expected:?}"));
        }
    }
    let (code, report) = built.report(row.arguments);
    let found = problems(&report);
    let is_expected = |problem: &String| row.problems.iter().any(|it| problem.starts_with(it));
    let is_found = |expected: &&&str| found.iter().any(|it| it.starts_with(**expected));
    let unexpected: Vec<&String> = found.iter().filter(|it| !is_expected(it)).collect();
    let missing: Vec<&&str> = row.problems.iter().filter(|it| !is_found(it)).collect();
    if !unexpected.is_empty() || !missing.is_empty() {
        wrong.push(format!("unexpected: {unexpected:?}, missing: {missing:?}\n{report:#}"));
    }
    let errors = report["problems"].as_array().unwrap().iter();
    let has_errors = errors.filter(|it| it["severity"] == "error").count() > 0;
    if code != i32::from(has_errors) {
        wrong.push(format!("exit code {code}"));
    }
    // The loader and the report agree on the judged wheel's own files.
    let fails = row.loads.iter().any(|(_, said)| !said.is_empty());
    let reported = found.iter().any(|it| {
        FAILING.iter().any(|rule| it.starts_with(rule))
            || it.starts_with("loads-after-others")
            || it.starts_with("static-tls")
    });
    if !row.loads.is_empty() && fails && !reported {
        wrong.push("the loader refuses a file and nothing says so".to_owned());
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("{}: {}", row.name, wrong.join("\n"))) }
}

#[test]
fn every_shape_is_judged_as_the_loader_does() {
    let chosen = std::env::var("WHEELWORKS_TEST_ROW").unwrap_or_default();
    let rows = all().filter(|row| row.name.contains(&chosen));
    let wrong: Vec<String> = rows.filter_map(|row| check(row).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_rule_has_a_shape() {
    // `choice.rs` has a wheel for another environment.
    let elsewhere = ["wheel-skipped"];
    let has_shape = |rule: &str| {
        let mut problems = all().flat_map(|row| row.problems);
        problems.any(|problem| problem.split(' ').next() == Some(rule))
    };
    for rule in RULES.iter() {
        assert!(has_shape(rule.id) != elsewhere.contains(&rule.id), "{}", rule.id);
    }
}
