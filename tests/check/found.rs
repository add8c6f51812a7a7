//! What we find in crafted wheels, and that we find nothing in those that we write.

use serde_json::Value;

use super::base::{make, write};
use super::cases::{Case, all};
use crate::support::command::Dir;

/// Checks the wheels of the table; gives the rules that each breaks, sorted.
pub(super) fn rules_of(dir: &Dir, cases: &[Case]) -> Vec<Vec<String>> {
    let wheels: Vec<String> = cases
        .iter()
        .map(|case| write(dir, case.what, case.name, &make(case.change)))
        .map(|path| path.to_str().unwrap().to_owned())
        .collect();
    let mut arguments = vec!["check", "--report=json", "--exit-zero"];
    arguments.extend(wheels.iter().map(String::as_str));
    let output = dir.wheelworks(&arguments).expect(0);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let of_wheel = |wheel: &Value| {
        let findings = wheel["findings"].as_array().unwrap();
        let mut rules: Vec<String> =
            findings.iter().map(|it| it["rule"].as_str().unwrap().to_owned()).collect();
        rules.sort_unstable();
        rules
    };
    report["wheels"].as_array().unwrap().iter().map(of_wheel).collect()
}

#[test]
fn each_fault_breaks_its_rules_and_no_others() {
    let dir = Dir::new();
    let cases: Vec<Case> = all().collect();
    let found = rules_of(&dir, &cases);
    assert_eq!(found.len(), cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .zip(&found)
        .filter(|(case, found)| case.rules != found.as_slice())
        .map(|(case, found)| format!("{}: expected {:?}, found {found:?}", case.what, case.rules))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
