//! A second unpack takes files from `--cache-dir`. Whatever happened to them in between, it gives the same
//! output as without.

use std::os::unix::fs::{FileExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use fs_err::File;

use super::listing;
use crate::support::WHEELWORKS;
use crate::support::client::Worker;
use crate::support::command::TestDir;
use crate::support::messages::Request;
use crate::support::wheel::Wheel;

const NAME: &str = "sample-1.0-py3-none-any.whl";

/// The file that is edited.
const EDITED: &str = "sample/large.bin";

/// Returns a wheel with empty, equal, small and large files, and a script.
fn wheel() -> Wheel {
    let mut wheel = Wheel::new(NAME);
    wheel
        .member("sample/__init__.py", "")
        .member("sample/empty.py", "")
        .member("sample/small.py", "small = 1\n")
        .member(EDITED, crate::support::sample::noise(3 << 20, 1))
        .member("sample/same.bin", crate::support::sample::noise(3 << 20, 1))
        .member("sample-1.0.data/scripts/tool", "#!/bin/sh\necho\n");
    wheel
}

/// A directory with a wheel, and a worker that has a cache directory there.
struct Bench {
    dir: TestDir,
    worker: Worker,
    mode: &'static str,
    expected: Vec<(String, u32, Vec<u8>)>,
}

impl Bench {
    fn new(mode: &'static str) -> Self {
        let dir = TestDir::new();
        wheel().write(dir.path());
        let mut command = Command::new("env");
        command.args([&format!("--chdir={}", dir.path().display()), WHEELWORKS]);
        let mut worker = Worker::start(&mut command, &["--cache-dir=cache"]);
        worker.let_files_settle();
        dir.wheelworks(&["unpack", "--wheel", NAME, "-d", "plain"]).expect(0);
        let expected = listing(&dir.path().join("plain"));
        Self { dir, worker, mode, expected }
    }

    fn arguments(&self, out: &str) -> Vec<String> {
        let mode = format!("--link-mode={}", self.mode);
        ["unpack", "--wheel", NAME, "-d", out, &mode].map(str::to_owned).to_vec()
    }

    /// Unpacks, compares the output with that without a cache, and returns how many of its files came from
    /// the cache directory.
    fn unpack(&mut self, out: &str) -> usize {
        let request =
            Request { id: 1, arguments: self.arguments(out), verbosity: 10, ..Request::default() };
        let response = self.worker.ask(&request);
        assert_eq!(response.exit_code, 0, "{}", response.output);
        self.check(out);
        linked(&response.output)
    }

    /// The same by a process of its own.
    fn unpack_by_hand(&self, out: &str) -> usize {
        let arguments = self.arguments(out);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let arguments = [&["--cache-dir=cache", "-v"], arguments.as_slice()].concat();
        let said = self.dir.wheelworks(&arguments).expect(0).stderr;
        self.check(out);
        linked(&said)
    }

    fn check(&self, out: &str) {
        assert!(listing(&self.dir.path().join(out)) == self.expected, "{} {out}", self.mode);
    }

    /// Returns the number of members whose files are kept: all but RECORD, which gets other paths.
    fn all(&self) -> usize {
        let is_file = |path: &str| self.dir.path().join("plain").join(path).is_file();
        self.expected.iter().filter(|(path, ..)| is_file(path)).count() - 1
    }

    /// Returns the kept file with the content of [`EDITED`].
    fn kept(&self) -> PathBuf {
        let all = walkdir::WalkDir::new(self.dir.path().join("cache/v1/files"));
        let paths = all.into_iter().map(|entry| entry.unwrap().into_path());
        let mut large =
            paths.filter(|path| path.is_file() && path.metadata().unwrap().len() == 3 << 20);
        let found = large.next().expect("a kept file");
        assert_eq!(large.next(), None, "equal files are kept once");
        found
    }
}

fn linked(said: &str) -> usize {
    let Some((before, _)) = said.split_once(" of them from the cache directory") else { return 0 };
    before.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn a_second_unpack_takes_every_file_from_the_cache_directory() {
    for mode in ["hardlink", "copy"] {
        let mut bench = Bench::new(mode);
        let all = bench.all();
        let found = ["first", "second", "third"].map(|out| bench.unpack(out));
        assert_eq!(found, [0, all, all], "{mode}");
        assert_eq!(bench.unpack_by_hand("fourth"), all, "{mode}");
        let linked = bench.dir.path().join("third").join(EDITED);
        let links = std::os::unix::fs::MetadataExt::nlink(&linked.metadata().unwrap());
        assert_eq!(links > 1, mode == "hardlink");
        // Outputs may go in any order.
        for out in ["first", "second"] {
            fs_err::remove_dir_all(bench.dir.path().join(out)).unwrap();
        }
        assert_eq!(bench.unpack("fifth"), all, "{mode}");
    }
}

/// Clones are made where the file system can; elsewhere nothing is kept.
#[test]
fn clones_are_tried_first() {
    let mut bench = Bench::new("clone");
    let all = bench.all();
    bench.unpack("first");
    let found = bench.unpack("second");
    let is_kept = bench.dir.path().join("cache/v1/files").exists();
    assert_eq!(found, if is_kept { all } else { 0 });
    let output = bench.dir.wheelworks(&["unpack", "--wheel", NAME, "-d", "c", "--link-mode=copy"]);
    let said = output.expect(0).stderr;
    assert!(said.contains("`--link-mode copy`: expected `--cache-dir`"), "{said}");
}

/// Does something to a file.
type Change = fn(&Path);

fn keep_time(path: &Path, change: impl FnOnce(&Path)) {
    let modified = path.metadata().unwrap().modified().unwrap();
    change(path);
    File::options().write(true).open(path).unwrap().set_modified(modified).unwrap();
}

fn write_at(path: &Path, bytes: &[u8], offset: u64) {
    let file = File::options().write(true).open(path).unwrap();
    file.file().write_all_at(bytes, offset).unwrap();
}

fn replace(path: &Path, with: impl FnOnce(&Path)) {
    fs_err::remove_file(path).unwrap();
    with(path);
}

/// What can happen to an unpacked file, and to a file in the cache directory.
const CHANGES: [(&str, Change); 12] = [
    ("nothing", |_| ()),
    ("one byte", |path| write_at(path, b"!", 1 << 20)),
    ("one byte, and the old time", |path| keep_time(path, |path| write_at(path, b"!", 1 << 20))),
    ("longer", |path| write_at(path, b"more", 3 << 20)),
    ("cut", |path| File::options().write(true).open(path).unwrap().set_len(10).unwrap()),
    ("touched", |path| {
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(std::time::SystemTime::now()).unwrap();
    }),
    ("other permissions", |path| {
        fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }),
    ("removed", |path| fs_err::remove_file(path).unwrap()),
    ("another file", |path| replace(path, |path| fs_err::write(path, "other").unwrap())),
    ("a link", |path| {
        replace(path, |path| symlink("/dev/null", path).unwrap());
    }),
    ("a directory", |path| replace(path, |path| fs_err::create_dir(path).unwrap())),
    ("a pipe", |path| {
        replace(path, |path| {
            let mode = rustix::fs::Mode::RUSR;
            rustix::fs::mkfifoat(rustix::fs::CWD, path, mode).unwrap();
        });
    }),
];

/// An edit of an unpacked file changes no later output, also if both are one file.
#[test]
fn edits_of_an_output_do_not_come_back() {
    for mode in ["hardlink", "copy"] {
        let mut bench = Bench::new(mode);
        let all = bench.all();
        bench.unpack("first");
        for (number, (what, change)) in CHANGES.iter().enumerate() {
            let (edited, next) = (format!("edited-{number}"), format!("next-{number}"));
            bench.unpack(&edited);
            change(&bench.dir.path().join(&edited).join(EDITED));
            let found = bench.unpack(&next);
            // The two equal large files are one.
            let is_edit = matches!(
                *what,
                "one byte" | "one byte, and the old time" | "longer" | "cut" | "other permissions"
            );
            let is_spoilt = is_edit && mode == "hardlink";
            let expected = if is_spoilt { all - 2 } else { all };
            assert_eq!(found, expected, "{mode}: {what}");
            assert_eq!(bench.unpack(&format!("last-{number}")), all, "{mode}: {what}");
        }
    }
}

#[test]
fn damage_to_a_kept_file_is_noticed() {
    for mode in ["hardlink", "copy"] {
        let mut bench = Bench::new(mode);
        let all = bench.all();
        bench.unpack("first");
        for (number, (what, change)) in CHANGES.iter().enumerate() {
            // A hard link is an output's file, too: that one is left out.
            drop(fs_err::remove_dir_all(bench.dir.path().join("cache")));
            bench.unpack(&format!("fresh-{number}"));
            change(&bench.kept());
            let found = bench.unpack(&format!("next-{number}"));
            let expected = if matches!(*what, "nothing" | "touched") { all } else { all - 2 };
            assert_eq!(found, expected, "{mode}: {what}");
            assert_eq!(bench.unpack(&format!("last-{number}")), all, "{mode}: {what}");
        }
    }
}

/// Another wheel in the same file, with the same time, is another wheel.
#[test]
fn a_changed_wheel_is_unpacked_anew() {
    let mut bench = Bench::new("hardlink");
    bench.unpack("first");
    let mut other = wheel();
    other.replace("sample/small.py", "small = 2\n");
    fs_err::create_dir(bench.dir.path().join("other")).unwrap();
    let other = fs_err::read(other.write(&bench.dir.path().join("other"))).unwrap();
    let path = bench.dir.path().join(NAME);
    keep_time(&path, |path| fs_err::write(path, &other).unwrap());
    fs_err::remove_dir_all(bench.dir.path().join("plain")).unwrap();
    bench.dir.wheelworks(&["unpack", "--wheel", NAME, "-d", "plain"]).expect(0);
    bench.expected = listing(&bench.dir.path().join("plain"));
    assert_eq!(bench.unpack("second"), 0);
    // A damaged wheel is refused although all its files are known.
    keep_time(&path, |path| write_at(path, b"damaged", other.len() as u64 / 2));
    let arguments = bench.arguments("third");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let known = bench.worker.ask(&Request::new(1, &arguments));
    let unknown = bench.dir.wheelworks(&arguments).expect(2);
    assert_eq!((known.exit_code, known.output), (2, unknown.stderr));
}

/// Members with a digest in the cache directory are compared with RECORD and with other sources.
#[test]
fn known_files_are_compared() {
    let mut bench = Bench::new("hardlink");
    bench.unpack("first");
    bench.dir.write("other", crate::support::sample::noise(3 << 20, 2));
    let file = format!("--file={EDITED}=other");
    let arguments = bench.arguments("out");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let response = bench.worker.ask(&Request::new(1, &[arguments.as_slice(), &[&file]].concat()));
    assert_eq!(response.exit_code, 2);
    assert!(response.output.contains("two files with different content"), "{}", response.output);
}

/// The layout is not part of what is known.
#[test]
fn another_layout_takes_the_same_files() {
    let mut bench = Bench::new("hardlink");
    bench.unpack("first");
    let mut arguments = bench.arguments("out");
    arguments.push("--python-version=3.12".to_owned());
    let request = Request { id: 1, arguments, verbosity: 10, ..Request::default() };
    let response = bench.worker.ask(&request);
    assert_eq!(linked(&response.output), bench.all(), "{}", response.output);
    let layout = ["--python-version=3.12", "-d", "unknown"];
    bench.dir.wheelworks(&[&["unpack", "--wheel", NAME], &layout[..]].concat()).expect(0);
    let out = |name: &str| listing(&bench.dir.path().join(name));
    assert!(out("out") == out("unknown"));
}
