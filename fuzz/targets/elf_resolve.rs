//! Resolution of each `DT_NEEDED` in a system of forged files. It terminates, lists each library once, and
//! finds only files of the system that fit.

#![no_main]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use wheelworks::elf::{
    Class, ElfFacts, FileLocation, Files, Platform, SearchPaths, directory, resolve,
};
use wheelworks::platform::{Libc, Machine};
use wheelworks_fuzz::Bytes;

/// The most files of a system.
const MOST: usize = 16;

struct System {
    files: BTreeMap<FileLocation, Arc<ElfFacts>>,
    search: Arc<SearchPaths>,
    excluded: Option<String>,
}

impl Files for System {
    fn elf(&self, location: &FileLocation) -> Option<(FileLocation, Arc<ElfFacts>)> {
        self.files.get(location).map(|facts| (location.clone(), Arc::clone(facts)))
    }

    fn is_directory(&self, location: &FileLocation) -> bool {
        self.files.keys().any(|file| file.parent() == *location)
    }

    fn search_paths(&self, _: Option<Libc>) -> Arc<SearchPaths> {
        Arc::clone(&self.search)
    }

    fn is_excluded(&self, name: &str) -> bool {
        self.excluded.as_deref() == Some(name)
    }
}

fuzz_target!(|input: &[u8]| {
    let mut input = Bytes(input);
    let form = input.u8();
    let mut files = BTreeMap::new();
    let mut first = None;
    while !input.is_empty() && files.len() < MOST {
        let (location, facts) = file(&mut input);
        first.get_or_insert_with(|| location.clone());
        files.insert(location, Arc::new(facts));
    }
    let Some(root) = first else { return };
    let lib = FileLocation::host(Path::new("/lib"));
    let search = SearchPaths {
        environment: if form & 1 == 0 { Vec::new() } else { vec![lib.clone()] },
        configured: if form & 2 == 0 { Vec::new() } else { vec![lib] },
        interpreter: form & 4 != 0,
    };
    let excluded = (form & 8 != 0).then(|| name(form >> 4));
    let system = System { files, search: Arc::new(search), excluded };
    let facts = Arc::clone(&system.files[&root]);
    let tree = resolve(&root, &facts, None, &system);

    let interpreter = facts.interpreter.as_deref().map(|path| FileLocation::host(Path::new(path)));
    let mut seen = BTreeSet::new();
    for library in &tree.libraries {
        assert!(seen.insert(&library.soname), "`{}` is there twice", library.soname);
        // The interpreter is no DT_NEEDED, but always listed, as in auditwheel's trees.
        assert!(
            system.excluded.as_ref() != Some(&library.soname)
                || interpreter.as_ref().map(FileLocation::file_name) == Some(&*library.soname)
        );
        if let Some(found) = &library.facts {
            let real = library.real.as_ref().expect("a file without a location");
            assert!(Arc::ptr_eq(found, &system.files[real]));
            assert_eq!(found.platform.class, facts.platform.class);
            assert_eq!(found.platform.e_machine, facts.platform.e_machine);
        }
    }
    let needs = tree.libraries.iter().map(|library| &library.needed).chain([&tree.needed]);
    for soname in needs.flatten() {
        assert!(tree.library(soname).is_some(), "`{soname}` is needed and not in the tree");
    }
    for location in tree.rpath.iter().chain(&tree.runpath) {
        assert!(system.is_directory(location));
    }
    let again = resolve(&root, &facts, None, &system);
    assert_eq!(format!("{:?}", tree.libraries), format!("{:?}", again.libraries));
});

/// Returns one of a few names, so that files need each other.
fn name(number: u8) -> String {
    match number % 12 {
        11 => "libpython3.12.so".to_owned(),
        10 => "libc.so.6".to_owned(),
        number => format!("lib{number}.so"),
    }
}

fn file(input: &mut Bytes<'_>) -> (FileLocation, ElfFacts) {
    let form = input.u8();
    let folder = ["", "pkg/", "pkg/lib/", "other.libs/"][usize::from(form & 3)];
    let own = name(input.u8());
    let location = if form & 4 == 0 {
        FileLocation::Inner(format!("{folder}{own}"))
    } else {
        FileLocation::host(&Path::new("/lib").join(&own))
    };
    let needed = input.short().iter().take(8).map(|&number| name(number)).collect();
    let paths = |input: &mut Bytes<'_>| {
        let mut text = input.text();
        for (short, long) in [("@", "$ORIGIN"), ("#", "$ORIGIN/../other.libs"), ("%", "/lib:")] {
            text = text.replace(short, long);
        }
        for entry in text.split(':') {
            let _ = directory(entry, &location);
        }
        text
    };
    let rpath = (form & 8 != 0).then(|| paths(input));
    let runpath = (form & 16 != 0).then(|| paths(input));
    let is_other = form & 32 != 0;
    let platform = Platform {
        class: if is_other { Class::Elf32 } else { Class::Elf64 },
        little_endian: true,
        e_machine: if is_other { 3 } else { 62 },
        os_abi: if form & 64 == 0 { 0 } else { 3 },
        flags: 0,
        machine: Some(if is_other { Machine::I686 } else { Machine::X86_64 }),
    };
    let facts = ElfFacts {
        interpreter: (form & 128 != 0).then(|| format!("/{}", input.text())),
        soname: Some(own),
        needed,
        rpath,
        runpath,
        ..ElfFacts::new(platform, 3)
    };
    (location, facts)
}
