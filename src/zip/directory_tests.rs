//! Archives of our own writer and of the `zip` crate, sound and spoilt.

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
    Directory::read(archive).unwrap_err().to_string()
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
fn what_stands_in_front_of_an_archive_is_passed_over() {
    let plain = archive();
    let shifted = [b"#!/bin/sh\n".as_slice(), &plain].concat();
    let (plain, shifted) = (Directory::read(&plain).unwrap(), Directory::read(&shifted).unwrap());
    for (one, other) in plain.entries().iter().zip(shifted.entries()) {
        assert_eq!(one.data.start + 10, other.data.start);
    }
}

#[test]
fn cut_short_anywhere_is_an_error() {
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
}

#[test]
fn the_number_of_members_is_bounded() {
    let mut end = Vec::new();
    crate::zip::format::write_end(1_000_001, 0, 0, &mut end);
    assert_eq!(Directory::read(&end), Err(DirectoryError::TooMany { found: 1_000_001 }));
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
