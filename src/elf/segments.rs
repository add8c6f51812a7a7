//! The program headers: segments, and the file offsets of addresses.

use std::ops::Range;

use object::elf::{self, ProgramType};
use object::read::elf::{FileHeader, ProgramHeader as _};
use object::{Endianness, pod};

use super::ElfError;
use super::header::Table;
use super::sparse::range_at;

/// The smallest page size of Linux in bytes.
const PAGE: u64 = 4096;

/// One program header.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub(super) kind: ProgramType,
    pub(super) is_executable: bool,
    pub(super) is_writable: bool,
    pub(super) align: u64,
    /// Its byte range in the file.
    pub(super) file: Range<u64>,
    /// The address of its first byte.
    pub(super) address: u64,
    /// Its length in memory in bytes.
    pub(super) memory_len: u64,
}

impl Segment {
    /// Returns the distance from its offset to its address, modulo 2⁶⁴.
    pub(super) fn distance(&self) -> u64 {
        self.address.wrapping_sub(self.file.start)
    }
}

/// All program headers.
#[derive(Debug)]
pub(super) struct Segments(Vec<Segment>);

/// The location of a table. Its length is not known, but bounded.
#[derive(Debug, Clone, Copy)]
pub(super) struct TableLocation {
    /// The offset of its first byte in the file.
    pub(super) offset: u64,
    /// Bytes from there to the next table, or to the end of its segment.
    pub(super) room: u64,
    /// Bytes from there to the end of its segment's last page.
    pub(super) limit: u64,
}

impl TableLocation {
    /// Returns the range of the first `len` bytes, or fewer if the next table begins before their end.
    pub(super) fn first(self, len: u64) -> Range<u64> {
        range_at(self.offset, len.min(self.room))
    }

    /// Returns the range of `len` bytes from byte `start` of the table on. It may overlap another table,
    /// but not leave the segment.
    pub(super) fn part(
        self,
        start: u64,
        len: u64,
        what: &'static str,
    ) -> Result<Range<u64>, ElfError> {
        if start.checked_add(len).is_some_and(|end| end <= self.limit) {
            return Ok(range_at(self.offset + start, len));
        }
        let found = format!("a segment that ends {} bytes after the table's begin", self.limit);
        Err(ElfError::new(self.offset, what, found))
    }
}

/// Returns the byte range of the program headers.
pub(super) fn range<H: FileHeader>(table: Table) -> Result<Range<u64>, ElfError> {
    if table.count == 0 || table.offset == 0 {
        return Ok(0..0);
    }
    let entry_len = size_of::<H::ProgramHeader>() as u64;
    if table.entry_len != entry_len || table.count == u64::from(elf::PN_XNUM) {
        let found = format!("{} of {} bytes each", table.count, table.entry_len);
        let expected = "program headers, fewer than 65535, of the class's size";
        return Err(ElfError::new(table.offset, expected, found));
    }
    Ok(range_at(table.offset, table.count * entry_len))
}

/// Parses the program headers.
pub(super) fn read<H: FileHeader<Endian = Endianness>>(
    bytes: &[u8],
    endian: Endianness,
) -> Segments {
    let headers: &[H::ProgramHeader] = pod::slice_from_all_bytes(bytes).unwrap_or_default();
    let segment = |header: &H::ProgramHeader| Segment {
        kind: header.p_type(endian),
        is_executable: header.p_flags(endian).contains(elf::PF_X),
        is_writable: header.p_flags(endian).contains(elf::PF_W),
        align: header.p_align(endian).into(),
        file: range_at(header.p_offset(endian).into(), header.p_filesz(endian).into()),
        address: header.p_vaddr(endian).into(),
        memory_len: header.p_memsz(endian).into(),
    };
    Segments(headers.iter().map(segment).collect())
}

impl Segments {
    /// Returns the segments of one kind, in order.
    pub(super) fn of(&self, kind: ProgramType) -> impl Iterator<Item = &Segment> {
        self.0.iter().filter(move |segment| segment.kind == kind)
    }

    /// Returns the first segment of a kind that has bytes in the file.
    pub(super) fn first(&self, kind: ProgramType) -> Option<&Segment> {
        self.of(kind).find(|segment| !segment.file.is_empty())
    }

    /// Returns whether there are no segments.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the location of an address in a file of `len` bytes.
    pub(super) fn location(&self, address: u64, len: u64) -> Option<TableLocation> {
        self.of(elf::PT_LOAD).find_map(|segment| {
            let offset = segment.file.start.checked_add(address.checked_sub(segment.address)?)?;
            let end = segment.file.end.min(len);
            // The loader maps whole pages, and some programs have tables in the rest of the last page.
            let limit = self.end_of_run(segment).checked_next_multiple_of(PAGE)?.min(len);
            (offset < end).then(|| TableLocation {
                offset,
                room: end - offset,
                limit: limit - offset,
            })
        })
    }

    /// Returns the offset of the end of a segment and of those that follow it in the file and in memory
    /// alike: tables that `patchelf` moved to the front of a program reach into the next segment.
    fn end_of_run(&self, segment: &Segment) -> u64 {
        self.of(elf::PT_LOAD).fold(segment.file.end, |end, next| {
            let follows = next.distance() == segment.distance() && next.file.start <= end;
            if follows { end.max(next.file.end) } else { end }
        })
    }

    /// Returns the lowest address above this one at which a segment begins. A segment within another
    /// one, such as `PT_NOTE`, ends the table in front of it.
    pub(super) fn next_after(&self, address: u64) -> Option<u64> {
        let starts = self.0.iter().filter(|segment| !segment.file.is_empty());
        starts.map(|segment| segment.address).filter(|&start| start > address).min()
    }
}
