//! `docs/audit.md` lists all rules.

use wheelworks::audit::RULES;

use crate::support::documents::{assert_distinct, assert_document, rule_table};

#[test]
fn every_rule_is_documented() {
    assert_distinct(&RULES);
    assert_document("audit.md", &rule_table(&RULES, "note"));
}
