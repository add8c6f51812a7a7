//! What auditwheel gets wrong, and users asked for.

use std::process::Command;

use super::shape::{NAME, Shape, assert_prints, facts, install, wheel_in};
use crate::judges::judge;
use crate::support::WHEELWORKS;
use crate::support::archive::open;
use crate::support::client::Worker;
use crate::support::messages::{Request, Response};

const USUAL: Shape = Shape::USUAL;
const ANSWER: &str = "import pkg.mod; print(pkg.mod.answer)";

/// A file in `*.data/platlib` is installed into site-packages, so its search path starts there.
#[test]
fn files_of_platlib() {
    let shape =
        Shape { members: &[("pkg-1.0.data/platlib/pkg/mod.abi3.so", "mod.abi3.so")], ..USUAL };
    let dir = shape.build();
    shape.repair(&dir, 0);
    let rpath = &facts(&dir, "ours")["elf"]["pkg-1.0.data/platlib/pkg/mod.abi3.so"]["rpath"];
    assert_eq!(*rpath, serde_json::json!(["$ORIGIN/../pkg.libs"]));
    let venv = install(&dir);
    assert_prints(&dir, &venv, ANSWER, "21");
}

/// A wheel whose root is pure Python keeps it so if all code is in platlib; else WHEEL becomes right.
#[test]
fn root_is_purelib() {
    for (member, expected, graft) in [
        ("pkg-1.0.data/platlib/pkg/mod.abi3.so", "Root-Is-Purelib: true", "pkg-1.0.data/platlib/"),
        ("pkg/mod.abi3.so", "Root-Is-Purelib: False", ""),
    ] {
        let (dir, mut wheel) = Shape { members: &[], ..USUAL }.unwritten();
        wheel.member(member, fs_err::read(dir.path().join("mod.abi3.so")).unwrap());
        let text = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: cp38-abi3-linux_x86_64\n";
        wheel.replace("pkg-1.0.dist-info/WHEEL", text);
        wheel.write(dir.path());
        USUAL.repair(&dir, 0);
        let facts = facts(&dir, "ours");
        let found = facts["wheel"].as_str().unwrap();
        assert!(found.contains(expected), "{found}");
        let members = facts["members"].as_object().unwrap();
        let prefix = format!("{graft}pkg.libs/libdep-");
        assert!(members.keys().any(|path| path.starts_with(&prefix)), "{members:?}");
        let venv = install(&dir);
        assert_prints(&dir, &venv, ANSWER, "21");
    }
}

/// A program of `scripts` finds its libraries wherever the wheel is installed.
#[test]
fn programs_run_after_user_and_target() {
    let shape = Shape {
        build: "gcc main.c ext/libdep.so.1 -o prog",
        members: &[("pkg-1.0.data/scripts/prog", "prog")],
        name: "pkg-1.0-py3-none-linux_x86_64.whl",
        ..USUAL
    };
    let dir = shape.build();
    shape.repair(&dir, 0);
    let wheel = wheel_in(&dir, "ours").unwrap();
    let venv = install(&dir);
    assert_eq!(dir.command(venv.join("bin/prog"), &["x", "y"]).expect(0).stdout, "21\n");
    let common = ["install", "--no-deps", "--no-index", "--disable-pip-version-check"];
    for (options, program) in [
        (&["--target", "target"][..], "target/bin/prog"),
        (&["--prefix", "prefix"], "prefix/bin/prog"),
    ] {
        let arguments = [&common[..], options, &[wheel.to_str().unwrap()]].concat();
        dir.command(judge("pip"), &arguments).expect(0);
        assert_eq!(dir.command(dir.path().join(program), &["x"]).expect(0).stdout, "14\n");
    }
    let python = dir.command(judge("python"), &["-c", "import sys; print(sys.base_prefix)"]);
    let python = format!("{}/bin/python3", python.expect(0).stdout.trim());
    let arguments = ["-m", "pip"].into_iter().chain(common);
    let arguments: Vec<&str> =
        arguments.chain(["--user", "--break-system-packages", wheel.to_str().unwrap()]).collect();
    dir.command(&python, &arguments).env("PYTHONUSERBASE", dir.path().join("user")).expect(0);
    assert_eq!(dir.command(dir.path().join("user/bin/prog"), &["x"]).expect(0).stdout, "14\n");
}

/// Two modules that find one soname in two files get a graft each.
#[test]
fn two_files_of_one_soname() {
    let shape = Shape {
        build: "mkdir -p ext/two
                echo 'int dep(int x) { return x * 100; }' > two.c
                gcc -shared -fPIC two.c -Wl,-soname,libdep.so.1 -o ext/two/libdep.so.1
                gcc -shared -fPIC mod.c ext/libdep.so.1 -Wl,-rpath,$PWD/ext -o one.so
                gcc -shared -fPIC mod.c ext/two/libdep.so.1 -Wl,-rpath,$PWD/ext/two -o two.so",
        members: &[("a/mod.abi3.so", "one.so"), ("b/mod.abi3.so", "two.so")],
        path: "",
        ..USUAL
    };
    let dir = shape.build();
    shape.repair(&dir, 0);
    let venv = install(&dir);
    assert_prints(&dir, &venv, "import a.mod, b.mod; print(a.mod.answer, b.mod.answer)", "21 300");
}

/// The versions that a module needs of libpython go with it, so the loader does not stop.
#[test]
fn libpython_with_versions() {
    let shape = Shape {
        build: "echo 'PYTHON_3 { global: *; };' > map
                echo 'int python(int x) { return x; }' > python.c
                mkdir py
                gcc -shared -fPIC python.c -Wl,--version-script=map -Wl,-soname,libpython3.11.so.1.0 -o py/libpython3.11.so.1.0
                echo 'extern int python(int) __attribute__((weak)); int dep(int x) { return python ? 1 : x; }' > use.c
                gcc -shared -fPIC mod.c use.c -Wl,--no-as-needed py/libpython3.11.so.1.0 -o mod.abi3.so",
        ..USUAL
    };
    let dir = shape.build();
    let output = shape.repair(&dir, 0);
    assert!(
        output.stderr.contains("Removing libpython3.11.so.1.0 dependency from pkg/mod.abi3.so."),
        "{output:?}"
    );
    let facts = facts(&dir, "ours");
    let versions = facts["elf"]["pkg/mod.abi3.so"]["versions"].to_string();
    assert!(!versions.contains("libpython"), "{versions}");
    let venv = install(&dir);
    assert_prints(&dir, &venv, ANSWER, "3");
}

/// What the user should know is said.
#[test]
fn warnings() {
    let own = Shape {
        members: &[("pkg/mod.abi3.so", "mod.abi3.so"), ("other/libdep.so.1", "ext/libdep.so.1.2")],
        ..USUAL
    };
    let stack = Shape {
        build: "gcc -shared -fPIC dep.c -Wl,-soname,libdep.so.1 -z execstack -o ext/libdep.so.1.2",
        ..USUAL
    };
    for (shape, expected) in [
        (
            Shape { arguments: &["--exclude=libdep.so", "--exclude=libx*"], ..USUAL },
            "warning: --exclude `libdep.so` matches no needed library; `libdep.so.*` would match `libdep.so.1`\n\
             warning: --exclude `libx*` matches no needed library\n",
        ),
        (
            Shape {
                name: "pkg-1.0-cp38-abi3-linux_x86_64.manylinux2014_x86_64.whl",
                build: "echo '#include <pthread.h>
                        int dep(int x) { pthread_cond_clockwait(0, 0, 0, 0); return x; }' > new.c
                        gcc -D_GNU_SOURCE -shared -fPIC mod.c new.c -o mod.abi3.so",
                ..USUAL
            },
            "warning: the wheel keeps its tag `manylinux2014_x86_64`, which it does not meet; \
             `wheelworks retag` removes it\n",
        ),
        (own, "though the wheel has a library of that name"),
        (stack, "asks for an executable stack, and glibc 2.41 and later refuse to dlopen it"),
    ] {
        let dir = shape.build();
        let output = shape.repair(&dir, 0);
        assert!(output.stderr.contains(expected), "{}", output.stderr);
    }
    let cleared = Shape { arguments: &["--clear-execstack"], ..stack };
    let dir = cleared.build();
    assert!(!cleared.repair(&dir, 0).stderr.contains("executable stack"));
    let facts = facts(&dir, "ours");
    let elves = facts["elf"].as_object().unwrap();
    assert!(elves.values().all(|elf| elf["stack"] == 6), "{elves:?}");
}

/// A directory of `LD_LIBRARY_PATH` is relative to the working directory, a package may be named `purelib`, files
/// that RECORD does not name are repaired, and signatures of RECORD go.
#[test]
fn small_quirks() {
    let (dir, mut wheel) = Shape {
        members: &[("purelib/mod.abi3.so", "mod.abi3.so"), ("pkg/mod.abi3.so", "mod.abi3.so")],
        ..USUAL
    }
    .unwritten();
    wheel.unrecorded("pkg/mod.abi3.so").member("pkg-1.0.dist-info/RECORD.p7s", "signature");
    wheel.unrecorded("pkg-1.0.dist-info/RECORD.p7s").write(dir.path());
    fs_err::copy(dir.path().join("ext/libdep.so.1"), dir.path().join("libdep.so.1")).unwrap();
    dir.wheelworks(&["repair", "-w", "ours", NAME]).env("LD_LIBRARY_PATH", ".").expect(0);
    let facts = facts(&dir, "ours");
    assert!(facts["members"]["pkg-1.0.dist-info/RECORD.p7s"].is_null());
    fs_err::remove_file(dir.path().join("libdep.so.1")).unwrap();
    let venv = install(&dir);
    assert_prints(&dir, &venv, ANSWER, "21");
    assert_prints(&dir, &venv, "import purelib.mod; print(purelib.mod.answer)", "21");
}

/// A library that code opens by name comes along under its name, with what it needs.
#[test]
fn added_libraries() {
    let shape = Shape {
        build: "gcc -shared -fPIC mid.c ext/libdep.so.1 -Wl,-soname,libmid.so.2 -o ext/libmid.so.2
                echo '#include <dlfcn.h>
                int dep(int x) {
                    void *library = dlopen(\"libmid.so.2\", RTLD_NOW);
                    return library ? ((int (*)(int))dlsym(library, \"mid\"))(x) : -1;
                }' > open.c
                gcc -shared -fPIC mod.c open.c -o mod.abi3.so",
        arguments: &["--add-library", "libmid.so.2"],
        ..USUAL
    };
    let dir = shape.build();
    shape.repair(&dir, 0);
    let facts = facts(&dir, "ours");
    assert_eq!(facts["elf"]["pkg.libs/libmid.so.2"]["rpath"], serde_json::json!(["$ORIGIN"]));
    let venv = install(&dir);
    assert_prints(&dir, &venv, ANSWER, "22");
}

#[test]
fn kept_entries_of_the_search_path() {
    let shape = Shape {
        build: "gcc -shared -fPIC mod.c ext/libdep.so.1 -Wl,-rpath,/opt/rocm/lib:/opt/x -o mod.abi3.so",
        arguments: &["--keep-rpath", "/opt/rocm/*"],
        ..USUAL
    };
    let dir = shape.build();
    let output = shape.repair(&dir, 0);
    assert!(
        output.stderr.contains("Dropping /opt/x from the search path of pkg/mod.abi3.so"),
        "{output:?}"
    );
    let rpath = &facts(&dir, "ours")["elf"]["pkg/mod.abi3.so"]["rpath"];
    assert_eq!(*rpath, serde_json::json!(["/opt/rocm/lib:$ORIGIN/../pkg.libs"]));
}

/// A wheel for another machine is repaired from a sysroot, and nothing of this machine is looked at. Absolute links are
/// within the sysroot; `links/root` is one whose files are links to those of `root`, as in a sandbox.
#[test]
fn another_machine() {
    const FORGE: &str = "gcc -DWITHOUT_LIBC -shared -fPIC mod.c ext/libdep.so.1 -o mod.abi3.so
        for file in mod.abi3.so ext/libdep.so.1.2; do
            printf '\\267\\000' | dd of=$file bs=1 seek=18 conv=notrunc status=none
        done
        mkdir -p root/usr/lib root/opt; mv ext/libdep.so.1.2 root/opt/real.so
        ln -s /opt/real.so root/usr/lib/libdep.so.1
        for file in usr/lib/libdep.so.1 opt/real.so; do
            mkdir -p links/root/${file%/*}; ln -s $PWD/root/$file links/root/$file
        done";
    let arguments: [&[&str]; 2] = [
        &["--sysroot", "root", "--plat", "manylinux_2_28"],
        &["--sysroot", "links/root", "--plat", "manylinux_2_28"],
    ];
    let name = "pkg-1.0-cp38-abi3-linux_aarch64.whl";
    let shape = Shape { name, build: FORGE, path: "", ..USUAL };
    let dir = shape.build();
    for arguments in arguments {
        Shape { arguments, ..shape }.repair(&dir, 0);
        let facts = facts(&dir, "ours");
        let name = facts["name"].as_str().unwrap();
        assert!(name.contains("manylinux_2_28_aarch64"), "{name}");
        let paths: Vec<&String> = facts["elf"].as_object().unwrap().keys().collect();
        assert!(paths.iter().any(|it| it.starts_with("pkg.libs/real-")), "{paths:?}");
        fs_err::remove_dir_all(dir.path().join("ours")).unwrap();
    }
}

/// The bytes depend on the inputs alone: not on threads, the clock, the directory, or earlier runs.
#[test]
fn the_same_bytes_each_time() {
    let shape = Shape { build: "truncate -s 3M big", ..USUAL };
    let (dir, mut wheel) = shape.unwritten();
    wheel.member("pkg/big", fs_err::read(dir.path().join("big")).unwrap());
    wheel.write(dir.path());
    let mut bytes: Vec<Vec<u8>> = Vec::new();
    for options in [&["-j1", "-w", "ours"][..], &["-j2", "-w", "other"], &["-w", "ours"]] {
        let arguments = [&["repair"], options, &[NAME]].concat();
        dir.wheelworks(&arguments).env("LD_LIBRARY_PATH", dir.path().join("ext")).expect(0);
        bytes.push(fs_err::read(wheel_in(&dir, options[options.len() - 1]).unwrap()).unwrap());
    }
    assert!(bytes.iter().all(|it| *it == bytes[0]));
    // Members that stay as they are keep their compression.
    let (_, _, mut findings) = open(&wheel_in(&dir, "ours").unwrap());
    findings.retain(|finding| finding.rule != "needless-deflate");
    assert!(findings.is_empty(), "{findings:?}");
}

#[test]
fn a_dry_run_reports_and_writes_nothing() {
    let dir = USUAL.build();
    let shape = Shape { arguments: &["--dry-run", "--report=json"], ..USUAL };
    let output = shape.repair(&dir, 0);
    let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let wheel = &report["wheels"][0];
    assert_eq!(wheel["written"], false);
    assert_eq!(wheel["grafts"][0]["sonames"], serde_json::json!(["libdep.so.1"]));
    assert_eq!(wheel["edited"][0]["rpath"], serde_json::json!(["$ORIGIN/../pkg.libs"]));
    assert!(!dir.path().join("ours").exists());
}

/// Options of auditwheel's command line, as argparse accepts them, and its variables.
#[test]
fn command_lines_of_auditwheel() {
    for (before, arguments, variables) in [
        (&["-v"][..], &["--whe=ours", "--pla=manylinux_2_28_x86_64", "--only"][..], &[][..]),
        (&[], &["-wours", "--only-plat"], &[("AUDITWHEEL_PLAT", "manylinux_2_28_x86_64")]),
        (
            &[],
            &[
                "-w",
                "ours",
                "-z9",
                "--only-p",
                "--plat",
                "manylinux_2_28_x86_64",
                "--excl=libnone.so",
            ],
            &[("AUDITWHEEL_PLAT", "manylinux1_x86_64"), ("AUDITWHEEL_PATCHER", "patchelf")],
        ),
    ] {
        let dir = USUAL.build();
        let arguments = [before, &["repair"], arguments, &[NAME]].concat();
        let mut command = dir.wheelworks(&arguments).env("LD_LIBRARY_PATH", dir.path().join("ext"));
        for (name, value) in variables {
            command = command.env(name, value);
        }
        command.expect(0);
        let name = wheel_in(&dir, "ours").unwrap();
        let expected = "ours/pkg-1.0-cp38-abi3-manylinux_2_28_x86_64.whl";
        assert!(name.ends_with(expected), "{}", name.display());
    }
}

/// What is stripped goes to files that debuggers find by the build ID or by the link.
#[test]
fn debug_files() {
    let shape = Shape {
        build:
            "gcc -g -shared -fPIC dep.c -Wl,-soname,libdep.so.1,--build-id=sha1 -o ext/libdep.so.1.2
                gcc -g -shared -fPIC mod.c ext/libdep.so.1 -Wl,--build-id=none -o mod.abi3.so",
        arguments: &["--strip", "--debug-dir", "debug"],
        ..USUAL
    };
    let dir = shape.build();
    shape.repair(&dir, 0);
    let debug = dir.path().join("debug");
    let files = walkdir::WalkDir::new(&debug).sort_by_file_name().into_iter().flatten();
    let files: Vec<_> = files.filter(|it| it.file_type().is_file()).collect();
    let names: Vec<_> =
        files.iter().map(|it| it.path().strip_prefix(&debug).unwrap().to_str().unwrap()).collect();
    assert!(names[0].starts_with(".build-id/"), "{names:?}");
    assert_eq!(names[1..], ["pkg/mod.abi3.so.debug"]);
    for file in &files {
        let path = file.path().to_str().unwrap();
        let sections = dir.command("readelf", &["-SW", path]).expect(0).stdout;
        assert!(sections.contains(".debug_info") && sections.contains(".symtab"), "{sections}");
    }
    let venv = install(&dir);
    assert_prints(&dir, &venv, ANSWER, "21");
    let site = "import pkg.mod; print(pkg.mod.__file__)";
    let module = dir.command(venv.join("bin/python"), &["-I", "-c", site]).expect(0).stdout;
    let link = ["--string-dump=.gnu_debuglink", module.trim()];
    let link = dir.command("readelf", &link).expect(0).stdout;
    assert!(link.contains("mod.abi3.so.debug"), "{link}");
}

/// A request to a worker gives the bytes of the command line.
#[test]
fn a_worker_repairs_in_its_sandbox() {
    let shape = Shape {
        build: "gcc -shared -fPIC mod.c ext/libdep.so.1 -o mod.abi3.so",
        path: "",
        ..USUAL
    };
    let dir = shape.build();
    let expected = Shape { path: "ext", ..shape };
    expected.repair(&dir, 0);
    let mut command = Command::new(WHEELWORKS);
    let mut worker = Worker::start(&mut command, &[]);
    let sandbox = worker.directory().join("box");
    fs_err::create_dir_all(&sandbox).unwrap();
    fs_err::create_dir_all(sandbox.join("ext")).unwrap();
    for file in [NAME, "ext/libdep.so.1.2"] {
        fs_err::copy(dir.path().join(file), sandbox.join(file)).unwrap();
    }
    std::os::unix::fs::symlink("libdep.so.1.2", sandbox.join("ext/libdep.so.1")).unwrap();
    let arguments = ["repair", NAME, "-w", "out", "--ldpaths", "ext", "--quiet"];
    for id in 1..=2 {
        let request = Request { sandbox_dir: "box".to_owned(), ..Request::new(id, &arguments) };
        assert_eq!(worker.ask(&request), Response::new(id, 0, ""));
        let name = wheel_in(&dir, "ours").unwrap();
        let found = sandbox.join("out").join(name.file_name().unwrap());
        assert!(fs_err::read(found).unwrap() == fs_err::read(&name).unwrap());
    }
    assert_eq!(worker.finish().code, Some(0));
}
