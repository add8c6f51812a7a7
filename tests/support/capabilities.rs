//! Tests that need programs and privileges that not every machine has. A missing program fails the
//! test: `scripts/test-env` installs it. A test that the system forbids is skipped, and a line on
//! stderr says so.

use std::io::Write as _;
use std::process::Command;

/// The requirements of a test, in addition to `wheelworks`.
pub(crate) struct Need<'a> {
    /// The programs.
    programs: &'a [&'a str],
    /// A command that fails if the system forbids this.
    trial: &'a [&'a str],
}

/// A mount namespace.
pub(crate) const MOUNTS: Need<'_> = Need {
    programs: &["unshare", "mount"],
    trial: &["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
};

/// A mount namespace in which a user without privileges is root.
pub(crate) const MAPPED_MOUNTS: Need<'_> = Need {
    programs: &["unshare", "mount"],
    trial: &["unshare", "-m", "--map-root-user", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
};

/// Tracing and changing the system calls of another process.
pub(crate) const TRACES: Need<'_> =
    Need { programs: &["strace"], trial: &["strace", "-o", "/dev/null", "true"] };

/// A namespace of process IDs.
pub(crate) const NAMESPACES: Need<'_> =
    Need { programs: &["unshare"], trial: &["unshare", "--pid", "--fork", "true"] };

/// Returns whether a row of the table of faults can be tested on this machine.
pub(crate) fn is_available(row: &str, need: &Need<'_>) -> bool {
    for program in need.programs {
        assert!(is_there(program), "{row}: `{program}` is missing; `scripts/test-env` installs it");
    }
    let (program, arguments) = need.trial.split_first().unwrap();
    let output = Command::new(program).args(arguments).output().unwrap();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let trial = need.trial.join(" ");
        let line = format!("skipped: {row}: the system forbids `{trial}`: {}\n", said.trim());
        // Not `eprintln!`: the test harness hides its output if the test passes.
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
    output.status.success()
}

fn is_there(program: &str) -> bool {
    let script = format!("command -v {program}");
    Command::new("sh").args(["-c", &script]).output().unwrap().status.success()
}

/// Returns a command prefix that limits the number of threads. It runs the command as a user
/// without other processes, whose threads would count; only root can change the user.
pub(crate) fn with_threads(row: &str, count: u32) -> Option<String> {
    let user = format!("--reuid={}", 200_000 + std::process::id());
    let become_user = ["setpriv", &user, "--regid=65534", "--clear-groups"];
    let trial = [&become_user[..], &["true"]].concat();
    let need = Need { programs: &["setpriv", "prlimit"], trial: &trial };
    let limit = format!("exec prlimit --nproc={count} {}", become_user.join(" "));
    is_available(row, &need).then_some(limit)
}

#[test]
fn forbidden_tests_are_skipped() {
    assert!(is_available("a row", &Need { programs: &["true"], trial: &["true"] }));
    assert!(!is_available("this row is a test", &Need { programs: &["false"], trial: &["false"] }));
}

#[test]
#[should_panic(expected = "a row: `no-such-program` is missing; `scripts/test-env` installs it")]
fn missing_programs_fail_the_test() {
    is_available("a row", &Need { programs: &["true", "no-such-program"], trial: &["true"] });
}
