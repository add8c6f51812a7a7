//! Inputs that change while they are packed; signals.

use std::path::Path;
use std::process::Child;

use fs_err::File;

use super::assert_nothing_written;
use crate::support::archive::assert_conforms;
use crate::support::command::{Output, TestDir};
use crate::support::sample::{DECLARED, FILENAME, text};
use crate::support::{signal, until};

/// Bytes that take long enough at the highest level to change them meanwhile, in any build.
const LEN: usize = 48 << 20;

/// Makes a directory with the source `large`.
fn large() -> TestDir {
    let dir = TestDir::new();
    dir.write("large", text(LEN, 1)).write("small", "small");
    dir
}

/// Packs `large` at a slow level, and calls `disturb` when the first data is written.
fn pack_disturbed(dir: &TestDir, code: i32, disturb: impl FnOnce(&Path, &Child)) -> Output {
    let mut arguments = DECLARED.to_vec();
    arguments.extend(["--member=a=large", "--member=b=small", "--compression-level=12"]);
    let command = dir.wheelworks(&arguments).patience(5);
    let output = command.expect_after(code, |child| {
        wait_for_data(dir.path());
        disturb(&dir.path().join("large"), child);
    });
    assert_nothing_written(dir.path());
    output
}

/// Waits until the temporary file in the directory is not empty.
fn wait_for_data(directory: &Path) {
    until("something is written", || {
        let entries = fs_err::read_dir(directory).unwrap().flatten();
        let mut temporary =
            entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(".wheelworks-"));
        temporary.any(|entry| entry.metadata().is_ok_and(|metadata| metadata.len() > 0))
    });
    assert!(!directory.join(FILENAME).exists(), "too fast to be disturbed");
}

const CHANGED: &str = "error: `large` changed while it was read\n\
                       hint: run again when no process writes to it\n";

#[test]
fn a_source_that_is_truncated_while_it_is_mapped() {
    for len in [0, 1 << 20, LEN as u64 - 1] {
        let dir = large();
        let output = pack_disturbed(&dir, 2, |large, _| {
            File::options().write(true).open(large).unwrap().set_len(len).unwrap();
        });
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", CHANGED), "{len}");
    }
}

#[test]
fn a_source_that_is_edited_replaced_or_removed() {
    type Disturb = fn(&Path);
    let table: [(&str, Disturb); 5] = [
        ("edited", |large| {
            use std::os::unix::fs::FileExt as _;
            let file = File::options().write(true).open(large).unwrap();
            file.file().write_all_at(b"X", LEN as u64 - 1).unwrap();
        }),
        ("grown", |large| {
            File::options().write(true).open(large).unwrap().set_len(LEN as u64 + 1).unwrap();
        }),
        ("replaced", |large| {
            let other = large.with_file_name("other");
            fs_err::copy(large, &other).unwrap();
            fs_err::rename(other, large).unwrap();
        }),
        ("removed", |large| fs_err::remove_file(large).unwrap()),
        ("touched", |large| {
            let file = File::options().write(true).open(large).unwrap();
            file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        }),
    ];
    for (name, disturb) in table {
        let dir = large();
        let output = pack_disturbed(&dir, 2, |large, _| disturb(large));
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", CHANGED), "{name}");
    }
}

#[test]
fn a_small_source_that_changes_before_or_after_it_is_read() {
    for first in ["a=small", "z=small"] {
        let dir = large();
        let mut arguments = DECLARED.to_vec();
        let member = format!("--member={first}");
        arguments.extend([&member, "--member=m=large", "--compression-level=12"]);
        let command = dir.wheelworks(&arguments).patience(5);
        let output = command.expect_after(2, |_| {
            wait_for_data(dir.path());
            dir.write("small", "other");
        });
        assert!(output.stderr.starts_with("error: `small` changed while"), "{}", output.stderr);
        assert_nothing_written(dir.path());
    }
}

/// Packs `large` at a fast level, calls `meanwhile`, and expects an exit code.
fn pack_meanwhile(dir: &TestDir, code: i32, meanwhile: impl FnOnce(&Path)) -> Output {
    let mut arguments = DECLARED.to_vec();
    arguments.extend(["--member=a=large", "--compression-level=9"]);
    let command = dir.wheelworks(&arguments).patience(5);
    command.expect_after(code, |_| {
        wait_for_data(dir.path());
        meanwhile(&dir.path().join("large"));
    })
}

/// Build systems hard-link their inputs into sandboxes.
#[test]
fn a_source_that_gets_another_hard_link_is_unchanged() {
    let dir = large();
    pack_meanwhile(&dir, 0, |large| {
        fs_err::hard_link(large, large.with_file_name("link")).unwrap();
    });
    assert_conforms(&dir.path().join(FILENAME));
}

/// Length and modification time are the old ones; the content is not.
#[test]
fn an_edit_that_restores_the_modification_time_is_detected() {
    let dir = large();
    let output = pack_meanwhile(&dir, 2, |large| {
        use std::os::unix::fs::FileExt as _;
        let file = File::options().write(true).open(large).unwrap();
        let modified = file.metadata().unwrap().modified().unwrap();
        file.file().write_all_at(b"X", 0).unwrap();
        file.set_modified(modified).unwrap();
    });
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", CHANGED));
    assert_nothing_written(dir.path());
}

#[test]
fn signals_leave_nothing_behind() {
    for (name, code) in [("TERM", 143), ("INT", 130)] {
        let dir = large();
        let output = pack_disturbed(&dir, code, |_, child| signal(child, name));
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", "error: cancelled\n"));
    }
}

/// If the finished wheel cannot be renamed, the command fails.
#[test]
fn an_output_directory_that_is_removed() {
    let dir = large();
    fs_err::create_dir(dir.path().join("out")).unwrap();
    let out = format!("--out=out/{FILENAME}");
    let arguments =
        ["pack", &out, "--distribution=Sample-Pkg", "--version=1.0", "--member=a=large"];
    let command = dir.wheelworks(&arguments).patience(5);
    let moved = dir.path().join("moved");
    let output = command.expect_after(2, |_| {
        wait_for_data(&dir.path().join("out"));
        fs_err::rename(dir.path().join("out"), &moved).unwrap();
    });
    assert!(output.stderr.starts_with("error: cannot rename a file to `out/"), "{}", output.stderr);
}
