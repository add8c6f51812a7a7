//! Any bytes as a database of rpm end with an error or with paths that the database holds.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wheelworks::packages::fuzzing::files_of_rpm_database;

fuzz_target!(|bytes: &[u8]| {
    // The second half is a write-ahead log, if the first byte says so.
    let Some((&first, rest)) = bytes.split_first() else { return };
    let (database, log) = if first == 1 { rest.split_at(rest.len() / 2) } else { (rest, &[][..]) };
    for path in files_of_rpm_database(database, log) {
        assert!(!path.contains(&0), "a path holds a null byte");
    }
});
