//! Wheels that `pack` and `repack` repair while they write them: the files are those of a wheel that is packed and
//! repaired afterwards.

use std::process::Command;

use super::shape::{NAME, Shape};
use crate::support::WHEELWORKS;
use crate::support::client::Worker;
use crate::support::command::{Output, TestDir};
use crate::support::messages::{Request, Response};
use crate::support::sample::{assert_no_temporary, text};
use crate::unpack::listing;

/// A module and a graft of several chunks each, a program that moves, and members that stay.
const SHAPE: Shape = Shape {
    about: "large files",
    build: r#"echo '.section .rodata; .incbin "large"' > large.s
        gcc -shared -fPIC dep.c large.s -Wl,-z,noexecstack -Wl,-soname,libdep.so.1 -o ext/libdep.so.1.2
        gcc -shared -fPIC mod.c large.s -Wl,-z,noexecstack ext/libdep.so.1 -o mod.abi3.so
        gcc main.c ext/libdep.so.1 -o prog"#,
    members: &[
        ("pkg/mod.abi3.so", "mod.abi3.so"),
        ("pkg/data", "large"),
        ("pkg-1.0.data/scripts/prog", "prog"),
    ],
    ..Shape::USUAL
};

/// The same members, and the name before the repair.
const DECLARED: [&str; 8] = [
    "--distribution=pkg",
    "--version=1.0",
    "--python-tag=cp38",
    "--abi-tag=abi3",
    "--platform-tag=linux_x86_64",
    "--member=pkg/mod.abi3.so=mod.abi3.so",
    "--member=pkg/data=large",
    "--data-file=scripts/prog=prog",
];

/// The options of the repair.
const OPTIONS: [&str; 5] =
    ["--plat=manylinux_2_39_x86_64", "--only-plat", "--no-host", "--strip", "--debug-dir=debug"];

/// The name after the repair.
const REPAIRED: &str = "pkg-1.0-cp38-abi3-manylinux_2_39_x86_64.whl";

/// Makes the files, and a wheel of them that another tool wrote.
fn sources() -> TestDir {
    let (dir, wheel) = SHAPE.unwritten_with(&[("large", &text(3 << 20, 1))]);
    wheel.write(dir.path());
    dir
}

/// Returns options of `repair` as those of another command, with the library of the usual wheel.
fn given(options: &[&str]) -> Vec<String> {
    let library = "--use-library=ext/libdep.so.1.2";
    options.iter().chain([&library]).map(|option| format!("--repair={option}")).collect()
}

/// Runs a command that writes `path` and repairs with these options.
fn repairing(dir: &TestDir, first: &[&str], path: &str, options: &[&str], code: i32) -> Output {
    let out = format!("--out={path}");
    let given = given(options);
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    dir.wheelworks(&[first, &[&out], &given].concat()).expect(code)
}

/// Moves the debug information away, and returns its paths.
fn debug_information(dir: &TestDir) -> Vec<(String, u32, Vec<u8>)> {
    let found = listing(&dir.path().join("debug"));
    fs_err::remove_dir_all(dir.path().join("debug")).unwrap();
    assert!(found.iter().filter(|(path, ..)| path.contains(".debug")).count() == 3, "{found:?}");
    found
}

fn unpacked(dir: &TestDir, wheel: &str, directory: &str) -> Vec<(String, u32, Vec<u8>)> {
    dir.wheelworks(&["unpack", wheel, "-d", directory]).expect(0);
    let found = listing(&dir.path().join(directory));
    fs_err::remove_dir_all(dir.path().join(directory)).unwrap();
    found
}

#[test]
fn the_files_of_a_later_repair() {
    let dir = sources();
    let pack = [&["pack"], &DECLARED[..]].concat();
    // Packed, then repaired.
    fs_err::create_dir_all(dir.path().join("packed")).unwrap();
    dir.wheelworks(&[&pack[..], &[&format!("--out=packed/{NAME}")]].concat()).expect(0);
    let library = ["--use-library=ext/libdep.so.1.2", "-w", "later"];
    let packed = format!("packed/{NAME}");
    dir.wheelworks(&[&["repair", &packed], &OPTIONS[..], &library].concat()).expect(0);
    let expected = unpacked(&dir, &format!("later/{REPAIRED}"), "files");
    let debug = debug_information(&dir);

    fs_err::create_dir(dir.path().join("ours")).unwrap();
    let ours = format!("ours/{REPAIRED}");
    let output = repairing(&dir, &pack, &ours, &OPTIONS, 0);
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
    assert!(unpacked(&dir, &ours, "files") == expected, "pack");
    assert!(debug_information(&dir) == debug, "pack");
    // No other wheel was written.
    let entries = fs_err::read_dir(dir.path().join("ours")).unwrap();
    assert_eq!(entries.count(), 1);

    repairing(&dir, &[&pack[..], &["--unpacked"]].concat(), "tree", &OPTIONS, 0);
    assert!(listing(&dir.path().join("tree")) == expected, "pack --unpacked");
    assert!(debug_information(&dir) == debug, "pack --unpacked");
    assert_no_temporary(dir.path());
}

#[test]
fn a_wheel_that_is_repacked() {
    let dir = sources();
    let library = ["--use-library=ext/libdep.so.1.2", "-w", "later"];
    dir.wheelworks(&[&["repair", NAME], &OPTIONS[..], &library].concat()).expect(0);
    let expected = unpacked(&dir, &format!("later/{REPAIRED}"), "files");
    let debug = debug_information(&dir);
    let expected_name = format!("--expect-name={NAME}");
    for jobs in ["-j1", "-j2"] {
        repairing(&dir, &["repack", NAME, &expected_name, jobs], REPAIRED, &OPTIONS, 0);
        assert!(unpacked(&dir, REPAIRED, "files") == expected, "{jobs}");
        assert!(debug_information(&dir) == debug, "{jobs}");
    }
    // Every byte of the old wheel is verified, as without a repair.
    let mut bytes = fs_err::read(dir.path().join(NAME)).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 0x10;
    dir.write(NAME, bytes);
    fs_err::remove_file(dir.path().join(REPAIRED)).unwrap();
    repairing(&dir, &["repack", NAME], REPAIRED, &OPTIONS, 2);
    assert!(!dir.path().join(REPAIRED).exists());
}

#[test]
fn the_same_bytes_each_time() {
    let dir = sources();
    let given = given(&OPTIONS);
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let out = format!("--out={REPAIRED}");
    let arguments = [&["pack", &out], &DECLARED[..], &given].concat();
    let mut found: Vec<(String, Vec<u8>)> = Vec::new();
    for options in [&["-j1"][..], &["-j2"], &["-j2", "--cache-dir=cache"], &["--cache-dir=cache"]] {
        dir.wheelworks(&[&arguments, options].concat()).expect(0);
        let bytes = fs_err::read(dir.path().join(REPAIRED)).unwrap();
        found.push((format!("{options:?}"), bytes));
    }
    for jobs in ["--worker-jobs=1", "--worker-jobs=2"] {
        let mut command = Command::new(WHEELWORKS);
        let mut worker = Worker::start(&mut command, &[jobs]);
        for id in 1..=2 {
            // As Bazel's sandboxes, one for each request.
            let sandbox = worker.directory().join(id.to_string());
            fs_err::create_dir_all(sandbox.join("ext")).unwrap();
            for path in ["mod.abi3.so", "large", "prog", "ext/libdep.so.1.2"] {
                let from = dir.path().join(path);
                fs_err::os::unix::fs::symlink(from, sandbox.join(path)).unwrap();
            }
            let request = Request { sandbox_dir: id.to_string(), ..Request::new(id, &arguments) };
            assert_eq!(worker.ask(&request), Response::new(id, 0, ""));
            let bytes = fs_err::read(sandbox.join(REPAIRED)).unwrap();
            found.push((format!("{jobs} {id}"), bytes));
        }
        assert_eq!(worker.finish().code, Some(0));
    }
    for (about, bytes) in &found {
        assert!(*bytes == found[0].1, "{about}");
    }
}

/// The path has the constant name, METADATA and the file with the name the true one.
#[test]
fn a_stamped_wheel() {
    let dir = sources();
    dir.write("status", "KEY 7\n");
    let name = "pkg-1.0.dev0-cp38-abi3-manylinux_2_39_x86_64.whl";
    let mut first: Vec<&str> = vec!["pack", "--version=1.0.dev{KEY}", "--status-file=status"];
    first.extend(DECLARED.iter().filter(|it| !it.starts_with("--version=")));
    first.push("--name-file=name");
    repairing(&dir, &first, name, &OPTIONS[..3], 0);
    let true_name = fs_err::read_to_string(dir.path().join("name")).unwrap();
    assert_eq!(true_name, name.replace("dev0", "dev7"));
    let files = unpacked(&dir, name, "files");
    assert!(files.iter().any(|(path, ..)| path == "pkg-1.0.dev7.dist-info/METADATA"));
    assert!(files.iter().any(|(path, ..)| path.starts_with("pkg.libs/libdep-")));
}

/// Requirements in the METADATA that is being written decide which libraries other wheels bring.
#[test]
fn libraries_of_required_wheels() {
    let dir = sources();
    let library = fs_err::read(dir.path().join("ext/libdep.so.1.2")).unwrap();
    let mut provider = crate::support::wheel::Wheel::new("dep-2.0-py3-none-linux_x86_64.whl");
    provider.member("dep/lib/libdep.so.1", library);
    provider.write(dir.path());
    let options = [
        "--plat=manylinux_2_39_x86_64",
        "--only-plat",
        "--no-host",
        "--provided-by=dep-2.0-py3-none-linux_x86_64.whl",
    ];
    let pack = [&["pack"], &DECLARED[..]].concat();
    let required = [&pack[..], &["--requires-dist=dep>=2"]].concat();
    repairing(&dir, &required, REPAIRED, &options, 0);
    let files = unpacked(&dir, REPAIRED, "files");
    assert!(files.iter().all(|(path, ..)| !path.starts_with("pkg.libs")), "{files:?}");
    fs_err::remove_file(dir.path().join(REPAIRED)).unwrap();
    let output = repairing(&dir, &pack, REPAIRED, &options, 2);
    assert!(
        output.stderr.contains("hint: add `Requires-Dist: dep==2.0` to METADATA"),
        "{output:?}"
    );
    assert!(!dir.path().join(REPAIRED).exists());
}

#[test]
fn refused() {
    let dir = sources();
    let pack = [&["pack"], &DECLARED[..]].concat();
    let plat = "--plat=manylinux_2_39_x86_64";
    for (options, name, code, expected) in [
        (
            &["--no-such-option"][..],
            REPAIRED,
            2,
            "--repair: unexpected argument '--no-such-option'",
        ),
        (&["--plat"], REPAIRED, 2, "--repair: a value is required for '--plat <PLATFORM>'"),
        (&["other.whl"], REPAIRED, 2, "--out: expected one wheel, found 2"),
        (&["--dry-run"], REPAIRED, 2, "--repair: `--dry-run` has no meaning for a wheel"),
        (&["--name-file=x"], REPAIRED, 2, "--repair: `--name-file` has no meaning for a wheel"),
        (&["-w", "other"], REPAIRED, 2, "cannot be used with"),
        (&[plat], NAME, 2, "expected the name `pkg-1.0-cp38-abi3-manylinux"),
        (&["--plat=manylinux_2_5_x86_64"], REPAIRED, 2, "too-recent versioned symbols"),
    ] {
        let output = repairing(&dir, &pack, name, options, code);
        assert!(output.stderr.contains(expected), "expected {expected}, found {output:?}");
        assert!(!dir.path().join(REPAIRED).exists());
    }
    // Without the library.
    let out = format!("--out={REPAIRED}");
    let arguments = [&pack[..], &[&out, "--repair=--no-host"]].concat();
    let output = dir.wheelworks(&arguments).expect(1);
    assert!(output.stderr.contains("\"libdep.so.1\" could not be located"), "{output:?}");
    // The repair judges the wheel, and needs to know its path.
    for (more, expected) in [
        (&[&*out, "--require=manylinux_2_39"][..], "cannot be used with"),
        (&[], "required arguments were not provided"),
    ] {
        let arguments = [&["pack", "--repair=--no-host"], more, &["--distribution=pkg"]].concat();
        let output = dir.wheelworks(&arguments).expect(2);
        assert!(output.stderr.contains(expected), "expected {expected}, found {output:?}");
    }
    assert_no_temporary(dir.path());
}
