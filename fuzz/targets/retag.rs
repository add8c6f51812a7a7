//! `retag` on any bytes as a wheel, under any of a few names. A new wheel has the tags of its name, a RECORD that
//! agrees with its members, and all other members as they were compressed; an error leaves nothing.

#![no_main]

use std::collections::BTreeMap;
use std::fs;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use wheelworks::error::ExitCode;
use wheelworks::wheel::{WheelFilename, WheelHeaders};
use wheelworks::zip::Directory;
use wheelworks_fuzz::{Bytes, Sandbox};

/// Names with plain, compressed, unsorted and unknown tags, with and without a build tag.
const NAMES: [&str; 4] = [
    "pkg-1.0-py3-none-any.whl",
    "pkg-1.0-7x-py3.py2-none-linux_x86_64.win32.whl",
    "Pkg-1.0-cp312-cp312-manylinx_2_28_x86_64.whl",
    "pkg-1.0.whl",
];

const CHANGES: [&[&str]; 6] = [
    &[],
    &["--python-tag=py2.py3"],
    &["--platform-tag=+win32"],
    &["--python-tag=-py2"],
    &["--build-tag=8"],
    &[
        "--build-tag=",
        "--python-tag=cp312",
        "--abi-tag=abi3",
        "--platform-tag=manylinux_2_28_x86_64",
    ],
];

/// Rules that are only warnings on other operating systems do not matter.
const ALLOWED: [&str; 2] = ["--allow-case-conflicts", "--allow-device-names"];

static SANDBOX: LazyLock<Sandbox> = LazyLock::new(Sandbox::new);

fuzz_target!(|input: &[u8]| {
    let mut input = Bytes(input);
    let (form, choice) = (input.u8(), input.u8());
    let name = NAMES[usize::from(form >> 1 & 3)];
    let change = CHANGES[usize::from(choice) % CHANGES.len()];
    let bytes = match form & 1 {
        0 => input.0.to_vec(),
        _ => wheelworks_fuzz::wheel(&mut input, "py3-none-any"),
    };
    SANDBOX.write(name, &bytes);
    if retagged(name, "new", change) {
        let (new, wheel) = only_file("new");
        compare(&bytes, &wheel, &new);
        let path = format!("new/{new}");
        let unpack = ["unpack", "-d", "out", "--check-record", "--max-unpacked=64MiB"];
        let outcome = SANDBOX.run(&[&unpack[..], &ALLOWED[..], &[&path]].concat());
        assert_eq!(outcome.exit_code, ExitCode::Done, "{}", outcome.stderr);
        // The same change has no further effect.
        assert!(retagged(&path, "again", change));
        assert!(only_file("again") == (new, wheel), "other bytes the second time");
    } else {
        let left = SANDBOX.work().join("new");
        assert!(!left.exists(), "an error left a directory");
    }
    for output in ["new", "again", "out"] {
        SANDBOX.remove(output);
    }
    SANDBOX.holds(&[name]);
    assert!(fs::read(SANDBOX.work().join(name)).unwrap() == bytes, "the wheel itself changed");
    SANDBOX.remove(name);
});

/// Writes a wheel with other tags into a directory. Returns whether it did.
fn retagged(name: &str, to: &str, change: &[&str]) -> bool {
    let common = ["retag", "-w", to, "--max-unpacked=64MiB", "--report=json"];
    let outcome = SANDBOX.run(&[&common[..], change, &[name]].concat());
    outcome.exit_code == ExitCode::Done
}

fn only_file(directory: &str) -> (String, Vec<u8>) {
    let mut files = SANDBOX.files(directory);
    assert_eq!(files.len(), 1, "{:?}", files.keys());
    files.pop_first().unwrap()
}

/// Checks that only WHEEL and RECORD changed, and that WHEEL has the tags of the name.
fn compare(old: &[u8], new: &[u8], name: &str) {
    let [old_members, new_members] = [old, new].map(|bytes| {
        let directory = Directory::read(bytes).expect("a wheel that was read");
        let entries = directory.entries().iter().filter(|entry| !entry.name.ends_with('/'));
        let raw =
            |it: &wheelworks::zip::Entry| (it.method, it.crc, bytes[it.data.clone()].to_vec());
        entries.map(|entry| (entry.name.clone(), raw(entry))).collect::<BTreeMap<_, _>>()
    });
    let file = |path: &str| {
        let (directory, file) = path.split_once('/')?;
        directory.ends_with(".dist-info").then(|| file.to_owned())
    };
    for (path, member) in &old_members {
        match (file(path).as_deref(), new_members.get(path)) {
            (Some("WHEEL" | "RECORD"), Some(_)) | (Some("RECORD.jws" | "RECORD.p7s"), None) => {}
            (_, found) => assert!(found == Some(member), "{path} differs"),
        }
    }
    for path in new_members.keys() {
        assert!(old_members.contains_key(path), "{path} is new");
    }
    let filename: WheelFilename = name.parse().expect("a name that was written");
    let path = format!("new/{name}");
    let unpack = [&["unpack", "-d", "out", "--max-unpacked=64MiB"], &ALLOWED[..], &[&path]];
    let outcome = SANDBOX.run(&unpack.concat());
    assert_eq!(outcome.exit_code, ExitCode::Done, "{}", outcome.stderr);
    let files = SANDBOX.files("out");
    SANDBOX.remove("out");
    let (_, text) = files.iter().find(|(path, _)| file(path).as_deref() == Some("WHEEL")).unwrap();
    let headers = WheelHeaders::parse(text).expect("a WHEEL that was read");
    assert_eq!(headers.tags().unwrap(), filename.tags);
    assert_eq!(headers.build().unwrap(), filename.build);
}
