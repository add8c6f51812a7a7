//! Malicious archives for every command that reads archives: each refuses them within a limit of
//! memory, and leaves no file. `SECURITY.md` names these tests.

mod bombs;
mod device_code;
mod lists;
mod names;

use crate::support::command::{Output, TestCommand, TestDir};
use crate::support::wheel::Wheel;

/// The file name of the wheel.
const NAME: &str = "sample-1.0-cp312-cp312-linux_x86_64.whl";

/// Returns `wheelworks` with limits on its private memory and on the size of its files, both of
/// `mebibytes` MiB.
fn limited<'a>(dir: &'a TestDir, mebibytes: u64, arguments: &[&str]) -> TestCommand<'a> {
    let data = format!("--data={}", mebibytes << 20);
    let files = format!("--fsize={}", mebibytes << 20);
    let all = [&[&data, &files, crate::support::WHEELWORKS], arguments].concat();
    dir.command("prlimit", &all)
}

/// Checks that every command but `check` refuses the file: exit code 2, the same reason, no file
/// left, at most `mebibytes` MiB of memory.
fn assert_refused_by_all(dir: &TestDir, mebibytes: u64, reason: &str) {
    assert_refused_by_unpackers(dir, mebibytes, reason);
    let output = limited(dir, mebibytes, &["audit", "--no-host", NAME]).expect(2);
    assert_error(&output, reason);
    assert_refused(dir, mebibytes, &["repair", "--no-host", "-w", "new", NAME], reason);
}

/// Like [`assert_refused_by_all`], without `audit`.
fn assert_refused_by_unpackers(dir: &TestDir, mebibytes: u64, reason: &str) {
    for arguments in [
        &["unpack", "-d", "out", NAME][..],
        &["unpack", "-d", "out", "--wheel", NAME],
        &["repack", "-w", "new", NAME],
        &["retag", "-w", "new", "--build-tag=9", NAME],
        &["repair", "-w", "new", NAME],
    ] {
        assert_refused(dir, mebibytes, arguments, reason);
    }
}

/// Checks that one command refuses the file and leaves no file.
fn assert_refused(dir: &TestDir, mebibytes: u64, arguments: &[&str], reason: &str) {
    fs_err::create_dir_all(dir.path().join("new")).unwrap();
    let output = limited(dir, mebibytes, arguments).expect(2);
    assert_error(&output, reason);
    assert!(!dir.path().join("out").exists(), "{arguments:?} left an output");
    assert_eq!(fs_err::read_dir(dir.path().join("new")).unwrap().count(), 0, "{arguments:?}");
    crate::support::sample::assert_no_temporary(dir.path());
}

fn assert_error(output: &Output, reason: &str) {
    assert!(output.stderr.starts_with("error: "), "{}", output.stderr);
    assert!(output.stderr.contains(reason), "expected {reason}, found {}", output.stderr);
    assert!(output.stderr.contains("\nhint: "), "{}", output.stderr);
}

/// Checks that `check` reports a rule for the file.
fn assert_breaks(dir: &TestDir, mebibytes: u64, rule: &str) {
    let output = limited(dir, mebibytes, &["check", "--report=json", NAME]).expect(1);
    assert!(output.stdout.contains(&format!("\"{rule}\"")), "{}", output.stdout);
}

/// Returns a valid wheel.
fn wheel() -> Wheel {
    let mut wheel = Wheel::new(NAME);
    wheel.member("sample/__init__.py", "VALUE = 42\n".repeat(40));
    wheel
}
