//! The audit of a wheel while it is packed: `pack --audit`, `--require`, `--require-declared`.

use serde_json::Value;

use super::sample::{EXTENSION, hide};
use crate::support::command::TestDir;
use crate::support::sample::assert_no_temporary;

/// The wheel that [`pack`] writes.
const WHEEL: &str = "packed-1.0-cp312-cp312-manylinux_2_34_x86_64.whl";

/// Returns a directory with files to pack: the extension, and a copy that is large enough to be mapped.
fn files() -> TestDir {
    let dir = TestDir::new();
    dir.write("_ext.so", EXTENSION.as_slice());
    let mut large = EXTENSION.clone();
    large.resize(3 << 20, 0);
    dir.write("large.so", large);
    dir.write("module.py", "x = 1\n");
    dir
}

/// Returns the arguments of `pack` for a platform tag.
fn pack<'a>(out: &'a str, platform: &'a str, rest: &[&'a str]) -> Vec<String> {
    let mut arguments: Vec<String> = ["pack", "--distribution=packed", "--version=1.0"]
        .into_iter()
        .chain(["--python-tag=cp312", "--abi-tag=cp312", "--member=pkg/_ext.so=_ext.so"])
        .chain(["--member=pkg/large.so=large.so", "--member=pkg/module.py=module.py"])
        .chain(rest.iter().copied())
        .map(str::to_owned)
        .collect();
    arguments.push(format!("--out={out}"));
    arguments.push(format!("--platform-tag={platform}"));
    arguments
}

fn run(dir: &TestDir, arguments: &[String], code: i32) -> crate::support::command::Output {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    dir.wheelworks(&arguments).expect(code)
}

#[test]
fn the_report_is_that_of_the_wheel() {
    let dir = files();
    for threads in ["--jobs=1", "--jobs=2"] {
        let asked = ["--audit=report.json", "--require-declared", threads];
        run(&dir, &pack(WHEEL, "manylinux_2_34_x86_64", &asked), 0);
        let report = fs_err::read_to_string(dir.path().join("report.json")).unwrap();
        let arguments = ["audit", "--no-host", "--report=json", "--require-declared", WHEEL];
        let audited = dir.wheelworks(&arguments).expect(0).stdout;
        assert_eq!(report, audited);
        let report: Value = serde_json::from_str(&report).unwrap();
        let verdict = &report["wheels"][0]["verdict"];
        assert_eq!(verdict["overall_tag"], "manylinux_2_34_x86_64");
        assert_eq!(report["wheels"][0]["met"], true);
    }
    assert_no_temporary(dir.path());
}

#[test]
fn an_audit_changes_no_byte_of_the_wheel() {
    let dir = files();
    run(&dir, &pack(WHEEL, "manylinux_2_34_x86_64", &[]), 0);
    let plain = fs_err::read(dir.path().join(WHEEL)).unwrap();
    run(&dir, &pack(WHEEL, "manylinux_2_34_x86_64", &["--audit=report.json"]), 0);
    assert!(plain == fs_err::read(dir.path().join(WHEEL)).unwrap());
}

#[test]
fn a_wheel_that_does_not_meet_its_tag_is_not_written() {
    let dir = files();
    let out = "packed-1.0-cp312-cp312-manylinux_2_17_x86_64.whl";
    dir.write(out, "before");
    dir.write("report.json", "before");
    for asked in [["--require-declared", "--audit=report.json"], ["--require=manylinux_2_28", ""]] {
        let asked: Vec<&str> = asked.into_iter().filter(|it| !it.is_empty()).collect();
        let output = run(&dir, &pack(out, "manylinux_2_17_x86_64", &asked), 1);
        assert_eq!(output.stdout, "");
        let said = hide(&dir, &output.stderr);
        assert!(said.starts_with("error: the wheel was not written, because"), "{said}");
        assert!(said.contains("error[symbol-version] pkg/_ext.so, pkg/large.so\n"), "{said}");
        assert!(said.contains("GLIBC_2.34 for f_2_34"), "{said}");
        for file in [out, "report.json"] {
            assert_eq!(fs_err::read(dir.path().join(file)).unwrap(), b"before");
        }
    }
    assert_no_temporary(dir.path());
}

#[test]
fn a_wheel_without_machine_code_has_nothing_to_fail() {
    let dir = files();
    let out = "packed-1.0-py3-none-any.whl";
    let arguments = ["pack", "--distribution=packed", "--version=1.0", "--member=m.py=module.py"];
    let audit = ["--audit=report.json", "--require=manylinux_2_17", "--out", out];
    dir.wheelworks(&[&arguments[..], &audit].concat()).expect(0);
    let report = fs_err::read_to_string(dir.path().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["wheels"][0]["verdict"]["pure"], true);
    assert_eq!(report["wheels"][0]["met"], true);
}

#[test]
fn a_damaged_library_fails_the_audit_and_not_the_packing() {
    let dir = files();
    dir.write("_ext.so", &EXTENSION[..200]);
    run(&dir, &pack(WHEEL, "manylinux_2_34_x86_64", &[]), 0);
    fs_err::remove_file(dir.path().join(WHEEL)).unwrap();
    let output = run(&dir, &pack(WHEEL, "manylinux_2_34_x86_64", &["--audit=report.json"]), 2);
    let said = hide(&dir, &output.stderr);
    insta::assert_snapshot!(said, @"
    error: `pkg/_ext.so`: expected program headers at byte 64, found the file's end at byte 200 before its 504 bytes
    hint: it may have been cut short; build or copy it again
    ");
    assert!(!dir.path().join(WHEEL).exists() && !dir.path().join("report.json").exists());
}
