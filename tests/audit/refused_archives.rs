//! Archives that `show` refuses, and what it says.

use super::sample::{NAME, refused, transcript, wheel};
use crate::support::command::Dir;
use crate::support::craft::{Parts, put};

/// What `show` says to a file of these bytes under a wheel's name.
fn said(bytes: &[u8]) -> String {
    let dir = Dir::new();
    dir.write(NAME, bytes);
    refused(&dir, &[NAME])
}

/// What it says to a change of a sound archive. The members are METADATA, WHEEL, the extension and
/// RECORD.
fn said_to(change: impl Fn(&mut Parts)) -> String {
    let mut parts = sample();
    change(&mut parts);
    said(&parts.render())
}

const EXTENSION: usize = 2;
const RECORD: usize = 3;

fn sample() -> Parts {
    let dir = Dir::new();
    let path = wheel().write(dir.path());
    Parts::of(&fs_err::read(path).unwrap())
}

#[test]
fn what_is_no_archive() {
    let sound = sample().render();
    let middle = sound.len() / 2;
    let cases = [
        ("empty", said(b"")),
        ("text", said(b"This is not a wheel.\n")),
        ("signature only", said(b"PK\x03\x04")),
        ("tar", said(&[vec![b'x'; 257], b"ustar\x0000".to_vec(), vec![0; 1024]].concat())),
        ("cut in the middle", said(&sound[..middle])),
        ("cut by a byte", said(&sound[..sound.len() - 1])),
        ("no beginning", said(&sound[middle..])),
    ];
    insta::assert_snapshot!(transcript(cases), @"");
}

#[test]
fn members_that_cannot_be_read() {
    let both = |change: fn(&mut crate::support::archive::Header)| {
        said_to(move |parts| parts.both(EXTENSION, change))
    };
    let cases = [
        ("encrypted", both(|header| header.flags |= 1)),
        ("LZMA", both(|header| header.method = 14)),
        ("unknown method", both(|header| header.method = 77)),
        ("stored, it says", both(|header| header.method = 0)),
        ("CRC", both(|header| header.crc ^= 1)),
        ("larger than it is", both(|header| header.uncompressed += 1)),
        ("smaller than it is", both(|header| header.uncompressed -= 1)),
        ("much larger than it is", both(|header| header.uncompressed = 0xFFFF_FFF0)),
        ("nothing, it says", both(|header| header.uncompressed = 0)),
        ("compressed, shorter", both(|header| header.compressed -= 1)),
        ("compressed, beyond the file", both(|header| header.compressed = 0x7FFF_FFFF)),
        ("noise", said_to(|parts| parts.entries[EXTENSION].data.fill(0xFF))),
    ];
    insta::assert_snapshot!(transcript(cases), @"");
}

#[test]
fn headers_that_do_not_agree() {
    let cases = [
        ("names", said_to(|parts| parts.entries[EXTENSION].local.name[0] = b'q')),
        ("offset", said_to(|parts| parts.entries[EXTENSION].offset_error = 7)),
        (
            "offset beyond the file",
            said_to(|parts| {
                parts.entries[EXTENSION].offset_error = 0x7000_0000;
            }),
        ),
        ("local header is none", {
            let mut bytes = sample().render();
            bytes[..4].fill(0);
            said(&bytes)
        }),
        (
            "data of the next member",
            said_to(|parts| {
                parts.both(EXTENSION, |header| header.compressed += 1);
            }),
        ),
    ];
    insta::assert_snapshot!(transcript(cases), @"");
}

#[test]
fn directories_of_archives_that_lie() {
    let end = |position: usize, length: usize, value: u64| {
        let mut bytes = sample().render();
        let start = bytes.len() - 22 + position;
        let mut field = Vec::new();
        put(&mut field, length, value);
        bytes[start..start + length].copy_from_slice(&field);
        said(&bytes)
    };
    let many = |count: u64| {
        let mut bytes = sample().render();
        let end = bytes.len() - 22;
        let mut field = Vec::new();
        put(&mut field, 2, count);
        put(&mut field, 2, count);
        bytes[end + 8..end + 12].copy_from_slice(&field);
        said(&bytes)
    };
    let cases = [
        ("more members", many(5)),
        ("many more members", many(0xFFFE)),
        ("length", end(12, 4, 0x7FFF_FFFF)),
        ("offset", end(16, 4, 0x7FFF_FFFF)),
        ("another disk", end(4, 2, 1)),
        ("ZIP64 without its records", end(16, 4, 0xFFFF_FFFF)),
    ];
    insta::assert_snapshot!(transcript(cases), @"");
}

#[test]
fn names_of_members_that_are_no_text() {
    let said = said_to(|parts| {
        parts.both(EXTENSION, |header| {
            header.flags |= 1 << 11;
            header.name = b"pkg/\xff.so".to_vec();
        });
    });
    insta::assert_snapshot!(said, @"");
}

#[test]
fn a_record_that_cannot_be_read() {
    let record = |text: &'static [u8]| said_to(move |parts| parts.store(RECORD, text));
    let cases = [
        ("empty", record(b"")),
        ("not UTF-8", record(b"pkg/\xff.so,,\n")),
        ("an open quote", record(b"\"pkg/_ext.so,,\n")),
        ("one field", record(b"pkg/_ext.so\n")),
    ];
    insta::assert_snapshot!(transcript(cases), @"");
}
