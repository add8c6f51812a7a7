//! Small requests never wait for large ones.

use super::cancelled;
use crate::support::client::Worker;
use crate::support::command::write;
use crate::support::messages::{Request, Response};

/// More requests than run at once on any machine.
const MANY: i32 = 300;

/// Returns a request with a large input.
fn large(id: i32, sleep_ms: u64, text: &str) -> Request {
    Request::say(id, sleep_ms, text).with("--input=large")
}

/// Starts a worker with [`MANY`] large requests. They run or wait until they are cancelled.
fn busy_worker() -> Worker {
    let mut worker = Worker::proto();
    let input = fs_err::File::create(worker.directory().join("large")).unwrap();
    input.set_len(5 << 20).unwrap();
    for id in 1..=MANY {
        worker.send(&large(id, 600_000, "never"));
    }
    worker
}

fn cancel_many(worker: &mut Worker) -> Vec<Response> {
    (1..=MANY).for_each(|id| worker.send(&Request::cancel(id)));
    (1..=MANY).map(cancelled).collect()
}

#[test]
fn small_requests_start_while_all_large_slots_are_busy() {
    let mut worker = busy_worker();
    write(worker.directory(), "module.py", "x = 1\n");
    let mut pack = Request::new(1000, &["pack", "--out", "a-1-py3-none-any.whl"]);
    pack.arguments
        .extend(["--distribution=a", "--version=1", "--member=a.py=module.py"].map(str::to_owned));
    assert_eq!(worker.ask(&pack), Response::new(1000, 0, ""));
    for id in 1001..1100 {
        assert_eq!(worker.ask(&Request::say(id, 0, "x")), Response::new(id, 0, "x"));
    }
    let expected = cancel_many(&mut worker);
    let mut responses = worker.finish().responses;
    responses.sort();
    assert_eq!(responses, expected);
}

#[test]
fn a_small_request_does_not_overtake_a_large_one_of_its_id() {
    let mut worker = busy_worker();
    // There is no slot for the large request, but one for the small request.
    worker.send(&large(1000, 0, "large"));
    worker.send(&Request::say(1000, 0, "x"));
    assert_eq!(worker.ask(&Request::say(1001, 0, "y")), Response::new(1001, 0, "y"));
    let expected = cancel_many(&mut worker);
    let (own, mut others): (Vec<_>, Vec<_>) =
        worker.finish().responses.into_iter().partition(|response| response.id == 1000);
    assert_eq!(own, [Response::new(1000, 0, "large"), Response::new(1000, 0, "x")]);
    others.sort();
    assert_eq!(others, expected);
}

/// Writes a wheel with stored members of zeros, as a sparse file.
fn sparse_wheel(path: &std::path::Path, members: u32, length: u32) {
    use std::os::unix::fs::FileExt as _;

    let file = fs_err::File::create(path).unwrap();
    let mut directory = Vec::new();
    let mut offset = 0_u64;
    for member in 0..members {
        let name = format!("vast/{member}.bin");
        // Version 2.0, no flags, stored, 00:00, 1980-01-01, a wrong CRC.
        let mut fields = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0, 0, 0, 0, 0];
        fields.extend([length.to_le_bytes(), length.to_le_bytes()].concat());
        fields.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        fields.extend([0, 0]);
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(&fields);
        directory.extend([0; 10]);
        directory.extend(u32::try_from(offset).unwrap().to_le_bytes());
        directory.extend(name.as_bytes());
        let header = [b"PK\x03\x04", fields.as_slice(), name.as_bytes()].concat();
        file.file().write_all_at(&header, offset).unwrap();
        offset += header.len() as u64 + u64::from(length);
    }
    let count = u16::try_from(members).unwrap().to_le_bytes();
    let size = u32::try_from(directory.len()).unwrap().to_le_bytes();
    let start = u32::try_from(offset).unwrap().to_le_bytes();
    directory.extend(
        [b"PK\x05\x06\0\0\0\0", &count[..], &count[..], &size[..], &start[..], &[0, 0][..]]
            .concat(),
    );
    file.file().write_all_at(&directory, offset).unwrap();
}

#[test]
fn small_requests_do_not_wait_for_the_threads_of_a_large_one() {
    let mut worker = Worker::start(
        &mut std::process::Command::new(crate::support::WHEELWORKS),
        &["--worker-jobs=1"],
    );
    let vast = "vast-1-py3-none-any.whl";
    // Hashing takes one thread several seconds.
    sparse_wheel(&worker.directory().join(vast), 8, 480 << 20);
    write(worker.directory(), "small-1-py3-none-any.whl", "no wheel");
    worker.send(&Request::new(1, &["check", vast]));
    for id in 2..=40 {
        let response = worker.ask(&Request::new(id, &["check", "small-1-py3-none-any.whl"]));
        assert_eq!(response.id, id, "a small request waited for a large one");
    }
    worker.send(&Request::cancel(1));
    assert_eq!(worker.receive(), cancelled(1));
    assert_eq!(worker.finish().code, Some(0));
}
