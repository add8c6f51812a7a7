//! The last segment, extended for tables that grow.
//!
//! Its zero-initialized data, which had no bytes in the file, becomes bytes of the file. What follows the segment
//! in the file, sections that are not mapped, follows the tables then.

use super::area::{Area, AreaKind};
use super::format::{Section, Segment};
use super::image::Image;
use super::tags::{PF_W, PT_INTERP, PT_LOAD, SHF_ALLOC, SHF_TLS, SHT_NOBITS, SHT_PROGBITS};
use super::{tables, unloaded};

/// Maximum length in bytes of what follows the last segment. More is not moved: it would have to be in memory.
const MAX_MOVED: u64 = 16 << 20;

/// Returns the place after the last segment. If `compacts`, everything that is not mapped gets a new place. `None` if the file cannot be extended there, or would get more than
/// `max_padding` bytes of zero-initialized data.
pub(super) fn place(image: &Image<'_>, max_padding: u64, compacts: bool) -> Option<Area> {
    let sections = image.sections.as_ref()?;
    if !unloaded::is_bounded(image, sections) {
        return None;
    }
    if compacts {
        (!unloaded::has_appendix(image)).then_some(())?;
    }
    let (index, segment) = last(image)?;
    if !compacts && segment.file_end() < image.len() {
        image.last_sections()?;
    }
    if !compacts && image.len() - segment.file_end() > MAX_MOVED {
        return None;
    }
    let (start, kept) = match earlier(image, segment) {
        Some(start) => (start, start),
        None => (segment.offset.checked_add(segment.memory_len)?, segment.file_end()),
    };
    let offset = start.checked_next_multiple_of(16)?;
    let address = segment.address.checked_add(offset - segment.offset)?;
    (offset - kept <= max_padding).then_some(Area {
        kept,
        offset,
        address,
        kind: AreaKind::Extended(index),
        bytes: Vec::new(),
    })
}

/// Returns the segment with the highest addresses, if it is writable and no other one has bytes behind it.
fn last<'a>(image: &'a Image<'_>) -> Option<(usize, &'a Segment)> {
    let loads = image.segments.iter().enumerate().filter(|(_, it)| it.kind == PT_LOAD);
    let (index, segment) = loads.max_by_key(|(_, it)| it.memory_end())?;
    let is_last = image.segments.iter().all(|it| it.file_end() <= segment.file_end());
    (is_last && segment.flags & PF_W != 0).then_some((index, segment))
}

/// Returns the offset of the tables at the end of the segment, if an earlier edit put one of them there that no
/// linker puts into a writable segment: the string table, the path of the interpreter, hash tables, symbol versions.
fn earlier(image: &Image<'_>, segment: &Segment) -> Option<u64> {
    if segment.file_len != segment.memory_len {
        return None;
    }
    let (strings, dynamic) = (image.strings().ok()?, image.dynamic_range());
    let interpreter = image.segments.iter().find(|it| it.kind == PT_INTERP);
    let interpreter = interpreter.map_or(0..0, |it| it.offset..it.file_end());
    let mut tables = vec![(strings, true), (dynamic, false), (interpreter, true)];
    tables.extend(tables::all(image).iter().map(|table| (table.range(), true)));
    tables.sort_unstable_by_key(|(table, _)| std::cmp::Reverse(table.end));
    let (mut start, mut is_ours) = (segment.file_end(), false);
    for (table, is_sign) in tables {
        // `patchelf` has padding behind the last one.
        let is_last = table.end == start || table.end.checked_next_multiple_of(8) == Some(start);
        if is_last && table.start < table.end {
            start = table.start;
            is_ours |= is_sign;
        }
    }
    (is_ours && start >= segment.offset).then_some(start)
}

/// Gives the sections with zero-initialized data of an extended segment bytes in the file.
pub(super) fn fill_zeros(image: &Image<'_>, area: &Area, headers: &mut [Section]) {
    let AreaKind::Extended(index) = area.kind else { return };
    let Some(segment) = image.segments.get(index) else { return };
    for header in headers {
        let is_mapped = header.flags & SHF_ALLOC != 0 && header.flags & SHF_TLS == 0;
        if header.kind == SHT_NOBITS && is_mapped && header.address >= segment.address {
            // Without its first character, the point, the name does not promise a section without bytes.
            header.kind = SHT_PROGBITS;
            header.name += 1;
            header.offset = segment.offset.saturating_add(header.address - segment.address);
        }
    }
}
