//! ZIP bombs: archives that unpack to more than their headers state, or to far more than their
//! size.

use std::io::{Cursor, Read as _, Write as _};

use flate2::write::DeflateEncoder;
use flate2::{Compress, Compression, FlushCompress};
use zip::ZipArchive;

use super::{
    NAME, assert_breaks, assert_error, assert_refused_by_all, assert_refused_by_unpackers, limited,
    wheel,
};
use crate::support::archive::Header;
use crate::support::command::TestDir;
use crate::support::craft::{Part, Parts, put};

/// Length of the zeros at the end of all members of [`quoting_bomb`].
const KERNEL: usize = 4 << 20;

/// Length of a local header whose member has a name of four bytes.
const LOCAL_LEN: usize = 34;

/// The header values of a member of [`quoting_bomb`].
struct Quoting {
    name: String,
    crc: u32,
    compressed: usize,
    uncompressed: u64,
    /// The distance of its local header from the end of all members, in bytes.
    back: usize,
}

/// Returns an archive in which each member's data contains the data of the next one, behind a
/// stored block that quotes the next local header (Fifield, A better zip bomb, 2019). All headers
/// differ, every CRC-32 is right, and each member inflates to the whole kernel.
fn quoting_bomb(count: usize) -> Vec<u8> {
    let zeros = vec![0; KERNEL];
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&zeros).unwrap();
    // The bytes from the next local header on, and the content of the data behind it.
    let mut file = encoder.finish().unwrap();
    let (mut crc, mut uncompressed) = (crc32fast::hash(&zeros), KERNEL as u64);
    let mut members: Vec<Quoting> = Vec::new();
    for number in (0..count).rev() {
        if !members.is_empty() {
            let quoted = &file[..LOCAL_LEN];
            let mut hasher = crc32fast::Hasher::new();
            hasher.update(quoted);
            hasher.combine(&crc32fast::Hasher::new_with_initial_len(crc, uncompressed));
            (crc, uncompressed) = (hasher.finalize(), uncompressed + quoted.len() as u64);
            // The header of a stored, not final block: its length and the complement of the length.
            file.splice(..0, [0, 34, 0, !34, 0xFF]);
        }
        let (name, compressed) = (format!("{number:04}"), file.len());
        file.splice(..0, local_header(&name, crc, compressed, uncompressed));
        members.push(Quoting { name, crc, compressed, uncompressed, back: file.len() });
    }
    members.reverse();
    finish(file, &members)
}

fn local_header(name: &str, crc: u32, compressed: usize, uncompressed: u64) -> Vec<u8> {
    let mut header = Vec::new();
    put(&mut header, 4, 0x0403_4B50);
    put(&mut header, 2, 20);
    put(&mut header, 2, 0);
    put(&mut header, 2, 8);
    put(&mut header, 4, 0x0021_0000);
    put(&mut header, 4, crc.into());
    put(&mut header, 4, compressed as u64);
    put(&mut header, 4, uncompressed);
    put(&mut header, 2, name.len() as u64);
    put(&mut header, 2, 0);
    header.extend_from_slice(name.as_bytes());
    header
}

/// Appends the central directory and the end record.
fn finish(mut file: Vec<u8>, members: &[Quoting]) -> Vec<u8> {
    let end = file.len();
    for Quoting { name, crc, compressed, uncompressed, back } in members {
        let local = local_header(name, *crc, *compressed, *uncompressed);
        put(&mut file, 4, 0x0201_4B50);
        put(&mut file, 2, 0x0314);
        file.extend_from_slice(&local[4..30]);
        file.extend_from_slice(&[0; 6]);
        put(&mut file, 4, 0o100_644 << 16);
        put(&mut file, 4, (end - back) as u64);
        file.extend_from_slice(name.as_bytes());
    }
    let (count, len) = (members.len() as u64, (file.len() - end) as u64);
    put(&mut file, 4, 0x0605_4B50);
    put(&mut file, 4, 0);
    put(&mut file, 2, count);
    put(&mut file, 2, count);
    put(&mut file, 4, len);
    put(&mut file, 4, end as u64);
    put(&mut file, 2, 0);
    file
}

#[test]
fn overlapping_quoted_members() {
    let bomb = quoting_bomb(1000);
    assert!(bomb.len() < 120_000, "{}", bomb.len());
    // It is a bomb: another reader accepts every member.
    let mut reader = ZipArchive::new(Cursor::new(bomb.as_slice())).unwrap();
    for index in [0, 500, 999] {
        let mut content = Vec::new();
        let len = reader.by_index(index).unwrap().read_to_end(&mut content).unwrap();
        assert!(len >= KERNEL, "{index}: {len}");
    }
    let dir = TestDir::new();
    dir.write(NAME, bomb);
    // The ratio is checked first. If a higher ratio is allowed, the overlap is refused.
    assert_refused_by_unpackers(&dir, 64, "it may be a bomb");
    let free = ["unpack", "-d", "out", "--max-ratio=1000000", NAME];
    super::assert_refused(&dir, 64, &free, "found that it overlaps what follows it");
    let free = ["repack", "-w", "new", "--max-ratio=1000000", NAME];
    super::assert_refused(&dir, 64, &free, "found that it overlaps what follows it");
    let output = limited(&dir, 64, &["audit", "--no-host", NAME]).expect(2);
    assert_error(&output, "found that it overlaps what follows it");
    assert_breaks(&dir, 64, "zip-overlap");
    assert_breaks(&dir, 64, "zip-ratio");
}

#[test]
fn overlapping_copies_of_one_library() {
    // All of them have the same local header, so their names agree, too.
    let dir = TestDir::new();
    let mut parts = Parts::of(&fs_err::read(wheel().write(dir.path())).unwrap());
    let first = parts.entries[0].clone();
    let again = |_| Part { data: Vec::new(), ..first.clone() };
    let at = parts.entries.len();
    parts.entries.extend((0..100).map(again));
    let mut bytes = parts.render();
    // The records of the copies refer to the first member.
    let signature = b"PK\x01\x02";
    let records: Vec<usize> =
        (0..bytes.len() - 4).filter(|&at| bytes[at..].starts_with(signature)).collect();
    for &record in &records[at..] {
        bytes[record + 42..record + 46].fill(0);
    }
    dir.write(NAME, bytes);
    assert_refused_by_all(&dir, 64, "found that it overlaps what follows it");
    assert_breaks(&dir, 64, "zip-overlap");
}

/// Returns a stream of 4 MB that inflates to 4 GiB of zeros.
fn zeros() -> Vec<u8> {
    let zeros = vec![0; 64 << 20];
    let mut compress = Compress::new(Compression::best(), false);
    let mut out = Vec::with_capacity(1 << 20);
    compress.compress_vec(&zeros, &mut out, FlushCompress::Full).unwrap();
    let mut stream = out.repeat(64);
    stream.extend([1, 0, 0, 0xFF, 0xFF]);
    stream
}

#[test]
fn a_member_never_exceeds_its_stated_size() {
    let dir = TestDir::new();
    let mut parts = Parts::of(&fs_err::read(wheel().write(dir.path())).unwrap());
    let at = parts.entries.iter().position(|part| part.central.name.ends_with(b".py")).unwrap();
    parts.entries[at].data = zeros();
    let len = u32::try_from(parts.entries[at].data.len()).unwrap();
    parts.both(at, |header| (header.method, header.compressed) = (8, len));
    dir.write(NAME, parts.render());
    // A signal ends the process if a file exceeds 16 MiB.
    assert_refused_by_unpackers(&dir, 16, "as the archive's directory says, found more");
    assert_breaks(&dir, 32, "zip-size");
    // A directory with the true length is refused, too.
    let wide = |header: &mut Header| {
        (header.uncompressed, header.needed) = (u32::MAX, 45);
        let mut extra = Vec::new();
        put(&mut extra, 2, 1);
        put(&mut extra, 2, 8);
        put(&mut extra, 8, 64 << 26);
        header.extra = extra;
    };
    parts.both(at, wide);
    dir.write(NAME, parts.render());
    assert_refused_by_unpackers(&dir, 16, "expected members of at most 50 times its");
    let limit = ["unpack", "-d", "out", "--max-ratio=10000", "--max-unpacked=4GiB", NAME];
    super::assert_refused(&dir, 16, &limit, "expected at most 4 GiB in all archives");
    assert_breaks(&dir, 32, "zip-ratio");
}

#[test]
fn nested_archives_are_not_opened() {
    // As with a quine: a reader that opens nested archives would not end.
    let mut inner = quoting_bomb(1000);
    for depth in 0..20 {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        writer
            .start_file(format!("{depth}.zip"), zip::write::SimpleFileOptions::default())
            .unwrap();
        writer.write_all(&inner).unwrap();
        inner = writer.finish().unwrap().into_inner();
    }
    let dir = TestDir::new();
    let mut wheel = wheel();
    wheel.member("sample/again.zip", inner.clone());
    wheel.write(dir.path());
    limited(&dir, 64, &["unpack", "-d", "out", NAME]).expect(0);
    assert!(fs_err::read(dir.path().join("out/sample/again.zip")).unwrap() == inner);
    let output = limited(&dir, 64, &["check", "--report=json", "--exit-zero", NAME]).expect(0);
    assert_eq!(output.stdout.matches("\"nested-archive\"").count(), 1, "{}", output.stdout);
}
