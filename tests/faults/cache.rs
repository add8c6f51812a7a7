//! Faults of cache directories: no request fails, and no output is wrong.

use std::path::PathBuf;
use std::sync::mpsc::{self, TryRecvError};

use super::{WHEEL, as_strs, pack_into, right_wheel, sources, worker_in};
use crate::support::capabilities::{MOUNTS, is_available};
use crate::support::client::Worker;
use crate::support::command::TestDir;
use crate::support::messages::Request;

/// Returns a directory with sources and an empty directory `out`, and the expected wheel.
fn dir() -> (TestDir, Vec<u8>) {
    let dir = TestDir::new();
    sources(&dir);
    let right = right_wheel(&dir);
    fs_err::create_dir(dir.path().join("out")).unwrap();
    (dir, right)
}

/// Packs with a worker, and compares the wheel with the expected one.
fn ask(worker: &mut Worker, dir: &TestDir, right: &[u8]) {
    let response = worker.ask(&Request::new(1, &as_strs(&pack_into("out"))));
    assert_eq!(response.exit_code, 0, "{}", response.output);
    let wheel = dir.path().join("out").join(WHEEL);
    assert!(fs_err::read(&wheel).unwrap() == right, "another wheel");
    fs_err::remove_file(wheel).unwrap();
}

/// Options for a cache directory without a cache in memory.
const CACHE: [&str; 2] = ["--cache-dir=cache", "--cache-memory=0"];

fn entries(dir: &TestDir) -> Vec<PathBuf> {
    let all = walkdir::WalkDir::new(dir.path().join("cache/v1")).sort_by_file_name();
    let files = all.into_iter().flatten().map(walkdir::DirEntry::into_path);
    files.filter(|path| path.is_file() && !path.ends_with("lock")).collect()
}

#[test]
fn entries_in_each_others_place() {
    let (dir, right) = dir();
    // The files have settled, so that records of members are cached, too.
    let mut worker = worker_in(&dir, &CACHE);
    worker.let_files_settle();
    ask(&mut worker, &dir, &right);
    let entries = entries(&dir);
    let kinds = ["pieces", "members"];
    for kind in kinds {
        let count = entries.iter().filter(|path| path.iter().any(|part| part == kind)).count();
        assert!(count >= 3, "{count} {kind}");
    }
    let contents: Vec<Vec<u8>> = entries.iter().map(|path| fs_err::read(path).unwrap()).collect();
    // Each entry gets the content of its neighbour: some members get a chunk's, and the reverse.
    for (path, content) in entries.iter().skip(1).chain(entries.first()).zip(&contents) {
        fs_err::write(path, content).unwrap();
    }
    let mut worker = worker_in(&dir, &CACHE);
    ask(&mut worker, &dir, &right);
    ask(&mut worker, &dir, &right);
    let end = worker.finish();
    assert!(end.stderr.contains("not what was written there; removed"), "{}", end.stderr);
    // Directories instead of entries, and files instead of directories.
    for path in self::entries(&dir) {
        fs_err::remove_file(&path).unwrap();
        fs_err::create_dir(&path).unwrap();
    }
    ask(&mut worker_in(&dir, &CACHE), &dir, &right);
    for kind in ["pieces", "members", "new"] {
        fs_err::remove_dir_all(dir.path().join("cache/v1").join(kind)).unwrap();
    }
    dir.write("cache/v1/pieces", "").write("cache/v1/members", "");
    ask(&mut worker_in(&dir, &CACHE), &dir, &right);
}

#[test]
fn removed_while_in_use() {
    let (dir, right) = dir();
    let cache = dir.path().join("cache");
    // Dropping the sender ends the remover, also if the test panics: the scope waits for it.
    let (running, is_over) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let running = running;
        let cache = &cache;
        let remover = scope.spawn(move || {
            let mut removed = 0;
            while is_over.try_recv() == Err(TryRecvError::Empty) {
                removed += usize::from(std::fs::remove_dir_all(cache).is_ok());
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            removed
        });
        let mut worker = worker_in(&dir, &CACHE);
        for _ in 0..6 {
            ask(&mut worker, &dir, &right);
        }
        drop(running);
        assert!(remover.join().unwrap() > 3, "the directory was not removed while in use");
    });
}

#[test]
fn read_only_or_full() {
    if !is_available("a cache directory that is read-only, or on a full disk", &MOUNTS) {
        return;
    }
    let (dir, right) = dir();
    ask(&mut worker_in(&dir, &CACHE), &dir, &right);
    let read_only = "mount --bind cache cache && mount -o remount,ro,bind cache";
    for (mount, complains) in [(read_only, false), ("mount -t tmpfs -o size=64k tmpfs cache", true)]
    {
        let script = format!("{mount} && cd \"$0\" && exec \"$@\"");
        let mut command = std::process::Command::new("unshare");
        let path = dir.path().to_str().unwrap();
        let script = format!("cd \"$0\" && {script}");
        command.args(["-m", "sh", "-c", &script, path, crate::support::WHEELWORKS]);
        let mut worker = Worker::start(&mut command, &CACHE);
        for _ in 0..3 {
            ask(&mut worker, &dir, &right);
        }
        let log = worker.finish().log();
        // The warning appears once. A read-only directory causes it only if there is a new entry to
        // write.
        let complaints = log.matches("cannot write to the cache directory").count();
        assert!(complaints == 1 || complaints == 0 && !complains, "{mount}: {log}");
    }
}

#[test]
fn swept_at_start() {
    let (dir, right) = dir();
    ask(&mut worker_in(&dir, &CACHE), &dir, &right);
    dir.write("cache/v1/new/.wheelworks-dead00.tmp", "half");
    worker_in(&dir, &CACHE).finish();
    assert_eq!(fs_err::read_dir(dir.path().join("cache/v1/new")).unwrap().count(), 0);
}
