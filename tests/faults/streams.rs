//! Streams that are slow, closed, or not read.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::{WHEEL, as_strs, pack_into, right_wheel, sources};
use crate::support::client::Worker;
use crate::support::command::TestDir;
use crate::support::messages::Request;
use crate::support::{WHEELWORKS, until};

#[test]
fn stdout_that_is_closed_in_mid_frame() {
    let mut worker = Worker::closed_after(1000);
    worker.send(&Request::say(1, 600_000, "never"));
    worker.send(&Request::say(2, 0, &"x".repeat(500_000)));
    // Stdin is still open, and the first request would sleep for ten minutes.
    let end = worker.end();
    assert_eq!(end.code, Some(2));
    assert!(end.log().contains("cannot write a response to stdout: Broken pipe"), "{}", end.log());
}

/// If a file were opened with the descriptor of a closed stream, output to the stream would go to
/// the file.
#[test]
fn closed_from_the_start() {
    let dir = TestDir::new();
    sources(&dir);
    let right = right_wheel(&dir);
    for closed in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
        fs_err::create_dir(dir.path().join("out")).unwrap();
        let script = format!("exec \"$@\" {closed}");
        let mut all = vec!["-c", &script, "sh", WHEELWORKS];
        let command = [pack_into("out"), vec!["--json".to_owned()]].concat();
        all.extend(as_strs(&command));
        dir.command("sh", &all).expect(0);
        assert!(fs_err::read(dir.path().join("out").join(WHEEL)).unwrap() == right, "{closed}");
        fs_err::remove_dir_all(dir.path().join("out")).unwrap();
    }
}

/// Returns a value of `/proc/PID/status`, in KiB.
fn kibibytes(worker: &Worker, name: &str) -> u64 {
    let path = format!("/proc/{}/status", worker.process().id());
    let text = fs_err::read_to_string(path).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_matches([':', ' ', '\t', 'k', 'B']).parse().unwrap()
}

/// Returns the CPU time of a process so far, in clock ticks.
fn ticks(worker: &Worker) -> u64 {
    let stat = fs_err::read_to_string(format!("/proc/{}/stat", worker.process().id())).unwrap();
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    let field = |at: usize| rest.split(' ').nth(at).unwrap().parse::<u64>().unwrap();
    field(11) + field(12)
}

#[test]
fn a_reader_that_does_not_read() {
    const REQUESTS: i32 = 500;
    let (open, gate) = mpsc::channel();
    let mut worker = Worker::gated(gate);
    let text = "x".repeat(1 << 20);
    let arguments = worker.directory().join("say.args");
    fs_err::write(arguments, format!("fault\n--say={text}")).unwrap();
    for id in 1..=REQUESTS {
        worker.send(&Request::new(id, &["@say.args"]));
    }
    // Wait until the worker stops: it has reached the backpressure limit.
    let (mut last, mut since) = (ticks(&worker), Instant::now());
    until("the worker is idle", || {
        let now = ticks(&worker);
        if now != last {
            (last, since) = (now, Instant::now());
        }
        since.elapsed() > Duration::from_millis(700)
    });
    let peak = kibibytes(&worker, "VmHWM");
    // 64 responses, and those of some running requests, but not all 500 MiB.
    assert!(peak < 250 << 10, "{peak} KiB");
    open.send(()).unwrap();
    let mut end = worker.finish();
    assert_eq!(end.code, Some(0));
    end.responses.sort();
    assert!(end.responses.iter().map(|it| it.id).eq(1..=REQUESTS));
    assert!(end.responses.iter().all(|it| it.exit_code == 0 && it.output == text));
}
