//! The tables of loaders that may move: nothing depends on their places but an entry of the dynamic section.

use std::ops::Range;

use super::image::Image;
use super::tags::{
    DT_GNU_HASH, DT_HASH, DT_VERDEF, DT_VERNEED, DT_VERSYM, SHT_GNU_HASH, SHT_GNU_VERDEF,
    SHT_GNU_VERNEED, SHT_GNU_VERSYM, SHT_HASH,
};

/// The entries of the dynamic section that locate these tables, and the types of their sections.
const KINDS: [(u64, u64); 5] = [
    (DT_HASH, SHT_HASH),
    (DT_GNU_HASH, SHT_GNU_HASH),
    (DT_VERSYM, SHT_GNU_VERSYM),
    (DT_VERDEF, SHT_GNU_VERDEF),
    (DT_VERNEED, SHT_GNU_VERNEED),
];

/// A table that may move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Table {
    /// The entry of the dynamic section.
    pub(super) tag: u64,
    /// The index of its section.
    pub(super) section: usize,
    pub(super) offset: u64,
    pub(super) address: u64,
    pub(super) len: u64,
    pub(super) align: u64,
}

impl Table {
    /// Returns the offset of its end in the file.
    pub(super) fn end(&self) -> u64 {
        self.offset + self.len
    }

    /// Returns its byte range in the file.
    pub(super) fn range(&self) -> Range<u64> {
        self.offset..self.end()
    }
}

/// Returns the tables of a file by their offsets. Without section headers there are none: their lengths are not
/// known then.
pub(super) fn all(image: &Image<'_>) -> Vec<Table> {
    let Some(sections) = &image.sections else { return Vec::new() };
    let find = |&(tag, kind): &(u64, u64)| {
        let address = image.tag(tag)?;
        let section = sections.find(kind, address)?;
        let header = sections.headers.get(section)?;
        let (offset, room) = image.offset_of(address)?;
        let (len, align) = (header.len, header.align);
        let is_valid = header.offset == offset && len > 0 && len <= room;
        is_valid.then_some(Table { tag, section, offset, address, len, align })
    };
    let mut tables: Vec<_> = KINDS.iter().filter_map(find).collect();
    tables.sort_unstable_by_key(|table| table.offset);
    tables
}
