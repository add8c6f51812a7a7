//! One wheel, by hand and by workers, on one thread and two, with and without caches: the same bytes.

use std::process::Command;

use super::shape::{NAME, Shape, wheel_in};
use crate::support::WHEELWORKS;
use crate::support::client::Worker;
use crate::support::messages::{Request, Response};
use crate::support::sample::text;

/// A module and a graft of several chunks each, a program that moves, and members that stay.
const SHAPE: Shape = Shape {
    about: "large files",
    build: r#"echo '.section .rodata; .incbin "large"' > large.s
        gcc -shared -fPIC dep.c large.s -Wl,-z,noexecstack -Wl,-soname,libdep.so.1 -o ext/libdep.so.1.2
        gcc -shared -fPIC mod.c large.s -Wl,-z,noexecstack ext/libdep.so.1 -o mod.abi3.so
        gcc main.c ext/libdep.so.1 -o prog"#,
    members: &[
        ("pkg/mod.abi3.so", "mod.abi3.so"),
        ("pkg/data", "large"),
        ("pkg-1.0.data/scripts/prog", "prog"),
    ],
    arguments: &["--strip"],
    ..Shape::USUAL
};

const ARGUMENTS: [&str; 7] = ["repair", NAME, "-w", "out", "--strip", "--ldpaths", "ext"];

#[test]
fn by_hand_and_by_workers() {
    let (dir, wheel) = SHAPE.unwritten_with(&[("large", &text(3 << 20, 1))]);
    wheel.write(dir.path());
    let mut found: Vec<(String, Vec<u8>)> = Vec::new();
    for options in
        [&["-j1"][..], &["-j2"], &["-j2", "--cache-dir=cache"], &["-j1", "--cache-dir=cache"]]
    {
        for _ in 0..2 {
            dir.wheelworks(&[&ARGUMENTS, options].concat()).expect(0);
            let bytes = fs_err::read(wheel_in(&dir, "out").unwrap()).unwrap();
            found.push((format!("{options:?}"), bytes));
            fs_err::remove_dir_all(dir.path().join("out")).unwrap();
        }
    }
    for jobs in ["--worker-jobs=1", "--worker-jobs=2"] {
        let mut command = Command::new(WHEELWORKS);
        let mut worker = Worker::start(&mut command, &[jobs]);
        for id in 1..=2 {
            // As Bazel's sandboxes, one for each request.
            let sandbox = worker.directory().join(id.to_string());
            fs_err::create_dir_all(sandbox.join("ext")).unwrap();
            for (from, to) in [(NAME, NAME), ("ext/libdep.so.1.2", "ext/libdep.so.1")] {
                let from = dir.path().join(from);
                fs_err::os::unix::fs::symlink(from, sandbox.join(to)).unwrap();
            }
            let arguments = [&ARGUMENTS[..], &["--quiet"]].concat();
            let request = Request { sandbox_dir: id.to_string(), ..Request::new(id, &arguments) };
            assert_eq!(worker.ask(&request), Response::new(id, 0, ""));
            let out = fs_err::read_dir(sandbox.join("out")).unwrap().flatten().next().unwrap();
            found.push((format!("{jobs} {id}"), fs_err::read(out.path()).unwrap()));
        }
        assert_eq!(worker.finish().code, Some(0));
    }
    for (how, bytes) in &found {
        assert!(*bytes == found[0].1, "{how} differs from {}", found[0].0);
    }
    assert_eq!(found.len(), 12);
}
