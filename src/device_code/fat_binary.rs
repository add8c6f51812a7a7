//! The format of CUDA's fat binaries, as measured: NVIDIA does not document it.
//!
//! A container is in `.nv_fatbin`, in `__nv_relfatbin` or in other data: a header of 16 bytes and entries
//! back to back. All numbers are little-endian.
//!
//! | at | bytes | header of a container |
//! |--:|--:|---|
//! | 0 | 4 | magic number `0xBA55ED50` |
//! | 4 | 2 | version: 1 |
//! | 6 | 2 | length of this header: 16 |
//! | 8 | 8 | length of all entries |
//!
//! | at | bytes | header of an entry |
//! |--:|--:|---|
//! | 0 | 2 | kind: 1 PTX, 2 cubin, 8 LTO IR |
//! | 2 | 2 | version: `0x0101` |
//! | 4 | 4 | length of this header, at least 64 |
//! | 8 | 8 | length of the payload, with padding |
//! | 16 | 4 | length of the payload, without; 0 if it is not compressed |
//! | 20 | 4 | offset of options in this header, or 0 |
//! | 24 | 4 | version of the kind: minor, major |
//! | 28 | 4 | architecture: 90 for `sm_90` |
//! | 32 | 8 | offset of the name in this header, and its length |
//! | 40 | 8 | flags |
//! | 56 | 8 | length of the code; 0 if it is not compressed |

use std::ops::Range;

use super::{Architecture, Compression, Entry, Kind, Suffix};

/// The magic number, the version and the header's length.
pub(super) const MAGIC: [u8; 8] = [0x50, 0xED, 0x55, 0xBA, 1, 0, 16, 0];

/// Length of a container's header in bytes.
pub(super) const HEADER_LEN: usize = 16;

/// Offset of the length of all entries in a container's header.
pub(super) const LEN_OFFSET: usize = 8;

/// Length of the fixed part of an entry's header in bytes.
pub(super) const ENTRY_LEN: usize = 64;

/// Maximum length of an entry's header in bytes. The longest that was seen has 144.
const MAX_ENTRY_HEADER: u32 = 64 << 10;

/// Architectures above this number are no architectures.
const MAX_ARCHITECTURE: u32 = 9999;

const ENTRY_VERSION: u16 = 0x0101;

const FLAG_LZ4: u64 = 0x2000;
const FLAG_ZSTD: u64 = 0x8000;
/// Set on LTO IR, whose payload is no zstd frame though `FLAG_ZSTD` is set.
const FLAG_ENCRYPTED: u64 = 0x1_0000;
const FLAG_EXACT: u64 = 0x10_0000;
const FLAG_FAMILY: u64 = 0x20_0000;

/// Returns the little-endian number at an offset of a header.
pub(super) fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<u64> {
    let field: &[u8; N] = bytes.get(at..)?.first_chunk()?;
    Some(field.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    u32::try_from(number::<4>(bytes, at)?).ok()
}

/// Lengths of a compressed payload, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PayloadLens {
    /// Of the payload with padding.
    pub(super) padded: u64,
    /// Of the payload without.
    pub(super) compressed: u32,
    /// Of the code.
    pub(super) uncompressed: u64,
}

/// Returns the header of an entry whose payload is a zstd frame of these lengths, from its old header. nvcc's headers
/// differ in these fields alone.
pub(super) fn with_zstd(header: &[u8], lens: PayloadLens) -> Option<Vec<u8>> {
    let flags = number::<8>(header, 40)? & !FLAG_LZ4 | FLAG_ZSTD;
    let mut header = header.to_vec();
    let mut put = |at: usize, bytes: &[u8]| {
        header.get_mut(at..at + bytes.len()).map(|field| field.copy_from_slice(bytes))
    };
    put(8, &lens.padded.to_le_bytes())?;
    put(16, &lens.compressed.to_le_bytes())?;
    put(40, &flags.to_le_bytes())?;
    put(56, &lens.uncompressed.to_le_bytes())?;
    Some(header)
}

/// Returns the length of all entries from a container's header.
pub(super) fn body_len(header: &[u8]) -> Option<u64> {
    number::<8>(header, LEN_OFFSET)
}

/// Parses the fixed part of an entry's header. `offset` is that of the header in the file, `room` the number
/// of bytes to the end of the container. Returns the entry and the range of its name in the header.
pub(super) fn entry(header: &[u8], offset: u64, room: u64) -> Option<(Entry, Range<usize>)> {
    let kind = u16::try_from(number::<2>(header, 0)?).ok()?;
    let version = u16::try_from(number::<2>(header, 2)?).ok()?;
    let header_len = word(header, 4)?;
    let padded_len = number::<8>(header, 8)?;
    let compressed_len = u64::from(word(header, 16)?);
    let architecture = word(header, 28)?;
    let (name_start, name_len) = (word(header, 32)?, word(header, 36)?);
    let flags = number::<8>(header, 40)?;
    let uncompressed_len = number::<8>(header, 56)?;

    let has_valid_header = kind != 0
        && version == ENTRY_VERSION
        && (64..=MAX_ENTRY_HEADER).contains(&header_len)
        && header_len.is_multiple_of(8)
        && architecture <= MAX_ARCHITECTURE;
    let has_valid_lengths = u64::from(header_len).checked_add(padded_len)? <= room
        && padded_len.is_multiple_of(8)
        && compressed_len <= padded_len;
    if !has_valid_header || !has_valid_lengths {
        return None;
    }
    let name = name_start as usize..(name_start as usize).saturating_add(name_len as usize);
    let has_name = name_len > 0 && name_start >= 64 && name.end <= header_len as usize;
    let compression = match (flags & FLAG_LZ4 != 0, flags & FLAG_ZSTD != 0) {
        _ if flags & FLAG_ENCRYPTED != 0 => Compression::Unknown,
        (false, false) => Compression::None,
        (true, false) => Compression::Lz4,
        (false, true) => Compression::Zstd,
        (true, true) => Compression::Unknown,
    };
    let or_padded = |len: u64| if len == 0 { padded_len } else { len };
    let entry = Entry {
        kind: match kind {
            1 => Kind::Ptx,
            2 => Kind::Cubin,
            8 => Kind::LtoIr,
            other => Kind::Other(other),
        },
        architecture: Architecture::Cuda {
            number: architecture,
            suffix: match (flags & FLAG_EXACT != 0, flags & FLAG_FAMILY != 0) {
                (true, _) => Suffix::Exact,
                (false, true) => Suffix::Family,
                (false, false) => Suffix::None,
            },
        },
        compression,
        offset,
        header_len: header_len.into(),
        payload_offset: offset + u64::from(header_len),
        compressed_len: or_padded(compressed_len),
        padded_len,
        uncompressed_len: or_padded(uncompressed_len),
        name: None,
    };
    Some((entry, if has_name { name } else { 0..0 }))
}
