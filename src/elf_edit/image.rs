//! A parsed file: its program headers, section headers and dynamic section.

use std::ops::Range;

use super::error::EditError;
use super::format::{Format, HeaderField, Section, Segment};
use super::tags::{DT_NULL, DT_STRSZ, DT_STRTAB, PT_DYNAMIC, PT_LOAD, SHT_NOBITS};

/// The first reserved section index (`SHN_LORESERVE`). A count from there on stands in section 0.
const FIRST_RESERVED: u64 = 0xff00;

/// An entry of the dynamic section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) tag: u64,
    pub(super) value: u64,
}

/// The section headers of a file.
#[derive(Debug, Clone)]
pub(super) struct Sections {
    pub(super) offset: u64,
    pub(super) headers: Vec<Section>,
}

/// A parsed file.
#[derive(Debug)]
pub(super) struct Image<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) format: Format,
    /// Offset of the program headers.
    pub(super) segments_offset: u64,
    pub(super) segments: Vec<Segment>,
    /// `None` where there are none, or where they cannot be used: loaders do not need them.
    pub(super) sections: Option<Sections>,
    /// Index of `PT_DYNAMIC` among the segments. `None` if the file has no dynamic section.
    pub(super) dynamic_segment: Option<usize>,
    /// The entries of the dynamic section before `DT_NULL`.
    pub(super) dynamic: Vec<Entry>,
}

impl<'a> Image<'a> {
    /// Parses a file.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, EditError> {
        let Some(format) = Format::of(bytes) else {
            return Err(EditError::malformed(0, "an ELF header", "something else"));
        };
        let mut image = Image {
            bytes,
            format,
            segments_offset: 0,
            segments: Vec::new(),
            sections: None,
            dynamic_segment: None,
            dynamic: Vec::new(),
        };
        image.read_segments()?;
        image.sections = image.read_sections();
        image.read_dynamic()?;
        Ok(image)
    }

    /// Returns the length of the file in bytes.
    pub(super) fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Returns a field of the file header.
    pub(super) fn header(&self, field: HeaderField) -> Result<u64, EditError> {
        let end = || EditError::malformed(self.len(), "a whole ELF header", "the file's end");
        field.read(self.format, self.bytes).ok_or_else(end)
    }

    /// Returns a range of the file.
    pub(super) fn slice(&self, range: &Range<u64>) -> Option<&'a [u8]> {
        let start = usize::try_from(range.start).ok()?;
        self.bytes.get(start..usize::try_from(range.end).ok()?)
    }

    /// Returns the number at an offset of the file, of `len` bytes.
    pub(super) fn number(&self, offset: u64, len: usize) -> Option<u64> {
        self.format.read(self.bytes, offset, len)
    }

    /// Returns the file offset of an address, and the number of bytes from there to the end of its
    /// segment's bytes in the file.
    pub(super) fn offset_of(&self, address: u64) -> Option<(u64, u64)> {
        self.loads().find_map(|segment| {
            let from_start = address.checked_sub(segment.address)?;
            let room = segment.file_end().min(self.len()).checked_sub(segment.offset)?;
            let room = room.checked_sub(from_start).filter(|room| *room > 0)?;
            Some((segment.offset + from_start, room))
        })
    }

    /// Returns the segments that are mapped (`PT_LOAD`).
    pub(super) fn loads(&self) -> impl Iterator<Item = &Segment> {
        self.segments.iter().filter(|segment| segment.kind == PT_LOAD)
    }

    /// Returns the value of the last entry with a tag, which is the one that loaders use.
    pub(super) fn tag(&self, tag: u64) -> Option<u64> {
        self.dynamic.iter().rfind(|entry| entry.tag == tag).map(|entry| entry.value)
    }

    /// Returns the byte range of the string table in the file.
    pub(super) fn strings(&self) -> Result<Range<u64>, EditError> {
        let (Some(address), Some(len)) = (self.tag(DT_STRTAB), self.tag(DT_STRSZ)) else {
            let found = "a dynamic section without `DT_STRTAB` or `DT_STRSZ`";
            return Err(EditError::malformed(self.dynamic_range().start, "a string table", found));
        };
        match self.offset_of(address) {
            Some((offset, room)) if len <= room => Ok(offset..offset + len),
            _ => {
                let found = format!("{len} bytes at address {address:#x}");
                let expected = "a string table inside a segment";
                Err(EditError::malformed(self.dynamic_range().start, expected, found))
            }
        }
    }

    /// Returns the byte range of the dynamic section in the file.
    pub(super) fn dynamic_range(&self) -> Range<u64> {
        let segment = self.dynamic_segment.and_then(|index| self.segments.get(index));
        segment.map_or(0..0, |segment| segment.offset..segment.file_end())
    }

    /// Returns the section headers if they are the last bytes of the file.
    pub(super) fn last_sections(&self) -> Option<&Sections> {
        let sections = self.sections.as_ref()?;
        let Sections { offset, headers } = sections;
        let table_end = offset + headers.len() as u64 * self.format.section_len();
        let segments = self.segments.iter().map(|it| it.file_end());
        let contents = headers.iter().filter(|it| it.kind != SHT_NOBITS);
        let contents = contents.map(|it| it.offset.saturating_add(it.len));
        let is_last = segments.chain(contents).all(|end| end <= *offset);
        (is_last && table_end == self.len()).then_some(sections)
    }

    fn read_segments(&mut self) -> Result<(), EditError> {
        let (offset, count) =
            (self.header(HeaderField::SEGMENTS)?, self.header(HeaderField::SEGMENT_COUNT)?);
        let (len, own_len) = (self.header(HeaderField::SEGMENT_LEN)?, self.format.segment_len());
        if offset == 0 || count == 0 {
            return Ok(());
        }
        let range = offset..offset.saturating_add(count * own_len);
        let Some(bytes) = self.slice(&range).filter(|_| len == own_len && count < 0xffff) else {
            let found = format!("{count} of {len} bytes each");
            return Err(EditError::malformed(offset, "program headers inside the file", found));
        };
        let segments = bytes.chunks_exact(usize::try_from(own_len).unwrap_or(usize::MAX));
        self.segments_offset = offset;
        self.segments.extend(segments.filter_map(|bytes| Segment::read(self.format, bytes)));
        // The arithmetic of edits relies on this.
        let is_valid = |it: &Segment| {
            let memory_end = it.address.checked_add(it.memory_len);
            let file_end = it.offset.checked_add(it.file_len);
            it.memory_len >= it.file_len
                && memory_end.is_some_and(|end| end <= 1 << 62)
                && file_end.is_some_and(|end| end <= self.len())
        };
        match self.loads().find(|segment| !is_valid(segment)) {
            None => Ok(()),
            Some(it) => {
                let found = format!("{} bytes at byte {}", it.file_len, it.offset);
                Err(EditError::malformed(offset, "mapped segments inside the file", found))
            }
        }
    }

    fn read_sections(&self) -> Option<Sections> {
        let field = |field: HeaderField| field.read(self.format, self.bytes);
        let (offset, len) = (field(HeaderField::SECTIONS)?, self.format.section_len());
        if offset == 0 || field(HeaderField::SECTION_LEN)? != len {
            return None;
        }
        let read = |index: u64| {
            let start = offset.checked_add(index.checked_mul(len)?)?;
            Section::read(self.format, self.slice(&(start..start.checked_add(len)?))?)
        };
        let count = match field(HeaderField::SECTION_COUNT)? {
            0 => read(0)?.len,
            count => count,
        };
        // A count that the file has no room for is refused before anything is allocated.
        let end = offset.checked_add(count.checked_mul(len)?)?;
        if count == 0 || end > self.len() {
            return None;
        }
        let headers: Vec<Section> = (0..count).map(read).collect::<Option<_>>()?;
        Some(Sections { offset, headers })
    }

    fn read_dynamic(&mut self) -> Result<(), EditError> {
        let is_dynamic = |segment: &Segment| segment.kind == PT_DYNAMIC && segment.file_len > 0;
        let Some(index) = self.segments.iter().position(is_dynamic) else { return Ok(()) };
        self.dynamic_segment = Some(index);
        let range = self.dynamic_range();
        let Some(bytes) = self.slice(&range) else {
            let found = format!("the file's end at byte {}", self.len());
            return Err(EditError::malformed(range.start, "a dynamic section", found));
        };
        let word = self.format.word();
        for entry in bytes.chunks_exact(2 * word) {
            let (tag, value) =
                (self.format.read(entry, 0, word), self.format.read(entry, word as u64, word));
            let (Some(tag), Some(value)) = (tag, value) else { break };
            if tag == DT_NULL {
                break;
            }
            self.dynamic.push(Entry { tag, value });
        }
        Ok(())
    }
}

impl Sections {
    /// Returns the index of the section that begins at an address and has a type.
    pub(super) fn find(&self, kind: u64, address: u64) -> Option<usize> {
        self.headers.iter().position(|it| it.kind == kind && it.address == address)
    }

    /// Returns whether the count stands in section 0, because the header's field is too short.
    pub(super) fn count_in_section_0(count: u64) -> bool {
        count >= FIRST_RESERVED
    }
}
