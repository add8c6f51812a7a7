//! The end of the process: by itself, by a broken stream, by a signal.

use std::process::Command;

use super::cancelled;
use crate::support::client::{End, Worker};
use crate::support::command::TestDir;
use crate::support::fifo::Fifo;
use crate::support::messages::{Request, Response};
use crate::support::{WHEELWORKS, signal};

#[test]
fn open_requests_finish_when_stdin_ends() {
    let mut worker = Worker::proto();
    let fifo = worker.fifo("fifo");
    worker.send(&Request::wait(1, "fifo", "x"));
    for id in 2..=30 {
        worker.send(&Request::say(id, 0, "x"));
    }
    worker.close_stdin();
    fifo.release();
    let end = worker.end();
    let mut responses = end.responses;
    responses.sort();
    assert_eq!(responses, (1..=30).map(|id| Response::new(id, 0, "x")).collect::<Vec<_>>());
    assert_eq!((end.code, end.stderr.as_str()), (Some(0), ""));
}

#[test]
fn without_a_request_the_end_of_stdin_is_the_end() {
    for worker in [Worker::proto(), Worker::json()] {
        let end = worker.finish();
        assert_eq!((end.code, end.responses, end.stderr.as_str()), (Some(0), vec![], ""));
    }
}

/// Sends bytes that are not a frame while a request runs, and returns the log.
fn log_after(mut worker: Worker, bytes: &[u8], closes: bool) -> String {
    let fifo = worker.fifo("fifo");
    worker.send(&Request::wait(1, "fifo", "x"));
    worker.send_bytes(bytes);
    if closes {
        worker.close_stdin();
    }
    worker.wait_for_log("ERROR", 1);
    fifo.release();
    let end = worker.end();
    assert_eq!(end.responses, [Response::new(1, 0, "x")]);
    assert_eq!(end.code, Some(2));
    end.log()
}

#[test]
fn a_malformed_frame_ends_the_worker_after_open_requests() {
    let bytes = b"\x03\x0a\x01\xff";
    insta::assert_snapshot!(log_after(Worker::proto(), bytes, false), @r#"
    ERROR wheelworks::worker::dispatch: a request is not a `WorkRequest` message: failed to decode Protobuf message: WorkRequest.arguments: invalid string value: data is not UTF-8 encoded
    hint: the client may speak JSON; start the worker with `--worker_protocol=json`
    "#);
    let bytes = br#"{"arguments":"pack"}"#;
    insta::assert_snapshot!(log_after(Worker::json(), bytes, false), @r#"
    ERROR wheelworks::worker::dispatch: a request is not a `WorkRequest` in JSON: invalid type: string "pack", expected a sequence at line 1 column 19
    hint: the fields and their types are those of Bazel's `worker_protocol.proto`
    "#);
    insta::assert_snapshot!(log_after(Worker::json(), b"\x07", false), @r#"
    ERROR wheelworks::worker::dispatch: a JSON request is expected to begin with `{`, found byte `0x07`
    hint: the client may speak protocol buffers; start the worker with `--worker_protocol=proto`
    "#);
    let json = br#"{"arguments":["pack"],"requestId":1}"#;
    insta::assert_snapshot!(log_after(Worker::proto(), json, true), @r#"
    ERROR wheelworks::worker::dispatch: the stream of requests ended inside a request: 36 bytes came
    hint: the client that started this worker has crashed or closed the pipe too early
    "#);
}

#[test]
fn the_end_of_stdin_inside_a_frame_is_an_error() {
    let frame = Request::say(2, 0, "y").to_frame();
    let cut = &frame[..frame.len() - 1];
    insta::assert_snapshot!(log_after(Worker::proto(), cut, true), @r#"
    ERROR wheelworks::worker::dispatch: the stream of requests ended inside a request: 34 bytes came
    hint: the client that started this worker has crashed or closed the pipe too early
    "#);
    let log = log_after(Worker::json(), br#"{"arguments":["#, true);
    assert!(log.contains("inside a request: 14 bytes came"), "{log}");
}

#[test]
fn a_claimed_length_is_not_allocated() {
    // 2^31 - 1: refused at once; stdin is still open.
    let log = log_after(Worker::proto(), b"\xff\xff\xff\xff\x07", false);
    insta::assert_snapshot!(log, @r#"
    ERROR wheelworks::worker::dispatch: a request is too large: expected at most `268435456` bytes, found `2147483647` or more
    hint: the client may speak JSON; otherwise pass the arguments in a `--flagfile=`
    "#);
    // 2^28, the largest length, in an address space that is smaller.
    let mut command = Command::new("sh");
    let script = format!("ulimit -v 200000 && exec '{WHEELWORKS}' \"$@\"");
    let worker = Worker::start(command.args(["-c", &script, "sh"]), &["--worker-jobs=1"]);
    let log = log_after(worker, b"\x80\x80\x80\x80\x01abc", true);
    assert!(log.contains("inside a request: 8 bytes came"), "{log}");
}

#[test]
#[cfg(unix)]
fn a_signal_cancels_open_requests() {
    for (name, code) in [("TERM", 143), ("INT", 130)] {
        let mut worker = Worker::proto();
        for id in 1..=300 {
            worker.send(&Request::say(id, 600_000, "never"));
        }
        // Requests are read in order: when this is answered, all others have been read.
        worker.send(&Request::cancel(300));
        assert_eq!(worker.receive(), cancelled(300));
        signal(worker.process(), name);
        // Stdin is still open.
        let end = worker.end();
        let mut responses = end.responses;
        responses.sort();
        assert_eq!(responses, (1..=299).map(cancelled).collect::<Vec<_>>());
        assert_eq!((end.code, end.stderr.as_str()), (Some(code), ""));
    }
}

#[test]
#[cfg(unix)]
fn a_signal_ends_an_idle_worker() {
    let mut worker = Worker::json();
    assert_eq!(worker.ask(&Request::say(1, 0, "x")), Response::new(1, 0, "x"));
    signal(worker.process(), "TERM");
    let end = worker.end();
    assert_eq!((end.code, end.responses, end.stderr.as_str()), (Some(143), vec![], ""));
}

/// A worker that cannot end at once, because its responses do not fit into the pipe.
#[cfg(unix)]
fn stuck_worker() -> Worker {
    let mut worker =
        Worker::unread(Command::new(WHEELWORKS).env("WHEELWORKS_LOG", "wheelworks=info"));
    let text = "x".repeat(100_000);
    for id in 1..=4 {
        worker.send(&Request::say(id, 0, &text));
    }
    worker.wait_for_log("fault: ", 4);
    worker
}

/// The log without lines of level INFO.
#[cfg(unix)]
fn warnings(end: &End) -> String {
    let log = end.log();
    log.lines().filter(|line| !line.starts_with("INFO")).collect::<Vec<_>>().join("\n")
}

#[test]
#[cfg(unix)]
fn a_signal_ends_a_worker_whose_responses_nobody_reads() {
    let worker = stuck_worker();
    signal(worker.process(), "TERM");
    let end = worker.end();
    assert_eq!(end.code, Some(143));
    insta::assert_snapshot!(warnings(&end), @r#"WARN wheelworks::worker::dispatch: ending after 5s although not all is answered; requests still running: []"#);
}

#[test]
#[cfg(unix)]
fn a_second_signal_does_not_wait() {
    let worker = stuck_worker();
    signal(worker.process(), "TERM");
    worker.wait_for_log("signal 15", 1);
    signal(worker.process(), "INT");
    let end = worker.end();
    // After the time for requests to stop it would have ended by the first signal, with a warning.
    assert_eq!((end.code, warnings(&end).as_str()), (Some(130), ""));
}

#[test]
fn a_closed_stdout_ends_the_worker() {
    let mut worker = Worker::closed();
    worker.send(&Request::say(1, 600_000, "never"));
    // Stdin is still open, and the first request would run for ten minutes.
    worker.send_until_it_ends(2, |id| Request::say(id, 0, "nobody reads this"));
    let end = worker.end();
    assert_eq!(end.code, Some(2));
    insta::assert_snapshot!(end.log(), @"ERROR wheelworks::worker::dispatch: cannot write a response to stdout: Broken pipe (os error 32)");
}

#[test]
fn a_bad_command_line_is_an_error() {
    let dir = TestDir::new();
    let text = |arguments: &[&str]| dir.wheelworks(arguments).expect(2).stderr;
    insta::assert_snapshot!(text(&["--persistent_worker", "pack"]), @r#"
    error: unexpected argument 'pack' found

    Usage: wheelworks --persistent_worker [START-UP OPTIONS]

    hint: a worker's command comes in its requests; put it into the `@FILE`

    For more information, try '--help'.
    "#);
    insta::assert_snapshot!(text(&["--worker-jobs", "x", "--persistent_worker"]), @r#"
    error: invalid value 'x' for '--worker-jobs <WORKER_JOBS>': invalid digit found in string

    For more information, try '--help'.
    "#);
    insta::assert_snapshot!(text(&["fault", "--persistent_worker"]), @r#"
    error: unexpected argument '--persistent_worker' found

    Usage: wheelworks fault [OPTIONS]

    For more information, try '--help'.
    "#);
}

#[test]
fn start_options_are_accepted_without_the_worker_too() {
    let dir = TestDir::new();
    let start = ["--worker-jobs=2", "--tool-version", "1.2", "--worker_protocol=json"];
    let arguments = [&start[..], &["fault", "--say", "x"]].concat();
    assert_eq!(dir.wheelworks(&arguments).expect(0).stdout, "x");
    let mut worker = Worker::start(
        &mut Command::new(WHEELWORKS),
        &["--tool-version", "fault", "--worker-jobs", "1"],
    );
    assert_eq!(worker.ask(&Request::say(1, 0, "x")), Response::new(1, 0, "x"));
}

#[test]
fn a_bad_log_filter_is_a_warning() {
    let mut command = Command::new(WHEELWORKS);
    let worker = Worker::start(command.env("WHEELWORKS_LOG", "=="), &[]);
    let end = worker.finish();
    assert_eq!(end.code, Some(0));
    insta::assert_snapshot!(end.log(), @r#"
    WARN wheelworks::worker: cannot understand WHEELWORKS_LOG=`==`: invalid filter directive: too many '=' in filter directive, expected 0 or 1
    hint: write a level such as `debug`, or `target=level`
    "#);
}

#[test]
#[cfg(unix)]
fn a_signal_cancels_a_one_shot_command() {
    let dir = TestDir::new();
    let runs = Fifo::new(dir.path(), "runs");
    let command = dir.wheelworks(&["fault", "--notify=runs", "--sleep-ms=600000"]);
    let output = command.expect_after(143, |child| {
        runs.wait();
        signal(child, "TERM");
    });
    insta::assert_snapshot!(output.stderr, @"error: cancelled");
}
