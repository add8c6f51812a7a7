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
    /// writes to them. `edit` has the new indexes of sections and the new table of names.
    fn move_contents(
        &mut self,
        headers: &mut [Section],
        patch: &Patch,
        edit: Option<(&Unloaded<'_>, &Renumbering, &[u8])>,
    ) {
        let image = self.image;
        let old = image.sections.as_ref().map_or(&[][..], |sections| &sections.headers);
        let names_at = edit.map(|(unloaded, ..)| unloaded.names.section());
        for index in self.moved(headers, edit.map(|(unloaded, ..)| unloaded)) {
            let (Some(before), Some(header)) = (old.get(index), headers.get_mut(index)) else {
                continue;
            };
            if let Some((_, _, names)) = edit
                && Some(index as u64) == names_at
            {
                header.offset = self.push(names, header.align);
                header.len = names.len() as u64;
                continue;
            }
            let range = unloaded::content(before);
            let mut bytes = Cow::Borrowed(image.slice(&range).unwrap_or_default());
            for (at, written) in patch.writes_in(&range) {
                let at = usize::try_from(at - range.start).unwrap_or(usize::MAX);
                if at.saturating_add(written.len()) <= bytes.len()
                    && let Some(range) = bytes.to_mut().get_mut(at..at + written.len())
                {
                    range.copy_from_slice(written);
                }
            }
            if let Some((_, numbers, _)) = edit {
                let content_of = |it: &Section| image.slice(&unloaded::content(it));
                let new = numbers.content(image.format, old, index, &bytes, content_of);
                header.offset = self.push(&new, header.align);
            } else {
                header.offset = self.push(&bytes, header.align);
            }
        }
    }

    /// Returns the indexes of the sections whose contents are appended, by their old offsets.
    fn moved(&self, headers: &[Section], unloaded: Option<&Unloaded<'_>>) -> Vec<usize> {
        let old = self.image.sections.as_ref().map_or(&[][..], |sections| &sections.headers);
        let is_moved = |(index, (old, new)): &(usize, (&Section, &Section))| {
            let has_place = old.flags & SHF_ALLOC != 0 || old.offset != new.offset;
            let has_content = !matches!(old.kind, SHT_NOBITS | SHT_NULL);
            // Names and section indexes change.
            let is_new = unloaded.is_some_and(|unloaded| {
                unloaded.names.section() == *index as u64 || renumber::is_table(old)
            });
            let is_removed = unloaded.is_some_and(|it| it.removed.get(*index) == Some(&true));
            (old.offset >= self.kept || is_new) && has_content && !has_place && !is_removed
        };
        let sections = old.iter().zip(headers).enumerate().filter(is_moved);
        let mut moved: Vec<_> = sections.map(|(index, (old, _))| (old.offset, index)).collect();
        moved.sort_unstable();
        moved.into_iter().map(|(_, index)| index).collect()
    }
}

/// Puts the number of sections into section 0 if the file header has no room for it.
fn set_count(headers: &mut [Section]) {
    let count = headers.len() as u64;
    if let Some(first) = headers.first_mut().filter(|_| Sections::count_in_section_0(count)) {
        first.len = count;
    }
}
