//! Requests and their responses, in both framings.

use std::process::Command;

use super::{MISSING_OUTPUT, PANIC_OUTPUT, cancelled};
use crate::support::WHEELWORKS;
use crate::support::client::Worker;
use crate::support::command::{TestDir, write};
use crate::support::messages::{Request, Response};

#[test]
fn two_hundred_multiplexed_requests_are_answered_once_each() {
    let mut worker = Worker::proto();
    let fifo = worker.fifo("fifo");
    let mut expected = Vec::new();
    for id in 1..=200 {
        let text = format!("output of {id}");
        let (request, response) = match id {
            1 => (Request::wait(id, "fifo", &text), Response::new(id, 0, &text)),
            50 => (Request::new(id, &["fault", "--panic"]), Response::new(id, 3, PANIC_OUTPUT)),
            100 => (Request::say(id, 600_000, "never"), cancelled(id)),
            150 => (Request::new(id, &["@missing.args"]), Response::new(id, 2, MISSING_OUTPUT)),
            _ => (Request::say(id, 0, &text), Response::new(id, 0, &text)),
        };
        worker.send(&request);
        expected.push(response);
    }
    // Requests run concurrently: the other 198 are answered while requests 1 and 100 are in flight.
    let mut responses: Vec<_> = (0..198).map(|_| worker.receive()).collect();
    assert!(responses.iter().all(|response| ![1, 100].contains(&response.id)));
    worker.send(&Request::cancel(100));
    assert_eq!(worker.receive(), cancelled(100));
    fifo.release();
    let end = worker.finish();
    responses.extend(end.responses);
    responses.push(cancelled(100));
    responses.sort();
    assert_eq!(responses, expected);
    assert_eq!(end.code, Some(0), "{}", end.stderr);
}

#[test]
fn singleplex_requests_are_answered_one_by_one() {
    for mut worker in [Worker::proto(), Worker::json()] {
        for text in ["one", "two", "three"] {
            let response = worker.ask(&Request::say(0, 0, text));
            assert_eq!(response, Response::new(0, 0, text));
        }
        let response = worker.ask(&Request::new(0, &["fault", "--panic"]));
        assert_eq!(response, Response::new(0, 3, PANIC_OUTPUT));
        let response = worker.ask(&Request::say(0, 0, "alive"));
        assert_eq!(response, Response::new(0, 0, "alive"));
        let end = worker.finish();
        assert_eq!((end.code, end.responses), (Some(0), vec![]));
    }
}

#[test]
fn requests_of_one_id_run_in_order_even_if_sent_at_once() {
    for id in [0, 9] {
        let mut worker = Worker::proto();
        let fifo = worker.fifo("fifo");
        worker.send(&Request::wait(id, "fifo", "first"));
        for text in ["second", "third"] {
            worker.send(&Request::say(id, 0, text));
        }
        fifo.release();
        let end = worker.finish();
        let expected = ["first", "second", "third"].map(|text| Response::new(id, 0, text));
        assert_eq!(end.responses, expected);
        assert_eq!(
            end.log().contains("`9` is reused while a request with this id is in flight"),
            id == 9
        );
        assert_eq!(end.code, Some(0));
    }
}

#[test]
fn more_requests_than_the_queue_holds_are_all_answered() {
    let mut worker = Worker::proto();
    let fifo = worker.fifo("fifo");
    worker.send(&Request::wait(0, "fifo", "0"));
    for n in 1..6000 {
        if n == 5000 {
            // The queue is full, and stdin's pipe has no room for the remaining requests.
            fifo.release();
        }
        worker.send(&Request::say(0, 0, &n.to_string()));
    }
    let end = worker.finish();
    let outputs: Vec<_> = end.responses.into_iter().map(|response| response.output).collect();
    assert_eq!(outputs, (0..6000).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(end.code, Some(0));
}

#[test]
fn json_is_a_stream_without_separators() {
    let mut worker = Worker::json();
    worker.send_bytes(
        br#"{"arguments":["fault","--say","}{\"\\"],"inputs":null,"requestId":1,"novel":{"a":[{}]}}{"arguments":["fault","--say","b"],"requestId":2} {"argum"#,
    );
    let mut responses = [worker.receive(), worker.receive()];
    responses.sort();
    assert_eq!(responses, [Response::new(1, 0, "}{\"\\"), Response::new(2, 0, "b")]);
    worker.send_bytes(br#"ents":["fault","--say","c"]}"#);
    assert_eq!(worker.receive(), Response::new(0, 0, "c"));
    assert_eq!(worker.finish().code, Some(0));
}

#[test]
fn a_frame_may_arrive_byte_by_byte() {
    for mut worker in [Worker::proto(), Worker::json()] {
        let request = Request::say(300, 0, "ä");
        let frame = if worker.is_json() { request.to_json() } else { request.to_frame() };
        for byte in frame {
            worker.send_bytes(&[byte]);
        }
        // The worker answers right after the last byte. It does not wait for further input.
        assert_eq!(worker.receive(), Response::new(300, 0, "ä"));
        assert_eq!(worker.finish().code, Some(0));
    }
}

#[test]
fn inputs_and_unknown_fields_are_accepted() {
    let mut worker = Worker::proto();
    let mut request = Request::say(5, 0, "x");
    request.inputs = vec![("bin/tool".to_owned(), vec![0xff; 32]), (String::new(), vec![])];
    let mut frame = request.to_frame();
    // Field 15, a varint: the message grows by two bytes.
    frame.extend([0x78, 0x01]);
    frame[0] += 2;
    assert!(frame[0] < 0x80, "the length no longer fits one byte");
    worker.send_bytes(&frame);
    assert_eq!(worker.receive(), Response::new(5, 0, "x"));
    assert_eq!(worker.finish().code, Some(0));
}

#[test]
fn paths_are_below_the_sandbox_directory() {
    let mut worker = Worker::proto();
    for (name, text) in [("args", "root"), ("box/1/args", "box 1"), ("box/2/args", "box 2")] {
        write(worker.directory(), name, "fault\n--flagfile=more\n");
        let more = name.replace("args", "more");
        write(worker.directory(), &more, format!("--say\n{text}\n"));
    }
    for (sandbox_dir, text) in [("", "root"), ("box/1", "box 1"), ("box/2", "box 2")] {
        let mut request = Request::new(4, &["@args"]);
        sandbox_dir.clone_into(&mut request.sandbox_dir);
        assert_eq!(worker.ask(&request), Response::new(4, 0, text));
    }
    let mut request = Request::new(4, &["@missing.args"]);
    "box/1".clone_into(&mut request.sandbox_dir);
    insta::assert_snapshot!(worker.ask(&request).output, @r#"
    error: cannot read the argument file `box/1/missing.args`: No such file or directory (os error 2)
    hint: check the path; an argument that begins with `@` itself is written `@@`
    "#);
}

#[test]
fn arguments_are_the_same_expanded_or_not_and_one_shot() {
    let dir = TestDir::new();
    let mut worker = Worker::proto();
    for directory in [dir.path(), worker.directory()] {
        write(directory, "outer", "fault\n@inner\n");
        write(directory, "inner", "--say\r\n@@literal\r\n");
        write(directory, "empty", "fault\n--sleep-ms=0\n--say\n\n");
    }
    let table: [(&[&str], &str); 6] = [
        (&["fault", "--say", "@@literal"], "@literal"),
        (&["@outer"], "@literal"),
        (&["--flagfile=outer"], "@literal"),
        (&["fault", "--flagfile=inner"], "@literal"),
        (&["@empty"], ""),
        (&["fault", "--say", "@"], "@"),
    ];
    for (arguments, expected) in table {
        assert_eq!(worker.ask(&Request::new(0, arguments)), Response::new(0, 0, expected));
        assert_eq!(dir.wheelworks(arguments).expect(0).stdout, expected, "{arguments:?}");
    }
}

#[test]
fn the_worker_answers_what_one_shot_prints() {
    let dir = TestDir::new();
    let mut worker = Worker::proto();
    let table: [(&[&str], i32); 6] = [
        (&["--help"], 0),
        (&["--version"], 0),
        (&[], 2),
        (&["no-such-verb"], 2),
        (&["@missing.args"], 2),
        (&["fault", "--panic"], 3),
    ];
    for (arguments, code) in table {
        let response = worker.ask(&Request::new(1, arguments));
        let output = dir.wheelworks(arguments).expect(code);
        assert_eq!(response.exit_code, code, "{arguments:?}");
        // In one-shot mode, stderr also has the location of the panic. A worker logs it instead.
        let stderr = output
            .stderr
            .find("error: internal")
            .map_or(&*output.stderr, |place| &output.stderr[place..]);
        assert_eq!(response.output, format!("{stderr}{}", output.stdout), "{arguments:?}");
        assert!(!response.output.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_huge_output_is_cut() {
    let mut worker = Worker::json();
    let text = "é".repeat(1024 * 1024);
    let output = worker.ask(&Request::say(1, 0, &text)).output;
    let (kept, note) = output.trim_end().rsplit_once('\n').unwrap();
    assert_eq!(kept, &text[..1024 * 1024]);
    assert_eq!(note, "[output truncated: 1048576 of 2097152 bytes]");
}

#[test]
fn saved_requests_replay_to_the_same_responses() {
    let saved = TestDir::new();
    let folder = saved.path().join("deep/saved");
    let mut command = Command::new(WHEELWORKS);
    let mut worker = Worker::start(command.env("WHEELWORKS_SAVE_REQUESTS", &folder), &[]);
    for request in [
        Request { inputs: vec![("x".to_owned(), vec![0, 0xff])], ..Request::say(1, 0, "one\n") },
        Request::new(2, &["@missing.args"]),
        Request { sandbox_dir: "box".to_owned(), ..Request::new(3, &["@missing.args"]) },
        Request::new(4, &["fault", "--panic"]),
        Request::say(0, 0, "five"),
        Request::say(0, 0, "six"),
    ] {
        worker.send(&request);
    }
    let process = worker.process().id();
    let mut recorded = worker.finish().responses;

    let mut files: Vec<_> =
        fs_err::read_dir(&folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    let names: Vec<_> = files.iter().map(|it| it.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, (0..6).map(|n| format!("{process}-{n:06}.json")).collect::<Vec<_>>());
    let stream: Vec<_> = files.iter().flat_map(|file| fs_err::read(file).unwrap()).collect();
    let mut replay = Worker::json();
    replay.send_bytes(&stream);
    let mut replayed = replay.finish().responses;
    recorded.sort();
    replayed.sort();
    assert_eq!(replayed, recorded);
    assert_eq!(replayed.len(), 6);
}

#[test]
fn a_request_that_cannot_be_saved_still_runs() {
    let dir = TestDir::new();
    dir.write("file", "");
    let mut command = Command::new(WHEELWORKS);
    let folder = dir.path().join("file/folder");
    let mut worker = Worker::start(command.env("WHEELWORKS_SAVE_REQUESTS", folder), &[]);
    assert_eq!(worker.ask(&Request::say(1, 0, "x")), Response::new(1, 0, "x"));
    let end = worker.finish();
    assert_eq!(end.code, Some(0));
    assert!(
        end.log().contains("WARN wheelworks::worker::save: WHEELWORKS_SAVE_REQUESTS"),
        "{}",
        end.stderr
    );
}

/// Bazel starts a worker with the environment of an action, without the user's variables.
#[test]
fn options_stand_in_for_environment_variables_and_win_over_them() {
    let dir = TestDir::new();
    let folder = dir.path().join("saved");
    let save = format!("--worker-save-requests={}", folder.display());
    let mut command = Command::new(WHEELWORKS);
    command.env("WHEELWORKS_LOG", "off").env("WHEELWORKS_SAVE_REQUESTS", "/dev/null/never");
    let mut worker = Worker::start(&mut command, &[&save, "--worker-log=warn,=="]);
    assert_eq!(worker.ask(&Request::say(1, 0, "x")), Response::new(1, 0, "x"));
    let end = worker.finish();
    assert!(end.log().contains("cannot understand"), "{}", end.stderr);
    assert_eq!(fs_err::read_dir(&folder).unwrap().count(), 1);
}
