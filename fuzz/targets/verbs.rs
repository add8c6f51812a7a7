//! Whole commands on any bytes as a wheel. None panics or writes outside of its output, an error leaves no
//! output, and the commands agree on whether the wheel is valid.

#![no_main]

use std::collections::BTreeMap;
use std::fs;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use wheelworks::context::Outcome;
use wheelworks::error::ExitCode;
use wheelworks::zip::Directory;
use wheelworks_fuzz::{Bytes, Sandbox};

/// Rules that `unpack` enforces for other operating systems, and that are only warnings in `check`.
const ALLOWED: [&str; 2] = ["--allow-case-conflicts", "--allow-device-names"];

static SANDBOX: LazyLock<Sandbox> = LazyLock::new(Sandbox::new);

fuzz_target!(|input: &[u8]| {
    let mut input = Bytes(input);
    let form = input.u8();
    let tags = if form & 2 == 0 { "py3-none-any" } else { "cp312-cp312-linux_x86_64" };
    let bytes = match form & 1 {
        0 => input.0.to_vec(),
        _ => wheelworks_fuzz::wheel(&mut input, tags),
    };
    let name = format!("pkg-1.0-{tags}.whl");
    SANDBOX.write(&name, &bytes);
    audited(&name, form);
    let checked = checked(&name, form);
    let unpacked = unpacked(&name, &bytes);
    installed(&name);
    repacked(&name, unpacked.as_ref());
    if checked == ExitCode::Done {
        assert!(unpacked.is_some(), "it was checked, and cannot be unpacked");
    }
    SANDBOX.holds(&[&name]);
    assert!(fs::read(SANDBOX.work().join(&name)).unwrap() == bytes, "the wheel itself changed");
    SANDBOX.remove(&name);
});

fn audited(name: &str, form: u8) {
    let limits = ["--no-host", "--max-table-size=1"];
    let audit = |arguments: &[&str]| SANDBOX.run(&[arguments, &limits, &[name]].concat());
    if form & 4 == 0 {
        audit(&["audit", "--report=text", "--verbose", "--trust-chunk-table"]);
    } else if form & 32 != 0 {
        let outcome = audit(&["audit", "--report=github", "--require=manylinux_2_17"]);
        is_annotations(&outcome);
    } else {
        is_json(&audit(&["audit", "--report=json", "--require=manylinux_2_17"]));
    }
    audit(&["lddtree"]);
    SANDBOX.holds(&[name]);
}

fn checked(name: &str, form: u8) -> ExitCode {
    let report = ["text", "github", "json", "sarif"][usize::from(form >> 3 & 3)];
    let outcome = SANDBOX.run(&["check", &format!("--report={report}"), name]);
    match report {
        "text" => {}
        "github" => is_annotations(&outcome),
        _ => is_json(&outcome),
    }
    outcome.exit_code
}

/// Checks that a JSON report is valid.
fn is_json(outcome: &Outcome) {
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(&outcome.stdout);
    assert!(parsed.is_ok(), "{outcome:?}");
}

/// Checks that all lines are workflow commands without unescaped characters.
fn is_annotations(outcome: &Outcome) {
    assert!(outcome.stdout.lines().all(|line| line.starts_with("::")), "{outcome:?}");
    let is_control = |character: char| character.is_control() && character != '\n';
    assert!(!outcome.stdout.contains(is_control), "{outcome:?}");
    let has_error = outcome.stdout.lines().any(|line| line.starts_with("::error "));
    assert!(outcome.exit_code != ExitCode::BadInput || has_error, "{outcome:?}");
}

/// Unpacks the archive. Returns its files.
fn unpacked(name: &str, bytes: &[u8]) -> Option<BTreeMap<String, Vec<u8>>> {
    let unpack = [&["unpack", "-d", "out", "--max-unpacked=64MiB"], &ALLOWED[..], &[name]].concat();
    if SANDBOX.run(&unpack).exit_code != ExitCode::Done {
        SANDBOX.holds(&[name]);
        return None;
    }
    SANDBOX.holds(&[name, "out"]);
    let files = SANDBOX.files("out");
    SANDBOX.remove("out");
    let directory = Directory::read(bytes).expect("what was unpacked has a directory");
    let members = directory.entries().iter().filter(|entry| !entry.name.ends_with('/'));
    let expected: BTreeMap<&str, u64> =
        members.map(|entry| (entry.name.as_str(), entry.uncompressed)).collect();
    let found: BTreeMap<&str, u64> =
        files.iter().map(|(path, content)| (path.as_str(), content.len() as u64)).collect();
    assert_eq!(found, expected);
    Some(files)
}

fn installed(name: &str) {
    let outcome = SANDBOX.run(&["unpack", "-d", "out", "--max-unpacked=64MiB", "--wheel", name]);
    if outcome.exit_code == ExitCode::Done {
        SANDBOX.holds(&[name, "out"]);
        SANDBOX.files("out");
        SANDBOX.remove("out");
    }
    SANDBOX.holds(&[name]);
}

/// Checks that a repacked wheel has no findings, has the same files, and repacks to the same bytes.
fn repacked(name: &str, unpacked: Option<&BTreeMap<String, Vec<u8>>>) {
    let repack = |from: &str, to: &str| {
        fs::create_dir_all(SANDBOX.work().join(to)).unwrap();
        let limits = ["--max-unpacked=64MiB", "--compression-level=1"];
        SANDBOX.run(&[&["repack", "-w", to], &limits[..], &[from]].concat()).exit_code
    };
    let code = repack(name, "new");
    let files = SANDBOX.files("new");
    if code == ExitCode::Done {
        let old = unpacked.expect("what can be repacked can be unpacked");
        let (new, bytes) = files.first_key_value().expect("a wheel was written");
        assert_eq!(files.len(), 1);
        let wheel = format!("new/{new}");
        let outcome = SANDBOX.run(&["check", "--select=zip,record", &wheel]);
        assert_eq!(outcome.exit_code, ExitCode::Done, "{}", outcome.stdout);
        let unpack = [&["unpack", "-d", "out"], &ALLOWED[..], &[wheel.as_str()]].concat();
        let outcome = SANDBOX.run(&unpack);
        assert_eq!(outcome.exit_code, ExitCode::Done, "{}", outcome.stderr);
        let contents = |files: &BTreeMap<String, Vec<u8>>| {
            let is_content = |path: &str| !path.contains(".dist-info/");
            let files = files.iter().filter(|(path, _)| is_content(path));
            let mut contents: Vec<Vec<u8>> = files.map(|(_, content)| content.clone()).collect();
            contents.sort_unstable();
            contents
        };
        assert!(contents(old) == contents(&SANDBOX.files("out")), "other files than before");
        SANDBOX.remove("out");
        assert_eq!(repack(&wheel, "again"), ExitCode::Done);
        assert!(SANDBOX.files("again").get(new) == Some(bytes), "other bytes the second time");
        SANDBOX.remove("again");
    } else {
        assert!(files.is_empty(), "an error left {:?}", files.keys());
    }
    SANDBOX.remove("new");
}
