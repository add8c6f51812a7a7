//! The file with the debug information of another one, as `objcopy --only-keep-debug` writes it.
//!
//! It has the program headers, the section headers and the symbols of the other one, at the same addresses. What
//! is mapped has no bytes, apart from notes: debuggers compare the build ID.

use super::error::EditError;
use super::format::{HeaderField, Section, Segment};
use super::image::{Image, Sections};
use super::patch::Patch;
use super::sections;
use super::tags::{PT_NOTE, PT_NULL, PT_PHDR, SHF_ALLOC, SHT_NOBITS, SHT_NOTE, SHT_NULL};
use super::unloaded::{self, Unloaded};
use super::{Edits, Strip};

/// Returns the file with the symbols and the debug information that [`Strip::All`] removes from `file`. `None` if
/// `file` has neither, or is not stripped.
///
/// Its sections are those of the file after `edits`, so that tools can combine both files again. What `edits`
/// remove from or add to sections that no loader reads does not matter.
///
/// Memory is that of the result, and twice that of `file` if `edits` change what loaders read.
///
/// # Errors
/// As those of [`edit`](super::edit).
pub fn debug_file(file: &[u8], edits: &Edits) -> Result<Option<Vec<u8>>, EditError> {
    let image = match Image::parse(file) {
        Ok(image) => image,
        // `edit` removes nothing from a damaged file.
        Err(_) if super::is_elf(file) => return Ok(None),
        Err(error) => return Err(error),
    };
    let strip = Edits { strip: Some(Strip::All), ..Edits::default() };
    let (Some(_), Some(sections)) = (Unloaded::plan(&image, &strip), &image.sections) else {
        return Ok(None);
    };
    let loaded = Edits { strip: None, debug_link: None, ..edits.clone() };
    let patch = super::edit(file, &loaded)?;
    if patch.is_empty() {
        return Ok(Some(DebugFile::new(&image)?.finish(sections)?));
    }
    let mut edited = patch.apply(file);
    let mut places = None;
    if edits.strip.is_some() {
        let found = FinalPlaces::find(file, edits, &Image::parse(&edited)?)?;
        for (offset, bytes) in found.symbols.writes() {
            let start = usize::try_from(offset).unwrap_or(usize::MAX);
            if let Some(range) = edited.get_mut(start..start.saturating_add(bytes.len())) {
                range.copy_from_slice(bytes);
            }
        }
        places = Some(found);
    }
    let mut image = Image::parse(&edited)?;
    if let Some(FinalPlaces { segments, sections, .. }) = places {
        (image.segments, image.sections) = (segments, sections);
    }
    match &image.sections {
        Some(sections) => Ok(Some(DebugFile::new(&image)?.finish(sections)?)),
        None => Ok(None),
    }
}

/// The headers of an edited file, with the addresses that everything has if the file is stripped in the same pass:
/// without what is removed, added tables have other offsets, and so other addresses.
struct FinalPlaces {
    segments: Vec<Segment>,
    sections: Option<Sections>,
    /// The new values of symbols.
    symbols: Patch,
}

impl FinalPlaces {
    /// Finds them. `edited` is the file with the edits for loaders only.
    fn find(file: &[u8], edits: &Edits, edited: &Image<'_>) -> Result<Self, EditError> {
        let edits = Edits { debug_link: None, ..edits.clone() };
        let stripped = super::edit(file, &edits)?.apply(file);
        let stripped = Image::parse(&stripped)?;
        let (mut segments, mut sections) = (edited.segments.clone(), edited.sections.clone());
        for (segment, new) in segments.iter_mut().zip(&stripped.segments) {
            (segment.address, segment.physical) = (new.address, new.physical);
        }
        let strips = Edits { strip: edits.strip, ..Edits::default() };
        let removed = Unloaded::plan(edited, &strips).map(|it| it.removed).unwrap_or_default();
        let mut new = stripped.sections.iter().flat_map(|it| &it.headers);
        for (index, header) in sections.iter_mut().flat_map(|it| &mut it.headers).enumerate() {
            if removed.get(index) != Some(&true)
                && let Some(new) = new.next()
            {
                header.address = new.address;
            }
        }
        let mut symbols = Patch::new(edited.len());
        let address = |image: &Image<'_>| Some(image.segments.get(image.dynamic_segment?)?.address);
        if let (Some(sections), Some(new)) = (&sections, address(&stripped))
            && address(edited) != Some(new)
        {
            sections::move_symbol(edited, &mut symbols, &sections.headers, new);
        }
        Ok(Self { segments, sections, symbols })
    }
}

/// A file with debug information, before its section headers are appended.
struct DebugFile<'a> {
    image: &'a Image<'a>,
    bytes: Vec<u8>,
    /// Ranges of `image` that were copied: offset, length, and new offset.
    notes: Vec<(u64, u64, u64)>,
}

impl<'a> DebugFile<'a> {
    /// Creates the file with its headers and notes.
    fn new(image: &'a Image<'a>) -> Result<Self, EditError> {
        let header = image.slice(&(0..image.format.header_len())).unwrap_or_default().to_vec();
        let mut file = Self { image, bytes: header, notes: Vec::new() };
        let len = image.segments.len() as u64 * image.format.segment_len();
        let start = file.push(&vec![0; usize::try_from(len).unwrap_or_default()], 8);
        if len > 0 {
            file.write_field(HeaderField::SEGMENTS, start);
        }
        for segment in image.segments.iter().filter(|it| it.kind == PT_NOTE) {
            file.copy_notes(segment.offset, segment.file_len, segment.align)?;
        }
        let segments = image.segments.iter().map(|it| file.segment(*it, start));
        let table: Vec<u8> = segments.flat_map(|it| it.bytes(image.format)).collect();
        file.write(start, &table);
        Ok(file)
    }

    /// Appends bytes. Returns their offset.
    fn push(&mut self, bytes: &[u8], align: u64) -> u64 {
        let align = usize::try_from(align.clamp(1, 4096)).unwrap_or(1);
        self.bytes.resize(self.bytes.len().next_multiple_of(align), 0);
        let start = self.bytes.len() as u64;
        self.bytes.extend_from_slice(bytes);
        start
    }

    /// Replaces bytes.
    fn write(&mut self, offset: u64, bytes: &[u8]) {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        if let Some(range) = self.bytes.get_mut(start..start.saturating_add(bytes.len())) {
            range.copy_from_slice(bytes);
        }
    }

    fn write_field(&mut self, field: HeaderField, value: u64) {
        let (offset, len) = field.place(self.image.format);
        self.write(offset, &self.image.format.bytes(value, len));
    }

    /// Returns the new offset of a copied range.
    fn copied(&self, offset: u64, len: u64) -> Option<u64> {
        let end = offset.checked_add(len)?;
        let is_within = |it: &&(u64, u64, u64)| it.0 <= offset && end <= it.0.saturating_add(it.1);
        self.notes.iter().find(is_within).map(|(start, _, new)| new + (offset - start))
    }

    /// Copies notes, unless they are already copied. Returns their new offset.
    fn copy_notes(&mut self, offset: u64, len: u64, align: u64) -> Result<u64, EditError> {
        if let Some(new) = self.copied(offset, len) {
            return Ok(new);
        }
        let copied: u64 = self.notes.iter().map(|it| it.1).sum();
        let bytes = self.image.slice(&(offset..offset.saturating_add(len)));
        let Some(bytes) = bytes.filter(|_| copied.saturating_add(len) <= self.image.len()) else {
            let found = format!("{len} bytes");
            return Err(EditError::malformed(offset, "notes inside the file", found));
        };
        let new = self.push(bytes, align);
        self.notes.push((offset, len, new));
        Ok(new)
    }

    /// Returns a program header: without bytes, apart from notes and the program headers at `table`.
    fn segment(&self, mut segment: Segment, table: u64) -> Segment {
        let len = self.image.segments.len() as u64 * self.image.format.segment_len();
        let has_headers = self.image.segments_offset == table && segment.offset <= table;
        match self.copied(segment.offset, segment.file_len).filter(|_| segment.file_len > 0) {
            Some(new) => segment.offset = new,
            None if has_headers && segment.file_end() >= table + len => {
                segment.file_len = table + len - segment.offset;
            }
            None => {
                segment.offset = segment.address.checked_rem(segment.align).unwrap_or(0);
                segment.file_len = 0;
                if segment.kind == PT_PHDR {
                    // It would promise that the program headers are mapped.
                    segment.kind = PT_NULL;
                }
            }
        }
        segment
    }

    /// Appends the sections that are not mapped, and all section headers.
    fn finish(mut self, sections: &Sections) -> Result<Vec<u8>, EditError> {
        let mut headers = sections.headers.clone();
        let mut order: Vec<&mut Section> = headers.iter_mut().collect();
        order.sort_by_key(|header| header.offset);
        for header in order {
            let is_mapped = header.flags & SHF_ALLOC != 0;
            match header.kind {
                SHT_NULL => {}
                SHT_NOTE if is_mapped => {
                    header.offset = self.copy_notes(header.offset, header.len, header.align)?;
                }
                SHT_NOBITS => header.offset = self.bytes.len() as u64,
                _ if is_mapped => {
                    (header.kind, header.offset) = (SHT_NOBITS, self.bytes.len() as u64);
                }
                _ => {
                    let bytes = self.image.slice(&unloaded::content(header)).unwrap_or_default();
                    header.offset = self.push(bytes, header.align);
                }
            }
        }
        let format = self.image.format;
        let table: Vec<u8> = headers.into_iter().flat_map(|it| it.bytes(format)).collect();
        let start = self.push(&table, 8);
        self.write_field(HeaderField::SECTIONS, start);
        Ok(self.bytes)
    }
}
