//! The sections of an ELF file with their lengths, and its build ID.
//!
//! `wheelworks inspect` shows where the bytes are. Audits use [`ElfFacts`](super::ElfFacts), which do not
//! depend on sections.

use std::ops::Range;

use object::Endianness;
use object::elf::{self, FileHeader32, FileHeader64};
use object::read::elf::FileHeader;

use super::dynamic::{self, Dynamic};
use super::notes::Notes;
use super::segments::{self, Segments};
use super::sparse::{Sparse, View};
use super::stages::{File, open};
use super::{Class, Detail, Unfinished, sections};
use crate::platform::Machine;

/// Bytes that are read of a soname, with the zero byte at its end.
const MAX_SONAME_BYTES: u64 = 256;

/// `EM_CUDA` and `EM_AMDGPU`.
const GPU_MACHINES: [u16; 2] = [190, 224];

/// A section that has bytes in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionLen {
    /// Its name.
    pub name: String,
    /// Its offset in the file in bytes.
    pub offset: u64,
    /// Its length in bytes.
    pub len: u64,
}

/// The sections of a file, and what identifies it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// The CPU, if platform tags have a name for it.
    pub machine: Option<Machine>,
    /// `NT_GNU_BUILD_ID`.
    pub build_id: Option<Vec<u8>>,
    /// `DT_SONAME`, if it is in the file and not longer than 255 bytes.
    pub soname: Option<String>,
    /// Sections in the order of the file; empty if the section table was removed.
    pub sections: Vec<SectionLen>,
    /// Byte ranges that are mapped as data, sorted and merged: where device code can be. Those of sections, or of
    /// segments without a section table. All of a file for a GPU.
    pub data: Vec<Range<u64>>,
    /// Whether it has a table of all symbols (`SHT_SYMTAB`), which only debuggers and linkers read.
    pub has_symbol_table: bool,
}

impl Outline {
    /// Reads the outline from the known parts of a file.
    ///
    /// # Errors
    /// [`Unfinished::Missing`] lists the ranges that are needed, too.
    pub fn read_parts(parts: &Sparse) -> Result<Self, Unfinished> {
        match open(View::Parts(parts), Detail::Loading)? {
            (Class::Elf32, file) => outline::<FileHeader32<Endianness>>(file),
            (Class::Elf64, file) => outline::<FileHeader64<Endianness>>(file),
        }
    }

    /// Returns the number of bytes in sections whose names begin with one of the prefixes.
    #[must_use]
    pub fn len_of(&self, prefixes: &[&str]) -> u64 {
        let counts = |it: &&SectionLen| prefixes.iter().any(|prefix| it.name.starts_with(prefix));
        self.sections.iter().filter(counts).map(|it| it.len).fold(0, u64::saturating_add)
    }
}

/// Returns the bytes that hold `DT_SONAME`; empty if there is none.
fn soname_range(dynamic: &Dynamic, segments: &Segments, len: u64) -> Range<u64> {
    let strings = dynamic.location(elf::DT_STRTAB, segments, len).ok().flatten();
    let (Some(at), Some(strings)) = (dynamic.soname, strings) else { return 0..0 };
    let start = strings.offset.saturating_add(at).min(len);
    start..start.saturating_add(MAX_SONAME_BYTES).min(len)
}

/// Returns the sections that have bytes in the file.
fn lens(sections: &[sections::Section], names: &[u8]) -> Vec<SectionLen> {
    let name = |at: u32| {
        let rest = names.get(at as usize..).unwrap_or_default();
        let name = rest.split(|&byte| byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(name).into_owned()
    };
    let in_file = |section: &&sections::Section| {
        section.kind != elf::SHT_NOBITS && section.kind != elf::SHT_NULL
    };
    let len = |section: &sections::Section| SectionLen {
        name: name(section.name),
        offset: section.file.start,
        len: section.file.end - section.file.start,
    };
    sections.iter().filter(in_file).map(len).collect()
}

/// Prefetches the dynamic section. It is in front of the section table: one pass over the file reads both.
fn prefetch_dynamic(segments: &Segments, file: &mut File<'_>) {
    for segment in segments.of(elf::PT_DYNAMIC) {
        file.reader.prefetch(segment.file.clone());
    }
}

/// Returns where device code can be.
fn data_ranges(
    sections: &[sections::Section],
    segments: &Segments,
    file: &File<'_>,
) -> Vec<Range<u64>> {
    let len = file.reader.len();
    if GPU_MACHINES.contains(&file.header.platform.e_machine) {
        let whole = 0..len;
        return vec![whole];
    }
    let is_data = |section: &&sections::Section| {
        section.kind == elf::SHT_PROGBITS
            && section.flags & elf::SHF_ALLOC.0 != 0
            && section.flags & elf::SHF_EXECINSTR.0 == 0
    };
    let mut ranges: Vec<Range<u64>> = if sections.is_empty() {
        let data = segments.of(elf::PT_LOAD).filter(|segment| !segment.is_executable);
        data.map(|segment| segment.file.clone()).collect()
    } else {
        sections.iter().filter(is_data).map(|section| section.file.clone()).collect()
    };
    ranges.retain(|range| range.end <= len);
    merged(ranges)
}

/// Returns the ranges of the executable segments that can hold no device code, sorted and merged, from the first bytes
/// of a file. None if the bytes are no ELF file for a CPU, or if the first segment is executable: some linkers put
/// all that is not writable into it.
#[must_use]
pub fn executable_ranges(parts: &Sparse) -> Vec<Range<u64>> {
    let ranges = match open(View::Parts(parts), Detail::Loading) {
        Ok((Class::Elf32, file)) => executable::<FileHeader32<Endianness>>(file),
        Ok((Class::Elf64, file)) => executable::<FileHeader64<Endianness>>(file),
        Err(_) => return Vec::new(),
    };
    ranges.ok().filter(|ranges| ranges.iter().all(|range| range.start > 0)).unwrap_or_default()
}

fn executable<H: FileHeader<Endian = Endianness>>(
    mut file: File<'_>,
) -> Result<Vec<Range<u64>>, Unfinished> {
    if GPU_MACHINES.contains(&file.header.platform.e_machine) {
        return Ok(Vec::new());
    }
    let range = segments::range::<H>(file.header.segments)?;
    let bytes = file.reader.take(range, "program headers")?;
    file.reader.settle()?;
    let segments = segments::read::<H>(bytes, file.header.endian);
    let executable = segments.of(elf::PT_LOAD).filter(|segment| segment.is_executable);
    Ok(merged(executable.map(|segment| segment.file.clone()).collect()))
}

/// Returns ranges sorted and merged, without empty ones.
fn merged(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    ranges.retain(|range| range.start < range.end);
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

fn outline<H: FileHeader<Endian = Endianness>>(mut file: File<'_>) -> Result<Outline, Unfinished> {
    let endian = file.header.endian;
    let table = file.section_table::<H>();
    let segments_range = segments::range::<H>(file.header.segments)?;
    let segments = file.reader.take(segments_range, "program headers")?;
    prefetch_dynamic(&segments::read::<H>(segments, endian), &mut file);
    let table = match table {
        Some(range) => file.reader.take(range, "a section table")?,
        None => &[],
    };
    file.reader.settle()?;
    let segments = segments::read::<H>(segments, endian);
    let sections = sections::read::<H>(table, endian);

    let names = sections::names(&sections, &file.header)
        .map(|section| section.file.clone())
        .filter(|range| range.end <= file.reader.len());
    let names = match names {
        Some(range) => file.reader.take(range, "names of sections")?,
        None => &[],
    };
    let dynamic = segments.first(elf::PT_DYNAMIC).map(|segment| segment.file.clone());
    let dynamic = dynamic.filter(|range| range.end <= file.reader.len()).unwrap_or_default();
    let dynamic_bytes = file.reader.take(dynamic.clone(), "a dynamic section")?;
    let notes = file.notes::<H>(&segments)?;
    let mut notes_read = Notes::default();
    for (range, align) in notes {
        let bytes = file.reader.take(range, "notes")?;
        notes_read.read(bytes, align, endian, file.header.platform.machine);
    }
    file.reader.settle()?;
    let dynamic = dynamic::read::<H>(dynamic_bytes, dynamic.start, endian);
    let soname = soname_range(&dynamic, &segments, file.reader.len());
    let soname_bytes = file.reader.take(soname, "a soname")?;
    file.reader.settle()?;

    Ok(Outline {
        machine: file.header.platform.machine,
        build_id: notes_read.build_id,
        soname: soname_bytes
            .split(|&byte| byte == 0)
            .next()
            .filter(|soname| !soname.is_empty() && soname.len() < soname_bytes.len())
            .map(|soname| String::from_utf8_lossy(soname).into_owned()),
        has_symbol_table: sections.iter().any(|section| section.kind == elf::SHT_SYMTAB),
        sections: lens(&sections, names),
        data: data_ranges(&sections, &segments, &file),
    })
}
