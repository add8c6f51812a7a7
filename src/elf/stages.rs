//! Reads the facts of one file in stages. The ranges that a stage needs follow from the stage before.
//! Each stage requests all of its ranges at once: to return to earlier bytes of a deflated file, all of
//! it must be inflated again.

use std::ops::Range;
use std::sync::Arc;

use object::Endianness;
use object::elf::{self, FileHeader32, FileHeader64};
use object::read::elf::FileHeader;

use super::count::CHAIN_STEPS;
use super::dynamic::{self, Dynamic};
use super::header::{self, Header};
use super::linked::Linked;
use super::notes::Notes;
use super::segments::{self, Segments};
use super::sparse::{Reader, Sparse, View, range_at};
use super::{Class, Detail, DeviceCode, ElfError, ElfFacts, Unfinished, linkage_tables, sections};

/// Maximum length of an interpreter's path in bytes; Linux has the same limit.
const MAX_INTERPRETER_BYTES: u64 = 4096;

/// Stages of a file: its header, program headers, section table, segments, names, the counts of the two
/// hash tables, buckets, and symbols.
const STAGES: usize = 9;

/// Maximum number of times that [`ElfFacts::read_parts`] lacks ranges, if it gets those that it asked
/// for each time.
pub const MAX_ROUNDS: usize = STAGES + CHAIN_STEPS;

/// Maximum length of all notes that are read, in bytes.
const NOTES: u64 = 1 << 20;

impl ElfFacts {
    /// Reads the facts of a whole file. Of a mapped file, only the needed pages are touched.
    pub fn read(bytes: &[u8], detail: Detail) -> Result<Self, ElfError> {
        match facts(View::Whole(bytes), detail) {
            Ok(facts) => Ok(facts),
            Err(Unfinished::Wrong(error)) => Err(error),
            Err(Unfinished::Missing(ranges)) => {
                let start = ranges.first().map_or(0, |range| range.start);
                Err(ElfError::new(start, "a table inside the file", "its end"))
            }
        }
    }

    /// Reads the facts from the known parts of a file.
    ///
    /// # Errors
    /// [`Unfinished::Missing`] lists the ranges that are needed, too.
    pub fn read_parts(parts: &Sparse, detail: Detail) -> Result<Self, Unfinished> {
        facts(View::Parts(parts), detail)
    }

    /// Adds the facts of the section table, if it is among the known parts.
    pub fn add_sections(&mut self, parts: &Sparse) {
        if self.device_code.is_none() {
            self.device_code = device_code(View::Parts(parts));
        }
    }
}

fn facts(view: View<'_>, detail: Detail) -> Result<ElfFacts, Unfinished> {
    match open(view, detail)? {
        (Class::Elf32, file) => file.facts::<FileHeader32<Endianness>>(),
        (Class::Elf64, file) => file.facts::<FileHeader64<Endianness>>(),
    }
}

/// Returns the code for GPUs, or `None` if sections or their names are not known.
fn device_code(view: View<'_>) -> Option<DeviceCode> {
    match open(view, Detail::Whole).ok()? {
        (Class::Elf32, file) => file.device_code::<FileHeader32<Endianness>>(),
        (Class::Elf64, file) => file.device_code::<FileHeader64<Endianness>>(),
    }
}

/// Parses the header. Fails if it is not among the known parts.
pub(super) fn open(view: View<'_>, detail: Detail) -> Result<(Class, File<'_>), Unfinished> {
    let mut reader = Reader::new(view);
    let len = header::LONGEST.min(reader.len());
    let bytes = reader.take(0..len, "an ELF header")?;
    reader.settle()?;
    let Some((class, endian)) = header::kind(bytes) else {
        return Err(ElfError::new(0, "an ELF header", "something else").into());
    };
    let header = match class {
        Class::Elf32 => header::read::<FileHeader32<Endianness>>(bytes, class, endian)?,
        Class::Elf64 => header::read::<FileHeader64<Endianness>>(bytes, class, endian)?,
    };
    Ok((class, File { reader, header, detail }))
}

/// A file with a parsed header.
pub(super) struct File<'a> {
    pub(super) reader: Reader<'a>,
    pub(super) header: Header,
    detail: Detail,
}

impl File<'_> {
    fn facts<H: FileHeader<Endian = Endianness>>(mut self) -> Result<ElfFacts, Unfinished> {
        let range = segments::range::<H>(self.header.segments)?;
        let bytes = self.reader.take(range, "program headers")?;
        self.reader.settle()?;
        let segments = segments::read::<H>(bytes, self.header.endian);

        let mut facts = ElfFacts::new(self.header.platform.clone(), self.header.e_type.0);
        facts.header_fault = self.header.fault;
        segments.add_faults(self.reader.len(), &mut facts);
        let dynamic = self.outline::<H>(&segments, &mut facts)?;
        if self.detail == Detail::Linkage {
            facts.linkage = Some(Arc::new(linkage_tables::of_segments(&segments)));
        }
        let Some(dynamic) = dynamic else {
            facts.table_bytes = self.reader.requested();
            return Ok(facts);
        };
        let File { reader, header, detail } = self;
        let mut linked = Linked { reader, header, detail, segments, dynamic };
        linked.add_to::<H>(&mut facts)?;
        facts.table_bytes = linked.reader.requested();
        Ok(facts)
    }

    /// Adds the facts of segments and sections. Returns the dynamic section.
    fn outline<H: FileHeader<Endian = Endianness>>(
        &mut self,
        segments: &Segments,
        facts: &mut ElfFacts,
    ) -> Result<Option<Dynamic>, Unfinished> {
        let notes = self.notes::<H>(segments)?;
        let reader = &mut self.reader;
        let endian = self.header.endian;
        let dynamic = segments.first(elf::PT_DYNAMIC).map(|segment| segment.file.clone());
        let dynamic_bytes = match &dynamic {
            Some(range) => reader.take(range.clone(), "a dynamic section")?,
            None => &[],
        };
        let interpreter = match segments.first(elf::PT_INTERP) {
            Some(segment) => {
                let longest = range_at(segment.file.start, MAX_INTERPRETER_BYTES).end;
                let range = segment.file.start..segment.file.end.min(longest);
                Some(reader.take(range, "the path of an interpreter")?)
            }
            None => None,
        };
        let notes: Vec<(&[u8], u64)> = notes
            .into_iter()
            .map(|(range, align)| Ok((reader.take(range, "notes")?, align)))
            .collect::<Result<_, ElfError>>()?;
        reader.settle()?;

        facts.interpreter = interpreter.map(|path| {
            let path = path.split(|&byte| byte == 0).next().unwrap_or_default();
            String::from_utf8_lossy(path).into_owned()
        });
        facts.executable_stack =
            segments.of(elf::PT_GNU_STACK).any(|segment| segment.is_executable);
        let mut read = Notes::default();
        for (bytes, align) in notes {
            read.read(bytes, align, endian, facts.platform.machine);
        }
        facts.isa_needed = read.isa_needed;
        facts.build_id = read.build_id;
        if self.detail != Detail::Loading {
            facts.device_code = self.device_code::<H>();
        }
        Ok(dynamic.map(|range| dynamic::read::<H>(dynamic_bytes, range.start, endian)))
    }

    /// Returns the ranges and alignments of notes. Object files have notes in sections only.
    pub(super) fn notes<H: FileHeader<Endian = Endianness>>(
        &mut self,
        segments: &Segments,
    ) -> Result<Vec<(Range<u64>, u64)>, Unfinished> {
        let mut ranges = Vec::new();
        if segments.is_empty() {
            let sections = match self.section_table::<H>() {
                Some(range) => self.reader.take(range, "a section table")?,
                None => &[],
            };
            self.reader.settle()?;
            let mut sections = sections::read::<H>(sections, self.header.endian);
            sections.retain(|section| section.kind == elf::SHT_NOTE);
            ranges.extend(sections.into_iter().map(|section| (section.file, section.align)));
        } else {
            for kind in [elf::PT_NOTE, elf::PT_GNU_PROPERTY] {
                ranges.extend(segments.of(kind).map(|it| (it.file.clone(), it.align)));
            }
        }
        // Notes outside of the file are ignored: files with debug symbols only point to such notes.
        let mut budget = NOTES;
        ranges.retain_mut(|(range, _)| {
            let len = (range.end - range.start).min(budget);
            budget -= len;
            *range = range_at(range.start, len);
            len > 0 && range.end <= self.reader.len()
        });
        Ok(ranges)
    }

    /// Returns the byte range of the section table, if it is within the file.
    pub(super) fn section_table<H: FileHeader>(&self) -> Option<Range<u64>> {
        sections::range::<H>(self.header.sections).filter(|range| range.end <= self.reader.len())
    }

    /// Returns the code for GPUs, or `None` if sections or their names are not known.
    fn device_code<H: FileHeader<Endian = Endianness>>(&self) -> Option<DeviceCode> {
        let bytes = self.reader.peek(&self.section_table::<H>()?)?;
        let sections = sections::read::<H>(bytes, self.header.endian);
        let names = sections::names(&sections, &self.header)?;
        let names = self.reader.peek(&names.file)?;
        Some(DeviceCode { cuda: sections::has(&sections, names, b".nv_fatbin\0") })
    }
}
