//! `slim`: device code that goes and stays, judged by a reader in Python, `readelf`, pip and `check`.

use serde_json::{Value, json};

use super::crafted::{cubin, entry, fat_binary, library};
use super::{NAME, device_code, rows};
use crate::judges::{judge, script};
use crate::support::archive::open;
use crate::support::command::TestDir;
use crate::support::sample::{noise, text};
use crate::support::wheel::Wheel;

/// The name of the slimmed wheel.
const SLIM: &str = "out/code-1.0-1sm90-py3-none-linux_x86_64.whl";

/// Writes a library: text that compresses, containers of four architectures, one for a single architecture, and text.
fn sample(dir: &TestDir, name: &str) {
    let code = |sm, flags, seed| entry(2, sm, flags, &noise(300_000, seed), 1 << 20);
    let ptx = entry(1, 90, 0x8011, &noise(1001, 9), 9000);
    let many = |seed| {
        fat_binary(&[
            code(80, 0x8011, seed),
            code(90, 0x8011, seed + 1),
            ptx.clone(),
            code(103, 0x8011, seed + 2),
            code(90, 0x10_2011, seed + 3),
        ])
    };
    let one = fat_binary(&[code(90, 0x8011, 20)]);
    library(
        dir,
        name,
        &[
            (".rodata", text(2 << 20, 1)),
            (".nv_fatbin", [many(2), one, fat_binary(&[]), many(11)].concat()),
            (".lrodata", [many(30), text(1 << 20, 2)].concat()),
        ],
    );
}

/// Writes the wheel of tests: two libraries with device code, one without.
pub(super) fn wheel(dir: &TestDir) -> Vec<u8> {
    sample(dir, "lib.so");
    let bytes = fs_err::read(dir.path().join("lib.so")).unwrap();
    let mut wheel = Wheel::new(NAME);
    wheel.member("code/lib.so", bytes.as_slice());
    wheel.member(
        "code/small.fatbin",
        fat_binary(&[entry(2, 80, 0x11, &[1; 99], 0), entry(2, 90, 0x11, &[2; 99], 0)]),
    );
    wheel.member("code/plain.txt", text(2 << 20, 3));
    wheel.dist_info_last();
    wheel.write(dir.path());
    bytes
}

/// Returns the content of a member.
pub(super) fn content(dir: &TestDir, wheel: &str, member: &str) -> Vec<u8> {
    let (file, archive, _) = open(&dir.path().join(wheel));
    let entry = archive.entries.iter().find(|entry| entry.name() == member).unwrap();
    crate::support::archive::content(&file, entry)
}

/// Returns what `readelf -aW` says of a file, but for its name.
pub(super) fn readelf(dir: &TestDir, path: &str) -> String {
    let said =
        dir.command("readelf", &["-aW", path]).env("LC_ALL", "C").patience(3).expect(0).stdout;
    said.replace(path, "")
}

fn slim(dir: &TestDir, options: &[&str]) -> Value {
    let arguments =
        [&["slim", NAME, "-w", "out", "--build-tag=1sm90", "--report=json"], options].concat();
    let output = dir.wheelworks(&arguments).patience(3).expect(0).stdout;
    let mut said: Value = serde_json::from_str(&output).unwrap();
    said["wheels"][0].take()
}

#[test]
fn kept_entries_move_up_and_nothing_else_changes() {
    const KEPT: [&str; 2] = ["sm_90", "compute_90"];
    for packing in [
        None,
        Some("--no-chunk-table"),
        Some("--compression-level=0"),
        Some("--compression-level=9"),
    ] {
        let dir = TestDir::new();
        wheel(&dir);
        if let Some(option) = packing {
            dir.wheelworks(&["repack", NAME, "-w", "packed", option]).patience(3).expect(0);
            fs_err::rename(dir.path().join("packed").join(NAME), dir.path().join(NAME)).unwrap();
        }
        let said = slim(&dir, &["--keep=sm_90,compute_90"]);
        for member in ["lib.so", "small.fatbin"] {
            let path = format!("code/{member}");
            dir.write("old", content(&dir, NAME, &path)).write("new", content(&dir, SLIM, &path));
            let left = script(&dir, "slimmed.py", &[&["old", "new"], &KEPT[..]].concat()).expect(0);
            let expected = if member == "lib.so" { "compute_90 sm_90\n" } else { "sm_90\n" };
            assert_eq!(left.stdout, expected, "{packing:?}");
        }
        assert_eq!(content(&dir, NAME, "code/plain.txt"), content(&dir, SLIM, "code/plain.txt"));
        // Sections, segments and symbols are where they were.
        let read = |wheel| {
            dir.write("one.so", content(&dir, wheel, "code/lib.so"));
            readelf(&dir, "one.so")
        };
        assert_eq!(read(NAME), read(SLIM));
        let pip = [
            "install",
            "--no-deps",
            "--no-index",
            "--disable-pip-version-check",
            "--target=site",
            SLIM,
        ];
        dir.command(judge("pip"), &pip).patience(3).expect(0);
        let installed = fs_err::read(dir.path().join("site/code/lib.so")).unwrap();
        assert!(installed == content(&dir, SLIM, "code/lib.so"));
        dir.wheelworks(&["check", SLIM]).expect(0);
        let found = rows(&device_code(&dir, SLIM, &[])["architectures"]);
        let names: Vec<&str> = found.iter().map(|row| row.0.as_str()).collect();
        assert_eq!(names, ["compute_90", "sm_90"]);
        assert_reported(&dir, &said, packing == Some("--compression-level=0"));
    }
}

/// Compares the report and what the wheel says of itself with the wheels.
fn assert_reported(dir: &TestDir, said: &Value, is_stored: bool) {
    let len = |name: &str| fs_err::metadata(dir.path().join(name)).unwrap().len();
    assert_eq!(said["wheel"], SLIM);
    let lens = (said["bytes_before"].as_u64(), said["bytes_after"].as_u64());
    assert_eq!(lens, (Some(len(NAME)), Some(len(SLIM))));
    let removed = &said["libraries"][0]["removed"];
    assert_eq!(removed[0]["name"], "sm_103");
    assert_eq!(removed[0]["entries"], 3);
    // The level is 6, so a library that was stored gets shorter by more.
    let gone = said["removed_in_wheel"].as_u64().unwrap();
    let saved = len(NAME) - len(SLIM);
    assert!(gone.abs_diff(saved) < 40_000 || is_stored, "{gone} {saved}");
    let statement = content(dir, SLIM, "code-1.0.dist-info/wheelworks-slim.json");
    let statement: Value = serde_json::from_slice(&statement).unwrap();
    assert_eq!(statement["version"], 1);
    assert_eq!(statement["steps"][0]["keep"], json!(["compute_90", "sm_90"]));
    assert_eq!(statement["steps"][0]["libraries"][0]["removed"], *removed);
    let headers = String::from_utf8(content(dir, SLIM, "code-1.0.dist-info/WHEEL")).unwrap();
    assert!(headers.contains("Build: 1sm90\n"), "{headers}");
}

#[test]
fn a_second_time_nothing_goes_and_more_steps_follow() {
    let dir = TestDir::new();
    wheel(&dir);
    slim(&dir, &["--drop=sm_103"]);
    let again = ["slim", SLIM, "-w", "again", "--report=json"];
    let run = |options: &[&str], out: &str| {
        let output = dir.wheelworks(&[&again, options].concat()).expect(0).stdout;
        let name = SLIM.replace("out/", "again/");
        fs_err::rename(dir.path().join(&name), dir.path().join(out)).unwrap();
        serde_json::from_str::<Value>(&output).unwrap()["wheels"][0].take()
    };
    // Nothing is left to drop, so all members are copied.
    let same = run(&["--keep=sm_80,sm_90,sm_90a,compute_90"], "same.whl");
    assert_eq!(same["libraries"], json!([]));
    let bytes = |name: &str| fs_err::read(dir.path().join(name)).unwrap();
    assert!(bytes("same.whl") == bytes(SLIM));
    run(&["--drop=sm_80"], "less.whl");
    let statement = content(&dir, "less.whl", "code-1.0.dist-info/wheelworks-slim.json");
    let statement: Value = serde_json::from_slice(&statement).unwrap();
    let steps = statement["steps"].as_array().unwrap();
    assert_eq!((&steps[0]["drop"], &steps[1]["drop"]), (&json!(["sm_103"]), &json!(["sm_80"])));
}

#[test]
fn compressed_data_is_copied() {
    let dir = TestDir::new();
    wheel(&dir);
    slim(&dir, &["--drop=sm_80,sm_103", "--compression-level=1"]);
    let data = |wheel: &str, member: &str| {
        let (_, archive, _) = open(&dir.path().join(wheel));
        let entry = archive.entries.iter().find(|entry| entry.name() == member).unwrap();
        let bytes = fs_err::read(dir.path().join(wheel)).unwrap();
        let start = usize::try_from(entry.data).unwrap();
        bytes[start..start + usize::try_from(entry.compressed).unwrap()].to_vec()
    };
    assert!(data(NAME, "code/plain.txt") == data(SLIM, "code/plain.txt"));
    // The text in front of the first container is most of the library's compressed data that stays as it was.
    let (old, new) = (data(NAME, "code/lib.so"), data(SLIM, "code/lib.so"));
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    assert!(same > 300_000, "{same} of {}", old.len());
}

/// Writes wheels with a kind of code that is not known, with damaged code, and with a cubin without a container.
fn odd_wheels(dir: &TestDir) {
    let old = || entry(2, 80, 0x11, &[1; 99], 0);
    let ptx = || entry(1, 90, 0x11, b"x", 0);
    let unknown = fat_binary(&[old(), entry(16, 90, 0x11, &[2; 99], 0), ptx()]);
    let mut damaged = [fat_binary(&[old(), ptx()]), fat_binary(&[old(), old()])].concat();
    let at = damaged.len() - old().len();
    damaged[at + 2] = 9;
    let raw = [cubin(80, &[1; 64]), fat_binary(&[ptx()])].concat();
    for (name, content) in [("unknown", unknown), ("damaged", damaged), ("raw", raw)] {
        let mut wheel = Wheel::new(&NAME.replace("code", name));
        wheel.member("lib.fatbin", content).write(dir.path());
    }
}

#[test]
fn what_may_be_missed_is_refused() {
    let dir = TestDir::new();
    wheel(&dir);
    odd_wheels(&dir);
    let one = "`code/lib.so`: 1 container with code for sm_90 alone";
    let all = "small.fatbin`: 1 container with code for sm_80, sm_90 alone";
    for (name, option, messages) in [
        ("code", "--keep=sm_90a,compute_90", &[one, all, "--allow-empty"][..]),
        ("unknown", "--keep=compute_90", &["`lib.fatbin`: 1 entry of the unknown kind 16"]),
        ("damaged", "--drop=sm_80", &["device code at byte ", "expected an entry at byte "]),
        ("raw", "--drop=sm_80", &["1 container with code for sm_80 alone"]),
    ] {
        let wheel = NAME.replace("code", name);
        let refused = dir.wheelworks(&["slim", &wheel, option, "-w", "refused"]).expect(1);
        for message in messages {
            assert!(refused.stderr.contains(message), "{message}: {}", refused.stderr);
        }
        assert!(!dir.path().join("refused").exists(), "{name}");
        let arguments = ["slim", &wheel, option, "--allow-empty", "-w", "allowed"];
        let allowed = dir.wheelworks(&arguments).expect(0);
        let warning = allowed.stderr.lines().find(|line| line.contains(messages[0]));
        assert!(warning.unwrap().starts_with("warning: "), "{}", allowed.stderr);
    }
    // What is not known stays, and a cubin without a container becomes zeros.
    let left = |name| {
        let wheel = format!("allowed/{}", NAME.replace("code", name));
        content(&dir, &wheel, "lib.fatbin")
    };
    let has = |name, bytes: [u8; 99]| left(name).windows(99).any(|it| it == bytes);
    assert!(has("unknown", [2; 99]) && !has("unknown", [1; 99]));
    assert!(left("raw")[..cubin(80, &[1; 64]).len()].iter().all(|&byte| byte == 0));
}

#[test]
fn wrong_arguments_are_refused() {
    let dir = TestDir::new();
    wheel(&dir);
    let known = "expected device code for `sm_89`, found compute_90, sm_103, sm_80, sm_90, sm_90a";
    for (options, message) in [
        (&["--keep=sm_89", "-w", "refused"][..], known),
        (&["--keep=hopper", "-w", "refused"], "expected an architecture"),
        (&["--drop=sm_80", "--keep=sm_90", "-w", "refused"], "cannot be used with"),
        (&["-w", "refused"], "--keep"),
        (&["--drop=sm_80"], "expected another path for the new wheel"),
        (&["--drop=sm_80", "--build-tag=x", "-w", "refused"], "is not a build tag"),
        (&["--drop=sm_80", "--out=out/a-1.0-py3-none-any.whl"], "--out: expected the name"),
    ] {
        let output = dir.wheelworks(&[&["slim", NAME], options].concat()).expect(2);
        assert!(output.stderr.contains(message), "{message}: {}", output.stderr);
        assert!(!dir.path().join("refused").exists(), "{options:?}");
    }
}

#[test]
fn nothing_is_written_by_a_dry_run() {
    let dir = TestDir::new();
    wheel(&dir);
    let said = slim(&dir, &["--drop=sm_80", "--dry-run"]);
    assert_eq!(said["bytes_after"], Value::Null);
    assert_eq!(said["removed"][0]["name"], "sm_80");
    assert!(!dir.path().join("out").exists());
    let text =
        dir.wheelworks(&["slim", NAME, "--drop=sm_80", "--dry-run", "-w", "out"]).expect(0).stdout;
    assert!(text.contains("code/lib.so: "), "{text}");
    assert!(text.contains(" without sm_80; compute_90, sm_103, sm_90, sm_90a kept"), "{text}");
    assert!(text.contains("nothing is written"), "{text}");
}
