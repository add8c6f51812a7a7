//! Takes targets out of a compressed bundle of HIP: the bundle in it is edited and compressed again. The new one is not
//! longer than the old one, so it fits in its place. With zstd a frame that decoders skip makes it as long as the old one.

use std::borrow::Cow;
use std::io::Read as _;

use md5::{Digest as _, Md5};
use thiserror::Error;

use super::bundle::{self, Compressed};
use super::{CodeEdit, Compression, Container, ContainerFate, DeviceCode, Fate, Form};
use super::{DecompressError, MAX_UNCOMPRESSED, NoPayloads, Scanner};
use crate::error::Diagnose;
use crate::memory::{self, OutOfMemory};

/// Levels of zstd, of which the first is taken that makes the bundle fit. Clang's is 3, with long-distance matching.
/// `docs/slim.md` has the sizes and times. `.cargo/config.toml` leaves out what only other levels need.
const ZSTD_LEVELS: [i32; 2] = [3, 19];

/// The level of zlib: libdeflate's best.
const ZLIB_LEVEL: i32 = 12;

/// The base 2 logarithm of the longest window of zstd that is read: that of [`MAX_UNCOMPRESSED`].
const MAX_WINDOW_LOG: u32 = 30;

/// A DEFLATE stream has at most 1032 bytes of output for each byte of input.
const MAX_ZLIB_RATIO: usize = 1032;

/// The magic number of a zstd frame that decoders skip.
const SKIPPABLE_MAGIC: [u8; 4] = [0x50, 0x2A, 0x4D, 0x18];

/// Length of its header in bytes.
const SKIPPABLE_HEADER_LEN: u64 = 8;

/// Bytes that are decompressed at a time.
const STEP: usize = 128 << 10;

/// A compressed bundle that cannot be written again.
#[derive(Debug, Error)]
pub enum RebundleError {
    /// It cannot be decompressed, or its list is not what its first bytes said.
    #[error(transparent)]
    Decompress(#[from] DecompressError),
    /// It would be longer than before.
    #[error(
        "expected at most {room} bytes for the compressed bundle without some targets, found {found}"
    )]
    Room {
        /// The length of the old bundle in bytes.
        room: u64,
        /// The length of the new one in bytes.
        found: u64,
    },
}

impl Diagnose for RebundleError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Decompress(source) => source.hint(),
            Self::Room { .. } => Some("build the library for fewer targets".into()),
        }
    }
}

impl From<OutOfMemory> for RebundleError {
    fn from(error: OutOfMemory) -> Self {
        Self::Decompress(error.into())
    }
}

/// Returns a compressed bundle without some of its entries, from all bytes of the old one. `kept` has a flag for each
/// entry. Offsets of what stays are the old ones; the bundle ends behind the last code that stays. The new bundle is
/// decompressed again and compared.
///
/// # Errors
///
/// If the bundle cannot be read, if the new one is longer, and if there is no memory.
pub fn rebundle(
    container: &Container,
    bytes: &[u8],
    kept: &[bool],
) -> Result<Vec<u8>, RebundleError> {
    let damaged = |expected| RebundleError::from(DecompressError::Damaged { expected });
    let header = bundle::compressed(bytes).ok_or_else(|| damaged(0))?;
    let damaged = || damaged(header.uncompressed_len);
    let (Ok(start), Ok(end)) = (usize::try_from(header.header_len), usize::try_from(header.len))
    else {
        return Err(damaged());
    };
    let payload = bytes.get(start..end).ok_or_else(damaged)?;
    let content = decompressed(header, payload)?;
    let new = edited(container, &content, kept).ok_or_else(damaged)?;
    drop(content);
    let levels: &[i32] = match header.compression {
        Compression::Zlib => &[ZLIB_LEVEL],
        _ => &ZSTD_LEVELS,
    };
    let mut found = 0;
    for &level in levels {
        let mut payload = compressed(header.compression, level, &new)?;
        let len = header.header_len + payload.len() as u64;
        if len > header.len {
            found = len;
            continue;
        }
        if header.compression == Compression::Zstd {
            memory::append(&mut payload, &skippable_frame(header.len - len))?;
        }
        let len = header.header_len + payload.len() as u64;
        let new_header = Compressed { len, uncompressed_len: new.len() as u64, ..header };
        if decompressed(new_header, &payload)? != new {
            return Err(damaged());
        }
        let mut whole = memory::with_room(start + payload.len())?;
        let hash = Md5::digest(&new);
        let head = bytes.get(..start).and_then(|head| new_header.written_over(head, &hash));
        whole.extend_from_slice(&head.ok_or_else(damaged)?);
        whole.extend_from_slice(&payload);
        return Ok(whole);
    }
    Err(RebundleError::Room { room: header.len, found })
}

/// Returns a bundle without some entries, up to its last code.
fn edited(container: &Container, content: &[u8], kept: &[bool]) -> Option<Vec<u8>> {
    let code = scan(content);
    let found = code.containers.first()?;
    let is_same = found.form == Form::Bundle
        && found.range.start == 0
        && found.entries.len() == kept.len()
        && found.entries.iter().zip(&container.entries).all(|(found, listed)| {
            found.architecture == listed.architecture
                && found.uncompressed_len == listed.uncompressed_len
        });
    if !is_same || container.entries.len() != kept.len() {
        return None;
    }
    let fate = |is_kept: &bool| if *is_kept { Fate::Kept } else { Fate::Removed };
    let mut is_first = true;
    let edit = CodeEdit::new(&code, |_| {
        let fates = kept.iter().filter(|_| is_first).map(fate).collect();
        is_first = false;
        ContainerFate::Entries(fates)
    });
    let mut stays = kept.iter();
    let ends = found.targets.iter().map(|target| {
        let stays = !target.is_entry || stays.next() == Some(&true);
        if stays { target.code.end } else { target.header.end }
    });
    let end = usize::try_from(ends.max()?).ok()?.min(content.len());
    let mut new = edit.apply(content, &[]);
    new.truncate(end);
    Some(new)
}

fn scan(content: &[u8]) -> DeviceCode {
    let mut scanner = Scanner::new(&(0..content.len() as u64), NoPayloads);
    scanner.feed(content);
    scanner.finish().0
}

/// Returns the bundle in a compressed one.
fn decompressed(header: Compressed, payload: &[u8]) -> Result<Vec<u8>, RebundleError> {
    let expected = header.uncompressed_len;
    let len = usize::try_from(expected).unwrap_or(usize::MAX);
    if expected > MAX_UNCOMPRESSED {
        return Err(DecompressError::TooLong(expected).into());
    }
    let content = match header.compression {
        Compression::Zlib => zlib(payload, len)?,
        _ => zstd(payload, len)?,
    };
    content.ok_or_else(|| DecompressError::Damaged { expected }.into())
}

/// Returns `len` bytes from a zlib stream; `None` if it is damaged.
fn zlib(payload: &[u8], len: usize) -> Result<Option<Vec<u8>>, OutOfMemory> {
    if len > payload.len().saturating_mul(MAX_ZLIB_RATIO) {
        return Ok(None);
    }
    let mut content = memory::with_room(len)?;
    content.resize(len, 0);
    let written = libdeflater::Decompressor::new().zlib_decompress(payload, &mut content);
    Ok(written.is_ok_and(|written| written == len).then_some(content))
}

/// Returns `len` bytes from a zstd frame; `None` if it is damaged. Memory grows with the bytes that are there.
fn zstd(payload: &[u8], len: usize) -> Result<Option<Vec<u8>>, OutOfMemory> {
    let Ok(decoder) = zstd::stream::read::Decoder::with_buffer(payload) else { return Ok(None) };
    let mut decoder = decoder.single_frame();
    if decoder.window_log_max(MAX_WINDOW_LOG).is_err() {
        return Ok(None);
    }
    let (mut content, mut step) = (Vec::new(), vec![0; STEP]);
    loop {
        let Ok(read) = decoder.read(&mut step) else { return Ok(None) };
        if read == 0 {
            return Ok((content.len() == len).then_some(content));
        }
        if content.len() + read > len {
            return Ok(None);
        }
        memory::append(&mut content, &step[..read])?;
    }
}

/// Returns a frame of this length that decoders of zstd skip (RFC 8878, 3.1.2), or nothing if it does not fit. Clang's
/// readers before LLVM 23 decompress all that is behind the header, and take no zeros behind a frame.
fn skippable_frame(len: u64) -> Vec<u8> {
    let content = len.checked_sub(SKIPPABLE_HEADER_LEN).and_then(|it| u32::try_from(it).ok());
    let Some(content) = content else { return Vec::new() };
    let mut frame = SKIPPABLE_MAGIC.to_vec();
    frame.extend(content.to_le_bytes());
    frame.resize(frame.len() + usize::try_from(content).unwrap_or(0), 0);
    frame
}

/// Compresses a bundle.
fn compressed(
    compression: Compression,
    level: i32,
    content: &[u8],
) -> Result<Vec<u8>, OutOfMemory> {
    if compression == Compression::Zlib {
        let level = libdeflater::CompressionLvl::new(level).unwrap_or_default();
        let mut compressor = libdeflater::Compressor::new(level);
        let mut compressed = memory::with_room(0)?;
        memory::grow(&mut compressed, compressor.zlib_compress_bound(content.len()))?;
        let written = compressor.zlib_compress(content, &mut compressed);
        compressed.truncate(written.unwrap_or(0));
        return Ok(compressed);
    }
    let out_of_memory = |_| OutOfMemory(zstd::zstd_safe::compress_bound(content.len()));
    let mut compressor = zstd::bulk::Compressor::new(level).map_err(out_of_memory)?;
    compressor.long_distance_matching(true).map_err(out_of_memory)?;
    compressor.compress(content).map_err(out_of_memory)
}

#[cfg(test)]
mod tests {
    use super::super::crafted::{bundle, compressed as crafted};
    use super::*;

    const HOST: &str = "host-x86_64-unknown-linux-gnu-";
    const TARGETS: [&str; 3] = [
        "hipv4-amdgcn-amd-amdhsa--gfx90a:sramecc+:xnack-",
        "hipv4-amdgcn-amd-amdhsa--gfx1100",
        "hipv4-amdgcn-amd-amdhsa--gfx942",
    ];

    fn content() -> Vec<u8> {
        let codes: Vec<Vec<u8>> = (1..4_u8)
            .map(|seed| {
                let hashes = (0..40_u8).flat_map(|at| *blake3::hash(&[seed, at]).as_bytes());
                hashes.collect()
            })
            .collect();
        let [first, second, third] = [&codes[0][..], &codes[1], &codes[2]];
        bundle(&[(HOST, b""), (TARGETS[0], first), (TARGETS[1], second), (TARGETS[2], third)])
    }

    #[test]
    fn kept_code_keeps_its_offsets() {
        let content = content();
        let old_code = scan(&content);
        for (version, is_zstd) in [(2, false), (2, true), (3, false), (3, true)] {
            let old = crafted(version, is_zstd, &content);
            for kept in [[true, false, true], [false, true, false], [false, false, false]] {
                let case = format!("{version} {is_zstd} {kept:?}");
                let container = scan(&old).containers.remove(0);
                let new = rebundle(&container, &old, &kept).unwrap();
                assert_eq!(new.len() == old.len(), is_zstd, "{case}");
                assert!(new.len() <= old.len(), "{case}");
                let header = bundle::compressed(&new).unwrap();
                assert_eq!(header.len, new.len() as u64, "{case}");
                let start = usize::try_from(header.header_len).unwrap();
                let inner = decompressed(header, &new[start..]).unwrap();
                assert_eq!(new[start - 8..start], Md5::digest(&inner)[..8], "{case}");
                let code = scan(&inner);
                let found: Vec<_> = code.entries().cloned().collect();
                let expected = old_code.entries().zip(kept).filter(|it| it.1);
                let expected: Vec<_> = expected.map(|it| it.0.clone()).collect();
                assert_eq!(found, expected, "{case}");
                for entry in found {
                    let range = usize::try_from(entry.offset).unwrap()
                        ..usize::try_from(entry.offset + entry.padded_len).unwrap();
                    assert_eq!(inner[range.clone()], content[range], "{case}");
                }
                let zeros = inner.len() - inner.iter().filter(|&&byte| byte != 0).count();
                assert!(zeros > 3000, "{case}");
            }
        }
    }

    #[test]
    fn bundles_that_lie_are_damaged() {
        let content = content();
        let old = crafted(3, true, &content);
        let container = scan(&old).containers.remove(0);
        let all = [true, false, true];
        let error = |bytes: &[u8], kept: &[bool]| {
            rebundle(&container, bytes, kept).unwrap_err().to_string()
        };
        let text = "the compressed device code is damaged: expected ";
        for (at, value) in [(16, 9), (8, 0xFF), (60, 0xFF), (4200, 1)] {
            let mut bytes = old.clone();
            bytes[at] ^= value;
            let found = rebundle(&container, &bytes, &all);
            let is_code = at == 4200;
            assert_eq!(found.is_ok(), is_code, "{at}");
        }
        assert!(error(&old[..old.len() - 9], &all).starts_with(text));
        assert!(error(&old, &[true]).starts_with(text));
        assert!(error(b"", &all).starts_with(text));
        let mut bomb = old.clone();
        bomb[16..24].copy_from_slice(&(1_u64 << 40).to_le_bytes());
        assert!(error(&bomb, &all).starts_with("expected at most 1073741824 bytes"));
    }
}
