//! Processes that are killed at random moments, and the files that they leave.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{WHEEL, as_strs, is_over, pack_into, right_wheel, sources, stop, temporaries};
use crate::support::capabilities::{NAMESPACES, is_available};
use crate::support::command::TestDir;
use crate::support::sample::noise;
use crate::support::{WHEELWORKS, signal, until};

/// How many processes are killed for each signal.
const KILLS: usize = 24;

/// The maximum number of attempts, if processes end before the signal.
const MAX_ATTEMPTS: usize = 10 * KILLS;

fn start(dir: &TestDir, arguments: &[&str]) -> Child {
    let mut command = Command::new(WHEELWORKS);
    command.args(arguments).current_dir(dir.path());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Returns pseudo-random fractions between 0 and 1, the same in every run.
fn fractions(seed: u64) -> Vec<f64> {
    let bytes = noise(4 * MAX_ATTEMPTS, seed);
    let numbers = bytes.as_chunks::<4>().0.iter().map(|it| u32::from_le_bytes(*it));
    numbers.map(|number| f64::from(number) / f64::from(u32::MAX)).collect()
}

/// Runs a command repeatedly and sends it a signal at a random moment, from its start to a little
/// after its usual end. Calls `look` after each run. At least one run must be stopped before its
/// end.
fn kill_at_moments(
    dir: &TestDir,
    name: &str,
    seed: u64,
    command: &[&str],
    check: &mut dyn FnMut(),
) {
    let began = Instant::now();
    dir.wheelworks(command).expect(0);
    let mut whole = began.elapsed();
    check();
    let mut stopped = 0;
    for (count, fraction) in fractions(seed).into_iter().enumerate() {
        if count >= KILLS && stopped > 0 {
            break;
        }
        let began = Instant::now();
        let mut child = start(dir, command);
        let moment = whole.mul_f64(1.1 * fraction);
        while began.elapsed() < moment && !is_over(&child) {
            std::thread::sleep(Duration::from_millis(1));
        }
        // The machine may have been busier when the duration was measured.
        if is_over(&child) {
            whole = whole.min(began.elapsed());
        }
        // A process that has ended is a zombie until `wait`, so no other process has its ID.
        signal(&child, name);
        let status = child.wait().unwrap();
        // Ended by the signal, or by itself with the exit code that shells use for it.
        let is_stopped = status.code().is_none_or(|code| code == 143);
        assert!(is_stopped || status.success(), "{command:?}: {status}");
        stopped += usize::from(is_stopped);
        check();
    }
    assert!(stopped > 0, "{name}: all {MAX_ATTEMPTS} processes ended before the signal");
}

/// Kills processes as soon as they begin to write to `out`, until one leaves an unfinished output.
fn leave_something(dir: &TestDir, out: &Path, command: &[&str]) -> Vec<PathBuf> {
    let before = temporaries(out);
    let begun = || {
        let mut all = temporaries(out);
        all.retain(|it| !before.contains(it));
        all
    };
    for _ in 0..MAX_ATTEMPTS {
        let mut child = start(dir, command);
        until("something is begun", || !begun().is_empty() || is_over(&child));
        signal(&child, "KILL");
        let is_done = child.wait().unwrap().success();
        let left = begun();
        if !left.is_empty() {
            assert!(!is_done, "{command:?} is done and leaves {left:?}");
            return left;
        }
    }
    panic!("{command:?} is always done before it is killed");
}

#[test]
fn at_random_moments() {
    for (name, seed) in [("KILL", 1), ("TERM", 2)] {
        let dir = TestDir::new();
        sources(&dir);
        let right = right_wheel(&dir);
        let out = dir.path().join("out");
        fs_err::create_dir(&out).unwrap();
        let wheel = out.join(WHEEL);
        kill_at_moments(&dir, name, seed, &as_strs(&pack_into("out")), &mut || {
            if wheel.exists() {
                assert!(fs_err::read(&wheel).unwrap() == right, "half a wheel");
                fs_err::remove_file(&wheel).unwrap();
            }
            // Each process sweeps the unfinished output of the last one before it creates its own.
            let left = temporaries(&out).len();
            assert!(left <= 1, "{left} unfinished wheels");
            // On SIGTERM a process removes its own unfinished output.
            assert!(name != "TERM" || left == 0, "left behind on SIGTERM");
        });
        // If the wheel exists, it is replaced as a whole or not at all.
        fs_err::write(&wheel, "old").unwrap();
        kill_at_moments(&dir, name, seed + 10, &as_strs(&pack_into("out")), &mut || {
            let content = fs_err::read(&wheel).unwrap();
            assert!(content == b"old" || content == right, "half a wheel");
            fs_err::write(&wheel, "old").unwrap();
        });
        dir.wheelworks(&as_strs(&pack_into("out"))).expect(0);
        assert!(temporaries(&out).is_empty(), "not swept");
        assert!(fs_err::read(&wheel).unwrap() == right);
    }
}

#[test]
fn abandoned_outputs_are_swept() {
    let dir = TestDir::new();
    sources(&dir);
    let right = right_wheel(&dir);
    let out = dir.path().join("out");
    fs_err::create_dir(&out).unwrap();
    let (wheel, packs) = (format!("right/{WHEEL}"), pack_into("out"));
    let commands: [&[&str]; 3] = [
        &as_strs(&packs),
        &["unpack", &wheel, "-d", "out/unpacked", "--replace"],
        &["repack", &wheel, "-w", "out"],
    ];
    for command in commands {
        let left = leave_something(&dir, &out, command);
        // The next process sweeps before it starts, although it is killed, too.
        leave_something(&dir, &out, command);
        let stays: Vec<&PathBuf> = left.iter().filter(|it| it.exists()).collect();
        assert!(stays.is_empty(), "{command:?}: not swept: {stays:?}");
        dir.wheelworks(command).expect(0);
        assert!(temporaries(&out).is_empty(), "{command:?}: not swept");
        if command[0] == "unpack" {
            assert!(files(&out.join("unpacked")).len() > 60);
        } else {
            assert!(fs_err::read(out.join(WHEEL)).unwrap() == right, "{command:?}");
        }
        fs_err::remove_dir_all(&out).unwrap();
        fs_err::create_dir(&out).unwrap();
    }
}

/// Returns every file below a directory with its content.
fn files(root: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = walkdir::WalkDir::new(root).sort_by_file_name().into_iter().flatten();
    let files = entries.filter(|entry| entry.file_type().is_file());
    let name = |path: &Path| path.strip_prefix(root).unwrap().display().to_string();
    files.map(|it| (name(it.path()), fs_err::read(it.path()).unwrap())).collect()
}

/// Options of `unpack` that keep files as hard links.
const LINKS: [&str; 2] = ["--cache-dir=links", "--link-mode=hardlink"];

#[test]
fn while_unpacking_or_repacking() {
    let dir = TestDir::new();
    sources(&dir);
    let right = right_wheel(&dir);
    let wheel = format!("right/{WHEEL}");
    let out = dir.path().join("out");
    fs_err::create_dir(&out).unwrap();
    let mut expected = None;
    for cache in [&[][..], &["--cache-dir=copies", "--link-mode=copy"], &LINKS] {
        let command = [&["unpack", &wheel, "-d", "out/unpacked"], cache].concat();
        let mut check = || {
            let unpacked = out.join("unpacked");
            if unpacked.exists() {
                let found = files(&unpacked);
                assert!(
                    *expected.get_or_insert_with(|| found.clone()) == found,
                    "half a directory"
                );
                fs_err::remove_dir_all(unpacked).unwrap();
            }
            assert!(temporaries(&out).len() <= 1);
        };
        kill_at_moments(&dir, "KILL", 3, &command, &mut check);
        // Whatever the cache directory has now.
        for _ in 0..2 {
            dir.wheelworks(&command).expect(0);
            check();
        }
    }
    // `repack` inflates members to temporary files, which must be swept, too.
    kill_at_moments(&dir, "KILL", 4, &["repack", &wheel, "-w", "out"], &mut || {
        let repacked = out.join(WHEEL);
        if repacked.exists() {
            assert!(fs_err::read(&repacked).unwrap() == right, "half a wheel");
            fs_err::remove_file(repacked).unwrap();
        }
    });
    // Any command that writes to the directory sweeps it. This one writes a short report.
    dir.wheelworks(&["check", &wheel, "--exit-zero", "--output=out/report"]).expect(0);
    assert!(temporaries(&out).is_empty(), "not swept");
}

/// Returns whether a file or directory is not empty.
fn is_filled(path: &Path) -> bool {
    match fs_err::read_dir(path) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => path.metadata().is_ok_and(|metadata| metadata.len() > 0),
    }
}

/// Runs a command while other processes that write to the same directory are stopped, once in the
/// same PID namespace and once in another one. Afterwards they continue and succeed.
#[test]
fn outputs_of_live_processes_are_not_swept() {
    let dir = TestDir::new();
    sources(&dir);
    let right = right_wheel(&dir);
    let out = dir.path().join("out");
    fs_err::create_dir(&out).unwrap();
    let wheel = format!("right/{WHEEL}");
    let row = "a sweep while others write, in other sandboxes too";
    let namespaces: &[&[&str]] = if is_available(row, &NAMESPACES) {
        &[&[], &["unshare", "--pid", "--fork"]]
    } else {
        &[&[]]
    };
    for wrapper in namespaces {
        let (mut packs, mut unpacks) = loop {
            let mut packs = start(&dir, &as_strs(&pack_into("out")));
            // Not empty: an output that is created and not yet locked may be swept, and is then
            // created again.
            let has_data = || temporaries(&out).iter().any(|it| is_filled(it) && it.is_file());
            until("a wheel is begun", || has_data() || is_over(&packs));
            stop(&packs);
            let mut unpacks = start(&dir, &["unpack", &wheel, "-d", "out/unpacked"]);
            let has_files = || temporaries(&out).iter().any(|it| is_filled(it) && it.is_dir());
            until("unpacking is begun", || has_files() || is_over(&unpacks));
            stop(&unpacks);
            if temporaries(&out).len() == 2 {
                break (packs, unpacks);
            }
            // One of them ended before it was stopped.
            for child in [&mut packs, &mut unpacks] {
                signal(child, "CONT");
                assert!(child.wait().unwrap().success());
            }
            fs_err::remove_dir_all(&out).unwrap();
            fs_err::create_dir(&out).unwrap();
        };
        let left = temporaries(&out);
        // An abandoned file, to prove that the command sweeps.
        dir.write("out/.wheelworks-dead00.tmp", "");
        let command =
            [*wrapper, &[WHEELWORKS, "check", &wheel, "--exit-zero", "--output=out/report"]];
        let command = command.concat();
        dir.command(command[0], &command[1..]).expect(0);
        assert!(!out.join(".wheelworks-dead00.tmp").exists(), "{wrapper:?}: not swept");
        assert_eq!(temporaries(&out), left, "{wrapper:?}: a file of a live process was swept");
        for child in [&packs, &unpacks] {
            signal(child, "CONT");
        }
        assert!(packs.wait().unwrap().success() && unpacks.wait().unwrap().success());
        assert!(fs_err::read(out.join(WHEEL)).unwrap() == right);
        assert!(files(&out.join("unpacked")).len() > 60);
        fs_err::remove_dir_all(&out).unwrap();
        fs_err::create_dir(&out).unwrap();
    }
}
