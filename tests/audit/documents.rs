//! `docs/audit.md` lists all rules, `docs/known-wheels.md` the wheels of `--provided-by known`.

use std::fmt::Write as _;

use wheelworks::audit::{KNOWN_WHEELS, RULES};

use crate::support::documents::{assert_distinct, assert_document, rule_table};

#[test]
fn every_rule_is_documented() {
    assert_distinct(&RULES);
    assert_document("audit.md", &rule_table(&RULES, "note"));
}

#[test]
fn every_known_wheel_is_documented() {
    let mut table = String::from("| wheel | version | libraries |\n|---|---|---|\n");
    for wheel in KNOWN_WHEELS {
        let libraries: Vec<String> = wheel.libraries().map(|name| format!("`{name}`")).collect();
        let libraries = libraries.join(", ");
        writeln!(table, "| {} | {} | {libraries} |", wheel.name, wheel.version).unwrap();
    }
    assert_document("known-wheels.md", &table);
}
