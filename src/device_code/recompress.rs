//! Compresses entries of fat binaries with zstd, as `nvcc --compress-mode=size` does: the same header fields, one frame
//! with its content's length and without a checksum, a window of at most 8 MiB.

use super::{Compression, DecompressError, Entry, Kind, MAX_UNCOMPRESSED, decompress, fat_binary};
use crate::memory;

/// The level of zstd at which the libraries of tests are byte for byte those of nvcc's mode `size`. `.cargo/config.toml`
/// leaves out what only other levels need.
const LEVEL: i32 = 19;

/// Returns whether an entry of a fat binary may get smaller: machine code or PTX that is not encrypted.
#[must_use]
pub fn is_recompressible(entry: &Entry) -> bool {
    entry.header_len > 0
        && matches!(entry.kind, Kind::Cubin | Kind::Ptx)
        && matches!(entry.compression, Compression::None | Compression::Lz4 | Compression::Zstd)
        && entry.uncompressed_len <= MAX_UNCOMPRESSED
}

/// Returns an entry with a zstd frame as its payload, from all bytes of the old one; `None` if it would not be shorter.
/// The frame is decompressed again and compared.
///
/// # Errors
///
/// Those of [`decompress`], also if the new frame is not read as the old payload.
pub fn recompress(entry: &Entry, bytes: &[u8]) -> Result<Option<Vec<u8>>, DecompressError> {
    let damaged = || DecompressError::Damaged { expected: entry.uncompressed_len };
    let header_len = usize::try_from(entry.header_len).map_err(|_| damaged())?;
    let payload_end = usize::try_from(entry.compressed_len).map_err(|_| damaged())?;
    let (header, payload) = bytes.split_at_checked(header_len).ok_or_else(damaged)?;
    let payload = payload.get(..payload_end).ok_or_else(damaged)?;
    let payload = decompress(entry, payload)?;
    let code = match (entry.kind, entry.compression) {
        (Kind::Ptx, Compression::None) => without_padding(&payload),
        _ => &*payload,
    };
    let frame = zstd::bulk::compress(code, LEVEL)
        .map_err(|_| memory::OutOfMemory(zstd::zstd_safe::compress_bound(code.len())))?;
    let Ok(compressed_len) = u32::try_from(frame.len()) else { return Ok(None) };
    let padded_len = frame.len().next_multiple_of(8);
    if padded_len as u64 >= entry.padded_len {
        return Ok(None);
    }
    let lens = fat_binary::PayloadLens {
        padded: padded_len as u64,
        compressed: compressed_len,
        uncompressed: code.len() as u64,
    };
    let mut new = memory::with_room(header_len + padded_len)?;
    new.extend_from_slice(&fat_binary::with_zstd(header, lens).ok_or_else(damaged)?);
    new.extend_from_slice(&frame);
    new.resize(header_len + padded_len, 0);
    let uncompressed_len = code.len() as u64;
    let new_entry = Entry { compression: Compression::Zstd, uncompressed_len, ..entry.clone() };
    if *decompress(&new_entry, &frame)? != *code {
        return Err(damaged());
    }
    Ok(Some(new))
}

/// Returns PTX without the zeros behind the one that ends it: uncompressed PTX states no length.
fn without_padding(ptx: &[u8]) -> &[u8] {
    let end = ptx.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 2);
    ptx.get(..end).unwrap_or(ptx)
}

#[cfg(test)]
mod tests {
    use super::super::crafted::{LZ4, container, crafted, entry_bytes};
    use super::super::{DeviceCode, NoPayloads, Scanner};
    use super::*;

    fn scan(bytes: &[u8]) -> DeviceCode {
        let mut scanner = Scanner::new(&(0..bytes.len() as u64), NoPayloads);
        scanner.feed(bytes);
        scanner.finish().0
    }

    #[test]
    fn only_lengths_and_flags_of_the_header_change() {
        let text: Vec<u8> = (0..20_001_u32).map(|at| (at / 7 % 50) as u8).collect();
        let block = lz4_flex::block::compress(&text);
        for (flags, payload) in [(LZ4, block.as_slice()), (0, &text)] {
            let crafted = crafted(2, 90, flags | 0x10_0011, payload, text.len() as u64);
            let old = entry_bytes(&crafted);
            let code = scan(&container(&[crafted]));
            let entry = code.entries().next().unwrap();
            assert!(is_recompressible(entry));
            let new = recompress(entry, &old).unwrap().unwrap();
            let len = (new.len() as u64).to_le_bytes();
            let code = scan(&[&fat_binary::MAGIC[..], &len, &new].concat());
            let found = code.entries().next().unwrap();
            assert_eq!(found.compression, Compression::Zstd);
            assert_eq!(found.architecture_name(), "sm_90a");
            let start = usize::try_from(found.header_len).unwrap();
            let len = usize::try_from(found.compressed_len).unwrap();
            assert_eq!(decompress(found, &new[start..start + len]).unwrap()[..text.len()], text);
            for at in (0..start).filter(|at| !matches!(at, 8..20 | 41 | 56..64)) {
                assert_eq!(new[at], old[at], "{at}");
            }
            assert_eq!(u32::from(new[41]), 0x80, "{flags}");
            assert!(new.len() < old.len() && recompress(found, &new).unwrap().is_none());
        }
    }

    #[test]
    fn what_does_not_shrink_stays() {
        let noise: Vec<u8> =
            (0..99_u8).flat_map(|seed| *blake3::hash(&[seed]).as_bytes()).collect();
        let crafted_old = crafted(2, 90, 0x11, &noise, 0);
        let old = entry_bytes(&crafted_old);
        let code = scan(&container(&[crafted_old]));
        let entry = code.entries().next().unwrap();
        assert!(recompress(entry, &old).unwrap().is_none());
        assert!(recompress(entry, &old[..100]).is_err());
        let crafted_damaged = crafted(2, 90, LZ4, &noise, 9000);
        let damaged = entry_bytes(&crafted_damaged);
        let code = scan(&container(&[crafted_damaged]));
        assert!(recompress(code.entries().next().unwrap(), &damaged).is_err());
    }
}
