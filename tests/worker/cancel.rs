//! Cancel requests: each request is answered once, whenever it is cancelled.

use super::cancelled;
use crate::support::client::Worker;
use crate::support::messages::{Request, Response};

#[test]
fn a_running_request_is_cancelled() {
    // Id 0 is what Bazel 4.2.3 cancels under dynamic execution.
    for id in [0, 7] {
        for mut worker in [Worker::proto(), Worker::json()] {
            let runs = worker.fifo("runs");
            worker.send(&Request::say(id, 600_000, "never").with("--notify=runs"));
            runs.wait();
            worker.send(&Request::cancel(id));
            assert_eq!(worker.receive(), cancelled(id));
            // The id is free again. A late second cancel gets no response.
            worker.send(&Request::cancel(id));
            let response = worker.ask(&Request::say(id, 0, "again"));
            assert_eq!(response, Response::new(id, 0, "again"));
            let end = worker.finish();
            assert_eq!((end.code, end.responses), (Some(0), vec![]));
        }
    }
}

#[test]
fn a_waiting_request_is_cancelled_at_once() {
    let mut worker = Worker::proto();
    // More requests than run at once on any machine.
    for id in 1..=300 {
        worker.send(&Request::say(id, 600_000, "never"));
    }
    for id in (1..=300).rev() {
        worker.send(&Request::cancel(id));
        if id > 200 {
            // The first ones still run, so this one waits.
            assert_eq!(worker.receive(), cancelled(id));
        }
    }
    let end = worker.finish();
    let mut responses = end.responses;
    responses.sort();
    assert_eq!(responses, (1..=200).map(cancelled).collect::<Vec<_>>());
    assert_eq!(end.code, Some(0));
}

#[test]
fn a_cancel_stops_all_open_requests_of_its_id() {
    let mut worker = Worker::proto();
    worker.send(&Request::say(3, 600_000, "first"));
    worker.send(&Request::say(3, 600_000, "second"));
    worker.send(&Request::cancel(3));
    let end = worker.finish();
    assert_eq!(end.responses, [cancelled(3), cancelled(3)]);
    assert_eq!(end.code, Some(0));
}

#[test]
fn a_cancel_of_an_unknown_request_is_no_request() {
    let mut worker = Worker::proto();
    worker.send(&Request::cancel(0));
    worker.send(&Request::cancel(5));
    assert_eq!(worker.ask(&Request::say(5, 0, "x")), Response::new(5, 0, "x"));
    worker.send(&Request::cancel(5));
    // A cancel request has no arguments. If it has, it is still a cancel request.
    worker.send(&Request { cancel: true, ..Request::say(6, 0, "y") });
    let end = worker.finish();
    assert_eq!((end.code, end.responses), (Some(0), vec![]));
}

#[test]
fn a_request_that_is_done_first_is_answered_normally() {
    let mut worker = Worker::proto();
    for id in 1..=100 {
        worker.send(&Request::say(id, u64::try_from(id % 3).unwrap(), "x"));
        worker.send(&Request::cancel(id));
    }
    let end = worker.finish();
    let mut ids: Vec<_> = end.responses.iter().map(|response| response.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, (1..=100).collect::<Vec<_>>());
    for response in end.responses {
        let normal = Response::new(response.id, 0, "x");
        assert!(response == normal || response == cancelled(response.id), "{response:?}");
    }
}
