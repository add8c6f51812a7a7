//! Raw DEFLATE (RFC 1951) of independent chunks that join into one stream.
//!
//! Each chunk is compressed independently, without a dictionary from the chunk before. So one huge member
//! can use every core, the output does not depend on the number of threads, and an unchanged chunk of a
//! changed file can be reused. libdeflate compresses, because it is the fastest implementation. It always
//! ends a chunk with a *final* block, and a decoder stops there. So [`Deflater::compress`] makes the chunk
//! joinable: it clears the final bit of the last block and appends empty stored blocks, which end on a
//! byte boundary.
//!
//! To find the last block, the chunk is decoded again. That also verifies it: every byte that leaves this
//! module was decoded by other code than the compressor's and compared with the input.

mod bits;
mod chunks;
mod codes;
mod inflate;
mod joining;
mod lengths;
mod pool;
mod spans;
mod splice;
mod stream_index;
mod verify;

use std::borrow::Cow;

use libdeflater::{CompressionLvl, Compressor, Decompressor};
use thiserror::Error;

pub use self::chunks::{CUTS, Cuts, cut};
pub use self::inflate::{InflateError, Inflated, Inflater, NoSuchChunk, STEP as INFLATE_STEP};
pub use self::joining::ends_as_compressed;
use self::joining::{MARKED_BYTES, end_on_byte_boundary, marked_inner, marked_last};
pub use self::pool::DeflaterPool;
pub use self::spans::{BlockRange, Run, Spans, WINDOW};
pub use self::splice::copy_blocks;
pub use self::stream_index::{Segment, StreamIndex};
use self::verify::Verifier;
use crate::error::Diagnose;
use crate::memory::{self, OutOfMemory};

/// The crate that contains libdeflate, and its version: the first two numbers are those of libdeflate.
pub const LIBDEFLATE: &str = "libdeflate-sys 1.26.1";

/// A compression level of libdeflate, 1 (fastest) to 12 (smallest).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level(u8);

/// The kind of content of a stream. It decides which level pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentKind {
    /// Machine code. Fast levels compress it almost as well as slow ones.
    Code,
    /// Text and data. Fast levels lose much here and save little: level 1 compresses tensorflow's members
    /// other than ELF, 304 MB, to 60.1 MB in 0.84 s, level 6 to 54.3 MB in 1.77 s.
    Other,
}

/// The lowest level for content other than machine code.
const MIN_FOR_OTHER: Level = Level(6);

impl Level {
    /// Returns the level with this number, 1 to 12.
    #[must_use]
    pub fn new(level: u8) -> Option<Self> {
        (1..=12).contains(&level).then_some(Self(level))
    }

    /// Returns the level's number, 1 to 12.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }

    /// Returns the level to use for this kind of content when this level was requested.
    #[must_use]
    pub fn for_content(self, content: ContentKind) -> Self {
        match content {
            ContentKind::Code => self,
            ContentKind::Other => Self(self.0.max(MIN_FOR_OTHER.0)),
        }
    }

    fn compressor(self) -> Compressor {
        // `Level` is within libdeflate's range, so the default is never used.
        Compressor::new(CompressionLvl::new(i32::from(self.0)).unwrap_or_default())
    }
}

/// The position of a chunk in its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// Another chunk follows.
    Inner,
    /// The stream ends with this chunk.
    Last,
}

/// A compressed chunk that was verified by decompressing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompressedChunk {
    /// The raw DEFLATE blocks. Those of an inner chunk end on a byte boundary, and none of them is final.
    pub bytes: Vec<u8>,
    /// CRC-32 of the uncompressed chunk.
    pub crc: u32,
}

/// Why a chunk cannot be compressed. [`DeflateError::Corrupt`] means a defect of a compressor, or of the
/// machine's memory.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum DeflateError {
    /// The compressor's output is larger than its own bound.
    #[error("compressing a chunk of {len} bytes overran the compressor's own bound")]
    Overrun {
        /// The chunk's length in bytes.
        len: usize,
    },
    /// Out of memory.
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
    /// The compressor's output does not decompress to its input.
    #[error("a compressed chunk of {len} bytes does not decompress to what it was made from")]
    Corrupt {
        /// The chunk's length in bytes.
        len: usize,
    },
}

impl Diagnose for DeflateError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Overrun { .. } | Self::Corrupt { .. } => None,
            Self::Memory(source) => source.hint(),
        }
    }
}

/// A compressor, its verifier and their buffers. Each thread reuses one for all of its chunks.
pub struct Deflater {
    for_code: Compressor,
    /// `None` if it would equal `for_code`.
    for_other: Option<Compressor>,
    decompressor: Decompressor,
    verifier: Verifier,
    deflated: Vec<u8>,
    inflated: Vec<u8>,
}

impl Deflater {
    /// Creates a compressor of the given level.
    #[must_use]
    pub fn new(level: Level) -> Self {
        let other = level.for_content(ContentKind::Other);
        Self {
            for_code: level.compressor(),
            for_other: (other != level).then(|| other.compressor()),
            decompressor: Decompressor::new(),
            verifier: Verifier::new(),
            deflated: Vec::new(),
            inflated: Vec::new(),
        }
    }

    fn free_buffers(&mut self) {
        (self.deflated, self.inflated) = (Vec::new(), Vec::new());
    }

    /// Compresses one chunk and verifies the result.
    ///
    /// # Errors
    ///
    /// Out of memory, or a defect of the compressor.
    pub fn compress(
        &mut self,
        chunk: &[u8],
        position: Position,
        content: ContentKind,
    ) -> Result<CompressedChunk, DeflateError> {
        let len = chunk.len();
        let compressor = match (content, &mut self.for_other) {
            (ContentKind::Other, Some(compressor)) => compressor,
            _ => &mut self.for_code,
        };
        let bound = compressor.deflate_compress_bound(len);
        memory::grow(&mut self.deflated, bound)?;
        let deflated_len = compressor
            .deflate_compress(chunk, &mut self.deflated)
            .map_err(|_| DeflateError::Overrun { len })?;
        let deflated = &self.deflated[..deflated_len];
        let bytes = match position {
            Position::Last if deflated_len >= MARKED_BYTES => {
                let last_block = self.verifier.verify(deflated, chunk);
                marked_last(deflated, last_block.ok_or(DeflateError::Corrupt { len })?)?
            }
            Position::Last => {
                memory::grow(&mut self.inflated, len)?;
                let inflated = &mut self.inflated[..len];
                let written = self.decompressor.deflate_decompress(deflated, inflated);
                if written != Ok(len) || *inflated != *chunk {
                    return Err(DeflateError::Corrupt { len });
                }
                memory::copy(deflated)?
            }
            Position::Inner => {
                let last_block = self.verifier.verify(deflated, chunk);
                marked_inner(deflated, last_block.ok_or(DeflateError::Corrupt { len })?)?
            }
        };
        Ok(CompressedChunk { bytes, crc: crc32fast::hash(chunk) })
    }

    /// Compresses a whole stream, chunk by chunk, on this thread. Returns the same bytes as when its chunks
    /// are compressed on other threads and joined.
    ///
    /// # Errors
    ///
    /// Out of memory, or a defect of the compressor.
    pub fn compress_all(
        &mut self,
        stream: &[u8],
        content: ContentKind,
    ) -> Result<CompressedChunk, DeflateError> {
        let mut chunks = cut(stream).peekable();
        let mut bytes = Vec::new();
        let mut crc = crc32fast::Hasher::new();
        while let Some(range) = chunks.next() {
            let position = if chunks.peek().is_some() { Position::Inner } else { Position::Last };
            let len = range.len() as u64;
            let compressed = self.compress(&stream[range], position, content)?;
            crc.combine(&crc32fast::Hasher::new_with_initial_len(compressed.crc, len));
            if bytes.is_empty() {
                bytes = compressed.bytes;
            } else {
                memory::append(&mut bytes, &compressed.bytes)?;
            }
        }
        Ok(CompressedChunk { bytes, crc: crc.finalize() })
    }
}

/// Private functions for the fuzz targets.
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing {
    use super::Verifier;

    /// Returns the first bit of the last block and the bit after it, if `deflated` is one whole stream that
    /// decodes to `expected`.
    #[must_use]
    pub fn verify(deflated: &[u8], expected: &[u8]) -> Option<(usize, usize)> {
        let block = Verifier::new().verify(deflated, expected)?;
        Some((block.header_bit, block.end_bit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a fixed pseudo-random sequence of bytes over an alphabet of `symbols` letters.
    fn noise(len: usize, symbols: u32, seed: u32) -> Vec<u8> {
        let mut state = seed | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state
        };
        (0..len).map(|_| u8::try_from(next() % symbols).unwrap()).collect()
    }

    fn inflate(stream: &[u8], len: usize) -> Vec<u8> {
        use std::io::Read as _;
        let mut inflated = Vec::with_capacity(len);
        // zlib-rs behind flate2, as in the `zip` crate. The tests in `tests/` compare with Python's zlib.
        let mut decoder = flate2::read::DeflateDecoder::new(stream);
        decoder.read_to_end(&mut inflated).unwrap();
        inflated
    }

    #[test]
    fn joined_chunks_are_one_stream() {
        for level in 1..=12 {
            let mut deflater = Deflater::new(Level::new(level).unwrap());
            // Stored blocks (256 symbols), fixed and dynamic Huffman blocks, runs, an empty chunk.
            let chunks: Vec<Vec<u8>> =
                [(1, 1), (3, 4), (70_000, 256), (200_000, 30), (0, 1), (500_000, 2)]
                    .into_iter()
                    .zip(1..)
                    .map(|((len, symbols), seed)| noise(len, symbols, seed))
                    .collect();
            let mut stream = Vec::new();
            for (index, chunk) in chunks.iter().enumerate() {
                let position =
                    if index + 1 == chunks.len() { Position::Last } else { Position::Inner };
                let compressed = deflater.compress(chunk, position, ContentKind::Code).unwrap();
                assert_eq!(compressed.crc, crc32fast::hash(chunk));
                stream.extend_from_slice(&compressed.bytes);
            }
            let whole = chunks.concat();
            assert!(inflate(&stream, whole.len()) == whole, "level {level}");
        }
    }

    #[test]
    fn every_bit_offset_of_a_last_block_joins() {
        let mut deflater = Deflater::new(Level::new(6).unwrap());
        let mut offsets_seen = std::collections::BTreeSet::new();
        for len in 1..600 {
            let chunk = noise(len, 7, 99);
            let mut stream =
                deflater.compress(&chunk, Position::Inner, ContentKind::Code).unwrap().bytes;
            let alone = deflater.compress(&chunk, Position::Last, ContentKind::Code).unwrap().bytes;
            offsets_seen.insert(Verifier::new().verify(&alone, &chunk).unwrap().end_bit % 8);
            stream.extend(
                deflater.compress(b"the end", Position::Last, ContentKind::Other).unwrap().bytes,
            );
            assert_eq!(inflate(&stream, len + 7), [chunk.as_slice(), b"the end"].concat());
        }
        assert_eq!(offsets_seen.len(), 8, "the table covers all eight offsets");
    }

    #[test]
    fn compress_all_equals_its_chunks() {
        let stream = noise(5_000_000, 90, 5);
        let mut deflater = Deflater::new(Level::new(1).unwrap());
        let whole = deflater.compress_all(&stream, ContentKind::Code).unwrap();
        assert!(cut(&stream).count() > 2);
        assert!(inflate(&whole.bytes, stream.len()) == stream);
        assert_eq!(whole.crc, crc32fast::hash(&stream));
    }

    #[test]
    fn text_gets_at_least_the_default_level() {
        let words: Vec<String> = (0..20_000).map(|i| format!("{} of {i}", i * i % 977)).collect();
        let text = words.join("\n");
        let compress = |level, content| {
            let mut deflater = Deflater::new(Level::new(level).unwrap());
            deflater.compress(text.as_bytes(), Position::Last, content).unwrap().bytes
        };
        assert_eq!(compress(1, ContentKind::Other), compress(6, ContentKind::Code));
        assert!(compress(1, ContentKind::Code).len() > compress(1, ContentKind::Other).len());
        assert_eq!(compress(9, ContentKind::Other), compress(9, ContentKind::Code));
    }

    #[test]
    fn levels_have_a_range() {
        assert_eq!(Level::new(0), None);
        assert_eq!(Level::new(13), None);
        assert!(Level::new(12).is_some());
    }

    /// The compressor's number in chunk tables, `LIBDEFLATE` in `zip::chunk_table`, promises these bytes: chunks
    /// of earlier wheels are copied in place of compressing. If a new libdeflate compresses otherwise, that number
    /// must be increased.
    #[test]
    fn the_compressor_of_chunk_tables_stays_the_same() {
        let content =
            [noise(300_000, 30, 1), noise(100_000, 256, 2), noise(200_000, 2, 3)].concat();
        let mut found = Vec::new();
        for level in 1..=12 {
            let mut deflater = Deflater::new(Level::new(level).unwrap());
            let mut compress = |position, kind| {
                let bytes = deflater.compress(&content, position, kind).unwrap().bytes;
                crc32fast::hash(&bytes)
            };
            found.push(compress(Position::Inner, ContentKind::Code));
            found.push(compress(Position::Last, ContentKind::Other));
        }
        let joined: Vec<u8> = found.iter().flat_map(|crc| crc.to_le_bytes()).collect();
        assert_eq!(crc32fast::hash(&joined), 0xD741_EC9C, "{found:08x?}");
    }
}
