//! Libraries with long string tables: they grow by little, loaders and linkers read every name, and tools that
//! rewrite the file keep it whole.

use std::fmt::Write as _;

use wheelworks::elf::{Detail, ElfFacts};

use super::{
    ANSWER, EDITS, PROGRAM, ZEROS, assert_loads, assert_same_facts, build, complaints,
    dynamic_strings_len, read,
};
use crate::judges::judge;
use crate::real::fetch;
use crate::support::command::TestDir;

/// Linkers that put other tables beside the string table.
const LINKERS: [&str; 4] = ["bfd", "gold", "lld", "mold"];

/// Objects, and flags of the linker: with two hash tables, without symbols for debuggers, with symbol versions.
const FLAGS: [&[&str]; 4] = [
    &["few.o"],
    &["few.o", "-Wl,--hash-style=both", "-s"],
    &["few.o", "-Wl,--version-script=big.map"],
    &["many.o"],
];

/// Maximum growth in bytes: the table of symbol versions, of 2,000 symbols, or less.
const MAX_GROWTH: usize = 8192;

/// A search path that does not fit where other tables of the library could go.
const LONG_PATH: &str = "$ORIGIN/new:/a/path/that/is/longer/than/every/other/name/of/the/library";

/// Functions with names of 60 bytes: the string table is longer than 64 KiB.
fn source() -> String {
    let mut source =
        String::from("#include <stdlib.h>\nextern int dep(int);\nstatic char zeros[BSS];\n");
    for number in 0..2000 {
        let name = format!("a_function_with_a_name_that_takes_its_place_in_the_table_{number}");
        let _ = writeln!(source, "int {name}(int x) {{ zeros[x]++; return dep(x) + {number}; }}");
    }
    source + "int foo(int x) { zeros[x]++; return dep(x) + 9 + abs(-x); }\n"
}

/// Compiles the source with few and with many zero-initialized bytes.
fn build_objects() -> TestDir {
    let dir = build();
    dir.write("big.c", source()).write("big.map", "BIG_1.0 { global: *; };\n");
    for (zeros, object) in ZEROS.into_iter().zip(["few.o", "many.o"]) {
        dir.command("gcc", &["-c", "-fPIC", zeros, "big.c", "-o", object]).expect(0);
    }
    dir
}

fn link(dir: &TestDir, linker: &str, flags: &[&str]) {
    let linker = format!("-fuse-ld={linker}");
    let names = ["old/libdep.so.1", "-Wl,-soname,lib.so", "-o", "lib.so"];
    dir.command("gcc", &[&["-shared", "-fPIC", &linker], flags, &names[..]].concat()).expect(0);
}

/// Returns the dynamic symbols with their addresses and versions, as `nm` reads them.
fn symbols(dir: &TestDir, name: &str) -> String {
    dir.command("nm", &["-D", "--with-symbol-versions", name]).expect(0).stdout
}

fn edit(dir: &TestDir, edits: &[&str], name: &str) {
    dir.wheelworks(&[&["patchelf"], edits, &[name]].concat()).expect(0);
}

#[test]
fn libraries_with_long_string_tables_grow_by_little() {
    let dir = build_objects();
    for (linker, flags) in LINKERS.iter().flat_map(|it| FLAGS.map(|flags| (*it, flags))) {
        let case = format!("{linker} {flags:?}");
        link(&dir, linker, flags);
        let before = read(&dir, "lib.so");
        assert!(dynamic_strings_len(&before) > 100 << 10, "{case}");
        fs_err::copy(dir.path().join("lib.so"), dir.path().join("p.so")).unwrap();
        edit(&dir, &EDITS, "p.so");
        let after = read(&dir, "p.so");
        assert!(after.len() <= before.len() + MAX_GROWTH, "{case}: {}", after.len() - before.len());
        assert_loads(&dir, "p.so");
        assert_same_facts(&before, &after, &case);
        assert_eq!(symbols(&dir, "p.so"), symbols(&dir, "lib.so"), "{case}");
        assert_eq!(complaints(&dir, "p.so"), "", "{case}");
        assert_links(&dir, "p.so", linker, &case);
        edit(&dir, &EDITS, "p.so");
        assert!(read(&dir, "p.so") == after, "{case}: the same edit changed the file");

        edit(&dir, &[&EDITS[..], &["--strip"]].concat(), "p.so");
        assert_loads(&dir, "p.so");
        assert_eq!(complaints(&dir, "p.so"), "", "{case}, stripped");

        fs_err::copy(dir.path().join("lib.so"), dir.path().join("judge.so")).unwrap();
        let path = ["--set-rpath", "$ORIGIN/nowhere:$ORIGIN/new", "judge.so"];
        dir.command(judge("patchelf"), &[&EDITS[..6], &path].concat()).expect(0);
        let theirs = read(&dir, "judge.so").len() - before.len();
        assert!(theirs > 100 << 10, "{case}: patchelf adds {theirs} bytes only");
    }
}

/// Linkers read the names of a library that they link with by its section headers.
fn assert_links(dir: &TestDir, name: &str, linker: &str, case: &str) {
    dir.write("main.c", PROGRAM);
    let linker = format!("-fuse-ld={linker}");
    let arguments = ["main.c", name, "new/libdep-0123abcd.so.1", "-o", "program", &linker];
    dir.command("gcc", &arguments).expect(0);
    let facts = ElfFacts::read(&read(dir, "program"), Detail::Loading).unwrap();
    assert_eq!(facts.needed.first().map(String::as_str), Some("libpatched-00112233.so"), "{case}");
    fs_err::copy(dir.path().join(name), dir.path().join("libpatched-00112233.so")).unwrap();
    let program = dir.command("./program", &[""; 0]).env("LD_LIBRARY_PATH", dir.path());
    assert_eq!(program.expect(0).stdout, ANSWER, "{case}");
}

/// `strip` lays out the file anew.
#[test]
fn tools_rewrite_libraries_with_long_string_tables() {
    let dir = build_objects();
    for linker in LINKERS {
        link(&dir, linker, FLAGS[0]);
        for path in ["--set-rpath=$ORIGIN/new", &format!("--set-rpath={LONG_PATH}")] {
            fs_err::copy(dir.path().join("lib.so"), dir.path().join("p.so")).unwrap();
            edit(&dir, &[&EDITS[..6], &[path]].concat(), "p.so");
            let programs: [(&str, &[&str]); 3] = [
                ("strip", &["--strip-all"]),
                ("strip", &["--strip-debug"]),
                ("objcopy", &["--strip-unneeded"]),
            ];
            for (program, options) in programs {
                let case = format!("{linker} {path} {program} {options:?}");
                let mut arguments = options.to_vec();
                arguments.push("p.so");
                arguments.extend(if program == "strip" {
                    &["-o", "again.so"][..]
                } else {
                    &["again.so"]
                });
                dir.command(program, &arguments).expect(0);
                assert_loads(&dir, "again.so");
                assert_eq!(complaints(&dir, "again.so"), "", "{case}");
                assert_eq!(symbols(&dir, "again.so"), symbols(&dir, "lib.so"), "{case}");
            }
            if std::process::Command::new("eu-strip").arg("--version").output().is_ok() {
                dir.command("eu-strip", &["p.so", "-o", "again.so"]).expect(0);
                assert_loads(&dir, "again.so");
            }
        }
    }
}

/// Names of earlier edits give their places to later ones, and removed versions leave with their library.
#[test]
fn edits_of_long_string_tables_do_not_pile_up() {
    let dir = build_objects();
    for linker in LINKERS {
        link(&dir, linker, FLAGS[2]);
        let before = read(&dir, "lib.so").len();
        for number in 0..6 {
            let name = format!("--set-soname=lib-with-a-name-of-edit-{number}.so");
            let path = format!("--set-rpath={LONG_PATH}/{number}");
            edit(&dir, &[&name, &path], "lib.so");
            assert_eq!(complaints(&dir, "lib.so"), "", "{linker} {number}");
        }
        let removed = ["--remove-needed=libdep.so.1", "--add-needed=libdep-0123abcd.so.1"];
        edit(&dir, &removed, "lib.so");
        assert_loads(&dir, "lib.so");
        assert_eq!(complaints(&dir, "lib.so"), "", "{linker}");
        let growth = read(&dir, "lib.so").len() - before;
        assert!(growth <= 2 * MAX_GROWTH, "{linker}: {growth} bytes");
    }
}

/// A name in the place of a removed one, while another table grows: no byte of it may be lost.
#[test]
fn names_reach_free_places_while_other_tables_grow() {
    let dir = build();
    super::library(&dir, &["-Wl,--spare-dynamic-tags=0"], ZEROS[0]);
    edit(&dir, &["--set-soname=l.so", "--add-debug-tag"], "lib.so");
    let facts = ElfFacts::read(&read(&dir, "lib.so"), Detail::Loading).unwrap();
    assert_eq!(facts.soname.as_deref(), Some("l.so"));
}

/// Libraries whose string tables have 8.5 and 82 MB: none grows by 1 MiB, and the one that needs no other loads.
#[test]
#[ignore = "needs the network, once: 274 MB"]
fn libraries_of_tensorflow_grow_by_little() {
    let dir = TestDir::new();
    let wheel = fetch(&dir, "tensorflow-cpu");
    for name in ["libtensorflow_framework.so.2", "libtensorflow_cc.so.2"] {
        let member = format!("tensorflow/{name}");
        let unzip = ["-q", "-j", &wheel, &member];
        dir.command("unzip", &unzip).patience(9).expect(0);
        let len = || fs_err::metadata(dir.path().join(name)).unwrap().len();
        let (before, symbols_before) = (len(), symbols(&dir, name));
        let path = format!("--set-rpath={}", [LONG_PATH; 6].join(":"));
        let edits = ["--set-soname=libtensorflow-with-a-longer-name.so.2", "--force-rpath", &path];
        dir.wheelworks(&[&["patchelf"], &edits[..], &[name]].concat()).patience(9).expect(0);
        assert!(len() <= before + (1 << 20), "{name}: {} more bytes", len() - before);
        assert_eq!(complaints(&dir, name), "", "{name}");
        assert!(symbols(&dir, name) == symbols_before, "{name}");
        if name.contains("framework") {
            let load = format!("import ctypes; print(bool(ctypes.CDLL('./{name}').TF_NewStatus))");
            assert_eq!(dir.command(judge("python"), &["-c", &load]).expect(0).stdout, "True\n");
        }
        fs_err::remove_file(dir.path().join(name)).unwrap();
    }
}
