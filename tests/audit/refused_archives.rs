//! Archives that `show` refuses, with its messages.

use super::sample::{NAME, refused, transcript, wheel_with};
use crate::support::command::TestDir;
use crate::support::craft::{Parts, put};

/// Runs `show` on a wheel of these bytes.
fn show_error(bytes: &[u8]) -> String {
    let dir = TestDir::new();
    dir.write(NAME, bytes);
    refused(&dir, &[NAME])
}

/// Runs `show` on a changed archive. The members are METADATA, WHEEL, the extension and RECORD.
fn show_changed(change: impl Fn(&mut Parts)) -> String {
    let mut parts = sample();
    change(&mut parts);
    show_error(&parts.render())
}

const EXTENSION: usize = 2;
const RECORD: usize = 3;

/// Returns a wheel with an ELF file of a header and zeros: its offsets do not depend on a compiler.
fn sample() -> Parts {
    let mut elf = vec![0; 14_000];
    elf[..24].copy_from_slice(b"\x7FELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3E\0\x01\0\0\0");
    elf[52] = 64;
    let dir = TestDir::new();
    let path = wheel_with(&elf).write(dir.path());
    Parts::of(&fs_err::read(path).unwrap())
}

#[test]
fn files_that_are_no_archives() {
    let sound = sample().render();
    let middle = sound.len() / 2;
    let cases = [
        ("empty", show_error(b"")),
        ("text", show_error(b"This is not a wheel.\n")),
        ("signature only", show_error(b"PK\x03\x04")),
        ("tar", show_error(&[vec![b'x'; 257], b"ustar\x0000".to_vec(), vec![0; 1024]].concat())),
        ("cut in the middle", show_error(&sound[..middle])),
        ("cut by a byte", show_error(&sound[..sound.len() - 1])),
        ("no beginning", show_error(&sound[middle..])),
    ];
    insta::assert_snapshot!(transcript(cases), @"
    # empty
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: expected a ZIP archive, found no end of a central directory
    hint: it may have been cut short, or be something else; download or build it again

    # text
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: expected a ZIP archive, found no end of a central directory
    hint: it may have been cut short, or be something else; download or build it again

    # signature only
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: expected a ZIP archive, found no end of a central directory
    hint: it may have been cut short, or be something else; download or build it again

    # tar
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: expected a ZIP archive, found no end of a central directory
    hint: it may have been cut short, or be something else; download or build it again

    # cut in the middle
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: expected a ZIP archive, found no end of a central directory
    hint: it may have been cut short, or be something else; download or build it again

    # cut by a byte
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: expected a ZIP archive, found no end of a central directory
    hint: it may have been cut short, or be something else; download or build it again

    # no beginning
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: at byte 418 of the archive: expected the offset of the central directory, found 581
    hint: the archive is damaged; download or build it again
    ");
}

#[test]
fn members_that_cannot_be_read() {
    let both = |change: fn(&mut crate::support::archive::Header)| {
        show_changed(move |parts| parts.both(EXTENSION, change))
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
        ("noise", show_changed(|parts| parts.entries[EXTENSION].data.fill(0xFF))),
    ];
    insta::assert_snapshot!(transcript(cases), @"
    # encrypted
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected plain data, found it encrypted
    hint: installers cannot read it either; build the wheel without a password

    # LZMA
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected it stored or deflated, found compression method 14
    hint: build the wheel with deflate, which is what installers read

    # unknown method
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected it stored or deflated, found compression method 77
    hint: build the wheel with deflate, which is what installers read

    # stored, it says
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: at byte 728 of the archive: expected a stored member with one length, found 54 and 14000
    hint: the archive is damaged; download or build it again

    # CRC
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected CRC-32 d92a2e8f, as the archive's directory says, found d92a2e8e
    hint: the archive is damaged; download or build it again

    # larger than it is
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected 14001 bytes, as the archive's directory says, found 14000
    hint: the archive is damaged or malicious; download or build it again

    # smaller than it is
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected 13999 bytes, as the archive's directory says, found more
    hint: the archive is damaged or malicious; download or build it again

    # much larger than it is
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected 4294967280 bytes, as the archive's directory says, found 14000
    hint: the archive is damaged or malicious; download or build it again

    # nothing, it says
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: expected 0 bytes, as the archive's directory says, found more
    hint: the archive is damaged or malicious; download or build it again

    # compressed, shorter
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: the compressed data is damaged or cut short near byte 53 of 53
    hint: the archive is damaged; download or build it again

    # compressed, beyond the file
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: at byte 227 of the archive: expected a member's data within the file, found 2147483647 bytes of it
    hint: the archive is damaged; download or build it again

    # noise
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: member `pkg/_ext.so`: the compressed data is damaged or cut short near byte 1 of 54
    hint: the archive is damaged; download or build it again
    ");
}

#[test]
fn contradicting_headers() {
    let cases = [
        ("names", show_changed(|parts| parts.entries[EXTENSION].local.name[0] = b'q')),
        ("offset", show_changed(|parts| parts.entries[EXTENSION].offset_error = 7)),
        (
            "offset beyond the file",
            show_changed(|parts| {
                parts.entries[EXTENSION].offset_error = 0x7000_0000;
            }),
        ),
        ("local header is none", {
            let mut bytes = sample().render();
            bytes[..4].fill(0);
            show_error(&bytes)
        }),
    ];
    insta::assert_snapshot!(transcript(cases), @"
    # names
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: at byte 227 of the archive: expected a local header with the directory's name, found qkg/_ext.so
    hint: the archive is damaged; download or build it again

    # offset
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: at byte 234 of the archive: expected a local header, found something else
    hint: the archive is damaged; download or build it again

    # offset beyond the file
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: at byte 785 of the archive: expected the offset of a local header within the file, found 1879048419
    hint: the archive is damaged; download or build it again

    # local header is none
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: at byte 0 of the archive: expected a local header, found something else
    hint: the archive is damaged; download or build it again
    ");
}

#[test]
fn wrong_central_directories() {
    let end = |position: usize, length: usize, value: u64| {
        let mut bytes = sample().render();
        let start = bytes.len() - 22 + position;
        let mut field = Vec::new();
        put(&mut field, length, value);
        bytes[start..start + length].copy_from_slice(&field);
        show_error(&bytes)
    };
    let many = |count: u64| {
        let mut bytes = sample().render();
        let end = bytes.len() - 22;
        let mut field = Vec::new();
        put(&mut field, 2, count);
        put(&mut field, 2, count);
        bytes[end + 8..end + 12].copy_from_slice(&field);
        show_error(&bytes)
    };
    let cases = [
        ("more members", many(5)),
        ("many more members", many(0xFFFE)),
        ("length", end(12, 4, 0x7FFF_FFFF)),
        ("offset", end(16, 4, 0x7FFF_FFFF)),
        ("ZIP64 without its records", end(16, 4, 0xFFFF_FFFF)),
    ];
    insta::assert_snapshot!(transcript(cases), @"
    # more members
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: at byte 858 of the archive: expected the number of members that the end record has, found 4
    hint: the archive is damaged; download or build it again

    # many more members
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: at byte 858 of the archive: expected the number of members that the end record has, found 4
    hint: the archive is damaged; download or build it again

    # length
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: at byte 858 of the archive: expected a central directory within the file, found 2147483647
    hint: the archive is damaged; download or build it again

    # offset
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: at byte 858 of the archive: expected the offset of the central directory, found 2147483647
    hint: the archive is damaged; download or build it again

    # ZIP64 without its records
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: at byte 858 of the archive: expected the offset of the central directory, found 4294967295
    hint: the archive is damaged; download or build it again
    ");
}

#[test]
fn member_names_that_are_not_utf8() {
    let message = show_changed(|parts| {
        parts.both(EXTENSION, |header| {
            header.flags |= 1 << 11;
            header.name = b"pkg/\xff.so".to_vec();
        });
    });
    insta::assert_snapshot!(message, @"
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: at byte 725 of the archive: expected a name in UTF-8, found pkg/�.so
    hint: the archive is damaged; download or build it again
    ");
}

#[test]
fn a_record_that_cannot_be_read() {
    let record = |text: &'static [u8]| show_changed(move |parts| parts.store(RECORD, text));
    let cases = [
        ("empty", record(b"")),
        ("not UTF-8", record(b"pkg/\xff.so,,\n")),
        ("an open quote", record(b"\"pkg/_ext.so,,\n")),
        ("one field", record(b"pkg/_ext.so\n")),
    ];
    insta::assert_snapshot!(transcript(cases), @r#"
    # empty
    exit code 1: `sample-1.0-cp312-cp312-linux_x86_64.whl`: expected a wheel with machine code, found no ELF file that its RECORD names
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: This does not look like a platform wheel, no ELF executable or shared library file (including compiled Python C extension) found in the wheel archive

    # not UTF-8
    exit code 1: `sample-1.0-cp312-cp312-linux_x86_64.whl`: expected a wheel with machine code, found no ELF file that its RECORD names
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: This does not look like a platform wheel, no ELF executable or shared library file (including compiled Python C extension) found in the wheel archive

    # an open quote
    exit code 1: `sample-1.0-cp312-cp312-linux_x86_64.whl`: expected a wheel with machine code, found no ELF file that its RECORD names
    error: `sample-1.0-cp312-cp312-linux_x86_64.whl`: This does not look like a platform wheel, no ELF executable or shared library file (including compiled Python C extension) found in the wheel archive

    # one field
    exit code 0: sample-1.0-cp312-cp312-linux_x86_64.whl is consistent with the following platform tag: "manylinux_2_5_x86_64".
    "#);
}
