//! The section headers of an edited file. Loaders do not read them, but other tools do.
//!
//! No section changes its index, so that no symbol has to change. A section that moves leaves its old header,
//! which describes the bytes that are still there, and gets a new one at the end.

use super::area::{Area, Moved, MovedTables};
use super::format::Section;
use super::image::Image;
use super::patch::Patch;
use super::room::TableRoom;
use super::tags::{
    DT_STRTAB, DT_VERNEED, PT_INTERP, SHF_ALLOC, SHT_DYNAMIC, SHT_GNU_VERNEED, SHT_PROGBITS,
    SHT_STRTAB, SHT_SYMTAB,
};
use super::versions::Needs;

/// Returns the section headers after an edit. `None` if the file has none.
pub(super) fn edited(
    image: &Image<'_>,
    area: Option<&Area>,
    tables: &MovedTables,
    needs: &Needs,
    room: Option<&TableRoom>,
) -> Option<Vec<Section>> {
    let sections = image.sections.as_ref()?;
    let mut headers = sections.headers.clone();
    let segment = |kind| image.segments.iter().find(|it| it.kind == kind).map(|it| it.address);
    let dynamic = image.segments.get(image.dynamic_segment?).map(|it| it.address);
    let places = [
        (SHT_STRTAB, image.tag(DT_STRTAB), tables.strings),
        (SHT_DYNAMIC, dynamic, tables.dynamic),
        (SHT_PROGBITS, segment(PT_INTERP), tables.interpreter),
    ];
    for (kind, address, moved) in places {
        let (Some(address), Some(moved), Some(area)) = (address, moved, area) else { continue };
        if let Some(index) = sections.find(kind, address) {
            relocate(&mut headers, index, moved, area);
        }
    }
    if let Some(by) = needs.moved
        && let Some(address) = image.tag(DT_VERNEED)
        && let Some(index) = sections.find(SHT_GNU_VERNEED, address)
        && let Some(header) = headers.get_mut(index)
    {
        header.info = needs.kept.len() as u64;
        header.address = header.address.saturating_add(by);
        header.offset = header.offset.saturating_add(by);
        header.len = header.len.saturating_sub(by);
        if needs.is_gone() {
            header.kind = SHT_PROGBITS;
        }
    }
    for (table, moved) in &tables.others {
        if let (Some(header), Some(area)) = (headers.get(table.section), area) {
            let from_start = header.address.saturating_sub(table.address);
            let place = Moved {
                offset: moved.offset + from_start,
                address: moved.address + from_start,
                len: header.len,
            };
            relocate(&mut headers, table.section, place, area);
        }
    }
    if let Some(room) = room {
        make_room(&mut headers, room);
    }
    Some(headers)
}

/// Gives the string table its room, and the tables beside it their new places. Of the tables that moved away, empty
/// sections stay, so that sections keep their order in the file.
fn make_room(headers: &mut [Section], room: &TableRoom) {
    for table in &room.shifted {
        if let Some(header) = headers.get_mut(table.section) {
            header.address = room.shift(header.address);
            header.offset = room.shift(header.offset);
        }
    }
    for table in &room.moved {
        if let (Some(header), Some(edge)) = (headers.get_mut(table.section), room.edge()) {
            (header.offset, header.address) = edge;
            (header.kind, header.len, header.entry_len) = (SHT_PROGBITS, 0, 0);
            (header.link, header.info) = (0, 0);
        }
    }
    if let Some(header) = headers.get_mut(room.section) {
        let by = room.renumbered_by();
        (header.address, header.offset) = (header.address - by, header.offset - by);
        header.len += room.len;
    }
}

/// Gives the section of moved program headers its place, or adds it: without a name, because the names have no
/// room for one.
pub(super) fn set_program_headers(
    image: &Image<'_>,
    headers: &mut Vec<Section>,
    place: Moved,
    area: &Area,
) {
    let section = Section {
        name: 0,
        kind: SHT_PROGBITS,
        flags: SHF_ALLOC,
        address: place.address,
        offset: place.offset,
        len: place.len,
        link: 0,
        info: 0,
        align: 8,
        entry_len: 0,
    };
    let is_old = |it: &&mut Section| {
        it.kind == SHT_PROGBITS && it.name == 0 && it.offset == image.segments_offset
    };
    match headers.iter_mut().find(is_old).filter(|it| it.offset >= area.kept) {
        Some(old) => *old = section,
        None => headers.push(section),
    }
}

/// Gives the symbol `_DYNAMIC` of the table for debuggers the new address of the dynamic section.
pub(super) fn move_symbol(image: &Image<'_>, patch: &mut Patch, headers: &[Section], address: u64) {
    let is_dynamic = |it: &Section| it.kind == SHT_DYNAMIC && it.address == address;
    let (Some(sections), Some(index)) = (&image.sections, headers.iter().position(is_dynamic))
    else {
        return;
    };
    let format = image.format;
    let old = image.dynamic_segment.and_then(|index| image.segments.get(index));
    // A file has one such table at most.
    let Some(table) = sections.headers.iter().find(|header| header.kind == SHT_SYMTAB) else {
        return;
    };
    let names = usize::try_from(table.link).ok().and_then(|link| sections.headers.get(link));
    let Some(names) = names else { return };
    // `st_value` follows `st_name` in 32-bit symbols, and three more fields in 64-bit ones.
    let (value_at, section_at) = if format.is_64 { (8, 6) } else { (4, 14) };
    for symbol in 0..table.len.min(image.len()) / format.symbol_len() {
        let offset = table.offset.saturating_add(symbol * format.symbol_len());
        let value = image.number(offset.saturating_add(value_at), format.word());
        if value.is_none() || value != old.map(|segment| segment.address) {
            continue;
        }
        let name = image.number(offset, 4).map(|name| names.offset.saturating_add(name));
        let name = name.and_then(|at| image.slice(&(at..at.saturating_add(9))));
        if name == Some(b"_DYNAMIC\0") {
            patch.write(image.bytes, offset + value_at, format.bytes(address, format.word()));
            patch.write(image.bytes, offset + section_at, format.bytes(index as u64, 2));
        }
    }
}

/// Gives a section a new place.
fn relocate(headers: &mut Vec<Section>, index: usize, moved: Moved, area: &Area) {
    let Some(header) = headers.get_mut(index) else { return };
    let Moved { offset, address, len } = moved;
    let new = Section { address, offset, len, ..*header };
    if header.offset >= area.kept {
        // The old place was in the area of an earlier edit, which is written anew.
        *header = new;
        return;
    }
    // The old one gets the name without its first character, the point: the name is in use once only.
    header.name += 1;
    if header.kind == SHT_DYNAMIC {
        (header.kind, header.entry_len) = (SHT_PROGBITS, 0);
    }
    let (old, last) = (index as u64, headers.len() as u64);
    headers.push(new);
    for header in headers.iter_mut().filter(|header| header.link == old) {
        header.link = last;
    }
}
