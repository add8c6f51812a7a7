//! The facts of a Mach-O file are the same when read from the whole file and from requested parts. Their size is
//! bounded by that of the file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wheelworks::elf::{MAX_ROUNDS, Sparse, Unfinished};
use wheelworks::object_file::{MachOFacts, ObjectFacts, ObjectFile as _};

fuzz_target!(|bytes: &[u8]| {
    let whole = MachOFacts::read(bytes);
    assert!(whole.is_none() || ObjectFacts::may_be(bytes));
    assert_eq!(whole, in_parts(bytes), "whole and in parts");
    let Some(facts) = whole else { return };
    for slice in &facts.slices {
        assert_eq!(slice.needed_libraries().len(), slice.libraries.len());
        assert!(slice.minimum_system().count() <= 1);
    }
    // A name may occur several times, and counts each time.
    let len = bytes.len() as u64;
    assert!(facts.weight() <= 8192 + len * len.min(4096), "{} for {len}", facts.weight());
});

/// Returns the facts read from requested parts.
fn in_parts(bytes: &[u8]) -> Option<MachOFacts> {
    let len = bytes.len() as u64;
    let mut parts = Sparse::new(len);
    for _ in 0..=MAX_ROUNDS {
        let missing = match MachOFacts::read_parts(&parts, len) {
            Ok(facts) => return facts,
            Err(Unfinished::Wrong(error)) => panic!("{error}"),
            Err(Unfinished::Missing(missing)) => missing,
        };
        assert!(!missing.is_empty(), "nothing is asked for");
        for range in missing {
            assert!(range.start < range.end && range.end <= len, "{range:?}");
            assert!(parts.get(&range).is_none(), "a known range is requested");
            let within = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
            parts.insert(range.start, bytes[within].to_vec());
        }
    }
    panic!("more requests than there are stages")
}
