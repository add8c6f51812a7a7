//! The options of `wheelworks check`, the forms of its report, and its exit codes.

use serde_json::Value;

use super::base::{Change, NAME, make, wheel, write};
use crate::support::command::TestDir;
use crate::support::sample;

/// Returns a directory with a valid wheel, and one that breaks rules of each severity.
fn wheels() -> (TestDir, String, String) {
    let dir = TestDir::new();
    let path = |case: &str, change| {
        let path = write(&dir, case, NAME, &make(change));
        path.strip_prefix(dir.path()).unwrap().to_str().unwrap().to_owned()
    };
    let sound = path("sound", Change::Wheel(|_| ()));
    let broken = path(
        "broken",
        Change::Wheel(|it| {
            it.member("sample_pkg/missing\u{1b}.txt", "not in RECORD, with an escape character")
                .unrecorded("sample_pkg/missing\u{1b}.txt")
                .member("sample_pkg/old.pyc", "code")
                .member("_assets/logo.txt", "a picture, in words");
        }),
    );
    (dir, sound, broken)
}

/// Returns the rules of the first wheel's findings.
fn rules(stdout: &str) -> Vec<String> {
    let report: Value = serde_json::from_str(stdout).unwrap();
    let findings = report["wheels"][0]["findings"].as_array().unwrap();
    findings.iter().map(|it| it["rule"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_report_for_people() {
    let (dir, sound, broken) = wheels();
    let output = dir.wheelworks(&["check", &sound, &broken]).expect(1);
    assert_eq!(output.stderr, "");
    insta::assert_snapshot!(output.stdout, @r"
        sample_pkg-1.0-py3-none-any.whl: ok

        sample_pkg-1.0-py3-none-any.whl: 2 errors, 1 warning, 1 info
        error[name-control] a name with control characters
          sample_pkg/missing\u{1b}.txt: `sample_pkg/missing\u{1b}.txt`
          why: PyPI refuses it; it can break terminals, RECORD and scripts.
          hint: Rename the file.
        error[record-missing] a file that RECORD does not list
          sample_pkg/missing\u{1b}.txt
          why: A change of it is not detected, and uninstalling leaves it behind.
          hint: Let `wheelworks pack` write a new RECORD.
        warning[bytecode W001] compiled Python (`.pyc`, `.pyo`)
          sample_pkg/old.pyc
          why: It works with one version of Python only; installers compile the source again.
          hint: Leave `__pycache__` out.
        not shown: 1 info (`--level info` shows all)

        2 wheels, 1 failed: 2 errors, 1 warning, 1 info
        ");
}

#[test]
fn errors_fail_and_warnings_only_when_asked() {
    let (dir, sound, broken) = wheels();
    dir.wheelworks(&["check", &sound]).expect(0);
    dir.wheelworks(&["check", "--strict", &sound]).expect(0);
    dir.wheelworks(&["check", &broken]).expect(1);
    dir.wheelworks(&["check", "--exit-zero", &broken]).expect(0);
    dir.wheelworks(&["check", "--select=bytecode", &broken]).expect(0);
    dir.wheelworks(&["check", "--select=bytecode", "--strict", &broken]).expect(1);
    dir.wheelworks(&["check", "--select=W010", "--strict", &broken]).expect(0);
    dir.wheelworks(&["check", "--ignore=record-missing,name-control", &broken]).expect(0);
    dir.wheelworks(&["check", "--ignore=recrod", &broken]).expect(2);
}

#[test]
fn a_file_that_is_no_archive_is_bad_input_and_the_others_are_checked() {
    let (dir, sound, broken) = wheels();
    dir.write("no-1.0-py3-none-any.whl", "no archive");
    let output = dir.wheelworks(&["check", "no-1.0-py3-none-any.whl"]).expect(2);
    insta::assert_snapshot!(output.stderr, @r"
        error: `no-1.0-py3-none-any.whl`: expected a ZIP archive, found no end of a central directory
        hint: it may have been cut short, or be something else; download or build it again
        ");
    let output = dir.wheelworks(&["check", "none.whl", &broken, &sound]).expect(2);
    assert!(output.stderr.contains("none.whl"), "{}", output.stderr);
    assert!(output.stdout.contains("error[record-missing]"), "{}", output.stdout);
    let output = dir.wheelworks(&["check", "--report=json", "none.whl", &sound]).expect(2);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    assert!(report["wheels"][0]["error"].as_str().unwrap().contains("none.whl"));
    assert_eq!(report["wheels"][1]["passed"], true);
}

#[test]
fn the_size_alone_needs_no_archive() {
    let dir = TestDir::new();
    dir.write("large.whl", vec![0; (1 << 20) + 1]);
    let output = dir.wheelworks(&["check", "--select=size", "--max-size=1", "large.whl"]).expect(1);
    let found = "1.0 MiB (1048577 bytes), of 1 MiB at most";
    assert!(output.stdout.contains(found), "{}", output.stdout);
    for size in ["1MiB", "1048576B", "1MB", "1024 KiB"] {
        let option = format!("--max-size={size}");
        dir.wheelworks(&["check", "--select=size", &option, "large.whl"]).expect(1);
    }
    dir.wheelworks(&["check", "--select=size", "--max-size=2", "large.whl"]).expect(0);
    dir.wheelworks(&["check", "--max-size=2", "large.whl"]).expect(2);
    dir.wheelworks(&["check", "--max-size=0", "large.whl"]).expect(2);
}

#[test]
fn declared_top_level_names() {
    let (dir, sound, broken) = wheels();
    let check = |wheel: &str, toplevel: &str| {
        let select = "--select=toplevel";
        let arguments = ["check", "--report=json", "--exit-zero", select, toplevel, wheel];
        rules(&dir.wheelworks(&arguments).expect(0).stdout)
    };
    assert_eq!(check(&sound, "--toplevel=sample_pkg"), [""; 0]);
    assert_eq!(check(&sound, "--toplevel=sample_pkg/,other"), ["toplevel-missing"]);
    assert_eq!(
        check(&broken, "--toplevel=sample_pkg"),
        ["toplevel-undeclared", "toplevel-no-modules"]
    );
}

#[test]
fn source_trees() {
    let (dir, sound, _) = wheels();
    dir.write("src/sample_pkg/__init__.py", "")
        .write("src/sample_pkg/data.txt", "")
        .write("src/sample_pkg/__pycache__/x.pyc", "")
        .write("src/.git/HEAD", "")
        .write("more/sample_pkg/__init__.py", "")
        .write("more/sample_pkg/lost.py", "")
        .write("single.py", "");
    let check = |arguments: &[&str]| {
        let mut all = vec!["check", "--report=json", "--exit-zero", "--select=source"];
        all.extend(arguments);
        all.push(&sound);
        let output = dir.wheelworks(&all).expect(0);
        let report: Value = serde_json::from_str(&output.stdout).unwrap();
        let findings = report["wheels"][0]["findings"].as_array().unwrap().clone();
        let describe = |it: &Value| {
            format!(
                "{} {}",
                it["rule"].as_str().unwrap(),
                it["places"][0]["member"].as_str().unwrap()
            )
        };
        findings.iter().map(describe).collect::<Vec<_>>()
    };
    assert_eq!(check(&["--src-dir=src"]), [""; 0]);
    assert_eq!(check(&["--package=src/sample_pkg"]), [""; 0]);
    assert_eq!(
        check(&["--package=more/sample_pkg"]),
        ["source-extra sample_pkg/data.txt", "source-missing sample_pkg/lost.py"]
    );
    assert_eq!(
        check(&["--package=more/sample_pkg", "--package-omit=lost*"]),
        ["source-extra sample_pkg/data.txt"]
    );
    assert_eq!(
        check(&["--package=src/sample_pkg", "--package=single.py"]),
        ["source-missing single.py"]
    );
    let output = dir.wheelworks(&["check", "--src-dir=none", &sound]).expect(2);
    insta::assert_snapshot!(output.stderr, @r"
        error: --src-dir `none`: expected a directory of sources, found nothing
        hint: check the path
        ");
    dir.wheelworks(&["check", "--package-omit=[", &sound]).expect(2);
}

#[test]
fn a_report_in_a_file() {
    let (dir, sound, broken) = wheels();
    let arguments = ["check", "--report=json", "--output=report.json", &sound, &broken];
    let output = dir.wheelworks(&arguments).expect(1);
    // Standard output shows why the command failed.
    assert!(output.stdout.contains("error[record-missing]"), "{}", output.stdout);
    let text = fs_err::read_to_string(dir.path().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["version"], 1);
    assert_eq!(report["wheels"][0]["passed"], true);
    let broken = &report["wheels"][1];
    assert_eq!((&broken["errors"], &broken["warnings"]), (&2.into(), &1.into()));
    sample::assert_no_temporary(dir.path());
}

#[test]
fn a_log_for_code_scanners() {
    let (dir, _, broken) = wheels();
    let arguments = ["check", "--report=sarif", "--select=record,bytecode", &broken, "none.whl"];
    let output = dir.wheelworks(&arguments).expect(2);
    let log: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for (result, (rule, level)) in
        results.iter().zip([("record-missing", "error"), ("bytecode", "warning")])
    {
        assert_eq!((&result["ruleId"], &result["level"]), (&rule.into(), &level.into()));
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], rule);
        let location = &result["locations"][0];
        assert_eq!(location["physicalLocation"]["artifactLocation"]["uri"], broken.as_str());
        let member = location["logicalLocations"][0]["fullyQualifiedName"].as_str().unwrap();
        assert!(member.starts_with("sample_pkg/"), "{member}");
    }
}

#[test]
fn annotations_for_github() {
    let (dir, _, broken) = wheels();
    let arguments = ["check", "--report=github", "--select=bytecode,W010", &broken];
    let output = dir.wheelworks(&arguments).expect(0);
    insta::assert_snapshot!(output.stdout, @r"
        ::warning title=bytecode::sample_pkg-1.0-py3-none-any.whl: compiled Python (`.pyc`, `.pyo`)%0Asample_pkg/old.pyc%0Ahint: Leave `__pycache__` out.
        ::notice title=toplevel-no-modules::sample_pkg-1.0-py3-none-any.whl: a top-level directory without a Python module%0A`_assets`%0Ahint: Move it into the package, or into the data directory.
        ");
}

#[test]
fn a_rule_that_is_broken_often_is_reported_once() {
    let dir = TestDir::new();
    let mut many = wheel();
    for number in 0..500 {
        many.member(&format!("sample_pkg/{number}.pyc"), "code");
    }
    many.dist_info_last();
    many.write(dir.path());
    let text = dir.wheelworks(&["check", "--select=bytecode", NAME]).expect(0).stdout;
    assert!(text.contains("and 488 more"), "{text}");
    let output = dir.wheelworks(&["check", "--report=json", NAME]).expect(0).stdout;
    let report: Value = serde_json::from_str(&output).unwrap();
    let finding = &report["wheels"][0]["findings"][0];
    assert_eq!(finding["places"].as_array().unwrap().len(), 100);
    assert_eq!(finding["more"], 400);
    let output = dir.wheelworks(&["check", "--report=sarif", NAME]).expect(0).stdout;
    let log: Value = serde_json::from_str(&output).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap().iter();
    let of_rule = results.filter(|it| it["ruleId"] == "bytecode");
    let texts: Vec<&str> = of_rule.map(|it| it["message"]["text"].as_str().unwrap()).collect();
    let is_last = |text: &&str| text.contains("\nand 400 more, which are not listed\n");
    assert_eq!((texts.len(), texts.iter().position(is_last)), (100, Some(99)), "{texts:?}");
}

#[test]
fn the_name_of_a_wheel_can_be_in_a_file() {
    let (dir, sound, _) = wheels();
    let other = sound.replace("1.0-py3", "0-py3");
    std::fs::rename(dir.path().join(&sound), dir.path().join(&other)).unwrap();
    dir.write("true.name", format!("{NAME}\n"));
    dir.wheelworks(&["check", &other]).expect(1);
    let output = dir.wheelworks(&["check", "--name-file=true.name", &other]).expect(0);
    assert_eq!(output.stdout, format!("{NAME}: ok\n"));
    let output = dir.wheelworks(&["check", "--name-file=true.name", &other, &other]).expect(2);
    insta::assert_snapshot!(output.stderr, @r"
    error: --name-file: expected one wheel, found 2
    hint: check each wheel by itself
    ");
}
