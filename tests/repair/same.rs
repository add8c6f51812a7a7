//! Wheels of which auditwheel and wheelworks make the same.

use std::collections::BTreeSet;

use super::shape::{Shape, assert_prints, facts, install, wheel_in};

const USUAL: Shape = Shape::USUAL;

/// Shapes that both repair alike: names of grafts, sonames, needed libraries, search paths, tags, WHEEL.
const SHAPES: &[Shape] = &[
    USUAL,
    Shape {
        about: "a library that needs another one",
        build: "gcc -shared -fPIC mid.c ext/libdep.so.1 -Wl,-soname,libmid.so.2 -o ext/libmid.so.2
                gcc -shared -fPIC -DFUNCTION=mid mod.c ext/libmid.so.2 -Wl,-rpath-link,ext -o mod.abi3.so",
        ..USUAL
    },
    Shape {
        about: "libraries that need each other",
        build: "echo 'int one(int x) { return x; }' > one.c
                gcc -shared -fPIC one.c -Wl,-soname,libone.so -o ext/libone.so
                gcc -shared -fPIC dep.c -Wl,--no-as-needed ext/libone.so -Wl,-soname,libdep.so.1 -o ext/libdep.so.1.2
                gcc -shared -fPIC one.c -Wl,--no-as-needed ext/libdep.so.1 -Wl,-rpath-link,ext -Wl,-soname,libone.so -o ext/libone.so",
        ..USUAL
    },
    Shape {
        about: "entries of the search path that lead out of the wheel",
        build: "gcc -shared -fPIC mod.c ext/libdep.so.1 -Wl,--disable-new-dtags,-rpath,'/opt/x:$ORIGIN:$ORIGIN/../pkg/lib:${ORIGIN}/l:rel/dir:$ORIGIN/../../out:$ORIGIN:$ORIGIN/l/' -o mod.abi3.so",
        ..USUAL
    },
    Shape {
        about: "RUNPATH becomes RPATH, and a library is found by it",
        build: "gcc -shared -fPIC mod.c ext/libdep.so.1 -Wl,--enable-new-dtags,-rpath,$PWD/ext:'$ORIGIN/own' -o mod.abi3.so",
        path: "",
        ..USUAL
    },
    Shape {
        about: "a library beside headers, which installers put in different directories",
        members: &[
            ("pkg/mod.abi3.so", "mod.abi3.so"),
            ("pkg-1.0.data/headers/sub/libmod.so", "mod.abi3.so"),
        ],
        ..USUAL
    },
    Shape { about: "another directory for grafts", arguments: &["-L", "_vendored"], ..USUAL },
    Shape { about: "a module at the top", members: &[("mod.abi3.so", "mod.abi3.so")], ..USUAL },
    Shape {
        about: "a library of the wheel between the module and the one outside",
        build: "gcc -shared -fPIC mid.c ext/libdep.so.1 -Wl,-soname,libmid.so -o libmid.so
                gcc -shared -fPIC -DFUNCTION=mid mod.c libmid.so -Wl,-rpath-link,ext -Wl,-rpath,'$ORIGIN' -o mod.abi3.so",
        members: &[("pkg/mod.abi3.so", "mod.abi3.so"), ("pkg/libmid.so", "libmid.so")],
        ..USUAL
    },
    Shape {
        about: "a program that needs a library",
        build: "gcc main.c ext/libdep.so.1 -o prog",
        members: &[("pkg/mod.abi3.so", "mod.abi3.so"), ("pkg-1.0.data/scripts/prog", "prog")],
        ..USUAL
    },
    Shape {
        about: "programs that need none",
        build: "gcc main.c dep.c -o prog; gcc -static main.c dep.c -o static",
        members: &[
            ("pkg/mod.abi3.so", "mod.abi3.so"),
            ("pkg-1.0.data/scripts/prog", "prog"),
            ("pkg-1.0.data/scripts/static", "static"),
        ],
        ..USUAL
    },
    Shape {
        about: "a module that links libpython",
        build: "mkdir py
                gcc -shared -fPIC -xc empty -Wl,-soname,libpython3.11.so.1.0 -o py/libpython3.11.so.1.0
                gcc -shared -fPIC mod.c ext/libdep.so.1 -Wl,--no-as-needed py/libpython3.11.so.1.0 -o mod.abi3.so",
        ..USUAL
    },
    Shape { about: "an excluded library", arguments: &["--exclude", "libdep.so.*"], ..USUAL },
    Shape {
        about: "a path of excluded libraries",
        arguments: &["--exclude=*/ext/*", "--only-plat"],
        ..USUAL
    },
    Shape {
        about: "a tag that is less portable than possible",
        arguments: &["--plat", "manylinux_2_28_x86_64"],
        ..USUAL
    },
    Shape {
        about: "no tag but the requested one",
        arguments: &["--plat=manylinux_2_28_x86_64", "--only-plat"],
        ..USUAL
    },
    Shape {
        about: "a tag with an alias",
        arguments: &["--plat", "manylinux_2_17_x86_64"],
        ..USUAL
    },
    Shape {
        about: "nothing to graft",
        build: "gcc -shared -fPIC mod.c dep.c -o mod.abi3.so",
        arguments: &["--plat", "manylinux2014_x86_64"],
        ..USUAL
    },
    Shape {
        about: "symbols are removed",
        build: "gcc -g -shared -fPIC dep.c -Wl,-soname,libdep.so.1 -o ext/libdep.so.1.2
                gcc -g -shared -fPIC mod.c ext/libdep.so.1 -o mod.abi3.so
                gcc -g -shared -fPIC dep.c -o libown.so",
        members: &[("pkg/mod.abi3.so", "mod.abi3.so"), ("pkg/libown.so", "libown.so")],
        arguments: &["--strip"],
        ..USUAL
    },
    Shape { about: "tags stay", arguments: &["--no-update-tags"], ..USUAL },
    Shape { about: "a wheel for any platform", name: "pkg-1.0-py3-none-any.whl", ..USUAL },
    Shape {
        about: "a name in another spelling, with a build tag and a local version",
        name: "My.Pkg-1.0+x1-7b-py2.py3-none-linux_x86_64.whl",
        ..USUAL
    },
    Shape {
        about: "names with several dots and other characters",
        build: "gcc -shared -fPIC dep.c -o 'ext/libc++x@1-1.2.so.3.4'
                gcc -shared -fPIC mod.c 'ext/libc++x@1-1.2.so.3.4' -o mod.abi3.so
                gcc -shared -fPIC mod.c -Lext -l:'libc++x@1-1.2.so.3.4' -o mod.abi3.so",
        ..USUAL
    },
    Shape {
        about: "two names of one file",
        build: "gcc -shared -fPIC dep.c -o ext/libreal.so
                ln -s libreal.so ext/libone.so; ln -s libreal.so ext/libtwo.so
                gcc -shared -fPIC mod.c -Wl,--no-as-needed -Lext -lone -ltwo -o mod.abi3.so",
        ..USUAL
    },
    Shape {
        about: "versions of the library are needed",
        build: "echo 'DEP_1 { global: dep; local: *; };' > map
                gcc -shared -fPIC dep.c -Wl,--version-script=map -Wl,-soname,libdep.so.1 -o ext/libdep.so.1.2
                gcc -shared -fPIC mod.c ext/libdep.so.1 -o mod.abi3.so",
        ..USUAL
    },
    Shape {
        about: "a library without a soname that has a search path",
        build: "gcc -shared -fPIC dep.c -Wl,-rpath,/opt/lib -o ext/libplain.so
                gcc -shared -fPIC mod.c -Lext -lplain -o mod.abi3.so",
        ..USUAL
    },
    Shape {
        about: "a library that is needed by its path",
        build: "gcc -shared -fPIC dep.c -o ext/libplain.so
                gcc -shared -fPIC mod.c $PWD/ext/libplain.so -o mod.abi3.so",
        path: "",
        ..USUAL
    },
    Shape {
        about: "two modules that need one library",
        members: &[
            ("pkg/mod.abi3.so", "mod.abi3.so"),
            ("pkg/deep/er/mod.abi3.so", "mod.abi3.so"),
        ],
        ..USUAL
    },
    Shape {
        about: "a library that nothing loads",
        build: "gcc -shared -fPIC mid.c ext/libdep.so.1 -o libmid.so",
        members: &[("pkg/mod.abi3.so", "mod.abi3.so"), ("pkg/data/libmid.so", "libmid.so")],
        ..USUAL
    },
    Shape {
        about: "directories on the command line",
        arguments: &["--ldpaths", "{DIR}/ext:/nowhere", "-z0"],
        path: "",
        ..USUAL
    },
];

#[test]
fn both_tools_make_the_same_wheel() {
    assert_same(SHAPES);
}

/// Fails unless both tools repair each shape alike, and say the same.
pub(super) fn assert_same(shapes: &[Shape]) {
    let mut wrong = Vec::new();
    for shape in shapes {
        let dir = shape.build();
        let (code, theirs) = shape.audited(&dir);
        assert_eq!(code, 0, "{}: {}", shape.about, theirs.stderr);
        let ours = shape.repair(&dir, 0);
        assert_eq!(ours.stdout, "");
        let (expected, found) = (facts(&dir, "theirs"), facts(&dir, "ours"));
        if expected != found {
            let [expected, found] =
                [expected, found].map(|it| serde_json::to_string_pretty(&it).unwrap());
            let diff = similar(&expected, &found);
            wrong.push(format!("{}:\n{diff}\n{}", shape.about, ours.stderr));
        }
        wrong.extend(unsaid(&theirs.stderr, &ours.stderr, shape.about));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Returns the lines that differ, `-` those of auditwheel.
fn similar(expected: &str, found: &str) -> String {
    let missing = expected.lines().filter(|line| !found.lines().any(|it| it == *line));
    let extra = found.lines().filter(|line| !expected.lines().any(|it| it == *line));
    missing.map(|it| format!("- {it}\n")).chain(extra.map(|it| format!("+ {it}\n"))).collect()
}

/// Returns the sentences for which scripts search that auditwheel says and wheelworks does not.
fn unsaid(theirs: &str, ours: &str, about: &str) -> Vec<String> {
    const SENTENCES: [&str; 12] = [
        "The architecture could not be deduced from the wheel filename",
        "Repairing ",
        "Previous filename tags: ",
        "New filename tags: ",
        "No filename tags change needed.",
        "Previous WHEEL info tags: ",
        "New WHEEL info tags: ",
        "No WHEEL info change needed.",
        "Wheel is eligible for a higher priority tag. ",
        "Changed wheel type to Platlib",
        "Removing libpython3",
        "Excluding ",
    ];
    let said = |text: &str, sentence: &str| -> Vec<String> {
        let found = text.lines().filter_map(|line| Some(line[line.find(sentence)?..].to_owned()));
        found.collect::<BTreeSet<String>>().into_iter().collect()
    };
    let mut differing = Vec::new();
    for sentence in SENTENCES {
        let (expected, found) = (said(theirs, sentence), said(ours, sentence));
        if expected != found {
            differing.push(format!("{about}: {sentence}\n- {expected:?}\n+ {found:?}"));
        }
    }
    differing
}

#[test]
fn repaired_wheels_work_without_the_original_libraries() {
    for shape in SHAPES.iter().filter(|it| !it.arguments.iter().any(|it| it.contains("exclude"))) {
        let dir = shape.build();
        shape.repair(&dir, 0);
        let venv = install(&dir);
        let (module, answer) = match shape.members {
            [("mod.abi3.so", _)] => ("mod", 21),
            _ => ("pkg.mod", if shape.build.contains("FUNCTION=mid") { 22 } else { 21 }),
        };
        let code = format!("import {module} as it; print(it.answer)");
        assert_prints(&dir, &venv, &code, &answer.to_string());
        if shape.members.iter().any(|(path, _)| path.ends_with("scripts/prog")) {
            assert_eq!(dir.command(venv.join("bin/prog"), &["x"]).expect(0).stdout, "14\n");
        }
    }
}

/// A wheel that was repaired is the same after another repair, and one of auditwheel's is accepted.
#[test]
fn a_repaired_wheel_stays_as_it_is() {
    let shape = Shape { build: SHAPES[1].build, ..USUAL };
    let dir = shape.build();
    shape.repair(&dir, 0);
    shape.audited(&dir);
    for directory in ["ours", "theirs"] {
        let wheel = wheel_in(&dir, directory).unwrap();
        let again = format!("again-{directory}");
        dir.wheelworks(&["repair", "-w", &again, wheel.to_str().unwrap()]).expect(0);
        let (before, after) = (facts(&dir, directory), facts(&dir, &again));
        for what in ["name", "elf", "wheel"] {
            assert_eq!(before[what], after[what], "{directory}");
        }
    }
    let read = |directory: &str| fs_err::read(wheel_in(&dir, directory).unwrap()).unwrap();
    assert!(read("ours") == read("again-ours"));
}
