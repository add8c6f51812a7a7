//! The section table. A loader needs none and tools cut it off, so nothing is taken from it but
//! what stands nowhere else.

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
    pub(super) file: Range<u64>,
}

/// Where the section table is, if there is one.
pub(super) fn range<H: FileHeader>(table: Table) -> Option<Range<u64>> {
    let entry_len = size_of::<H::SectionHeader>() as u64;
    // More sections than their count has room for are in no loadable file.
    let is_usable = table.offset != 0 && table.count != 0 && table.entry_len == entry_len;
    is_usable.then(|| range_at(table.offset, table.count * entry_len))
}

/// Reads the section table from its bytes.
pub(super) fn read<H: FileHeader<Endian = Endianness>>(
    bytes: &[u8],
    endian: Endianness,
) -> Vec<Section> {
    let headers: &[H::SectionHeader] = pod::slice_from_all_bytes(bytes).unwrap_or_default();
    let section = |header: &H::SectionHeader| Section {
        name: header.sh_name(endian),
        kind: header.sh_type(endian),
        align: header.sh_addralign(endian).into(),
        file: range_at(header.sh_offset(endian).into(), header.sh_size(endian).into()),
    };
    headers.iter().map(section).collect()
}

/// The section that holds the names of sections.
pub(super) fn names<'a>(sections: &'a [Section], header: &Header) -> Option<&'a Section> {
    let section = sections.get(usize::from(header.names_section))?;
    (section.kind == elf::SHT_STRTAB).then_some(section)
}

/// Whether one of the sections has this name, which ends with a zero byte.
pub(super) fn has(sections: &[Section], names: &[u8], name: &[u8]) -> bool {
    sections.iter().any(|section| {
        names.get(section.name as usize..).is_some_and(|rest| rest.starts_with(name))
    })
}
