//! `docs/closure.md` lists all rules.

use wheelworks::closure::RULES;

use crate::support::documents::{assert_distinct, assert_document, rule_table};

#[test]
fn every_rule_is_documented() {
    assert_distinct(&RULES);
    assert_document("closure.md", &rule_table(&RULES, "note"));
}
