//! The dynamic section of an edited file: its entries, with the new places of names and tables.

use super::area::MovedTables;
use super::image::{Entry, Image};
use super::names::Edited;
use super::room::TableRoom;
use super::shifted_names::shifted;
use super::strings::Places;
use super::tables::Table;
use super::tags::{
    DT_NULL, DT_STRSZ, DT_STRTAB, DT_VERDEF, DT_VERNEED, DT_VERNEEDNUM, DT_VERSYM, NAMES,
};
use super::versions::Needs;

/// The edits of a dynamic section, without the places of tables.
#[derive(Debug)]
pub(super) struct EditedDynamic<'a> {
    pub(super) image: &'a Image<'a>,
    pub(super) entries: &'a [Edited],
    pub(super) needs: &'a Needs,
    pub(super) places: &'a Places,
}

impl EditedDynamic<'_> {
    /// Returns the number of entries, without the last one.
    pub(super) fn len(&self) -> usize {
        self.resolved(&MovedTables::default(), None).len()
    }

    /// Returns the bytes of the section: the entries, and `DT_NULL` up to its capacity, a number of entries.
    pub(super) fn bytes(
        &self,
        tables: &MovedTables,
        room: Option<&TableRoom>,
        capacity: usize,
    ) -> Vec<u8> {
        let format = self.image.format;
        let mut entries = self.resolved(tables, room);
        entries.resize(capacity.max(entries.len() + 1), Entry { tag: DT_NULL, value: 0 });
        let fields = entries.into_iter().flat_map(|entry| [entry.tag, entry.value]);
        fields.flat_map(|field| format.bytes(field, format.word())).collect()
    }

    fn resolved(&self, tables: &MovedTables, room: Option<&TableRoom>) -> Vec<Entry> {
        let is_gone = self.needs.is_gone();
        let has_no_versions = is_gone && self.image.tag(DT_VERDEF).is_none();
        let renumbered = room.map_or(0, TableRoom::renumbered_by);
        let mut entries = Vec::with_capacity(self.entries.len());
        for entry in self.entries {
            let (tag, mut value) = match entry {
                Edited::Same(Entry { tag, value }) if NAMES.contains(tag) => {
                    (*tag, shifted(*value, renumbered))
                }
                Edited::Same(entry) => (entry.tag, entry.value),
                Edited::Text(tag, text) => {
                    (*tag, self.places.offsets.get(text).copied().unwrap_or(0))
                }
            };
            match (tag, self.needs.moved) {
                // Loaders crash if there are symbol versions, but no table that they refer to.
                (DT_VERSYM, _) if has_no_versions => continue,
                (DT_VERNEED | DT_VERNEEDNUM, Some(_)) if is_gone => continue,
                (DT_VERNEED, Some(by)) => value = value.saturating_add(by),
                (DT_VERNEEDNUM, Some(_)) => value = self.needs.kept.len() as u64,
                _ => {}
            }
            entries.push(Entry { tag, value: placed(tag, value, tables, room) });
        }
        entries
    }
}

/// Returns the value of an entry after tables have moved.
fn placed(tag: u64, value: u64, tables: &MovedTables, room: Option<&TableRoom>) -> u64 {
    let is_its = |table: &Table| table.tag == tag;
    if let Some((table, moved)) = tables.others.iter().find(|(table, _)| is_its(table)) {
        return value.wrapping_sub(table.address).wrapping_add(moved.address);
    }
    match (tag, tables.strings, room) {
        (DT_STRTAB, Some(strings), _) => strings.address,
        (DT_STRSZ, Some(strings), _) => strings.len,
        (DT_STRTAB, None, Some(room)) => value.saturating_sub(room.renumbered_by()),
        (DT_STRSZ, None, Some(room)) => value.saturating_add(room.len),
        (_, _, Some(room)) if room.shifted.iter().any(is_its) => room.shift(value),
        _ => value,
    }
}
