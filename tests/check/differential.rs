//! The verdicts of PyPI's rules, twine, check-wheel-contents, pip and uv on the crafted wheels, as in
//! `docs/check-differential.md`. The test fails if any verdict changes.

use std::fmt::Write as _;

use serde_json::Value;
use wheelworks::check::RULES;

use super::base::{make, write};
use super::cases::{Case, all};
use super::found::rules_of;
use crate::judges::{judge, script};
use crate::support::command::TestDir;
use crate::support::documents::assert_document;

/// The tools by their key in the output of `judge_wheels.py`, and by their name in the rules.
const TOOLS: [(&str, &str); 5] = [
    ("pypi", "PyPI"),
    ("twine", "twine"),
    ("contents", "check-wheel-contents"),
    ("pip", "pip"),
    ("uv", "uv"),
];

/// Returns a tool's verdict as a cell of the table.
fn cell(verdict: &Value) -> String {
    match verdict {
        Value::String(word) if word == "accepts" => String::new(),
        Value::String(word) => word.clone(),
        Value::Array(numbers) => {
            numbers.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}

#[test]
fn the_table_has_the_verdicts_of_the_tools() {
    let dir = TestDir::new();
    let cases: Vec<Case> = all().collect();
    let ours = rules_of(&dir, &cases);
    let wheels: Vec<String> = cases
        .iter()
        .map(|case| write(&dir, case.what, case.name, &make(case.change)))
        .map(|path| path.to_str().unwrap().to_owned())
        .collect();
    let uv = judge("uv");
    let mut arguments = vec![uv.to_str().unwrap(), "installed"];
    arguments.extend(wheels.iter().map(String::as_str));
    let output = script(&dir, "judge_wheels.py", &arguments).expect(0);
    let verdicts: Vec<Value> =
        output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(verdicts.len(), cases.len());
    let mut text = String::from(
        "| wheel with | `wheelworks check` | PyPI | twine | check-wheel-contents | pip | uv |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for ((case, ours), verdict) in cases.iter().zip(&ours).zip(&verdicts) {
        let rules: Vec<String> = ours.iter().map(|rule| format!("`{rule}`")).collect();
        let tools = TOOLS.map(|(key, _)| cell(&verdict[key]));
        let (what, rules) = (case.what, rules.join(", "));
        writeln!(text, "| {what} | {rules} | {} |", tools.join(" | ")).unwrap();
    }
    text += "\n";
    text += &script(&dir, "index_rules.py", &["--table"]).expect(0).stdout;
    assert_document("check-differential.md", &text);
    assert_rules_name_tools(&cases, &ours, &verdicts);
}

/// Rules that no crafted wheel breaks: they need options, a large wheel, or the name of a wheel variant, which the tools do
/// not know.
const NOT_CRAFTED: [&str; 11] = [
    "budget",
    "index-size",
    "index-variant",
    "size",
    "source-extra",
    "source-missing",
    "toplevel-missing",
    "toplevel-undeclared",
    "variant-file",
    "zip-tar",
    "zip-too-many",
];

/// Fails unless each rule names the right tools: a tool that rejects a wheel with this fault alone must be
/// named, and a named tool must reject a wheel with this fault.
fn assert_rules_name_tools(cases: &[Case], ours: &[Vec<String>], verdicts: &[Value]) {
    let mut wrong = Vec::new();
    for rule in RULES.iter().filter(|rule| !NOT_CRAFTED.contains(&rule.id)) {
        let breaking: Vec<usize> =
            (0..cases.len()).filter(|&at| ours[at].iter().any(|it| it == rule.id)).collect();
        if breaking.is_empty() {
            wrong.push(format!("{}: no crafted wheel breaks it", rule.id));
        }
        for (tool, name) in TOOLS {
            let is_named = rule.also.split(", ").any(|it| it.split(' ').next() == Some(name));
            let word = |at: &&usize| cell(&verdicts[**at][tool]);
            let rejects = |at: &&usize| match rule.number().filter(|_| tool == "contents") {
                Some(number) => word(at).split(' ').any(|it| it == number),
                // PyPI sends an e-mail about some faults that it means to refuse.
                None => ["rejects", "warns"].contains(&word(at).as_str()),
            };
            let is_alone = |at: &&usize| ours[**at].len() == 1;
            if is_named && !breaking.iter().any(|at| rejects(&at)) {
                wrong.push(format!("{}: {name} accepts all that break it", rule.id));
            }
            if let Some(&at) = breaking.iter().find(|at| !is_named && is_alone(at) && rejects(at)) {
                wrong.push(format!("{}: {name} rejects {}", rule.id, cases[at].what));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
