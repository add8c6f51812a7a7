//! Records of whole wheels: whether this process has written the wheel, and what an audit has read.
//!
//! The key of a wheel is its file's [`FileFingerprint`](crate::source::FileFingerprint). A wheel that this
//! process has written is also looked up by its content, because a build system renames, links and copies
//! its outputs and sets their permissions, and each of these changes the fingerprint. The hash of the
//! central directory finds a candidate. Then all of its bytes are compared.

use std::any::Any;
use std::ops::Range;
use std::sync::{Arc, Weak};

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::ContentHash;
use crate::deflate::CompressedChunk;
use crate::device_code::CodeSummary;
use crate::elf::ElfFacts;
use crate::object_file::ObjectFacts;
use crate::source::FileId;

/// The most bytes outside of chunks that are hashed. Packing waits for it, 20 ms at most.
const MAX_HASHED: usize = 64 << 20;

/// All bytes of a wheel that this process has written, as references to its chunks and a hash of the rest.
#[derive(Debug)]
pub struct WheelLayout {
    len: u64,
    /// The chunks and their ranges, sorted and disjoint. An evicted chunk cannot be compared.
    chunks: Vec<(Range<usize>, Weak<CompressedChunk>)>,
    /// The hash of all bytes between the chunks.
    rest: ContentHash,
}

impl WheelLayout {
    /// Creates the layout of a file with this content, with chunks in these ranges. `None` if so many of them
    /// are evicted that more than 64 MiB are left.
    #[must_use]
    pub fn of(
        content: &[u8],
        mut chunks: Vec<(Range<usize>, Weak<CompressedChunk>)>,
    ) -> Option<Self> {
        chunks.retain(|(_, chunk)| chunk.strong_count() > 0);
        let in_chunks: usize = chunks.iter().map(|(range, _)| range.len()).sum();
        if content.len().saturating_sub(in_chunks) > MAX_HASHED {
            return None;
        }
        let rest = hash_between(content, &chunks);
        Some(Self { len: content.len() as u64, chunks, rest })
    }

    /// Whether a file's content equals the wheel in every byte. False, too, if a chunk is evicted.
    #[must_use]
    pub fn matches(&self, content: &[u8]) -> bool {
        let is_chunk = |(range, chunk): &(Range<usize>, Weak<CompressedChunk>)| {
            chunk.upgrade().is_some_and(|chunk| content.get(range.clone()) == Some(&chunk.bytes))
        };
        content.len() as u64 == self.len
            && self.rest == hash_between(content, &self.chunks)
            && self.chunks.par_iter().all(is_chunk)
    }
}

fn hash_between(content: &[u8], chunks: &[(Range<usize>, Weak<CompressedChunk>)]) -> ContentHash {
    let mut hasher = blake3::Hasher::new();
    let mut at = 0;
    for (range, _) in chunks {
        hasher.update(content.get(at..range.start).unwrap_or_default());
        at = range.end;
    }
    hasher.update(content.get(at..).unwrap_or_default());
    ContentHash(*hasher.finalize().as_bytes())
}

/// The parts of a wheel that an audit has read.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent properties of the reading")]
pub struct WheelFacts {
    /// The facts of the ELF files, by their indices in the central directory.
    pub elves: Vec<(usize, Arc<ElfFacts>)>,
    /// The facts of the Mach-O and PE files, by the same indices.
    pub objects: Vec<(usize, Arc<ObjectFacts>)>,
    /// The device code of members, by the same indices; `None` if the audit did not read it.
    pub device_code: Option<Vec<(usize, Arc<CodeSummary>)>>,
    /// The content of RECORD.
    pub record: Vec<u8>,
    /// The limit on the size of dynamic tables, in bytes, that the audit applied; if the writer of the wheel
    /// collected the facts, the most that any file's tables have.
    pub max_tables: u64,
    /// Whether the audit trusted the chunk tables of a wheel from elsewhere.
    pub trusting: bool,
    /// Whether the length and CRC-32 of every member were verified.
    pub verified: bool,
    /// Whether the facts of the ELF files have their dynamic symbols.
    pub linkage: bool,
    /// Whether they have the names of libraries among string literals.
    pub literals: bool,
    /// Whether the writer of the wheel collected them. Then `record` names exactly the members, in the order of
    /// the central directory.
    pub of_writer: bool,
}

/// The record of a wheel.
#[derive(Debug, Clone, Default)]
pub struct CachedWheel {
    /// Whether this process has written it. If so, its chunk tables are valid.
    pub is_written: bool,
    /// Its file, the last of several.
    pub file: Option<FileId>,
    /// Its bytes, if this process has written it and the part outside of chunks is not too large to hash.
    pub layout: Option<Arc<WheelLayout>>,
    /// The parts that an audit has read.
    pub facts: Option<Arc<WheelFacts>>,
    /// What was derived from the wheel and its facts: one value of each type.
    pub derived: Vec<Derived>,
}

/// A value that follows from the bytes of a wheel and from what the value itself names.
#[derive(Debug, Clone)]
pub struct Derived {
    /// The value.
    pub value: Arc<dyn Any + Send + Sync>,
    /// The bytes that it takes in memory besides the facts.
    pub weight: u64,
}

impl CachedWheel {
    /// Returns the record's size in memory in bytes.
    pub(super) fn weight(&self) -> u64 {
        let layout = self.layout.as_ref().map_or(0, |layout| {
            layout.chunks.len() * size_of::<(Range<usize>, Weak<CompressedChunk>)>()
                + size_of::<WheelLayout>()
        });
        let facts = self.facts.as_ref().map_or(0, |facts| {
            let code = facts.device_code.iter().flatten().map(|(_, it)| it.weight()).sum::<u64>();
            let elves = facts.elves.iter().map(|(_, it)| it.weight()).sum::<u64>();
            let objects = facts.objects.iter().map(|(_, it)| it.weight()).sum::<u64>();
            facts.record.len() as u64 + elves + objects + code
        });
        layout as u64 + facts + self.derived.iter().map(|derived| derived.weight).sum::<u64>()
    }

    /// Returns the derived value of this type.
    #[must_use]
    pub fn derived<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.derived.iter().find_map(|it| Arc::clone(&it.value).downcast().ok())
    }

    /// Returns the record with a derived value in place of an earlier one of its type.
    pub(super) fn with_derived(mut self, derived: Derived) -> Self {
        let kind = (*derived.value).type_id();
        self.derived.retain(|it| (*it.value).type_id() != kind);
        self.derived.push(derived);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_counts() {
        let mut content: Vec<u8> = (0..=255).cycle().take(5000).collect();
        let chunk = |range: Range<usize>| {
            Arc::new(CompressedChunk { bytes: content[range].to_vec(), crc: 0 })
        };
        let chunks = [
            (100..1000, chunk(100..1000)),
            (1000..2000, chunk(1000..2000)),
            (3000..4900, chunk(3000..4900)),
        ];
        let weak = |(range, chunk): &(Range<usize>, Arc<CompressedChunk>)| {
            (range.clone(), Arc::downgrade(chunk))
        };
        let layout = WheelLayout::of(&content, chunks.iter().map(weak).collect()).unwrap();
        assert!(layout.matches(&content));
        for at in 0..content.len() {
            content[at] ^= 0x10;
            assert!(!layout.matches(&content), "byte {at}");
            content[at] ^= 0x10;
        }
        assert!(
            !layout.matches(&content[..4999]) && !layout.matches(&[&content[..], b"x"].concat())
        );
        assert!(layout.matches(&content));
        // An evicted chunk cannot be compared.
        drop(chunks);
        assert!(!layout.matches(&content));
    }
}
