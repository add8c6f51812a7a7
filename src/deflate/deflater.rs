//! Compresses chunks: stores the parts that do not compress, deflates the others, verifies both.

use libdeflater::{Compressor, Decompressor};

use super::class::Class;
use super::incompressible::{MAX_STORED, Part, parts};
use super::joining::{End, MARKED_BYTES, MAX_END, end_stored, join};
use super::verify::Verifier;
use super::{CompressedChunk, ContentKind, DeflateError, Level, Position, cut};
use crate::memory;

/// The bytes of a stored block before its content, if it begins on a byte boundary: three bits and padding, the
/// length, and its complement.
const STORED_HEADER: usize = 5;

/// A compressor, its verifier and their buffers. Each thread reuses one for all of its chunks.
pub struct Deflater {
    level: Level,
    /// The compressors that were needed so far, at most one of each level.
    compressors: Vec<(Level, Compressor)>,
    decompressor: Decompressor,
    pub(super) verifier: Verifier,
    deflated: Vec<u8>,
    inflated: Vec<u8>,
}

impl Deflater {
    /// Creates a compressor of the given level.
    #[must_use]
    pub fn new(level: Level) -> Self {
        Self {
            level,
            compressors: Vec::new(),
            decompressor: Decompressor::new(),
            verifier: Verifier::new(),
            deflated: Vec::new(),
            inflated: Vec::new(),
        }
    }

    pub(super) fn free_buffers(&mut self) {
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
        let parts = parts(chunk);
        let mut bytes = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let Part { range, is_stored } = part;
            let part = &chunk[range.clone()];
            let end = if index + 1 < parts.len() { End::Part } else { End::Chunk(position) };
            let blocks = if *is_stored {
                self.store(part, end, bytes.len())?
            } else {
                self.deflate(part, end, bytes.len(), content)?
            };
            if bytes.is_empty() {
                bytes = blocks;
            } else {
                memory::append(&mut bytes, &blocks)?;
            }
        }
        Ok(CompressedChunk { bytes, crc: crc32fast::hash(chunk) })
    }

    /// Returns stored blocks with this content, which is not empty. `before` is the length of the chunk's blocks before
    /// them.
    fn store(&mut self, content: &[u8], end: End, before: usize) -> Result<Vec<u8>, DeflateError> {
        let len = content.len();
        let stored_len = len + len.div_ceil(MAX_STORED) * STORED_HEADER;
        let mut blocks = memory::with_room(stored_len + MAX_END)?;
        for block in content.chunks(MAX_STORED) {
            let block_len = u16::try_from(block.len()).unwrap_or_default();
            blocks.push(0);
            blocks.extend_from_slice(&block_len.to_le_bytes());
            blocks.extend_from_slice(&(!block_len).to_le_bytes());
            blocks.extend_from_slice(block);
        }
        end_stored(&mut blocks, end, before);
        let position = end.position();
        let is_right = self.verifier.verify_part(&blocks, position, content, 0);
        if is_right { Ok(blocks) } else { Err(DeflateError::Corrupt { len }) }
    }

    /// Returns deflated blocks with this content. `before` is as for [`Self::store`].
    fn deflate(
        &mut self,
        chunk: &[u8],
        end: End,
        before: usize,
        content: ContentKind,
    ) -> Result<Vec<u8>, DeflateError> {
        let len = chunk.len();
        let corrupt = DeflateError::Corrupt { len };
        let deflated_len = self.deflate_to_buffer(chunk, content)?;
        let deflated = &self.deflated[..deflated_len];
        if end == End::Chunk(Position::Last) && before + deflated_len < MARKED_BYTES {
            memory::grow(&mut self.inflated, len)?;
            let inflated = &mut self.inflated[..len];
            let written = self.decompressor.deflate_decompress(deflated, inflated);
            if written != Ok(len) || *inflated != *chunk {
                return Err(corrupt);
            }
            return Ok(memory::copy(deflated)?);
        }
        let last_block = self.verifier.verify(deflated, chunk).ok_or(corrupt)?;
        Ok(join(deflated, last_block, end)?)
    }

    /// Deflates a part of a chunk to the buffer. Returns the length of the stream.
    fn deflate_to_buffer(
        &mut self,
        chunk: &[u8],
        content: ContentKind,
    ) -> Result<usize, DeflateError> {
        let len = chunk.len();
        let level = match content {
            ContentKind::Code => Class::of(chunk).level(self.level),
            ContentKind::Other => self.level.for_content(content),
        };
        let at = self.compressors.iter().position(|(its_level, _)| *its_level == level);
        let at = at.unwrap_or_else(|| {
            self.compressors.push((level, level.compressor()));
            self.compressors.len() - 1
        });
        let compressor = &mut self.compressors[at].1;
        let bound = compressor.deflate_compress_bound(len);
        memory::grow(&mut self.deflated, bound)?;
        compressor
            .deflate_compress(chunk, &mut self.deflated)
            .map_err(|_| DeflateError::Overrun { len })
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
    fn parts_that_do_not_compress_are_stored_blocks() {
        let noise = || noise(150_000, 256, 7);
        let text = || b"Text between noise. ".repeat(10_000);
        let mut deflater = Deflater::new(Level::new(6).unwrap());
        for (name, chunk, max_added) in [
            ("noise", noise(), 3 * STORED_HEADER + MAX_END),
            ("noise, text", [noise(), text()].concat(), 80_000),
            ("text, noise, text", [text(), noise(), text()].concat(), 160_000),
        ] {
            for position in [Position::Inner, Position::Last] {
                let bytes = deflater.compress(&chunk, position, ContentKind::Code).unwrap().bytes;
                let mut stream = bytes.clone();
                if position == Position::Inner {
                    let end = deflater.compress(b"", Position::Last, ContentKind::Code);
                    stream.extend_from_slice(&end.unwrap().bytes);
                }
                assert!(inflate(&stream, chunk.len()) == chunk, "{name}");
                assert!(bytes.len() <= 150_000 + max_added, "{name}: {}", bytes.len());
            }
        }
        let stored = deflater.compress(&noise(), Position::Last, ContentKind::Code).unwrap().bytes;
        assert_eq!(stored.len(), 150_000 + 3 * STORED_HEADER + MAX_END);
        assert_eq!(stored[..5], [0, 0xFF, 0xFF, 0, 0]);
        assert!(stored[5..65_540] == noise()[..MAX_STORED]);
    }

    #[test]
    fn text_gets_at_least_the_default_level() {
        let words: Vec<String> = (0..20_000).map(|i| format!("{} of {i}", i * i % 977)).collect();
        let text = words.join("\n");
        let compress = |level, content| {
            let mut deflater = Deflater::new(Level::new(level).unwrap());
            deflater.compress(text.as_bytes(), Position::Last, content).unwrap().bytes
        };
        assert_eq!(compress(1, ContentKind::Other), compress(6, ContentKind::Other));
        assert_eq!(compress(6, ContentKind::Code), compress(7, ContentKind::Other), "names");
        assert!(compress(1, ContentKind::Code).len() > compress(1, ContentKind::Other).len());
        assert_eq!(compress(9, ContentKind::Other), compress(9, ContentKind::Code));
    }

    #[test]
    fn levels_have_a_range() {
        assert_eq!(Level::new(0), None);
        assert_eq!(Level::new(13), None);
        assert!(Level::new(12).is_some());
    }

    /// The compressor's number in chunk tables, `COMPRESSOR` in `zip::chunk_table`, promises these bytes: chunks
    /// of earlier wheels are copied in place of compressing. If a new libdeflate or new rules compress otherwise,
    /// that number must be increased, and `RULES`.
    #[test]
    fn the_compressor_of_chunk_tables_stays_the_same() {
        let names = b"_ZN4name5other4nameE\0".repeat(5_000);
        let tables = noise(100_000, 9, 4).into_iter().flat_map(|it| [it, 0, 0]).collect();
        let noise = [noise(300_000, 30, 1), noise(100_000, 256, 2), noise(200_000, 2, 3)].concat();
        let mut found = Vec::new();
        for level in 1..=12 {
            let mut deflater = Deflater::new(Level::new(level).unwrap());
            for content in [&noise, &names, &tables] {
                let mut compress = |position, kind| {
                    let bytes = deflater.compress(content, position, kind).unwrap().bytes;
                    crc32fast::hash(&bytes)
                };
                found.push(compress(Position::Inner, ContentKind::Code));
                found.push(compress(Position::Last, ContentKind::Other));
            }
        }
        let joined: Vec<u8> = found.iter().flat_map(|crc| crc.to_le_bytes()).collect();
        assert_eq!(crc32fast::hash(&joined), 0x1D86_5974, "{found:08x?}");
    }
}
