//! Raw DEFLATE (RFC 1951) of independent chunks that join into one stream.
//!
//! Each chunk is compressed independently, without a dictionary from the chunk before. So one huge member
//! can use every core, the output does not depend on the number of threads, and an unchanged chunk of a
//! changed file can be reused. libdeflate compresses, because it is the fastest implementation. It always
//! ends a chunk with a *final* block, and a decoder stops there. So [`Deflater::compress`] makes the chunk
//! joinable: it clears the final bit of the last block and appends empty stored blocks, which end on a
//! byte boundary.
//!
//! Parts of a chunk that do not compress are stored blocks: `incompressible` finds them.
//!
//! To find the last block, the chunk is decoded again. That also verifies it: every byte that leaves this
//! module was decoded by other code than the compressor's and compared with the input.

mod bits;
mod chunks;
mod class;
mod codes;
mod deflater;
mod incompressible;
mod inflate;
mod joining;
mod lengths;
mod pool;
mod spans;
mod splice;
mod stream_index;
mod verify;

use std::borrow::Cow;

use libdeflater::{CompressionLvl, Compressor};
use thiserror::Error;

pub use self::chunks::{CUTS, Cuts, cut};
pub use self::deflater::Deflater;
pub use self::inflate::{InflateError, Inflated, Inflater, NoSuchChunk, STEP as INFLATE_STEP};
use self::joining::end_on_byte_boundary;
pub use self::joining::ends_as_compressed;
pub use self::pool::DeflaterPool;
pub use self::spans::{BlockRange, Run, Spans, WINDOW};
pub use self::splice::copy_blocks;
pub use self::stream_index::{Segment, StreamIndex};
use crate::error::Diagnose;
use crate::memory::OutOfMemory;

/// The crate that contains libdeflate, and its version: the first two numbers are those of libdeflate.
pub const LIBDEFLATE: &str = "libdeflate-sys 1.26.1";

/// The version of the rules that choose what is stored, and at which level the rest is deflated. Increase it, and the compressor's number in
/// `zip::chunk_table`, with any change that compresses the same content to other bytes.
pub const RULES: &str = "rules 2";

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

impl AsRef<[u8]> for CompressedChunk {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
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

/// Private functions for the fuzz targets.
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing {
    use super::verify::Verifier;

    /// Returns the first bit of the last block and the bit after it, if `deflated` is one whole stream that
    /// decodes to `expected`.
    #[must_use]
    pub fn verify(deflated: &[u8], expected: &[u8]) -> Option<(usize, usize)> {
        let block = Verifier::new().verify(deflated, expected)?;
        Some((block.header_bit, block.end_bit))
    }
}
