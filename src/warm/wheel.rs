//! What is known of a whole wheel: that this process has written it, and what an audit has read.
//!
//! A wheel is known by its file's [`FileFingerprint`](crate::source::FileFingerprint), and one that this process has written
//! by its content as well: other names, permissions and places make another fingerprint, and a build system
//! gives all of that to an output. To find a candidate by content its central directory is enough; that
//! it is the one, all of its bytes must say.

use std::ops::Range;
use std::sync::{Arc, Weak};

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::ContentHash;
use crate::deflate::CompressedChunk;
use crate::elf::Facts;

/// Bytes outside of chunks that are hashed at most: packing waits for it, 20 ms at most.
const MOST_HASHED: usize = 64 << 20;

/// Every byte of a file that this process has written.
#[derive(Debug)]
pub struct WheelLayout {
    len: u64,
    /// Pieces and where they stand, in order and apart from each other. What is not remembered any
    /// more cannot be compared.
    chunks: Vec<(Range<usize>, Weak<CompressedChunk>)>,
    /// Of all that is between them.
    rest: ContentHash,
}

impl WheelLayout {
    /// Of a file with this content, in which these chunks stand. `None` if few of them are remembered.
    #[must_use]
    pub fn of(
        content: &[u8],
        mut chunks: Vec<(Range<usize>, Weak<CompressedChunk>)>,
    ) -> Option<Self> {
        chunks.retain(|(_, chunk)| chunk.strong_count() > 0);
        let in_chunks: usize = chunks.iter().map(|(range, _)| range.len()).sum();
        if content.len().saturating_sub(in_chunks) > MOST_HASHED {
            return None;
        }
        let rest = rest(content, &chunks);
        Some(Self { len: content.len() as u64, chunks, rest })
    }

    /// Whether a file has this content, to the last byte. False, too, if a chunk is not remembered any
    /// more.
    #[must_use]
    pub fn is_of(&self, content: &[u8]) -> bool {
        let is_chunk = |(range, chunk): &(Range<usize>, Weak<CompressedChunk>)| {
            chunk.upgrade().is_some_and(|chunk| content.get(range.clone()) == Some(&chunk.bytes))
        };
        content.len() as u64 == self.len
            && self.rest == rest(content, &self.chunks)
            && self.chunks.par_iter().all(is_chunk)
    }
}

fn rest(content: &[u8], chunks: &[(Range<usize>, Weak<CompressedChunk>)]) -> ContentHash {
    let mut hasher = blake3::Hasher::new();
    let mut at = 0;
    for (range, _) in chunks {
        hasher.update(content.get(at..range.start).unwrap_or_default());
        at = range.end;
    }
    hasher.update(content.get(at..).unwrap_or_default());
    ContentHash(*hasher.finalize().as_bytes())
}

/// What an audit has read of a wheel.
#[derive(Debug)]
pub struct WheelFacts {
    /// The facts of its ELF files, by their places in the central directory.
    pub elves: Vec<(usize, Arc<Facts>)>,
    /// RECORD.
    pub record: Vec<u8>,
    /// The bound on dynamic tables that all of it was within.
    pub max_tables: u64,
    /// Whether chunk tables were believed, of a wheel from elsewhere.
    pub trusting: bool,
}

/// What is known of a wheel.
#[derive(Debug, Clone, Default)]
pub struct CachedWheel {
    /// Whether this process has written it: then its chunk tables are true.
    pub is_written: bool,
    /// Its bytes, if this process has written it and they are not too many to compare.
    pub layout: Option<Arc<WheelLayout>>,
    /// What an audit has read.
    pub facts: Option<Arc<WheelFacts>>,
}

impl CachedWheel {
    /// Bytes that it takes in memory.
    pub(super) fn weight(&self) -> u64 {
        let layout = self.layout.as_ref().map_or(0, |layout| {
            layout.chunks.len() * size_of::<(Range<usize>, Weak<CompressedChunk>)>()
                + size_of::<WheelLayout>()
        });
        let facts = self.facts.as_ref().map_or(0, |facts| {
            facts.record.len() as u64 + facts.elves.iter().map(|(_, it)| it.weight()).sum::<u64>()
        });
        layout as u64 + facts
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
        assert!(layout.is_of(&content));
        for at in 0..content.len() {
            content[at] ^= 0x10;
            assert!(!layout.is_of(&content), "byte {at}");
            content[at] ^= 0x10;
        }
        assert!(!layout.is_of(&content[..4999]) && !layout.is_of(&[&content[..], b"x"].concat()));
        assert!(layout.is_of(&content));
        // What is not remembered cannot be compared.
        drop(chunks);
        assert!(!layout.is_of(&content));
    }
}
