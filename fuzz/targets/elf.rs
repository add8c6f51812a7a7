//! The facts of an ELF file are the same when read from the whole file and from requested parts. Their size
//! is bounded by that of the file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wheelworks::elf::{self, Detail, ElfFacts, SonameLiterals, SymbolName, Visibility};
use wheelworks::platform::Libc;
use wheelworks_fuzz::in_parts;

fuzz_target!(|bytes: &[u8]| {
    let whole = ElfFacts::read(bytes, Detail::Whole);
    assert!(whole.is_err() || elf::is_elf(bytes));
    // This does not panic, and reads only the header.
    let head = &bytes[..bytes.len().min(64)];
    assert_eq!(elf::is_elf(bytes), elf::is_elf(head));
    let _ = (elf::machine(bytes), elf::is_program(bytes));
    match in_parts(bytes, |parts, _| ElfFacts::read_parts(parts, Detail::Whole)) {
        None => panic!("more requests than there are stages"),
        Some(Ok(parts)) => {
            let mut facts = whole.clone().expect("parts tell what the whole does not");
            facts.device_code.clone_from(&parts.device_code);
            assert_eq!(facts, parts);
        }
        Some(Err(_)) => assert!(whole.is_err(), "{whole:?}"),
    }
    let Ok(facts) = whole else { return };
    let loading = ElfFacts::read(bytes, Detail::Loading).expect("loading takes less");
    assert_eq!((&loading.needed, &loading.soname), (&facts.needed, &facts.soname));
    assert_eq!((&loading.rpath, &loading.runpath), (&facts.rpath, &facts.runpath));
    assert_eq!((&loading.interpreter, &loading.platform), (&facts.interpreter, &facts.platform));
    let _ = Libc::of(&facts, "_ext.cpython-312-x86_64-linux-gnu.so");
    check_linkage(bytes, &facts);
    // A name may occur several times, and counts each time.
    let len = bytes.len() as u64;
    assert!(facts.weight() <= 1024 + len * len.min(4096), "{} for {len}", facts.weight());
});

/// Checks that dynamic symbols take no other bytes, are looked up, and are bounded by the file.
fn check_linkage(bytes: &[u8], facts: &ElfFacts) {
    // Names of definitions may overlap without end, where those of undefined symbols do not.
    let Ok(linked) = ElfFacts::read(bytes, Detail::Linkage) else { return };
    let linkage = linked.linkage.clone().expect("it was asked for");
    assert_eq!(ElfFacts { linkage: None, ..linked }, *facts);
    for symbol in linkage.definitions() {
        let name = SymbolName::new(symbol.name);
        assert!(!symbol.name.is_empty() && !symbol.name.contains(&0));
        // Another symbol with the name may be hidden.
        let found = linkage.lookup(name, None).or_else(|| linkage.lookup_by_musl(name));
        assert!(found.is_none_or(|it| it.name == symbol.name));
        assert!(linkage.lookup(name, None).is_none_or(|it| it.visibility != Visibility::Hidden));
    }
    for symbol in linkage.references() {
        let _ = linkage.lookup(SymbolName::new(symbol.name), symbol.version);
        assert!(linkage.definitions().len() + linkage.references().len() <= bytes.len() / 16);
    }
    let len = bytes.len() as u64;
    let versions = linkage.required_versions().len() + linkage.defined_versions().len();
    assert!(linkage.weight() <= 4096 + 4 * len + versions as u64 * (256 + 4 * len));
    let mut literals = SonameLiterals::default();
    literals.feed(0, bytes);
    let whole = literals.into_names(&linkage);
    let mut literals = SonameLiterals::default();
    let mut offset = 0;
    for piece in bytes.chunks(100) {
        literals.feed(offset, piece);
        offset += piece.len() as u64;
    }
    assert_eq!(literals.into_names(&linkage), whole);
}
