//! What twine, check-wheel-contents, pip and uv make of the crafted wheels, written down in
//! `docs/check-differential.md`. The test fails when one of them, or we, come to another verdict.

use std::fmt::Write as _;

use serde_json::Value;

use super::base::{make, write};
use super::cases::{Case, all};
use super::documents::assert_document;
use super::found::rules_of;
use crate::judges::{judge, script};
use crate::support::command::Dir;

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
}
