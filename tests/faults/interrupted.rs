//! System calls that are interrupted by a signal (EINTR), and short reads and writes.

use super::{WHEEL, as_strs, pack_into, right_wheel, sources, temporaries};
use crate::support::capabilities::{TRACES, is_available};
use crate::support::client::Worker;
use crate::support::command::TestDir;
use crate::support::messages::{Request, Response};
use crate::support::{WHEELWORKS, signal};

/// The calls that signals interrupt according to signal(7), and calls that network file systems
/// interrupt.
const CALLS: &str = "read,write,pread64,pwrite64,openat,ftruncate,flock,fallocate";

#[test]
fn calls_that_are_interrupted() {
    if !is_available("system calls interrupted (EINTR)", &TRACES) {
        return;
    }
    let dir = TestDir::new();
    sources(&dir);
    let right = right_wheel(&dir);
    let wheel = format!("right/{WHEEL}");
    // Every second one of these calls of each thread fails, then two of three.
    for when in ["1+2", "2+3", "3+3"] {
        let inject = format!("inject={CALLS}:error=EINTR:when={when}");
        let strace = |command: &[&str]| {
            let all = ["-f", "-o", "/dev/null", "-e", &inject, WHEELWORKS];
            dir.command("strace", &[&all[..], command].concat()).expect(0)
        };
        for out in ["out", "out2"] {
            fs_err::create_dir_all(dir.path().join(out)).unwrap();
        }
        strace(&as_strs(&pack_into("out")));
        assert!(fs_err::read(dir.path().join("out").join(WHEEL)).unwrap() == right, "{when}");
        strace(&["repack", &wheel, "-w", "out2"]);
        assert!(fs_err::read(dir.path().join("out2").join(WHEEL)).unwrap() == right, "{when}");
        strace(&["unpack", &wheel, "-d", "unpacked", "--check-record"]);
        strace(&["check", &wheel, "--exit-zero"]);
        for out in ["out", "out2"] {
            assert!(temporaries(&dir.path().join(out)).is_empty());
        }
        fs_err::remove_dir_all(dir.path().join("unpacked")).unwrap();
    }
    for json in [false, true] {
        let inject = format!("inject={CALLS}:error=EINTR:when=1+2");
        let mut command = std::process::Command::new("strace");
        command.args(["-f", "-o", "/dev/null", "-e", &inject, WHEELWORKS]);
        let arguments: &[&str] = if json { &["--worker_protocol=json"] } else { &[] };
        let mut worker = Worker::start(&mut command, arguments);
        for id in 1..=20 {
            worker.send(&Request::say(id, 0, &"x".repeat(10_000)));
        }
        let mut end = worker.finish();
        end.responses.sort();
        let all = (1..=20).map(|id| Response::new(id, 0, &"x".repeat(10_000)));
        assert_eq!((end.code, end.responses), (Some(0), all.collect::<Vec<_>>()));
    }
}

/// SIGSTOP and SIGCONT end a blocked read without data, and a blocked write early.
#[test]
fn stopped_and_continued() {
    let (open, gate) = std::sync::mpsc::channel();
    let mut worker = Worker::gated(gate);
    // Several times the capacity of a pipe (64 KiB).
    let text = "x".repeat(400_000);
    for id in 1..=12 {
        worker.send(&Request::say(id, 0, &text));
        signal(worker.process(), "STOP");
        signal(worker.process(), "CONT");
    }
    for round in 0..100 {
        signal(worker.process(), "STOP");
        signal(worker.process(), "CONT");
        // Some signals hit writes to a full pipe, others hit writes that the client reads.
        if round == 50 {
            open.send(()).unwrap();
        }
    }
    let mut end = worker.finish();
    end.responses.sort();
    let all: Vec<Response> = (1..=12).map(|id| Response::new(id, 0, &text)).collect();
    assert_eq!(end.code, Some(0));
    assert!(end.responses == all);
}
