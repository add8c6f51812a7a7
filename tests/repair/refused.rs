//! Wheels that cannot be repaired: the exit codes and sentences of auditwheel, and no wheel is left.

use std::path::Path;

use super::shape::{NAME, Shape, wheel_in};

const USUAL: Shape = Shape::USUAL;

/// Makes a file of x86-64 one for 64-bit ARM.
const AARCH64: &str =
    "printf '\\267\\000' | dd of=mod.abi3.so bs=1 seek=18 conv=notrunc status=none";

/// Shapes that both refuse, with the exit code and a part of the message.
const REFUSED: &[(Shape, i32, &str)] = &[
    (
        Shape { about: "a library that is not found", path: "", ..USUAL },
        1,
        "Cannot repair wheel, because required library \"libdep.so.1\" could not be located",
    ),
    (
        Shape {
            about: "no machine code",
            name: "pkg-1.0-py3-none-any.whl",
            members: &[("pkg/__init__.py", "empty")],
            ..USUAL
        },
        1,
        "This does not look like a platform wheel, no ELF executable or shared library file \
         (including compiled Python C extension) found in the wheel archive",
    ),
    (
        Shape {
            about: "code for another machine",
            name: "pkg-1.0-cp38-abi3-linux_aarch64.whl",
            ..USUAL
        },
        1,
        "Invalid binary wheel: no ELF executable or shared library file (including compiled Python C extension) \
         with a 'aarch64' architecture found. The following ELF files were found:",
    ),
    (
        Shape {
            about: "a tag of another machine",
            name: "pkg-1.0-cp38-abi3-linux_aarch64.whl",
            arguments: &["--plat", "manylinux_2_28_x86_64"],
            build: AARCH64,
            ..USUAL
        },
        2,
        "can't repair wheel pkg-1.0-cp38-abi3-linux_aarch64.whl with aarch64 architecture to a wheel targeting x86_64",
    ),
    (
        Shape {
            about: "a tag of another C library",
            name: "pkg-1.0-cp38-abi3-musllinux_1_2_x86_64.whl",
            arguments: &["--plat", "manylinux_2_28_x86_64"],
            ..USUAL
        },
        2,
        "can't repair wheel pkg-1.0-cp38-abi3-musllinux_1_2_x86_64.whl with MUSL libc to a wheel targeting GLIBC",
    ),
    (
        Shape {
            about: "new symbols",
            build: "echo '#include <string.h>
                    int dep(int x) { char a[99], b[99]; memset(b, x, 99); memcpy(a, b, x); return a[x - 1]; }' > new.c
                    gcc -O0 -fno-builtin -shared -fPIC mod.c new.c -o mod.abi3.so",
            arguments: &["--plat", "manylinux_2_5_x86_64"],
            ..USUAL
        },
        2,
        "cannot repair \"pkg-1.0-cp38-abi3-linux_x86_64.whl\" to \"manylinux_2_5_x86_64\" ABI because of the \
         presence of too-recent versioned symbols. You'll need to compile the wheel on an older toolchain.",
    ),
    (
        Shape {
            about: "black-listed symbols",
            build: "echo 'int _dist_code(void) { return 1; }' > z.c
                    gcc -shared -fPIC z.c -Wl,-soname,libz.so.1 -o ext/libz.so.1
                    echo 'extern int _dist_code(void); int dep(int x) { return x + _dist_code(); }' > use.c
                    gcc -shared -fPIC mod.c use.c ext/libz.so.1 -o mod.abi3.so",
            arguments: &["--plat", "manylinux_2_17_x86_64", "--ldpaths", "ext"],
            path: "",
            ..USUAL
        },
        2,
        "cannot repair \"pkg-1.0-cp38-abi3-linux_x86_64.whl\" to \"manylinux_2_17_x86_64\" ABI because it depends \
         on black-listed symbols.",
    ),
    (
        Shape {
            about: "a newer instruction set",
            build: "gcc -shared -fPIC mod.c dep.c -Wl,-z,x86-64-v3 -o mod.abi3.so",
            ..USUAL
        },
        2,
        "ABI because it depends on unsupported ISA extensions.",
    ),
    (
        Shape {
            about: "code in purelib",
            members: &[("pkg-1.0.data/purelib/pkg/mod.abi3.so", "mod.abi3.so")],
            ..USUAL
        },
        1,
        "Invalid binary wheel, found the following shared library/libraries in purelib folder:",
    ),
];

#[test]
fn both_tools_refuse_the_same_wheels() {
    for (shape, code, sentence) in REFUSED {
        let dir = shape.build();
        let (their_code, theirs) = shape.audited(&dir);
        assert_eq!(their_code, *code, "{}: {}", shape.about, theirs.stderr);
        assert!(theirs.stderr.contains(sentence), "{}: {}", shape.about, theirs.stderr);
        let ours = shape.repair(&dir, *code);
        assert!(ours.stderr.contains(sentence), "{}: {}", shape.about, ours.stderr);
        assert_eq!(ours.stdout, "");
        for sentence in ["ignoring: ", "\tmod.abi3.so"] {
            let line = |text: &str| {
                let line = text.lines().find_map(|line| Some(&line[line.find(sentence)?..]));
                line.map(str::to_owned)
            };
            assert_eq!(line(&ours.stderr), line(&theirs.stderr), "{}", shape.about);
        }
        assert!(!dir.path().join("ours").exists(), "{}", shape.about);
    }
}

/// What auditwheel does not refuse, or refuses with a crash.
const OTHER_REFUSED: [(Shape, i32, &str); 6] = [
    (
        Shape {
            about: "a Python with fpectl",
            build: "echo 'extern int PyFPE_jbuf; int dep(int x) { return x + PyFPE_jbuf; }' > fpe.c
                        gcc -shared -fPIC mod.c fpe.c -o mod.abi3.so",
            ..USUAL
        },
        2,
        "because it was compiled against a Python that was configured --with-fpectl",
    ),
    (
        Shape { about: "a tag without meaning", arguments: &["--plat=linux_x86_64"], ..USUAL },
        2,
        "--plat `linux_x86_64`: expected a manylinux, musllinux or Android tag, or `auto`",
    ),
    (
        Shape {
            about: "a wheel with a tag without meaning",
            name: "pkg-1.0-cp38-abi3-linux_foo.whl",
            ..USUAL
        },
        2,
        "error: `linux_foo` is not a platform tag: expected `linux_ARCH` with the CPU",
    ),
    (
        Shape { about: "a misspelt tag", arguments: &["--plat=manylinux2015_x86_64"], ..USUAL },
        2,
        "manylinux2015_x86_64",
    ),
    (
        Shape { about: "no edits", arguments: &["--patcher=none"], ..USUAL },
        2,
        "The 'none' patcher can't patch the following files:\npkg/mod.abi3.so",
    ),
    (
        Shape { about: "an added library", arguments: &["--add-library=libno.so"], ..USUAL },
        2,
        "--add-library `libno.so`: no library of that name was found",
    ),
];

#[test]
fn other_refusals() {
    for (shape, code, sentence) in OTHER_REFUSED {
        let dir = shape.build();
        let ours = shape.repair(&dir, code);
        assert!(ours.stderr.contains(sentence), "{}: {}", shape.about, ours.stderr);
        assert!(!dir.path().join("ours").exists(), "{}", shape.about);
        let begins = shape.name == NAME && !shape.arguments.iter().any(|it| it.contains("plat"));
        assert_eq!(ours.stderr.contains("Repairing "), begins, "{}", shape.about);
    }
    let dir = USUAL.build();
    let output = dir.wheelworks(&["repair", "missing.whl"]).expect(2);
    assert!(output.stderr.contains("cannot access missing.whl. No such file"), "{output:?}");
}

/// The first error ends the run, and wheels that were written before stay.
#[test]
fn several_wheels() {
    let dir = USUAL.build();
    let paths = dir.path().join("ext");
    // With a build tag, so that the new wheel has another name.
    let third = USUAL.name.replacen("-1.0-", "-1.0-1-", 1);
    fs_err::copy(dir.path().join(USUAL.name), dir.path().join(&third)).unwrap();
    let output = dir
        .wheelworks(&["repair", "-wours", USUAL.name, "missing.whl", &third])
        .env("LD_LIBRARY_PATH", paths)
        .expect(2);
    assert!(wheel_in(&dir, "ours").is_some());
    assert_eq!(output.stderr.matches("\nFixed-up wheel written to /").count(), 1, "{output:?}");
    assert!(output.stderr.ends_with("hint: check the path\n"), "{output:?}");
}

#[test]
fn pure_wheels_are_copied_on_request() {
    let shape = Shape {
        name: "pkg-1.0-py3-none-any.whl",
        members: &[("pkg/__init__.py", "empty")],
        arguments: &["--allow-pure-python-wheel"],
        ..USUAL
    };
    let dir = shape.build();
    dir.command("touch", &["-d", "2001-02-03T04:05:06Z", shape.name]).expect(0);
    dir.command("chmod", &["640", shape.name]).expect(0);
    let (code, theirs) = shape.audited(&dir);
    let ours = shape.repair(&dir, 0);
    assert_eq!(code, 0);
    let sentence = "This does not look like a platform wheel, no ELF executable or shared library";
    assert!(theirs.stderr.contains(sentence) && ours.stderr.contains(sentence), "{ours:?}");
    let facts = |path: &Path| {
        let metadata = fs_err::metadata(path).unwrap();
        (fs_err::read(path).unwrap(), metadata.permissions(), metadata.modified().unwrap())
    };
    let expected = facts(&dir.path().join(shape.name));
    for directory in ["ours", "theirs"] {
        assert!(facts(&wheel_in(&dir, directory).unwrap()) == expected, "{directory}");
    }
}
