//! Files of `*.data/data` and of directories in `*.data/scripts`: their grafts are in the prefix, where no path depends
//! on the Python that the wheel is installed for.

use super::shape::{Shape, assert_prints, facts, install, wheel_in};
use crate::judges::judge;

const USUAL: Shape = Shape::USUAL;

/// A library and a program that need one library, and a program that needs another one through it.
const BUILD: &str =
    "gcc -shared -fPIC mid.c ext/libdep.so.1 -Wl,-soname,libmid.so.2 -o ext/libmid.so.2
    cp ext/libmid.so.2 libmid.so
    gcc main.c ext/libdep.so.1 -o prog
    gcc -Ddep=mid main.c ext/libmid.so.2 -Wl,-rpath-link,ext -o deep";

/// Calls a function of the library at a path below the prefix.
fn call(path: &str) -> String {
    format!("import ctypes, sys; print(ctypes.CDLL(sys.prefix + '/{path}').mid(3))")
}

/// Runs the program at a path below the prefix.
fn run(path: &str) -> String {
    format!("import os, sys; os.execv(sys.prefix + '/{path}', ['prog', 'x', 'y'])")
}

/// Each file works in a virtual environment and in a directory of `pip --target`, beside a module with grafts of its
/// own.
#[test]
fn grafts_are_in_the_prefix() {
    for (member, file, installed, rpath) in [
        ("data/lib/libmid.so", "libmid.so", "lib/libmid.so", "$ORIGIN/../libexec/pkg.libs"),
        ("data/libmid.so", "libmid.so", "libmid.so", "$ORIGIN/libexec/pkg.libs"),
        ("data/share/a/b/prog", "prog", "share/a/b/prog", "$ORIGIN/../../../libexec/pkg.libs"),
        ("data/bin/deep", "deep", "bin/deep", "$ORIGIN/../libexec/pkg.libs"),
        ("scripts/libmid.so", "libmid.so", "bin/libmid.so", "$ORIGIN/../libexec/pkg.libs"),
    ] {
        let (dir, mut wheel) = Shape { build: BUILD, ..USUAL }.unwritten();
        let archived = format!("pkg-1.0.data/{member}");
        wheel.member(&archived, fs_err::read(dir.path().join(file)).unwrap());
        wheel.write(dir.path());
        USUAL.repair(&dir, 0);
        let facts = facts(&dir, "ours");
        let elves = facts["elf"].as_object().unwrap();
        assert_eq!(elves[&archived]["rpath"], serde_json::json!([rpath]), "{member}");
        for libraries in ["pkg.libs", "pkg-1.0.data/data/libexec/pkg.libs"] {
            let libraries = format!("{libraries}/libdep-");
            assert!(elves.keys().any(|path| path.starts_with(&libraries)), "{member}");
        }
        let wheel = wheel_in(&dir, "ours").unwrap();
        let target = ["install", "--no-deps", "--no-index", "--target=target"];
        let venv = install(&dir);
        let (code, expected) = match file {
            "libmid.so" => (call(installed), "22"),
            "prog" => (run(installed), "21"),
            _ => (run(installed), "22"),
        };
        assert_prints(&dir, &venv, &code, expected);
        assert_prints(&dir, &venv, "import pkg.mod; print(pkg.mod.answer)", "21");
        dir.command(judge("pip"), &[&target[..], &[wheel.to_str().unwrap()]].concat()).expect(0);
        if installed.starts_with("lib/") {
            // With `--target`, pip leaves them out.
            continue;
        }
        let code = code.replace("sys.prefix", &format!("{:?}", dir.path().join("target")));
        assert_prints(&dir, &venv, &code, expected);
    }
}

/// A wheel whose only code is in the prefix gets no directory of grafts in site-packages, and repairing it again changes
/// nothing.
#[test]
fn code_in_the_prefix_alone() {
    let shape = Shape {
        build: BUILD,
        name: "pkg-1.0-py3-none-linux_x86_64.whl",
        members: &[("pkg-1.0.data/data/bin/deep", "deep")],
        ..USUAL
    };
    let dir = shape.build();
    shape.repair(&dir, 0);
    let facts = facts(&dir, "ours");
    let paths: Vec<&String> = facts["elf"].as_object().unwrap().keys().collect();
    assert_eq!(paths.len(), 3, "{paths:?}");
    assert!(paths.iter().all(|path| path.starts_with("pkg-1.0.data/data/")), "{paths:?}");
    let wheel = wheel_in(&dir, "ours").unwrap();
    dir.wheelworks(&["repair", "-w", "again", wheel.to_str().unwrap()]).expect(0);
    let again = wheel_in(&dir, "again").unwrap();
    assert!(fs_err::read(again).unwrap() == fs_err::read(&wheel).unwrap());
    let venv = install(&dir);
    assert_prints(&dir, &venv, &run("bin/deep"), "22");
}

/// A program of the prefix that opens an added library finds it.
#[test]
fn an_added_library_is_where_it_is_opened() {
    let shape = Shape {
        build: "gcc -shared -fPIC mid.c ext/libdep.so.1 -Wl,-soname,libmid.so.2 -o ext/libmid.so.2
                echo '#include <dlfcn.h>
                int dep(int x) {
                    void *library = dlopen(\"libmid.so.2\", RTLD_NOW);
                    return library ? ((int (*)(int))dlsym(library, \"mid\"))(x) : -1;
                }' > open.c
                gcc main.c open.c -o prog",
        name: "pkg-1.0-py3-none-linux_x86_64.whl",
        members: &[("pkg-1.0.data/data/bin/prog", "prog")],
        arguments: &["--add-library", "libmid.so.2"],
        ..USUAL
    };
    let dir = shape.build();
    shape.repair(&dir, 0);
    let venv = install(&dir);
    assert_prints(&dir, &venv, &run("bin/prog"), "22");
}

/// uv refuses directories in `scripts`, and pip installs them.
#[test]
fn a_program_in_a_directory_of_scripts() {
    let shape =
        Shape { build: BUILD, members: &[("pkg-1.0.data/scripts/tools/prog", "prog")], ..USUAL };
    let dir = shape.build();
    shape.repair(&dir, 0);
    let wheel = wheel_in(&dir, "ours").unwrap();
    let target = ["install", "--no-deps", "--no-index", "--target=target"];
    dir.command(judge("pip"), &[&target[..], &[wheel.to_str().unwrap()]].concat()).expect(0);
    fs_err::rename(dir.path().join("ext"), dir.path().join("out-of-reach")).unwrap();
    let program = dir.path().join("target/bin/tools/prog");
    assert_eq!(dir.command(program, &["x", "y"]).expect(0).stdout, "21\n");
}

/// Its search path is right in the archive, as auditwheel's; a warning says that it leads nowhere once installed.
#[test]
fn a_library_beside_headers() {
    let shape = Shape {
        members: &[
            ("pkg/mod.abi3.so", "mod.abi3.so"),
            ("pkg-1.0.data/headers/a.so", "mod.abi3.so"),
        ],
        ..USUAL
    };
    let dir = shape.build();
    let output = shape.repair(&dir, 0);
    let facts = facts(&dir, "ours");
    let rpath = serde_json::json!(["$ORIGIN/../../pkg.libs"]);
    assert_eq!(facts["elf"]["pkg-1.0.data/headers/a.so"]["rpath"], rpath);
    let warning = "`pkg-1.0.data/headers/a.so` does not find its grafts once it is installed";
    assert!(output.stderr.contains(warning), "{}", output.stderr);
}
