//! `wheelworks repack`: rewrites wheels of other tools as `pack` would write them.

mod names;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::WHEELWORKS;
use crate::support::archive::assert_conforms;
use crate::support::client::Worker;
use crate::support::command::TestDir;
use crate::support::craft::Parts;
use crate::support::messages::{Request, Response};
use crate::support::sample::{assert_no_temporary, noise, text};
use crate::support::wheel::Wheel;

/// The file name that another tool gives the wheel, and the normalised name.
const NAME: &str = "Sample.Pkg-1.0-py3-none-any.whl";
const FILENAME: &str = "sample_pkg-1.0-py3-none-any.whl";

/// Returns a wheel as other tools write it: old spelling, unsorted members, a data directory, a
/// signature.
fn wheel() -> Wheel {
    let mut wheel = Wheel::new(NAME);
    wheel
        .member("sample_pkg/z.py", "z = 1\n".repeat(1000))
        .member("sample_pkg/a.py", "")
        .member("Sample.Pkg-1.0.data/scripts/tool", "#!python\n")
        .member("Sample.Pkg-1.0.dist-info/RECORD.jws", "signed")
        .unrecorded("Sample.Pkg-1.0.dist-info/RECORD.jws")
        .member("sample_pkg/large.txt", text(3 << 20, 1))
        .member("sample_pkg/noise.bin", noise(2 << 20, 2));
    wheel
}

/// Writes the same wheel with stored members, as build scripts do.
fn store(path: &Path) {
    let bytes = fs_err::read(path).unwrap();
    let mut archive = Parts::of(&bytes);
    let entries = crate::support::archive::parse(&bytes).unwrap().entries;
    for (index, entry) in entries.iter().enumerate() {
        archive.store(index, &crate::support::archive::content(&bytes, entry));
    }
    fs_err::write(path, archive.render()).unwrap();
}

/// Runs `repack` into this directory. Returns the path of the wheel.
fn repacked(dir: &TestDir, directory: &str, arguments: &[&str]) -> PathBuf {
    fs_err::create_dir_all(dir.path().join(directory)).unwrap();
    let arguments = [&["repack", "-w", directory], arguments].concat();
    let command = dir.wheelworks(&arguments).env("WHEELWORKS_VALIDATE_OUTPUT", "1");
    command.patience(5).expect(0);
    assert_no_temporary(&dir.path().join(directory));
    dir.path().join(directory).join(FILENAME)
}

fn assert_same(one: &Path, other: &Path) {
    let is_same = fs_err::read(one).unwrap() == fs_err::read(other).unwrap();
    assert!(is_same, "{} and {} differ", one.display(), other.display());
}

#[test]
fn the_same_bytes_as_packing_the_unpacked_wheel() {
    for level in ["0", "1", "6"] {
        let dir = TestDir::new();
        let path = wheel().write(dir.path());
        dir.wheelworks(&["unpack", NAME, "-d", "tree"]).expect(0);
        fs_err::create_dir(dir.path().join("packed")).unwrap();
        let level = ["--compression-level", level];
        let arguments = [&["pack", "tree", "-w", "packed"], level.as_slice()].concat();
        dir.wheelworks(&arguments).patience(5).expect(0);
        let packed = dir.path().join("packed").join(FILENAME);
        assert_conforms(&packed);

        let deflated = [&[NAME, "-j1"], level.as_slice()].concat();
        assert_same(&repacked(&dir, "deflated", &deflated), &packed);
        let again = [&["deflated/sample_pkg-1.0-py3-none-any.whl"], level.as_slice()].concat();
        assert_same(&repacked(&dir, "again", &again), &packed);
        store(&path);
        let stored = [&[NAME, "-j5"], level.as_slice()].concat();
        assert_same(&repacked(&dir, "stored", &stored), &packed);
    }
}

/// Runs `repack` on a changed wheel, which it must refuse without an output.
fn refused(wheel: &Wheel, change: impl Fn(&mut Parts), arguments: &[&str]) -> String {
    let dir = TestDir::new();
    let path = wheel.write(dir.path());
    let mut archive = Parts::of(&fs_err::read(&path).unwrap());
    change(&mut archive);
    fs_err::write(&path, archive.render()).unwrap();
    fs_err::create_dir(dir.path().join("out")).unwrap();
    let arguments = [&["repack"], arguments].concat();
    let output = dir.wheelworks(&arguments).patience(5).expect(2);
    assert_eq!(fs_err::read_dir(dir.path().join("out")).unwrap().count(), 0);
    assert_no_temporary(dir.path());
    assert_eq!(output.stdout, "");
    output.stderr
}

const TO_OUT: [&str; 3] = [NAME, "-w", "out"];

fn index(archive: &Parts, name: &str) -> usize {
    archive.entries.iter().position(|part| part.central.name == name.as_bytes()).unwrap()
}

#[test]
fn the_record_of_the_input_is_verified() {
    let mut wrong = wheel();
    wrong.unrecorded("sample_pkg/a.py").row("sample_pkg/ghost.py");
    let said = refused(&wrong, |_| (), &TO_OUT);
    let expected = format!(
        "error: `{NAME}`: RECORD does not agree with the files:\n  `sample_pkg/ghost.py`: expected this file, found none\n  `sample_pkg/a.py`: expected a row for this file, found none\nhint: "
    );
    assert!(said.starts_with(&expected), "{said}");

    let store = |name: &'static str, data: Vec<u8>| {
        move |archive: &mut Parts| archive.store(index(archive, name), &data)
    };
    for (name, data, expected) in [
        ("sample_pkg/a.py", b"x".to_vec(), "`sample_pkg/a.py`: expected 0 bytes, found 1"),
        ("sample_pkg/z.py", b"z = 2\n".repeat(1000), "`sample_pkg/z.py`: expected sha256="),
        ("sample_pkg/large.txt", text(3 << 20, 9), "`sample_pkg/large.txt`: expected sha256="),
        (
            "Sample.Pkg-1.0.data/scripts/tool",
            b"#!Python\n".to_vec(),
            "`Sample.Pkg-1.0.data/scripts/tool`: expected sha256=",
        ),
        (
            "Sample.Pkg-1.0.dist-info/RECORD",
            b"a\n".to_vec(),
            "row 1 of RECORD: expected path, hash and size",
        ),
    ] {
        let said = refused(&wheel(), store(name, data), &TO_OUT);
        assert!(said.contains(expected), "expected {expected}, found {said}");
    }
}

#[test]
fn damaged_and_hostile_wheels_are_refused() {
    type Change = fn(&mut Parts);
    let cases: [(Change, &str); 6] = [
        (|archive| archive.both(2, |header| header.crc ^= 1), "expected CRC-32"),
        (
            |archive| {
                let large = index(archive, "sample_pkg/large.txt");
                archive.store(large, &text(3 << 20, 1));
                archive.both(large, |header| header.crc ^= 1);
            },
            "member `sample_pkg/large.txt`: expected CRC-32",
        ),
        (
            |archive| {
                let large = index(archive, "sample_pkg/large.txt");
                let middle = archive.entries[large].data.len() / 2;
                archive.entries[large].data[middle..].fill(0xFF);
            },
            "member `sample_pkg/large.txt`: ",
        ),
        (|archive| archive.both(2, |header| header.name = b"../x".to_vec()), "found `..`"),
        (
            |archive| archive.both(2, |header| header.external = 0o120_777 << 16),
            "found a symbolic link",
        ),
        (
            |archive| {
                archive
                    .both(0, |header| header.name = b"Sample.Pkg-1.0.dist-info/METADATB".to_vec());
            },
            "RECORD does not agree",
        ),
    ];
    for (change, expected) in cases {
        let said = refused(&wheel(), change, &TO_OUT);
        assert!(said.starts_with(&format!("error: `{NAME}`: ")), "{said}");
        assert!(said.contains(expected), "expected {expected}, found {said}");
    }
}

#[test]
fn unexpected_names_are_refused() {
    for (arguments, expected) in [
        (
            vec![NAME, "-w", "out", "--expect-name", "sample_pkg-1.0-cp312-none-any.whl"],
            "expected a wheel named `sample_pkg-1.0-cp312-none-any.whl`, found `sample_pkg-1.0-py3-none-any.whl`",
        ),
        (
            vec![NAME, "--out", "out/other-1.0-py3-none-any.whl"],
            "is not the name of this wheel: expected `sample_pkg-1.0-py3-none-any.whl`",
        ),
        (vec![NAME, NAME, "--out", FILENAME], "--out: expected one wheel, found 2"),
        (vec!["out", "-w", "out"], "`out`: expected wheels in the directory, found none"),
        (vec![NAME, "-w", NAME], "cannot create `Sample.Pkg-1.0-py3-none-any.whl`"),
    ] {
        let said = refused(&wheel(), |_| (), &arguments);
        assert!(said.contains(expected), "expected {expected}, found {said}");
    }
}

#[test]
fn a_directory_with_one_wheel_is_accepted() {
    let dir = TestDir::new();
    fs_err::create_dir(dir.path().join("dist")).unwrap();
    wheel().write(&dir.path().join("dist"));
    // Any spelling of the wheel's name is accepted.
    let arguments = ["repack", "dist", "--expect-name", FILENAME, "--out", NAME];
    let output = dir.wheelworks(&arguments).expect(0);
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
    assert_same(&dir.path().join(NAME), &repacked(&dir, "out", &["dist"]));
    Wheel::new("sample_pkg-2.0-py3-none-any.whl").write(&dir.path().join("dist"));
    let arguments = ["repack", "dist", "--expect-name", FILENAME, "-w", "out"];
    let said = dir.wheelworks(&arguments).expect(2).stderr;
    assert!(said.contains("found Sample.Pkg-1.0-py3-none-any.whl, sample_pkg-2.0-"), "{said}");
}

#[test]
fn several_wheels_are_all_written_or_none() {
    let dir = TestDir::new();
    wheel().write(dir.path());
    let other = "other-2.0-py3-none-any.whl";
    Wheel::new(other).row("ghost").write(dir.path());
    fs_err::create_dir(dir.path().join("out")).unwrap();
    dir.wheelworks(&["repack", NAME, other, "-w", "out"]).expect(2);
    assert_eq!(fs_err::read_dir(dir.path().join("out")).unwrap().count(), 0);
    Wheel::new(other).write(dir.path());
    let output = dir.wheelworks(&["repack", NAME, other, "-w", "out"]).expect(0);
    assert_eq!(output.stdout, format!("out/{FILENAME}\nout/{other}\n"));
    assert_conforms(&dir.path().join("out").join(other));
}

#[test]
fn a_renamed_wheel_gets_its_name_back_and_a_warning() {
    let dir = TestDir::new();
    let path = wheel().write(dir.path());
    fs_err::rename(path, dir.path().join("renamed-1.0-py3-none-any.whl")).unwrap();
    fs_err::create_dir(dir.path().join("out")).unwrap();
    let output = dir.wheelworks(&["repack", "renamed-1.0-py3-none-any.whl", "-w", "out"]).expect(0);
    assert_eq!(output.stdout, format!("out/{FILENAME}\n"));
    assert!(output.stderr.starts_with("warning: `renamed-1.0-py3-none-any.whl` is the wheel"));
}

#[test]
fn a_worker_repacks_in_its_sandbox() {
    let mut command = Command::new(WHEELWORKS);
    command.env("WHEELWORKS_LOG", "wheelworks::worker=debug");
    let mut worker = Worker::start(&mut command, &[]);
    let sandbox = worker.directory().join("box");
    fs_err::create_dir_all(sandbox.join("out")).unwrap();
    wheel().write(&sandbox);
    let out = format!("--out=out/{FILENAME}");
    let arguments = ["repack", NAME, &out, "--compression-level=1"];
    let request = Request { sandbox_dir: "box".to_owned(), ..Request::new(1, &arguments) };
    assert_eq!(worker.ask(&request), Response::new(1, 0, ""));
    assert_conforms(&sandbox.join("out").join(FILENAME));
    let mut long = wheel();
    long.member("sample_pkg/long", text(48 << 20, 3));
    long.write(&sandbox);
    let arguments = ["repack", NAME, &out, "--compression-level=12"];
    worker.send(&Request { sandbox_dir: "box".to_owned(), ..Request::new(2, &arguments) });
    worker.wait_for_log("request `2` runs", 1);
    worker.send(&Request::cancel(2));
    assert_eq!(worker.receive(), Response { was_cancelled: true, ..Response::new(2, 2, "") });
    assert_no_temporary(&sandbox.join("out"));
    assert_eq!(worker.finish().code, Some(0));
}
