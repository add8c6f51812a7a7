//! One small extension, compiled once, and a wheel of it: what the tests without fixtures start from.

use std::sync::LazyLock;

use super::fixture;
use crate::support::command::{Dir, Output};
use crate::support::wheel::Wheel;

/// The name of the wheel of [`wheel`].
pub(super) const NAME: &str = "sample-1.0-cp312-cp312-linux_x86_64.whl";

/// Where the extension is in it.
pub(super) const MEMBER: &str = "pkg/_ext.so";

/// The extension's bytes: it needs libc, and a version of it that came with 2.34.
pub(super) static EXTENSION: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let name = "symbols_of_one_library.c";
    let fixture = fixture::all().into_iter().find(|fixture| fixture.name() == name);
    let built = super::build::Built::new(&fixture.unwrap()).unwrap();
    fs_err::read(built.path().join("_ext.so")).unwrap()
});

/// A sound wheel with the extension.
pub(super) fn wheel() -> Wheel {
    let mut wheel = Wheel::new(NAME);
    wheel.member(MEMBER, EXTENSION.as_slice());
    wheel
}

/// A wheel of this content instead of the extension.
pub(super) fn wheel_with(elf: &[u8]) -> Wheel {
    let mut wheel = Wheel::new(NAME);
    wheel.member(MEMBER, elf);
    wheel
}

/// What `show` says to what it should refuse: exit code 2 and a message on stderr, the test's
/// directory replaced by `DIR`. What it does not refuse stands there with its exit code.
pub(super) fn refused(dir: &Dir, arguments: &[&str]) -> String {
    let mut all = vec!["show"];
    all.extend(arguments);
    let (code, output) = dir.wheelworks(&all).expect_any();
    if code == 2 && output.stdout.is_empty() {
        return hide(dir, &output.stderr);
    }
    let first = output.stdout.lines().next().unwrap_or_default();
    hide(dir, &format!("exit code {code}: {first}\n{}", output.stderr))
}

/// What `show` says on both streams, with an exit code.
pub(super) fn shown(dir: &Dir, arguments: &[&str], code: i32) -> Output {
    let mut all = vec!["show"];
    all.extend(arguments);
    let output = dir.wheelworks(&all).expect(code);
    Output { stdout: hide(dir, &output.stdout), stderr: hide(dir, &output.stderr) }
}

pub(super) fn hide(dir: &Dir, text: &str) -> String {
    let real = fs_err::canonicalize(dir.path()).unwrap();
    text.replace(real.to_str().unwrap(), "DIR")
}

/// What each case of a table said, under its name.
pub(super) fn transcript<'a>(cases: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let said: Vec<String> =
        cases.into_iter().map(|(name, text)| format!("# {name}\n{text}")).collect();
    said.join("\n")
}
