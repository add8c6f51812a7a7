//! Outputs of all commands but `pack` that cannot be written, and errors of file systems that
//! `strace` injects.

use super::{as_strs, is_over, pack_into, right_wheel, sources, stop, temporaries};
use crate::support::capabilities::{MOUNTS, TRACES, is_available};
use crate::support::command::{Output, TestDir};
use crate::support::sample::noise;
use crate::support::wheel::Wheel;
use crate::support::{WHEELWORKS, until};

/// Returns a directory with sources, their wheel in `right/`, and an empty directory `out`.
fn dir() -> TestDir {
    let dir = TestDir::new();
    sources(&dir);
    right_wheel(&dir);
    fs_err::create_dir(dir.path().join("out")).unwrap();
    let gcc = ["-shared", "-fPIC", "-xc", "/dev/null", "-o", "mod.so"];
    dir.command("gcc", &gcc).expect(0);
    let mut wheel = Wheel::new(WITH_CODE);
    wheel.member("mod.so", fs_err::read(dir.path().join("mod.so")).unwrap());
    wheel.member("noise", noise(2 << 20, 9)).write(&dir.path().join("right"));
    dir
}

/// A wheel with machine code, in `right/`.
const WITH_CODE: &str = "mod-1.0-py3-none-linux_x86_64.whl";

/// Returns commands that write some megabytes, or a few bytes, below `out/`.
fn commands() -> Vec<(&'static str, Vec<String>)> {
    let wheel = format!("right/{}", super::WHEEL);
    let all = |arguments: &[&str]| arguments.iter().map(|&it| it.to_owned()).collect();
    let mut sdist = pack_into("out");
    "sdist".clone_into(&mut sdist[0]);
    "--out=out/p-1.0.tar.gz".clone_into(&mut sdist[3]);
    let mut editable = sdist.clone();
    "editable".clone_into(&mut editable[0]);
    "--out=out/editable".clone_into(&mut editable[3]);
    vec![
        ("pack", pack_into("out")),
        ("unpack", all(&["unpack", &wheel, "-d", "out/unpacked"])),
        ("repack", all(&["repack", &wheel, "-w", "out"])),
        ("retag", all(&["retag", &wheel, "-w", "out", "--build-tag=9"])),
        ("sdist", sdist),
        ("editable", editable),
        ("repair", all(&["repair", "--quiet", &format!("right/{WITH_CODE}"), "-w", "out"])),
        (
            "repair without machine code",
            all(&["repair", "--quiet", "--allow-pure-python-wheel", &wheel, "-w", "out"]),
        ),
        ("check", all(&["check", &wheel, "--report=json", "--exit-zero", "--output=out/report"])),
    ]
}

/// Runs a command in a new mount namespace, in which `mount` has replaced `out`. Then lists `out`
/// on stderr.
fn with_mount(dir: &TestDir, mount: &str, command: &[String]) -> (i32, Output) {
    let script = format!("{mount} || exit 77; \"$@\"; code=$?; ls -A out >&2; exit $code");
    let mut all = vec!["-m", "sh", "-c", &script, "sh", WHEELWORKS];
    all.extend(as_strs(command));
    dir.command("unshare", &all).expect_any()
}

#[test]
fn a_full_disk() {
    if !is_available("disk full", &MOUNTS) {
        return;
    }
    let dir = dir();
    for (name, command) in commands() {
        // One page for the directory, and almost none for files.
        let size = if name == "check" { "4k" } else { "1m" };
        let mount = format!("mount -t tmpfs -o size={size} tmpfs out");
        // The report has a few hundred bytes: only a disk without a free page is full.
        let mount =
            if name == "check" { mount + " && head -c 4096 /dev/zero >out/x" } else { mount };
        let (code, output) = with_mount(&dir, &mount, &command);
        assert_eq!(code, 2, "{name}: {}", output.stderr);
        let mut lines = output.stderr.lines();
        let first = lines.next().unwrap();
        assert!(first.contains("out") && first.contains("No space left on device"), "{first}");
        assert_eq!(lines.next(), Some("hint: free some space, or write to another file system"));
        let left: Vec<&str> = lines.filter(|&line| line != "x").collect();
        assert_eq!(left, Vec::<&str>::new(), "{name}: left behind");
    }
}

#[test]
fn a_read_only_file_system() {
    if !is_available("read-only output", &MOUNTS) {
        return;
    }
    let dir = dir();
    for (name, command) in commands() {
        let (code, output) = with_mount(&dir, "mount -t tmpfs -o ro tmpfs out", &command);
        assert_eq!(code, 2, "{name}: {}", output.stderr);
        let lines: Vec<&str> = output.stderr.lines().collect();
        assert!(
            lines[0].contains("`out") && lines[0].contains("Read-only file system"),
            "{lines:?}"
        );
        assert_eq!(lines[1..], ["hint: write to another file system"], "{name}");
    }
}

#[test]
fn a_limit_of_the_size_of_files() {
    let dir = dir();
    for (name, command) in commands().into_iter().filter(|(name, _)| *name != "check") {
        let script = "trap '' XFSZ; ulimit -f 2048; exec \"$@\"";
        let mut all = vec!["-c", script, "sh", WHEELWORKS];
        all.extend(as_strs(&command));
        let said = dir.command("sh", &all).expect(2).stderr;
        assert!(said.contains("File too large (os error 27)\nhint: raise the limit"), "{said}");
        assert_eq!(fs_err::read_dir(dir.path().join("out")).unwrap().count(), 0, "{name}");
    }
}

/// An exhausted quota or a failing device, at the first or a later write to the output.
#[test]
fn errors_of_the_system() {
    if !is_available("quota, input/output errors", &TRACES) {
        return;
    }
    let dir = dir();
    let hint = "\nhint: free some space, or write to another file system";
    let errors = [
        ("EDQUOT", "Disk quota exceeded (os error 122)", hint),
        ("ENOSPC", "No space left on device (os error 28)", hint),
        ("EIO", "Input/output error (os error 5)", ""),
    ];
    for (error, text, hint) in errors {
        // Each thread's second write fails. The thread that prints the error has made more writes
        // than that before, or none, so printing succeeds.
        let inject = format!("inject=write,pwrite64:error={error}:when=2");
        for (name, command) in commands().into_iter().take(3) {
            let mut all = vec!["-f", "-o", "/dev/null", "-e", &inject, WHEELWORKS];
            all.extend(as_strs(&command));
            let said = dir.command("strace", &all).expect(2).stderr;
            let end = format!("`: {text}{hint}\n");
            assert!(said.starts_with("error: cannot write") && said.ends_with(&end), "{said}");
            let left = fs_err::read_dir(dir.path().join("out")).unwrap().count();
            assert_eq!(left, 0, "{error} {name}");
        }
    }
}

#[test]
fn a_directory_that_is_removed() {
    let dir = dir();
    for (name, command) in commands() {
        if !["unpack", "repack", "retag", "pack"].contains(&name) {
            continue;
        }
        let out = dir.path().join("out");
        let is_removed = std::cell::Cell::new(false);
        // If a command ends before the test sees that it has begun, it is run again.
        while !is_removed.get() {
            drop(fs_err::remove_dir_all(&out));
            fs_err::create_dir(&out).unwrap();
            let (code, output) = dir.wheelworks(&as_strs(&command)).expect_any_after(|child| {
                until("it begins", || !temporaries(&out).is_empty() || is_over(child));
                stop(child);
                // The process is stopped or has ended, so it creates nothing in the meantime.
                if !temporaries(&out).is_empty() {
                    fs_err::remove_dir_all(&out).unwrap();
                    is_removed.set(true);
                }
                crate::support::signal(child, "CONT");
            });
            if is_removed.get() {
                assert_eq!(code, 2, "{name}: {}", output.stderr);
                assert!(output.stderr.contains("No such file or directory"), "{}", output.stderr);
                assert!(!out.exists(), "{name}");
            }
        }
    }
}
