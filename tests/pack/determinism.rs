//! The output is reproducible: it depends only on the input.

use std::time::{Duration, SystemTime};

use fs_err::File;

use crate::support::archive::assert_conforms;
use crate::support::client::Worker;
use crate::support::command::{TestDir, write};
use crate::support::messages::Request;
use crate::support::sample::{DECLARED, FILENAME, noise, pack, text, tree};

/// Makes the sample tree with large members of several chunks, compressible and incompressible.
fn large_tree() -> TestDir {
    let dir = tree();
    dir.write("tree/sample_pkg/a.txt", text(5 << 20, 1))
        .write("tree/sample_pkg/b.bin", noise(5 << 20, 2))
        .write("tree/sample_pkg/c.txt", text(3 << 20, 3));
    dir
}

fn packed(dir: &TestDir, arguments: &[&str]) -> Vec<u8> {
    let (_, path) = pack(dir, arguments, FILENAME);
    let bytes = fs_err::read(&path).unwrap();
    fs_err::remove_file(path).unwrap();
    bytes
}

#[test]
fn threads_times_and_paths_do_not_matter() {
    let dir = large_tree();
    let expected = packed(&dir, &["pack", "tree"]);
    for jobs in ["--jobs=1", "--jobs=2", "--jobs=3", "--jobs=8", "--jobs=0", "--json"] {
        assert!(packed(&dir, &["pack", "tree", jobs]) == expected, "{jobs}");
    }
    assert!(packed(&large_tree(), &["pack", "tree"]) == expected, "another directory");
    for entry in walkdir::WalkDir::new(dir.path().join("tree")).into_iter().flatten() {
        let when =
            SystemTime::UNIX_EPOCH + Duration::from_secs(entry.path().as_os_str().len() as u64);
        File::open(entry.path()).unwrap().set_modified(when).unwrap();
    }
    assert!(packed(&dir, &["pack", "tree"]) == expected, "other times");
    let stored = packed(&dir, &["pack", "tree", "--compression-level=0"]);
    assert!(stored != expected, "the comparison sees no difference");
}

/// From eight threads and 64 MiB on, members are cut on a thread of their own.
#[test]
fn many_threads_and_bytes_do_not_matter() {
    let dir = large_tree();
    // Zeros are fast to compress, but their chunks all have the greatest length.
    File::create(dir.path().join("tree/sample_pkg/d.bin")).unwrap().set_len(64 << 20).unwrap();
    for level in ["--compression-level=1", "--compression-level=0"] {
        let expected = packed(&dir, &["pack", "tree", level, "--jobs=1"]);
        for jobs in ["--jobs=7", "--jobs=8", "--jobs=33"] {
            assert!(packed(&dir, &["pack", "tree", level, jobs]) == expected, "{level} {jobs}");
        }
    }
}

#[test]
fn the_order_of_members_does_not_matter() {
    let dir = TestDir::new();
    let mut lines: Vec<String> = (0..500)
        .map(|n| {
            let name = format!("{:x}", n * 7919);
            write(&dir.path().join("in"), &name, text(n, n as u64));
            format!("--member=pkg/{name}=in/{name}")
        })
        .collect();
    let pack_in_order = |lines: &[String]| {
        dir.write("args", lines.join("\n"));
        let mut arguments = DECLARED.to_vec();
        arguments.push("@args");
        packed(&dir, &arguments)
    };
    let expected = pack_in_order(&lines);
    lines.reverse();
    assert!(pack_in_order(&lines) == expected, "reversed");
    lines.sort_by_key(|line| crc32fast::hash(line.as_bytes()));
    assert!(pack_in_order(&lines) == expected, "shuffled");
}

#[test]
fn the_worker_gives_the_same_bytes() {
    let dir = large_tree();
    let expected = packed(&dir, &["pack", "tree"]);
    let tree = dir.path().join("tree");
    let tree = tree.to_str().unwrap();
    for mut worker in [Worker::proto(), Worker::json()] {
        for round in 1..=3 {
            let out = worker.directory().join(round.to_string());
            fs_err::create_dir(&out).unwrap();
            let out_argument = format!("--wheel-dir={}", out.display());
            let response = worker.ask(&Request::new(round, &["pack", tree, &out_argument]));
            let path = out.join(FILENAME);
            assert_eq!((response.exit_code, response.output), (0, format!("{}\n", path.display())));
            assert!(fs_err::read(&path).unwrap() == expected, "round {round}");
        }
        assert_eq!(worker.finish().code, Some(0));
    }
}

/// Packs the tree and returns its members' timestamp: year, month, day, hour, minute, second.
fn stamp(dir: &TestDir, argument: Option<&str>, epoch: Option<&str>) -> [u16; 6] {
    let mut command = dir.wheelworks(&["pack", "tree"]).env("WHEELWORKS_VALIDATE_OUTPUT", "1");
    if let Some(argument) = argument {
        command = command.arg(format!("--timestamp={argument}"));
    }
    if let Some(epoch) = epoch {
        command = command.env("SOURCE_DATE_EPOCH", epoch);
    }
    command.expect(0);
    // All members have the same timestamp: `assert_conforms` verifies that.
    let (_, archive) = assert_conforms(&dir.path().join(FILENAME));
    let (date, time) = (archive.entries[0].central.date, archive.entries[0].central.time);
    [1980 + (date >> 9), date >> 5 & 15, date & 31, time >> 11, time >> 5 & 63, (time & 31) * 2]
}

#[test]
fn timestamps() {
    let dir = tree();
    let first = [1980, 1, 1, 0, 0, 0];
    let last = [2107, 12, 31, 23, 59, 58];
    let leap = [2020, 2, 29, 12, 34, 56];
    assert_eq!(stamp(&dir, None, None), first);
    assert_eq!(stamp(&dir, None, Some("")), first);
    assert_eq!(stamp(&dir, None, Some("0")), first);
    assert_eq!(stamp(&dir, None, Some("315532799")), first);
    assert_eq!(stamp(&dir, None, Some("1582979696")), leap);
    assert_eq!(stamp(&dir, Some("1582979697"), None), leap);
    assert_eq!(stamp(&dir, Some("1582979696"), Some("0")), leap);
    assert_eq!(stamp(&dir, Some("1582979696"), Some("nonsense, but not asked")), leap);
    assert_eq!(stamp(&dir, Some("-1"), None), first);
    assert_eq!(stamp(&dir, Some("-9223372036854775808"), None), first);
    assert_eq!(stamp(&dir, Some("9223372036854775807"), None), last);
    assert_eq!(stamp(&dir, None, Some("4354819199")), last);
    assert_eq!(stamp(&dir, None, Some("4354819200")), last);
}
