//! The format of HIP's bundles of code objects: `ClangOffloadBundler` in Clang's documentation.
//!
//! A bundle begins with `__CLANG_OFFLOAD_BUNDLE__` and the number of its targets; then each target's offset
//! in the bundle, length and name. A compressed bundle begins with `CCOB` and holds a whole bundle. All
//! numbers are little-endian.

use std::ops::{ControlFlow, Range};

use super::decompress::first_zstd_block;
use super::fat_binary::number;
use super::{Architecture, Compression, Entry, Kind};
use crate::deflate::Inflater;

/// The magic text of a bundle.
pub(super) const MAGIC: &[u8; 24] = b"__CLANG_OFFLOAD_BUNDLE__";

/// Length of the magic text and the number of targets in bytes.
pub(super) const HEADER_LEN: usize = 32;

/// Length of a target's offset, length and length of name in bytes.
pub(super) const TARGET_LEN: usize = 24;

/// The magic text of a compressed bundle.
pub(super) const COMPRESSED_MAGIC: &[u8; 4] = b"CCOB";

/// Bytes that are read of a compressed bundle's header, whatever its version, and of the data behind it.
pub(super) const COMPRESSED_HEADER_LEN: usize = 36;

/// Bytes of a compressed bundle that hold the targets: a header, and a zstd block of at most 128 KiB.
pub(super) const PREFIX_LEN: usize = 129 << 10;

/// Maximum length of the list of targets in bytes.
const MAX_LIST: usize = 128 << 10;

/// Maximum number of targets of a bundle.
const MAX_TARGETS: u64 = 1024;

/// Maximum length of a target's name in bytes.
const MAX_NAME: u64 = 512;

/// The target of SPIR-V, which the runtime compiles for every GPU.
pub(super) const SPIRV: &str = "amdgcnspirv";

const ZSTD_MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

/// The first byte of a zlib stream with a window of 32 KiB.
const ZLIB_MAGIC: u8 = 0x78;

/// A target of a bundle, as its list has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListedTarget {
    /// Its byte range in the bundle.
    pub(super) range: Range<u64>,
    /// What it runs on; `None` for code of the host, which bundles hold no bytes of.
    pub(super) architecture: Option<Architecture>,
}

/// Returns the number of targets from a bundle's header.
pub(super) fn count(header: &[u8]) -> Option<u64> {
    let count = number::<8>(header, MAGIC.len())?;
    (header.starts_with(MAGIC) && (1..=MAX_TARGETS).contains(&count)).then_some(count)
}

/// Returns the length of a target's name.
pub(super) fn name_len(target: &[u8]) -> Option<usize> {
    let len = number::<8>(target, 16)?;
    (1..=MAX_NAME).contains(&len).then(|| usize::try_from(len).ok())?
}

/// Parses a target with its name.
pub(super) fn target(bytes: &[u8]) -> Option<ListedTarget> {
    let (offset, len) = (number::<8>(bytes, 0)?, number::<8>(bytes, 8)?);
    let name = bytes.get(TARGET_LEN..TARGET_LEN + name_len(bytes)?)?;
    let name = std::str::from_utf8(name).ok()?;
    let is_text = name.bytes().all(|byte| byte.is_ascii_graphic());
    let (kind, _) = name.split_once('-').filter(|_| is_text)?;
    let architecture = (kind != "host").then(|| Architecture::Amd(target_id(name).into()));
    Some(ListedTarget { range: offset..offset.checked_add(len)?, architecture })
}

/// Returns the target ID in an entry's name, such as `hipv4-amdgcn-amd-amdhsa--gfx90a:xnack-`: what is behind the
/// triple. All of a name without one.
fn target_id(name: &str) -> &str {
    let spirv = name.ends_with(SPIRV).then_some(SPIRV);
    spirv.or_else(|| name.get(name.find("gfx")?..)).unwrap_or(name)
}

/// Returns all targets from the start of a bundle.
fn targets(mut bytes: &[u8]) -> Option<Vec<ListedTarget>> {
    let count = count(bytes)?;
    bytes = bytes.get(HEADER_LEN..)?;
    let mut targets = Vec::new();
    for _ in 0..count {
        targets.push(target(bytes)?);
        bytes = bytes.get(TARGET_LEN + name_len(bytes)?..)?;
    }
    Some(targets)
}

/// Returns the entry of a target in a bundle at this offset of the file; `None` for code of the host.
pub(super) fn entry(target: ListedTarget, bundle: u64) -> Option<Entry> {
    let len = target.range.end - target.range.start;
    let offset = bundle.checked_add(target.range.start)?;
    Some(Entry {
        kind: Kind::Hip,
        architecture: target.architecture?,
        compression: Compression::None,
        offset,
        header_len: 0,
        payload_offset: offset,
        compressed_len: len,
        padded_len: len,
        uncompressed_len: len,
        name: None,
    })
}

/// The header of a compressed bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Compressed {
    /// Length of this header in bytes.
    pub(super) header_len: u64,
    /// Length of all of it in bytes.
    pub(super) len: u64,
    /// Length of the bundle in it in bytes.
    pub(super) uncompressed_len: u64,
    pub(super) compression: Compression,
}

impl Compressed {
    /// Returns the header with these lengths and the hash of the bundle in it, from an old header; `None` if a length
    /// does not fit. `hash` is MD5; the header has its first 8 bytes.
    pub(super) fn written_over(self, old: &[u8], hash: &[u8]) -> Option<Vec<u8>> {
        let mut header = old.to_vec();
        let lens = [self.len, self.uncompressed_len];
        let lens: Vec<u8> = match number::<2>(old, 4)? {
            2 => {
                let lens = lens.map(u32::try_from);
                let [Ok(len), Ok(uncompressed_len)] = lens else { return None };
                [len, uncompressed_len].into_iter().flat_map(u32::to_le_bytes).collect()
            }
            _ => lens.into_iter().flat_map(u64::to_le_bytes).collect(),
        };
        header.get_mut(8..8 + lens.len())?.copy_from_slice(&lens);
        header.get_mut(8 + lens.len()..)?.copy_from_slice(hash.get(..8)?);
        Some(header)
    }
}

/// Parses the header of a compressed bundle of version 2 or 3. Version 1 states no length.
pub(super) fn compressed(header: &[u8]) -> Option<Compressed> {
    if !header.starts_with(COMPRESSED_MAGIC) {
        return None;
    }
    let (header_len, len, uncompressed_len) = match number::<2>(header, 4)? {
        2 => (24, number::<4>(header, 8)?, number::<4>(header, 12)?),
        3 => (32, number::<8>(header, 8)?, number::<8>(header, 16)?),
        _ => return None,
    };
    let data = header.get(header_len..)?;
    let compression = match number::<2>(header, 6)? {
        0 if data.first() == Some(&ZLIB_MAGIC) => Compression::Zlib,
        1 if data.starts_with(&ZSTD_MAGIC) => Compression::Zstd,
        _ => return None,
    };
    let header_len = header_len as u64;
    let is_valid = len >= COMPRESSED_HEADER_LEN as u64;
    is_valid.then_some(Compressed { header_len, len, uncompressed_len, compression })
}

/// Returns the entries of a compressed bundle at this offset of the file. `bytes` are its first ones. The
/// entries share the header and the compressed data in proportion to their uncompressed lengths, so that the sum
/// is the bundle's length.
pub(super) fn compressed_entries(
    header: Compressed,
    bytes: &[u8],
    offset: u64,
) -> Option<Vec<Entry>> {
    let data = bytes.get(usize::try_from(header.header_len).ok()?..)?;
    let list = match header.compression {
        Compression::Zstd => first_zstd_block(data)?,
        _ => zlib_prefix(data, MAX_LIST),
    };
    let targets = targets(&list)?;
    let is_inside = |target: &ListedTarget| target.range.end <= header.uncompressed_len;
    if !targets.iter().all(is_inside) {
        return None;
    }
    let mut entries: Vec<Entry> =
        targets.into_iter().filter_map(|target| entry(target, offset)).collect();
    let lens = entries.iter().map(|entry| u128::from(entry.uncompressed_len));
    let total = lens.sum::<u128>().max(1);
    let (mut before, mut given) = (0, 0);
    for entry in &mut entries {
        before += u128::from(entry.uncompressed_len);
        let until = u64::try_from(u128::from(header.len) * before / total).ok()?;
        entry.compressed_len = until - given;
        entry.padded_len = until - given;
        given = until;
        (entry.offset, entry.payload_offset) = (offset, offset + header.header_len);
        entry.compression = header.compression;
    }
    Some(entries)
}

/// Returns about `len` bytes of the start of a zlib stream whose end may be missing.
fn zlib_prefix(stream: &[u8], len: usize) -> Vec<u8> {
    let mut prefix = Vec::new();
    let deflated = stream.get(2..).unwrap_or_default();
    // The end is missing, so this is an error that says nothing.
    let _ = Inflater::new().inflate(deflated, HEADER_LEN, |piece| {
        prefix.extend_from_slice(piece);
        if prefix.len() < len { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    prefix
}
