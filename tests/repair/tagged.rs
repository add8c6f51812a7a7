//! Platforms and tags: the same as with auditwheel.

use super::same::assert_same;
use super::shape::{Shape, facts};

const USUAL: Shape = Shape::USUAL;

/// Libraries for musl: a C library of its name, and nothing of glibc.
const MUSL: &str = "
    gcc -shared -fPIC -nostdlib -xc empty -Wl,-soname,libc.musl-x86_64.so.1 -o ext/libc.musl-x86_64.so.1
    gcc -shared -fPIC -nostdlib dep.c -Wl,--no-as-needed ext/libc.musl-x86_64.so.1 -Wl,-soname,libdep.so.1 -o ext/libdep.so.1.2
    gcc -DWITHOUT_LIBC -shared -fPIC -nostdlib mod.c -Wl,--no-as-needed ext/libdep.so.1 ext/libc.musl-x86_64.so.1 -o mod.abi3.so
    gcc -shared -fPIC dep.c -o libglibc.so";

/// Libraries for Android, where `libpython` is an ordinary library.
const ANDROID: &str = "
    for name in c log; do
        gcc -shared -fPIC -nostdlib -xc empty -Wl,-soname,lib$name.so -o ext/lib$name.so
    done
    gcc -shared -fPIC -nostdlib dep.c -Wl,--no-as-needed ext/libc.so -Wl,-soname,libdep.so -o ext/libdep.so
    gcc -shared -fPIC -nostdlib -xc empty -Wl,-soname,libpython3.13.so -o ext/libpython3.13.so
    gcc -DWITHOUT_LIBC -shared -fPIC -nostdlib mod.c -Wl,--no-as-needed ext/libdep.so ext/libc.so ext/liblog.so ext/libpython3.13.so -o mod.abi3.so";

const SHAPES: &[Shape] = &[
    Shape { about: "musl", build: MUSL, ..USUAL },
    Shape {
        about: "musl, tagged already",
        build: MUSL,
        name: "pkg-1.0-cp38-abi3-musllinux_1_1_x86_64.whl",
        ..USUAL
    },
    Shape {
        about: "musl, with a library for glibc",
        build: MUSL,
        members: &[("pkg/mod.abi3.so", "mod.abi3.so"), ("pkg/z.so", "libglibc.so")],
        ..USUAL
    },
    Shape {
        about: "Android",
        build: ANDROID,
        name: "pkg-1.0-cp313-cp313-android_24_x86_64.whl",
        arguments: &["--ldpaths", "{DIR}/ext"],
        ..USUAL
    },
    Shape {
        about: "Android never looks at the host",
        build: ANDROID,
        name: "pkg-1.0-cp313-cp313-android_24_x86_64.whl",
        path: "",
        variables: &[("AUDITWHEEL_LD_LIBRARY_PATH", "{DIR}/ext")],
        ..USUAL
    },
    Shape {
        about: "files for other machines",
        build: "cp mod.abi3.so arm.so; printf '\\267\\000' | dd of=arm.so bs=1 seek=18 conv=notrunc status=none
                cp mod.abi3.so odd.so; printf '\\377\\000' | dd of=odd.so bs=1 seek=18 conv=notrunc status=none",
        members: &[
            ("pkg/mod.abi3.so", "mod.abi3.so"),
            ("pkg/arm.so", "arm.so"),
            ("pkg/odd.so", "odd.so"),
        ],
        ..USUAL
    },
    Shape {
        about: "a static program alone",
        build: "gcc -static main.c dep.c -o prog",
        name: "pkg-1.0-py3-none-linux_x86_64.whl",
        members: &[("pkg/prog", "prog")],
        ..USUAL
    },
    Shape {
        about: "no C library, and a tag that names one",
        build: "gcc -DWITHOUT_LIBC -nostdlib -shared -fPIC mod.c dep.c -o mod.abi3.so",
        arguments: &["--plat", "manylinux_2_28_x86_64"],
        ..USUAL
    },
    Shape {
        about: "a newer instruction set is ignored",
        build: "gcc -shared -fPIC mod.c dep.c -Wl,-z,x86-64-v3 -o mod.abi3.so",
        arguments: &["--disable-isa-ext-check"],
        ..USUAL
    },
    Shape {
        about: "a tag for a newer instruction set",
        name: "pkg-1.0-py3-none-linux_x86_64_v2.whl",
        ..USUAL
    },
    Shape {
        about: "a tag of another system",
        name: "pkg-1.0-py3-none-macosx_11_0_x86_64.whl",
        ..USUAL
    },
    Shape {
        about: "tags that hold, with one that is replaced",
        name: "pkg-1.0-cp38-abi3-linux_x86_64.manylinux2014_x86_64.whl",
        ..USUAL
    },
    Shape {
        about: "a policy and its alias, for a later one",
        name: "pkg-1.0-cp38-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        arguments: &["--plat", "manylinux_2_28_x86_64"],
        ..USUAL
    },
    Shape {
        about: "several Pythons, ABIs and platforms",
        name: "pkg-1.0-py2.py3-none.abi3-linux_x86_64.manylinux1_x86_64.whl",
        arguments: &["--plat", "manylinux_2_28_x86_64", "--only-plat"],
        ..USUAL
    },
    Shape {
        about: "the oldest tag by its alias, from the environment",
        arguments: &["--only-plat"],
        variables: &[("AUDITWHEEL_PLAT", "manylinux1_x86_64")],
        ..USUAL
    },
];

#[test]
fn both_tools_choose_the_same_tags() {
    assert_same(SHAPES);
}

/// Folded fields and a body stay as they are.
#[test]
fn other_bytes_of_wheel_stay() {
    let (dir, mut wheel) = USUAL.unwritten();
    let text = "Wheel-Version: 1.0\nGenerator: a\n  b\n\tc\nRoot-Is-Purelib: false\n\
                Tag: cp38-abi3-linux_x86_64\nX: y\n\nbody\n\nmore";
    wheel.replace("pkg-1.0.dist-info/WHEEL", text);
    wheel.write(dir.path());
    assert_eq!(USUAL.audited(&dir).0, 0);
    USUAL.repair(&dir, 0);
    let [ours, theirs] =
        ["ours", "theirs"].map(|directory| facts(&dir, directory)["wheel"].clone());
    assert_eq!(ours, theirs);
}
