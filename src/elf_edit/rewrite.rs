//! Makes the patch of a file: edits in place where everything fits, otherwise with a new segment.

use super::area::{Area, AreaKind, Moved, MovedTables};
use super::dynamic::EditedDynamic;
use super::error::EditError;
use super::extend;
use super::format::{HeaderField, Section, Segment};
use super::image::Image;
use super::interpreter::Interpreter;
use super::names::{self, Edited, Texts};
use super::patch::Patch;
use super::place;
use super::references::References;
use super::room::{self, TableRoom};
use super::sections;
use super::strings::Places;
use super::tables::Table;
use super::tags::{PF_R, PF_W, PF_X, PT_GNU_STACK};
use super::tail::Tail;
use super::unloaded::{self, Unloaded};
use super::versions::{self, Needs};
use super::{Edits, shifted_names, tables};

/// Entries that a dynamic section has to spare when it grows, as GNU ld has it.
const SPARE_ENTRIES: usize = 5;

/// What an edit changes, before new names have places.
struct Rewrite<'a> {
    image: &'a Image<'a>,
    table: &'a [u8],
    entries: Vec<Edited>,
    needs: Needs,
    places: Places,
    /// Whether all references to names are known.
    knows_references: bool,
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
    let places = Places::find(table, new, references.as_ref());
    let knows_references = references.is_some();
    let os_abi = edits.os_abi;
    let rewrite = Rewrite {
        image,
        table,
        entries,
        needs,
        places,
        knows_references,
        segments,
        interpreter,
        os_abi,
        earlier,
        unloaded,
    };
    rewrite.patch()
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
        let grows = self.dynamic().len() as u64 + 1 > capacity;
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
        self.write_names(&mut patch)?;
        let (tables, capacity) =
            (MovedTables::default(), usize::try_from(capacity).unwrap_or_default());
        patch.write(image.bytes, range.start, self.dynamic().bytes(&tables, None, capacity));
        write_segments(image, &self.segments, &mut patch);
        self.write_needs(&mut patch);
        let new = sections::edited(image, None, &tables, &self.needs, None);
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
        let stays = strings.start < area.kept;
        let needs_room = stays && !self.places.appended.is_empty();
        let room = needs_room.then(|| TableRoom::find(image, &self.places, self.knows_references));
        let room = room.flatten();
        let is_copied = !stays || (needs_room && room.is_none());
        let strings = is_copied.then(|| self.places.table(self.table));
        if !is_copied {
            self.write_names(&mut patch)?;
        }
        if let Some(by) = room.as_ref().map(TableRoom::renumbered_by).filter(|by| *by > 0) {
            self.places.prepend(by);
            shifted_names::write(image, &self.needs, by, &mut patch);
        }
        self.write_needs(&mut patch);
        let range = image.dynamic_range();
        let dynamic = (grows || range.start >= area.kept).then(|| {
            let entries = self.dynamic().len() + 1 + SPARE_ENTRIES;
            let len = entries * 2 * image.format.word();
            (area.push(&vec![0; len], true), entries)
        });
        let strings = strings.map(|table| area.push(&table, false));
        let others = self.push_tables(room.as_ref(), &mut area, &mut patch)?;
        write_os_abi(image, self.os_abi, &mut patch);
        let tables =
            MovedTables { strings, dynamic: dynamic.map(|(place, _)| place), interpreter, others };
        let entries = dynamic.map_or_else(
            || usize::try_from((range.end - range.start) / image.format.dynamic_len()),
            |(_, entries)| Ok(entries),
        );
        let bytes = self.dynamic().bytes(&tables, room.as_ref(), entries.unwrap_or_default());
        match dynamic {
            Some((place, _)) => {
                let start = usize::try_from(place.offset - area.offset).unwrap_or_default();
                if let Some(range) = area.bytes.get_mut(start..start + bytes.len()) {
                    range.copy_from_slice(&bytes);
                }
            }
            None => patch.write(image.bytes, range.start, bytes),
        }
        let program_headers = area.push_headers(image);
        let segments = area.segments(image, self.segments, &tables)?;
        let mut headers = sections::edited(image, Some(&area), &tables, &self.needs, room.as_ref());
        if let (Some(headers), Some(place)) = (&mut headers, program_headers) {
            sections::set_program_headers(image, headers, place, &area);
        }
        if let (Some(dynamic), Some(headers)) = (tables.dynamic, &headers) {
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

    /// Moves the tables that make room, and those that an earlier edit has moved. Returns their places in the area.
    fn push_tables(
        &self,
        room: Option<&TableRoom>,
        area: &mut Area,
        patch: &mut Patch,
    ) -> Result<Vec<(Table, Moved)>, EditError> {
        let is_earlier = |table: &Table| table.offset >= area.kept;
        let earlier: Vec<_> = tables::all(self.image).into_iter().filter(is_earlier).collect();
        let mut moved = match room {
            Some(room) => room.write(self.image, &self.places, area, patch)?,
            None => Vec::new(),
        };
        moved.extend(room::push(&earlier, self.image, area, patch));
        Ok(moved)
    }

    /// Returns the edits of the dynamic section.
    fn dynamic(&self) -> EditedDynamic<'_> {
        let Self { image, entries, needs, places, .. } = self;
        EditedDynamic { image, entries, needs, places }
    }

    /// Writes the names that stand where no name in use is.
    fn write_names(&self, patch: &mut Patch) -> Result<(), EditError> {
        let start = self.image.strings()?.start;
        for (offset, bytes) in &self.places.writes {
            patch.write(self.image.bytes, start + offset, bytes.clone());
        }
        Ok(())
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
