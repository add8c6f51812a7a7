//! `--strip` and `--debug-file`: the size is that of `strip`, loaders load the file, tools read it, and debuggers
//! find what was removed.

use wheelworks::elf::{Detail, ElfFacts};
use wheelworks::elf_edit::{self, DebugLink, Edits, Strip};

use super::{EDITS, LAYOUTS, ZEROS, assert_loads, build, complaints, library, read};
use crate::elf::PATCHELF;
use crate::judges::judge;
use crate::support::command::TestDir;

/// An edit of everything that has to grow.
const NEEDS_ENTRIES: [&str; 9] = [
    "--set-rpath=$ORIGIN/new",
    "--replace-needed",
    "libdep.so.1",
    "libdep-0123abcd.so.1",
    "--add-needed=libm.so.6",
    "--add-needed=libdl.so.2",
    "--add-needed=libpthread.so.0",
    "--add-needed=librt.so.1",
    "--add-needed=libutil.so.1",
];

/// More layouts: relocations and compressed sections that only debuggers read.
const MORE_LAYOUTS: [&[&str]; 2] = [&["-Wl,--emit-relocs"], &["-gz"]];

fn patchelf(dir: &TestDir, arguments: &[&str]) {
    dir.wheelworks(&[&["patchelf"], arguments].concat()).expect(0);
}

fn copy(dir: &TestDir, from: &str, to: &str) {
    fs_err::copy(dir.path().join(from), dir.path().join(to)).unwrap();
}

fn len(dir: &TestDir, name: &str) -> u64 {
    fs_err::metadata(dir.path().join(name)).unwrap().len()
}

fn has_section(dir: &TestDir, name: &str, section: &str) -> bool {
    dir.command("readelf", &["-SW", name]).expect(0).stdout.contains(section)
}

/// Fails unless the library loads, also after other tools have stripped it again.
fn assert_survives(dir: &TestDir, name: &str, case: &str) {
    assert_loads(dir, name);
    for option in ["--strip-all", "--strip-debug"] {
        dir.command("strip", &[option, name, "-o", "again.so"]).expect(0);
        assert_loads(dir, "again.so");
        assert_eq!(complaints(dir, "again.so"), "", "{case} {option}");
    }
    if std::process::Command::new("eu-strip").arg("--version").output().is_ok() {
        dir.command("eu-strip", &[name, "-o", "again.so"]).expect(0);
        assert_loads(dir, "again.so");
    }
}

#[test]
fn stripped_libraries_have_the_size_of_strip() {
    let dir = build();
    for (layout, zeros) in
        LAYOUTS.iter().chain(&MORE_LAYOUTS).flat_map(|layout| ZEROS.map(|zeros| (*layout, zeros)))
    {
        let before = library(&dir, layout, zeros);
        let facts = ElfFacts::read(&before, Detail::Whole).unwrap();
        let case = format!("{layout:?} {zeros}");
        for (option, other, removed) in [
            ("--strip", "--strip-all", ".symtab"),
            ("--strip-debug", "--strip-debug", ".debug_info"),
        ] {
            copy(&dir, "lib.so", "s.so");
            patchelf(&dir, &[option, "s.so"]);
            assert!(!has_section(&dir, "s.so", removed), "{case}");
            assert_eq!(has_section(&dir, "lib.so", ".symtab"), layout != LAYOUTS[3], "{case}");
            dir.command("strip", &[other, "lib.so", "-o", "judge.so"]).expect(0);
            let (ours, theirs) = (len(&dir, "s.so"), len(&dir, "judge.so"));
            let more = if option == "--strip" { theirs / 50 } else { theirs / 10 };
            assert!(ours <= theirs + more, "{case} {option}: {ours}, `strip`: {theirs}");
            assert_eq!(complaints(&dir, "s.so"), "", "{case}");
            let after = read(&dir, "s.so");
            assert_eq!(ElfFacts::read(&after, Detail::Whole).unwrap(), facts, "{case}");
            patchelf(&dir, &[option, "s.so"]);
            assert!(read(&dir, "s.so") == after, "{case}: the same edit changed the file");
        }
    }
}

/// One pass makes all edits; in two passes, in either order, the file does not get longer than that.
#[test]
fn other_edits_and_strip_in_any_order() {
    let dir = build();
    for (layout, zeros) in LAYOUTS.iter().flat_map(|layout| ZEROS.map(|zeros| (*layout, zeros))) {
        library(&dir, layout, zeros);
        for edits in [&EDITS[..], &NEEDS_ENTRIES] {
            let case = format!("{layout:?} {zeros} {}", edits[0]);
            for name in ["once.so", "before.so", "after.so"] {
                copy(&dir, "lib.so", name);
            }
            patchelf(&dir, &[&["--strip"], edits, &["once.so"]].concat());
            patchelf(&dir, &["--strip", "before.so"]);
            patchelf(&dir, &[edits, &["before.so"]].concat());
            patchelf(&dir, &[edits, &["after.so"]].concat());
            patchelf(&dir, &["--strip", "after.so"]);
            let once = len(&dir, "once.so");
            for name in ["once.so", "before.so", "after.so"] {
                assert!(len(&dir, name) <= once + once / 50, "{case}: {name}");
                assert_eq!(complaints(&dir, name), "", "{case}: {name}");
                assert_survives(&dir, name, &case);
                let old = read(&dir, name);
                patchelf(&dir, &[&["--strip"], edits, &[name]].concat());
                assert!(read(&dir, name) == old, "{case}: {name} changed again");
            }
        }
    }
}

#[test]
fn debuggers_find_what_was_removed() {
    let dir = build();
    for (layout, zeros) in LAYOUTS.iter().flat_map(|layout| ZEROS.map(|zeros| (*layout, zeros))) {
        library(&dir, layout, zeros);
        let case = format!("{layout:?} {zeros}");
        copy(&dir, "lib.so", "s.so");
        let arguments = ["--strip", "--debug-file=s.debug", "s.so"];
        patchelf(&dir, &[&EDITS[..], &arguments].concat());
        assert_loads(&dir, "s.so");
        assert_eq!(complaints(&dir, "s.so"), "", "{case}");
        if layout == LAYOUTS[3] {
            // Linked with `-s`: there is nothing to keep.
            assert!(!dir.path().join("s.debug").exists(), "{case}");
            continue;
        }
        assert_finds(&dir, &case);
        assert_eq!(complaints(&dir, "s.debug"), "", "{case}");
        assert_unstrips(&dir, &case);
        dir.command("objcopy", &["--only-keep-debug", "lib.so", "judge.debug"]).expect(0);
        let (ours, theirs) = (len(&dir, "s.debug"), len(&dir, "judge.debug"));
        assert!(ours <= theirs + 1024, "{case}: {ours}, `objcopy`: {theirs}");
        let (old, debug) = (read(&dir, "s.so"), read(&dir, "s.debug"));
        patchelf(&dir, &[&["--strip"], &EDITS[..], &["s.so"]].concat());
        patchelf(&dir, &["--strip", "s.debug"]);
        assert!(read(&dir, "s.so") == old && read(&dir, "s.debug") == debug, "{case}");
        fs_err::remove_file(dir.path().join("s.debug")).unwrap();
    }
}

/// Fails unless `eu-unstrip` makes one file again of both, and of those that `eu-strip` makes of the edited library.
fn assert_unstrips(dir: &TestDir, case: &str) {
    if std::process::Command::new("eu-unstrip").arg("--version").output().is_err() {
        return;
    }
    copy(dir, "lib.so", "p.so");
    patchelf(dir, &[&EDITS[..], &["p.so"]].concat());
    dir.command("eu-strip", &["-f", "p.debug", "-o", "ps.so", "p.so"]).expect(0);
    for (stripped, debug) in [("s.so", "s.debug"), ("ps.so", "p.debug")] {
        dir.command("eu-unstrip", &["-o", "whole.so", stripped, debug]).expect(0);
        assert_loads(dir, "whole.so");
        assert_eq!(complaints(dir, "whole.so"), "", "{case} {stripped}");
        assert!(has_section(dir, "whole.so", ".debug_info"), "{case} {stripped}");
        fs_err::remove_file(dir.path().join("whole.so")).unwrap();
    }
}

/// `perf` finds the build ID and the functions of an edited library.
#[test]
fn profilers_find_symbols() {
    if std::process::Command::new("perf").arg("--version").output().is_err() {
        return;
    }
    let dir = build();
    for zeros in ZEROS {
        library(&dir, &[], zeros);
        copy(&dir, "lib.so", "p.so");
        patchelf(&dir, &[&EDITS[..], &["p.so"]].concat());
        let run = |arguments: &[&str]| dir.command("perf", arguments).expect(0).stdout;
        for name in ["lib.so", "p.so"] {
            assert!(run(&["buildid-list", "-i", name]).trim().len() == 40, "{zeros} {name}");
        }
        let functions = |name: &str| run(&["probe", "--quiet", "-x", name, "--funcs"]);
        assert!(functions("p.so").lines().any(|line| line == "foo"), "{zeros}");
        assert_eq!(functions("p.so"), functions("lib.so"), "{zeros}");
    }
}

/// Fails unless `addr2line` finds the line of `foo` in the file with the debug information, also by the link to it.
fn assert_finds(dir: &TestDir, case: &str) {
    let symbols = dir.command("nm", &["-D", "lib.so"]).expect(0).stdout;
    let line = symbols.lines().find(|line| line.ends_with(" T foo")).unwrap();
    let address = line.split(' ').next().unwrap();
    let find = |name: &str| dir.command("addr2line", &["-f", "-e", name, address]).expect(0).stdout;
    let found = find("lib.so");
    assert!(found.contains("lib.c:"), "{case}: {found}");
    assert_eq!((find("s.debug"), find("s.so")), (found.clone(), found), "{case}");
}

/// Programs, with and without a loader.
#[test]
fn stripped_programs_run() {
    let dir = TestDir::new();
    dir.write("main.c", "#include <stdio.h>\nint main(void) { puts(\"33\"); return 0; }\n");
    for kind in ["-pie", "-no-pie", "-static", "-static-pie"] {
        dir.command("gcc", &["-g", kind, "main.c", "-o", "program"]).expect(0);
        dir.command("strip", &["program", "-o", "judge"]).expect(0);
        patchelf(&dir, &["--strip", "program"]);
        assert_eq!(dir.command("./program", &[""; 0]).expect(0).stdout, "33\n", "{kind}");
        let (ours, theirs) = (len(&dir, "program"), len(&dir, "judge"));
        assert!(ours <= theirs + theirs / 50, "{kind}: {ours}, `strip`: {theirs}");
    }
}

/// Object files need their symbols. Data behind the last section belongs to the program.
#[test]
fn files_that_strip_would_break_stay() {
    let dir = build();
    let all = Edits { strip: Some(Strip::All), ..Edits::default() };
    library(&dir, &[], ZEROS[0]);
    dir.command("gcc", &["-g", "-c", "dep.c", "-o", "dep.o"]).expect(0);
    dir.command("objcopy", &["--only-keep-debug", "lib.so", "lib.debug"]).expect(0);
    let mut appended = read(&dir, "lib.so");
    appended.extend_from_slice(b"an archive");
    let mut cut = read(&dir, "lib.so");
    cut.truncate(cut.len() / 2);
    for file in [read(&dir, "dep.o"), read(&dir, "lib.debug"), appended, cut] {
        assert!(elf_edit::edit(&file, &all).unwrap().is_empty());
        assert_eq!(elf_edit::debug_file(&file, &all), Ok(None));
    }
    let link = DebugLink::new("lib.debug".into(), b"its bytes");
    let edits = Edits { debug_link: Some(link), ..all };
    let file = read(&dir, "lib.so");
    let edited = elf_edit::edit(&file, &edits).unwrap().apply(&file);
    assert!(elf_edit::edit(&edited, &edits).unwrap().is_empty());
    let other = DebugLink::new("other.debug".into(), b"its bytes");
    let edits = Edits { debug_link: Some(other), ..edits };
    dir.write("l.so", elf_edit::edit(&edited, &edits).unwrap().apply(&edited));
    let output = dir.command("readelf", &["-p", ".gnu_debuglink", "l.so"]).expect(0).stdout;
    assert!(output.contains("other.debug") && !output.contains("lib.debug"), "{output}");
}

/// `patchelf` appends a segment behind the debug information. What is removed before it becomes zero.
#[test]
#[ignore = "needs the virtual environment of scripts/test-env and the network, once"]
fn files_that_patchelf_has_edited() {
    let dir = build();
    for layout in [LAYOUTS[0], LAYOUTS[2], LAYOUTS[7]] {
        library(&dir, layout, ZEROS[0]);
        let program = ["tool", "run", "--from", PATCHELF, "patchelf"];
        let edit = ["--set-rpath", "$ORIGIN/old:$ORIGIN/new", "lib.so"];
        dir.command(judge("uv"), &[&program[..], &edit].concat()).patience(9).expect(0);
        let contains = |name: &str| read(&dir, name).windows(5).any(|bytes| bytes == b"lib.c");
        for edits in [&EDITS[2..], &["--set-rpath=$ORIGIN/old"]] {
            copy(&dir, "lib.so", "s.so");
            patchelf(&dir, &[&["--strip"], edits, &["s.so"]].concat());
            assert!(contains("lib.so") && !contains("s.so"), "{layout:?}");
            assert_eq!(complaints(&dir, "s.so"), "", "{layout:?}");
            let old = read(&dir, "s.so");
            patchelf(&dir, &[&["--strip"], edits, &["s.so"]].concat());
            assert!(read(&dir, "s.so") == old, "{layout:?}: the same edit changed the file");
            assert_loads(&dir, "s.so");
        }
    }
}

/// From 65,280 on, counts and indexes of sections stand in the first section header.
#[test]
fn many_sections() {
    use std::fmt::Write as _;
    let dir = build();
    for (name, sections) in [("keep", 66_000), ("debug_x", 65_200)] {
        let mut source = String::from(".section .note.GNU-stack,\"\",@progbits\n");
        for number in 0..sections {
            let _ = writeln!(source, ".section .{name}{number},\"\",@progbits\n.byte 1");
        }
        dir.write("many.s", &source);
        let flags = ["-shared", "-fPIC", "-g", ZEROS[0], "lib.c", "many.s", "old/libdep.so.1"];
        dir.command("gcc", &[&flags[..], &["-o", "lib.so"]].concat()).expect(0);
        for option in ["--strip", "--strip-debug"] {
            copy(&dir, "lib.so", "s.so");
            patchelf(&dir, &[&[option], &EDITS[..], &["s.so"]].concat());
            assert_loads(&dir, "s.so");
            assert_eq!(complaints(&dir, "s.so"), "", "{name} {option}");
            assert_eq!(has_section(&dir, "s.so", &format!(".{name}7 ")), name == "keep");
        }
    }
}
