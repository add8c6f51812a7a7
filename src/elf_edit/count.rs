//! The number of dynamic symbols. No entry of the dynamic section holds it.

use super::format::HeaderField;
use super::image::Image;
use super::tags::{DT_GNU_HASH, DT_HASH, DT_SYMTAB, EM_ALPHA, EM_S390, SHT_DYNSYM};

/// Returns the number of dynamic symbols: by the section headers if there are any, otherwise by a hash table.
/// `None` if nothing holds it.
pub(super) fn symbols(image: &Image<'_>) -> Option<u64> {
    let by_section = || {
        let sections = image.sections.as_ref()?;
        let index = sections.find(SHT_DYNSYM, image.tag(DT_SYMTAB)?)?;
        Some(sections.headers.get(index)?.len / image.format.symbol_len())
    };
    let room = |count: &u64| {
        let table = image.tag(DT_SYMTAB).and_then(|address| image.offset_of(address));
        table.is_some_and(|(_, room)| *count <= room / image.format.symbol_len())
    };
    by_section().or_else(|| by_hash(image)).or_else(|| by_gnu_hash(image)).filter(room)
}

/// Returns the number of chain entries of `DT_HASH`. Its words have 4 bytes; on 64-bit IBM Z and Alpha some
/// linkers write 8. The size at which the whole table has room is right.
fn by_hash(image: &Image<'_>) -> Option<u64> {
    let (offset, room) = image.offset_of(image.tag(DT_HASH)?)?;
    let is_wide = matches!(image.header(HeaderField::MACHINE).ok()?, EM_S390 | EM_ALPHA);
    let lens: &[usize] = if is_wide && image.format.is_64 { &[8, 4] } else { &[4] };
    lens.iter().find_map(|&len| {
        let buckets = image.number(offset, len)?;
        let chains = image.number(offset + len as u64, len)?;
        let words = buckets.checked_add(chains)?.checked_add(2)?;
        (buckets > 0 && words.checked_mul(len as u64)? <= room).then_some(chains)
    })
}

/// Returns the number of symbols by `DT_GNU_HASH`: the hashed symbols are the last ones of the symbol table.
fn by_gnu_hash(image: &Image<'_>) -> Option<u64> {
    let (offset, room) = image.offset_of(image.tag(DT_GNU_HASH)?)?;
    let word = |at: u64| (at < room).then(|| image.number(offset + at, 4)).flatten();
    let (bucket_count, first, bloom) = (word(0)?, word(4)?, word(8)?);
    let buckets = 16 + bloom * image.format.word() as u64;
    let chains = buckets + 4 * bucket_count;
    if chains > room {
        return None;
    }
    let last = (0..bucket_count).filter_map(|index| word(buckets + 4 * index)).max()?;
    if last < first {
        return Some(first);
    }
    let mut index = last;
    while word(chains + 4 * (index - first))? & 1 == 0 {
        index += 1;
    }
    Some(index + 1)
}
