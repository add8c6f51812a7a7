//! Huge numbers of items: members, directories, rows, fields, tags, chunks.

use std::fmt::Write as _;
use std::io::{Seek as _, SeekFrom, Write as _};

use fs_err::File;

use super::{
    NAME, assert_breaks, assert_error, assert_refused, assert_refused_by_all,
    assert_refused_by_unpackers, limited, wheel,
};
use crate::support::command::TestDir;
use crate::support::craft::{Parts, put};

/// Returns the central-directory record of an empty member.
fn central(name: &[u8], offset: u32) -> Vec<u8> {
    let mut record = Vec::new();
    put(&mut record, 4, 0x0201_4B50);
    put(&mut record, 4, 0x0014_0314);
    record.extend_from_slice(&[0; 20]);
    put(&mut record, 2, name.len() as u64);
    record.extend_from_slice(&[0; 8]);
    put(&mut record, 4, 0o100_644 << 16);
    put(&mut record, 4, offset.into());
    record.extend_from_slice(name);
    record
}

/// Returns the local header of an empty member.
fn local(name: &[u8]) -> Vec<u8> {
    let mut header = Vec::new();
    put(&mut header, 4, 0x0403_4B50);
    put(&mut header, 2, 0x14);
    header.extend_from_slice(&[0; 20]);
    put(&mut header, 2, name.len() as u64);
    put(&mut header, 2, 0);
    header.extend_from_slice(name);
    header
}

/// Returns the ZIP64 end records and the end record.
fn ends(count: u64, len: u64, offset: u64) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, 4, 0x0606_4B50);
    put(&mut out, 8, 44);
    put(&mut out, 4, 0x002D_032D);
    put(&mut out, 8, 0);
    for value in [count, count, len, offset] {
        put(&mut out, 8, value);
    }
    put(&mut out, 4, 0x0706_4B50);
    put(&mut out, 4, 0);
    put(&mut out, 8, offset + len);
    put(&mut out, 4, 1);
    put(&mut out, 4, 0x0605_4B50);
    put(&mut out, 4, 0);
    put(&mut out, 4, u32::MAX.into());
    put(&mut out, 8, u64::MAX);
    put(&mut out, 2, 0);
    out
}

/// The end records state a large directory. The file has only its first record and then a hole: the
/// claimed size must not be allocated.
#[test]
fn ten_million_members() {
    const COUNT: u64 = 10_000_000;
    let (header, record) = (local(b"0000000"), central(b"0000000", 0));
    let offset = COUNT * header.len() as u64;
    let len = COUNT * record.len() as u64;
    let dir = TestDir::new();
    let mut file = File::create(dir.path().join(NAME)).unwrap();
    file.write_all(&header).unwrap();
    file.seek(SeekFrom::Start(offset)).unwrap();
    file.write_all(&record).unwrap();
    file.seek(SeekFrom::Start(offset + len)).unwrap();
    file.write_all(&ends(COUNT, len, offset)).unwrap();
    drop(file);
    assert_refused_by_all(&dir, 32, "expected at most 1000000 members, found 10000000");
    assert_breaks(&dir, 32, "zip-end");
}

/// The members exist, and the end record has their real number or a lower one.
#[test]
fn a_million_members_and_one() {
    const COUNT: u64 = 1_000_001;
    let dir = TestDir::new();
    for said in [COUNT, 5] {
        let mut bytes = local(b"x");
        let offset = bytes.len() as u64;
        bytes.extend(central(b"x", 0).repeat(usize::try_from(COUNT).unwrap()));
        let len = bytes.len() as u64 - offset;
        bytes.extend(ends(said, len, offset));
        dir.write(NAME, bytes);
        let reason = if said == COUNT {
            "expected at most 1000000 members, found 1000001"
        } else {
            "expected the number of members that the end record has, found 6"
        };
        assert_refused_by_all(&dir, 32, reason);
        assert_breaks(&dir, 512, "zip-too-many");
    }
}

/// A path of 65,535 bytes has 32,767 parent directories, whose paths take half a gigabyte.
#[test]
fn one_path_of_many_directories() {
    let dir = TestDir::new();
    let name = "a/".repeat(32_767) + "b";
    dir.write(NAME, one_more(&name));
    assert_refused_by_unpackers(&dir, 64, "expected a path of at most 2048 bytes, found 65535");
    let output = limited(&dir, 256, &["audit", "--no-host", NAME]).expect(2);
    assert_error(
        &output,
        "expected at most 1000000 directories, with paths of at most 67108864 bytes",
    );
    assert_breaks(&dir, 64, "name-long");
}

/// Each path alone is short enough.
#[test]
fn many_paths_of_many_directories() {
    let dir = TestDir::new();
    let mut wheel = wheel();
    for number in 0..200 {
        wheel.member(&format!("{number:03}/{}b", "a/".repeat(1000)), "");
    }
    wheel.write(dir.path());
    let reason = "expected at most 1000000 directories, with paths of at most 67108864 bytes";
    assert_refused(&dir, 256, &["unpack", "-d", "out", NAME], reason);
    let output = limited(&dir, 256, &["audit", "--no-host", NAME]).expect(2);
    assert_error(&output, reason);
    // `check` stores no directories.
    limited(&dir, 256, &["check", "--exit-zero", NAME]).expect(0);
    limited(&dir, 256, &["repack", "-w", "new", NAME]).expect(0);
}

/// Returns a wheel with an additional empty member of this name.
fn one_more(name: &str) -> Vec<u8> {
    let dir = TestDir::new();
    let mut parts = Parts::of(&fs_err::read(wheel().write(dir.path())).unwrap());
    let mut part = parts.entries[0].clone();
    part.data = Vec::new();
    for header in [&mut part.local, &mut part.central] {
        header.name = name.into();
        (header.method, header.crc, header.compressed, header.uncompressed) = (0, 0, 0, 0);
    }
    parts.entries.push(part);
    parts.render()
}

/// Writes a wheel with this content for a file of the dist-info directory.
fn with(dir: &TestDir, file: &str, content: Vec<u8>) {
    let mut wheel = wheel();
    let path = format!("sample-1.0.dist-info/{file}");
    wheel.remove(&path);
    wheel.member(&path, content);
    wheel.write(dir.path());
}

const REPACK: [&str; 5] = ["repack", "--max-ratio=100000", "-w", "new", NAME];

/// Each row of two bytes takes a hundred bytes in memory.
#[test]
fn records_of_very_many_rows() {
    let dir = TestDir::new();
    let mut rows = String::new();
    for number in 0..1_100_000 {
        let digest = "A".repeat(43);
        writeln!(rows, "{number},sha256={digest},0").unwrap();
    }
    with(&dir, "RECORD", rows.into_bytes());
    let reason = "RECORD: expected at most 1048576 rows, found more";
    assert_refused(&dir, 512, &REPACK, reason);
    let unpack = ["unpack", "-d", "out", "--max-ratio=100000", "--wheel", NAME];
    assert_refused(&dir, 512, &unpack, reason);
    with(&dir, "RECORD", b"a\n".repeat(120 << 20));
    let output = limited(&dir, 512, &["audit", "--no-host", NAME]).expect(2);
    assert_error(&output, "expected at most 1048576 rows, found more");
    with(&dir, "RECORD", b"a\n".repeat(32 << 20));
    assert_breaks(&dir, 512, "record-form");
}

/// Each field of three bytes takes a hundred bytes in memory.
#[test]
fn metadata_of_very_many_fields() {
    let dir = TestDir::new();
    for file in ["METADATA", "WHEEL"] {
        with(&dir, file, b"a:\n".repeat(20 << 20));
        assert_refused(&dir, 64, &REPACK, "expected at most 8388608 bytes, found 62914560");
        assert_breaks(&dir, 64, "dist-info-file");
        let longest = b"a:\n".repeat((8 << 20) / 3);
        with(&dir, file, longest);
        assert_refused(&dir, 512, &REPACK, "has no field");
        limited(&dir, 512, &["check", "--exit-zero", NAME]).expect(0);
    }
}

/// One `Tag` line expands to thousands of tags.
#[test]
fn compressed_tag_sets() {
    let dir = TestDir::new();
    let mut text = "Wheel-Version: 1.0\nRoot-Is-Purelib: false\n".to_owned();
    let set = |prefix: &str| {
        let words: Vec<String> = (0..16).map(|number| format!("{prefix}{number}")).collect();
        words.join(".")
    };
    for line in 0..20_000 {
        let abi = set(&format!("abi{line}x"));
        writeln!(text, "Tag: {}-{abi}-{}", set("cp3"), set("linux")).unwrap();
    }
    with(&dir, "WHEEL", text.into_bytes());
    // The name has the tags, so those of WHEEL are only compared with it.
    limited(&dir, 256, &REPACK).expect(0);
    limited(&dir, 256, &["check", "--exit-zero", NAME]).expect(0);
    fs_err::remove_dir_all(dir.path().join("new")).unwrap();
    fs_err::rename(dir.path().join(NAME), dir.path().join("wheel.whl")).unwrap();
    let unnamed = ["repack", "--max-ratio=100000", "-w", "new", "wheel.whl"];
    assert_refused(&dir, 256, &unnamed, "tags");
}
