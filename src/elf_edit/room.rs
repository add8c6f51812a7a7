//! Room beside a long string table, so that it grows where it is: a short table next to it moves to the end of
//! the file, and those between both move by its length.
//!
//! GNU ld, gold and mold put the symbol versions behind the string table; LLD puts them and the hash table before it.

use std::ops::Range;

use super::area::{Area, Moved};
use super::error::EditError;
use super::format::HeaderField;
use super::image::{Entry, Image};
use super::patch::Patch;
use super::shifted_names;
use super::strings::Places;
use super::tables::{self, Table};
use super::tags::{DT_STRTAB, EM_MIPS, SHF_ALLOC, SHT_NOBITS, SHT_STRTAB};

/// String tables up to this length in bytes are copied to the end of the file instead.
pub(super) const MAX_COPIED: u64 = 64 << 10;

/// Tables move by multiples of this, in bytes, so that they stay aligned.
const ALIGN: u64 = 16;

/// One byte that moves costs this part of a byte that the file grows by.
const MOVED_PER_ADDED: u64 = 16;

/// Tags of operating systems, whose values may be names.
const FOREIGN_TAGS: Range<u64> = 0x6000_0000..0x6fff_fd00;

/// Where the room is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// Every reference to a name grows by the length of the room.
    Before,
    Behind,
}

/// How room is made.
#[derive(Debug)]
pub(super) struct TableRoom {
    side: Side,
    /// The tables that move to the end of the file.
    pub(super) moved: Vec<Table>,
    /// The tables between those and the string table.
    pub(super) shifted: Vec<Table>,
    /// The length of the room in bytes.
    pub(super) len: u64,
    /// The index of the string table's section.
    pub(super) section: usize,
}

impl TableRoom {
    /// Finds the cheapest room for the appended names. `None` if a copy of the table is cheaper. All references
    /// to names must be known if it `may_renumber` them.
    pub(super) fn find(image: &Image<'_>, places: &Places, may_renumber: bool) -> Option<Self> {
        let strings = image.strings().ok()?;
        let len = strings.end - strings.start;
        let address = image.tag(DT_STRTAB)?;
        let sections = image.sections.as_ref()?;
        let section = sections.find(SHT_STRTAB, address)?;
        let header = sections.headers.get(section)?;
        if len <= MAX_COPIED || header.len != len || header.offset != strings.start {
            return None;
        }
        let appended = places.appended.len() as u64;
        // The first byte of a string table is zero: the empty name.
        let before = may_renumber && has_known_entries(image);
        let rooms = [
            (Side::Before, appended + 1),
            (Side::Behind, (places.end + appended).saturating_sub(len)),
        ];
        let sides = rooms.into_iter().filter(|(side, _)| before || *side == Side::Behind);
        let all = sides.flat_map(|(side, need)| {
            let run = neighbors(image, &strings, side);
            let room = |(first, last)| {
                let (shifted, moved) = (run.get(..first)?, run.get(first..=last)?);
                let room = Self::new(side, &strings, shifted, moved, section)?;
                (room.len >= need).then_some(room)
            };
            let pairs = (0..run.len()).flat_map(|last| (0..=last).map(move |first| (first, last)));
            pairs.filter_map(room).collect::<Vec<_>>()
        });
        all.min_by_key(|room| room.cost(image)).filter(|room| room.cost(image) < len)
    }

    fn new(
        side: Side,
        strings: &Range<u64>,
        shifted: &[Table],
        moved: &[Table],
        section: usize,
    ) -> Option<Self> {
        let (start, end) =
            (moved.iter().map(|it| it.offset).min()?, moved.iter().map(Table::end).max()?);
        let len = match (shifted, side) {
            ([], Side::Before) => strings.start - start,
            ([], Side::Behind) => end - strings.end,
            _ => (end - start) / ALIGN * ALIGN,
        };
        Some(Self { side, moved: moved.to_vec(), shifted: shifted.to_vec(), len, section })
    }

    fn cost(&self, image: &Image<'_>) -> u64 {
        let sum = |tables: &[Table]| tables.iter().map(|it| it.len).sum::<u64>();
        let symbols = match self.side {
            Side::Before => shifted_names::symbols(image).map_or(0, |it| it.end - it.start),
            Side::Behind => 0,
        };
        sum(&self.moved) + (sum(&self.shifted) + symbols) / MOVED_PER_ADDED
    }

    /// Returns how many bytes the start of the string table moves down, and its names move up.
    pub(super) fn renumbered_by(&self) -> u64 {
        if self.side == Side::Before { self.len } else { 0 }
    }

    /// Returns the offset and the address at which nothing is left of the moved tables: the edge of the room that is
    /// far from the string table.
    pub(super) fn edge(&self) -> Option<(u64, u64)> {
        match self.side {
            Side::Before => {
                let first = self.moved.iter().min_by_key(|it| it.offset)?;
                Some((first.offset, first.address))
            }
            Side::Behind => {
                let last = self.moved.iter().max_by_key(|it| it.offset)?;
                Some((last.end(), last.address + last.len))
            }
        }
    }

    /// Returns the new value of an address or offset of a table between the moved ones and the string table.
    pub(super) fn shift(&self, value: u64) -> u64 {
        match self.side {
            Side::Before => value.saturating_sub(self.len),
            Side::Behind => value.saturating_add(self.len),
        }
    }

    /// Writes the tables with their edits to the new places, and the names to the room. Returns the places in `area`.
    pub(super) fn write(
        &self,
        image: &Image<'_>,
        places: &Places,
        area: &mut Area,
        patch: &mut Patch,
    ) -> Result<Vec<(Table, Moved)>, EditError> {
        let strings = image.strings()?;
        let moved = push(&self.moved, image, area, patch);
        let shifted: Vec<_> =
            self.shifted.iter().map(|it| patch.read(image.bytes, &it.range())).collect();
        let mut names = places.appended.clone();
        // Everything between the moved tables and the string table that is no table is zero.
        let tables = || self.moved.iter().chain(&self.shifted);
        let (start, len) = match self.side {
            Side::Before => {
                let first = tables().map(|it| it.offset).min().unwrap_or(strings.start);
                names.insert(0, 0);
                (first, strings.start - first)
            }
            Side::Behind => {
                let last = tables().map(Table::end).max().unwrap_or(strings.end);
                (strings.start + places.end, last - strings.start - places.end)
            }
        };
        let mut bytes = vec![0; usize::try_from(len).unwrap_or_default()];
        let names_at = match self.side {
            Side::Before => strings.start - self.len,
            Side::Behind => start,
        };
        let contents = self.shifted.iter().zip(shifted);
        let contents = contents.map(|(table, bytes)| (self.shift(table.offset), bytes));
        for (offset, content) in contents.chain([(names_at, names)]) {
            let at = usize::try_from(offset - start).unwrap_or(usize::MAX);
            if let Some(range) = bytes.get_mut(at..at.saturating_add(content.len())) {
                range.copy_from_slice(&content);
            }
        }
        patch.write(image.bytes, start, bytes);
        Ok(moved)
    }
}

/// Appends tables with their edits to the area. Returns their places.
pub(super) fn push(
    tables: &[Table],
    image: &Image<'_>,
    area: &mut Area,
    patch: &Patch,
) -> Vec<(Table, Moved)> {
    let push = |table: &Table| {
        let bytes = patch.read(image.bytes, &table.range());
        (*table, area.push(&bytes, false))
    };
    tables.iter().map(push).collect()
}

/// Returns the tables next to the string table on one side, the nearest first.
fn neighbors(image: &Image<'_>, strings: &Range<u64>, side: Side) -> Vec<Table> {
    let mut tables = tables::all(image);
    if side == Side::Before {
        tables.reverse();
    }
    let distance = image.tag(DT_STRTAB).map(|address| address.wrapping_sub(strings.start));
    let mut edge = if side == Side::Before { strings.start } else { strings.end };
    let mut run = Vec::new();
    for table in tables {
        let (gap, far) = match side {
            Side::Before => (table.end()..edge, table.offset),
            Side::Behind => (edge..table.offset, table.end()),
        };
        if gap.start > gap.end {
            continue;
        }
        let is_next = gap.end - gap.start < ALIGN
            && table.align <= ALIGN
            && Some(table.address.wrapping_sub(table.offset)) == distance
            && !is_shared(image, &(edge.min(far)..edge.max(far)), table.section);
        if !is_next {
            break;
        }
        edge = far;
        run.push(table);
    }
    run
}

/// Returns whether another mapped section than this one has bytes in a range.
fn is_shared(image: &Image<'_>, range: &Range<u64>, section: usize) -> bool {
    let headers = image.sections.iter().flat_map(|sections| sections.headers.iter().enumerate());
    let mut others = headers.filter(|(index, it)| {
        *index != section && it.flags & SHF_ALLOC != 0 && it.kind != SHT_NOBITS && it.len > 0
    });
    others.any(|(_, it)| it.offset < range.end && it.offset.saturating_add(it.len) > range.start)
}

/// Returns whether the values of all entries are known to be names or not.
fn has_known_entries(image: &Image<'_>) -> bool {
    let is_foreign = |entry: &Entry| FOREIGN_TAGS.contains(&entry.tag);
    // `DT_MIPS_IVERSION` is a name.
    let machine = image.header(HeaderField::MACHINE);
    !image.dynamic.iter().any(is_foreign) && machine.is_ok_and(|machine| machine != EM_MIPS)
}
