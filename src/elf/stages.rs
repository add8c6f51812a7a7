//! The facts of one file, in stages. What a stage needs is known when the one before it is done, and
//! each asks for all of it at once: of a file that is inflated piece by piece, the first bytes come
//! again only if everything is inflated again.

use std::ops::Range;

use object::Endianness;
use object::elf::{self, FileHeader32, FileHeader64};
use object::read::elf::FileHeader;

use super::dynamic::{self, Dynamic};
use super::header::{self, Header};
use super::linked::Linked;
use super::notes::Notes;
use super::segments::{self, Segments};
use super::sparse::{Reader, Sparse, View, range_at};
use super::{Class, ElfError, Facts, Unfinished, sections};

/// The longest path of an interpreter; Linux has the same limit.
const LONGEST_PATH: u64 = 4096;

/// Bytes of notes that are read at most.
const NOTES: u64 = 1 << 20;

/// How much of a file is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// All facts.
    Whole,
    /// What loading it takes: nothing of symbols and sections. Their lists are empty.
    Loading,
}

impl Facts {
    /// The facts of a file all of which is in memory, or mapped: no page is touched that is not
    /// needed.
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

    /// The facts of a file parts of which are known, or what else must be.
    pub fn read_parts(parts: &Sparse, detail: Detail) -> Result<Self, Unfinished> {
        facts(View::Parts(parts), detail)
    }

    /// Adds what only the section table says, if it is among the parts that are known.
    pub fn add_sections(&mut self, parts: &Sparse) {
        self.fat_binary = self.fat_binary.or_else(|| fat_binary(View::Parts(parts)));
    }
}

fn facts(view: View<'_>, detail: Detail) -> Result<Facts, Unfinished> {
    match open(view, detail)? {
        (Class::Elf32, file) => file.facts::<FileHeader32<Endianness>>(),
        (Class::Elf64, file) => file.facts::<FileHeader64<Endianness>>(),
    }
}

/// Whether there is a section with code for GPUs, if that is known.
fn fat_binary(view: View<'_>) -> Option<bool> {
    match open(view, Detail::Whole).ok()? {
        (Class::Elf32, file) => file.fat_binary::<FileHeader32<Endianness>>(),
        (Class::Elf64, file) => file.fat_binary::<FileHeader64<Endianness>>(),
    }
}

/// Reads the header, or tells that it is not known yet.
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

/// A file whose header was read.
pub(super) struct File<'a> {
    pub(super) reader: Reader<'a>,
    pub(super) header: Header,
    detail: Detail,
}

impl File<'_> {
    fn facts<H: FileHeader<Endian = Endianness>>(mut self) -> Result<Facts, Unfinished> {
        let range = segments::range::<H>(self.header.segments)?;
        let bytes = self.reader.take(range, "program headers")?;
        self.reader.settle()?;
        let segments = segments::read::<H>(bytes, self.header.endian);

        let mut facts = Facts::new(self.header.platform.clone(), self.header.e_type.0);
        let dynamic = self.outline::<H>(&segments, &mut facts)?;
        if let Some(dynamic) = dynamic {
            let File { reader, header, detail } = self;
            Linked { reader, header, detail, segments, dynamic }.add_to::<H>(&mut facts)?;
        }
        Ok(facts)
    }

    /// Adds what segments and sections say. Returns the dynamic section.
    fn outline<H: FileHeader<Endian = Endianness>>(
        &mut self,
        segments: &Segments,
        facts: &mut Facts,
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
                let longest = range_at(segment.file.start, LONGEST_PATH).end;
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
        if self.detail == Detail::Whole {
            facts.fat_binary = self.fat_binary::<H>();
        }
        Ok(dynamic.map(|range| dynamic::read::<H>(dynamic_bytes, range.start, endian)))
    }

    /// Where notes are, and how they are aligned. A file that is to be linked yet has sections only.
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
        // Notes that are not there say nothing; files with debug symbols only point to some.
        let mut budget = NOTES;
        ranges.retain_mut(|(range, _)| {
            let len = (range.end - range.start).min(budget);
            budget -= len;
            *range = range_at(range.start, len);
            len > 0 && range.end <= self.reader.len()
        });
        Ok(ranges)
    }

    /// Where the section table is, if it is in the file.
    pub(super) fn section_table<H: FileHeader>(&self) -> Option<Range<u64>> {
        sections::range::<H>(self.header.sections).filter(|range| range.end <= self.reader.len())
    }

    /// Whether there is a section with code for GPUs, if sections and their names are known.
    fn fat_binary<H: FileHeader<Endian = Endianness>>(&self) -> Option<bool> {
        let bytes = self.reader.peek(&self.section_table::<H>()?)?;
        let sections = sections::read::<H>(bytes, self.header.endian);
        let names = sections::names(&sections, &self.header)?;
        let names = self.reader.peek(&names.file)?;
        Some(sections::has(&sections, names, b".nv_fatbin\0"))
    }
}
