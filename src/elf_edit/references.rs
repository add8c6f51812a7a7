//! Which names of the string table are in use, and which places are free.

use std::ops::Range;

use super::count;
use super::image::Image;
use super::names::Edited;
use super::tags::{DT_GNU_CONFLICT, DT_GNU_LIBLIST, DT_SYMTAB, NAMES};
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
        let mut offsets = versions::defined_names(image)?;
        offsets.extend(entries.iter().filter_map(|entry| match entry {
            Edited::Same(entry) if NAMES.contains(&entry.tag) => Some(entry.value),
            _ => None,
        }));
        for (index, need) in needs.kept.iter().enumerate() {
            offsets.extend(need.versions.iter().map(|(name, _)| *name));
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

    /// Returns whether something refers to a byte of the range.
    pub(super) fn any_in(&self, range: &Range<u64>) -> bool {
        let first = self.0.partition_point(|offset| *offset < range.start);
        self.0.get(first).is_some_and(|offset| *offset < range.end)
    }

    /// Returns the end of the last name in use, in bytes from the start of the table.
    pub(super) fn end(&self, table: &[u8]) -> usize {
        let last = self.0.last().and_then(|last| usize::try_from(*last).ok()).unwrap_or_default();
        let rest = table.get(last..).unwrap_or_default();
        let name = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
        (last + name + 1).clamp(1, table.len().max(1))
    }
}
