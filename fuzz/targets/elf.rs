//! The facts of an ELF file are the same when read from the whole file and from requested parts. Their size
//! is bounded by that of the file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wheelworks::elf::{self, Detail, ElfFacts, MAX_ROUNDS, Sparse, Unfinished};
use wheelworks::platform::Libc;

fuzz_target!(|bytes: &[u8]| {
    let whole = ElfFacts::read(bytes, Detail::Whole);
    assert!(whole.is_err() || elf::is_elf(bytes));
    // This does not panic, and reads only the header.
    let head = &bytes[..bytes.len().min(64)];
    assert_eq!(elf::is_elf(bytes), elf::is_elf(head));
    let _ = (elf::machine(bytes), elf::is_program(bytes));
    match in_parts(bytes) {
        None => panic!("more requests than there are stages"),
        Some(Ok(parts)) => {
            let mut facts = whole.clone().expect("parts tell what the whole does not");
            facts.device_code.clone_from(&parts.device_code);
            assert_eq!(facts, parts);
        }
        Some(Err(())) => assert!(whole.is_err(), "{whole:?}"),
    }
    let Ok(facts) = whole else { return };
    let loading = ElfFacts::read(bytes, Detail::Loading).expect("loading takes less");
    assert_eq!((&loading.needed, &loading.soname), (&facts.needed, &facts.soname));
    assert_eq!((&loading.rpath, &loading.runpath), (&facts.rpath, &facts.runpath));
    assert_eq!((&loading.interpreter, &loading.platform), (&facts.interpreter, &facts.platform));
    let _ = Libc::of(&facts, "_ext.cpython-312-x86_64-linux-gnu.so");
    // A name may occur several times, and counts each time.
    let len = bytes.len() as u64;
    assert!(facts.weight() <= 1024 + len * len.min(4096), "{} for {len}", facts.weight());
});

/// Returns the facts read from requested parts, or nothing if there are too many requests.
fn in_parts(bytes: &[u8]) -> Option<Result<ElfFacts, ()>> {
    let mut parts = Sparse::new(bytes.len() as u64);
    for _ in 0..=MAX_ROUNDS {
        let missing = match ElfFacts::read_parts(&parts, Detail::Whole) {
            Ok(facts) => return Some(Ok(facts)),
            Err(Unfinished::Wrong(_)) => return Some(Err(())),
            Err(Unfinished::Missing(missing)) => missing,
        };
        assert!(!missing.is_empty(), "nothing is asked for");
        for range in &missing {
            assert!(range.start < range.end && range.end <= bytes.len() as u64, "{range:?}");
            assert!(parts.get(range).is_none(), "a known range is requested");
        }
        for range in missing {
            let within = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
            parts.insert(range.start, bytes[within].to_vec());
        }
    }
    None
}
