//! Which names of the string table are in use, and which places are free.

use std::ops::Range;

use super::count;
use super::format::{HeaderField, Section};
use super::image::Image;
use super::names::Edited;
use super::tags::{
    DT_GNU_CONFLICT, DT_GNU_LIBLIST, DT_STRTAB, DT_SYMTAB, NAMES, SHF_ALLOC, SHT_DYNAMIC,
    SHT_DYNSYM, SHT_GNU_VERDEF, SHT_GNU_VERNEED, SHT_NOBITS, SHT_PROGBITS, SHT_STRTAB,
};
use super::versions::{self, Needs};

/// The offsets of the string table that something refers to after the edits, in ascending order.
#[derive(Debug)]
pub(super) struct References(Vec<u64>);

impl References {
    /// Collects the references. `None` if not all of them can be found: then no place is free.
    pub(super) fn collect(image: &Image<'_>, entries: &[Edited], needs: &Needs) -> Option<Self> {
        // Tables of `prelink` refer to names, too.
        if image.tag(DT_GNU_LIBLIST).is_some() || image.tag(DT_GNU_CONFLICT).is_some() {
            return None;
        }
        if has_other_users(image) {
            return None;
        }
        let defined = versions::defined_names(image)?;
        // Offset 0 is the empty name.
        let mut offsets: Vec<_> =
            [0].into_iter().chain(defined.into_iter().map(|it| it.1)).collect();
        offsets.extend(entries.iter().filter_map(|entry| match entry {
            Edited::Same(entry) if NAMES.contains(&entry.tag) => Some(entry.value),
            _ => None,
        }));
        for (index, need) in needs.kept.iter().enumerate() {
            offsets.extend(need.versions.iter().map(|version| version.name));
            if !needs.renamed.iter().any(|(renamed, _)| *renamed == index) {
                offsets.push(need.file);
            }
        }
        if let Some(address) = image.tag(DT_SYMTAB) {
            let (count, (offset, _)) = (count::symbols(image)?, image.offset_of(address)?);
            let symbol_len = image.format.symbol_len();
            for symbol in 0..count {
                offsets.push(image.number(offset + symbol * symbol_len, 4)?);
            }
        }
        offsets.sort_unstable();
        offsets.dedup();
        Some(Self(offsets))
    }

    /// Returns the ranges of the table that no name in use has a byte in.
    pub(super) fn free(&self, table: &[u8]) -> Vec<Range<u64>> {
        let len = table.len() as u64;
        let next = self.0.iter().skip(1).copied().chain([len]);
        let gap = |(offset, next): (&u64, u64)| {
            let name = table.get(usize::try_from(*offset).ok()?..)?;
            let end = offset + memchr::memchr(0, name)? as u64 + 1;
            (end < next.min(len)).then(|| end..next.min(len))
        };
        self.0.iter().zip(next).filter_map(gap).collect()
    }

    /// Returns the end of the last name in use, in bytes from the start of the table.
    pub(super) fn end(&self, table: &[u8]) -> usize {
        let last = self.0.last().and_then(|last| usize::try_from(*last).ok()).unwrap_or_default();
        let rest = table.get(last..).unwrap_or_default();
        let name = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
        (last + name + 1).clamp(1, table.len().max(1))
    }
}

/// Returns whether sections other than the known ones have their names in the string table, or have bytes in it.
fn has_other_users(image: &Image<'_>) -> bool {
    let Some(sections) = &image.sections else { return false };
    let (Ok(range), Some(address)) = (image.strings(), image.tag(DT_STRTAB)) else { return false };
    let Some(index) = sections.find(SHT_STRTAB, address) else { return false };
    let is_known = |it: &Section| match it.kind {
        SHT_DYNSYM => Some(it.address) == image.tag(DT_SYMTAB),
        // An earlier edit has left a dynamic section as such a one.
        SHT_DYNAMIC | SHT_GNU_VERDEF | SHT_GNU_VERNEED | SHT_PROGBITS => true,
        _ => false,
    };
    let overlaps = |it: &Section| {
        let has_bytes = it.flags & SHF_ALLOC != 0 && it.kind != SHT_NOBITS && it.len > 0;
        has_bytes && it.offset < range.end && it.offset.saturating_add(it.len) > range.start
    };
    let mut others = sections.headers.iter().enumerate().skip(1).filter(|(at, _)| *at != index);
    let index = index as u64;
    image.header(HeaderField::SECTION_NAMES).ok() == Some(index)
        || others.any(|(_, it)| overlaps(it) || (it.link == index && !is_known(it)))
}

#[cfg(test)]
mod tests {
    use super::References;

    /// Offsets in use, and the starts and ends of free places.
    type Case = (&'static [u64], &'static [(u64, u64)]);

    #[test]
    fn free_places_lie_between_names_in_use() {
        let table = b"\0abc\0def\0ghi\0\0\0";
        let cases: [Case; 5] = [
            (&[0], &[(1, 15)]),
            (&[0, 1, 5, 9], &[(13, 15)]),
            // The end of a name is in use.
            (&[0, 7, 9], &[(1, 7), (13, 15)]),
            (&[0, 1, 3, 9], &[(5, 9), (13, 15)]),
            (&[0, 1, 99], &[(5, 15)]),
        ];
        for (used, free) in cases {
            let found = References(used.to_vec()).free(table);
            let found: Vec<_> = found.iter().map(|it| (it.start, it.end)).collect();
            assert_eq!(found, free, "{used:?}");
        }
        // The last name does not end.
        assert_eq!(References(vec![0, 1]).free(b"\0abc"), []);
    }
}
