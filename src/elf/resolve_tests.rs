//! Tests of library resolution, with files in a table in memory.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::*;
use crate::elf::{Class, UndefinedNames};
use crate::platform::Machine;

/// Returns a library that needs others.
fn needing(needed: &[&str]) -> ElfFacts {
    ElfFacts {
        platform: Platform {
            class: Class::Elf64,
            little_endian: true,
            e_machine: 62,
            os_abi: 0,
            flags: 0,
            machine: Some(Machine::X86_64),
        },
        e_type: 3,
        header_fault: None,
        interpreter: None,
        soname: None,
        needed: needed.iter().map(|&name| name.to_owned()).collect(),
        rpath: None,
        runpath: None,
        verneed: Vec::new(),
        verdef: Vec::new(),
        undefined: UndefinedNames::default(),
        entry_points: Vec::new(),
        uses_pyfpe: false,
        uses_ucs2: false,
        python_references: Vec::new(),
        python_definitions: Vec::new(),
        isa_needed: None,
        executable_stack: false,
        text_relocations: false,
        packed_relocations: false,
        segment_faults: Vec::new(),
        max_page_size: 4096,
        malformed_tables: Vec::new(),
        device_code: None,
        build_id: None,
        soname_literals: Vec::new(),
        linkage: None,
        table_bytes: 0,
    }
}

fn rpath(rpath: &str, needed: &[&str]) -> ElfFacts {
    ElfFacts { rpath: Some(rpath.to_owned()), ..needing(needed) }
}

fn runpath(runpath: &str, needed: &[&str]) -> ElfFacts {
    ElfFacts { runpath: Some(runpath.to_owned()), ..needing(needed) }
}

/// Files by path: `/…` is on the host, anything else in the audited tree. The directories of all files
/// exist.
struct Table {
    files: HashMap<FileLocation, Arc<ElfFacts>>,
    directories: BTreeSet<FileLocation>,
    shared: Arc<SearchPaths>,
    excluded: Vec<&'static str>,
}

fn location(path: &str) -> FileLocation {
    if path.starts_with('/') {
        FileLocation::host(Path::new(path))
    } else {
        FileLocation::Inner(path.to_owned())
    }
}

impl Table {
    fn new(files: Vec<(&str, ElfFacts)>) -> Self {
        let files: HashMap<FileLocation, Arc<ElfFacts>> =
            files.into_iter().map(|(path, facts)| (location(path), Arc::new(facts))).collect();
        let mut directories = BTreeSet::from([FileLocation::Inner(String::new())]);
        for file in files.keys() {
            directories.insert(file.parent());
        }
        let configured = vec![location("/usr/lib")];
        let shared = SearchPaths { configured, interpreter: true, ..SearchPaths::default() };
        Self { files, directories, shared: Arc::new(shared), excluded: Vec::new() }
    }

    fn tree(&self, path: &str) -> Tree {
        let location = location(path);
        resolve(&location, &self.files[&location], Some(Libc::Glibc), self)
    }

    /// Returns where each library of a file's tree was found, in order.
    fn found(&self, path: &str) -> Vec<(String, Option<String>)> {
        let libraries = self.tree(path).libraries;
        let found = libraries.into_iter().map(|it| (it.soname, it.real.map(|at| at.to_string())));
        found.collect()
    }
}

impl Files for Table {
    fn elf(&self, location: &FileLocation) -> Option<(FileLocation, Arc<ElfFacts>)> {
        Some((location.clone(), Arc::clone(self.files.get(location)?)))
    }
    fn is_directory(&self, location: &FileLocation) -> bool {
        self.directories.contains(location)
    }
    fn search_paths(&self, _: Option<Libc>) -> Arc<SearchPaths> {
        Arc::clone(&self.shared)
    }
    fn is_excluded(&self, name: &str) -> bool {
        self.excluded.contains(&name)
    }
}

fn at(soname: &str, location: &str) -> (String, Option<String>) {
    (soname.to_owned(), Some(location.to_owned()))
}

fn missing(soname: &str) -> (String, Option<String>) {
    (soname.to_owned(), None)
}

#[test]
fn depth_first_and_each_name_once() {
    let table = Table::new(vec![
        ("pkg/x.so", rpath("$ORIGIN/../lib", &["liba.so", "libb.so", "libz.so"])),
        ("lib/liba.so", needing(&["libb.so", "libc.so.6"])),
        ("lib/libb.so", needing(&["liba.so"])),
        ("/usr/lib/libb.so", needing(&[])),
        ("/usr/lib/libc.so.6", needing(&[])),
    ]);
    let expected = [
        at("liba.so", "lib/liba.so"),
        at("libb.so", "lib/libb.so"),
        at("libc.so.6", "/usr/lib/libc.so.6"),
        missing("libz.so"),
    ];
    assert_eq!(table.found("pkg/x.so"), expected);
    let tree = table.tree("pkg/x.so");
    assert!(!tree.is_resolved());
    assert_eq!(tree.library("liba.so").unwrap().needed, ["libb.so", "libc.so.6"]);
    assert_eq!(tree.library("libb.so").unwrap().needed, ["liba.so"]);
}

#[test]
fn the_root_s_rpath_is_inherited_and_its_runpath_too_but_after_the_rest() {
    let table = Table::new(vec![
        ("pkg/x.so", rpath("$ORIGIN/lib", &["liba.so"])),
        ("pkg/lib/liba.so", runpath("$ORIGIN/deep", &["libb.so"])),
        ("pkg/lib/libb.so", needing(&[])),
        ("pkg/lib/deep/libb.so", needing(&[])),
        ("pkg/y.so", runpath("$ORIGIN/lib", &["liba.so"])),
    ]);
    assert_eq!(table.found("pkg/x.so")[1], at("libb.so", "pkg/lib/libb.so"));
    assert_eq!(table.found("pkg/y.so")[1], at("libb.so", "pkg/lib/deep/libb.so"));
}

#[test]
fn what_a_dependency_s_paths_find_is_not_for_its_siblings() {
    let table = Table::new(vec![
        ("pkg/x.so", rpath("$ORIGIN", &["liba.so", "libc.so"])),
        ("pkg/liba.so", runpath("$ORIGIN/a", &["libb.so"])),
        ("pkg/a/libb.so", needing(&[])),
        ("pkg/a/libc.so", needing(&[])),
    ]);
    let found = table.found("pkg/x.so");
    assert_eq!(found[1], at("libb.so", "pkg/a/libb.so"));
    assert_eq!(found[2], missing("libc.so"));
}

#[test]
fn an_existing_runpath_turns_rpath_off() {
    let files = |runpath: &str| {
        let facts = ElfFacts {
            rpath: Some("$ORIGIN/old".to_owned()),
            runpath: Some(runpath.to_owned()),
            ..needing(&["liba.so"])
        };
        Table::new(vec![
            ("pkg/x.so", facts),
            ("pkg/old/liba.so", needing(&[])),
            ("pkg/new/libother.so", needing(&[])),
        ])
    };
    assert_eq!(files("$ORIGIN/new").found("pkg/x.so"), [missing("liba.so")]);
    assert_eq!(files("$ORIGIN/none").found("pkg/x.so"), [at("liba.so", "pkg/old/liba.so")]);
}

#[test]
fn a_library_for_another_machine_is_passed_over() {
    let other =
        ElfFacts { platform: Platform { e_machine: 183, ..needing(&[]).platform }, ..needing(&[]) };
    let linux_abi =
        ElfFacts { platform: Platform { os_abi: 3, ..needing(&[]).platform }, ..needing(&[]) };
    let freebsd_abi =
        ElfFacts { platform: Platform { os_abi: 9, ..needing(&[]).platform }, ..needing(&[]) };
    let table = Table::new(vec![
        ("pkg/x.so", rpath("$ORIGIN/a:$ORIGIN/b:$ORIGIN/c", &["liba.so"])),
        ("pkg/a/liba.so", other),
        ("pkg/b/liba.so", freebsd_abi),
        ("pkg/c/liba.so", linux_abi),
    ]);
    assert_eq!(table.found("pkg/x.so"), [at("liba.so", "pkg/c/liba.so")]);
}

#[test]
fn an_excluded_library_excludes_its_libraries() {
    let mut table = Table::new(vec![
        ("pkg/x.so", rpath("$ORIGIN", &["liba.so", "libb.so"])),
        ("pkg/liba.so", needing(&["libc.so"])),
        ("pkg/libb.so", needing(&[])),
        ("pkg/libc.so", needing(&[])),
    ]);
    table.excluded = vec!["liba.so"];
    assert_eq!(table.found("pkg/x.so"), [at("libb.so", "pkg/libb.so")]);
    assert_eq!(table.tree("pkg/x.so").needed, ["libb.so"]);
    table.excluded = vec!["pkg/libb.so"];
    let tree = table.tree("pkg/x.so");
    assert_eq!(tree.needed, ["liba.so"], "by the location that it led to");
}

#[test]
fn libpython_is_listed_and_not_resolved() {
    let table = Table::new(vec![
        ("pkg/x.so", needing(&["libpython3.12.so.1.0"])),
        ("/usr/lib/libpython3.12.so.1.0", needing(&[])),
    ]);
    assert_eq!(table.found("pkg/x.so"), [missing("libpython3.12.so.1.0")]);
}

#[test]
fn an_interpreter_counts_as_found_and_its_directories_are_last() {
    let program = ElfFacts {
        interpreter: Some("/opt/lib/ld-linux-x86-64.so.2".to_owned()),
        ..needing(&["libc.so.6", "ld-linux-x86-64.so.2"])
    };
    let table = Table::new(vec![("bin/x", program), ("/opt/lib/libc.so.6", needing(&[]))]);
    let expected = [
        at("ld-linux-x86-64.so.2", "/opt/lib/ld-linux-x86-64.so.2"),
        at("libc.so.6", "/opt/lib/libc.so.6"),
    ];
    assert_eq!(table.found("bin/x"), expected);
    assert!(table.tree("bin/x").is_resolved());
}

#[test]
fn a_name_with_a_slash_is_a_path() {
    let table = Table::new(vec![
        ("pkg/x.so", rpath("$ORIGIN", &["/opt/liba.so", "sub/libb.so"])),
        ("/opt/liba.so", needing(&[])),
        ("pkg/sub/libb.so", needing(&[])),
    ]);
    let expected = [at("/opt/liba.so", "/opt/liba.so"), at("sub/libb.so", "pkg/sub/libb.so")];
    assert_eq!(table.found("pkg/x.so"), expected);
}

#[test]
fn entries_of_rpath() {
    let origin = FileLocation::Inner("pkg/sub".to_owned());
    let cases = [
        ("", Some(location(""))),
        ("$ORIGIN", Some(location("pkg/sub"))),
        ("${ORIGIN}/..", Some(location("pkg"))),
        ("$ORIGIN/../..//lib/", Some(location("lib"))),
        ("$ORIGIN/../../..", None),
        ("$ORIGIN.libs", Some(location("pkg/sub.libs"))),
        ("x/$ORIGIN", None),
        ("/opt/$LIB", Some(location("/opt/$LIB"))),
        ("lib", Some(location("/lib"))),
    ];
    for (entry, expected) in cases {
        assert_eq!(directory(entry, &origin), expected, "{entry}");
    }
}

#[test]
fn a_chain_longer_than_a_stack() {
    const LONG: usize = 50_000;
    let names: Vec<String> = (0..=LONG).map(|at| format!("lib{at}.so")).collect();
    let mut files = Vec::new();
    for pair in names.windows(2) {
        files.push((pair[0].as_str(), rpath("$ORIGIN", &[&pair[1]])));
    }
    let table = Table::new(files);
    let tree = table.tree("lib0.so");
    assert_eq!(tree.libraries.len(), LONG);
    assert!(tree.libraries[LONG - 1].real.is_none());
}
