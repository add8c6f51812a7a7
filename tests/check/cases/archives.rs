//! Faults of the archive.

use super::{Case, bytes, parts, wheel};
use crate::check::base::{DATA, INIT, RECORD};
use crate::support::archive::CHUNK_TABLE;
use crate::support::craft::{Parts, put, unicode_path, zip64_field};

/// Returns the byte at this distance from the end.
fn at_end(bytes: &mut [u8], back: usize) -> &mut u8 {
    let position = bytes.len() - back;
    &mut bytes[position]
}

/// Returns an extra field with this ID and a number of zero bytes.
fn extra(id: u64, len: u16) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, 2, id);
    put(&mut out, 2, len.into());
    out.extend(vec![0; len.into()]);
    out
}

/// The member that gets a second name.
const DATA_NAME: &[u8] = b"sample_pkg/data.txt";

/// Gives that member a Unicode path field in both headers.
fn second_name(it: &mut Parts, path: &[u8]) {
    it.both(DATA, |header| header.extra = unicode_path(DATA_NAME, path));
}

/// Gives a member a chunk table whose lengths differ from the data by these amounts.
fn table(it: &mut Parts, chunks: fn(u32, u32) -> Vec<(u32, u32)>) {
    let header = &mut it.entries[INIT].central;
    let mut lengths = Vec::new();
    for (compressed, uncompressed) in chunks(header.compressed, header.uncompressed) {
        for mut len in [compressed, uncompressed] {
            while len > 0x7F {
                lengths.push(u8::try_from(len & 0x7F).unwrap() | 0x80);
                len >>= 7;
            }
            lengths.push(u8::try_from(len).unwrap());
        }
    }
    put(&mut header.extra, 2, CHUNK_TABLE.into());
    put(&mut header.extra, 2, 3 + lengths.len() as u64);
    header.extra.extend([1, 2, 6]);
    header.extra.extend(lengths);
}

pub(super) fn ends() -> Vec<Case> {
    vec![
        wheel("no fault", |_| (), &[]),
        bytes(
            "bytes before the archive",
            |it| drop(it.splice(..0, *b"#!/bin/sh\n")),
            &["zip-prefix"],
        ),
        bytes("bytes after the archive", |it| it.extend(b"more"), &["zip-trailing"]),
        bytes(
            "a comment of the archive",
            |it| {
                *at_end(it, 2) = 7;
                it.extend(b"comment");
            },
            &["zip-comment"],
        ),
        bytes(
            "a count that is one too high",
            |it| {
                *at_end(it, 14) += 1;
                *at_end(it, 12) += 1;
            },
            &["zip-end"],
        ),
        bytes("a directory length that is too large", |it| *at_end(it, 10) += 1, &["zip-end"]),
        bytes("a directory offset that is wrong", |it| *at_end(it, 6) ^= 1, &["zip-end"]),
        parts("bytes between members", |it| it.entries[DATA].gap = vec![0; 8], &["zip-gap"]),
        parts(
            "a member that the directory does not list",
            |it| {
                let mut hidden = Vec::new();
                put(&mut hidden, 4, 0x0403_4B50);
                hidden.extend([0; 22]);
                put(&mut hidden, 2, 8);
                put(&mut hidden, 2, 0);
                hidden.extend(b"evil.pth");
                it.directory_gap = hidden;
            },
            &["zip-hidden-member"],
        ),
        parts(
            "two members with one name",
            |it| {
                it.both(DATA, |header| header.name = b"sample_pkg/__init__.py".to_vec());
            },
            &["record-ghost", "record-hash", "record-size", "zip-duplicate"],
        ),
        parts(
            "two members that share bytes",
            |it| it.both(INIT, |header| header.compressed += 20),
            &["zip-data", "zip-overlap"],
        ),
    ]
}

pub(super) fn headers() -> Vec<Case> {
    vec![
        parts(
            "another name in the local header",
            |it| it.entries[DATA].local.name[0] = b'S',
            &["zip-local-header"],
        ),
        parts(
            "another CRC-32 in the local header",
            |it| it.entries[DATA].local.crc ^= 1,
            &["zip-local-header"],
        ),
        parts(
            "another size in the local header",
            |it| it.entries[DATA].local.uncompressed += 1,
            &["zip-local-header"],
        ),
        parts(
            "another CRC-32 in both headers",
            |it| it.both(DATA, |header| header.crc ^= 1),
            &["zip-crc"],
        ),
        parts(
            "another size in both headers",
            |it| it.both(DATA, |header| header.uncompressed += 1),
            &["record-size", "zip-size"],
        ),
        parts(
            "compressed data that is damaged",
            |it| it.entries[DATA].data[0] = 0xFF,
            &["zip-data"],
        ),
        parts(
            "bytes after the compressed data",
            |it| {
                it.entries[DATA].data.push(0);
                it.both(DATA, |header| header.compressed += 1);
            },
            &["zip-data"],
        ),
    ]
}

pub(super) fn second_names() -> Vec<Case> {
    vec![
        parts("a Unicode path that is the name", |it| second_name(it, DATA_NAME), &[]),
        parts(
            "a Unicode path that is another name",
            |it| second_name(it, b"sample_pkg/other.py"),
            &["zip-unicode-path"],
        ),
        parts(
            "a Unicode path that leaves the wheel",
            |it| second_name(it, b"../../evil.pth"),
            &["zip-unicode-path"],
        ),
        parts(
            "a Unicode path that is another name, in the directory only",
            |it| it.entries[DATA].central.extra = unicode_path(DATA_NAME, b"sample_pkg/other.py"),
            &["zip-unicode-path"],
        ),
        parts(
            "a Unicode path that is another name, in the local header only",
            |it| it.entries[DATA].local.extra = unicode_path(DATA_NAME, b"sample_pkg/other.py"),
            &["zip-unicode-path"],
        ),
        parts(
            "a Unicode path that is another name, with another CRC-32",
            |it| {
                it.both(DATA, |header| {
                    header.extra = unicode_path(b"sample_pkg/else.txt", b"sample_pkg/other.py");
                });
            },
            &["zip-unicode-path"],
        ),
        parts(
            "a Unicode path with control characters",
            |it| second_name(it, b"a\n\x01"),
            &["zip-unicode-path"],
        ),
        parts(
            "a Unicode path that is not UTF-8",
            |it| second_name(it, b"sample_pkg/dat\xff.txt"),
            &["zip-unicode-path"],
        ),
        parts(
            "a Unicode path of another version",
            |it| {
                it.both(DATA, |header| {
                    header.extra = unicode_path(DATA_NAME, DATA_NAME);
                    header.extra[4] = 2;
                });
            },
            &["zip-unicode-path"],
        ),
        parts("an empty Unicode path", |it| second_name(it, b""), &["zip-unicode-path"]),
        parts(
            "a Unicode path without a name",
            |it| it.both(DATA, |header| header.extra = extra(0x7075, 4)),
            &["zip-unicode-path"],
        ),
    ]
}

/// ZIP64 fields (APPNOTE 6.3.10, 4.5.3). Values that fit are allowed in them, as in archives that Python's
/// zipfile writes with `force_zip64`.
pub(super) fn zip64() -> Vec<Case> {
    vec![
        parts(
            "an offset alone in the ZIP64 field of a compressed member",
            |it| {
                let first = &it.entries[INIT];
                let offset = 30 + first.local.name.len() + first.data.len();
                let header = &mut it.entries[DATA].central;
                header.offset = u32::MAX;
                header.extra = zip64_field(&[offset as u64]);
            },
            &[],
        ),
        parts(
            "both sizes in the ZIP64 field of a local header",
            |it| {
                let header = &mut it.entries[DATA].local;
                header.extra = zip64_field(&[header.uncompressed.into(), header.compressed.into()]);
                (header.uncompressed, header.compressed) = (u32::MAX, u32::MAX);
            },
            &[],
        ),
        parts(
            "both sizes in a local header and in its ZIP64 field",
            |it| {
                let header = &mut it.entries[DATA].local;
                header.extra = zip64_field(&[header.uncompressed.into(), header.compressed.into()]);
            },
            &[],
        ),
        parts(
            "other sizes in the ZIP64 field of a local header",
            |it| it.entries[DATA].local.extra = zip64_field(&[0, 0]),
            &["zip-zip64"],
        ),
        parts(
            "one size alone in the ZIP64 field of a compressed member's local header",
            |it| {
                let header = &mut it.entries[DATA].local;
                header.extra = zip64_field(&[header.uncompressed.into()]);
                header.uncompressed = u32::MAX;
            },
            &["zip-zip64"],
        ),
        parts(
            "a ZIP64 field of an odd length",
            |it| it.entries[DATA].local.extra = extra(1, 12),
            &["zip-zip64"],
        ),
        parts("a ZIP64 end record of an odd size", |it| it.zip64_end = Some(45), &["zip-zip64"]),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
pub(super) fn features() -> Vec<Case> {
    vec![
        parts(
            "a data descriptor",
            |it| {
                it.both(DATA, |header| header.flags |= 8);
                let part = &mut it.entries[DATA];
                let (crc, compressed) = (part.local.crc, part.local.compressed);
                let uncompressed = part.local.uncompressed;
                (part.local.crc, part.local.compressed, part.local.uncompressed) = (0, 0, 0);
                let mut descriptor = Vec::new();
                put(&mut descriptor, 4, 0x0807_4B50);
                for field in [crc, compressed, uncompressed] {
                    put(&mut descriptor, 4, field.into());
                }
                it.entries[DATA + 1].gap = descriptor;
            },
            &["zip-data-descriptor"],
        ),
        parts(
            "an encrypted member",
            |it| it.both(DATA, |header| header.flags |= 1),
            &["zip-encrypted"],
        ),
        parts("LZMA", |it| it.both(DATA, |header| header.method = 14), &["zip-method"]),
        parts(
            "data that extends beyond its space",
            |it| it.both(RECORD, |header| header.compressed = 1 << 20),
            &["dist-info-file", "zip-bounds"],
        ),
        parts(
            "a member with truncated data",
            |it| it.both(DATA, |header| header.compressed = 1 << 20),
            &["zip-bounds"],
        ),
        parts(
            "a stored member with two different sizes",
            |it| {
                it.store(DATA, b"some data, which is of some length\n");
                it.both(DATA, |header| header.uncompressed -= 1);
            },
            &["record-size", "zip-size", "zip-stored-size"],
        ),
        parts(
            "a comment of a member",
            |it| it.entries[DATA].central.comment = b"c".to_vec(),
            &["zip-member-comment"],
        ),
        parts(
            "two Unicode path fields",
            |it| {
                let path = unicode_path(DATA_NAME, DATA_NAME);
                it.entries[DATA].local.extra = [path.clone(), path].concat();
            },
            &["zip-extra"],
        ),
        parts(
            "a chunk table that matches the data",
            |it| table(it, |packed, len| vec![(packed, len)]),
            &[],
        ),
        parts(
            "a chunk table whose lengths do not add up",
            |it| table(it, |packed, len| vec![(packed, len - 1)]),
            &["zip-chunk-table"],
        ),
        parts(
            "a chunk table that does not match the data",
            |it| table(it, |packed, len| vec![(1, 1), (packed - 1, len - 1)]),
            &["zip-chunk-table"],
        ),
        wheel(
            "a compression ratio of 1000",
            |it| {
                it.member("sample_pkg/zeros.bin", vec![0; 65 << 20]);
            },
            &["zip-ratio"],
        ),
    ]
}
