//! A process audits a wheel that it has written or audited before, after every possible change of the file:
//! the report always equals that of a cold process.

use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::SystemTime;

use fs_err::File;

use super::{set_modified, worker};
use crate::support::archive::{chunk_lengths, parse};
use crate::support::client::Worker;
use crate::support::command::TestDir;
use crate::support::craft::Parts;
use crate::support::messages::Request;
use crate::support::sample::{noise, text};

const WHEEL: &str = "written-1.0-cp312-cp312-linux_x86_64.whl";

/// Writes two libraries: a small one, and one that is inflated in chunks. Writes other members, too.
fn libraries(dir: &TestDir) {
    dir.write("blob", [text(6 << 20, 1), noise(1 << 20, 2), text(4 << 20, 3)].concat())
        .write(
            "large.s",
            ".section .rodata\n.incbin \"blob\"\n.text\n.globl answer\nanswer: call puts@PLT\n.section .note.GNU-stack\n",
        )
        .write("small.s", ".globl PyInit_small\nPyInit_small: call puts@PLT\n.section .note.GNU-stack\n")
        .write("data.txt", text(3 << 20, 4))
        .write("noise.bin", noise(2 << 20, 5))
        .write("module.py", "VALUE = 1\n".repeat(30));
    for name in ["large", "small"] {
        let (out, source) = (format!("{name}.so"), format!("{name}.s"));
        dir.command("gcc", &["-shared", "-o", &out, &source]).expect(0);
    }
}

fn pack(worker: &mut Worker, out: &str) {
    let members = ["large.so", "small.so", "data.txt", "noise.bin", "module.py"];
    let arguments = ["pack", "--distribution=written", "--version=1.0", "--python-tag=cp312"]
        .into_iter()
        .chain(["--abi-tag=cp312", "--platform-tag=linux_x86_64", "--compression-level=1"])
        .map(str::to_owned)
        .chain(members.iter().map(|name| format!("--member=pkg/{name}={name}")))
        .chain([format!("--out={out}")]);
    let response =
        worker.ask(&Request { id: 1, arguments: arguments.collect(), ..Request::default() });
    assert_eq!(response.exit_code, 0, "{}", response.output);
}

const AUDIT: [&str; 4] = ["audit", "--no-host", "--report=json", "--require=manylinux_2_28"];

/// Returns a worker's exit code and report.
fn audit(worker: &mut Worker, wheel: &str, rest: &[&str]) -> (i32, String) {
    let arguments = AUDIT.iter().chain(rest).chain([&wheel]).map(|it| (*it).to_owned()).collect();
    let response = worker.ask(&Request { id: 1, arguments, ..Request::default() });
    (response.exit_code, response.output)
}

/// Returns the exit code and report of a cold process.
fn cold(dir: &TestDir, wheel: &str, rest: &[&str]) -> (i32, String) {
    let (code, output) = dir.wheelworks(&[&AUDIT, rest, &[wheel]].concat()).expect_any();
    (code, output.stderr + &output.stdout)
}

/// Changes a wheel that has this content.
type Mutation = fn(path: &Path, content: &[u8]);

fn overwrite(path: &Path, at: usize, bytes: &[u8]) {
    let modified = fs_err::metadata(path).unwrap().modified().unwrap();
    let file = File::options().write(true).open(path).unwrap();
    file.file().write_all_at(bytes, at as u64).unwrap();
    set_modified(path, modified);
}

/// Returns the offset and length of a member's data.
fn data(content: &[u8], name: &str) -> (usize, usize) {
    let archive = parse(&content.to_vec()).unwrap();
    let entry = archive.entries.iter().find(|entry| entry.name() == name).unwrap();
    (usize::try_from(entry.data).unwrap(), usize::try_from(entry.compressed).unwrap())
}

fn damage(path: &Path, content: &[u8], member: &str, tenths: usize) {
    let (start, len) = data(content, member);
    let at = start + len * tenths / 10;
    overwrite(path, at, &[!content[at]]);
}

/// The mutations by name.
const MUTATIONS: [(&str, Mutation); 17] = [
    ("nothing", |_, _| ()),
    ("read-only and executable, as Bazel makes it", |path, _| {
        use std::os::unix::fs::PermissionsExt as _;
        fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o555)).unwrap();
    }),
    ("another link", |path, _| fs_err::hard_link(path, path.with_extension("link")).unwrap()),
    ("a copy", |path, content| {
        fs_err::remove_file(path).unwrap();
        fs_err::write(path, content).unwrap();
    }),
    ("touched", |path, _| set_modified(path, SystemTime::now())),
    ("written again as it was", |path, content| overwrite(path, 0, content)),
    ("one byte of a large library", |path, content| damage(path, content, "pkg/large.so", 5)),
    ("the first byte of a large library", |path, content| damage(path, content, "pkg/large.so", 0)),
    ("one byte of a small library", |path, content| damage(path, content, "pkg/small.so", 3)),
    ("one byte of data", |path, content| damage(path, content, "pkg/data.txt", 4)),
    ("one stored byte", |path, content| damage(path, content, "pkg/noise.bin", 4)),
    ("one byte of RECORD", |path, content| {
        damage(path, content, "written-1.0.dist-info/RECORD", 4);
    }),
    ("a local header", |path, content| overwrite(path, 0, &[!content[0]])),
    ("the directory's last entry", |path, content| overwrite(path, content.len() - 30, b"Z")),
    ("cut short", |path, content| {
        File::options().write(true).open(path).unwrap().set_len(content.len() as u64 / 2).unwrap();
    }),
    ("a part of a library over another part", |path, content| {
        // Sizes and the central directory stay the same. Only the CRC-32 tells.
        let (large, len) = data(content, "pkg/large.so");
        overwrite(path, large + len / 2, &content[large..large + 5000]);
    }),
    ("a false table of chunks", |path, content| {
        let mut parts = Parts::of(&content.to_vec());
        for part in &mut parts.entries {
            for byte in part.central.extra.iter_mut().skip(7).filter(|byte| **byte < 0x80) {
                *byte ^= 1;
            }
        }
        fs_err::write(path, parts.render()).unwrap();
    }),
];

#[test]
fn a_written_wheel_is_reported_as_by_a_cold_process() {
    let dir = TestDir::new();
    libraries(&dir);
    let mut worker = worker(&dir, &[]);
    pack(&mut worker, WHEEL);
    let sound = fs_err::read(dir.path().join(WHEEL)).unwrap();
    assert!(parse(&sound).unwrap().entries.iter().any(|entry| chunk_lengths(entry).is_some()));
    let path = dir.path().join(WHEEL);
    for (name, mutate) in MUTATIONS {
        // The wheel was audited never, once or twice before the mutation.
        for audits in 0..3 {
            drop(fs_err::remove_file(&path));
            drop(fs_err::remove_file(path.with_extension("link")));
            pack(&mut worker, WHEEL);
            for _ in 0..audits {
                audit(&mut worker, WHEEL, &[]);
            }
            mutate(&path, &sound);
            let expected = cold(&dir, WHEEL, &[]);
            for again in 0..3 {
                assert_eq!(audit(&mut worker, WHEEL, &[]), expected, "{name}, {audits}, {again}");
            }
        }
    }
}

#[test]
fn a_change_directly_after_writing_is_detected() {
    let dir = TestDir::new();
    libraries(&dir);
    let mut worker = worker(&dir, &[]);
    let path = dir.path().join(WHEEL);
    pack(&mut worker, WHEEL);
    let sound = fs_err::read(&path).unwrap();
    let (start, len) = data(&sound, "pkg/large.so");
    for round in 0..30 {
        drop(fs_err::remove_file(&path));
        pack(&mut worker, WHEEL);
        // Within one tick of the file system's clock, and with the time of modification set back.
        let at = start + len * round / 30;
        overwrite(&path, at, &[!sound[at]]);
        let found = audit(&mut worker, WHEEL, &[]);
        assert_eq!(found, cold(&dir, WHEEL, &[]), "{round}");
        overwrite(&path, at, &[sound[at]]);
        let found = audit(&mut worker, WHEEL, &[]);
        assert_eq!(found, cold(&dir, WHEEL, &[]), "{round}, repaired");
    }
}

#[test]
fn other_options_have_other_reports() {
    let dir = TestDir::new();
    libraries(&dir);
    let mut worker = worker(&dir, &[]);
    pack(&mut worker, WHEEL);
    let other = WHEEL.replace("linux", "manylinux_2_17");
    fs_err::copy(dir.path().join(WHEEL), dir.path().join(&other)).unwrap();
    let options: [&[&str]; 6] = [
        &[],
        // Below the size of the large library's tables.
        &["--max-table-size=1"],
        &["--max-table-size=20"],
        &["--trust-chunk-table"],
        &["--require-declared"],
        &["--exclude=libc.so.6"],
    ];
    for _ in 0..2 {
        for wheel in [WHEEL, &other] {
            for rest in options.iter().chain(options.iter().rev()) {
                assert_eq!(audit(&mut worker, wheel, rest), cold(&dir, wheel, rest), "{rest:?}");
            }
        }
    }
}

/// A wheel from elsewhere. Its fingerprint is its only key.
#[test]
fn the_report_of_an_audited_wheel_is_reused_while_it_is_unchanged() {
    let dir = TestDir::new();
    libraries(&dir);
    pack(&mut worker(&dir, &[]), WHEEL);
    let path = dir.path().join(WHEEL);
    let sound = fs_err::read(&path).unwrap();
    let mut worker = worker(&dir, &[]);
    for (name, mutate) in MUTATIONS {
        drop(fs_err::remove_file(&path));
        drop(fs_err::remove_file(path.with_extension("link")));
        fs_err::write(&path, &sound).unwrap();
        let expected = cold(&dir, WHEEL, &[]);
        if name.contains("byte") {
            worker.let_files_settle();
        }
        for _ in 0..2 {
            assert_eq!(audit(&mut worker, WHEEL, &[]), expected);
        }
        mutate(&path, &sound);
        let expected = cold(&dir, WHEEL, &[]);
        for again in 0..2 {
            assert_eq!(audit(&mut worker, WHEEL, &[]), expected, "{name}, {again}");
        }
    }
}

/// The tags come from the file's name, which the fingerprint does not have.
#[test]
fn a_wheel_is_reported_under_each_of_its_names() {
    let dir = TestDir::new();
    libraries(&dir);
    let mut worker = worker(&dir, &[]);
    pack(&mut worker, WHEEL);
    let other = WHEEL.replace("linux_x86_64", "linux_aarch64");
    std::os::unix::fs::symlink(WHEEL, dir.path().join(&other)).unwrap();
    for _ in 0..3 {
        for name in [WHEEL, &other] {
            assert_eq!(audit(&mut worker, name, &[]), cold(&dir, name, &[]), "{name}");
        }
    }
}

/// Members that the writer cannot describe: the audit right after packing must read them.
#[test]
fn members_of_any_kind_are_reported_as_by_a_cold_process() {
    let dir = TestDir::new();
    libraries(&dir);
    let small = fs_err::read(dir.path().join("small.so")).unwrap();
    // The header of a table of program headers behind the end of the file.
    let mut malformed = small.clone();
    malformed[32..40].copy_from_slice(&(1_u64 << 40).to_le_bytes());
    dir.write("malformed.so", malformed)
        .write("object.dylib", [&[0xCF, 0xFA, 0xED, 0xFE][..], &text(3000, 7)].concat())
        .write("setup.exe", [b"MZ", &text(3000, 8)[..]].concat())
        .write("elf.py", small)
        .write("empty", "");
    let cases = [
        ("pkg/malformed.so", "malformed.so"),
        ("pkg/object.dylib", "object.dylib"),
        ("pkg/setup.exe", "setup.exe"),
        ("pkg/elf.py", "elf.py"),
        ("pkg/empty", "empty"),
        ("1:drive/elf.so", "small.so"),
        ("written-1.0.data/platlib/pkg/installed.so", "small.so"),
        ("pkg/\"quoted, name\".so", "small.so"),
    ];
    for (member, source) in cases {
        let mut worker = worker(&dir, &[]);
        for level in ["0", "6"] {
            // The second pack knows the members by their files.
            for round in 0..2 {
                worker.let_files_settle();
                let arguments = [
                    "pack",
                    "--distribution=written",
                    "--version=1.0",
                    "--python-tag=cp312",
                    "--abi-tag=cp312",
                    "--platform-tag=linux_x86_64",
                    &format!("--compression-level={level}"),
                    "--member=pkg/small.so=small.so",
                    "--member=pkg/large.so=large.so",
                    &format!("--member={member}={source}"),
                    &format!("--out={WHEEL}"),
                ];
                let arguments = arguments.map(str::to_owned).to_vec();
                let response = worker.ask(&Request { id: 1, arguments, ..Request::default() });
                assert_eq!(response.exit_code, 0, "{}", response.output);
                let expected = cold(&dir, WHEEL, &[]);
                for again in 0..2 {
                    let found = audit(&mut worker, WHEEL, &[]);
                    assert_eq!(found, expected, "{member}, {level}, {round}, {again}");
                }
            }
        }
    }
}

#[test]
fn the_first_audit_of_a_written_wheel_reads_no_library() {
    let dir = TestDir::new();
    libraries(&dir);
    let mut worker = worker(&dir, &[]);
    for round in 0..2 {
        pack(&mut worker, WHEEL);
        for again in 0..2 {
            let arguments = AUDIT.iter().chain(&[WHEEL]).map(|it| (*it).to_owned()).collect();
            let request = Request { id: 1, arguments, verbosity: 10, ..Request::default() };
            let output = worker.ask(&request).output;
            assert!(output.contains("1 of them known"), "{round}, {again}: {output}");
        }
    }
}
