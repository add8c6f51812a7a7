//! Where the new names stand: at the end of another name, where no name in use is, or at the end of a longer
//! string table.

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
    /// Finds places for `names`. Without `references`, no place is free.
    pub(super) fn find(table: &[u8], names: Vec<Vec<u8>>, references: Option<&References>) -> Self {
        let end = references.map_or(table.len(), |references| references.end(table));
        let mut places = Self { end: end as u64, ..Self::default() };
        let mut free = references.map_or(Vec::new(), |references| references.free(table));
        let mut missing = Vec::new();
        for name in names {
            match find(table.get(..end).unwrap_or_default(), &name) {
                Some(offset) => {
                    take(&mut free, &(offset..offset + name.len() as u64 + 1));
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

    /// Moves the names: the table gets `by` more bytes at its start, which hold the appended names behind the empty
    /// one.
    pub(super) fn prepend(&mut self, by: u64) {
        for offset in self.offsets.values_mut() {
            *offset = match offset.checked_sub(self.end) {
                Some(from_end) => 1 + from_end,
                None if *offset == 0 => 0,
                None => *offset + by,
            };
        }
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
    memchr::memmem::find(table, &[name, &[0]].concat()).map(|offset| offset as u64)
}

/// Removes a range that is in use from free places.
fn take(free: &mut Vec<Range<u64>>, used: &Range<u64>) {
    let rest = free.iter().flat_map(|place| {
        let before = place.start..place.end.min(used.start);
        let behind = place.start.max(used.end)..place.end;
        [before, behind].into_iter().filter(|it| it.start < it.end)
    });
    *free = rest.collect();
}
