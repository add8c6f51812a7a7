//! The end of an edited file: sections that are not mapped, and the section headers.

use std::borrow::Cow;

use super::format::{HeaderField, Section};
use super::gaps;
use super::image::{Image, Sections};
use super::patch::Patch;
use super::renumber::{self, Renumbering};
use super::section_names;
use super::tags::{SHF_ALLOC, SHT_NOBITS, SHT_NULL, SHT_PROGBITS};
use super::unloaded::{self, DEBUG_LINK, Unloaded};

/// Maximum alignment of a section that is not mapped, in bytes.
const MAX_ALIGN: u64 = 4096;

/// The end of a file. It begins at `kept`, an offset in the file.
#[derive(Debug)]
pub(super) struct Tail<'a> {
    image: &'a Image<'a>,
    kept: u64,
    bytes: Vec<u8>,
}

impl<'a> Tail<'a> {
    /// Creates a tail that begins with these bytes.
    pub(super) fn new(image: &'a Image<'a>, kept: u64, bytes: Vec<u8>) -> Self {
        Self { image, kept, bytes }
    }

    /// Appends bytes. Returns their offset in the file.
    fn push(&mut self, bytes: &[u8], align: u64) -> u64 {
        let end = self.kept.saturating_add(self.bytes.len() as u64);
        let offset = end.next_multiple_of(align.clamp(1, MAX_ALIGN));
        self.bytes.resize(usize::try_from(offset - self.kept).unwrap_or_default(), 0);
        self.bytes.extend_from_slice(bytes);
        offset
    }

    /// Appends the sections and their headers. Returns the patch with the tail and the fields of the file header
    /// that locate them.
    pub(super) fn finish(
        mut self,
        mut patch: Patch,
        headers: Option<Vec<Section>>,
        unloaded: Option<&Unloaded<'_>>,
    ) -> Patch {
        let Some(headers) = headers else {
            patch.end_with(self.kept, self.bytes);
            return patch;
        };
        let (headers, names) = self.sections(headers, &mut patch, unloaded);
        let table: Vec<u8> =
            headers.iter().flat_map(|header| header.bytes(self.image.format)).collect();
        let start = self.push(&table, 8);
        let count = headers.len() as u64;
        let is_in_section_0 = Sections::count_in_section_0;
        let mut fields = vec![(HeaderField::SECTIONS, start)];
        fields.push((HeaderField::SECTION_COUNT, if is_in_section_0(count) { 0 } else { count }));
        if let Some(names) = names {
            let names = if is_in_section_0(names) { 0xffff } else { names };
            fields.push((HeaderField::SECTION_NAMES, names));
        }
        for (field, value) in fields {
            let (offset, len) = field.place(self.image.format);
            patch.write(self.image.bytes, offset, self.image.format.bytes(value, len));
        }
        patch.end_with(self.kept, self.bytes);
        patch
    }

    /// Appends the sections. Returns their headers, and the new index of the section with the names.
    fn sections(
        &mut self,
        mut headers: Vec<Section>,
        patch: &mut Patch,
        unloaded: Option<&Unloaded<'_>>,
    ) -> (Vec<Section>, Option<u64>) {
        let Some(unloaded) = unloaded else {
            self.move_contents(&mut headers, patch, None);
            set_count(&mut headers);
            return (headers, None);
        };
        let is_removed = |index: usize| unloaded.removed.get(index) == Some(&true);
        let numbers = Renumbering::new((0..headers.len()).map(is_removed));
        let kept = headers.iter().enumerate().filter(|(index, _)| !is_removed(*index));
        let link = unloaded.debug_link.as_ref().map(|_| DEBUG_LINK);
        let names = kept.map(|(_, header)| unloaded.names.get(header)).chain(link);
        let (table, offsets) = section_names::table(names);
        for header in &mut headers {
            header.name = offsets.get(unloaded.names.get(header)).copied().unwrap_or(0);
        }
        self.move_contents(&mut headers, patch, Some((unloaded, &numbers, &table)));
        gaps::clear(self.image, unloaded, self.kept, patch);
        numbers.write_dynamic_symbols(self.image, &headers, patch);
        let mut headers = numbers.headers(&headers);
        if let Some(content) = &unloaded.debug_link {
            headers.push(Section {
                name: offsets.get(DEBUG_LINK).copied().unwrap_or(0),
                kind: SHT_PROGBITS,
                flags: 0,
                address: 0,
                offset: self.push(content, 4),
                len: content.len() as u64,
                link: 0,
                info: 0,
                align: 4,
                entry_len: 0,
            });
        }
        let names = numbers.get(unloaded.names.section());
        if let Some(first) = headers.first_mut() {
            (first.len, first.link) =
                (0, if Sections::count_in_section_0(names) { names } else { 0 });
        }
        set_count(&mut headers);
        (headers, Some(names))
    }

    /// Appends the contents of the sections that are not mapped and not among the kept bytes, in order, with the
    /// writes to them. With an edit of sections, `edit` has their new indexes and the table of names.
    fn move_contents(
        &mut self,
        headers: &mut [Section],
        patch: &mut Patch,
        edit: Option<(&Unloaded<'_>, &Renumbering, &[u8])>,
    ) {
        let writes = patch.take_behind(self.kept);
        let image = self.image;
        let old = image.sections.as_ref().map_or(&[][..], |sections| &sections.headers);
        let names_at = edit.map(|(unloaded, ..)| unloaded.names.section());
        let mut moved = Vec::new();
        for ((index, old), new) in (0_u64..).zip(old).zip(headers.iter()) {
            let is_removed =
                edit.is_some_and(|(it, numbers, _)| it.removes() && numbers.is_removed(index));
            let has_place = old.flags & SHF_ALLOC != 0 || old.offset != new.offset;
            let is_new = Some(index) == names_at || (edit.is_some() && renumber::is_table(old));
            let is_behind = old.offset >= self.kept || is_new;
            if is_behind && !has_place && !is_removed && !matches!(old.kind, SHT_NOBITS | SHT_NULL)
            {
                moved.push((old.offset, index));
            }
        }
        moved.sort_unstable();
        for (start, number) in moved {
            let index = usize::try_from(number).unwrap_or(usize::MAX);
            let Some(header) = old.get(index) else { continue };
            let mut bytes =
                Cow::Borrowed(image.slice(&unloaded::content(header)).unwrap_or_default());
            let writes = writes.iter().map(|(at, bytes)| (*at, bytes.as_slice()));
            for (at, written) in writes.chain(patch.writes()).filter(|(at, _)| *at >= start) {
                let at = usize::try_from(at - start).unwrap_or(usize::MAX);
                if at.saturating_add(written.len()) <= bytes.len()
                    && let Some(range) = bytes.to_mut().get_mut(at..at + written.len())
                {
                    range.copy_from_slice(written);
                }
            }
            let offset = match edit {
                Some((_, _, table)) if Some(number) == names_at => self.push(table, header.align),
                Some((_, numbers, _)) => {
                    let content_of = |it: &Section| image.slice(&unloaded::content(it));
                    let new = numbers.content(image.format, old, index, &bytes, content_of);
                    self.push(&new, header.align)
                }
                None => self.push(&bytes, header.align),
            };
            let Some(new) = headers.get_mut(index) else { continue };
            new.offset = offset;
            if let Some((_, _, table)) = edit
                && Some(number) == names_at
            {
                new.len = table.len() as u64;
            }
        }
    }
}

/// Puts the number of sections into section 0 if the file header has no room for it.
fn set_count(headers: &mut [Section]) {
    let count = headers.len() as u64;
    if let Some(first) = headers.first_mut().filter(|_| Sections::count_in_section_0(count)) {
        first.len = count;
    }
}
