//! Checks that `scripts/survey` finds wrong answers. Instead of `wheelworks`, it runs a program that alters them.
//!
//! The tests download a small wheel once. Like `tests/real.rs`, they run on request.

use crate::judges::judge;
use crate::support::command::{Output, TestDir};
use crate::support::sample::make_executable;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/survey");

/// A wheel with one error: its metadata are of version 2.0.
const WHEEL: &str = "six-1.5.2-py2.py3-none-any.whl";

/// Runs the survey on one wheel, with a program that runs `wheelworks` and then some commands. Their standard
/// input is the output of `wheelworks`, and `$1` is the verb.
fn survey(commands: &str, code: i32) -> Output {
    let dir = TestDir::new();
    let binary = env!("CARGO_BIN_EXE_wheelworks");
    let altered = format!(
        "#!/bin/bash\nout=$3\n{binary} \"$@\" | case $1 in\n{commands}\n*) cat ;;\nesac\n\
         exit ${{PIPESTATUS[0]}}\n"
    );
    dir.write("altered", altered);
    make_executable(&dir.path().join("altered"));
    dir.command(judge("python"), &[SCRIPT, "--binary", "altered", WHEEL]).patience(9).expect(code)
}

#[test]
#[ignore = "needs the network, once"]
fn the_answers_of_wheelworks_are_as_expected() {
    let output = survey("", 0);
    assert!(output.stdout.contains("1 wheels, 0 with unexplained answers"), "{}", output.stdout);
    assert_eq!(output.stderr, "");
}

#[test]
#[ignore = "needs the network, once"]
fn wrong_answers_are_found() {
    for (commands, found) in [
        ("check) sed s/metadata-version/zip-crc/ ;;", "check: zip-crc"),
        (
            "check) sed s/metadata-version/zip-crc/ ;;",
            "check: metadata-version is listed, but gone",
        ),
        ("unpack) cat; echo >> $out/six.py ;;", "unpack: bytes of six.py"),
        ("unpack) cat; chmod +x $out/six.py ;;", "unpack: executable bit of six.py"),
        ("unpack) cat; rm $out/six.py ;;", "unpack: only pip has six.py"),
        ("unpack) cat; touch $out/seven.py ;;", "unpack: only wheelworks has seven.py"),
        ("unpack) cat; sed -i s/six.py/7.py/ $out/*/RECORD ;;", "unpack: row of RECORD 7.py"),
        ("show) sed s/pure/impure/ ;;", "show: differs: allow-pure"),
    ] {
        let output = survey(commands, 1);
        assert!(output.stderr.contains(found), "{commands}: expected {found}, found {output:?}");
    }
}
