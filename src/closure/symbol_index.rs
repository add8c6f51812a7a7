//! Which files of a closure define a symbol: one index over all of them.
//!
//! Symbols are looked up in scopes of 20 libraries, most of which do not define them. One search in the index names
//! the few files that may.

use super::installed::Installed;
use crate::elf::SymbolName;

/// Bits of a hash that choose a bucket.
const BUCKET_BITS: u32 = 16;

/// A definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    hash: u32,
    /// The index of the object.
    pub(super) object: u32,
    /// The position among the object's definitions.
    pub(super) definition: u32,
}

/// The definitions of all objects, by the hashes of their names.
#[derive(Debug)]
pub(super) struct SymbolIndex {
    /// Sorted by hash, then by object.
    entries: Vec<Entry>,
    /// Where the entries of each bucket begin, and the end.
    buckets: Vec<u32>,
}

impl SymbolIndex {
    /// Indexes the definitions of all objects.
    pub(super) fn new(installed: &Installed) -> Self {
        let linkages = installed.objects.iter().map(|object| object.facts.linkage.as_deref());
        let counts = linkages.clone().flatten().map(|linkage| linkage.definitions().len());
        let mut entries: Vec<Entry> = Vec::with_capacity(counts.sum());
        for (object, linkage) in linkages.enumerate() {
            let object = u32::try_from(object).unwrap_or(u32::MAX);
            let hashes = linkage.map_or(&[][..], |linkage| linkage.hashes());
            let of_object =
                hashes.iter().map(|&(hash, definition)| Entry { hash, object, definition });
            entries.extend(of_object);
        }
        // Stable: the order of objects stays. It merges the sorted lists of the objects.
        entries.sort_by_key(|entry| entry.hash);
        let mut buckets = Vec::with_capacity((1 << BUCKET_BITS) + 1);
        let mut at = 0;
        for bucket in 0..1_u32 << BUCKET_BITS {
            while entries.get(at).is_some_and(|entry| bucket_of(entry.hash) < bucket) {
                at += 1;
            }
            buckets.push(u32::try_from(at).unwrap_or(u32::MAX));
        }
        buckets.push(u32::try_from(entries.len()).unwrap_or(u32::MAX));
        Self { entries, buckets }
    }

    /// Iterates over the objects that define a name, or one with its hash, in their order. One object may come several
    /// times.
    pub(super) fn objects(&self, name: SymbolName<'_>) -> impl Iterator<Item = usize> + '_ {
        let hash = name.hash();
        let bucket = bucket_of(hash) as usize;
        let bound = |at: usize| self.buckets.get(at).map_or(0, |bound| *bound as usize);
        let entries = self.entries.get(bound(bucket)..bound(bucket + 1)).unwrap_or_default();
        let of_hash = entries.iter().skip_while(move |entry| entry.hash < hash);
        of_hash.take_while(move |entry| entry.hash == hash).map(|entry| entry.object as usize)
    }

    /// Iterates over groups of definitions with one hash, of two objects at least.
    pub(super) fn shared(&self) -> impl Iterator<Item = &[Entry]> {
        let groups = self.entries.chunk_by(|one, other| one.hash == other.hash);
        groups.filter(|group| group.first().map(|it| it.object) != group.last().map(|it| it.object))
    }
}

fn bucket_of(hash: u32) -> u32 {
    hash >> (u32::BITS - BUCKET_BITS)
}
