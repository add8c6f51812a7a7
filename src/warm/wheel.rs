//! What is known of a whole wheel: that this process has written it, and what an audit has read.
//!
//! A wheel is known by its file's [`Stamp`](crate::source::Stamp), and one that this process has written
//! by its content as well: other names, permissions and places make another stamp, and a build system
//! gives all of that to an output. To find a candidate by content its central directory is enough; that
//! it is the one, all of its bytes must say.

use std::ops::Range;
use std::sync::{Arc, Weak};

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::ContentHash;
use crate::deflate::Piece;
use crate::elf::Facts;

/// Bytes outside of pieces that are hashed at most: packing waits for it, 20 ms at most.
const MOST_HASHED: usize = 64 << 20;

/// Every byte of a file that this process has written.
#[derive(Debug)]
pub struct Layout {
    len: u64,
    /// Pieces and where they stand, in order and apart from each other. What is not remembered any
    /// more cannot be compared.
    pieces: Vec<(Range<usize>, Weak<Piece>)>,
    /// Of all that is between them.
    rest: ContentHash,
}

impl Layout {
    /// Of a file with this content, in which these pieces stand. `None` if few of them are remembered.
    #[must_use]
    pub fn of(content: &[u8], mut pieces: Vec<(Range<usize>, Weak<Piece>)>) -> Option<Self> {
        pieces.retain(|(_, piece)| piece.strong_count() > 0);
        let in_pieces: usize = pieces.iter().map(|(range, _)| range.len()).sum();
        if content.len().saturating_sub(in_pieces) > MOST_HASHED {
            return None;
        }
        let rest = rest(content, &pieces);
        Some(Self { len: content.len() as u64, pieces, rest })
    }

    /// Whether a file has this content, to the last byte. False, too, if a piece is not remembered any
    /// more.
    #[must_use]
    pub fn is_of(&self, content: &[u8]) -> bool {
        let is_piece = |(range, piece): &(Range<usize>, Weak<Piece>)| {
            piece.upgrade().is_some_and(|piece| content.get(range.clone()) == Some(&piece.bytes))
        };
        content.len() as u64 == self.len
            && self.rest == rest(content, &self.pieces)
            && self.pieces.par_iter().all(is_piece)
    }
}

fn rest(content: &[u8], pieces: &[(Range<usize>, Weak<Piece>)]) -> ContentHash {
    let mut hasher = blake3::Hasher::new();
    let mut at = 0;
    for (range, _) in pieces {
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
pub struct WheelRecord {
    /// Whether this process has written it: then its chunk tables are true.
    pub is_written: bool,
    /// Its bytes, if this process has written it and they are not too many to compare.
    pub layout: Option<Arc<Layout>>,
    /// What an audit has read.
    pub facts: Option<Arc<WheelFacts>>,
}

impl WheelRecord {
    /// Bytes that it takes in memory.
    pub(super) fn weight(&self) -> u64 {
        let layout = self.layout.as_ref().map_or(0, |layout| {
            layout.pieces.len() * size_of::<(Range<usize>, Weak<Piece>)>() + size_of::<Layout>()
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
        let piece =
            |range: Range<usize>| Arc::new(Piece { bytes: content[range].to_vec(), crc: 0 });
        let pieces = [
            (100..1000, piece(100..1000)),
            (1000..2000, piece(1000..2000)),
            (3000..4900, piece(3000..4900)),
        ];
        let weak =
            |(range, piece): &(Range<usize>, Arc<Piece>)| (range.clone(), Arc::downgrade(piece));
        let layout = Layout::of(&content, pieces.iter().map(weak).collect()).unwrap();
        assert!(layout.is_of(&content));
        for at in 0..content.len() {
            content[at] ^= 0x10;
            assert!(!layout.is_of(&content), "byte {at}");
            content[at] ^= 0x10;
        }
        assert!(!layout.is_of(&content[..4999]) && !layout.is_of(&[&content[..], b"x"].concat()));
        assert!(layout.is_of(&content));
        // What is not remembered cannot be compared.
        drop(pieces);
        assert!(!layout.is_of(&content));
    }
}
