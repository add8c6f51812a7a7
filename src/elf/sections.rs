//! The section table. Loaders do not need it and tools remove it, so it is used only for facts that
//! are nowhere else.

use std::ops::Range;

use object::elf::{self, SectionType};
use object::read::elf::{FileHeader, SectionHeader as _};
use object::{Endianness, pod};

use super::header::{Header, Table};
use super::sparse::range_at;

/// One section.
#[derive(Debug)]
pub(super) struct Section {
    /// Offset of its name in the section of names.
    pub(super) name: u32,
    pub(super) kind: SectionType,
    pub(super) align: u64,
    pub(super) flags: u64,
    pub(super) file: Range<u64>,
}

/// Returns the byte range of the section table, if there is one.
pub(super) fn range<H: FileHeader>(table: Table) -> Option<Range<u64>> {
    let entry_len = size_of::<H::SectionHeader>() as u64;
    // A count of 0 with an offset means more than 65,279 sections, which no loadable file has.
    let is_usable = table.offset != 0 && table.count != 0 && table.entry_len == entry_len;
    is_usable.then(|| range_at(table.offset, table.count * entry_len))
}

/// Parses a section table.
pub(super) fn read<H: FileHeader<Endian = Endianness>>(
    bytes: &[u8],
    endian: Endianness,
) -> Vec<Section> {
    let headers: &[H::SectionHeader] = pod::slice_from_all_bytes(bytes).unwrap_or_default();
    let section = |header: &H::SectionHeader| Section {
        name: header.sh_name(endian),
        kind: header.sh_type(endian),
        align: header.sh_addralign(endian).into(),
        flags: header.sh_flags(endian).0,
        file: range_at(header.sh_offset(endian).into(), header.sh_size(endian).into()),
    };
    headers.iter().map(section).collect()
}

/// Returns the section that holds the names of sections.
pub(super) fn names<'a>(sections: &'a [Section], header: &Header) -> Option<&'a Section> {
    let section = sections.get(usize::from(header.names_section))?;
    (section.kind == elf::SHT_STRTAB).then_some(section)
}

/// Returns whether a section has this name. `name` ends with a zero byte.
pub(super) fn has(sections: &[Section], names: &[u8], name: &[u8]) -> bool {
    sections.iter().any(|section| {
        names.get(section.name as usize..).is_some_and(|rest| rest.starts_with(name))
    })
}
