//! Where the new names stand: at the end of another name, in the place of a removed one, or at the end of a
//! longer string table.

use std::collections::BTreeMap;
use std::ops::Range;

use super::references::References;

/// The places of new names.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// The offset in the table of each new name.
    pub(super) offsets: BTreeMap<Vec<u8>, u64>,
    /// Names to write into the table: offsets in the table, and bytes.
    pub(super) writes: Vec<(u64, Vec<u8>)>,
    /// Bytes to append to the first `end` bytes of the table.
    pub(super) appended: Vec<u8>,
    /// The length of the table before [`appended`](Self::appended).
    pub(super) end: u64,
}

impl Places {
    /// Finds places for `names`. `removed` has the offsets of names that nothing refers to any more, as far as
    /// `references` confirm it.
    pub(super) fn find(
        table: &[u8],
        names: Vec<Vec<u8>>,
        removed: &[u64],
        references: Option<&References>,
    ) -> Self {
        let end = references.map_or(table.len(), |references| references.end(table));
        let mut places = Self { end: end as u64, ..Self::default() };
        let mut free = references.map_or(Vec::new(), |it| free_places(table, removed, it));
        let mut missing = Vec::new();
        for name in names {
            match find(table.get(..end).unwrap_or_default(), &name) {
                Some(offset) => {
                    free.retain(|place| !place.contains(&offset));
                    places.offsets.insert(name, offset);
                }
                None => missing.push(name),
            }
        }
        // A name may be the end of a longer one.
        missing.sort_by_key(|name| std::cmp::Reverse(name.len()));
        missing.retain(|name| {
            let offset = places.suffix(name).or_else(|| places.put_into(name, &mut free));
            places.offsets.extend(offset.map(|offset| (name.clone(), offset)));
            offset.is_none()
        });
        for name in missing {
            let offset = places.suffix(&name).unwrap_or_else(|| places.append(&name));
            places.offsets.insert(name, offset);
        }
        places
    }

    /// Returns the offset of a name that is the end of a name with a new place.
    fn suffix(&self, name: &[u8]) -> Option<u64> {
        self.offsets.iter().find_map(|(longer, offset)| {
            longer.ends_with(name).then(|| offset + (longer.len() - name.len()) as u64)
        })
    }

    /// Puts a name into the smallest free place that has room.
    fn put_into(&mut self, name: &[u8], free: &mut [Range<u64>]) -> Option<u64> {
        let len = name.len() as u64 + 1;
        let fits = |place: &&mut Range<u64>| place.end - place.start >= len;
        let place = free.iter_mut().filter(fits).min_by_key(|it| it.end - it.start)?;
        let offset = place.start;
        place.start += len;
        self.end = self.end.max(place.start);
        self.writes.push((offset, [name, &[0]].concat()));
        Some(offset)
    }

    /// Appends a name. No name may be put into a free place afterwards.
    fn append(&mut self, name: &[u8]) -> u64 {
        let offset = self.end + self.appended.len() as u64;
        self.appended.extend_from_slice(name);
        self.appended.push(0);
        offset
    }

    /// Returns the whole table with the new names.
    pub(super) fn table(&self, table: &[u8]) -> Vec<u8> {
        let end = usize::try_from(self.end).unwrap_or(usize::MAX).min(table.len());
        let mut new = table.get(..end).unwrap_or_default().to_vec();
        new.resize(usize::try_from(self.end).unwrap_or(end), 0);
        for (offset, bytes) in &self.writes {
            let start = usize::try_from(*offset).unwrap_or(usize::MAX);
            if let Some(range) = new.get_mut(start..start.saturating_add(bytes.len())) {
                range.copy_from_slice(bytes);
            }
        }
        new.extend_from_slice(&self.appended);
        new
    }
}

/// Returns the offset of the first name in the table that ends with `name`.
fn find(table: &[u8], name: &[u8]) -> Option<u64> {
    let mut ends = table.iter().enumerate().filter(|(_, byte)| **byte == 0).map(|(end, _)| end);
    let end = ends.find(|end| table.get(..*end).is_some_and(|before| before.ends_with(name)))?;
    Some((end - name.len()) as u64)
}

/// Returns the ranges of removed names that nothing refers to. A name that begins before a removed one may end
/// in it, so the whole text between two zero bytes must be free.
fn free_places(table: &[u8], removed: &[u64], references: &References) -> Vec<Range<u64>> {
    let mut places = Vec::new();
    for &offset in removed {
        let Some((before, after)) =
            usize::try_from(offset).ok().and_then(|offset| table.split_at_checked(offset))
        else {
            continue;
        };
        let start = before.iter().rposition(|byte| *byte == 0).map_or(0, |zero| zero + 1);
        let Some(len) = after.iter().position(|byte| *byte == 0) else { continue };
        let place = start as u64..offset + len as u64 + 1;
        // Offset 0 is the empty name.
        if start > 0 && !references.any_in(&place) && !places.contains(&place) {
            places.push(place);
        }
    }
    places
}
