//! `docs/check.md` lists all rules.

use wheelworks::check::RULES;
use wheelworks::findings::Rule;

use crate::support::documents::{assert_distinct, assert_document, rule_table};

#[test]
fn every_rule_is_documented() {
    assert_document("check.md", &rule_table(&RULES, "info"));
}

#[test]
fn rules_have_one_name_each() {
    assert_distinct(&RULES);
    let numbers: Vec<&str> = RULES.iter().filter_map(Rule::number).collect();
    assert_eq!(numbers.len(), 14, "{numbers:?}");
}
