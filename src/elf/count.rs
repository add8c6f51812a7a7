//! The number of dynamic symbols. No field holds it; it follows from the hash tables.

use object::elf::{self, GnuHashHeader, HashHeader};
use object::{Endianness, U32, U64, pod};

use super::segments::TableLocation;
use super::sparse::Reader;
use super::{Class, ElfError, Platform, Unfinished};

/// Entries of a hash chain that are read at a time.
const STEP: u64 = 64 << 10;

/// Maximum number of bytes that are prefetched from a table.
const PREFETCH_LEN: u64 = 16 << 20;

/// The hash tables, which give the number of symbols.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hashes {
    pub(super) hash: Option<TableLocation>,
    pub(super) gnu_hash: Option<TableLocation>,
    /// Bytes of an entry of `hash`: 4, or 8 on 64-bit IBM Z and Alpha.
    pub(super) hash_word: u64,
}

/// Returns the number of bytes of a word in the table of `DT_HASH`.
pub(super) fn hash_word(platform: &Platform) -> u64 {
    let is_wide = matches!(elf::Machine(platform.e_machine), elf::EM_S390 | elf::EM_ALPHA);
    if is_wide && platform.class == Class::Elf64 { 8 } else { 4 }
}

impl Hashes {
    /// Prefetches the tables.
    pub(super) fn prefetch(self, reader: &mut Reader<'_>) {
        if let Some(hash) = self.hash {
            reader.prefetch(hash.first(2 * self.hash_word));
        } else if let Some(hash) = self.gnu_hash {
            reader.prefetch(hash.first(PREFETCH_LEN));
        }
    }

    /// Returns the number of symbols, or `None` if there is no hash table to derive it from.
    pub(super) fn count(
        self,
        reader: &mut Reader<'_>,
        class: Class,
        endian: Endianness,
    ) -> Result<Option<u64>, Unfinished> {
        if let Some(hash) = self.hash {
            return self.chains(hash, reader, endian).map(Some);
        }
        match self.gnu_hash {
            Some(hash) => last_hashed(hash, reader, class, endian),
            None => Ok(None),
        }
    }

    /// Returns the second word of a table of `DT_HASH`: the number of chain entries, one for each symbol.
    fn chains(
        self,
        location: TableLocation,
        reader: &mut Reader<'_>,
        endian: Endianness,
    ) -> Result<u64, Unfinished> {
        let what = "a hash table";
        let bytes = reader.take(location.part(0, 2 * self.hash_word, what)?, what)?;
        reader.settle()?;
        let count = if self.hash_word == 8 {
            pod::from_bytes::<[U64<Endianness>; 2]>(bytes).map(|(words, _)| words[1].get(endian))
        } else {
            pod::from_bytes::<HashHeader<Endianness>>(bytes)
                .map(|(header, _)| header.chain_count.get(endian).into())
        };
        count.map_err(|()| ElfError::new(location.offset, what, "fewer bytes").into())
    }
}

/// Returns the number of symbols by a table of `DT_GNU_HASH`: the hashed symbols are the last ones of
/// the symbol table. Returns `None` if no symbol is hashed.
fn last_hashed(
    location: TableLocation,
    reader: &mut Reader<'_>,
    class: Class,
    endian: Endianness,
) -> Result<Option<u64>, Unfinished> {
    let what = "a GNU hash table";
    let header_len = size_of::<GnuHashHeader<Endianness>>() as u64;
    let bytes = reader.take(location.part(0, header_len, what)?, what)?;
    reader.settle()?;
    let (header, _) = pod::from_bytes::<GnuHashHeader<Endianness>>(bytes)
        .map_err(|()| ElfError::new(location.offset, what, "fewer bytes"))?;
    let first = u64::from(header.symbol_base.get(endian));
    let bloom_word = if class == Class::Elf64 { 8 } else { 4 };
    let buckets = header_len + bloom_word * u64::from(header.bloom_count.get(endian));
    let buckets_len = 4 * u64::from(header.bucket_count.get(endian));
    let chains = buckets + buckets_len;

    let bytes = reader.take(location.part(buckets, buckets_len, what)?, what)?;
    reader.settle()?;
    let last_bucket = words(bytes).iter().map(|bucket| bucket.get(endian)).max();
    let last_bucket = u64::from(last_bucket.unwrap_or(0));
    // An empty bucket is 0, and symbol 0 is the undefined symbol.
    if last_bucket == 0 || last_bucket < first {
        return Ok(None);
    }
    let mut index = last_bucket;
    loop {
        let start = chains + 4 * (index - first);
        let len = (4 * STEP).min(location.limit.saturating_sub(start) / 4 * 4);
        let bytes = reader.take(location.part(start, len.max(4), what)?, what)?;
        reader.settle()?;
        let chain = words(bytes);
        if let Some(end) = chain.iter().position(|entry| entry.get(endian) & 1 != 0) {
            return Ok(Some(index + end as u64 + 1));
        }
        index += chain.len() as u64;
    }
}

fn words(bytes: &[u8]) -> &[U32<Endianness>] {
    pod::slice_from_all_bytes(bytes).unwrap_or_default()
}
