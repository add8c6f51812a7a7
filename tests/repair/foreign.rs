//! Wheels for other C libraries and machines, built by their compilers: as with auditwheel, and their loaders run the
//! result.

use std::io::Write as _;
use std::process::Command;

use super::shape::{Shape, facts, wheel_in};
use crate::judges::judge;
use crate::support::command::TestDir;

/// A wheel for another platform.
struct Row {
    shape: Shape,
    /// The compiler.
    compiler: &'static str,
    /// Whether auditwheel can repair it here.
    is_judged: bool,
    /// A tag of the repaired wheel.
    tag: &'static str,
    /// The search path of the module.
    path: &'static str,
    /// What runs the program of the wheel, if it is installed.
    runner: Option<&'static [&'static str]>,
}

/// Builds a library, a module and a program that need it, with `$CC`.
const BUILD: &str = "rm -f ext/* mod.abi3.so
    $CC -shared -fPIC dep.c -Wl,-soname,libdep.so.1 -o ext/libdep.so.1.2
    ln -s libdep.so.1.2 ext/libdep.so.1
    $CC -shared -fPIC mid.c ext/libdep.so.1 -Wl,-soname,libmid.so -o ext/libmid.so
    $CC -shared -fPIC -DFUNCTION=mid mod.c ext/libmid.so -Wl,-rpath-link,ext -o mod.abi3.so
    $CC main.c ext/libdep.so.1 -o prog
    mkdir -p root/usr/lib; cp -a ext/* root/usr/lib";

/// Libraries for Android, whose C library has another name.
const ANDROID: &str = "rm -f ext/* mod.abi3.so
    $CC -shared -fPIC -nostdlib -xc empty -Wl,-soname,libc.so -o ext/libc.so
    $CC -shared -fPIC -nostdlib dep.c -Wl,--no-as-needed ext/libc.so -Wl,-soname,libdep.so -o ext/libdep.so
    $CC -DWITHOUT_LIBC -shared -fPIC -nostdlib mod.c -Wl,--no-as-needed ext/libdep.so ext/libc.so -o mod.abi3.so";

const BOTH: &[(&str, &str)] = &[("pkg/mod.abi3.so", "mod.abi3.so"), ("pkg/prog", "prog")];
const PATH: &str = "$ORIGIN/../pkg.libs";
const ARM: &str = "aarch64-linux-gnu-gcc";
const QEMU: Option<&[&str]> = Some(&["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"]);

const MUSL: Row = Row {
    shape: Shape {
        about: "musl, by the environment",
        name: "pkg-1.0-cp38-abi3-linux_x86_64.whl",
        build: BUILD,
        members: BOTH,
        arguments: &["--plat", "musllinux_1_2_x86_64"],
        ..Shape::USUAL
    },
    compiler: "musl-gcc",
    // It does not know the C library by the name that Debian gives it, `libc.so`.
    is_judged: false,
    tag: "musllinux_1_2_x86_64",
    path: PATH,
    runner: Some(&[]),
};

const AARCH64: Row = Row {
    shape: Shape {
        about: "64-bit ARM, by directories",
        name: "pkg-1.0-cp38-abi3-linux_aarch64.whl",
        build: BUILD,
        members: BOTH,
        arguments: &["--ldpaths", "{DIR}/ext"],
        path: "",
        ..Shape::USUAL
    },
    compiler: ARM,
    is_judged: true,
    tag: "manylinux_2_34_aarch64",
    path: PATH,
    runner: QEMU,
};

const ROWS: [Row; 7] = [
    MUSL,
    Row {
        shape: Shape {
            about: "musl, by directories, tagged already",
            name: "pkg-1.0-cp38-abi3-musllinux_1_2_x86_64.whl",
            arguments: &["--ldpaths", "{DIR}/ext"],
            path: "",
            ..MUSL.shape
        },
        ..MUSL
    },
    Row {
        shape: Shape {
            about: "musl, from a system root",
            arguments: &["--sysroot", "root", "--plat", "musllinux_1_2"],
            path: "",
            ..MUSL.shape
        },
        ..MUSL
    },
    AARCH64,
    Row {
        shape: Shape {
            about: "64-bit ARM, from a system root, with a tag and without symbols",
            arguments: &["--sysroot", "root", "--plat=manylinux_2_39", "--only-plat", "--strip"],
            ..AARCH64.shape
        },
        is_judged: false,
        tag: "manylinux_2_39_aarch64",
        ..AARCH64
    },
    Row {
        shape: Shape {
            about: "64-bit ARM, libraries of this machine in the way",
            arguments: &["--ldpaths", "/usr/lib/x86_64-linux-gnu:{DIR}/ext"],
            ..AARCH64.shape
        },
        ..AARCH64
    },
    Row {
        shape: Shape {
            about: "Android on 64-bit ARM",
            name: "pkg-1.0-cp313-cp313-android_24_arm64_v8a.whl",
            build: ANDROID,
            members: &[("pkg/mod.abi3.so", "mod.abi3.so")],
            ..AARCH64.shape
        },
        tag: "android_24_arm64_v8a",
        runner: None,
        ..AARCH64
    },
];

fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

#[test]
fn other_platforms() {
    for row in ROWS {
        let about = row.shape.about;
        if !is_installed(row.compiler) {
            // Not `eprintln!`: the test harness hides its output if the test passes.
            let line = format!("skipped: {about}: `{}` is not installed\n", row.compiler);
            std::io::stderr().write_all(line.as_bytes()).unwrap();
            continue;
        }
        let build = format!("CC={}\n{}", row.compiler, row.shape.build);
        let shape = Shape { build: build.leak(), ..row.shape };
        let dir = shape.build();
        shape.repair(&dir, 0);
        let found = facts(&dir, "ours");
        if row.is_judged {
            let (code, theirs) = shape.audited(&dir);
            assert_eq!(code, 0, "{about}: {theirs:?}");
            assert_eq!(found, facts(&dir, "theirs"), "{about}");
        }
        let name = found["name"].as_str().unwrap();
        assert!(name.contains(row.tag), "{about}: {name}");
        let module = &found["elf"]["pkg/mod.abi3.so"];
        let kind = if row.tag.starts_with("android") { "runpath" } else { "rpath" };
        assert_eq!(module[kind], serde_json::json!([row.path]), "{about}");
        assert_runs(&dir, &row);
    }
}

/// Fails unless the program of the repaired wheel runs without the original libraries.
fn assert_runs(dir: &TestDir, row: &Row) {
    let Some(runner) = row.runner.filter(|it| it.first().is_none_or(|it| is_installed(it))) else {
        return;
    };
    let wheel = wheel_in(dir, "ours").unwrap();
    let unpack = ["-m", "zipfile", "-e", wheel.to_str().unwrap(), "unpacked"];
    dir.command(judge("python"), &unpack).expect(0);
    for directory in ["ext", "root"] {
        fs_err::remove_dir_all(dir.path().join(directory)).unwrap();
    }
    dir.command("chmod", &["+x", "unpacked/pkg/prog"]).expect(0);
    let command = [runner, &["./unpacked/pkg/prog", "x", "y"]].concat();
    let output = dir.command(command[0], &command[1..]).expect(0);
    assert_eq!(output.stdout, "21\n", "{}", row.shape.about);
}
