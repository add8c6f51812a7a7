//! Wheels that change while they are audited, checked, unpacked, repacked or retagged, and the other requests
//! in flight.

use std::cell::Cell;
use std::path::Path;
use std::process::Child;

use fs_err::File;

use super::{is_over, stop, temporaries};
use crate::support::archive::assert_conforms;
use crate::support::command::{Output, TestDir};
use crate::support::messages::{Request, Response};
use crate::support::sample::text;
use crate::support::wheel::Wheel;
use crate::support::{has_mapped, signal, until};

const NAME: &str = "big-1.0-cp313-cp313-linux_x86_64.whl";

/// Writes a wheel of 60 MiB, with members that begin like ELF files. Returns its bytes.
fn big_wheel(dir: &TestDir) -> Vec<u8> {
    let mut wheel = Wheel::new(NAME);
    for number in 0..12 {
        let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
        bytes.extend(text(5 << 20, number));
        wheel.member(&format!("big/lib{number}.so"), bytes);
    }
    wheel.dist_info_last();
    fs_err::read(wheel.write(dir.path())).unwrap()
}

/// Stops a process as soon as it has mapped a file, runs `disturb`, and lets the process continue.
/// Returns false if the process ended first.
fn hold(child: &Child, name: &str, disturb: impl FnOnce()) -> bool {
    until("the file is mapped", || has_mapped(child, name) || is_over(child));
    if is_over(child) {
        return false;
    }
    stop(child);
    let is_held = has_mapped(child, name);
    if is_held {
        disturb();
    }
    signal(child, "CONT");
    is_held
}

type Disturb = fn(&Path);

const DISTURBANCES: [(&str, Disturb); 5] = [
    ("cut short", |wheel| {
        File::options().write(true).open(wheel).unwrap().set_len(1 << 20).unwrap();
    }),
    ("emptied", |wheel| drop(File::create(wheel).unwrap())),
    ("grown", |wheel| {
        let len = wheel.metadata().unwrap().len();
        File::options().write(true).open(wheel).unwrap().set_len(len + 1).unwrap();
    }),
    ("replaced", |wheel| {
        fs_err::copy(wheel, wheel.with_file_name("other")).unwrap();
        fs_err::rename(wheel.with_file_name("other"), wheel).unwrap();
    }),
    ("removed", |wheel| fs_err::remove_file(wheel).unwrap()),
];

/// Runs a command that reads a file and disturbs it. Repeats that if the command had already read the file.
fn run_disturbed(
    dir: &TestDir,
    (name, bytes): (&str, &[u8]),
    command: &[&str],
    disturb: Disturb,
) -> (i32, Output) {
    let file = dir.path().join(name);
    for _ in 0..30 {
        // A new file each time: another process may still map the last one.
        drop(fs_err::remove_file(&file));
        fs_err::write(&file, bytes).unwrap();
        let is_held = Cell::new(false);
        let (code, output) = dir.wheelworks(command).patience(5).expect_any_after(|child| {
            is_held.set(hold(child, name, || disturb(&file)));
        });
        let noticed = output.stderr.contains("changed while it was read");
        // If everything was read before the file was truncated, the command succeeds.
        if is_held.get() && (noticed || code == 2) {
            return (code, output);
        }
        drop(fs_err::remove_dir_all(dir.path().join("out")));
    }
    panic!("{command:?} is always too fast to be disturbed");
}

#[test]
fn a_wheel_that_changes_while_it_is_read() {
    let dir = TestDir::new();
    let bytes = big_wheel(&dir);
    let commands: [&[&str]; 6] = [
        &["audit", "--no-host", NAME],
        &["check", NAME],
        &["unpack", NAME, "-d", "out"],
        &["repack", NAME, "--out", "out.d/big-1.0-cp313-cp313-linux_x86_64.whl"],
        &["retag", NAME, "-w", "out.d", "--build-tag=9"],
        &["repair", NAME, "-w", "out.d"],
    ];
    fs_err::create_dir(dir.path().join("out.d")).unwrap();
    for command in commands {
        for (name, disturb) in DISTURBANCES {
            let (code, output) = run_disturbed(&dir, (NAME, &bytes), command, disturb);
            let expected = format!(
                "error: `{NAME}` changed while it was read\n\
                 hint: run again when no process writes to it\n"
            );
            assert_eq!(
                (code, output.stderr.as_str()),
                (2, expected.as_str()),
                "{command:?} {name}"
            );
            assert_eq!(output.stdout, "", "{command:?} {name}");
            assert!(!dir.path().join("out").exists(), "{command:?} {name}");
            assert_eq!(
                temporaries(dir.path()),
                [] as [std::path::PathBuf; 0],
                "{command:?} {name}"
            );
            let out = fs_err::read_dir(dir.path().join("out.d")).unwrap();
            assert_eq!(out.count(), 0, "{command:?} {name}");
        }
    }
}

#[test]
fn a_library_that_changes_while_it_is_grafted() {
    const WHEEL: &str = "mod-1.0-py3-none-linux_x86_64.whl";
    let dir = TestDir::new();
    dir.write("large", text(40 << 20, 1)).write("empty.c", "");
    dir.write("large.s", ".section .rodata\n.incbin \"large\"\n.section .note.GNU-stack\n");
    let script = "gcc -shared -fPIC large.s -Wl,-soname,libbig.so.1 -o libbig.so.1 &&
        gcc -shared -fPIC empty.c -Wl,--no-as-needed libbig.so.1 -o mod.so";
    dir.command("sh", &["-c", script]).expect(0);
    let bytes = fs_err::read(dir.path().join("libbig.so.1")).unwrap();
    let module = fs_err::read(dir.path().join("mod.so")).unwrap();
    Wheel::new(WHEEL).member("mod.so", module).write(dir.path());
    let command = ["repair", "--quiet", "-w", "out", "--ldpaths", ".", WHEEL];
    for (name, disturb) in DISTURBANCES.into_iter().take(3) {
        let (code, output) = run_disturbed(&dir, ("libbig.so.1", &bytes), &command, disturb);
        assert_eq!(code, 2, "{name}: {}", output.stderr);
        let said = &output.stderr;
        assert!(said.contains("libbig.so.1` changed while it was read\nhint: run again"), "{said}");
        assert!(!dir.path().join("out").exists(), "{name}");
    }
}

/// One of several requests reads a file that is truncated. The others map files, too.
#[test]
fn others_in_flight_succeed() {
    for _ in 0..30 {
        let dir = TestDir::new();
        big_wheel(&dir);
        super::sources(&dir);
        let mut worker = super::worker_in(&dir, &[]);
        for id in 2..=5 {
            let out = format!("out{id}");
            fs_err::create_dir(dir.path().join(&out)).unwrap();
            worker.send(&Request::new(id, &super::as_strs(&super::pack_into(&out))));
        }
        worker.send(&Request::new(1, &["unpack", NAME, "-d", "out"]));
        let wheel = dir.path().join(NAME);
        let is_held = hold(worker.process(), NAME, || DISTURBANCES[0].1(&wheel));
        worker.send(&Request::say(6, 0, "later"));
        let end = worker.finish();
        assert_eq!((end.code, end.responses.len()), (Some(0), 6));
        let of = |id| end.responses.iter().find(|it| it.id == id).unwrap();
        for id in 2..=5 {
            assert_eq!(*of(id), Response::new(id, 0, ""));
            assert_conforms(&dir.path().join(format!("out{id}")).join(super::WHEEL));
        }
        assert_eq!(*of(6), Response::new(6, 0, "later"));
        if is_held && of(1).exit_code != 0 {
            assert!(of(1).output.starts_with(&format!("error: `{NAME}` changed")), "{:?}", of(1));
            assert!(!dir.path().join("out").exists());
            return;
        }
    }
    panic!("the worker is always too fast to be disturbed");
}

#[test]
fn all_inputs_vanish() {
    let dir = TestDir::new();
    super::sources(&dir);
    let arguments = super::pack_into("out");
    dir.write("all.args", arguments.join("\n"));
    fs_err::create_dir(dir.path().join("out")).unwrap();
    let mut worker = super::worker_in(&dir, &[]);
    // They vanish during the packing: the first is mapped by then, and others are not open yet.
    let slow = [super::as_strs(&arguments), vec!["--compression-level=12"]].concat();
    worker.send(&Request::new(1, &slow));
    until("there is an unfinished wheel", || !temporaries(&dir.path().join("out")).is_empty());
    fs_err::remove_dir_all(dir.path().join("in")).unwrap();
    let response = worker.receive();
    assert_eq!((response.id, response.exit_code), (1, 2));
    assert!(response.output.contains("`in/"), "{}", response.output);
    // They vanish before the request: first without the flagfile, then with it.
    let response = worker.ask(&Request::new(2, &["@all.args"]));
    insta::assert_snapshot!(response.output, @r"
    error: cannot read `in/large0`: No such file or directory (os error 2)
    hint: check the path; the folder must exist
    ");
    fs_err::remove_file(dir.path().join("all.args")).unwrap();
    let response = worker.ask(&Request::new(3, &["@all.args"]));
    assert!(response.output.contains("the argument file `all.args`"), "{}", response.output);
    assert_eq!(fs_err::read_dir(dir.path().join("out")).unwrap().count(), 0);
    super::sources(&dir);
    assert_eq!(worker.ask(&Request::new(4, &super::as_strs(&arguments))).exit_code, 0);
    assert_eq!(worker.finish().code, Some(0));
}
