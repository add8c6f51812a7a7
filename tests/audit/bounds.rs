//! Hostile sizes: input that would exhaust memory or time if its claims were trusted.

use std::io::Read as _;

use flate2::{Compress, Compression, FlushCompress, Status};

use super::sample::{EXTENSION, MEMBER, NAME, wheel, wheel_with};
use crate::support::command::{TestCommand, TestDir};
use crate::support::craft::{Parts, put};

/// Returns `wheelworks show` with a memory limit.
fn limited<'a>(dir: &'a TestDir, mebibytes: u64, arguments: &[&str]) -> TestCommand<'a> {
    let limit = format!("--data={}", mebibytes << 20);
    let mut all = vec![limit.as_str(), crate::support::WHEELWORKS, "show"];
    all.extend(arguments);
    dir.command("prlimit", &all)
}

/// Returns a DEFLATE stream of `head` and `times` × 16 MiB of zeros, its uncompressed size and CRC. Each
/// 16 MiB end at a byte boundary and refer to nothing before them, so they are compressed only once.
fn zeros_after(head: &[u8], times: usize) -> (Vec<u8>, u64, u32) {
    let piece = vec![0; 16 << 20];
    let mut stream = compress(head, FlushCompress::Full);
    let repeated = compress(&piece, FlushCompress::Full);
    let mut crc = crc32fast::Hasher::new();
    crc.update(head);
    let mut of_piece = crc32fast::Hasher::new();
    of_piece.update(&piece);
    for _ in 0..times {
        stream.extend(&repeated);
        crc.combine(&of_piece);
    }
    stream.extend(compress(b"", FlushCompress::Finish));
    (stream, head.len() as u64 + ((times as u64) << 24), crc.finalize())
}

fn compress(bytes: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut compress = Compress::new(Compression::best(), false);
    let mut out = Vec::with_capacity(bytes.len() / 100 + 1024);
    let status = compress.compress_vec(bytes, &mut out, flush).unwrap();
    assert_eq!(compress.total_in(), bytes.len() as u64);
    assert!(flush != FlushCompress::Finish || status == Status::StreamEnd);
    out
}

/// Replaces the content of a member by a stream, with ZIP64 sizes.
fn inflate_member(parts: &mut Parts, name: &str, (stream, len, crc): (Vec<u8>, u64, u32)) {
    let part = parts.entries.iter_mut().find(|part| part.central.name == name.as_bytes()).unwrap();
    let mut extra = Vec::new();
    put(&mut extra, 2, 1);
    put(&mut extra, 2, 16);
    put(&mut extra, 8, len);
    put(&mut extra, 8, stream.len() as u64);
    for header in [&mut part.local, &mut part.central] {
        (header.method, header.crc, header.needed) = (8, crc, 45);
        (header.compressed, header.uncompressed) = (u32::MAX, u32::MAX);
        header.extra.clone_from(&extra);
    }
    part.data = stream;
}

fn parts() -> Parts {
    let dir = TestDir::new();
    let path = wheel().write(dir.path());
    Parts::of(&fs_err::read(path).unwrap())
}

/// Another DEFLATE implementation confirms the size and CRC of the streams that the other tests use.
#[test]
fn the_streams_of_zeros_are_valid() {
    let (stream, len, crc) = zeros_after(b"head", 2);
    let mut bytes = Vec::new();
    flate2::read::DeflateDecoder::new(stream.as_slice()).read_to_end(&mut bytes).unwrap();
    assert_eq!((bytes.len() as u64, crc32fast::hash(&bytes)), (len, crc));
    assert!(bytes.starts_with(b"head") && bytes[4..].iter().all(|byte| *byte == 0));
}

/// 20 GB of zeros after an ELF file whose facts are all in its first page.
#[test]
fn zeros_after_a_library_are_not_read() {
    let dir = TestDir::new();
    let mut parts = parts();
    inflate_member(&mut parts, MEMBER, zeros_after(&EXTENSION, 1280));
    dir.write(NAME, parts.render());
    let output = limited(&dir, 512, &["--json", NAME]).patience(5).expect(0);
    assert!(output.stdout.contains("manylinux_2_34_x86_64"), "{}", output.stdout);
}

/// The same, but the header claims that the section table is at the end.
#[test]
fn a_section_table_after_zeros_takes_little_memory() {
    let dir = TestDir::new();
    let mut parts = parts();
    let mut head = EXTENSION.clone();
    let total = head.len() as u64 + (256 << 24);
    head[40..48].copy_from_slice(&(total - 64 * 20).to_le_bytes());
    inflate_member(&mut parts, MEMBER, zeros_after(&head, 256));
    dir.write(NAME, parts.render());
    let (code, output) = limited(&dir, 512, &["--json", NAME]).patience(5).expect_any();
    assert!([0, 2].contains(&code), "{code} {}", output.stderr);
}

/// A RECORD of 4 GB of zeros.
#[test]
fn a_huge_record_is_refused() {
    let dir = TestDir::new();
    let mut parts = parts();
    inflate_member(&mut parts, "sample-1.0.dist-info/RECORD", zeros_after(b"", 256));
    dir.write(NAME, parts.render());
    let output = limited(&dir, 512, &["--json", NAME]).patience(5).expect(2);
    assert!(output.stderr.contains("RECORD"), "{}", output.stderr);
}

/// A directory that claims 65,534 members, and a member that claims 4 GB in 100 bytes.
#[test]
fn claimed_sizes_take_no_memory() {
    let dir = TestDir::new();
    let mut parts = parts();
    for index in 0..parts.entries.len() {
        parts.both(index, |header| header.uncompressed = 0xFFFF_FFF0);
    }
    dir.write(NAME, parts.render());
    limited(&dir, 256, &["--json", NAME]).expect(2);
}

/// Each library needs the next one: no stack overflow, no quadratic time.
#[test]
fn a_long_chain_of_libraries_is_resolved() {
    const COUNT: usize = 3000;
    let dir = TestDir::new();
    dir.write("chain.c", "void f(void) {}\n").write("next.c", "void g(void) {}\n");
    let gcc = |arguments: &[&str]| {
        let common = ["-shared", "-fPIC", "-nostdlib", "-Wl,-z,noseparate-code", "-Wl,-z,norelro"];
        let mut all = common.to_vec();
        all.extend(arguments);
        dir.command("gcc", &all).expect(0);
    };
    gcc(&["next.c", "-o", "next.so", "-Wl,-soname,lib@@@@@@.so"]);
    let own = ["chain.c", "-o", "chain.so", "-s", "-Wl,--no-as-needed", "next.so"];
    gcc(&[&own[..], &["-Wl,-soname,lib######.so", "-Wl,-rpath,$ORIGIN"]].concat());
    let pattern = fs_err::read(dir.path().join("chain.so")).unwrap();
    let mut wheel = wheel();
    for number in 0..COUNT {
        let bytes = replaced(&pattern, b"######", &format!("{number:06}"));
        let bytes = replaced(&bytes, b"@@@@@@", &format!("{:06}", number + 1));
        wheel.member(&format!("pkg/lib{number:06}.so"), bytes);
    }
    wheel.write(dir.path());
    let output = limited(&dir, 1024, &["--json", NAME]).expect(0);
    assert!(output.stdout.contains(&format!("lib{COUNT:06}.so")), "{}", output.stdout);
}

fn replaced(bytes: &[u8], from: &[u8], to: &str) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mut position = 0;
    while position + from.len() <= bytes.len() {
        if &bytes[position..position + from.len()] == from {
            bytes[position..position + from.len()].copy_from_slice(to.as_bytes());
        }
        position += 1;
    }
    bytes
}

/// A library that consists of ELF magic numbers.
#[test]
fn a_library_of_magic_numbers_is_refused() {
    let dir = TestDir::new();
    let magic = b"\x7FELF\x02\x01\x01".repeat(1 << 20);
    wheel_with(&magic).write(dir.path());
    let (code, output) = limited(&dir, 256, &["--json", NAME]).expect_any();
    assert!([1, 2].contains(&code), "{code} {}", output.stderr);
}
