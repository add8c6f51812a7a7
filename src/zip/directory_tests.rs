//! Archives of our own writer and of the `zip` crate, valid and damaged.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;

use super::*;

/// An archive of the `zip` crate: a directory, a deflated and a stored member, a comment.
fn archive() -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_directory("pkg/", SimpleFileOptions::default()).unwrap();
    let deflated = SimpleFileOptions::default();
    writer.start_file("pkg/größe.txt", deflated).unwrap();
    writer.write_all(&b"deflated ".repeat(100)).unwrap();
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    writer.start_file("pkg/stored", stored).unwrap();
    writer.write_all(b"as it is").unwrap();
    writer.set_comment("PK\x05\x06 in a comment").unwrap();
    writer.finish().unwrap().into_inner()
}

fn find(archive: &[u8], bytes: &[u8]) -> usize {
    archive.windows(bytes.len()).rposition(|window| window == bytes).unwrap()
}

fn refused(archive: &[u8]) -> String {
    Directory::read(archive).unwrap_err().message_with_hint()
}

#[test]
fn members_are_where_the_zip_crate_put_them() {
    let archive = archive();
    let directory = Directory::read(&archive).unwrap();
    let [folder, deflated, stored] = directory.entries() else { panic!("three entries") };
    assert_eq!((folder.name.as_str(), folder.uncompressed), ("pkg/", 0));
    assert_eq!(deflated.name, "pkg/größe.txt");
    assert_eq!((deflated.method, deflated.uncompressed), (Method::Deflated, 900));
    assert_eq!(deflated.crc, crc32fast::hash(&b"deflated ".repeat(100)));
    assert_eq!(stored.method, Method::Stored);
    assert_eq!(&archive[stored.data.clone()], b"as it is");
}

#[test]
fn bytes_in_front_of_an_archive_are_skipped() {
    let plain = archive();
    let shifted = [b"#!/bin/sh\n".as_slice(), &plain].concat();
    let (plain, shifted) = (Directory::read(&plain).unwrap(), Directory::read(&shifted).unwrap());
    for (one, other) in plain.entries().iter().zip(shifted.entries()) {
        assert_eq!(one.data.start + 10, other.data.start);
    }
}

#[test]
fn truncated_archives_are_errors() {
    let archive = archive();
    for len in 0..archive.len() {
        assert!(Directory::read(&archive[..len]).is_err(), "{len} bytes");
    }
}

#[test]
fn any_byte_may_be_wrong() {
    let sound = archive();
    for at in 0..sound.len() {
        for value in [0, 1, 0x7F, 0xFF] {
            let mut archive = sound.clone();
            archive[at] = value;
            // An error or not, but no panic, and no range outside the file.
            if let Ok(directory) = Directory::read(&archive) {
                for entry in directory.entries() {
                    assert!(archive.get(entry.data.clone()).is_some());
                }
            }
        }
    }
}

#[test]
fn records_that_contradict_each_other() {
    let sound = archive();
    let first = sound.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    let central = find(&sound, b"PK\x01\x02");
    let local = find(&sound, b"PK\x03\x04");
    let end = find(&sound, b"PK\x05\x06\0\0");
    let spoilt = |at: usize, bytes: &[u8]| {
        let mut archive = sound.clone();
        archive[at..at + bytes.len()].copy_from_slice(bytes);
        refused(&archive)
    };
    let cases = [
        (spoilt(central, b"PK\x01\x03"), "a record of the central directory"),
        (spoilt(central + 8, &[1]), "`pkg/stored`: expected plain data, found it encrypted"),
        (spoilt(central + 10, &[93]), "found compression method 93"),
        (spoilt(central + 42, &[0xFF, 0xFF, 0xFF, 0x7F]), "the offset of a local header within"),
        (spoilt(central + 20, &[0xFF, 0xFF, 0xFF, 0x7F]), "a member's data within the file"),
        (spoilt(central + 24, &[9]), "a stored member with one length, found 8 and 9"),
        (spoilt(first + 24, &[0xFF; 4]), "a ZIP64 extra field with all sizes"),
        (spoilt(local, b"PK\x03\x03"), "a local header, found something else"),
        (spoilt(local + 30, b"X"), "a local header with the directory's name, found Xkg/stored"),
        (spoilt(end + 10, &[9]), "the number of members that the end record has, found 3"),
        (spoilt(end + 12, &[0xFF, 0xFF]), "a central directory within the file"),
        (spoilt(end + 16, &[0xFF, 0xFF]), "the offset of the central directory"),
        (spoilt(end, b"PK\x05\x07"), "found no end of a central directory"),
    ];
    for (error, expected) in cases {
        assert!(error.contains(expected), "{error}");
        assert!(error.contains("\nhint: "), "{error}");
    }
}

#[test]
fn zip64_values_come_in_the_order_of_the_fields_that_have_no_room() {
    let mut extra = vec![0x55, 0x54, 1, 0, 9];
    extra.extend_from_slice(&[1, 0, 16, 0]);
    extra.extend_from_slice(&5_000_000_000_u64.to_le_bytes());
    extra.extend_from_slice(&6_000_000_000_u64.to_le_bytes());
    let mut values = Zip64::of(&extra);
    assert_eq!(values.widen(u32::MAX), Some(5_000_000_000));
    assert_eq!(values.widen(7), Some(7));
    assert_eq!(values.widen(u32::MAX), Some(6_000_000_000));
    assert_eq!(values.widen(u32::MAX), None);
    assert_eq!(Zip64::of(&extra[..20]).widen(u32::MAX), None, "cut short");
    let mut large = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().large_file(true);
    large.start_file("large", options).unwrap();
    large.write_all(b"not really").unwrap();
    let archive = large.finish().unwrap().into_inner();
    assert_eq!(Directory::read(&archive).unwrap().entries()[0].uncompressed, 10);
}

/// Found by fuzzing: an archive that Python reads was refused.
#[test]
fn zip64_end_records_that_nothing_refers_to_are_read_where_they_agree() {
    let sound = archive();
    let end = find(&sound, b"PK\x05\x06\0\0");
    let field = |at: usize| u64::from(u32::from_le_bytes(sound[at..at + 4].try_into().unwrap()));
    let with = |count: u64, len: u64, offset: u64| {
        let mut records = Vec::new();
        records.extend_from_slice(b"PK\x06\x06");
        for value in [44, 0x2D_002D, 0, count, count, len, offset] {
            records.extend_from_slice(&value.to_le_bytes());
        }
        // The version fields have four bytes together, and the disks' numbers eight.
        records.drain(16..20);
        records.extend_from_slice(b"PK\x06\x07\0\0\0\0");
        records.extend_from_slice(&(end as u64).to_le_bytes());
        records.extend_from_slice(&[1, 0, 0, 0]);
        assert_eq!(records.len(), ZIP64_END_LEN + ZIP64_LOCATOR_LEN);
        [&sound[..end], &records, &sound[end..]].concat()
    };
    let (len, offset) = (field(end + 12), field(end + 16));
    assert_eq!(Directory::read(&with(3, len, offset)), Directory::read(&sound));
    for other in [with(2, len, offset), with(3, len - 1, offset), with(3, len, offset - 1)] {
        let said = refused(&other);
        assert!(said.contains("a ZIP64 end record that agrees with the end record"), "{said}");
    }
    // The signature of a locator in the last member's comment is not a locator.
    let mut archive = sound.clone();
    let locator = [b"PK\x06\x07".as_slice(), &[0; 16]].concat();
    let central = find(&sound, b"PK\x01\x02");
    archive[central + 32] = 20;
    archive[end + 12] += 20;
    archive.splice(end..end, locator);
    assert_eq!(Directory::read(&archive), Directory::read(&sound));
}

#[test]
fn names_must_be_text() {
    let sound = archive();
    let name = "größe".as_bytes();
    for (bytes, is_fine) in
        [(b"gr\xFF\xFF\xC3\x9Fe", false), (b"gr\0\xB6\xC3\x9Fe", false), (b"groesse", true)]
    {
        let mut archive = sound.clone();
        while let Some(at) = archive.windows(name.len()).position(|window| window == name) {
            archive[at..at + name.len()].copy_from_slice(bytes);
        }
        assert_eq!(Directory::read(&archive).is_ok(), is_fine);
    }
    // Without the UTF-8 flag, a name may have any bytes but zero. Found by fuzzing.
    for (bytes, is_fine) in [(b"gr\xFF\xFF\xC3\x9Fe", true), (b"gr\0\xFF\xC3\x9Fe", false)] {
        let mut archive = sound.clone();
        for at in 0..archive.len() - name.len() {
            if archive[at..].starts_with(b"PK\x01\x02") {
                archive[at + 9] &= !8;
            } else if archive[at..].starts_with(name) {
                archive[at..at + name.len()].copy_from_slice(bytes);
            }
        }
        assert_eq!(Directory::read(&archive).is_ok(), is_fine, "{bytes:?}");
    }
}

#[test]
fn the_number_of_members_is_bounded() {
    let mut end = Vec::new();
    crate::zip::format::write_end(1_000_001, 0, 0, &mut end);
    assert_eq!(Directory::read(&end), Err(DirectoryError::TooMany { found: 1_000_001 }));
}

/// Records that all refer to one member, each with the longest chunk table that fits an extra
/// field.
#[test]
fn tables_of_chunks_are_bounded() {
    const CHUNKS: usize = 30_000;
    let data = vec![0_u8; CHUNKS];
    let record = |signature: &[u8], extra: &[u8]| {
        let mut record = signature.to_vec();
        record.extend_from_slice(&[0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        record.extend_from_slice(&u32::try_from(CHUNKS).unwrap().to_le_bytes());
        record.extend_from_slice(&u32::try_from(CHUNKS).unwrap().to_le_bytes());
        record.extend_from_slice(&[1, 0]);
        record.extend_from_slice(&u16::try_from(extra.len()).unwrap().to_le_bytes());
        record
    };
    let mut table = ChunkTable::new(6);
    (0..CHUNKS).for_each(|_| table.push(1, 1));
    let table = table.render();
    let len = u16::try_from(table.len()).unwrap().to_le_bytes();
    let extra = [&[0x57, 0x57], &len[..], &table].concat();
    let mut archive = [&record(b"PK\x03\x04\x14\0", &[])[..], b"a", &data].concat();
    let offset = archive.len();
    let count = MAX_CHUNKS / CHUNKS + 5;
    for _ in 0..count {
        archive.extend(record(b"PK\x01\x02\x14\x03\x14\0", &extra));
        archive.extend_from_slice(&[0; 14]);
        archive.extend_from_slice(b"a");
        archive.extend_from_slice(&extra);
    }
    let len = (archive.len() - offset) as u64;
    crate::zip::format::write_end(count as u64, offset as u64, len, &mut archive);
    let directory = Directory::read(&archive).unwrap();
    let tables = directory.entries().iter().filter_map(|entry| entry.chunks.as_ref());
    assert_eq!(tables.map(ChunkTable::len).sum::<usize>(), MAX_CHUNKS / CHUNKS * CHUNKS);
}

/// Terminals interpret control characters, so messages must not contain them.
#[test]
fn messages_are_plain_text() {
    let sound = archive();
    let name = b"stored";
    let renamed = |which: usize, change: &dyn Fn(&mut Vec<u8>, usize)| {
        let mut archive = sound.clone();
        let places = archive.windows(name.len()).enumerate();
        let places: Vec<usize> =
            places.filter(|(_, window)| window == name).map(|(at, _)| at).collect();
        let [local, central] = places[..] else { panic!("two names") };
        let at = [local, central][which];
        archive[at..at + name.len()].copy_from_slice(b"\x1b]0;x\x07");
        change(&mut archive, central);
        refused(&archive)
    };
    for (said, expected) in [
        (renamed(0, &|_, _| ()), "a local header with the directory's name, found pkg/\\u{1b}]0;x"),
        (renamed(1, &|bytes, at| bytes[at - 42] |= 1), "member `pkg/\\u{1b}]0;x"),
        (renamed(1, &|bytes, at| bytes[at - 40] = 99), "member `pkg/\\u{1b}]0;x"),
    ] {
        assert!(said.contains(expected), "{said:?}");
        assert!(!said.contains(['\u{1b}', '\u{7}']), "{said:?}");
    }
}

#[test]
fn types_and_permissions_are_read() {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("plain", SimpleFileOptions::default().unix_permissions(0o640)).unwrap();
    writer.add_symlink("link", "plain", SimpleFileOptions::default()).unwrap();
    let archive = writer.finish().unwrap().into_inner();
    let directory = Directory::read(&archive).unwrap();
    let modes: Vec<u16> = directory.entries().iter().map(|entry| entry.unix_mode).collect();
    assert_eq!(modes, [0o100_640, 0o120_777]);
}

#[test]
fn members_that_share_bytes_are_found() {
    let archive = archive();
    let mut directory = Directory::read(&archive).unwrap();
    assert_eq!(directory.overlapping(), None);
    let data = directory.entries[1].data.clone();
    directory.entries[1].data.end = directory.entries[2].header + 1;
    assert_eq!(directory.overlapping().unwrap().name, "pkg/größe.txt");
    directory.entries[1].data = data;
    directory.entries[2].data.end = directory.start + 1;
    assert_eq!(directory.overlapping().unwrap().name, "pkg/stored");
}
