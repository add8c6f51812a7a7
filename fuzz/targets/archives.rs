//! The two archive readers of this crate and the `zip` crate on the same bytes. An archive without a finding
//! opens in all of them, with the same members and content.

#![no_main]

use std::io::{Cursor, Read as _};
use std::ops::ControlFlow;

use libfuzzer_sys::fuzz_target;
use wheelworks::deflate::Inflater;
use wheelworks::exec::CancelFlag;
use wheelworks::opened_wheel::{MemberData, Strictness};
use wheelworks::zip::{Directory, Entry, FlawKind, Method, RawArchive};
use wheelworks_fuzz::{Bytes, Judged, zlib};

/// The most bytes of content that are compared.
const MOST: u64 = 1 << 20;

fuzz_target!(|input: &[u8]| {
    let mut input = Bytes(input);
    let bytes = match input.u8() {
        0 => input.0.to_vec(),
        _ => wheelworks_fuzz::archive(&mut input),
    };
    let directory = Directory::read(&bytes);
    let mut flaws = Vec::new();
    let raw = RawArchive::read(&bytes, &mut |flaw| flaws.push(flaw));
    if let Ok(directory) = &directory {
        sound(directory, &bytes);
        let raw = raw.as_ref().expect("the strict reader finds whatever the other opens");
        assert_eq!(raw.members.len(), directory.entries().len(), "{flaws:?}");
        if flaws.is_empty() {
            assert_eq!(directory.overlapping(), None);
        }
    }
    let Ok(raw) = raw else { return };
    for member in &raw.members {
        let data = member.data.clone().unwrap_or_default();
        assert!(data.end <= bytes.len());
    }
    // Bytes that two members share are read for only one of them.
    let read: usize = raw.members.iter().filter_map(|it| Some(it.data.as_ref()?.len())).sum();
    assert!(read <= bytes.len(), "{read} of {}", bytes.len());
    if flaws.is_empty() {
        let directory = directory.expect("an archive without a flaw can be opened");
        agree(&directory, &raw);
        judged(&directory, &bytes);
    } else if directory.as_ref().is_ok_and(|directory| directory.overlapping().is_some()) {
        // The strict reader refuses a local header that extends into the directory.
        let expected = [FlawKind::Overlap, FlawKind::Bounds, FlawKind::NoLocalHeader];
        assert!(flaws.iter().any(|flaw| expected.contains(&flaw.kind)), "{flaws:?}");
    }
});

/// Checks what holds for each archive that opens.
fn sound(directory: &Directory, bytes: &[u8]) {
    assert!(directory.entries().len() <= bytes.len() / 46);
    for entry in directory.entries() {
        assert!(entry.header < entry.data.start && entry.data.end <= bytes.len());
        assert!(!entry.name.contains('\0'));
        let Some(table) = &entry.chunks else { continue };
        assert!(!table.is_empty() && table.len() <= bytes.len() / 2);
        let last = table.chunk(table.len() - 1).unwrap();
        assert_eq!(last.compressed.end, entry.data.len() as u64);
        assert_eq!(last.uncompressed.end, entry.uncompressed);
        for place in (0..table.len()).map(|index| table.chunk(index).unwrap()) {
            assert!(place.uncompressed.end - place.uncompressed.start <= 16 << 20);
        }
    }
    if directory.overlapping().is_none() {
        let data: usize = directory.entries().iter().map(|entry| entry.data.len()).sum();
        assert!(data <= bytes.len());
    }
    for entry in directory.entries().iter().filter(|entry| entry.uncompressed <= MOST) {
        let found = content(entry, bytes);
        let data = &bytes[entry.data.clone()];
        let expected = match entry.method {
            Method::Stored => Some(data.to_vec()),
            Method::Deflated => match zlib(data, usize::try_from(entry.uncompressed).unwrap()) {
                Judged::Whole(content, _) => Some(content),
                _ => None,
            },
        };
        let expected = expected.filter(|content| {
            content.len() as u64 == entry.uncompressed && crc32fast::hash(content) == entry.crc
        });
        assert!(found == expected, "{entry:?}");
    }
}

/// Returns a member's content, if length and CRC-32 agree with the directory.
fn content(entry: &Entry, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    let (data, cancel) = (MemberData::of_entry(entry, bytes), CancelFlag::default());
    let (inflater, lenient) = (&mut Inflater::new(), Strictness::Lenient);
    let result = data.stream(inflater, 64, lenient, &cancel, |piece| {
        content.extend_from_slice(piece);
        ControlFlow::<()>::Continue(())
    });
    assert!(content.len() as u64 <= entry.uncompressed, "no piece goes beyond the length");
    result.is_ok().then_some(content)
}

fn agree(directory: &Directory, raw: &RawArchive) {
    for (entry, member) in directory.entries().iter().zip(&raw.members) {
        assert_eq!(entry.name, *member.name);
        assert_eq!(Some(entry.data.clone()), member.data, "{}", entry.name);
        assert_eq!(entry.header as u64, member.offset);
        assert_eq!(entry.uncompressed, member.uncompressed);
        assert_eq!((entry.crc, entry.unix_mode), (member.crc, member.mode));
        assert_eq!(if entry.method == Method::Stored { 0 } else { 8 }, member.method);
    }
}

/// Returns whether the archive ends with ZIP64 records that its last record does not refer to. The `zip` crate 9.4
/// takes the directory to end where the last record begins, and so may begin with a wrong entry.
fn has_needless_zip64_end(bytes: &[u8]) -> bool {
    let Some((rest, end)) = bytes.split_last_chunk::<22>() else { return false };
    let refers = end[8..12].chunks(2).any(|it| it == [0xFF; 2])
        || end[12..20].chunks(4).any(|it| it == [0xFF; 4]);
    let locator = rest.len().checked_sub(20).and_then(|start| rest.get(start..start + 4));
    locator == Some(b"PK\x06\x07") && !refers
}

/// Compares the `zip` crate on an archive without findings.
fn judged(directory: &Directory, bytes: &[u8]) {
    if has_needless_zip64_end(bytes) {
        return;
    }
    let mut judge = zip::ZipArchive::new(Cursor::new(bytes)).expect("the judge opens it, too");
    assert_eq!(judge.len(), directory.entries().len());
    for (index, entry) in directory.entries().iter().enumerate() {
        let mut file = judge.by_index(index).expect("the judge finds each member");
        assert_eq!(file.name().expect("a name"), entry.name.as_str());
        assert_eq!((file.size(), file.crc32()), (entry.uncompressed, entry.crc));
        assert_eq!(file.data_start().unwrap(), entry.data.start as u64);
        if entry.uncompressed <= MOST
            && let Some(content) = content(entry, bytes)
        {
            let mut found = Vec::new();
            file.read_to_end(&mut found).expect("the judge reads what we read");
            assert!(found == content, "{}", entry.name);
        }
    }
}
