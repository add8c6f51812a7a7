//! Any bytes as a library, without the code of one architecture: the length stays, kept entries are equal, no other
//! entry is left, no byte outside of containers changes, and a second time nothing goes. In a file with damaged code,
//! which `slim` refuses, the zeros may complete what was damaged.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wheelworks::device_code::{
    CodeEdit, Compression, ContainerFate, DeviceCode, Entry, Fate, Kind, NoPayloads, Scanner,
};

fuzz_target!(|bytes: &[u8]| {
    let code = scan(bytes);
    let all: Vec<&Entry> = code.entries().collect();
    let seed = usize::from(bytes.last().copied().unwrap_or(0));
    let Some(gone) = all.get(seed % all.len().max(1)) else { return };
    let gone = gone.architecture_name();
    let keeps = |entry: &Entry| is_compressed_bundle(entry) || entry.architecture_name() != gone;
    let edit = without(&code, keeps);
    let edited = edit.apply(bytes, &[]);
    assert_eq!(edited.len(), bytes.len());
    assert_eq!(in_pieces(&edit, bytes, seed + 1), edited);
    if code.problems.is_empty() {
        let found = scan(&edited);
        let mut flags = code.entries().map(keeps);
        let mut kept = contents(bytes, &code);
        kept.retain(|_| flags.next().unwrap_or(false));
        assert_eq!(contents(&edited, &found), kept);
        assert!(without(&found, keeps).is_empty());
    }
    let mut at = 0;
    for container in &code.containers {
        let (start, end) = (offset(container.range.start), offset(container.range.end));
        assert_eq!(bytes[at..start], edited[at..start]);
        at = end;
    }
    assert_eq!(bytes[at..], edited[at..]);
});

fn offset(offset: u64) -> usize {
    usize::try_from(offset).expect("an offset in the file")
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

fn scan(bytes: &[u8]) -> DeviceCode {
    let mut scanner = Scanner::new(&(0..bytes.len() as u64), NoPayloads);
    scanner.feed(bytes);
    scanner.finish().0
}

/// Returns the architecture and the bytes of each entry; those of compressed bundles overlap.
fn contents<'a>(bytes: &'a [u8], code: &DeviceCode) -> Vec<(String, Option<&'a [u8]>)> {
    let content = |entry: &Entry| {
        let end = entry.offset.saturating_add(entry.len());
        (entry.architecture_name(), bytes.get(offset(entry.offset)..offset(end)))
    };
    code.entries().map(content).collect()
}

/// Edits piece by piece a file without the bytes that the edited one does not use.
fn in_pieces(edit: &CodeEdit, bytes: &[u8], len: usize) -> Vec<u8> {
    let mut file = bytes.to_vec();
    for gone in edit.unused() {
        file[offset(gone.start)..offset(gone.end)].fill(0xEE);
    }
    let mut edited = vec![0; bytes.len()];
    for (index, piece) in edited.chunks_mut(len).enumerate() {
        edit.read((index * len) as u64, &file, &[], piece);
    }
    edited
}
