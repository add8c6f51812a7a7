//! The output directory: its state before the command, and after a failure.

use std::os::unix::fs::symlink;

use super::{files, parts};
use crate::support::capabilities::{MAPPED_MOUNTS, is_available};
use crate::support::command::TestDir;
use crate::support::sample::assert_no_temporary;

fn dir() -> TestDir {
    let dir = TestDir::new();
    dir.write("a.zip", parts(&[("pkg/a", b"new"), ("b", b"b")]).render());
    let mut bad = parts(&[("pkg/a", b"new"), ("b", b"b")]);
    bad.both(1, |header| header.crc ^= 1);
    dir.write("bad.zip", bad.render());
    dir
}

fn paths(dir: &TestDir, out: &str) -> Vec<String> {
    files(&dir.path().join(out)).into_iter().map(|(path, _)| path).collect()
}

#[test]
fn an_empty_directory_is_filled() {
    let dir = dir();
    for out in ["out", "link"] {
        fs_err::create_dir_all(dir.path().join("out")).unwrap();
        if out == "link" {
            symlink("out", dir.path().join("link")).unwrap();
        }
        // A failure leaves it unchanged.
        dir.wheelworks(&["unpack", "bad.zip", "-d", out]).expect(2);
        assert_eq!(fs_err::read_dir(dir.path().join("out")).unwrap().count(), 0);
        dir.wheelworks(&["unpack", "a.zip", "-d", out]).expect(0);
        assert_eq!(paths(&dir, "out"), ["b", "pkg/a"]);
        assert_no_temporary(dir.path());
        assert_no_temporary(&dir.path().join("out"));
        fs_err::remove_dir_all(dir.path().join("out")).unwrap();
    }
    assert!(fs_err::symlink_metadata(dir.path().join("link")).unwrap().is_symlink());
}

#[test]
fn a_directory_that_is_not_empty_is_kept() {
    let dir = dir();
    dir.write("out/old", "old");
    let said = dir.wheelworks(&["unpack", "a.zip", "-d", "out"]).expect(2).stderr;
    assert!(
        said.contains("`out`: expected no directory or an empty one, found files in it"),
        "{said}"
    );
    assert_eq!(paths(&dir, "out"), ["old"]);
    let said = dir.wheelworks(&["unpack", "a.zip", "-d", "bad.zip"]).expect(2).stderr;
    assert!(said.contains("found a file"), "{said}");
    dir.wheelworks(&["unpack", "bad.zip", "-d", "out", "--replace"]).expect(2);
    assert_eq!(paths(&dir, "out"), ["old"]);
    assert_no_temporary(dir.path());
    dir.wheelworks(&["unpack", "a.zip", "-d", "out", "--replace"]).expect(0);
    assert_eq!(paths(&dir, "out"), ["b", "pkg/a"]);
    assert_no_temporary(dir.path());
}

#[test]
fn the_working_directory_is_not_replaced() {
    let dir = dir();
    for out in [".", "../..", "/"] {
        let said = dir.wheelworks(&["unpack", "a.zip", "-d", out, "--replace"]).expect(2).stderr;
        assert!(said.contains("the working directory is in it"), "{said}");
    }
    assert!(dir.path().join("a.zip").exists());
}

#[test]
fn a_mount_point_is_filled() {
    if !is_available("an output that is the root of a file system", &MAPPED_MOUNTS) {
        return;
    }
    let dir = dir();
    fs_err::create_dir(dir.path().join("out")).unwrap();
    let unpack = format!("{} unpack a.zip -d out && ls -A out", crate::support::WHEELWORKS);
    let script = format!("mount -t tmpfs none out && {unpack}");
    let output = dir.command("unshare", &["-m", "--map-root-user", "sh", "-c", &script]).expect(0);
    assert_eq!(output.stdout, "b\npkg\n", "{}", output.stderr);
}
