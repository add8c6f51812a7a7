//! What only some machines let a test do. A program that is missing fails the test: `scripts/test-env`
//! installs it. What the system forbids is skipped, and said where everybody sees it.

use std::io::Write as _;
use std::process::Command;

/// What a test needs besides `wheelworks`.
pub(crate) struct Need<'a> {
    /// The programs.
    programs: &'a [&'a str],
    /// A command that succeeds where the system does not forbid it.
    trial: &'a [&'a str],
}

/// File systems of one's own.
pub(crate) const MOUNTS: Need<'_> = Need {
    programs: &["unshare", "mount"],
    trial: &["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
};

/// The same for one who is not root, where such may be so in a namespace.
pub(crate) const MAPPED_MOUNTS: Need<'_> = Need {
    programs: &["unshare", "mount"],
    trial: &["unshare", "-m", "--map-root-user", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
};

/// System calls of another process, looked at and changed.
pub(crate) const TRACES: Need<'_> =
    Need { programs: &["strace"], trial: &["strace", "-o", "/dev/null", "true"] };

/// Numbers of processes of one's own.
pub(crate) const NAMESPACES: Need<'_> =
    Need { programs: &["unshare"], trial: &["unshare", "--pid", "--fork", "true"] };

/// Whether a row of the table can be tried here.
pub(crate) fn is_possible(row: &str, need: &Need<'_>) -> bool {
    for program in need.programs {
        assert!(is_there(program), "{row}: `{program}` is missing; `scripts/test-env` installs it");
    }
    let (program, arguments) = need.trial.split_first().unwrap();
    let output = Command::new(program).args(arguments).output().unwrap();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let trial = need.trial.join(" ");
        let line = format!("skipped: {row}: the system forbids `{trial}`: {}\n", said.trim());
        // Not by a macro: what those print of a test that passes nobody sees.
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
    output.status.success()
}

fn is_there(program: &str) -> bool {
    let script = format!("command -v {program}");
    Command::new("sh").args(["-c", &script]).output().unwrap().status.success()
}

/// A user of our own, so that nobody else's threads count. Only one who is root can become one.
pub(crate) fn with_threads(row: &str, count: u32) -> Option<String> {
    let user = format!("--reuid={}", 200_000 + std::process::id());
    let become_user = ["setpriv", &user, "--regid=65534", "--clear-groups"];
    let trial = [&become_user[..], &["true"]].concat();
    let need = Need { programs: &["setpriv", "prlimit"], trial: &trial };
    let limit = format!("exec prlimit --nproc={count} {}", become_user.join(" "));
    is_possible(row, &need).then_some(limit)
}

#[test]
fn what_is_forbidden_is_skipped() {
    assert!(is_possible("a row", &Need { programs: &["true"], trial: &["true"] }));
    assert!(!is_possible("this row is a test", &Need { programs: &["false"], trial: &["false"] }));
}

#[test]
#[should_panic(expected = "a row: `no-such-program` is missing; `scripts/test-env` installs it")]
fn what_is_missing_fails() {
    is_possible("a row", &Need { programs: &["true", "no-such-program"], trial: &["true"] });
}
