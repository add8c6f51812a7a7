//! The number of dynamic symbols. No field holds it; it follows from the hash tables.

use object::elf::GnuHashHeader;
use object::{Endianness, U32, U64, pod};

use super::segments::TableLocation;
use super::sparse::Reader;
use super::{Class, ElfError, MalformedTable, Unfinished};

/// Bytes of a hash chain that the first step reads.
const FIRST_STEP: u64 = 256 << 10;

/// How much longer each further step is. A chain has at most 2³² entries of 4 bytes, so it takes
/// [`CHAIN_STEPS`] steps at most, whatever the file says.
const STEP_GROWTH: u64 = 4;

/// Maximum number of steps in which a hash chain is read.
pub(super) const CHAIN_STEPS: usize = 9;

/// Maximum number of bytes that are prefetched from a table.
const PREFETCH_LEN: u64 = 16 << 20;

/// Bytes that hold the two counts of a table of `DT_HASH`, of either word size.
const COUNTS_LEN: u64 = 16;

/// The hash tables, which give the number of symbols.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hashes {
    pub(super) hash: Option<TableLocation>,
    pub(super) gnu_hash: Option<TableLocation>,
}

impl Hashes {
    /// Prefetches the tables.
    pub(super) fn prefetch(self, reader: &mut Reader<'_>) {
        if let Some(hash) = self.gnu_hash {
            reader.prefetch(hash.first(PREFETCH_LEN));
        }
        if let Some(hash) = self.hash {
            reader.prefetch(hash.first(COUNTS_LEN));
        }
    }

    /// Returns the number of symbols, at most `most`; `None` if no table gives it. The loader's own
    /// order: `DT_HASH` counts if `DT_GNU_HASH` is missing, malformed or without symbols. Adds
    /// malformed tables to `malformed`.
    pub(super) fn count(
        self,
        reader: &mut Reader<'_>,
        (class, endian): (Class, Endianness),
        most: u64,
        malformed: &mut Vec<MalformedTable>,
    ) -> Result<Option<u64>, Unfinished> {
        if let Some(hash) = self.gnu_hash {
            match last_hashed(hash, reader, class, endian) {
                Ok(Some(count)) if count <= most => return Ok(Some(count)),
                Ok(None) => {}
                Ok(Some(_)) | Err(Unfinished::Wrong(_)) => malformed.push(MalformedTable::GnuHash),
                Err(missing @ Unfinished::Missing(_)) => return Err(missing),
            }
        }
        let Some(hash) = self.hash else { return Ok(None) };
        match chains(hash, reader, endian, most) {
            Ok(None) | Err(Unfinished::Wrong(_)) => {
                malformed.push(MalformedTable::Hash);
                Ok(None)
            }
            result => result,
        }
    }
}

/// Returns the number of chain entries of a table of `DT_HASH`, one for each symbol; `None` if the table
/// fits with no word size.
///
/// On 64-bit IBM Z and Alpha, the ABI has words of 8 bytes, as GNU ld writes them; lld and mold write 4
/// bytes. Only one of the two fits: read with the other, a count is 0 or at least 2³².
fn chains(
    location: TableLocation,
    reader: &mut Reader<'_>,
    endian: Endianness,
    most: u64,
) -> Result<Option<u64>, Unfinished> {
    let what = "a hash table";
    let bytes = reader.take(location.part(0, COUNTS_LEN, what)?, what)?;
    reader.settle()?;
    let narrow = pod::from_bytes::<[U32<Endianness>; 2]>(bytes)
        .map(|(words, _)| (words.map(|word| u64::from(word.get(endian))), 4));
    let wide = pod::from_bytes::<[U64<Endianness>; 2]>(bytes)
        .map(|(words, _)| (words.map(|word| word.get(endian)), 8));
    let tables = [narrow, wide].into_iter().flatten();
    let fits = |&([buckets, chains], word): &([u64; 2], u64)| {
        let words = buckets.saturating_add(chains).saturating_add(2);
        buckets > 0 && (1..=most).contains(&chains) && words <= location.limit / word
    };
    // Static programs have no bucket, and only the undefined symbol.
    let is_empty = |&(counts, _): &([u64; 2], u64)| counts == [0, 1];
    let found = tables.clone().find(fits).or_else(|| tables.clone().find(is_empty));
    Ok(found.map(|([_, chains], _)| chains))
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
    let mut step = FIRST_STEP;
    loop {
        let start = chains + 4 * (index - first);
        let len = step.min(location.limit.saturating_sub(start) / 4 * 4);
        let bytes = reader.take(location.part(start, len.max(4), what)?, what)?;
        reader.settle()?;
        let chain = words(bytes);
        if let Some(end) = chain.iter().position(|entry| entry.get(endian) & 1 != 0) {
            return Ok(Some(index + end as u64 + 1));
        }
        index += chain.len() as u64;
        step = step.saturating_mul(STEP_GROWTH);
    }
}

fn words(bytes: &[u8]) -> &[U32<Endianness>] {
    pod::slice_from_all_bytes(bytes).unwrap_or_default()
}
