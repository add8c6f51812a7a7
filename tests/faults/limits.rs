//! Limits of the process: file descriptors, memory, threads.
//!
//! Not every lack of memory can be handled. Buffers with a size from an input are allocated
//! fallibly. The many small allocations of libraries are not: Rust aborts the process. And in a
//! container that has less memory than it reports, the kernel kills the process.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;

use super::{WHEEL, as_strs, pack_into, right_wheel, sources, temporaries};
use crate::support::capabilities::with_threads;
use crate::support::client::Worker;
use crate::support::command::{TestCommand, TestDir};
use crate::support::messages::{Request, Response};
use crate::support::wheel::Wheel;
use crate::support::{WHEELWORKS, until};

/// Returns `wheelworks` under a limit of the shell (`ulimit`).
fn limited<'a>(dir: &'a TestDir, limit: &str, arguments: &[&str]) -> TestCommand<'a> {
    let script = format!("ulimit {limit} && exec \"$@\"");
    dir.command("sh", &[&["-c", &script, "sh", WHEELWORKS], arguments].concat())
}

fn dir() -> (TestDir, Vec<u8>) {
    let dir = TestDir::new();
    sources(&dir);
    let right = right_wheel(&dir);
    fs_err::create_dir(dir.path().join("out")).unwrap();
    (dir, right)
}

#[test]
fn few_descriptors() {
    let (dir, right) = dir();
    let wheel = format!("right/{WHEEL}");
    let packs = pack_into("out");
    let commands: [&[&str]; 4] = [
        &as_strs(&packs),
        &["unpack", &wheel, "-d", "out/unpacked"],
        &["repack", &wheel, "-w", "out"],
        &["check", &wheel, "--exit-zero", "--output=out/report"],
    ];
    for command in commands {
        let mut failed = 0;
        for limit in [4, 5, 6, 7, 8, 10, 32] {
            let (code, output) = limited(&dir, &format!("-n {limit}"), command).expect_any();
            let story = format!("{command:?} with {limit}: {}", output.stderr);
            if code == 0 {
                let wheel = dir.path().join("out").join(WHEEL);
                assert!(!wheel.exists() || fs_err::read(wheel).unwrap() == right, "{story}");
            } else {
                failed += 1;
                assert!(code == 2 || code == 3 && limit < 6, "{code} {story}");
                assert!(
                    output.stderr.contains("Too many open files (os error 24)\nhint: "),
                    "{story}"
                );
                // Removing a directory needs descriptors, too. The next process has them and
                // sweeps.
                dir.wheelworks(commands[3]).expect(0);
                let left = fs_err::read_dir(dir.path().join("out")).unwrap().count();
                assert_eq!(left, 1, "{story}");
            }
            assert!(code == 0 || limit < 10, "{story}");
            fs_err::remove_dir_all(dir.path().join("out")).unwrap();
            fs_err::create_dir(dir.path().join("out")).unwrap();
        }
        assert!(failed >= 2, "{command:?} never fails");
    }
}

/// Starts a worker in a directory, under a limit of the shell.
fn limited_worker(dir: &TestDir, limit: &str, arguments: &[&str]) -> Worker {
    let script = format!("cd \"$0\" && {limit} && exec \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, dir.path().to_str().unwrap(), WHEELWORKS]);
    Worker::start(&mut command, arguments)
}

#[test]
fn few_descriptors_in_a_worker() {
    let (dir, right) = dir();
    for limit in [9, 10, 12, 32] {
        let mut worker = limited_worker(&dir, &format!("ulimit -n {limit}"), &[]);
        for id in 1..=40 {
            fs_err::create_dir(dir.path().join(format!("out/{id}"))).unwrap();
            worker.send(&Request::new(id, &as_strs(&pack_into(&format!("out/{id}")))));
        }
        let mut responses: Vec<Response> = (1..=40).map(|_| worker.receive()).collect();
        responses.sort();
        assert!(responses.iter().map(|it| it.id).eq(1..=40));
        for response in responses {
            let out = dir.path().join(format!("out/{}", response.id));
            if response.exit_code == 0 {
                assert!(fs_err::read(out.join(WHEEL)).unwrap() == right);
            } else {
                assert_eq!(response.exit_code, 2, "{response:?}");
                assert!(response.output.contains("Too many open files"), "{response:?}");
                assert_eq!(fs_err::read_dir(&out).unwrap().count(), 0);
            }
            assert!(temporaries(&out).is_empty());
        }
        // The only request, with the descriptors that the others have closed.
        let response = worker.ask(&Request::new(41, &as_strs(&pack_into("out"))));
        assert_eq!(response, Response::new(41, 0, ""), "{limit}");
        assert_eq!(worker.finish().code, Some(0));
        fs_err::remove_dir_all(dir.path().join("out")).unwrap();
        fs_err::create_dir(dir.path().join("out")).unwrap();
    }
}

#[test]
fn little_memory() {
    let (dir, right) = dir();
    let out = dir.path().join("out");
    let (mut errors, mut successes) = (0, 0);
    // With less, the system cannot map the program itself, and ends it.
    let can_start = |mebibytes: &u64| {
        let script = format!("ulimit -v {} && exec \"$@\"", mebibytes << 10);
        let mut command = Command::new("sh");
        command.args(["-c", &script, "sh", WHEELWORKS, "--version"]);
        command.output().unwrap().status.signal() != Some(11)
    };
    let first = (20..).step_by(4).find(can_start).unwrap();
    for mebibytes in (first..=first + 60).step_by(4).chain([1000]) {
        let script = format!("ulimit -v {} && exec \"$@\"", mebibytes << 10);
        let mut command = Command::new("sh");
        command.args(["-c", &script, "sh", WHEELWORKS]).args(pack_into("out"));
        let output = command.current_dir(dir.path()).env_remove("RUST_BACKTRACE").output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let story = format!("{mebibytes} MiB: {:?}, {said}", output.status);
        match output.status.code() {
            Some(0) => {
                successes += 1;
                assert!(fs_err::read(out.join(WHEEL)).unwrap() == right, "{story}");
                fs_err::remove_file(out.join(WHEEL)).unwrap();
            }
            Some(2 | 3) => {
                errors += 1;
                let memory = ["emory", "Resource temporarily unavailable"];
                assert!(memory.iter().any(|word| said.contains(word)), "{story}");
                assert_eq!(fs_err::read_dir(&out).unwrap().count(), 0, "{story}");
            }
            // A small allocation that is not fallible: Rust aborted the process.
            code => {
                let small = said.split("memory allocation of ").nth(1);
                let bytes = small.and_then(|rest| rest.split(' ').next()?.parse::<u64>().ok());
                assert_eq!((code, output.status.signal()), (None, Some(6)), "{story}");
                assert!(bytes.is_some_and(|bytes| bytes < 512 << 10), "{story}");
                assert!(!out.join(WHEEL).exists());
            }
        }
    }
    assert!(errors >= 3 && successes >= 1, "{errors} errors, {successes} successes");
    // The next process sweeps what an aborted one left.
    dir.wheelworks(&as_strs(&pack_into("out"))).expect(0);
    assert!(temporaries(&out).is_empty());
}

#[test]
fn no_memory_for_a_long_file() {
    const LIMIT: &str = "-v 80000";
    let dir = TestDir::new();
    let mut wheel = Wheel::new("long-1.0-py3-none-any.whl");
    // As long as RECORD in a valid wheel of a million files.
    let record = "long-1.0.dist-info/RECORD";
    wheel.member(record, vec![b'\n'; 60 << 20]);
    wheel.write(dir.path());
    for command in [
        &["unpack", "--wheel=long-1.0-py3-none-any.whl", "--out=out", "--max-ratio=100000"][..],
        &["repack", "long-1.0-py3-none-any.whl", "-w", "out", "--max-ratio=100000"],
        &["check", "long-1.0-py3-none-any.whl"],
    ] {
        let (code, output) = limited(&dir, LIMIT, command).expect_any();
        assert_eq!(code, 2, "{command:?}: {}", output.stderr);
        assert!(
            output.stderr.contains("bytes of memory\nhint: raise the limit"),
            "{}",
            output.stderr
        );
    }
}

#[test]
fn no_threads() {
    // Main thread, signals, reader, writer, and one thread in the pool of each size class.
    for (threads, told) in [(6, "cannot set up the process"), (7, "requests wait for each other")] {
        let Some(limit) = with_threads("no threads", threads) else { return };
        let script = format!("{limit} \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        // That user may have no access to the build directory.
        let dir = TestDir::new();
        let copy = dir.path().join("wheelworks");
        let copied = Command::new("cp").arg(WHEELWORKS).arg(&copy).status().unwrap();
        assert!(copied.success());
        for path in [dir.path(), &copy] {
            crate::support::sample::make_executable(path);
        }
        command.args(["-c", &script]).arg(&copy);
        let mut worker = Worker::start(&mut command, &["--worker-jobs=1"]);
        for id in 1..=10 {
            worker.send(&Request::say(id, 20, "x"));
        }
        let mut responses: Vec<Response> = (1..=10).map(|_| worker.receive()).collect();
        responses.sort();
        for (response, id) in responses.iter().zip(1..) {
            if threads == 7 {
                assert_eq!(*response, Response::new(id, 0, "x"));
            } else {
                assert_eq!((response.id, response.exit_code), (id, 3));
                assert!(response.output.contains("threads and memory"), "{response:?}");
            }
        }
        until("the reason is logged", || worker.log_so_far().contains(told));
        assert_eq!(worker.finish().code, Some(0));
    }
}
