//! Audits as requests to a worker, from argument files, and cancelled.

use super::sample::{EXTENSION, NAME, shown, wheel};
use crate::support::client::Worker;
use crate::support::command::TestDir;
use crate::support::messages::{Request, Response};
use crate::support::{has_mapped, signal, until};

/// The text and the exit code equal those of the command line.
#[test]
fn a_worker_gives_the_same_report() {
    let dir = TestDir::new();
    let path = wheel().write(dir.path());
    let path = path.to_str().unwrap();
    let requests: [&[&str]; 4] = [
        &["--json", path],
        &[path],
        &["--require=manylinux_2_17_x86_64", path],
        &["--no-host", "--report=github", "--require=manylinux_2_17_x86_64", path],
    ];
    for mut worker in [Worker::proto(), Worker::json()] {
        let mut expected = Vec::new();
        for (id, arguments) in (1..).zip(requests) {
            let code =
                i32::from(arguments.iter().any(|argument| argument.starts_with("--require")));
            let (_, output) = dir.wheelworks(&[&["show"], arguments].concat()).expect_any();
            expected.push(Response::new(id, code, &(output.stdout + &output.stderr)));
            worker.send(&Request::new(id, &[&["show"], arguments].concat()));
        }
        let mut responses = worker.finish().responses;
        responses.sort();
        assert_eq!(responses, expected);
    }
}

#[test]
fn arguments_from_a_file() {
    let dir = TestDir::new();
    wheel().write(dir.path());
    dir.write("args", format!("--json\n--no-host\n{NAME}\n"));
    assert_eq!(shown(&dir, &["@args"], 0), shown(&dir, &["--json", "--no-host", NAME], 0));
}

/// A long audit ends soon after a signal.
#[test]
fn a_signal_ends_an_audit() {
    let dir = TestDir::new();
    let mut wheel = wheel();
    for number in 0..2000 {
        wheel.member(&format!("pkg/_{number}.so"), EXTENSION.as_slice());
    }
    wheel.write(dir.path());
    let wheels = [NAME; 200];
    for (name, code) in [("TERM", 143), ("INT", 130)] {
        let mut arguments = vec!["show", "--json", "--output=report"];
        arguments.extend(wheels);
        let command = dir.wheelworks(&arguments);
        let output = command.expect_after(code, |child| {
            until("the wheel is mapped", || has_mapped(child, NAME));
            signal(child, name);
        });
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", "error: cancelled\n"));
        assert!(!dir.path().join("report").exists());
        crate::support::sample::assert_no_temporary(dir.path());
    }
}
