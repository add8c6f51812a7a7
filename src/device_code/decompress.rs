//! Decompresses the payloads of entries.

use std::borrow::Cow;
use std::io::Read as _;

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};
use thiserror::Error;

use super::{Compression, Entry};
use crate::error::Diagnose;
use crate::memory::{self, OutOfMemory};

/// Maximum number of bytes that a payload is decompressed to. The longest cubin that was seen has 61 MB.
pub const MAX_UNCOMPRESSED: u64 = 1 << 30;

/// An LZ4 block has at most 255 bytes of output for each byte of input.
const MAX_LZ4_RATIO: usize = 255;

/// The type of a zstd block whose content is one byte, many times.
const RLE_BLOCK: u32 = 1;

/// The bit in a zstd block's header that marks the last one.
const LAST_BLOCK: u8 = 1;

/// The descriptor of a window of 128 KiB.
const WINDOW_128_KIB: u8 = 7 << 3;

/// Bytes that are decompressed at a time, and the maximum length of a zstd block.
const STEP: usize = 128 << 10;

/// A payload that cannot be decompressed.
#[derive(Debug, Error)]
pub enum DecompressError {
    /// It is longer than [`MAX_UNCOMPRESSED`].
    #[error("expected at most {MAX_UNCOMPRESSED} bytes of device code, found {0}")]
    TooLong(u64),
    /// It is compressed in an unknown way, or encrypted.
    #[error("expected an LZ4 block or a zstd frame, found another form")]
    Unknown,
    /// Its data is damaged, or has another length than the entry states.
    #[error("the compressed device code is damaged: expected {expected} bytes")]
    Damaged {
        /// The length that the entry states.
        expected: u64,
    },
    /// There is no memory for it.
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
}

impl Diagnose for DecompressError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Memory(source) => source.hint(),
            Self::TooLong(_) | Self::Unknown => None,
            Self::Damaged { .. } => Some("the file is damaged; download or build it again".into()),
        }
    }
}

/// Returns the code of an entry from its payload. Its length is the one that the entry states.
///
/// # Errors
///
/// If the entry is compressed in an unknown way or states more than [`MAX_UNCOMPRESSED`], if the payload is
/// damaged, and if there is no memory.
pub fn decompress<'a>(entry: &Entry, payload: &'a [u8]) -> Result<Cow<'a, [u8]>, DecompressError> {
    let expected = entry.uncompressed_len;
    if expected > MAX_UNCOMPRESSED {
        return Err(DecompressError::TooLong(expected));
    }
    let damaged = || DecompressError::Damaged { expected };
    let len = usize::try_from(expected).map_err(|_| DecompressError::TooLong(expected))?;
    if entry.compression == Compression::None {
        return payload.get(..len).map(Cow::Borrowed).ok_or_else(damaged);
    }
    match entry.compression {
        Compression::Lz4 => lz4(payload, len)?,
        Compression::Zstd => zstd(payload, len)?,
        Compression::None | Compression::Zlib | Compression::Unknown => {
            return Err(DecompressError::Unknown);
        }
    }
    .map(Cow::Owned)
    .ok_or_else(damaged)
}

/// Returns `len` bytes from an LZ4 block; `None` if it is damaged.
fn lz4(payload: &[u8], len: usize) -> Result<Option<Vec<u8>>, OutOfMemory> {
    if len > payload.len().saturating_mul(MAX_LZ4_RATIO) {
        return Ok(None);
    }
    let mut code = memory::with_room(len)?;
    code.resize(len, 0);
    let written = lz4_flex::block::decompress_into(payload, &mut code);
    Ok(written.is_ok_and(|written| written == len).then_some(code))
}

/// Returns `len` bytes from a zstd frame; `None` if it is damaged. Memory grows with the bytes that are
/// there, not with the length that is claimed.
fn zstd(payload: &[u8], len: usize) -> Result<Option<Vec<u8>>, OutOfMemory> {
    let Ok(mut decoder) = StreamingDecoder::new(payload) else { return Ok(None) };
    let (mut code, mut step) = (Vec::new(), vec![0; STEP]);
    loop {
        let Ok(read) = decoder.read(&mut step) else { return Ok(None) };
        if read == 0 {
            return Ok((code.len() == len).then_some(code));
        }
        if code.len() + read > len {
            return Ok(None);
        }
        memory::append(&mut code, &step[..read])?;
    }
}

/// Returns the content of the first block of a zstd frame whose end may be missing: up to 128 KiB. A decoder
/// keeps a whole window before it returns anything, so it gets a frame of this block alone.
pub(super) fn first_zstd_block(frame: &[u8]) -> Option<Vec<u8>> {
    // RFC 8878, 3.1.1: the magic number, a descriptor, and fields that it gives the lengths of.
    let descriptor = *frame.get(4)?;
    let is_single_segment = descriptor & 0x20 != 0;
    let window = usize::from(!is_single_segment);
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let content_size = [usize::from(is_single_segment), 2, 4, 8][usize::from(descriptor >> 6)];
    let block = frame.get(5 + window + dictionary + content_size..)?;
    let &[low, middle, high] = block.first_chunk()?;
    let header = u32::from_le_bytes([low, middle, high, 0]);
    let len = if header >> 1 & 3 == RLE_BLOCK { 1 } else { header >> 3 };
    let block = block.get(3..3 + usize::try_from(len).ok()?)?;
    let mut alone = frame.get(..4)?.to_vec();
    alone.extend([0, WINDOW_128_KIB, low | LAST_BLOCK, middle, high]);
    alone.extend(block);
    let mut content = vec![0; STEP];
    let len = FrameDecoder::new().decode_all(&alone, &mut content).ok()?;
    content.truncate(len);
    Some(content)
}
