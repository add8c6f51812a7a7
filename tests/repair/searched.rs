//! Where libraries are found, which of them become grafts, and under which names: the same as with auditwheel.

use super::same::assert_same;
use super::shape::{Shape, facts};

const USUAL: Shape = Shape::USUAL;

/// A library of the same name that returns something else, and a library and a module that need `libdep.so.1`
/// indirectly.
const TWO: &str = "mkdir -p two
    echo 'int dep(int x) { return x * 100; }' > two.c
    gcc -shared -fPIC two.c -Wl,-soname,libdep.so.1 -o two/libdep.so.1\n";

/// Shapes that both tools repair alike: in which order directories are searched.
const DIRECTORIES: &[Shape] = &[
    Shape {
        about: "RUNPATH comes before LD_LIBRARY_PATH",
        build: "mkdir two; echo 'int dep(int x) { return x; }' > two.c
                gcc -shared -fPIC two.c -Wl,-soname,libdep.so.1 -o two/libdep.so.1
                gcc -shared -fPIC mod.c ext/libdep.so.1 -Wl,--enable-new-dtags,-rpath,$PWD/two -o mod.abi3.so",
        ..USUAL
    },
    Shape {
        about: "the variable of auditwheel comes before LD_LIBRARY_PATH",
        build: TWO,
        variables: &[("AUDITWHEEL_LD_LIBRARY_PATH", "{DIR}/two")],
        ..USUAL
    },
    Shape {
        about: "--ldpaths replaces LD_LIBRARY_PATH",
        build: TWO,
        arguments: &["--ldpaths", "{DIR}/two"],
        ..USUAL
    },
    Shape {
        about: "--ldpaths does not replace the variable of auditwheel",
        build: TWO,
        arguments: &["--ldpaths={DIR}/ext"],
        variables: &[("AUDITWHEEL_LD_LIBRARY_PATH", "{DIR}/two")],
        ..USUAL
    },
    Shape {
        about: "a library for another machine is passed over",
        build: "mkdir two; cp ext/libdep.so.1.2 two/libdep.so.1
                printf '\\267\\000' | dd of=two/libdep.so.1 bs=1 seek=18 conv=notrunc status=none",
        path: "two:ext",
        ..USUAL
    },
    Shape {
        about: "a needed name with a slash is joined to each directory",
        build: "gcc -shared -fPIC dep.c -o ext/libplain.so
                gcc -shared -fPIC mod.c ext/libplain.so -o mod.abi3.so",
        path: ".",
        ..USUAL
    },
    Shape {
        about: "the RPATH of the module holds for its libraries",
        build: "gcc -shared -fPIC mid.c ext/libdep.so.1 -Wl,-soname,libmid.so.2 -o ext/libmid.so.2
                gcc -shared -fPIC -DFUNCTION=mid mod.c ext/libmid.so.2 -Wl,-rpath-link,ext,--disable-new-dtags,-rpath,$PWD/ext -o mod.abi3.so",
        path: "",
        ..USUAL
    },
    Shape {
        about: "the search path of a graft is relative to its source",
        build: "mkdir ext/deep; mv ext/libdep* ext/deep
                gcc -shared -fPIC mid.c ext/deep/libdep.so.1 -Wl,--enable-new-dtags,-rpath,'$ORIGIN/deep' -Wl,-soname,libmid.so.2 -o ext/libmid.so.2
                gcc -shared -fPIC -DFUNCTION=mid mod.c ext/libmid.so.2 -Wl,-rpath-link,ext/deep -o mod.abi3.so",
        ..USUAL
    },
];

/// Shapes that both tools repair alike: which libraries become grafts, and what they are called.
const GRAFTS: &[Shape] = &[
    Shape {
        about: "what only an excluded library needs is not grafted",
        build: "gcc -shared -fPIC mid.c ext/libdep.so.1 -Wl,-soname,libmid.so.2 -o ext/libmid.so.2
                gcc -shared -fPIC -DFUNCTION=mid mod.c ext/libmid.so.2 -Wl,-rpath-link,ext -o mod.abi3.so",
        arguments: &["--exclude", "libmid.so.2"],
        ..USUAL
    },
    Shape {
        about: "what an excluded library and another one need is grafted",
        build: "gcc -shared -fPIC mid.c ext/libdep.so.1 -Wl,-soname,libmid.so.2 -o ext/libmid.so.2
                gcc -shared -fPIC -DFUNCTION=mid mod.c -Wl,--no-as-needed ext/libmid.so.2 ext/libdep.so.1 -o mod.abi3.so",
        arguments: &["--exclude=libmid.so.2", "--exclude=nothing*"],
        ..USUAL
    },
    Shape {
        about: "a graft that needs an excluded library",
        build: "gcc -shared -fPIC mid.c ext/libdep.so.1 -Wl,-soname,libmid.so.2 -o ext/libmid.so.2
                gcc -shared -fPIC -DFUNCTION=mid mod.c ext/libmid.so.2 -Wl,-rpath-link,ext -o mod.abi3.so",
        arguments: &["--exclude=libdep.so.1"],
        ..USUAL
    },
    Shape {
        about: "an excluded library that is missing",
        arguments: &["--exclude=libdep*"],
        path: "",
        ..USUAL
    },
    Shape {
        about: "nothing but libpython",
        build: "mkdir py
                gcc -shared -fPIC -xc empty -Wl,-soname,libpython3.7m.so.1.0 -o py/l.so
                gcc -shared -fPIC mod.c dep.c -Wl,--no-as-needed py/l.so -o mod.abi3.so",
        ..USUAL
    },
    Shape {
        about: "equal libraries in two places, and under two names",
        build: "mkdir a b; gcc -shared -fPIC dep.c -o a/libone.so; cp a/libone.so b/libone.so; cp a/libone.so b/libtwo.so
                gcc -shared -fPIC mod.c -Wl,--no-as-needed -La -lone -o one.so
                gcc -shared -fPIC mod.c -Wl,--no-as-needed -Lb -ltwo -lone -Wl,-rpath,$PWD/b -o mod.abi3.so",
        members: &[("pkg/mod.abi3.so", "mod.abi3.so"), ("pkg/sub/mod.abi3.so", "one.so")],
        path: "a",
        ..USUAL
    },
    Shape { about: "a library that may not be written", build: "chmod 0444 ext/libdep.so.1.2", ..USUAL },
    Shape {
        about: "a library whose name has its hash",
        build: "hash=$(sha256sum ext/libdep.so.1.2 | cut -c1-8)
                mv ext/libdep.so.1.2 ext/libdep-$hash.so.1; ln -sf libdep-$hash.so.1 ext/libdep.so.1",
        ..USUAL
    },
    Shape {
        about: "a graft that needs a library of the wheel",
        build: "gcc -shared -fPIC dep.c -Wl,-soname,libinner.so -o libinner.so
                gcc -shared -fPIC mid.c libinner.so -Wl,-soname,libmid.so.2 -o ext/libmid.so.2
                gcc -shared -fPIC -DFUNCTION=mid mod.c ext/libmid.so.2 -Wl,--no-as-needed libinner.so -Wl,-rpath,'$ORIGIN' -o mod.abi3.so",
        members: &[("pkg/mod.abi3.so", "mod.abi3.so"), ("pkg/libinner.so", "libinner.so")],
        ..USUAL
    },
    Shape {
        about: "a module in the directory of grafts",
        members: &[("pkg.libs/mod.abi3.so", "mod.abi3.so")],
        ..USUAL
    },
    Shape { about: "grafts in the package", arguments: &["-L", ""], ..USUAL },
    Shape { about: "grafts below the package", arguments: &["-L/vendor"], ..USUAL },
    Shape {
        about: "a program at a fixed address, and a program with a blank and a quote in its name",
        build: "gcc -no-pie main.c ext/libdep.so.1 -o prog",
        name: "My.Pkg-1.0-py3-none-linux_x86_64.whl",
        members: &[("pkg/bin/prog", "prog"), ("My.Pkg-1.0.data/scripts/pro g'", "prog")],
        ..USUAL
    },
];

#[test]
fn directories_are_searched_in_the_same_order() {
    assert_same(DIRECTORIES);
}

#[test]
fn the_same_libraries_become_grafts() {
    assert_same(GRAFTS);
}

/// What is in place of a library, and is none, is passed over. auditwheel stops with a traceback.
#[test]
fn other_files_in_place_of_a_library() {
    for instead in [
        "echo 'INPUT(libz.so)' > two/libdep.so.1",
        "mkdir two/libdep.so.1",
        "mkfifo two/libdep.so.1",
        "ln -s /dev/zero two/libdep.so.1",
        "ln -s libdep.so.1 two/libdep.so.1",
        "touch two/libdep.so.1",
    ] {
        let dir = USUAL.build();
        fs_err::create_dir(dir.path().join("two")).unwrap();
        dir.command("sh", &["-c", instead]).expect(0);
        Shape { path: "two:ext", ..USUAL }.repair(&dir, 0);
        let facts = facts(&dir, "ours");
        let elves = facts["elf"].as_object().unwrap();
        assert!(elves.keys().any(|path| path.starts_with("pkg.libs/libdep-")), "{instead}");
        fs_err::remove_dir_all(dir.path().join("ours")).unwrap();
        let output = Shape { path: "two", ..USUAL }.repair(&dir, 1);
        assert!(output.stderr.contains("\"libdep.so.1\" could not be located"), "{instead}");
        assert!(!dir.path().join("ours").exists(), "{instead}");
    }
}

/// libpython is removed from grafts as well, which is said; and from a program in the prefix, to which no search path
/// leads.
#[test]
fn libpython_is_removed_from_every_file() {
    const PROGRAM: &str = "pkg-1.0.data/data/bin/prog";
    const SHAPES: [(Shape, &str); 2] = [
        (
            Shape {
                build: "mkdir py
                    gcc -shared -fPIC -xc empty -Wl,-soname,libpython3.11.so.1.0 -o py/l.so
                    gcc -shared -fPIC dep.c -Wl,--no-as-needed py/l.so -Wl,-soname,libdep.so.1 -o ext/libdep.so.1.2",
                ..USUAL
            },
            "pkg.libs/libdep-",
        ),
        (
            Shape {
                build: "mkdir py
                    gcc -shared -fPIC -xc empty -Wl,-soname,libpython3.11.so.1.0 -o py/l.so
                    gcc main.c dep.c -Wl,--no-as-needed py/l.so -o prog",
                members: &[("pkg/mod.abi3.so", "mod.abi3.so"), (PROGRAM, "prog")],
                ..USUAL
            },
            PROGRAM,
        ),
    ];
    for (shape, path) in SHAPES {
        let dir = shape.build();
        let said = USUAL.repair(&dir, 0).stderr;
        let line = format!("Removing libpython3.11.so.1.0 dependency from {path}");
        assert!(said.contains(&line), "{said}");
        let facts = facts(&dir, "ours");
        let elves = facts["elf"].as_object().unwrap();
        let (_, elf) = elves.iter().find(|(name, _)| name.starts_with(path)).unwrap();
        assert!(!elf["needed"].to_string().contains("libpython"), "{elf}");
        assert_eq!(elf["rpath"], serde_json::json!([]));
    }
}
