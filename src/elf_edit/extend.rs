//! The last segment, extended for tables that grow.
//!
//! Its zero-initialized data, which had no bytes in the file, becomes bytes of the file. What follows the segment
//! in the file, sections that are not mapped, follows the tables then.

use super::area::{Area, AreaKind};
use super::format::{Section, Segment};
use super::image::Image;
use super::tags::{PF_W, PT_LOAD, SHF_ALLOC, SHF_TLS, SHT_NOBITS, SHT_PROGBITS};

/// Returns the place after the last segment. `None` if the file cannot be extended there, or would get more than
/// `max_padding` bytes of zero-initialized data.
pub(super) fn place(image: &Image<'_>, max_padding: u64) -> Option<Area> {
    image.last_sections()?;
    let (index, segment) = last(image)?;
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

/// Returns the offset of the tables of an earlier edit: the string table ends where the segment ends, which no
/// linker does.
fn earlier(image: &Image<'_>, segment: &Segment) -> Option<u64> {
    let strings = image.strings().ok()?;
    let dynamic = image.dynamic_range();
    let is_last = strings.end == segment.file_end() && segment.file_len == segment.memory_len;
    let is_dynamic_before = dynamic.end == strings.start;
    is_last.then_some(if is_dynamic_before { dynamic.start } else { strings.start })
}

/// Moves the sections behind the area's start to `offset` and the following bytes. Returns their contents, with
/// the `writes` to them.
pub(super) fn move_sections(
    image: &Image<'_>,
    area: &Area,
    headers: &mut [Section],
    offset: u64,
    writes: &[(u64, Vec<u8>)],
) -> Vec<u8> {
    let AreaKind::Extended(index) = area.kind else { return Vec::new() };
    let Some(segment) = image.segments.get(index) else { return Vec::new() };
    let mut moved = Vec::new();
    for (index, header) in headers.iter_mut().enumerate() {
        let is_mapped = header.flags & SHF_ALLOC != 0 && header.flags & SHF_TLS == 0;
        if header.kind == SHT_NOBITS && is_mapped && header.address >= segment.address {
            // Without its first character, the point, the name does not promise a section without bytes.
            header.kind = SHT_PROGBITS;
            header.name += 1;
            header.offset = segment.offset.saturating_add(header.address - segment.address);
        } else if header.offset >= area.kept && header.kind != SHT_NOBITS && !is_mapped {
            moved.push((header.offset, index));
        }
    }
    moved.sort_unstable();
    let mut contents = Vec::new();
    for (start, index) in moved {
        let Some(header) = headers.get_mut(index) else { continue };
        let bytes = image.slice(&(start..start.saturating_add(header.len))).unwrap_or_default();
        let align = header.align.clamp(1, 4096);
        let place = (offset + contents.len() as u64).next_multiple_of(align);
        contents.resize(usize::try_from(place - offset).unwrap_or_default(), 0);
        let from = contents.len();
        contents.extend_from_slice(bytes);
        for (at, bytes) in writes.iter().filter(|(at, _)| *at >= start) {
            let at = usize::try_from(at - start).unwrap_or(usize::MAX).saturating_add(from);
            if let Some(range) = contents.get_mut(at..at.saturating_add(bytes.len())) {
                range.copy_from_slice(bytes);
            }
        }
        header.offset = place;
    }
    contents
}
