//! Checks that `scripts/parity` finds differences. Instead of `wheelworks`, it compares auditwheel with altered
//! output.
//!
//! The tests download two small wheels once. Like `tests/real.rs`, they run on request.

use crate::judges::judge;
use crate::support::command::{Output, TestDir};
use crate::support::sample::make_executable;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/parity");

const PURE: &str = "six-1.17.0-py2.py3-none-any.whl";
const EXTENSION: &str = "markupsafe-3.0.4-cp312-cp312-manylinux2014_x86_64.manylinux_2_17_x86_64.manylinux_2_28_x86_64.whl";

/// Compares auditwheel with its own output after `filter`. `known` lists the known differences.
fn compare(wheel: &str, filter: &str, known: &str, code: i32) -> Output {
    let dir = TestDir::new();
    let python = judge("python");
    // The filter does not change auditwheel's exit code.
    let altered = format!(
        "#!/bin/bash\n{} -m auditwheel \"$@\" | {filter}\nexit ${{PIPESTATUS[0]}}\n",
        python.display()
    );
    dir.write("altered", altered).write("known.txt", known);
    make_executable(&dir.path().join("altered"));
    let arguments = [SCRIPT, "--binary", "altered", "--differences", "known.txt", wheel];
    dir.command(python, &arguments).patience(9).expect(code)
}

#[test]
#[ignore = "needs the network, once"]
fn the_judge_agrees_with_itself() {
    for wheel in [PURE, EXTENSION] {
        let output = compare(wheel, "cat", "", 0);
        assert!(output.stdout.contains("  same\n"), "{}", output.stdout);
        assert_eq!(output.stderr, "");
    }
}

#[test]
#[ignore = "needs the network, once"]
fn differences_are_found() {
    let alterations = [
        (EXTENSION, "sed s/GLIBC_2.14/GLIBC_2.15/", "versioned_symbols/libc.so.6"),
        (EXTENSION, "sed s/2_17_x86_64/2_5_x86_64/", "overall_tag"),
        (
            EXTENSION,
            "sed 's/\"external_libs\": {}/\"external_libs\": {\"l\": null}/'",
            "external_libs/l",
        ),
        (EXTENSION, "sed 's/\"pyfpe\": false/\"pyfpe\": 0/'", "pyfpe"),
        (EXTENSION, "sed '/ucs2/d'", "ucs2"),
        (EXTENSION, "sed 's/platform tag:/tag:/'", "text"),
        (PURE, "sed 's/\"pure\": true/\"pure\": false/'", "allow-pure/pure"),
        (PURE, "sed 's/\"error\"/\"failure\"/'", "error"),
        (PURE, "tr -d '{'", "output"),
    ];
    for (wheel, filter, field) in alterations {
        let output = compare(wheel, filter, "", 1);
        let words = format!("  differs: {field}");
        assert!(output.stdout.contains(&words), "{filter}: expected {words}, found {output:?}");
        assert!(output.stderr.contains(&format!("{wheel}: {field}: judge ")), "{}", output.stderr);
    }
}

#[test]
#[ignore = "needs the network, once"]
fn exit_codes_are_compared() {
    let ended = compare(EXTENSION, "cat > /dev/null; exit 0", "", 1);
    assert!(ended.stdout.contains("  differs: end"), "a success that prints nothing: {ended:?}");
    let refused = compare(PURE, "cat; exit 2", "", 1);
    assert!(refused.stdout.contains("  differs: exit"), "another exit code: {refused:?}");
    let died = compare(EXTENSION, "cat; kill -9 $$", "", 1);
    assert!(died.stdout.contains("  differs: end"), "a signal: {died:?}");
}

#[test]
#[ignore = "needs the network, once"]
fn a_known_difference_is_explained_until_it_is_gone() {
    let known = format!("{EXTENSION} versioned_symbols a-test one symbol more\n");
    let filter = "sed s/GLIBC_2.14/GLIBC_2.15/";
    let explained = compare(EXTENSION, filter, &known, 0);
    assert!(explained.stdout.contains("  explained: a-test\n"), "{}", explained.stdout);
    let gone = compare(EXTENSION, "cat", &known, 1);
    let words = "  differs: versioned_symbols (listed, but gone)\n";
    assert!(gone.stdout.contains(words), "{}", gone.stdout);
    let other = compare(EXTENSION, "sed s/2_17_x86_64/2_5_x86_64/", &known, 1);
    assert!(other.stdout.contains("  differs: overall_tag"), "{}", other.stdout);
}
