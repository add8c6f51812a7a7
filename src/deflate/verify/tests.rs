//! Compares the verifier with zlib-rs, through zlib's C interface. With `Z_BLOCK`, `inflate` returns at the
//! end of every block, and `data_type` holds the number of unread bits in the last byte read. So the test
//! knows the bit offset of each block's header.

use std::ffi::c_int;
use std::io::Read as _;
use std::ptr;

use flate2::Compression;
use flate2::read::DeflateEncoder;
use libdeflater::{CompressionLvl, Compressor};
use libz_rs_sys::{
    Z_BLOCK, Z_BUF_ERROR, Z_OK, Z_STREAM_END, inflate, inflateEnd, inflateInit2_, inflateReset,
    z_stream, zlibVersion,
};

use super::{LastBlock, Verifier};

/// Mask in `data_type`: the number of unread bits in the last byte read.
const UNREAD_BITS: c_int = 0x07;
/// Flag in `data_type`: the current block, or the one that just ended, is the final block.
const IN_FINAL_BLOCK: c_int = 64;
/// Flag in `data_type`: `inflate` returned because a block ended.
const AT_BLOCK_END: c_int = 128;

/// An inflater that stops at block boundaries: the reference implementation.
struct BlockScanner {
    /// Boxed because zlib's state points back at it. `None` until first used, or if zlib failed to
    /// allocate its state.
    stream: Option<Box<z_stream>>,
}

// SAFETY: the stream and the state it points to belong to this value alone; zlib keeps nothing in
// thread-local storage.
unsafe impl Send for BlockScanner {}

impl BlockScanner {
    fn new() -> Self {
        Self { stream: None }
    }

    /// Decompresses all of `deflated`, one complete stream, into exactly `inflated`. `None` if it
    /// is not one complete stream of that length.
    fn inflate(&mut self, deflated: &[u8], inflated: &mut [u8]) -> Option<LastBlock> {
        let stream = self.reset()?;
        stream.next_in = deflated.as_ptr();
        stream.avail_in = u32::try_from(deflated.len()).ok()?;
        stream.next_out = inflated.as_mut_ptr();
        stream.avail_out = u32::try_from(inflated.len()).ok()?;
        let mut header_bit = 0;
        let mut last_bit = 0;
        loop {
            let before = (stream.avail_in, stream.avail_out);
            // SAFETY: the stream was initialised by `inflateInit2_`; `next_in` and `next_out`
            // point at `avail_in` readable and `avail_out` writable bytes of the two slices,
            // which outlive this call and do not overlap.
            let code = unsafe { inflate(stream, Z_BLOCK) };
            let read = deflated.len() - stream.avail_in as usize;
            let unread_bits = usize::try_from(stream.data_type & UNREAD_BITS).ok()?;
            let bit = (read * 8).checked_sub(unread_bits)?;
            let at_end = stream.data_type & AT_BLOCK_END != 0;
            let is_final = stream.data_type & IN_FINAL_BLOCK != 0;
            // If zlib has already buffered all bits of a block, neither pointer moves. zlib then
            // returns Z_BUF_ERROR although it made progress.
            let moved = before != (stream.avail_in, stream.avail_out) || bit > last_bit;
            last_bit = bit;
            match code {
                Z_OK | Z_BUF_ERROR | Z_STREAM_END if at_end && is_final => {
                    let complete = stream.avail_out == 0 && bit.div_ceil(8) == deflated.len();
                    return complete.then_some(LastBlock { header_bit, end_bit: bit });
                }
                Z_OK | Z_BUF_ERROR if moved => {
                    if at_end {
                        header_bit = bit;
                    }
                }
                _ => return None,
            }
        }
    }

    /// Returns the stream, reset to decode a new raw DEFLATE stream.
    fn reset(&mut self) -> Option<&mut z_stream> {
        if let Some(stream) = &mut self.stream {
            // SAFETY: a stream that is `Some` was initialised by `inflateInit2_`.
            let code = unsafe { inflateReset(ptr::from_mut(stream)) };
            if code != Z_OK {
                return None;
            }
        } else {
            let mut stream = Box::<z_stream>::default();
            let size = c_int::try_from(size_of::<z_stream>()).ok()?;
            // SAFETY: the stream is a valid `z_stream` with the default allocator, at a stable address.
            // -15 means a 15-bit window and a raw stream, without a zlib header.
            let code = unsafe { inflateInit2_(&raw mut *stream, -15, zlibVersion(), size) };
            if code != Z_OK {
                return None;
            }
            self.stream = Some(stream);
        }
        self.stream.as_deref_mut()
    }
}

impl Drop for BlockScanner {
    fn drop(&mut self) {
        if let Some(stream) = &mut self.stream {
            // SAFETY: a stream that is `Some` was initialised by `inflateInit2_` and is ended once.
            unsafe { inflateEnd(&raw mut **stream) };
        }
    }
}

/// A pseudo-random generator with a fixed seed (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % bound
    }

    /// Returns bytes that resemble a shared library: literals from 9 or 256 values, matches at
    /// distances of up to 40,000 bytes, runs of zeros.
    fn content(&mut self, len: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = Vec::new();
        while bytes.len() < len {
            let run = 1 + self.below(60);
            match self.below(4) {
                0 => bytes.extend((0..run).map(|_| self.below(256).to_le_bytes()[0])),
                1 => bytes.extend((0..run).map(|_| self.below(9).to_le_bytes()[0])),
                2 if !bytes.is_empty() => {
                    let from = bytes.len() - 1 - self.below(bytes.len().min(40_000));
                    for index in from..from + run {
                        bytes.push(bytes[index]);
                    }
                }
                _ => bytes.resize(bytes.len() + run * self.below(9), 0),
            }
        }
        bytes.truncate(len);
        bytes
    }
}

fn libdeflate(bytes: &[u8], level: i32) -> Vec<u8> {
    let mut compressor = Compressor::new(CompressionLvl::new(level).unwrap());
    let mut out = vec![0; compressor.deflate_compress_bound(bytes.len())];
    let len = compressor.deflate_compress(bytes, &mut out).unwrap();
    out.truncate(len);
    out
}

fn zlib(bytes: &[u8], level: u32) -> Vec<u8> {
    let mut out = Vec::new();
    DeflateEncoder::new(bytes, Compression::new(level)).read_to_end(&mut out).unwrap();
    out
}

#[test]
fn the_last_block_is_where_zlib_finds_it() {
    let mut random = Random(7);
    let (mut verifier, mut judge) = (Verifier::new(), BlockScanner::new());
    for round in 0..40 {
        let len = [0, 1, 2, 3, 4, 300, 66_000, 700_000][round % 8] + random.below(3);
        let bytes = random.content(len);
        let mut inflated = vec![0; len];
        let by_libdeflate = (0..=12).map(|level| libdeflate(&bytes, level));
        let by_zlib = (0..=9).map(|level| zlib(&bytes, level));
        for (index, stream) in by_libdeflate.chain(by_zlib).enumerate() {
            let expected = judge.inflate(&stream, &mut inflated);
            assert!(expected.is_some() && inflated == bytes, "the judge, {index}");
            assert_eq!(verifier.verify(&stream, &bytes), expected, "{len} bytes, {index}");
        }
    }
}

#[test]
fn a_wrong_byte_is_detected() {
    let mut random = Random(8);
    let mut verifier = Verifier::new();
    for level in 1..=12 {
        let mut bytes = random.content(100_000);
        let stream = libdeflate(&bytes, level);
        assert!(verifier.verify(&stream, &bytes).is_some());
        for _ in 0..200 {
            let index = random.below(bytes.len());
            bytes[index] ^= 1 << random.below(8);
            assert_eq!(verifier.verify(&stream, &bytes), None, "level {level}, byte {index}");
            let right = &libdeflate_inverse(&stream, bytes.len());
            bytes.copy_from_slice(right);
        }
        assert_eq!(verifier.verify(&stream, &bytes[1..]), None);
        assert_eq!(verifier.verify(&stream, &bytes[..bytes.len() - 1]), None);
        bytes.push(0);
        assert_eq!(verifier.verify(&stream, &bytes), None);
    }
}

fn libdeflate_inverse(stream: &[u8], len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    let written = libdeflater::Decompressor::new().deflate_decompress(stream, &mut bytes);
    assert_eq!(written, Ok(len));
    bytes
}

/// A damaged stream is accepted only if zlib decodes it to the expected bytes.
#[test]
fn a_damaged_stream_is_refused_or_still_valid() {
    let mut random = Random(9);
    let (mut verifier, mut judge) = (Verifier::new(), BlockScanner::new());
    let mut still_valid = 0;
    for round in 0..6000 {
        let bytes = random.content(50 + round % 5000);
        let level = i32::try_from(round % 13).unwrap();
        let mut stream = libdeflate(&bytes, level);
        match random.below(4) {
            0 => stream.truncate(random.below(stream.len())),
            1 => stream.push(random.below(256).to_le_bytes()[0]),
            // The first block's header and code lengths, where damage causes the most kinds of errors.
            2 => {
                let index = random.below(stream.len().min(80));
                stream[index] ^= 1 << random.below(8);
            }
            _ => {
                let index = random.below(stream.len());
                stream[index] ^= 1 << random.below(8);
            }
        }
        let mut inflated = vec![0; bytes.len()];
        let judged = judge.inflate(&stream, &mut inflated).filter(|_| inflated == bytes);
        let found = verifier.verify(&stream, &bytes);
        assert_eq!(found, judged, "round {round}");
        still_valid += usize::from(found.is_some());
    }
    assert!(still_valid > 0, "padding bits may be anything");
}

#[test]
fn random_bytes_are_refused() {
    let mut random = Random(10);
    let mut verifier = Verifier::new();
    let expected = random.content(1000);
    for _ in 0..100_000 {
        let len = random.below(60);
        let stream: Vec<u8> = (0..len).map(|_| random.below(256).to_le_bytes()[0]).collect();
        // Random bytes decode to these thousand bytes with negligible probability.
        assert_eq!(verifier.verify(&stream, &expected), None);
    }
}
