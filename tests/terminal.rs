//! What depends on the terminal and the environment: colours, the width of help, the progress bar, stdin.

use std::process::Command;

use crate::support::WHEELWORKS;
use crate::support::client::Worker;
use crate::support::command::TestDir;
use crate::support::messages::Request;
use crate::support::wheel::Wheel;

const NAME: &str = "sample-1.0-py3-none-any.whl";

/// The variables about colours. Tests set each, or remove it.
const VARIABLES: [&str; 6] =
    ["NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "TERM", "CI"];

fn sample() -> Wheel {
    let mut wheel = Wheel::new(NAME);
    wheel.member("sample/__init__.py", "VALUE = 1\n".repeat(400_000));
    wheel
}

fn dir() -> TestDir {
    let dir = TestDir::new();
    sample().write(dir.path());
    dir
}

/// Runs a command of the shell on a terminal with 40 rows and 60 columns. `script` provides the terminal.
fn on_a_terminal(dir: &TestDir, command: &str, variables: &[(&str, &str)]) -> String {
    let command = format!("stty rows 40 cols 60; {}", command.replace("wheelworks", WHEELWORKS));
    let mut script = Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).current_dir(dir.path()).env("SHELL", "/bin/sh");
    for name in VARIABLES {
        script.env_remove(name);
    }
    let output = script.envs(variables.iter().copied()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn colors_follow_the_terminal_the_variables_and_the_option() {
    let dir = dir();
    let xterm = ("TERM", "xterm");
    for (option, variables, on_terminal, elsewhere) in [
        ("", &[xterm][..], true, false),
        ("", &[("TERM", "dumb")], false, false),
        ("", &[xterm, ("NO_COLOR", "1")], false, false),
        ("", &[xterm, ("CLICOLOR", "0")], false, false),
        ("", &[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")], true, true),
        ("", &[xterm, ("FORCE_COLOR", "1")], true, true),
        ("", &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")], false, false),
        ("--color=always", &[("NO_COLOR", "1")], true, true),
        ("--color=never", &[("FORCE_COLOR", "1")], false, false),
    ] {
        // A name of a wheel is bold.
        for verb in ["check", "inspect", "audit --allow-pure-python-wheel"] {
            let command = format!("wheelworks {verb} {option} {NAME}");
            let is_colored =
                |command: &str| on_a_terminal(&dir, command, variables).contains("\u{1b}[1m");
            assert_eq!(is_colored(&command), on_terminal, "{command} {variables:?}");
            let piped = format!("{command} 2>/dev/null | cat");
            assert_eq!(is_colored(&piped), elsewhere, "{piped} {variables:?}");
        }
    }
    // A report in a file is coloured on request only.
    for (option, expected) in [("", false), ("--color=always", true)] {
        let command = format!("wheelworks check {option} -o report {NAME}");
        on_a_terminal(&dir, &command, &[xterm, ("FORCE_COLOR", "1")]);
        let report = fs_err::read_to_string(dir.path().join("report")).unwrap();
        assert_eq!(report.contains('\u{1b}'), expected, "{report:?}");
    }
}

/// Help goes to stdout, and a usage error to stderr; `--color` counts though the command line is wrong.
#[test]
fn help_and_usage_errors_are_colored_like_reports() {
    let dir = dir();
    let xterm = ("TERM", "xterm");
    for (option, variables, on_terminal, elsewhere) in [
        ("", &[xterm][..], true, false),
        ("", &[("TERM", "dumb")], false, false),
        ("", &[xterm, ("NO_COLOR", "1")], false, false),
        ("", &[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")], true, true),
        ("", &[xterm, ("FORCE_COLOR", "1")], true, true),
        ("--color always", &[("NO_COLOR", "1")], true, true),
        ("--color=never", &[xterm, ("FORCE_COLOR", "1")], false, false),
    ] {
        for (command, pipe) in [
            (format!("wheelworks check {option} --help"), " | cat"),
            (format!("wheelworks {option} -h"), " | cat"),
            (format!("wheelworks check {option} --no-such-option"), " 2>&1 | cat"),
            (format!("wheelworks inspect {option}"), " 2>&1 | cat"),
        ] {
            let is_colored =
                |command: &str| on_a_terminal(&dir, command, variables).contains("\u{1b}[1m");
            assert_eq!(is_colored(&command), on_terminal, "{command} {variables:?}");
            let piped = format!("{command}{pipe}");
            assert_eq!(is_colored(&piped), elsewhere, "{piped} {variables:?}");
        }
    }
    // The stream of the other text does not matter.
    let command = "wheelworks check --no-such-option >/dev/null";
    assert!(on_a_terminal(&dir, command, &[xterm]).contains("\u{1b}[1m"));
    assert!(!on_a_terminal(&dir, "wheelworks -h 2>&1 | cat", &[xterm]).contains('\u{1b}'));
}

#[test]
fn help_fits_the_terminal() {
    let dir = TestDir::new();
    for verb in ["", "check", "unpack", "pack"] {
        let help = on_a_terminal(
            &dir,
            &format!("wheelworks {verb} --help --color=never"),
            &[("TERM", "xterm")],
        );
        let prose = help.split("Examples:").next().unwrap();
        let widest = prose.lines().map(|line| line.trim_end().chars().count()).max();
        assert!(widest > Some(50) && widest <= Some(60), "{widest:?}: {help}");
    }
}

#[test]
fn progress_is_for_terminals() {
    let dir = dir();
    let bar = |command: &str| on_a_terminal(&dir, command, &[("TERM", "xterm")]);
    for command in [
        format!("check {NAME}"),
        format!("audit --allow-pure-python-wheel {NAME}"),
        format!("unpack --replace -d out {NAME}"),
        format!("repack --force -w new {NAME}"),
    ] {
        // stderr alone is the terminal: the bar is there, in binary units. It is removed at the end.
        let shown = bar(&format!("wheelworks {command} > /dev/null"));
        assert!(shown.contains("B/s"), "{command}: {shown:?}");
        assert!(!shown.contains("kB") && !shown.contains("MB"), "{command}: {shown:?}");
        let dumb = format!("wheelworks {command} > /dev/null");
        assert_eq!(on_a_terminal(&dir, &dumb, &[("TERM", "dumb")]), "", "{command}");
        let quiet = bar(&format!("wheelworks -q {command} > /dev/null"));
        assert_eq!(quiet, "", "{command}");
        let piped = bar(&format!("wheelworks {command} 2>&1 > /dev/null | cat"));
        assert_eq!(piped, "", "{command}");
    }
}

/// The client owns the streams of a worker: no list on stdin, no colours, no configuration, no bar.
#[test]
fn a_worker_leaves_its_streams_alone() {
    let mut worker = Worker::proto();
    let path = worker.directory().to_owned();
    fs_err::write(path.join("pyproject.toml"), "[tool.wheelworks.check]\nunknown = 1\n").unwrap();
    sample().write(&path);
    let response = worker.ask(&Request::new(1, &["check", "-"]));
    assert_eq!(response.exit_code, 2);
    assert!(response.output.contains("has no standard input"), "{}", response.output);
    let response = worker.ask(&Request::new(2, &["check", NAME]));
    assert_eq!(response.exit_code, 0, "{}", response.output);
    assert!(!response.output.contains('\u{1b}'), "{}", response.output);
}

#[test]
fn completions_and_man_pages() {
    let dir = TestDir::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = dir.wheelworks(&["completions", shell]).expect(0).stdout;
        assert!(script.contains("list-rules"), "{shell}: {script}");
    }
    let page = dir.wheelworks(&["man", "check"]).expect(0).stdout;
    assert!(page.contains(".TH") && page.contains("list\\-rules"), "{page}");
    dir.wheelworks(&["man", "fault"]).expect(2);
}
