//! A small extension, compiled once, and a wheel with it, for tests without fixtures.

use std::sync::LazyLock;

use super::fixture;
use crate::support::command::{Output, TestDir};
use crate::support::wheel::Wheel;

/// The name of the wheel of [`wheel`].
pub(super) const NAME: &str = "sample-1.0-cp312-cp312-linux_x86_64.whl";

/// The extension's path in the wheel.
pub(super) const MEMBER: &str = "pkg/_ext.so";

/// The extension's bytes: it needs `GLIBC_2.34` of libc.
pub(super) static EXTENSION: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let name = "symbols_of_one_library.c";
    let fixture = fixture::all().into_iter().find(|fixture| fixture.name() == name);
    let built = super::build::Built::new(&fixture.unwrap()).unwrap();
    fs_err::read(built.path().join("_ext.so")).unwrap()
});

/// Returns a valid wheel with the extension.
pub(super) fn wheel() -> Wheel {
    let mut wheel = Wheel::new(NAME);
    wheel.member(MEMBER, EXTENSION.as_slice());
    wheel
}

/// Returns a wheel with this content instead of the extension.
pub(super) fn wheel_with(elf: &[u8]) -> Wheel {
    let mut wheel = Wheel::new(NAME);
    wheel.member(MEMBER, elf);
    wheel
}

/// Runs `show` on a wheel that it should refuse. Returns stderr, with the test's directory replaced by
/// `DIR`; of a wheel that is not refused, the exit code, too.
pub(super) fn refused(dir: &TestDir, arguments: &[&str]) -> String {
    let mut all = vec!["show"];
    all.extend(arguments);
    let (code, output) = dir.wheelworks(&all).expect_any();
    if code == 2 && output.stdout.is_empty() {
        return hide(dir, &output.stderr);
    }
    let first = output.stdout.lines().find(|line| !line.is_empty()).unwrap_or_default();
    hide(dir, &format!("exit code {code}: {first}\n{}", output.stderr))
}

/// Runs `show` and expects an exit code.
pub(super) fn shown(dir: &TestDir, arguments: &[&str], code: i32) -> Output {
    let mut all = vec!["show"];
    all.extend(arguments);
    let output = dir.wheelworks(&all).expect(code);
    Output { stdout: hide(dir, &output.stdout), stderr: hide(dir, &output.stderr) }
}

pub(super) fn hide(dir: &TestDir, text: &str) -> String {
    let real = fs_err::canonicalize(dir.path()).unwrap();
    text.replace(real.to_str().unwrap(), "DIR")
}

/// Joins the output of each case, under its name.
pub(super) fn transcript<'a>(cases: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let said: Vec<String> =
        cases.into_iter().map(|(name, text)| format!("# {name}\n{text}")).collect();
    said.join("\n")
}
