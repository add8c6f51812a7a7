//! Removals from crafted containers, whole and broken: what stays is equal, and nothing else changes.

use std::convert::Infallible;

use proptest::prelude::*;

use super::crafted::{LZ4, ZSTD, container, crafted, elf, sample};
use super::*;

fn scan(bytes: &[u8]) -> DeviceCode {
    let mut scanner = Scanner::new(&(0..bytes.len() as u64), NoPayloads);
    scanner.feed(bytes);
    scanner.finish().0
}

fn range(start: u64, len: u64) -> std::ops::Range<usize> {
    let start = usize::try_from(start).unwrap();
    start..start + usize::try_from(len).unwrap()
}

/// Returns the bytes of all entries, headers included, with their architectures.
fn entries<'a>(bytes: &'a [u8], code: &DeviceCode) -> Vec<(String, &'a [u8])> {
    let bytes_of = |entry: &Entry| bytes.get(range(entry.offset, entry.len())).unwrap();
    code.entries().map(|entry| (entry.architecture_name(), bytes_of(entry))).collect()
}

/// Applies a removal to pieces of a file.
fn in_pieces(removal: &Removal, bytes: &[u8], len: usize) -> Vec<u8> {
    let mut edited = vec![0; bytes.len()];
    for (index, piece) in bytes.chunks(len).enumerate() {
        let placed = removal.place((index * len) as u64, piece, |offset, part| {
            edited[range(offset, part.len() as u64)].copy_from_slice(part);
            Ok::<(), Infallible>(())
        });
        placed.unwrap();
    }
    for (offset, len) in removal.lengths() {
        edited[range(offset, 8)].copy_from_slice(&len);
    }
    edited
}

#[test]
fn entries_behind_move_up() {
    let entry = |sm, flags| crafted(2, sm, flags, &[u8::try_from(sm).unwrap(); 20], 99);
    let all = [(80, 0), (90, LZ4), (80, ZSTD), (80, 0), (100, 0), (90, 0)];
    let bytes = container(&all.map(|(sm, flags)| entry(sm, flags)));
    for gone in [80, 90, 100] {
        let code = scan(&bytes);
        let name = format!("sm_{gone}");
        let removal = Removal::new(&code, |entry| entry.architecture_name() != name);
        let kept: Vec<_> = all.iter().filter(|it| it.0 != gone).collect();
        let mut expected = container(&kept.iter().map(|it| entry(it.0, it.1)).collect::<Vec<_>>());
        expected.resize(bytes.len(), 0);
        assert_eq!(removal.apply(&bytes), expected, "{gone}");
        let changed: Vec<_> = removal.changes().collect();
        assert_eq!((changed[0].clone(), changed[1].end), (8..16, bytes.len() as u64));
    }
    let none = Removal::new(&scan(&bytes), |_| true);
    assert!(none.is_empty() && none == Removal::default());
    // A cubin without a container becomes zeros.
    let cubin = elf(190, 90, &[7; 30]);
    let two = [&cubin[..], &[5; 9], &bytes].concat();
    let edited = Removal::new(&scan(&two), |entry| entry.header_len > 0).apply(&two);
    assert!(edited[..cubin.len()].iter().all(|&byte| byte == 0));
    assert_eq!(edited[cubin.len()..], two[cubin.len()..]);
}

proptest! {
    /// Any change of the sample, and any architecture: kept entries are equal, and nothing outside of containers
    /// changes.
    #[test]
    fn kept_entries_are_equal(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        gone in any::<prop::sample::Index>(),
        len in 1..600_usize,
    ) {
        let mut bytes = sample();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let code = scan(&bytes);
        prop_assume!(code.problems.is_empty());
        let all: Vec<&Entry> = code.entries().collect();
        prop_assume!(!all.is_empty());
        let name = all[gone.index(all.len())].architecture_name();
        let keeps = |entry: &Entry| entry.kind == Kind::Hip || entry.architecture_name() != name;
        let removal = Removal::new(&code, keeps);
        let edited = removal.apply(&bytes);
        prop_assert_eq!(&in_pieces(&removal, &bytes, len), &edited);
        let found = scan(&edited);
        let mut kept = entries(&bytes, &code);
        let mut flags = code.entries().map(keeps);
        kept.retain(|_| flags.next().unwrap());
        prop_assert_eq!(entries(&edited, &found), kept);
        prop_assert!(Removal::new(&found, keeps).is_empty());
        let mut at = 0;
        for Container { range, .. } in &code.containers {
            let start = usize::try_from(range.start).unwrap();
            prop_assert_eq!(&bytes[at..start], &edited[at..start]);
            at = usize::try_from(range.end).unwrap();
        }
        prop_assert_eq!(&bytes[at..], &edited[at..]);
    }
}
