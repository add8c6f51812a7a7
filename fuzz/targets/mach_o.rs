//! The facts of a Mach-O file are the same when read from the whole file and from requested parts. Their size is
//! bounded by that of the file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wheelworks::object_file::{MachOFacts, ObjectFacts, ObjectFile as _};
use wheelworks_fuzz::in_parts;

fuzz_target!(|bytes: &[u8]| {
    let whole = MachOFacts::read(bytes);
    assert!(whole.is_none() || ObjectFacts::may_be(bytes));
    let in_parts = in_parts(bytes, MachOFacts::read_parts).unwrap();
    assert_eq!(Ok(&whole), in_parts.as_ref(), "whole and in parts");
    let Some(facts) = whole else { return };
    for slice in &facts.slices {
        assert_eq!(slice.needed_libraries().len(), slice.libraries.len());
        assert!(slice.minimum_system().count() <= 1);
    }
    // A name may occur several times, and counts each time.
    let len = bytes.len() as u64;
    assert!(facts.weight() <= 8192 + len * len.min(4096), "{} for {len}", facts.weight());
});
