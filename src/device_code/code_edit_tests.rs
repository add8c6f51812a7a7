//! Edits of crafted containers, whole and broken: what stays is equal, and nothing else changes.

use proptest::prelude::*;

use super::crafted::{LZ4, ZSTD, container, crafted, elf, entry_bytes, sample};
use super::*;

fn scan(bytes: &[u8]) -> DeviceCode {
    let mut scanner = Scanner::new(&(0..bytes.len() as u64), NoPayloads);
    scanner.feed(bytes);
    scanner.finish().0
}

/// Returns whether an entry is in a compressed bundle, which is replaced as a whole.
fn is_compressed_bundle(entry: &Entry) -> bool {
    entry.kind == Kind::Hip && entry.compression != Compression::None
}

fn without(code: &DeviceCode, keeps: impl Fn(&Entry) -> bool) -> CodeEdit {
    let fate = |entry: &Entry| if keeps(entry) { Fate::Kept } else { Fate::Removed };
    CodeEdit::new(code, |container| {
        ContainerFate::Entries(container.entries.iter().map(fate).collect())
    })
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

/// Applies an edit without new entries to pieces of a file. Bytes that the edited file does not use are lost.
fn in_pieces(edit: &CodeEdit, bytes: &[u8], len: usize) -> Vec<u8> {
    let mut file = bytes.to_vec();
    for gone in edit.unused() {
        file[range(gone.start, gone.end - gone.start)].fill(0xEE);
    }
    let mut edited = vec![0; bytes.len()];
    for (index, piece) in edited.chunks_mut(len).enumerate() {
        edit.read((index * len) as u64, &file, &[], piece);
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
        let edit = without(&code, |entry| entry.architecture_name() != name);
        let kept: Vec<_> = all.iter().filter(|it| it.0 != gone).collect();
        let mut expected = container(&kept.iter().map(|it| entry(it.0, it.1)).collect::<Vec<_>>());
        expected.resize(bytes.len(), 0);
        assert_eq!(edit.apply(&bytes, &[]), expected, "{gone}");
        let changed: Vec<_> = edit.changes().collect();
        assert_eq!((changed[0].clone(), changed[1].end), (8..16, bytes.len() as u64));
    }
    let none = without(&scan(&bytes), |_| true);
    assert!(none.is_empty() && none == CodeEdit::default());
    // A cubin without a container becomes zeros.
    let cubin = elf(190, 90, &[7; 30]);
    let two = [&cubin[..], &[5; 9], &bytes].concat();
    let edited = without(&scan(&two), |entry| entry.header_len > 0).apply(&two, &[]);
    assert!(edited[..cubin.len()].iter().all(|&byte| byte == 0));
    assert_eq!(edited[cubin.len()..], two[cubin.len()..]);
}

#[test]
fn new_entries_take_the_places_of_old_ones() {
    let entry = |sm, len| crafted(2, sm, ZSTD, &vec![u8::try_from(sm).unwrap(); len], 99);
    let old = [(80, 40), (90, 24), (100, 48), (103, 16), (120, 80)];
    let bytes = [vec![1; 9], container(&old.map(|(sm, len)| entry(sm, len))), vec![2; 9]].concat();
    let new = [entry_bytes(&entry(91, 8)), entry_bytes(&entry(121, 16))].concat();
    let fates = [Fate::Kept, Fate::Replaced(0..72), Fate::Removed, Fate::Kept];
    let fates = [&fates[..], &[Fate::Replaced(72..152)]].concat();
    let edit = CodeEdit::new(&scan(&bytes), |_| ContainerFate::Entries(fates.clone()));
    let expected = [(80, 40), (91, 8), (103, 16), (121, 16)].map(|(sm, len)| entry(sm, len));
    let mut expected = [vec![1; 9], container(&expected)].concat();
    expected.resize(bytes.len() - 9, 0);
    expected.extend([2; 9]);
    assert_eq!(edit.apply(&bytes, &new), expected);
    let changed: Vec<_> = edit.changes().collect();
    assert_eq!((changed[0].clone(), changed[1].start), (17..25, 25 + 64 + 40));
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
        let keeps = |entry: &Entry| is_compressed_bundle(entry) || entry.architecture_name() != name;
        let edit = without(&code, keeps);
        let edited = edit.apply(&bytes, &[]);
        prop_assert_eq!(&in_pieces(&edit, &bytes, len), &edited);
        let found = scan(&edited);
        let mut kept = entries(&bytes, &code);
        let mut flags = code.entries().map(keeps);
        kept.retain(|_| flags.next().unwrap());
        prop_assert_eq!(entries(&edited, &found), kept);
        prop_assert!(without(&found, keeps).is_empty());
        let mut at = 0;
        for Container { range, .. } in &code.containers {
            let start = usize::try_from(range.start).unwrap();
            prop_assert_eq!(&bytes[at..start], &edited[at..start]);
            at = usize::try_from(range.end).unwrap();
        }
        prop_assert_eq!(&bytes[at..], &edited[at..]);
    }
}
