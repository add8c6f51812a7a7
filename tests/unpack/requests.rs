//! Unpacking as requests to a worker.

use std::path::Path;

use super::{files, parts};
use crate::support::client::Worker;
use crate::support::command::write;
use crate::support::craft::Parts;
use crate::support::messages::{Request, Response};
use crate::support::sample::assert_no_temporary;
use crate::support::until;
use crate::support::wheel::Wheel;

#[test]
fn paths_are_relative_to_the_sandbox() {
    for mut worker in [Worker::proto(), Worker::json()] {
        let sandbox = worker.directory().join("box");
        write(&sandbox, "in/a.zip", parts(&[("a", b"a")]).render());
        write(&sandbox, "in/file", "file");
        let path = Wheel::new("sample-1.0-py3-none-any.whl").write(&sandbox.join("in"));
        let name = path.file_name().unwrap().to_str().unwrap();
        // Bazel creates the directory.
        fs_err::create_dir_all(sandbox.join("bin/out")).unwrap();
        let wheel = format!("--wheel=in/{name}");
        let arguments = ["unpack", "--out=bin/out", &wheel, "--zip=in/a.zip", "--file=f=in/file"];
        let request = Request { sandbox_dir: "box".to_owned(), ..Request::new(1, &arguments) };
        assert_eq!(worker.ask(&request), Response::new(1, 0, ""));
        let found: Vec<String> =
            files(&sandbox.join("bin/out")).into_iter().map(|(path, _)| path).collect();
        assert_eq!(found.len(), 5, "{found:?}");
        assert_no_temporary(&sandbox.join("bin"));
        let end = worker.finish();
        assert_eq!((end.code, end.responses), (Some(0), vec![]));
    }
}

/// Returns a small archive that takes long to unpack.
fn long() -> Parts {
    let mut archive = parts(&[("zeros-00", &vec![0; 32 << 20])]);
    let first = archive.entries[0].clone();
    for number in 1..100 {
        let mut part = first.clone();
        let name = format!("zeros-{number:02}").into_bytes();
        part.local.name.clone_from(&name);
        part.central.name = name;
        archive.entries.push(part);
    }
    archive
}

fn wait_for_temporary(directory: &Path) {
    until("something is unpacked", || {
        let is_temporary = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with(".wheelw");
        let entries = fs_err::read_dir(directory).unwrap().flatten();
        let mut temporary = entries.filter(|entry| is_temporary(&entry.file_name()));
        temporary
            .any(|entry| fs_err::read_dir(entry.path()).is_ok_and(|mut it| it.next().is_some()))
    });
}

#[test]
fn a_cancelled_request_leaves_nothing() {
    let mut worker = Worker::proto();
    let directory = worker.directory().to_owned();
    write(&directory, "long.zip", long().render());
    fs_err::create_dir(directory.join("out")).unwrap();
    worker.send(&Request::new(1, &["unpack", "long.zip", "-d", "out", "--max-ratio=5000"]));
    wait_for_temporary(&directory);
    worker.send(&Request::cancel(1));
    let response = worker.receive();
    assert_eq!(response, Response { was_cancelled: true, ..Response::new(1, 2, "") });
    assert_no_temporary(&directory);
    assert_eq!(fs_err::read_dir(directory.join("out")).unwrap().count(), 0);
    let end = worker.finish();
    assert_eq!((end.code, end.responses), (Some(0), vec![]));
}
