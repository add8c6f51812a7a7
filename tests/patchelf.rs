//! `wheelworks patchelf` on files of gcc: loaders run them, `readelf` reads them, `strip` rewrites them, and
//! `auditwheel repair` calls the program.

mod calls;
mod compared;
mod foreign;
mod growth;
mod large;
mod strip;
mod upstream;

use std::collections::BTreeSet;
use std::ops::Range;

use object::Endianness;
use object::elf::{FileHeader64, PT_DYNAMIC, PT_LOAD};
use object::read::elf::{FileHeader as _, ProgramHeader as _};
use wheelworks::elf::{Detail, ElfFacts};
use wheelworks::elf_edit::{self, Edits, SearchPathEdit, SearchPathKind};

use crate::judges::judge;
use crate::support::WHEELWORKS;
use crate::support::command::TestDir;
use crate::support::wheel::Wheel;

const DEPENDENCY: &str = "int dep(int x) { return x * 7; }\n";
const VERSIONS: &str = "DEP_1.0 { global: dep; local: *; };\n";

/// A library with a versioned need, data, thread-local data and zero-initialized data.
const LIBRARY: &str = "#include <stdlib.h>\nextern int dep(int);\nstatic char zeros[BSS];\n\
                       static __thread int local = 5;\nint counter = 2;\nint *pointer = &counter;\n\
                       int foo(int x) { zeros[x]++; local++;\n\
                       return dep(x) + zeros[x] + local + *pointer + abs(-x); }\n";
const PROGRAM: &str = "#include <stdio.h>\nextern int foo(int);\n\
                       int main(void) { printf(\"%d\\n\", foo(3)); return 0; }\n";
const LOADER: &str = "#include <dlfcn.h>\n#include <stdio.h>\nint main(int count, char **names) {\n\
                      void *library = dlopen(names[1], RTLD_NOW);\n\
                      if (!library) { puts(dlerror()); return 1; }\n\
                      printf(\"%d\\n\", ((int (*)(int))dlsym(library, \"foo\"))(3)); return 0; }\n";

/// What `foo(3)` returns.
const ANSWER: &str = "33\n";

/// Flags of the linker, for each of its layouts.
const LAYOUTS: [&[&str]; 9] = [
    &[],
    &["-Wl,-z,relro,-z,now"],
    &["-Wl,-z,noseparate-code"],
    &["-Wl,--hash-style=sysv", "-s"],
    &["-Wl,-z,max-page-size=65536"],
    &["-Wl,--spare-dynamic-tags=0"],
    &["-Wl,--enable-new-dtags,-rpath,/a/path:/another/path"],
    &["-fuse-ld=gold"],
    &["-fuse-ld=gold", "-Wl,--build-id=none"],
];

/// Zero-initialized bytes: few, so that the last segment is extended, and many, so that one is added.
const ZEROS: [&str; 2] = ["-DBSS=16", "-DBSS=300000"];

const EDITS: [&str; 7] = [
    "--set-soname",
    "libpatched-00112233.so",
    "--replace-needed",
    "libdep.so.1",
    "libdep-0123abcd.so.1",
    "--force-rpath",
    "--set-rpath=$ORIGIN/nowhere:$ORIGIN/new",
];

/// Compiles the sources. The dependency is in `old` under its name, and in `new` under its new name.
fn build() -> TestDir {
    let dir = TestDir::new();
    dir.write("dep.c", DEPENDENCY).write("dep.map", VERSIONS).write("lib.c", LIBRARY);
    dir.write("main.c", PROGRAM).write("load.c", LOADER);
    fs_err::create_dir_all(dir.path().join("old")).unwrap();
    fs_err::create_dir_all(dir.path().join("new")).unwrap();
    let flags = ["-shared", "-fPIC", "dep.c", "-Wl,--version-script=dep.map"];
    let names = ["-Wl,-soname,libdep.so.1", "-o", "old/libdep.so.1"];
    dir.command("gcc", &[&flags[..], &names].concat()).expect(0);
    dir.command("gcc", &["load.c", "-o", "load"]).expect(0);
    let new = "new/libdep-0123abcd.so.1";
    fs_err::copy(dir.path().join("old/libdep.so.1"), dir.path().join(new)).unwrap();
    dir.wheelworks(&["patchelf", "--set-soname", "libdep-0123abcd.so.1", new]).expect(0);
    dir
}

fn read(dir: &TestDir, name: &str) -> Vec<u8> {
    fs_err::read(dir.path().join(name)).unwrap()
}

fn library(dir: &TestDir, layout: &[&str], zeros: &str) -> Vec<u8> {
    let flags = ["-shared", "-fPIC", "-g", "-O1", zeros, "lib.c", "old/libdep.so.1"];
    let names = ["-Wl,-soname,lib.so", "-o", "lib.so"];
    dir.command("gcc", &[&flags[..], layout, &names].concat()).expect(0);
    read(dir, "lib.so")
}

/// Fails unless the loader finds all libraries and the library works.
fn assert_loads(dir: &TestDir, name: &str) {
    let output = dir.command("./load", &[&format!("./{name}")]).expect(0);
    assert_eq!(output.stdout, ANSWER, "{name}");
}

/// Returns what `readelf` complains about.
fn complaints(dir: &TestDir, name: &str) -> String {
    dir.command("readelf", &["-aW", name]).expect_any().1.stderr
}

#[test]
fn edited_libraries_load_and_keep_their_bytes() {
    let dir = build();
    for layout in LAYOUTS {
        for zeros in ZEROS {
            let before = library(&dir, layout, zeros);
            let old_complaints = complaints(&dir, "lib.so");
            fs_err::copy(dir.path().join("lib.so"), dir.path().join("p.so")).unwrap();
            dir.wheelworks(&[&["patchelf"], &EDITS[..], &["p.so"]].concat()).expect(0);
            let case = format!("{layout:?} {zeros}");
            assert_loads(&dir, "p.so");
            assert_eq!(complaints(&dir, "p.so"), old_complaints, "{case}");
            let after = read(&dir, "p.so");
            assert_same_facts(&before, &after, &case);
            assert_mapped_bytes_stay(&before, &after, &case);
            let strings = dynamic_strings_len(&before);
            let growth = after.len() - before.len();
            assert!(growth <= 8192 + strings, "{case}: {growth} more bytes");

            dir.wheelworks(&[&["patchelf"], &EDITS[..], &["p.so"]].concat()).expect(0);
            assert!(read(&dir, "p.so") == after, "{case}: the same edit changed the file");
            for option in ["--strip-all", "--strip-debug"] {
                dir.command("strip", &[option, "p.so", "-o", "stripped.so"]).expect(0);
                assert_loads(&dir, "stripped.so");
                assert_eq!(complaints(&dir, "stripped.so"), "", "{case} {option}");
            }
        }
    }
}

/// Fails unless only the edited facts differ.
fn assert_same_facts(before: &[u8], after: &[u8], case: &str) {
    let mut expected = ElfFacts::read(before, Detail::Whole).unwrap();
    expected.soname = Some("libpatched-00112233.so".to_owned());
    expected.rpath = Some("$ORIGIN/nowhere:$ORIGIN/new".to_owned());
    expected.runpath = None;
    let renamed = |name: &mut String| {
        if name == "libdep.so.1" {
            "libdep-0123abcd.so.1".clone_into(name);
        }
    };
    expected.needed.iter_mut().for_each(renamed);
    expected.verneed.iter_mut().map(|needed| &mut needed.library).for_each(renamed);
    let found = ElfFacts::read(after, Detail::Whole).unwrap();
    // Edits move tables.
    expected.table_bytes = found.table_bytes;
    assert_eq!(found, expected, "{case}");
}

/// Returns the byte ranges of segments of a type.
fn segments(file: &[u8], kind: object::elf::ProgramType) -> Vec<Range<usize>> {
    let header = FileHeader64::<Endianness>::parse(file).unwrap();
    let endian = header.endian().unwrap();
    let headers = header.program_headers(endian, file).unwrap();
    let range = |header: &object::elf::ProgramHeader64<Endianness>| {
        let (start, len) = header.file_range(endian);
        usize::try_from(start).unwrap()..usize::try_from(start + len).unwrap()
    };
    headers.iter().filter(|header| header.p_type(endian) == kind).map(range).collect()
}

/// Fails if a mapped byte differs outside the headers, the dynamic section and the version needs.
fn assert_mapped_bytes_stay(before: &[u8], after: &[u8], case: &str) {
    let header = FileHeader64::<Endianness>::parse(before).unwrap();
    let endian = header.endian().unwrap();
    let sections = header.sections(endian, before).unwrap();
    let (_, version_needs) = sections.section_by_name(endian, b".gnu.version_r").unwrap();
    let start = usize::try_from(version_needs.sh_offset.get(endian)).unwrap();
    let headers_end = 64 + 56 * usize::from(header.e_phnum.get(endian));
    let mut may_change = vec![
        0..headers_end,
        start..start + usize::try_from(version_needs.sh_size.get(endian)).unwrap(),
    ];
    may_change.extend(segments(before, PT_DYNAMIC));
    for range in segments(before, PT_LOAD) {
        for at in range.filter(|at| !may_change.iter().any(|range| range.contains(at))) {
            assert_eq!(before[at], after[at], "{case}: byte {at:#x}");
        }
    }
}

fn dynamic_strings_len(file: &[u8]) -> usize {
    let header = FileHeader64::<Endianness>::parse(file).unwrap();
    let endian = header.endian().unwrap();
    let sections = header.sections(endian, file).unwrap();
    let (_, strings) = sections.section_by_name(endian, b".dynstr").unwrap();
    usize::try_from(strings.sh_size.get(endian)).unwrap()
}

#[test]
fn edited_programs_run() {
    let dir = build();
    for layout in LAYOUTS {
        for (zeros, kind) in ZEROS.into_iter().flat_map(|it| [(it, "-pie"), (it, "-no-pie")]) {
            let flags =
                [kind, "-fPIE", zeros, "main.c", "lib.c", "old/libdep.so.1", "-o", "program"];
            dir.command("gcc", &[&flags[..], layout].concat()).expect(0);
            dir.wheelworks(&[&["patchelf"], &EDITS[2..], &["program"]].concat()).expect(0);
            let case = format!("{layout:?} {zeros} {kind}");
            assert_eq!(dir.command("./program", &[""; 0]).expect(0).stdout, ANSWER, "{case}");
            assert_eq!(complaints(&dir, "program"), "", "{case}");
            dir.command("strip", &["program"]).expect(0);
            assert_eq!(
                dir.command("./program", &[""; 0]).expect(0).stdout,
                ANSWER,
                "{case}, stripped"
            );
        }
    }
}

/// Edits replace what earlier ones have added.
#[test]
fn edits_do_not_pile_up() {
    let dir = build();
    for (layout, zeros) in LAYOUTS.iter().flat_map(|layout| ZEROS.map(|zeros| (*layout, zeros))) {
        let mut file = library(&dir, layout, zeros);
        let mut lens = BTreeSet::new();
        for number in 0..8 {
            let edits = Edits {
                soname: Some(format!("lib-with-a-longer-name-{number}.so")),
                search_path: Some(SearchPathEdit::Set(
                    SearchPathKind::Runpath,
                    format!("$ORIGIN/new:/path/of/edit/{number}"),
                )),
                replace_needed: vec![("libdep.so.1".into(), "libdep-0123abcd.so.1".into())],
                ..Edits::default()
            };
            let patch = elf_edit::edit(&file, &edits).unwrap();
            file = patch.apply(&file);
            assert_eq!(file.len() as u64, patch.len());
            lens.insert(file.len());
        }
        dir.write("p.so", &file);
        crate::support::sample::make_executable(&dir.path().join("p.so"));
        assert_loads(&dir, "p.so");
        let growth = lens.last().unwrap() - lens.first().unwrap();
        assert!(growth <= 64, "{layout:?} {zeros}: {lens:?}");
    }
}

/// Removed libraries leave with the versions that are needed of them, so that the loader does not look for
/// them (glibc: "needed != NULL" in dl-version.c).
#[test]
fn removed_libraries_leave_no_version_needs() {
    let dir = build();
    for layout in LAYOUTS {
        let file = library(&dir, layout, ZEROS[0]);
        let edits = Edits { remove_needed: vec!["libdep.so.1".into()], ..Edits::default() };
        let edited = elf_edit::edit(&file, &edits).unwrap().apply(&file);
        let facts = ElfFacts::read(&edited, Detail::Whole).unwrap();
        assert!(!facts.needed.iter().any(|name| name == "libdep.so.1"), "{layout:?}");
        assert!(!facts.verneed.iter().any(|it| it.library == "libdep.so.1"), "{layout:?}");
        let edits = Edits { add_needed: vec!["libdep-0123abcd.so.1".into()], ..edits };
        let edits = Edits {
            search_path: Some(SearchPathEdit::Set(SearchPathKind::Rpath, "$ORIGIN/new".into())),
            ..edits
        };
        dir.write("p.so", elf_edit::edit(&file, &edits).unwrap().apply(&file));
        assert_loads(&dir, "p.so");
    }
}

/// Every need with a version goes: then there must be no table of symbol versions either.
#[test]
fn a_library_without_any_version_need_loads() {
    let dir = build();
    let flags = ["-shared", "-fPIC", "-nostdlib", "-DBSS=16", "user.c", "old/libdep.so.1"];
    dir.write("user.c", "extern int dep(int);\nint foo(int x) { return dep(x) + 12; }\n");
    dir.command("gcc", &[&flags[..], &["-o", "p.so"]].concat()).expect(0);
    let arguments = ["--remove-needed=libdep.so.1", "--add-needed=libdep-0123abcd.so.1"];
    let path = ["--set-rpath=$ORIGIN/new", "p.so"];
    dir.wheelworks(&[&["patchelf"], &arguments[..], &path].concat()).expect(0);
    assert_loads(&dir, "p.so");
    assert!(ElfFacts::read(&read(&dir, "p.so"), Detail::Whole).unwrap().verneed.is_empty());
}

#[test]
fn an_executable_stack_is_cleared() {
    let dir = build();
    let file = library(&dir, &["-Wl,-z,execstack"], ZEROS[0]);
    assert!(ElfFacts::read(&file, Detail::Loading).unwrap().executable_stack);
    dir.wheelworks(&["patchelf", "--clear-execstack", "lib.so"]).expect(0);
    let after = read(&dir, "lib.so");
    assert!(!ElfFacts::read(&after, Detail::Loading).unwrap().executable_stack);
    let changed = file.iter().zip(&after).filter(|(before, after)| before != after).count();
    assert_eq!((changed, after.len()), (1, file.len()));
}

/// `auditwheel repair` with this program as its `patchelf`: the repaired wheel loads.
#[test]
fn judges_repair_with_it() {
    let dir = build();
    let name = "sample-1.0-py3-none-linux_x86_64.whl";
    let mut wheel = Wheel::new(name);
    wheel.member("sample/lib.so", library(&dir, &[], ZEROS[1]));
    wheel.write(dir.path());
    fs_err::create_dir_all(dir.path().join("bin")).unwrap();
    std::os::unix::fs::symlink(WHEELWORKS, dir.path().join("bin/patchelf")).unwrap();
    let path = format!("{}:/usr/bin:/bin", dir.path().join("bin").display());
    let repair = dir
        .command(
            judge("auditwheel"),
            &["repair", "--plat=manylinux_2_39_x86_64", "-w", "out", name],
        )
        .env("PATH", path)
        .env("LD_LIBRARY_PATH", dir.path().join("old"));
    repair.expect(0);
    let fixed = fs_err::read_dir(dir.path().join("out")).unwrap().next().unwrap().unwrap().path();
    let unpack = ["-m", "zipfile", "-e", fixed.to_str().unwrap(), "unpacked"];
    dir.command(judge("python"), &unpack).expect(0);
    fs_err::remove_dir_all(dir.path().join("old")).unwrap();
    assert_loads(&dir, "unpacked/sample/lib.so");
}
