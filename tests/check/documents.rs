//! `docs/check.md` lists the rules that there are.

use std::fmt::Write as _;
use std::path::Path;

use wheelworks::check::{Rule, Severity, all_rules};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Fails unless a document has this text between its two marks; with `WHEELWORKS_TEST_BLESS` it is
/// written there first.
pub(super) fn assert_document(name: &str, text: &str) {
    const BEGIN: &str = "<!-- begin: written by a test -->\n";
    const END: &str = "<!-- end -->";
    let path = Path::new(ROOT).join("docs").join(name);
    let document = fs_err::read_to_string(&path).unwrap();
    let begin = document.find(BEGIN).unwrap() + BEGIN.len();
    let end = document.find(END).unwrap();
    if std::env::var_os("WHEELWORKS_TEST_BLESS").is_some() {
        let new = format!("{}{text}{}", &document[..begin], &document[end..]);
        fs_err::write(&path, new).unwrap();
        return;
    }
    assert!(
        document[begin..end] == *text,
        "docs/{name} is not what the tests find: run them with WHEELWORKS_TEST_BLESS=1 and look at \
         what changes\n--- found\n{text}"
    );
}

#[test]
fn every_rule_is_documented() {
    let mut text = String::from("| rule | | what | why | what to do | who else has it |\n");
    text += "|---|---|---|---|---|---|\n";
    for rule in all_rules() {
        let severity = match rule.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        let cells = [rule.what, rule.why, rule.fix, rule.also].map(|cell| cell.replace('|', "\\|"));
        writeln!(text, "| `{}` | {severity} | {} |", rule.id, cells.join(" | ")).unwrap();
    }
    assert_document("check.md", &text);
}

#[test]
fn rules_have_one_name_each() {
    let mut names: Vec<&str> = all_rules().map(|rule| rule.id).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    let numbers: Vec<&str> = all_rules().filter_map(Rule::number).collect();
    assert_eq!(numbers.len(), 14, "{numbers:?}");
}
