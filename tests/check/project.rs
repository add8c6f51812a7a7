//! `wheelworks check` on a project: many wheels, their summary, levels, configuration, and the list of rules.

use serde_json::Value;

use super::base::{Change, NAME, make, write};
use crate::support::command::TestDir;

/// Returns a directory with a valid wheel in `dist-a`, one with a finding of each severity in `dist-b`, and one with an
/// info only in `dist-c`.
fn project() -> TestDir {
    let dir = TestDir::new();
    write(&dir, "dist-a", NAME, &make(Change::Wheel(|_| ())));
    let all = Change::Wheel(|it| {
        it.member("sample_pkg/missing.txt", "not in RECORD")
            .unrecorded("sample_pkg/missing.txt")
            .member("sample_pkg/old.pyc", "code")
            .member("_assets/logo.txt", "a picture, in words");
    });
    write(&dir, "dist-b", NAME, &make(all));
    let info = Change::Wheel(|it| {
        it.member("_assets/logo.txt", "a picture, in words");
    });
    write(&dir, "dist-c", NAME, &make(info));
    dir
}

const DIST: [&str; 3] = ["dist-a", "dist-b", "dist-c"];

fn check(dir: &TestDir, arguments: &[&str], code: i32) -> String {
    let all = [&["check"], arguments, &DIST].concat();
    dir.wheelworks(&all).expect(code).stdout
}

/// Returns the levels of the second wheel's findings.
fn levels(dir: &TestDir, arguments: &[&str], code: i32) -> Vec<String> {
    let text = check(dir, &[&["--report=json"], arguments].concat(), code);
    let report: Value = serde_json::from_str(&text).unwrap();
    let findings = report["wheels"][1]["findings"].as_array().unwrap().clone();
    findings.iter().map(|it| it["level"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn infos_are_counted_and_wheels_are_summed_up() {
    let dir = project();
    insta::assert_snapshot!(check(&dir, &[], 1), @r"
        sample_pkg-1.0-py3-none-any.whl: ok

        sample_pkg-1.0-py3-none-any.whl: 1 error, 1 warning, 1 info
        error[record-missing] a file that RECORD does not list
          sample_pkg/missing.txt
          why: A change of it is not detected, and uninstalling leaves it behind.
          hint: Let `wheelworks pack` write a new RECORD.
        warning[bytecode W001] compiled Python (`.pyc`, `.pyo`)
          sample_pkg/old.pyc
          why: It works with one version of Python only; installers compile the source again.
          hint: Leave `__pycache__` out.
        not shown: 1 info (`--level info` shows all)

        sample_pkg-1.0-py3-none-any.whl: 1 info
        not shown: 1 info (`--level info` shows all)

        3 wheels, 1 failed: 1 error, 1 warning, 2 infos
        ");
}

#[test]
fn the_level_decides_what_is_shown_and_not_what_fails() {
    let dir = project();
    let shown = |arguments: &[&str]| {
        let text = check(&dir, arguments, 1);
        ["error[", "warning[", "info["].map(|mark| text.contains(mark))
    };
    assert_eq!(shown(&[]), [true, true, false]);
    assert_eq!(shown(&["--level=info"]), [true, true, true]);
    assert_eq!(shown(&["--level=warning"]), [true, true, false]);
    assert_eq!(shown(&["--level=error"]), [true, false, false]);
    assert_eq!(levels(&dir, &[], 1), ["error", "warning", "info"]);
    assert_eq!(levels(&dir, &["--level=warning"], 1), ["error", "warning"]);
    // A warning that is not shown fails a strict check.
    let strict = ["--strict", "--level=error", "--select=bytecode"];
    assert_eq!(levels(&dir, &strict, 1), [""; 0]);
    assert!(check(&dir, &strict, 1).contains("not shown: 1 warning"));
}

#[test]
fn quiet_shows_findings_only() {
    let dir = project();
    let text = check(&dir, &["-q"], 1);
    assert!(text.starts_with(&format!("{NAME}: 1 error, 1 warning, 1 info\nerror[")), "{text}");
    assert_eq!(text.matches(NAME).count(), 1, "{text}");
    assert!(!text.contains("wheels") && !text.contains("not shown"), "{text}");
    let sound = dir.wheelworks(&["check", "--quiet", "dist-a"]).expect(0);
    assert_eq!((sound.stdout.as_str(), sound.stderr.as_str()), ("", ""));
}

#[test]
fn wheels_come_from_directories_and_from_standard_input() {
    let dir = project();
    let check = |command: &str| {
        let command = format!("{command} check --report=json --exit-zero");
        let command = command.replace("check", &format!("{} check", crate::support::WHEELWORKS));
        let arguments = ["-c", &format!("{command} -")];
        let text = dir.command("sh", &arguments).expect(0).stdout;
        let report: Value = serde_json::from_str(&text).unwrap();
        let wheels = report["wheels"].as_array().unwrap().clone();
        wheels.iter().map(|it| it["path"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let wheel = format!("dist-a/{NAME}");
    assert_eq!(
        check(&format!("printf '{wheel}\\r\\n\\ndist-b' |")),
        [wheel.clone(), format!("dist-b/{NAME}")]
    );
    assert_eq!(check("printf '' |"), [""; 0]);
    let inspected = dir.wheelworks(&["inspect", "dist-a"]).expect(0).stdout;
    assert!(inspected.starts_with(NAME), "{inspected}");
    dir.write("none/file", "").write("tree/a-1.0.dist-info/METADATA", "");
    for (directory, found) in [("none", "found none"), ("tree", "found an unpacked one")] {
        let said = dir.wheelworks(&["check", directory]).expect(2).stderr;
        assert!(said.contains(found), "{said}");
    }
}

#[test]
fn a_project_has_options_of_its_own() {
    let dir = project();
    let configure = |text: &str| {
        dir.write(
            "pyproject.toml",
            format!("[project]\nname = \"a\"\n[tool.wheelworks.check]\n{text}"),
        );
    };
    configure("ignore = [\"record-missing\", \"toplevel\"]\nlevel = \"warning\"\n");
    assert_eq!(levels(&dir, &[], 0), ["warning"]);
    configure("ignore = \"record-missing\"\nstrict = true\n");
    assert_eq!(levels(&dir, &[], 1), ["warning", "info"]);
    // The command line replaces a key, and `--no-config` all of them.
    assert_eq!(levels(&dir, &["--ignore=bytecode"], 1), ["error", "info"]);
    assert_eq!(levels(&dir, &["--no-config"], 1), ["error", "warning", "info"]);
    // Below the working directory, the file is found; paths in it are relative to it.
    configure("src-dir = [\"src\"]\nselect = [\"source\"]\n");
    dir.write("src/sample_pkg/__init__.py", "").write("deep/down/file", "");
    let output = dir.command(
        "sh",
        &["-c", &format!("cd deep/down && {} check ../../dist-c", crate::support::WHEELWORKS)],
    );
    assert!(output.expect(1).stdout.contains("[source-extra "));
    // Another file, and one without the table.
    dir.write("other.toml", "[tool.wheelworks.check]\nselect = [\"bytecode\"]\n");
    assert_eq!(levels(&dir, &["--config=other.toml"], 0), ["warning"]);
    dir.write("pyproject.toml", "[tool.ruff]\n");
    assert_eq!(levels(&dir, &[], 1).len(), 3);
    dir.wheelworks(&["check", "--config=pyproject.toml", "dist-a"]).expect(2);
}

#[test]
fn wrong_configuration_is_refused() {
    let dir = project();
    let mut said = String::new();
    for text in [
        "colour = true",
        "strict = 1",
        "level = \"note\"",
        "max-size = 0",
        "select = [1]",
        "select = [\"recrod\"]",
        "select = ",
    ] {
        dir.write("pyproject.toml", format!("[tool.wheelworks.check]\n{text}\n"));
        said += &dir.wheelworks(&["check", "dist-a"]).expect(2).stderr;
    }
    let said = said.replace(&format!("{}/", dir.path().display()), "");
    insta::assert_snapshot!(said, @r"
        error: `pyproject.toml` line 2: `colour`: expected one of `budget`, `ignore`, `level`, `max-size`, `package`, `package-omit`, `select`, `src-dir`, `strict`, `toplevel`
        hint: docs/check.md describes the configuration; `--no-config` ignores it
        error: `pyproject.toml` line 2: `strict`: expected true or false
        hint: docs/check.md describes the configuration; `--no-config` ignores it
        error: `pyproject.toml` line 2: `level`: expected `info`, `warning` or `error`
        hint: docs/check.md describes the configuration; `--no-config` ignores it
        error: `pyproject.toml` line 2: `max-size`: expected a number of MiB, or a text such as `500MB`
        hint: docs/check.md describes the configuration; `--no-config` ignores it
        error: `pyproject.toml` line 2: `select`: expected a list of texts
        hint: docs/check.md describes the configuration; `--no-config` ignores it
        error: --select `recrod`: expected a rule, or first words of rules, found no rule of that name
        hint: such as `record-hash`, `zip` or `W001`; docs/check.md lists them
        error: `pyproject.toml` line 2: string values must be quoted, expected literal string
        hint: docs/check.md describes the configuration; `--no-config` ignores it
        ");
}

#[test]
fn rules_are_listed_and_explained() {
    let dir = TestDir::new();
    let list = dir.wheelworks(&["check", "--list-rules"]).expect(0).stdout;
    assert_eq!(list.lines().count(), wheelworks::check::RULES.iter().count());
    let line = list.lines().find(|line| line.starts_with("bytecode ")).unwrap();
    assert!(line.ends_with("  warning  compiled Python (`.pyc`, `.pyo`)"), "{line}");
    insta::assert_snapshot!(dir.wheelworks(&["check", "--explain", "W001"]).expect(0).stdout, @r"
        warning[bytecode W001] compiled Python (`.pyc`, `.pyo`)
          why: It works with one version of Python only; installers compile the source again.
          hint: Leave `__pycache__` out.
          also in: check-wheel-contents W001
        ");
    let arguments = ["check", "--explain=record,W001", "--report=json"];
    let rules: Value = serde_json::from_str(&dir.wheelworks(&arguments).expect(0).stdout).unwrap();
    assert_eq!(rules["version"], 1);
    assert!(rules["rules"].as_array().unwrap().len() > 5, "{rules:#}");
    dir.wheelworks(&["check", "--explain=recrod"]).expect(2);
}
