//! The findings in crafted wheels.

use std::collections::BTreeSet;

use serde_json::Value;

use super::base::{Change, NAME, make, write};
use super::cases::{Case, all};
use crate::support::command::TestDir;

/// Checks the wheels of the table and returns the rules that each breaks, sorted.
pub(super) fn rules_of(dir: &TestDir, cases: &[Case]) -> Vec<Vec<String>> {
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

/// Fails unless each wheel breaks the rules of its case, and no others.
pub(super) fn assert_rules(cases: &[Case]) {
    let found = rules_of(&TestDir::new(), cases);
    assert_eq!(found.len(), cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .zip(&found)
        .filter(|(case, found)| case.rules != found.as_slice())
        .map(|(case, found)| format!("{}: expected {:?}, found {found:?}", case.what, case.rules))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_fault_breaks_its_rules_and_no_others() {
    assert_rules(&all().collect::<Vec<_>>());
}

#[test]
fn a_rule_that_is_selected_alone_is_checked() {
    let dir = TestDir::new();
    let mut seen = BTreeSet::new();
    let mut missed = Vec::new();
    for case in all() {
        let wheel = write(&dir, case.what, case.name, &make(case.change));
        for rule in case.rules.iter().filter(|rule| seen.insert(**rule)) {
            let select = format!("--select={rule}");
            let arguments =
                ["check", "--level=info", "--exit-zero", &select, wheel.to_str().unwrap()];
            let output = dir.wheelworks(&arguments).expect(0);
            if !output.stdout.contains(&format!("[{rule}")) {
                missed.push(*rule);
            }
        }
    }
    assert_eq!(missed, [""; 0]);
}

/// Whether a position is in a header field that no reader uses: versions, some flags, times, attributes.
fn is_idle(bytes: &[u8], position: usize) -> bool {
    let header = |signature: &[u8], idle: &[usize]| {
        idle.iter().any(|&field| {
            position.checked_sub(field).is_some_and(|at| bytes[at..].starts_with(signature))
        })
    };
    header(b"PK\x03\x04", &[4, 5, 6, 7, 10, 11, 12, 13])
        || header(b"PK\x01\x02", &[4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 36, 37, 38, 39, 40, 41])
}

#[test]
fn any_changed_byte_is_found() {
    let dir = TestDir::new();
    let bytes = make(Change::Wheel(|_| ()));
    let mut arguments = vec!["check".to_owned(), "--report=json".to_owned()];
    for position in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[position] ^= 0xFF;
        arguments.push(format!("{position}/{NAME}"));
        dir.write(arguments.last().unwrap(), changed);
    }
    dir.write("arguments", arguments.join("\n"));
    // Some changed files are no archives any more, but none causes an internal error.
    let output = dir.wheelworks(&["@arguments"]).expect(2);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let wheels = report["wheels"].as_array().unwrap();
    assert_eq!(wheels.len(), bytes.len());
    let is_sound = |wheel: &Value| wheel["passed"] == true && wheel["warnings"] == 0;
    let missed: Vec<usize> =
        (0..wheels.len()).filter(|&at| is_sound(&wheels[at]) && !is_idle(&bytes, at)).collect();
    assert_eq!(missed, [0; 0], "of {}", bytes.len());
    let unreadable = wheels.iter().filter(|wheel| wheel.get("error").is_some()).count();
    assert!(unreadable * 10 < bytes.len(), "{unreadable} of {} could not be read", bytes.len());
}
