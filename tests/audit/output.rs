//! The form of reports: several wheels, files, GitHub annotations, colours.

use std::process::Command;

use regex::Regex;
use serde_json::Value;

use super::build::Built;
use super::fixture;
use super::sample::{EXTENSION, MEMBER, NAME, refused, shown, wheel};
use crate::judges::assert_sarif;
use crate::support::WHEELWORKS;
use crate::support::command::TestDir;
use crate::support::wheel::Wheel;

const OTHER: &str = "other-2.0-py3-none-any.whl";

/// Returns a directory with the sample and a wheel of pure Python.
fn two_wheels() -> TestDir {
    let dir = TestDir::new();
    wheel().write(dir.path());
    let mut other = Wheel::new(OTHER);
    other.member("other.py", "VALUE = 42\n").write(dir.path());
    dir
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn one_wheel_is_an_object_and_several_are_a_list() {
    let dir = two_wheels();
    let one = json(&shown(&dir, &["--json", NAME], 0).stdout);
    let arguments = ["--json", "--allow-pure-python-wheel", NAME, OTHER, NAME];
    let three = json(&shown(&dir, &arguments, 0).stdout);
    let other = serde_json::json!({"version": 1, "wheel": OTHER, "pure": true});
    assert_eq!(three, serde_json::json!([one, other, one]));
}

#[test]
fn a_finding_in_one_of_several_wheels_counts() {
    let dir = two_wheels();
    let output = shown(&dir, &["--report=json", NAME, OTHER], 1);
    let report = json(&output.stdout);
    assert_eq!(report["version"], 1);
    let wheels: Vec<&Value> =
        report["wheels"].as_array().unwrap().iter().map(|wheel| &wheel["wheel"]).collect();
    assert_eq!(wheels, [NAME, OTHER]);
    assert_eq!(report["wheels"][0]["verdict"]["overall_tag"], "manylinux_2_34_x86_64");
    let reversed = shown(&dir, &["--json", OTHER, NAME], 1);
    assert_eq!(json(&reversed.stdout)[1]["overall_tag"], "manylinux_2_34_x86_64");
}

/// The other wheels are reported.
#[test]
fn a_wheel_that_cannot_be_read_among_others() {
    let dir = two_wheels();
    let missing = "missing-1.0-py3-none-any.whl";
    let output = shown(&dir, &[NAME, missing, OTHER], 2);
    assert!(output.stdout.contains(NAME) && output.stderr.contains(missing), "{output:?}");
    let output = shown(&dir, &["--json", NAME, missing], 2);
    let verdicts = json(&output.stdout);
    assert_eq!(verdicts[0]["wheel"], NAME);
    assert!(output.stderr.contains(missing), "{output:?}");
}

#[test]
fn audit_is_another_name_of_show() {
    let dir = two_wheels();
    let show = shown(&dir, &[NAME], 0);
    let audit = dir.wheelworks(&["audit", NAME]).expect(0);
    assert_eq!(show, audit);
}

/// Scripts of other projects search for this sentence. The pattern is that of auditwheel's own tests.
#[test]
fn the_sentence_that_scripts_search_for() {
    let dir = two_wheels();
    let pattern = Regex::new(
        r#"(?s)^.*[\s](\S+) is consistent with the following platform tag:\s+"([^"]*)"\."#,
    );
    let output = shown(&dir, &[NAME], 0).stdout;
    let found = pattern.unwrap().captures(&output).unwrap_or_else(|| panic!("{output}"));
    assert_eq!((&found[1], &found[2]), (NAME, "manylinux_2_34_x86_64"));
}

#[test]
fn a_report_in_a_file() {
    let dir = two_wheels();
    dir.write("report", "an older and longer report, which must go\n".repeat(500));
    for arguments in [&["--json", NAME][..], &[NAME], &["--report=github", NAME]] {
        let expected = shown(&dir, arguments, 0);
        let output = shown(&dir, &[arguments, &["--output=report"]].concat(), 0);
        assert_eq!((output.stdout.as_str(), output.stderr), ("", expected.stderr));
        let written = fs_err::read_to_string(dir.path().join("report")).unwrap();
        assert_eq!(written, expected.stdout, "{arguments:?}");
    }
    let arguments = [NAME, "--require=manylinux_2_17_x86_64", "--output=report"];
    // Failures are also on standard output, where users look for them.
    assert!(shown(&dir, &arguments, 1).stdout.contains("GLIBC_2.34"));
    let written = fs_err::read_to_string(dir.path().join("report")).unwrap();
    assert!(written.contains("GLIBC_2.34"), "{written}");
    crate::support::sample::assert_no_temporary(dir.path());
    let said = refused(&dir, &[NAME, "--output=nowhere/report"]);
    assert!(said.contains("nowhere/report") && said.contains("hint:"), "{said}");
    let said = refused(&dir, &["missing-1.0-py3-none-any.whl", "--output=untouched"]);
    assert!(said.contains("missing-1.0") && !dir.path().join("untouched").exists(), "{said}");
}

/// <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>: properties and
/// messages have their own escapes.
#[test]
fn lines_for_github() {
    let dir = TestDir::new();
    let mut wheel = wheel();
    wheel.member("pkg/100%, a:b.so", EXTENSION.as_slice()).write(dir.path());
    let arguments = [NAME, "--report=github", "--require=manylinux_2_17_x86_64"];
    let output = shown(&dir, &arguments, 1).stdout;
    let line =
        Regex::new(r"^::(error|warning|notice) ([a-zA-Z]+=[^,:\r\n]*,?)*::[^\r\n]+$").unwrap();
    for text in output.lines() {
        assert!(line.is_match(text), "{text}");
    }
    let errors: Vec<&str> = output.lines().filter(|line| line.starts_with("::error ")).collect();
    // One for both files.
    let [error] = errors.as_slice() else { panic!("{output}") };
    assert!(error.contains("GLIBC_2.34") && error.contains(MEMBER), "{output}");
    assert!(error.contains("100%25"), "{output}");
    assert_eq!(shown(&dir, &[NAME, "--report=github"], 0).stderr, "");
}

#[test]
fn colours_are_for_terminals() {
    let dir = two_wheels();
    let requirement = "--require=manylinux_2_17_x86_64";
    let plain = shown(&dir, &[NAME, requirement], 1).stdout;
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    assert_eq!(shown(&dir, &[NAME, requirement, "--color=never"], 1).stdout, plain);
    assert_eq!(shown(&dir, &[NAME, requirement, "--color=auto"], 1).stdout, plain);
    let coloured = shown(&dir, &[NAME, requirement, "--color=always"], 1).stdout;
    assert!(coloured.contains("\u{1b}["), "{coloured:?}");
    let escapes = Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
    assert_eq!(escapes.replace_all(&coloured, ""), plain);
    // JSON has none.
    for report in ["--json", "--report=json", "--report=github"] {
        let output = shown(&dir, &[NAME, report, "--color=always"], 0).stdout;
        assert!(!output.contains('\u{1b}'), "{output:?}");
    }
    // `script` gives the command a terminal.
    let on_a_terminal = |more: &str| {
        let command = format!("{WHEELWORKS} show {NAME} {requirement} {more}");
        let mut script = Command::new("script");
        script.args(["-qec", &command, "/dev/null"]).env("TERM", "xterm").env_remove("NO_COLOR");
        let output = script.current_dir(dir.path()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    // The progress bar is there in any case; it has no bold text.
    assert!(on_a_terminal("").contains("\u{1b}[1m"));
    assert!(!on_a_terminal("--color=never").contains("\u{1b}[1m"));
    assert!(!on_a_terminal("--output=/dev/stdout | cat").contains("\u{1b}[1m"));
}

/// Names of members cannot inject control characters into a terminal, a workflow's log or the report.
#[test]
fn names_are_shown_without_control_characters() {
    let dir = TestDir::new();
    let mut wheel = wheel();
    let name = "pkg/\u{1b}[31mred\u{7}\u{9b}1m\r\n\u{202e}os.so";
    wheel.member(name, EXTENSION.as_slice()).write(dir.path());
    let require = "--require=manylinux_2_17_x86_64";
    for arguments in [
        &["show", NAME, require][..],
        &["show", "-v", NAME],
        &["audit", "--report=github", NAME, require],
        &["lddtree", NAME],
        &["inspect", NAME],
    ] {
        let (_, output) = dir.wheelworks(arguments).expect_any();
        let all = output.stdout + &output.stderr;
        let steering = ['\u{1b}', '\u{7}', '\u{9b}', '\r', '\u{202e}'];
        assert!(!all.contains(steering), "{arguments:?}: {all:?}");
        let escaped = r"pkg/\u{1b}[31mred\u{7}\u{9b}1m\r\n\u{202e}os.so";
        assert!(arguments[1] == "-v" || all.contains(escaped), "{arguments:?}: {all}");
    }
}

/// A report in a file also has the wheels without a verdict.
#[test]
fn a_wheel_that_cannot_be_read_is_reported() {
    let dir = two_wheels();
    let missing = "missing-1.0-py3-none-any.whl";
    for wheels in [&[missing][..], &[missing, NAME], &[NAME, missing]] {
        for report in ["--report=github", "--report=json", "--report=sarif", "--json"] {
            let arguments = [wheels, &[report, "--output=report"]].concat();
            refused(&dir, &arguments);
            let written = fs_err::read_to_string(dir.path().join("report")).unwrap();
            let has_error = match report {
                "--report=github" => {
                    written.lines().any(|line| line.starts_with("::error title=audit::"))
                }
                "--report=sarif" => {
                    json(&written)["runs"][0]["invocations"][0]["executionSuccessful"] == false
                }
                _ => {
                    json(&written).is_object() | json(&written).is_array()
                        && written.contains("\"error\": ")
                }
            };
            assert!(has_error && written.contains(missing), "{arguments:?}: {written}");
            fs_err::remove_file(dir.path().join("report")).unwrap();
        }
    }
}

#[test]
fn a_log_for_code_scanners() {
    let dir = two_wheels();
    let arguments = ["--report=sarif", "--require=manylinux_2_17_x86_64", NAME, OTHER];
    let log = json(&shown(&dir, &arguments, 1).stdout);
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "wheelworks audit");
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 1, "{results:?}");
    let result = &results[0];
    assert_eq!((&result["ruleId"], &result["level"]), (&"symbol-version".into(), &"error".into()));
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], "symbol-version");
    let location = &result["locations"][0];
    assert_eq!(location["physicalLocation"]["artifactLocation"]["uri"], NAME);
    assert_eq!(location["logicalLocations"][0]["fullyQualifiedName"], MEMBER);
    insta::assert_snapshot!(result["message"]["text"].as_str().unwrap(), @r"
    pkg/_ext.so: it needs GLIBC_2.34 of `libc.so.6`, which `manylinux_2_17_x86_64` does not promise
    The library of an older system lacks it, and the loader refuses the file there. Build it on a system with older libraries, such as the image of that policy, or require a later tag.
    ");
    insta::assert_snapshot!(result["properties"].to_string(), @r#"{"allowedBy":"manylinux_2_34_x86_64","library":"libc.so.6","symbols":["f_2_34@GLIBC_2.34"],"versions":["GLIBC_2.34"]}"#);
    let verdict = &run["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(verdict["level"], "note");
    let text = verdict["message"]["text"].as_str().unwrap();
    assert!(text.contains("platform tag: \"manylinux_2_34_x86_64\""), "{text}");
}

/// The schema and a validator are downloaded once.
#[test]
#[ignore = "needs the network, once"]
fn logs_keep_the_schema() {
    let dir = two_wheels();
    dir.write("no-1.0-py3-none-any.whl", "no archive");
    let no_elf = "empty-1.0-cp312-cp312-manylinux_2_17_x86_64.whl";
    Wheel::new(no_elf).write(dir.path());
    let logs: [&[&str]; 3] = [
        &["--require=manylinux_2_17_x86_64", NAME, OTHER, "no-1.0-py3-none-any.whl"],
        &["gone-1.0-py3-none-any.whl"],
        &[no_elf, NAME],
    ];
    let names: Vec<String> = (0..logs.len()).map(|number| format!("{number}.sarif")).collect();
    for (name, arguments) in names.iter().zip(logs) {
        let output = format!("--output={name}");
        dir.wheelworks(&[&["audit", "--report=sarif", &output], arguments].concat()).expect_any();
    }
    assert_sarif(&dir, &names);
}

#[test]
fn verbose_output() {
    let dir = two_wheels();
    let brief = shown(&dir, &[NAME], 0);
    let verbose = shown(&dir, &[NAME, "-v"], 0);
    assert!(verbose.stdout.len() >= brief.stdout.len());
    assert!(verbose.stdout.contains("manylinux_2_34_x86_64"));
}

/// auditwheel's `-v` comes before the verb.
#[test]
fn verbose_comes_before_the_verb_too() {
    let dir = two_wheels();
    let verbose = shown(&dir, &[NAME, "-v"], 0);
    let before = dir.wheelworks(&["-v", "show", NAME]).expect(0);
    assert_eq!(before.stdout, verbose.stdout);
    assert!(before.stderr.starts_with("show: "), "{}", before.stderr);
    for arguments in [&["--verbose", "check", OTHER][..], &["-v", "inspect", OTHER]] {
        let output = dir.wheelworks(arguments).expect_any().1;
        assert!(output.stderr.contains(&format!("{}: ", arguments[1])), "{}", output.stderr);
    }
}

/// A wheel that is no platform wheel fails `show`, and stderr says why, in the words of auditwheel 6.8.2.
#[test]
fn a_wheel_without_a_verdict_is_explained() {
    let dir = two_wheels();
    let foreign = "foreign-1.0-cp312-cp312-win_amd64.whl";
    Wheel::new(foreign).member("pkg/_ext.dll", b"MZ".as_slice()).write(dir.path());
    let no_elf = "empty-1.0-cp312-cp312-manylinux_2_17_x86_64.whl";
    Wheel::new(no_elf).write(dir.path());
    for name in [OTHER, foreign, no_elf] {
        for arguments in [&[name][..], &["--json", name]] {
            let said = shown(&dir, arguments, 1).stderr;
            let words = format!(
                "error: `{name}`: This does not look like a platform wheel, no ELF executable or \
                 shared library file (including compiled Python C extension) found in the wheel \
                 archive\n"
            );
            assert_eq!(said, words);
        }
    }
    let said = shown(&dir, &["--allow-pure-python-wheel", OTHER], 0).stderr;
    assert_eq!(said, "");
}

/// Seventy files with one cause are one finding for a person, and seventy for a program.
#[test]
fn findings_with_one_cause_are_grouped() {
    let dir = TestDir::new();
    let mut wheel = Wheel::new(NAME);
    for number in 10..80 {
        wheel.member(&format!("pkg/_{number}.so"), EXTENSION.as_slice());
    }
    wheel.write(dir.path());
    let require = "--require=manylinux_2_17_x86_64";
    let text = shown(&dir, &[NAME, require], 1).stdout;
    let findings = text.split_once("\n\nerror").unwrap().1;
    insta::assert_snapshot!(findings, @"
    [symbol-version] pkg/_10.so, pkg/_11.so, pkg/_12.so and 67 more
      it needs GLIBC_2.34 of `libc.so.6`, which `manylinux_2_17_x86_64` does not promise
      GLIBC_2.34 for f_2_34
      allowed by: manylinux_2_34_x86_64
      hint: build it on a system with older libraries, such as the image of that policy, or require a later tag

    error required: manylinux_2_17_x86_64; errors: 70
    ");
    let annotations = shown(&dir, &[NAME, require, "--report=github"], 1).stdout;
    insta::assert_snapshot!(annotations, @r#"
    ::notice title=audit::sample-1.0-cp312-cp312-linux_x86_64.whl is consistent with the following platform tag: "manylinux_2_34_x86_64".
    ::error title=symbol-version::sample-1.0-cp312-cp312-linux_x86_64.whl: pkg/_10.so, pkg/_11.so, pkg/_12.so and 67 more: it needs GLIBC_2.34 of `libc.so.6`, which `manylinux_2_17_x86_64` does not promise%0Ahint: build it on a system with older libraries, such as the image of that policy, or require a later tag
    "#);
    for form in ["json", "sarif"] {
        let report = shown(&dir, &[NAME, require, &format!("--report={form}")], 1).stdout;
        assert_eq!(report.matches("it needs GLIBC_2.34").count(), 70, "{form}");
    }
}

/// `--strict`, `--select` and `--ignore` work as in `check`.
#[test]
fn warnings_can_fail_an_audit() {
    let name = "executable_stack.c";
    let fixture = fixture::all().into_iter().find(|fixture| fixture.name() == name).unwrap();
    let built = Built::new(&fixture).unwrap();
    let code = |options: &[&str]| built.ours(&fixture, options).code;
    for (options, expected) in [
        (&[][..], 0),
        (&["--strict"], 1),
        (&["--strict", "--exit-zero"], 0),
        (&["--strict", "--select=executable-stack"], 1),
        (&["--strict", "--select=executable"], 1),
        (&["--strict", "--select=text-relocations"], 0),
        (&["--strict", "--ignore=executable-stack"], 0),
        (&["--select=no-such-rule"], 2),
        (&["--ignore=executabel"], 2),
    ] {
        assert_eq!(code(options), Some(expected), "{options:?}");
    }
    // A required tag holds without the rules that are left out.
    let dir = TestDir::new();
    wheel().write(dir.path());
    let require = "--require=manylinux_2_17_x86_64";
    shown(&dir, &[NAME, require], 1);
    shown(&dir, &[NAME, require, "--ignore=symbol-version"], 0);
    shown(&dir, &[NAME, require, "--select=external-library"], 0);
}

#[test]
fn output_is_reproducible() {
    let dir = TestDir::new();
    let mut wheel = wheel();
    for number in 0..40 {
        wheel.member(&format!("pkg/_{number}.so"), EXTENSION.as_slice());
    }
    wheel.write(dir.path());
    let arguments = [NAME, "--report=json", "--require=manylinux_2_17_x86_64"];
    let first = shown(&dir, &arguments, 1);
    for _ in 0..5 {
        assert_eq!(shown(&dir, &arguments, 1), first);
    }
}
