//! Compares facts with the output of `readelf`: for libraries that every machine with a compiler has,
//! and for unusual ones that the tests build.

mod linkage;
mod readelf;
mod rewritten;

use std::path::{Path, PathBuf};

use wheelworks::elf::{Class, Detail, ElfFacts, IsaLevel, MAX_ROUNDS, Sparse, Unfinished};

use self::readelf::{ReadelfFacts, run_readelf};
pub(crate) use self::rewritten::PATCHELF;
use crate::support::command::TestDir;

/// A library with imports, exports, a weak import, and functions with names of entry points.
const LIBRARY: &str = r#"
#include <stdio.h>
extern int maybe(void) __attribute__((weak));
int imported(void);
int PyInit_sample(void) { puts("init"); return maybe ? maybe() : imported(); }
int initsample(void) { return 1; }
int _cffi_pypyinit_sample(void) { return 2; }
int init_data = 3;
int PyUnicodeUCS2_AsUTF8String(void *);
int PyFPE_dummy(void *);
int use_python(void *it) { return PyUnicodeUCS2_AsUTF8String(it) + PyFPE_dummy(it); }
"#;

/// A library with imports only.
const IMPORTS: &str = "int imported(void); static int unused = 0;\n\
    __attribute__((constructor, visibility(\"hidden\"))) void at_start(void) { imported(); }\n";

/// Checks a file's facts, and that they are the same if only requested ranges are known.
fn check(dir: &TestDir, path: &Path) -> ElfFacts {
    let bytes = fs_err::read(path).unwrap();
    let facts = ElfFacts::read(&bytes, Detail::Whole).unwrap();
    let (said, undefined) = run_readelf(dir, path);
    assert_eq!(ReadelfFacts::of(&facts), said, "{}", path.display());
    for name in undefined {
        assert!(facts.undefined.contains(&name), "{name}");
    }
    let (parts, held) = read_by_parts(&bytes);
    assert_eq!(parts, ElfFacts { device_code: None, ..facts.clone() }, "{}", path.display());
    assert!(held <= bytes.len() as u64, "{held} of {}", bytes.len());
    facts
}

/// Returns the facts by parts, without those of sections, and the number of bytes that were read.
fn read_by_parts(bytes: &[u8]) -> (ElfFacts, u64) {
    let mut parts = Sparse::new(bytes.len() as u64);
    let mut known: Vec<std::ops::Range<u64>> = Vec::new();
    for _ in 0..=MAX_ROUNDS {
        let missing = match ElfFacts::read_parts(&parts, Detail::Whole) {
            Ok(facts) => {
                known.sort_by_key(|range| range.start);
                let (held, _) = known.iter().fold((0, 0), |(held, end), range| {
                    (held + range.end.saturating_sub(range.start.max(end)), end.max(range.end))
                });
                return (ElfFacts { device_code: None, ..facts }, held);
            }
            Err(Unfinished::Wrong(error)) => panic!("{error}"),
            Err(Unfinished::Missing(missing)) => missing,
        };
        for range in missing {
            let place = |offset: u64| usize::try_from(offset).unwrap();
            parts.insert(range.start, bytes[place(range.start)..place(range.end)].to_vec());
            known.push(range);
        }
    }
    panic!("it always asks for more");
}

/// Compiles a source with these options.
fn compile(dir: &TestDir, source: &str, name: &str, options: &[&str]) -> PathBuf {
    dir.write("source.c", source);
    let mut arguments = vec!["-o", name, "source.c"];
    arguments.extend(options);
    dir.command("gcc", &arguments).expect(0);
    dir.path().join(name)
}

fn library(dir: &TestDir, name: &str, options: &[&str]) -> PathBuf {
    let mut all = vec!["-shared", "-fPIC"];
    all.extend(options);
    compile(dir, LIBRARY, name, &all)
}

/// Removes the section table from the header.
fn without_sections(path: &Path) -> PathBuf {
    let mut bytes = fs_err::read(path).unwrap();
    bytes[40..48].fill(0);
    bytes[60..64].fill(0);
    let path = path.with_extension("bare");
    fs_err::write(&path, bytes).unwrap();
    path
}

#[test]
fn libraries_and_programs_of_this_machine() {
    let dir = TestDir::new();
    let mut checked = 0;
    for name in [
        "libc.so.6",
        "libm.so.6",
        "libgcc_s.so.1",
        "libstdc++.so.6",
        "libdl.so.2",
        "libpthread.so.0",
        "libatomic.so.1",
        "libgomp.so.1",
        "libz.so.1",
        "libbfd.so",
    ] {
        let option = format!("-print-file-name={name}");
        let output = dir.command("gcc", &[&option]).expect(0).stdout;
        let path = Path::new(output.trim());
        if path.is_absolute() {
            check(&dir, path);
            checked += 1;
        }
    }
    for program in ["/usr/bin/readelf", "/usr/bin/gcc", "/usr/bin/git", "/bin/sh"] {
        if Path::new(program).is_file() {
            check(&dir, Path::new(program));
            checked += 1;
        }
    }
    assert!(checked >= 6, "only {checked} files were found");
}

#[test]
fn symbol_tables_have_their_length_with_every_hash_style() {
    let dir = TestDir::new();
    // The linker marks an undefined symbol as a function only if it has seen the definition.
    let python = "int PyUnicodeUCS2_AsUTF8String(void *it) { return !it; }\n";
    let python = compile(&dir, python, "libpython.so", &["-shared", "-fPIC"]);
    let python = python.to_str().unwrap();
    for style in ["sysv", "gnu", "both"] {
        let option = format!("-Wl,--hash-style={style}");
        let path = library(&dir, &format!("{style}.so"), &[&option, "-Wl,--build-id", python]);
        let facts = check(&dir, &path);
        assert_eq!(facts.entry_points.len(), 3, "{style}");
        assert!(facts.uses_pyfpe && facts.uses_ucs2);
        assert!(facts.undefined.contains("imported") && !facts.undefined.contains("maybe"));

        let bare = fs_err::read(without_sections(&path)).unwrap();
        let facts = ElfFacts { device_code: None, ..facts };
        assert_eq!(ElfFacts::read(&bare, Detail::Whole).unwrap(), facts, "{style}");

        // Without exports, a GNU hash table refers to no symbol.
        let option = [option.as_str(), "-shared", "-fPIC", "-nostdlib"];
        let path = compile(&dir, IMPORTS, &format!("imports-{style}.so"), &option);
        let facts = check(&dir, &path);
        assert_eq!(facts.undefined.len(), 1, "{style}");
        assert!(facts.undefined.contains("imported"));
        let bare = fs_err::read(without_sections(&path)).unwrap();
        let facts = ElfFacts { device_code: None, ..facts };
        assert_eq!(ElfFacts::read(&bare, Detail::Whole).unwrap(), facts, "{style}");
    }
}

#[test]
fn names_and_paths_of_a_library() {
    let dir = TestDir::new();
    let options = ["-Wl,-soname,libsample.so.1", "-Wl,-rpath,$ORIGIN/../lib:/opt"];
    let facts =
        check(&dir, &library(&dir, "a.so", &[&options[..], &["-Wl,--enable-new-dtags"]].concat()));
    assert_eq!(facts.soname.as_deref(), Some("libsample.so.1"));
    assert_eq!((facts.rpath, facts.runpath.as_deref()), (None, Some("$ORIGIN/../lib:/opt")));
    let facts =
        check(&dir, &library(&dir, "b.so", &[&options[..], &["-Wl,--disable-new-dtags"]].concat()));
    assert_eq!((facts.rpath.as_deref(), facts.runpath), (Some("$ORIGIN/../lib:/opt"), None));
    dir.write("map", "V1 { global: initsample; local: *; }; V2 { global: use_python; } V1;\n");
    let script = format!("-Wl,--version-script={}", dir.path().join("map").display());
    let facts = check(&dir, &library(&dir, "c.so", &[&script]));
    assert_eq!(facts.verdef, ["V1", "V2"]);
}

#[test]
fn stacks_and_code_that_are_written_to() {
    let dir = TestDir::new();
    for (option, expected) in [("execstack", true), ("noexecstack", false)] {
        let path = library(&dir, &format!("{option}.so"), &[&format!("-Wl,-z,{option}")]);
        assert_eq!(check(&dir, &path).executable_stack, expected);
    }
    assert!(!check(&dir, &library(&dir, "pic.so", &[])).text_relocations);
    // A pointer in a read-only section.
    let source = "extern int other;\n__asm__(\".section .text\\n.quad other\\n\");\n";
    let options = ["-shared", "-nostdlib", "-Wl,-z,notext"];
    if cfg!(target_arch = "x86_64") {
        assert!(check(&dir, &compile(&dir, source, "text.so", &options)).text_relocations);
    }
}

#[test]
fn programs_and_objects() {
    let dir = TestDir::new();
    let source = "int main(void) { return 0; }\n";
    let facts = check(&dir, &compile(&dir, source, "program", &["-pie", "-fPIE"]));
    assert!(facts.interpreter.is_some() && facts.e_type == 3);
    let facts = check(&dir, &compile(&dir, source, "fixed", &["-no-pie"]));
    assert!(facts.interpreter.is_some() && facts.e_type == 2);
    for (name, option, e_type) in [("static", "-static", 2), ("static-pie", "-static-pie", 3)] {
        let facts = check(&dir, &compile(&dir, source, name, &[option]));
        assert_eq!((facts.interpreter, facts.e_type), (None, e_type));
        assert!(facts.needed.is_empty() && facts.verneed.is_empty());
    }
    let facts = check(&dir, &compile(&dir, LIBRARY, "object.o", &["-c"]));
    assert_eq!(facts.e_type, 1);
    assert!(facts.needed.is_empty() && facts.undefined.is_empty());
    assert_eq!(facts.platform.class, Class::Elf64);
    assert_eq!(facts.platform.machine.unwrap().to_string(), std::env::consts::ARCH);
}

#[test]
fn instruction_sets() {
    if !cfg!(target_arch = "x86_64") {
        return;
    }
    let dir = TestDir::new();
    for (level, expected) in [
        ("x86-64", None),
        ("x86-64-v2", Some(IsaLevel::V2)),
        ("x86-64-v3", Some(IsaLevel::V3)),
        ("x86-64-v4", Some(IsaLevel::V4)),
    ] {
        let march = format!("-march={level}");
        let path = library(&dir, "isa.so", &[&march, "-mneeded"]);
        let facts = ElfFacts::read(&fs_err::read(&path).unwrap(), Detail::Whole).unwrap();
        assert_eq!(facts.isa_needed, expected, "{level}");
        if expected.is_some() {
            check(&dir, &path);
        }
        // An object file has the note in a section.
        let path = compile(&dir, LIBRARY, "isa.o", &["-c", &march, "-mneeded"]);
        let facts = ElfFacts::read(&fs_err::read(&path).unwrap(), Detail::Whole).unwrap();
        assert_eq!(facts.isa_needed, expected, "{level}");
    }
}
