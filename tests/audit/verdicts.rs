//! Compares the verdict on every fixture with the fixture's comment and with auditwheel.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;

use super::build::{Built, ToolOutput};
use super::fixture::{self, Expected, Finding, Fixture, Judge};

/// Runs a check on every fixture, on all processors, and fails with all problems found.
pub(super) fn for_each(check: impl Fn(&Fixture, &Built) -> Vec<String> + Sync) {
    let fixtures = fixture::all();
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(BTreeMap::new());
    let work = || {
        while let Some(fixture) = fixtures.get(next.fetch_add(1, Ordering::Relaxed)) {
            let said = match Built::new(fixture) {
                Ok(built) => check(fixture, &built),
                Err(error) => vec![error],
            };
            if !said.is_empty() {
                wrong.lock().unwrap().insert(fixture.name().to_owned(), said);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let wrong = wrong.into_inner().unwrap();
    let shown: Vec<String> =
        wrong.iter().map(|(name, said)| format!("# {name}\n{}", said.join("\n"))).collect();
    assert!(wrong.is_empty(), "{} fixtures\n\n{}", wrong.len(), shown.join("\n\n"));
}

/// Lists the expected fields that differ.
fn differences(who: &str, expected: &Expected, said: &ToolOutput) -> Vec<String> {
    let verdict = said.json();
    let known = expected.iter().filter_map(|(field, value)| Some((field, value.as_ref()?)));
    let mut wrong: Vec<String> = known
        .filter(|(field, value)| verdict.get(field) != Some(value))
        .map(|(field, value)| {
            let found = verdict.get(field).map_or("nothing".to_owned(), Value::to_string);
            format!("{who}: `{field}`: expected {value}, found {found}")
        })
        .collect();
    if !wrong.is_empty() {
        let (stdout, stderr) = (&said.stdout, &said.stderr);
        wrong.push(format!("{who} ended with {:?} and said\n{stdout}{stderr}", said.code));
    }
    wrong
}

/// Compares `wheelworks show --json`, `--report json` and `--require` with the comment.
fn ours_is_as_expected(fixture: &Fixture, built: &Built) -> Vec<String> {
    let said = built.ours(fixture, &["--json"]);
    let mut wrong = differences("ours", &fixture.expect, &said);
    if said.code != Some(fixture.exit) {
        let (expected, found) = (fixture.exit, said.code);
        wrong.push(format!("exit code: expected {expected}, found {found:?}\n{}", said.stderr));
    }
    for text in fixture.says.iter().filter(|text| !said.stderr.contains(*text)) {
        wrong.push(format!("expected `{text}` on stderr, found\n{}", said.stderr));
    }
    if said.code == Some(2) {
        return wrong;
    }
    let mut arguments = vec!["--report", "json"];
    if let Some((tag, _)) = &fixture.require {
        arguments.extend(["--require", tag]);
    }
    let report = built.ours(fixture, &arguments);
    wrong.extend(wrong_in_report(fixture, &report));
    wrong
}

fn wrong_in_report(fixture: &Fixture, said: &ToolOutput) -> Vec<String> {
    let report = said.json();
    let wheel = &report["wheels"][0];
    let mut wrong = Vec::new();
    let (required, met) = match &fixture.require {
        Some((tag, met)) => (serde_json::json!([tag]), Value::from(*met)),
        None => (serde_json::json!([]), Value::Null),
    };
    for (field, value) in [("required", required), ("met", met)] {
        if wheel.get(field) != Some(&value) {
            wrong.push(format!("report: `{field}`: expected {value}, found {}", wheel[field]));
        }
    }
    let code = match &fixture.require {
        Some((_, met)) => i32::from(!met),
        None => fixture.exit,
    };
    if said.code != Some(code) {
        wrong.push(format!("report: exit code {:?}, expected {code}", said.code));
    }
    let mut found: Vec<&Value> = wheel["findings"].as_array().into_iter().flatten().collect();
    for expected in &fixture.findings {
        match found.iter().position(|finding| is_met(expected, finding)) {
            Some(position) => drop(found.remove(position)),
            None => wrong.push(format!("no finding like {expected:?}")),
        }
    }
    wrong.extend(found.iter().map(|finding| format!("an unexpected finding: {finding}")));
    if !wrong.is_empty() {
        wrong.push(format!("the report is\n{}{}", said.stdout, said.stderr));
    }
    wrong
}

fn is_met(expected: &Finding, found: &Value) -> bool {
    found["rule"] == expected.rule
        && found["level"] == expected.level
        && expected.fields.iter().all(|(field, value)| found.get(field) == Some(value))
}

/// Compares auditwheel with the comment and with wheelworks, except in the fields that the comment lists
/// as different.
fn auditwheel_is_as_expected(fixture: &Fixture, built: &Built) -> Vec<String> {
    let judged = built.judges(fixture);
    if let Judge::Crashes(text) = &fixture.judge {
        let is_so = judged.code == Some(1) && judged.stderr.contains("Traceback");
        if is_so && judged.stderr.contains(text) {
            return Vec::new();
        }
        return vec![format!(
            "the judge did not crash with `{text}`: {:?}\n{}{}",
            judged.code, judged.stdout, judged.stderr
        )];
    }
    let mut expected = fixture.expect.clone();
    expected.extend(fixture.judged.clone());
    let mut wrong = differences("the judge", &expected, &judged);
    let ours = built.ours(fixture, &["--json"]);
    let (ours, theirs) = (ours.json(), judged.json());
    let fields = ours.as_object().into_iter().chain(theirs.as_object()).flatten();
    for (field, _) in fields.filter(|(field, _)| !fixture.judged.contains_key(*field)) {
        let (our, their) = (&ours[field], &theirs[field]);
        // Both must fail; their messages may differ.
        let agree =
            if field == "error" { our.is_string() && their.is_string() } else { our == their };
        if !agree {
            wrong.push(format!("`{field}`: ours {our}, the judge's {their}"));
        }
    }
    wrong
}

#[test]
fn verdicts_are_as_fixtures_expect() {
    for_each(ours_is_as_expected);
}

#[test]
#[ignore = "needs the virtual environment of scripts/test-env"]
fn auditwheel_agrees() {
    for_each(auditwheel_is_as_expected);
}

/// A misspelt line is an error.
#[test]
fn fixtures_are_read_strictly() {
    const SOUND: &str = "//! Prose.\n// wheel: a-1-py3-none-any.whl\n// expect: pure = true\n\
                         // finding: none\n// judge: same\n\nint code; // not: read\n";
    let read = |text: &str| fixture::parse("x.c".as_ref(), text).map(|_| ());
    assert_eq!(read(SOUND), Ok(()));
    let cases = [
        ("//! Prose.\n", "", "`//!` line"),
        ("// judge: same\n", "", "no `judge`"),
        ("// judge: same\n", "// judge: perhaps\n", "line 5: expected `same`"),
        ("// judge: same\n", "// judge: same\n// judge: same\n", "line 6: `judge` is there twice"),
        ("judge: same\n", "judge: differs: why\n", "expected some `judged` lines"),
        ("// judge: same\n", "// judge: same\n// judged: pure = false\n", "expected no `judged`"),
        ("// expect: pure = true\n", "", "expected `expect` or `says`"),
        ("pure = true", "pur = true", "line 3: a verdict has no field `pur`"),
        ("pure = true", "pure: true", "line 3: `expect`: expected `LEFT = RIGHT`"),
        ("pure = true", "pure = yes", "line 3: `yes`"),
        ("// finding: none\n", "", "expected `finding: none`, or findings"),
        ("finding: none", "finding: isa-level", "line 4: expected `RULE LEVEL`"),
        ("finding: none", "finding: isa-level fatal", "line 4: expected a level"),
        ("finding: none", "finding: isa-level error file=x", "line 4: a finding has no field"),
        ("finding: none", "findings: none", "line 4: unknown key `findings`"),
        ("finding: none", "finding none", "line 4: expected `KEY: VALUE`"),
        ("// finding: none\n", "// finding: none\n//\n", "line 5: expected `// KEY: VALUE`"),
        ("// finding: none\n", "// finding: none\n// require: any\n", "line 5: expected `TAG met`"),
    ];
    for (from, to, expected) in cases {
        let error = read(&SOUND.replacen(from, to, 1)).unwrap_err();
        assert!(error.starts_with(expected) || error.contains(expected), "{to:?}: {error}");
    }
}
