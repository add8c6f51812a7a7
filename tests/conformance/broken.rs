//! Tests of the checker: it finds an archive that breaks one rule, and names the rule.

use crate::support::archive::{CHUNK_TABLE, Header, chunk_lengths, findings, parse};
use crate::support::craft::{Parts, put};
use crate::support::sample::{self, FILENAME};

/// Indices of the sample's members.
const DEFLATED: usize = 0;
const STORED: usize = 1;
const NON_ASCII: usize = 3;
const METADATA: usize = 5;
const RECORD: usize = 7;

type Change = fn(&mut Parts);
type ByteChange = fn(&mut Vec<u8>);

#[test]
fn the_sample_has_the_expected_members() {
    let (bytes, parts) = Parts::sample();
    assert_eq!(parts.render(), bytes, "the parts are not all there is to the archive");
    let names = parts.entries.iter().map(|part| String::from_utf8_lossy(&part.central.name));
    let methods = parts.entries.iter().map(|part| part.central.method.to_string());
    let listing: Vec<String> =
        names.zip(methods).map(|(name, method)| format!("{method} {name}")).collect();
    insta::assert_snapshot!(listing.join("\n"), @r"
        8 sample_pkg/__init__.py
        0 sample_pkg/data.bin
        0 sample_pkg/empty.txt
        0 sample_pkg/größe, 日本.txt
        0 sample_pkg/tool.sh
        8 sample_pkg-1.0.dist-info/METADATA
        0 sample_pkg-1.0.dist-info/WHEEL
        8 sample_pkg-1.0.dist-info/RECORD
        ");
}

/// Asserts that each change breaks the rule next to it, and no other rule before that one.
fn assert_found(table: &[(&str, Change)]) {
    let (_, sample) = Parts::sample();
    for (position, (rule, change)) in table.iter().enumerate() {
        let mut parts = sample.clone();
        change(&mut parts);
        assert_rule(rule, position, &parts.render());
    }
}

fn assert_rule(rule: &str, position: usize, bytes: &Vec<u8>) {
    let found = findings(FILENAME, bytes);
    let rules: Vec<&str> = found.iter().map(|finding| finding.rule).collect();
    assert!(rules.contains(&rule), "row {position}: expected {rule}, found {found:?}");
}

#[test]
fn finds_broken_structure() {
    assert_found(&[
        ("signature", |parts| parts.entries[0].gap = b"prefix".to_vec()),
        ("signature", |parts| parts.entries[2].gap = vec![0]),
        ("signature", |parts| parts.directory_gap = vec![0; 4]),
        ("signature", |parts| {
            // A local header that is not in the directory.
            parts.directory_gap = b"PK\x03\x04".to_vec();
            parts.directory_gap.extend([0; 26]);
        }),
        ("signature", |parts| {
            // A record between two members, such as a digital signature.
            parts.entries[1].gap = b"PK\x05\x05\0\0".to_vec();
        }),
        ("offset", |parts| parts.entries[1].offset_error = 1),
        ("offset", |parts| {
            // The directory lists the members in another order than the file.
            let first = parts.entries[0].central.clone();
            parts.entries[0].central = parts.entries[1].central.clone();
            parts.entries[1].central = first;
            parts.entries[0].local = parts.entries[0].central.clone();
            parts.entries[0].offset_error = 1;
        }),
        ("data-bounds", |parts| {
            parts.both(RECORD, |header| header.compressed = 1 << 20);
        }),
        ("data-descriptor", |parts| parts.both(DEFLATED, |header| header.flags |= 8)),
        ("data-descriptor", |parts| parts.entries[2].central.flags |= 8),
        ("data-descriptor", |parts| parts.entries[2].local.flags |= 8),
        ("local-sizes", |parts| parts.entries[DEFLATED].local.uncompressed += 1),
        ("local-sizes", |parts| parts.entries[DEFLATED].local.compressed += 1),
        ("zip64-needless", |parts| parts.zip64_end = Some(44)),
        ("zip64-end", |parts| parts.zip64_end = Some(45)),
        ("zip64-end", |parts| parts.zip64_end = Some(0)),
    ]);
}

#[test]
fn finds_broken_end_records() {
    let (sample, _) = Parts::sample();
    let table: [(&str, ByteChange); 12] = [
        ("end", |bytes| bytes.push(0)),
        ("end", |bytes| bytes.truncate(21)),
        ("end", |bytes| *bytes = Vec::new()),
        ("end", |bytes| *at_end(bytes, 2) = 1), // a comment of no bytes
        ("end", |bytes| {
            *at_end(bytes, 2) = 3;
            bytes.extend(b"abc");
        }),
        ("end", |bytes| *at_end(bytes, 18) = 1), // number of this disk
        ("end", |bytes| *at_end(bytes, 14) -= 1), // entries of this disk
        ("count", |bytes| {
            *at_end(bytes, 14) += 1;
            *at_end(bytes, 12) += 1;
        }),
        ("directory", |bytes| *at_end(bytes, 10) ^= 1), // its length
        ("directory", |bytes| *at_end(bytes, 6) ^= 1),  // its offset
        ("directory", |bytes| bytes.insert(0, b'#')),
        ("end", |bytes| {
            // The marker of a ZIP64 end record that is missing.
            for back in 3..7 {
                *at_end(bytes, back) = 0xFF;
            }
        }),
    ];
    for (position, (rule, change)) in table.into_iter().enumerate() {
        let mut bytes = sample.clone();
        change(&mut bytes);
        assert_rule(rule, position, &bytes);
    }
}

/// Returns the byte `back` bytes before the end.
fn at_end(bytes: &mut [u8], back: usize) -> &mut u8 {
    let position = bytes.len() - back;
    &mut bytes[position]
}

#[test]
fn finds_broken_headers() {
    assert_found(&[
        ("made-by", |parts| parts.entries[0].central.made_by = 20),
        ("version", |parts| parts.entries[0].central.needed = 45),
        ("version", |parts| parts.entries[0].local.needed = 10),
        ("flags", |parts| parts.both(DEFLATED, |header| header.flags = 1 << 11)),
        ("flags", |parts| parts.both(NON_ASCII, |header| header.flags = 0)),
        ("flags", |parts| parts.both(DEFLATED, |header| header.flags = 1)),
        ("local-flags", |parts| parts.entries[NON_ASCII].local.flags = 0),
        ("method", |parts| parts.both(DEFLATED, |header| header.method = 12)),
        ("method", |parts| parts.both(DEFLATED, |header| header.method = 14)),
        ("local-method", |parts| parts.entries[DEFLATED].local.method = 0),
        ("timestamp", |parts| parts.both(DEFLATED, |header| header.date = 0)),
        ("timestamp", |parts| parts.both(DEFLATED, |header| header.time = 2)),
        ("local-timestamp", |parts| parts.entries[DEFLATED].local.time = 2),
        ("local-crc", |parts| parts.entries[DEFLATED].local.crc ^= 1),
        ("stored-size", |parts| parts.both(STORED, |header| header.uncompressed += 1)),
        ("needless-deflate", |parts| {
            parts.both(DEFLATED, |header| header.uncompressed = header.compressed);
        }),
        ("local-name", |parts| parts.entries[DEFLATED].local.name[0] = b'S'),
        ("comment", |parts| parts.entries[DEFLATED].central.comment = b"c".to_vec()),
        ("disk", |parts| parts.entries[DEFLATED].central.disk = 1),
        ("internal", |parts| parts.entries[DEFLATED].central.internal = 1),
        ("attributes", |parts| parts.entries[DEFLATED].central.external = 0o100_600 << 16),
        ("attributes", |parts| parts.entries[DEFLATED].central.external = 0o120_777 << 16),
        ("attributes", |parts| parts.entries[DEFLATED].central.external |= 0x20),
        ("crc", |parts| parts.both(DEFLATED, |header| header.crc ^= 1)),
        ("crc", |parts| parts.entries[STORED].data[0] ^= 1),
        ("size", |parts| parts.both(DEFLATED, |header| header.uncompressed += 1)),
        ("data", |parts| {
            // A byte after the end of the stream, within the member.
            parts.entries[DEFLATED].data.push(0);
            parts.both(DEFLATED, |header| header.compressed += 1);
        }),
        ("data", |parts| {
            parts.entries[DEFLATED].data.pop();
            parts.both(DEFLATED, |header| header.compressed -= 1);
        }),
        ("data", |parts| parts.entries[DEFLATED].data[0] = 0xFF),
    ]);
}

/// Returns an extra field of `len` zero bytes.
fn extra(id: u64, len: u16) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, 2, id);
    put(&mut out, 2, len.into());
    out.extend(vec![0; len.into()]);
    out
}

/// Moves both sizes of a header to a ZIP64 extra field.
fn to_zip64(header: &mut Header) {
    header.extra.clear();
    put(&mut header.extra, 2, 1);
    put(&mut header.extra, 2, 16);
    put(&mut header.extra, 8, header.uncompressed.into());
    put(&mut header.extra, 8, header.compressed.into());
    (header.compressed, header.uncompressed) = (u32::MAX, u32::MAX);
}

#[test]
fn finds_broken_extra_fields() {
    assert_found(&[
        ("extra", |parts| parts.entries[0].central.extra = extra(0x5455, 5)),
        ("extra", |parts| parts.entries[0].local.extra = extra(0xCAFE, 0)),
        ("extra", |parts| parts.entries[0].local.extra = extra(0x7075, 9)),
        ("extra", |parts| parts.entries[0].central.extra = vec![1]),
        ("extra", |parts| parts.entries[0].central.extra = extra(1, 9)[..9].to_vec()),
        ("extra", |parts| {
            parts.entries[0].central.extra = [extra(1, 0), extra(1, 0)].concat();
        }),
        ("zip64-length", |parts| parts.entries[0].central.extra = extra(1, 4)),
        ("zip64-length", |parts| parts.entries[0].central.extra = extra(1, 32)),
        ("zip64-length", |parts| parts.entries[DEFLATED].central.extra = extra(1, 8)),
        // Each valid length determines the fields that the extra field replaces.
        ("zip64-fields", |parts| parts.entries[STORED].central.extra = extra(1, 8)),
        ("zip64-fields", |parts| parts.entries[0].central.extra = extra(1, 16)),
        ("zip64-fields", |parts| parts.entries[0].central.extra = extra(1, 28)),
        ("zip64-fields", |parts| parts.entries[0].central.uncompressed = u32::MAX),
        ("zip64-needless", |parts| parts.both(DEFLATED, to_zip64)),
        ("zip64-needless", |parts| to_zip64(&mut parts.entries[DEFLATED].central)),
        ("zip64-needless", |parts| to_zip64(&mut parts.entries[DEFLATED].local)),
        ("zip64-needless", |parts| parts.both(DEFLATED, |it| it.extra = extra(1, 0))),
    ]);
}

/// Returns the extra field of a chunk table with two chunks of these lengths, as varints.
fn table(lengths: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, 2, CHUNK_TABLE.into());
    put(&mut out, 2, 3 + lengths.len() as u64);
    out.extend([1, 2, 6]);
    out.extend(lengths);
    out
}

#[test]
fn finds_broken_chunk_tables() {
    let dir = sample::tree();
    dir.write("tree/sample_pkg/__init__.py", sample::text(3 << 20, 30));
    let (_, path) = sample::pack(&dir, &["pack", "tree"], FILENAME);
    let bytes = fs_err::read(path).unwrap();
    let sound = Parts::of(&bytes);
    assert_eq!(findings(FILENAME, &bytes), []);
    let good = sound.entries[DEFLATED].central.extra.clone();
    assert!(good.len() > 10, "{good:?}");
    let swapped = |mut table: Vec<u8>| {
        let lengths = chunk_lengths(&parse(&bytes).unwrap().entries[DEFLATED]).unwrap();
        let varint_len = |value: u64| if value < 1 << 14 { 2 } else { 3 };
        let chunk = |at: usize| varint_len(lengths[at].0) + varint_len(lengths[at].1);
        table[7..7 + chunk(0) + chunk(1)].rotate_left(chunk(0));
        table
    };
    for (rule, extra) in [
        ("chunk-table", swapped(good.clone())),
        ("chunk-table", [&good[..good.len() - 1], &[good[good.len() - 1] ^ 1]].concat()),
        ("chunk-table", table(&[])),
        ("chunk-table", table(&[1, 1, 0x80])),
        ("chunk-table", [&good[..4], &[2], &good[5..]].concat()),
        ("chunk-table", [&good[..5], &[1], &good[6..]].concat()),
        ("chunk-table", [&good[..6], &[13], &good[7..]].concat()),
        ("extra", [good.clone(), good.clone()].concat()),
        ("extra", [good.clone(), extra(1, 0)].concat()),
        ("extra", good[..good.len() - 1].to_vec()),
    ] {
        let mut parts = sound.clone();
        parts.entries[DEFLATED].central.extra = extra;
        assert_rule(rule, 0, &parts.render());
    }
    let mut parts = sound.clone();
    parts.entries[DEFLATED].local.extra = good;
    assert_rule("extra", 0, &parts.render());
    let mut parts = sound;
    parts.entries[STORED].central.extra = table(&[1, 1, 2, 2]);
    assert_rule("chunk-table", 0, &parts.render());
}

/// Renames a member in both headers.
fn rename(parts: &mut Parts, index: usize, name: &[u8]) {
    parts.both(index, |header| header.name = name.to_vec());
}

#[test]
fn finds_broken_names_and_order() {
    assert_found(&[
        ("name-utf8", |parts| rename(parts, 0, b"sample_pkg/\xff")),
        ("name-control", |parts| rename(parts, 0, b"sample_pkg/a\nb")),
        ("name-control", |parts| rename(parts, 0, b"sample_pkg/\x7f")),
        ("name-control", |parts| rename(parts, 0, "sample_pkg/\u{85}".as_bytes())),
        ("directory-entry", |parts| {
            rename(parts, 2, b"sample_pkg/empty/");
        }),
        ("name-path", |parts| rename(parts, 0, b"/etc/passwd")),
        ("name-path", |parts| rename(parts, 0, b"sample_pkg/../x")),
        ("name-path", |parts| rename(parts, 0, b"./x")),
        ("name-path", |parts| rename(parts, 0, b"a\\b")),
        ("name-path", |parts| rename(parts, 0, b"a//b")),
        ("name-path", |parts| rename(parts, 0, b"")),
        ("duplicate", |parts| rename(parts, 1, b"sample_pkg/__init__.py")),
        ("order", |parts| parts.entries.swap(0, 1)),
        ("order", |parts| parts.entries.swap(METADATA, METADATA + 1)),
        ("order", |parts| parts.entries.swap(RECORD, METADATA)),
        ("record-last", |parts| parts.entries.swap(RECORD, METADATA)),
        ("dist-info-last", |parts| parts.entries.swap(METADATA, METADATA - 1)),
        ("dist-info", |parts| drop(parts.entries.remove(METADATA))),
        ("dist-info", |parts| drop(parts.entries.remove(METADATA + 1))),
        ("dist-info", |parts| drop(parts.entries.remove(RECORD))),
        ("record-last", |parts| drop(parts.entries.remove(RECORD))),
        ("dist-info", |parts| rename(parts, 0, b"other-1.0.dist-info/METADATA")),
    ]);
}

#[test]
fn finds_broken_record() {
    assert_found(&[
        ("record-missing", |parts| {
            parts.edit_record(|text| text[1 + text.find('\n').unwrap()..].to_owned());
        }),
        ("record-missing", |parts| {
            parts.edit_record(|text| text.replace("sample_pkg-1.0.dist-info/RECORD,,\n", ""));
        }),
        ("record-ghost", |parts| parts.edit_record(|text| text + "ghost.py,,\n")),
        ("record-ghost", |parts| parts.edit_record(|text| text + "sample_pkg/,,\n")),
        ("record-duplicate", |parts| parts.edit_record(|text| text.clone() + &text)),
        ("record-form", |parts| parts.edit_record(|text| text + "one\n")),
        ("record-form", |parts| parts.store(RECORD, b"\xff")),
        ("record-hash", |parts| parts.edit_record(|text| text.replacen("sha256=", "md5=", 1))),
        ("record-hash", |parts| {
            parts.edit_record(|text| text.replace("RECORD,,", "RECORD,sha256=,"));
        }),
        ("record-size", |parts| parts.edit_record(|text| text.replace(",300\n", ",301\n"))),
        ("record-size", |parts| parts.edit_record(|text| text.replace("RECORD,,", "RECORD,,7"))),
        ("record-hash", |parts| parts.store(STORED, b"other content")),
    ]);
}

#[test]
fn finds_bombs_and_wrong_file_names() {
    let (bytes, mut parts) = Parts::sample();
    for name in ["Sample-Pkg.whl", "Sample_Pkg-1.0-py3-none-any.whl", "sample_pkg-1.0.whl", "x"] {
        let rules: Vec<_> = findings(name, &bytes).iter().map(|it| it.rule).collect();
        assert!(rules.contains(&"filename"), "{name}: {rules:?}");
    }
    let other = findings("sample_pkg-1.1-py3-none-any.whl", &bytes);
    assert!(other.iter().any(|finding| finding.rule == "dist-info"), "{other:?}");
    let zeros = vec![0; 65 << 20];
    let mut encoder =
        flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, &zeros).unwrap();
    let data = encoder.finish().unwrap();
    parts.both(DEFLATED, |header| {
        header.crc = crc32fast::hash(&zeros);
        header.uncompressed = u32::try_from(zeros.len()).unwrap();
        header.compressed = u32::try_from(data.len()).unwrap();
    });
    parts.entries[DEFLATED].data = data;
    assert_rule("ratio", 0, &parts.render());
}
