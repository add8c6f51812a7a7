//! Makes the patch of a file: edits in place where everything fits, otherwise with a new segment.

use super::area::{Area, AreaKind, Moved, MovedTables};
use super::error::EditError;
use super::extend;
use super::format::{HeaderField, Section, Segment};
use super::image::Image;
use super::interpreter::Interpreter;
use super::names::{self, Edited, Texts};
use super::patch::Patch;
use super::place;
use super::references::References;
use super::sections;
use super::strings::Places;
use super::tags::{
    DT_NEEDED, DT_NULL, DT_RPATH, DT_RUNPATH, DT_SONAME, DT_STRSZ, DT_STRTAB, DT_VERDEF,
    DT_VERNEED, DT_VERNEEDNUM, DT_VERSYM, PF_R, PF_W, PF_X, PT_GNU_STACK,
};
use super::tail::Tail;
use super::unloaded::{self, Unloaded};
use super::versions::{self, Needs};
use super::{Edits, image};

/// Entries that a dynamic section has to spare when it grows, as GNU ld has it.
const SPARE_ENTRIES: usize = 5;

/// What an edit changes, before new names have places.
struct Rewrite<'a> {
    image: &'a Image<'a>,
    table: &'a [u8],
    entries: Vec<Edited>,
    needs: Needs,
    places: Places,
    segments: Vec<Segment>,
    interpreter: Option<Interpreter>,
    os_abi: Option<u8>,
    /// Index of the segment that an earlier edit added.
    earlier: Option<usize>,
    unloaded: Option<Unloaded<'a>>,
}

/// Returns the patch of a file.
pub(super) fn patch(image: &Image<'_>, edits: &Edits) -> Result<Patch, EditError> {
    let unloaded = Unloaded::plan(image, edits);
    if !edits.concern_loaders() && unloaded.is_none() {
        return Ok(Patch::new(image.len()));
    }
    let earlier = place::earlier(image);
    if !edits.concern_loaders() && earlier.is_none() {
        return Ok(compacted(image, Patch::new(image.len()), unloaded.as_ref()));
    }
    let segments = segments(image, edits);
    if image.dynamic_segment.is_none() {
        return without_names(image, edits, &segments, unloaded.as_ref());
    }
    let strings = image.strings()?;
    let table = image.slice(&strings).unwrap_or_default();
    let texts = Texts(table);
    let entries = names::edited(image, texts, edits);
    let needs = versions::edited(image, texts, edits)?;
    let interpreter = Interpreter::new(image, edits)?;
    let same: Vec<_> = image.dynamic.iter().map(|entry| Edited::Same(*entry)).collect();
    let is_same = entries == same
        && needs.renamed.is_empty()
        && needs.words.is_empty()
        && interpreter.as_ref().is_none_or(|it| it.is_same(image))
        && edits.os_abi.is_none();
    if is_same && segments == image.segments && unloaded.is_none() {
        return Ok(Patch::new(image.len()));
    }
    let references = References::collect(image, &entries, &needs);
    let new = entries.iter().filter_map(|entry| match entry {
        Edited::Text(_, text) => Some(text),
        Edited::Same(_) => None,
    });
    let mut new: Vec<_> = new.chain(needs.renamed.iter().map(|(_, name)| name)).cloned().collect();
    new.sort_unstable();
    new.dedup();
    let places = Places::find(table, new, &removed(image), references.as_ref());
    let os_abi = edits.os_abi;
    let rewrite = Rewrite {
        image,
        table,
        entries,
        needs,
        places,
        segments,
        interpreter,
        os_abi,
        earlier,
        unloaded,
    };
    rewrite.patch()
}

/// Returns the offsets of names that an edit may have removed; those in use are references.
fn removed(image: &Image<'_>) -> Vec<u64> {
    let names = [DT_NEEDED, DT_SONAME, DT_RPATH, DT_RUNPATH];
    let entries = image.dynamic.iter().filter(|entry| names.contains(&entry.tag));
    entries.map(|entry| entry.value).collect()
}

/// Returns the program headers with the edits of the stack's permission.
fn segments(image: &Image<'_>, edits: &Edits) -> Vec<Segment> {
    let mut segments = image.segments.clone();
    let Some(is_executable) = edits.executable_stack else { return segments };
    let execute = if is_executable { PF_X } else { 0 };
    let stack = segments.iter_mut().find(|segment| segment.kind == PT_GNU_STACK);
    match stack {
        Some(stack) => stack.flags = stack.flags & !PF_X | execute,
        // Without this header loaders make the stack executable.
        None => segments.push(Segment {
            kind: PT_GNU_STACK,
            flags: PF_R | PF_W | execute,
            offset: 0,
            address: 0,
            physical: 0,
            file_len: 0,
            memory_len: 0,
            align: 16,
        }),
    }
    segments
}

impl Rewrite<'_> {
    fn patch(self) -> Result<Patch, EditError> {
        let image = self.image;
        let range = image.dynamic_range();
        let capacity = (range.end - range.start) / image.format.dynamic_len();
        let grows = self.entries_len() as u64 + 1 > capacity;
        let has_header = self.segments.len() > image.segments.len();
        // Where sections before an earlier area are removed, the area follows the rest.
        let moves = self.earlier.is_some() && self.unloaded.is_some();
        let is_longer = self.interpreter.as_ref().is_some_and(|it| !it.fits());
        if grows || has_header || moves || is_longer || !self.places.appended.is_empty() {
            return self.with_area(grows);
        }
        let mut patch = Patch::new(image.len());
        if let Some(interpreter) = &self.interpreter {
            patch.write(image.bytes, interpreter.segment.offset, interpreter.bytes.clone());
        }
        write_os_abi(image, self.os_abi, &mut patch);
        let strings = image.strings()?;
        for (offset, bytes) in &self.places.writes {
            patch.write(image.bytes, strings.start + offset, bytes.clone());
        }
        let dynamic = self.dynamic(None, usize::try_from(capacity).unwrap_or_default());
        patch.write(image.bytes, range.start, dynamic);
        write_segments(image, &self.segments, &mut patch);
        self.write_needs(&mut patch);
        let new = sections::edited(image, None, MovedTables::default(), &self.needs);
        if self.unloaded.is_some() {
            let kept = unloaded::loaded_end(image, None);
            let tail = Tail::new(image, kept, Vec::new());
            return Ok(tail.finish(patch, new, self.unloaded.as_ref()));
        }
        if let (Some(old), Some(new)) = (&image.sections, new) {
            let headers = new.into_iter().flat_map(|header| header.bytes(image.format)).collect();
            patch.write(image.bytes, old.offset, headers);
        }
        Ok(patch)
    }

    /// Makes a patch with a new segment at the end of the file.
    fn with_area(mut self, grows: bool) -> Result<Patch, EditError> {
        let image = self.image;
        if let Some(index) = self.earlier {
            self.segments.remove(index);
        }
        let compacts = self.unloaded.is_some();
        let mut area = place::area(image, self.earlier, self.segments.len(), compacts)?;
        let mut patch = Patch::new(image.len());
        let interpreter = self.push_interpreter(&mut area, &mut patch);
        let strings = image.strings()?;
        let is_copied = !self.places.appended.is_empty() || strings.start >= area.kept;
        let strings = is_copied.then(|| self.places.table(self.table));
        let range = image.dynamic_range();
        let dynamic = (grows || range.start >= area.kept).then(|| {
            let entries = self.entries_len() + 1 + SPARE_ENTRIES;
            let len = entries * 2 * image.format.word();
            (area.push(&vec![0; len], true), entries)
        });
        let strings = strings.map(|table| area.push(&table, false));
        write_os_abi(image, self.os_abi, &mut patch);
        let entries = dynamic.map_or_else(
            || usize::try_from((range.end - range.start) / image.format.dynamic_len()),
            |(_, entries)| Ok(entries),
        );
        let bytes = self.dynamic(strings, entries.unwrap_or_default());
        match dynamic {
            Some((place, _)) => {
                let start = usize::try_from(place.offset - area.offset).unwrap_or_default();
                if let Some(range) = area.bytes.get_mut(start..start + bytes.len()) {
                    range.copy_from_slice(&bytes);
                }
            }
            None => patch.write(image.bytes, range.start, bytes),
        }
        self.write_needs(&mut patch);
        let dynamic = dynamic.map(|(place, _)| place);
        let program_headers = area.push_headers(image);
        let tables = MovedTables { strings, dynamic, interpreter };
        let segments = area.segments(image, self.segments, tables)?;
        let mut headers = sections::edited(image, Some(&area), tables, &self.needs);
        if let (Some(headers), Some(place)) = (&mut headers, program_headers) {
            sections::set_program_headers(image, headers, place, &area);
        }
        if let (Some(dynamic), Some(headers)) = (dynamic, &headers) {
            sections::move_symbol(image, &mut patch, headers, dynamic.address);
        }
        Ok(finish(image, patch, area, &segments, headers, self.unloaded.as_ref()))
    }

    /// Writes the path of the interpreter: where it is if it fits and stays there, otherwise into the area.
    fn push_interpreter(&self, area: &mut Area, patch: &mut Patch) -> Option<Moved> {
        let Interpreter { segment, bytes } = self.interpreter.as_ref()?;
        if bytes.len() as u64 <= segment.file_len && segment.offset < area.kept {
            patch.write(self.image.bytes, segment.offset, bytes.clone());
            return None;
        }
        Some(area.push(bytes, false))
    }

    /// Returns the number of entries of the dynamic section, without the last one.
    fn entries_len(&self) -> usize {
        self.resolved(None).len()
    }

    /// Returns the entries of the dynamic section.
    fn resolved(&self, strings: Option<Moved>) -> Vec<image::Entry> {
        let is_gone = self.needs.is_gone();
        let has_no_versions = is_gone && self.image.tag(DT_VERDEF).is_none();
        let mut entries = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            let (tag, mut value) = match entry {
                Edited::Same(entry) => (entry.tag, entry.value),
                Edited::Text(tag, text) => {
                    (*tag, self.places.offsets.get(text).copied().unwrap_or(0))
                }
            };
            match (tag, strings, self.needs.moved) {
                (DT_STRTAB, Some(strings), _) => value = strings.address,
                (DT_STRSZ, Some(strings), _) => value = strings.len,
                // Loaders crash if there are symbol versions, but no table that they refer to.
                (DT_VERSYM, ..) if has_no_versions => continue,
                (DT_VERNEED | DT_VERNEEDNUM, _, Some(_)) if is_gone => continue,
                (DT_VERNEED, _, Some(by)) => value = value.saturating_add(by),
                (DT_VERNEEDNUM, _, Some(_)) => value = self.needs.kept.len() as u64,
                _ => {}
            }
            entries.push(image::Entry { tag, value });
        }
        entries
    }

    /// Returns the bytes of the dynamic section: the entries, and `DT_NULL` up to its capacity.
    fn dynamic(&self, strings: Option<Moved>, capacity: usize) -> Vec<u8> {
        let format = self.image.format;
        let mut entries = self.resolved(strings);
        entries.resize(capacity.max(entries.len() + 1), image::Entry { tag: DT_NULL, value: 0 });
        let fields = entries.into_iter().flat_map(|entry| [entry.tag, entry.value]);
        fields.flat_map(|field| format.bytes(field, format.word())).collect()
    }

    /// Writes the words of the version needs.
    fn write_needs(&self, patch: &mut Patch) {
        let format = self.image.format;
        let mut words = self.needs.words.clone();
        for (index, name) in &self.needs.renamed {
            let offset = self.places.offsets.get(name).copied();
            if let (Some(need), Some(offset)) = (self.needs.kept.get(*index), offset) {
                words.push((need.name_offset(), offset, 4));
            }
        }
        for (offset, value, len) in words {
            patch.write(self.image.bytes, offset, format.bytes(value, len));
        }
    }
}

/// Returns the patch that edits only the sections that no loader reads, and what `patch` edits.
fn compacted(image: &Image<'_>, patch: Patch, unloaded: Option<&Unloaded<'_>>) -> Patch {
    let headers = image.sections.as_ref().map(|sections| sections.headers.clone());
    let kept = unloaded::loaded_end(image, None);
    Tail::new(image, kept, Vec::new()).finish(patch, headers, unloaded)
}

/// Returns the patch of a file without a dynamic section.
fn without_names(
    image: &Image<'_>,
    edits: &Edits,
    segments: &[Segment],
    unloaded: Option<&Unloaded<'_>>,
) -> Result<Patch, EditError> {
    if !edits.need_no_names() || segments.len() > image.segments.len() {
        return Err(EditError::NotDynamic);
    }
    let mut patch = Patch::new(image.len());
    write_segments(image, segments, &mut patch);
    write_os_abi(image, edits.os_abi, &mut patch);
    Ok(if unloaded.is_some() { compacted(image, patch, unloaded) } else { patch })
}

/// Writes the program headers where they are.
fn write_segments(image: &Image<'_>, segments: &[Segment], patch: &mut Patch) {
    let headers: Vec<u8> = segments.iter().flat_map(|it| it.bytes(image.format)).collect();
    patch.write(image.bytes, image.segments_offset, headers);
}

fn write_os_abi(image: &Image<'_>, os_abi: Option<u8>, patch: &mut Patch) {
    /// Offset of `EI_OSABI` in bytes.
    const OS_ABI: u64 = 7;
    if let Some(number) = os_abi {
        patch.write(image.bytes, OS_ABI, vec![number]);
    }
}

/// Appends the area and the section headers, and writes the program headers and the file header.
fn finish(
    image: &Image<'_>,
    mut patch: Patch,
    mut area: Area,
    segments: &[Segment],
    mut headers: Option<Vec<Section>>,
    unloaded: Option<&Unloaded<'_>>,
) -> Patch {
    let format = image.format;
    let program_headers: Vec<u8> = segments.iter().flat_map(|it| it.bytes(format)).collect();
    if let AreaKind::Added { segments, headers: Some(place), .. } = area.kind {
        let start = usize::try_from(place.offset - area.offset).unwrap_or_default();
        if let Some(table) = area.bytes.get_mut(start..start + program_headers.len()) {
            table.copy_from_slice(&program_headers);
        }
        let place = (HeaderField::SEGMENTS, place.offset);
        for (field, value) in [place, (HeaderField::SEGMENT_COUNT, segments)] {
            let (offset, len) = field.place(format);
            patch.write(image.bytes, offset, format.bytes(value, len));
        }
    } else {
        patch.write(image.bytes, image.segments_offset, program_headers);
    }
    let mut tail = vec![0; usize::try_from(area.offset - area.kept).unwrap_or_default()];
    tail.extend_from_slice(&area.bytes);
    if let Some(headers) = &mut headers {
        extend::fill_zeros(image, &area, headers);
    }
    Tail::new(image, area.kept, tail).finish(patch, headers, unloaded)
}
