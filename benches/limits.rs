//! The speed of one core of this machine on the bytes of a real library: the limits of every job.
//!
//! `cargo bench --bench limits -- FILE…` prints a JSON object per file: bytes per second of libdeflate,
//! of the hashes, and of the page cache. `benches/profile` compares jobs with them.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot set itself up has no result")]

use std::ffi::OsString;
use std::hint::black_box;
use std::io::Write as _;

use libdeflater::{CompressionLvl, Compressor, Decompressor};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use wheelworks::deflate::cut;

/// The most bytes of a file that are measured. Of a longer file, half comes from its start and half from its
/// middle.
const MAX_SAMPLE: usize = 512 << 20;

/// The number of measurements of each speed. The best one is the limit.
const ROUNDS: usize = 3;

/// The least length of a measurement in nanoseconds: the kernel updates its counters every few milliseconds.
const MIN_NANOSECONDS: u64 = 100_000_000;

fn main() {
    let mut output = std::io::stdout().lock();
    // Cargo itself passes `--bench`.
    for file in std::env::args_os().skip(1).filter(|argument| !is_option(argument)) {
        let bytes = sample(&fs_err::read(&file).unwrap());
        let mut speeds = Map::new();
        speeds.insert("file".to_owned(), json!(file.to_string_lossy()));
        speeds.insert("bytes".to_owned(), json!(bytes.len()));
        deflate(&bytes, &mut speeds);
        hashes(&bytes, &mut speeds);
        page_cache(&bytes, &mut speeds);
        writeln!(output, "{}", Value::Object(speeds)).unwrap();
    }
}

fn is_option(argument: &OsString) -> bool {
    argument.to_string_lossy().starts_with("--")
}

fn sample(bytes: &[u8]) -> Vec<u8> {
    if bytes.len() <= MAX_SAMPLE {
        return bytes.to_vec();
    }
    let middle = bytes.len() / 2;
    [&bytes[..MAX_SAMPLE / 2], &bytes[middle..middle + MAX_SAMPLE / 2]].concat()
}

/// Returns the nanoseconds that this thread was on a CPU. Other processes affect them less than the time of
/// a clock, and waiting for a disk does not count.
fn on_cpu() -> u64 {
    let stat = fs_err::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split_ascii_whitespace().next().unwrap().parse().unwrap()
}

/// Measures the speed of `work`, which processes `len` bytes.
fn speed(speeds: &mut Map<String, Value>, name: &str, len: usize, mut work: impl FnMut()) {
    let mut nanoseconds_each = || {
        let began = on_cpu();
        let mut times = 0;
        loop {
            work();
            times += 1;
            let spent = on_cpu() - began;
            if spent >= MIN_NANOSECONDS {
                return spent / times;
            }
        }
    };
    let best = (0..ROUNDS).map(|_| nanoseconds_each()).min().unwrap_or(0).max(1);
    speeds.insert(name.to_owned(), json!(len as u64 * 1_000_000_000 / best));
}

/// libdeflate on the chunks that wheelworks would cut: levels 1 and 6, and decompression.
fn deflate(bytes: &[u8], speeds: &mut Map<String, Value>) {
    let chunks: Vec<&[u8]> = cut(bytes).map(|range| &bytes[range]).collect();
    for level in [1, 6] {
        let mut compressor = Compressor::new(CompressionLvl::new(level).unwrap());
        let longest = chunks.iter().map(|chunk| chunk.len()).max().unwrap_or(0);
        let mut output = vec![0; compressor.deflate_compress_bound(longest)];
        speed(speeds, &format!("deflate_{level}"), bytes.len(), || {
            for chunk in &chunks {
                black_box(compressor.deflate_compress(chunk, &mut output).unwrap());
            }
        });
    }
    let mut compressor = Compressor::new(CompressionLvl::new(6).unwrap());
    let streams: Vec<(Vec<u8>, usize)> = chunks
        .iter()
        .map(|chunk| {
            let mut stream = vec![0; compressor.deflate_compress_bound(chunk.len())];
            let len = compressor.deflate_compress(chunk, &mut stream).unwrap();
            stream.truncate(len);
            (stream, chunk.len())
        })
        .collect();
    let mut decompressor = Decompressor::new();
    let mut output = vec![0; streams.iter().map(|stream| stream.1).max().unwrap_or(0)];
    speed(speeds, "inflate", bytes.len(), || {
        for (stream, len) in &streams {
            black_box(decompressor.deflate_decompress(stream, &mut output[..*len]).unwrap());
        }
    });
}

fn hashes(bytes: &[u8], speeds: &mut Map<String, Value>) {
    speed(speeds, "sha256", bytes.len(), || {
        black_box(Sha256::digest(black_box(bytes)));
    });
    speed(speeds, "blake3", bytes.len(), || {
        black_box(blake3::hash(black_box(bytes)));
    });
    speed(speeds, "crc32", bytes.len(), || {
        black_box(crc32fast::hash(black_box(bytes)));
    });
}

/// Writes to new files, without waiting for the disk, and reads from a file in the page cache.
fn page_cache(bytes: &[u8], speeds: &mut Map<String, Value>) {
    let folder = std::env::var_os("WHEELWORKS_BENCH_SCRATCH").unwrap_or_else(|| ".".into());
    let folder = tempfile::tempdir_in(folder).unwrap();
    let path = folder.path().join("file");
    let mut number = 0;
    speed(speeds, "write", bytes.len(), || {
        number += 1;
        let mut file = fs_err::File::create(folder.path().join(number.to_string())).unwrap();
        for block in bytes.chunks(1 << 20) {
            file.write_all(block).unwrap();
        }
    });
    fs_err::write(&path, bytes).unwrap();
    speed(speeds, "read", bytes.len(), || {
        let mut file = fs_err::File::open(&path).unwrap();
        let mut block = vec![0; 1 << 20];
        while std::io::Read::read(&mut file, &mut block).unwrap() > 0 {}
    });
}
