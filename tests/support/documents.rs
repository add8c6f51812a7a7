//! Parts of documents that tests generate, so that they stay up to date.

use std::fmt::Write as _;
use std::path::Path;

use wheelworks::findings::{RuleTable, Severity};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Fails unless a document has this text between its begin and end comments. With
/// `WHEELWORKS_TEST_BLESS`, writes the text there first.
pub(crate) fn assert_document(name: &str, text: &str) {
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
        "docs/{name} is stale: run the tests with WHEELWORKS_TEST_BLESS=1 and review the change\\n--- found\n{text}"
    );
}

/// Returns a Markdown table of rules. `info` is the verb's word for the lowest severity.
pub(crate) fn rule_table(rules: &RuleTable, info: &str) -> String {
    let mut text = String::from("| rule | | what | why | what to do | who else has it |\n");
    text += "|---|---|---|---|---|---|\n";
    for rule in rules.iter() {
        let severity = match rule.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => info,
        };
        let cells = [rule.what, rule.why, rule.fix, rule.also].map(|cell| cell.replace('|', "\\|"));
        writeln!(text, "| `{}` | {severity} | {} |", rule.id, cells.join(" | ")).unwrap();
    }
    text
}

/// Fails if two rules have the same identifier.
pub(crate) fn assert_distinct(rules: &RuleTable) {
    let mut names: Vec<&str> = rules.iter().map(|rule| rule.id).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}
