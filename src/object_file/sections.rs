//! The sections of Mach-O and PE files with their lengths. `wheelworks inspect` shows where the bytes are.
//!
//! Only headers are read: of each file, or slice of a universal file, at most its first [`HEAD_BYTES`].

use std::ops::Range;

use object::endian::LittleEndian;
use object::macho::{self, FatArch32};
use object::pe;
use object::read::macho::{FatArch as _, MachHeader, MachOFatFile, Section as _, Segment as _};
use object::read::pe::{ImageNtHeaders, optional_header_magic};

use super::{AppleCpu, ObjectFile as _, ObjectFormat, ObjectKind};
use crate::elf::{SectionLen, Sparse, Unfinished};

/// Bytes of headers that are read. Load commands of the longest library that was seen take 12 KB.
const HEAD_BYTES: u64 = 64 << 10;

/// Maximum number of slices of a universal file that are read.
const MAX_SLICES: usize = 19;

/// The sections of a Mach-O or PE file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectOutline {
    /// The format: Mach-O or PE.
    pub format: ObjectFormat,
    /// The CPUs, by their names in platform tags; `None` for others.
    pub machine: Option<String>,
    /// The oldest system that loads it: `macOS 11.0`, and with the CPU in front for each slice of a universal file.
    pub minimum_system: Option<String>,
    /// Sections that have bytes in the file, in its order. Those of a universal file have the CPU in front of
    /// their names, and segments without sections count as sections.
    pub sections: Vec<SectionLen>,
    /// Whether headers are damaged or longer than 64 KiB, so that sections are missing.
    pub is_incomplete: bool,
}

impl ObjectOutline {
    /// Reads the outline from the known parts of a file of `len` bytes; `None` if it is neither Mach-O nor PE.
    ///
    /// # Errors
    /// [`Unfinished::Missing`] lists the ranges that are needed, too.
    pub fn read_parts(parts: &Sparse, len: u64) -> Result<Option<Self>, Unfinished> {
        let head = parts_of(parts, &(0..HEAD_BYTES.min(len)))?;
        let Some(ObjectKind { format, .. }) = ObjectKind::of(head) else { return Ok(None) };
        let mut outline = Self {
            format,
            machine: None,
            minimum_system: None,
            sections: Vec::new(),
            is_incomplete: false,
        };
        match format {
            ObjectFormat::Elf => return Ok(None),
            ObjectFormat::Pe => outline.add_pe(head),
            ObjectFormat::MachO => match MachOFatFile::<FatArch32>::parse(head) {
                Ok(universal) => outline.add_slices(universal.arches(), parts, len)?,
                Err(_) => outline.add_mach_o(head, 0, ""),
            },
        }
        Ok(Some(outline))
    }

    fn add_slices(
        &mut self,
        slices: &[FatArch32],
        parts: &Sparse,
        len: u64,
    ) -> Result<(), Unfinished> {
        self.is_incomplete |= slices.len() > MAX_SLICES;
        let heads = slices.iter().take(MAX_SLICES).map(|slice| {
            let start = u64::from(slice.offset()).min(len);
            let end = start.saturating_add(u64::from(slice.size()).min(HEAD_BYTES)).min(len);
            (start..end, AppleCpu::of(slice.cputype(), slice.cpusubtype()))
        });
        let heads: Vec<(Range<u64>, AppleCpu)> = heads.collect();
        let missing: Vec<Range<u64>> = heads
            .iter()
            .filter(|(head, _)| parts.get(head).is_none())
            .map(|it| it.0.clone())
            .collect();
        if !missing.is_empty() {
            return Err(Unfinished::Missing(missing));
        }
        for (head, cpu) in heads {
            self.add_mach_o(parts_of(parts, &head)?, head.start, &format!("{}:", cpu.name()));
        }
        Ok(())
    }

    /// Adds a file, or a slice of a universal one, that begins at `start`.
    fn add_mach_o(&mut self, head: &[u8], start: u64, prefix: &str) {
        let found = match head.first_chunk() {
            Some([0xCF, 0xFA, 0xED, 0xFE] | [0xFE, 0xED, 0xFA, 0xCF]) => {
                mach_o::<macho::MachHeader64<object::Endianness>>(head)
            }
            _ => mach_o::<macho::MachHeader32<object::Endianness>>(head),
        };
        let Ok((cpu, minimum, sections)) = found else {
            self.is_incomplete = true;
            return;
        };
        if let Some(minimum) = minimum {
            let before =
                self.minimum_system.take().map_or_else(String::new, |before| before + ", ");
            let space = if prefix.is_empty() { "" } else { " " };
            self.minimum_system = Some(format!("{before}{prefix}{space}{minimum}"));
        }
        if !matches!(cpu, AppleCpu::Other(..)) {
            let before = self.machine.take().map_or_else(String::new, |before| before + ", ");
            self.machine = Some(before + cpu.name());
        }
        self.sections.extend(sections.into_iter().map(|section| SectionLen {
            name: format!("{prefix}{}", section.name),
            offset: start.saturating_add(section.offset),
            ..section
        }));
    }

    fn add_pe(&mut self, head: &[u8]) {
        let found = match optional_header_magic(head) {
            Ok(pe::IMAGE_NT_OPTIONAL_HDR64_MAGIC) => pe_sections::<pe::ImageNtHeaders64>(head),
            _ => pe_sections::<pe::ImageNtHeaders32>(head),
        };
        let Ok((machine, sections)) = found else {
            self.is_incomplete = true;
            return;
        };
        self.machine = match machine {
            pe::IMAGE_FILE_MACHINE_AMD64 => Some("amd64"),
            pe::IMAGE_FILE_MACHINE_ARM64 => Some("arm64"),
            pe::IMAGE_FILE_MACHINE_I386 => Some("win32"),
            _ => None,
        }
        .map(str::to_owned);
        self.sections = sections;
    }
}

fn parts_of<'a>(parts: &'a Sparse, range: &Range<u64>) -> Result<&'a [u8], Unfinished> {
    parts.get(range).ok_or_else(|| Unfinished::Missing(vec![range.clone()]))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Returns the CPU, the oldest system and the sections of a Mach-O file.
fn mach_o<H: MachHeader<Endian = object::Endianness>>(
    head: &[u8],
) -> object::read::Result<(AppleCpu, Option<String>, Vec<SectionLen>)> {
    let header = H::parse(head, 0)?;
    let endian = header.endian()?;
    let mut commands = header.load_commands(endian, head, 0)?;
    let mut found = Vec::new();
    while let Some(command) = commands.next()? {
        let Some((segment, data)) = H::Segment::from_command(command)? else { continue };
        let sections = segment.sections(endian, data)?;
        if sections.is_empty() {
            let (offset, len) = segment.file_range(endian);
            found.push(SectionLen { name: text(segment.name()), offset, len });
        }
        for section in sections {
            let name = format!("{},{}", text(section.segment_name()), text(section.name()));
            let (offset, len) = (section.offset(endian).into(), section.file_size(endian));
            found.extend(len.map(|len| SectionLen { name, offset, len }));
        }
    }
    found.retain(|section| section.len > 0);
    let slice = super::mach_o::commands::<H>(head).ok().map(|(slice, _)| slice);
    let minimum = slice.as_ref().and_then(|slice| slice.minimum_system().next());
    let minimum = minimum.map(|(system, version)| format!("{system} {version}"));
    Ok((AppleCpu::of(header.cputype(endian), header.cpusubtype(endian)), minimum, found))
}

/// Returns the CPU and the sections of a PE file.
fn pe_sections<H: ImageNtHeaders>(
    head: &[u8],
) -> object::read::Result<(pe::Machine, Vec<SectionLen>)> {
    let mut offset = pe::ImageDosHeader::parse(head)?.nt_headers_offset().into();
    let (headers, _) = H::parse(head, &mut offset)?;
    let sections = headers.sections(head, offset)?;
    let len = |section: &pe::ImageSectionHeader| SectionLen {
        name: text(section.raw_name()),
        offset: section.pointer_to_raw_data.get(LittleEndian).into(),
        len: section.size_of_raw_data.get(LittleEndian).into(),
    };
    let found = sections.iter().map(len).filter(|section| section.len > 0).collect();
    Ok((headers.file_header().machine.get(LittleEndian), found))
}
