//! What twine, check-wheel-contents, pip and uv make of the crafted wheels, written down in
//! `docs/check-differential.md`. The test fails when one of them, or we, come to another verdict.

use std::fmt::Write as _;

use serde_json::Value;
use wheelworks::check::RULES;

use super::base::{make, write};
use super::cases::{Case, all};
use super::found::rules_of;
use crate::judges::{judge, script};
use crate::support::command::Dir;
use crate::support::documents::assert_document;

/// A judge's word in the table.
fn shown(verdict: &Value) -> String {
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
fn the_table_is_what_the_tools_say() {
    let dir = Dir::new();
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
        "| wheel with | `wheelworks check` | twine | check-wheel-contents | pip | uv |\n\
         |---|---|---|---|---|---|\n",
    );
    for ((case, ours), verdict) in cases.iter().zip(&ours).zip(&verdicts) {
        let rules: Vec<String> = ours.iter().map(|rule| format!("`{rule}`")).collect();
        let tools = ["twine", "contents", "pip", "uv"].map(|tool| shown(&verdict[tool]));
        let (what, rules) = (case.what, rules.join(", "));
        writeln!(text, "| {what} | {rules} | {} |", tools.join(" | ")).unwrap();
    }
    assert_document("check-differential.md", &text);
    assert_rules_name_tools(&cases, &ours, &verdicts);
}

/// The rules that no crafted wheel breaks, because they need options, or a wheel that is large.
const NOT_CRAFTED: [&str; 7] = [
    "index-size",
    "size",
    "source-extra",
    "source-missing",
    "toplevel-missing",
    "toplevel-undeclared",
    "zip-too-many",
];

/// What the rules say of other tools is what these do: one that rejects a wheel for which a single
/// rule is broken is named there, and who is named there rejects some wheel.
fn assert_rules_name_tools(cases: &[Case], ours: &[Vec<String>], verdicts: &[Value]) {
    let mut wrong = Vec::new();
    for rule in RULES.iter().filter(|rule| !NOT_CRAFTED.contains(&rule.id)) {
        let breaking: Vec<usize> =
            (0..cases.len()).filter(|&at| ours[at].iter().any(|it| it == rule.id)).collect();
        if breaking.is_empty() {
            wrong.push(format!("{}: no crafted wheel breaks it", rule.id));
        }
        for tool in ["twine", "contents", "pip", "uv"] {
            let name = if tool == "contents" { "check-wheel-contents" } else { tool };
            let is_named = rule.also.split(", ").any(|it| it.split(' ').next() == Some(name));
            let word = |at: &&usize| shown(&verdicts[**at][tool]);
            let rejects = |at: &&usize| match rule.number().filter(|_| tool == "contents") {
                Some(number) => word(at).split(' ').any(|it| it == number),
                None => word(at) == "rejects",
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
