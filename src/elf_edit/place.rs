//! Chooses where tables that grow are put.
//!
//! The last segment is extended if it is writable and has little zero-initialized data. Otherwise the file gets
//! one more segment at its end, which has the program headers.

use super::area::{Area, AreaKind};
use super::error::EditError;
use super::extend;
use super::format::{HeaderField, Section, Segment};
use super::image::Image;
use super::tags::{
    DF_1_PIE, DT_FLAGS_1, ET_DYN, ET_EXEC, PT_INTERP, PT_LOAD, SHF_ALLOC, SHT_NOBITS,
};
use super::{tables, unloaded};

/// The smallest page size in bytes.
const PAGE: u64 = 4096;

/// Addresses that stay free before the added segment of a library. When `strip` of binutils 2.40 lays out the
/// file anew it reserves more room for program headers than there are, and moves the segment's start down: by
/// 3 KiB for a library with 36 sections.
const SLACK: u64 = 64 << 10;

/// Maximum number of zero bytes that are written before the tables of a program. Its program headers must not
/// move, see [`is_program`].
const MAX_PADDING: u64 = 64 << 20;

/// Maximum number of zero bytes that are written before the tables of a library. With more zero-initialized data,
/// a segment of its own makes the file smaller.
const MAX_LIBRARY_PADDING: u64 = 4096;

/// Returns the index of the segment that an earlier edit added, if everything in it and behind it can be
/// written anew.
pub(super) fn earlier(image: &Image<'_>) -> Option<usize> {
    let start = image.segments_offset;
    let is_area = |it: &Segment| {
        it.kind == PT_LOAD && it.offset > 0 && it.offset <= start && start < it.file_end()
    };
    let index = image.segments.iter().position(is_area)?;
    let area = image.segments.get(index)?;
    let others = image.loads().filter(|it| *it != area);
    if others.map(|it| it.file_end()).max()? > area.offset {
        return None;
    }
    let strings = image.strings().ok()?;
    let dynamic = image.dynamic_range();
    let interpreter = image.segments.iter().find(|it| it.kind == PT_INTERP);
    let interpreter = interpreter.map_or(0, |it| it.offset);
    let tables = tables::all(image);
    let is_in_area = |start: u64| start >= area.offset && start < area.file_end();
    if let Some(sections) = &image.sections {
        let mut known = vec![strings.start, dynamic.start, interpreter, image.segments_offset];
        known.extend(tables.iter().map(|table| table.offset));
        let is_known = |offset: u64| known.contains(&offset);
        let is_loaded = |it: &Section| it.flags & SHF_ALLOC != 0 && it.kind != SHT_NOBITS;
        let mut behind =
            sections.headers.iter().filter(|it| it.offset >= area.offset && it.len > 0);
        if !behind.all(|it| !is_loaded(it) || is_known(it.offset)) {
            return None;
        }
    }
    if unloaded::has_appendix(image) {
        return None;
    }
    let starts = [strings.start, dynamic.start, interpreter];
    let mut starts = starts.into_iter().chain(tables.iter().map(|table| table.offset));
    starts.any(is_in_area).then_some(index)
}

/// Returns the length of the file's bytes that must stay: without an earlier area and without section headers
/// at the end, because they are written anew. If `compacts`, so is everything that is not mapped.
fn kept(image: &Image<'_>, earlier: Option<usize>, compacts: bool) -> u64 {
    if compacts {
        let area = earlier.and_then(|index| image.segments.get(index));
        return unloaded::loaded_end(image, area.map(|it| it.offset));
    }
    if let Some(area) = earlier.and_then(|index| image.segments.get(index)) {
        return area.offset;
    }
    image.last_sections().map_or(image.len(), |sections| sections.offset)
}

/// Returns whether a file is a program. Linux before 5.18 and QEMU derive the address of a program's headers
/// from their offset in the file, so the two must differ as in the first segment.
fn is_program(image: &Image<'_>) -> Result<bool, EditError> {
    let kind = image.header(HeaderField::TYPE)?;
    let has_interpreter = image.segments.iter().any(|it| it.kind == PT_INTERP);
    let is_pie = image.tag(DT_FLAGS_1).is_some_and(|flags| flags & DF_1_PIE != 0);
    Ok(kind == ET_EXEC || (kind == ET_DYN && (has_interpreter || is_pie)))
}

/// Chooses the place. `segments` is the number of program headers, without that of the area. If `compacts`,
/// everything that is not mapped gets a new place.
pub(super) fn area(
    image: &Image<'_>,
    earlier: Option<usize>,
    segments: usize,
    compacts: bool,
) -> Result<Area, EditError> {
    let is_program = is_program(image)?;
    let max_padding = if is_program { MAX_PADDING } else { MAX_LIBRARY_PADDING };
    if earlier.is_none()
        && segments == image.segments.len()
        && let Some(area) = extend::place(image, max_padding, compacts)
    {
        return Ok(area);
    }
    let kept = kept(image, earlier, compacts);
    let old = earlier.and_then(|index| image.segments.get(index));
    let loads = || image.loads().filter(|it| Some(*it) != old);
    let aligns = loads().map(|it| it.align).filter(|align| align.is_power_of_two());
    let align = aligns.max().unwrap_or(PAGE).max(PAGE);
    let memory_end = loads().map(|it| it.memory_end()).max().unwrap_or_default();
    let too_far = || EditError::Limit {
        expected: "room in the address space after the last segment",
        found: format!("a segment that ends at {memory_end:#x}"),
    };
    let pages = |end: u64| end.checked_next_multiple_of(align).ok_or_else(too_far);
    let mut offset = kept.next_multiple_of(16);
    let address = if is_program {
        let base = loads().next().map_or(0, |it| it.address.saturating_sub(it.offset));
        offset = offset.max(pages(memory_end)?.saturating_sub(base));
        if offset - kept > MAX_PADDING {
            return Err(EditError::Limit {
                expected: "at most 64 MiB of zero-initialized data in a program",
                found: format!("{} bytes", offset - kept),
            });
        }
        base.checked_add(offset).ok_or_else(too_far)?
    } else {
        pages(memory_end.saturating_add(SLACK))?.saturating_add(offset % align)
    };
    let segments = segments as u64 + 1;
    if segments >= 0xffff {
        return Err(EditError::Limit {
            expected: "fewer than 65,535 program headers",
            found: segments.to_string(),
        });
    }
    // `strip` of binutils 2.40 puts program headers there: without room for them, it moves the sections.
    let len = segments * image.format.segment_len();
    let bytes = vec![0; usize::try_from(len).unwrap_or_default()];
    let kind = AreaKind::Added { align, is_writable: false, segments, headers: None };
    Ok(Area { kept, offset, address, kind, bytes })
}
