//! SHA-256 of a large member, while its chunks are compressed.
//!
//! A hash must see its input in order, chunks are worked on in any order. So whoever holds the
//! hasher hashes every chunk that is next in line, and whoever comes while it is held leaves its
//! chunk in the line and goes on compressing. No thread ever waits, and a chunk is hashed close
//! to when it is compressed, while it is in memory.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};

use crate::wheel::Sha256Digest;

/// The SHA-256 of some bytes.
pub(super) fn sha256(bytes: &[u8]) -> Sha256Digest {
    Sha256Digest(Sha256::digest(bytes).into())
}

/// A hasher that takes consecutive ranges in any order.
pub(super) struct ChunkHasher {
    line: Mutex<Line>,
}

struct Line {
    /// `None` while a thread is hashing.
    hasher: Option<Sha256>,
    /// Where the hashed part ends.
    hashed: usize,
    /// Ranges that may be hashed, start to end.
    waiting: BTreeMap<usize, usize>,
}

impl ChunkHasher {
    pub(super) fn new() -> Self {
        let line = Line { hasher: Some(Sha256::new()), hashed: 0, waiting: BTreeMap::new() };
        Self { line: Mutex::new(line) }
    }

    /// Hashes `range` of `stream`, now or, if ranges before it are missing, later in another call.
    pub(super) fn update(&self, stream: &[u8], range: Range<usize>) {
        let mut line = self.lock();
        line.waiting.insert(range.start, range.end);
        let Some(mut hasher) = line.hasher.take() else { return };
        loop {
            let start = line.hashed;
            let Some(end) = line.waiting.remove(&start) else { break };
            line.hashed = end;
            drop(line);
            hasher.update(&stream[start..end]);
            line = self.lock();
        }
        line.hasher = Some(hasher);
    }

    /// The digest of `len` bytes, if that many were hashed.
    pub(super) fn finish(&self, len: usize) -> Option<Sha256Digest> {
        let line = self.lock();
        let hasher = line.hasher.as_ref().filter(|_| line.hashed == len)?;
        Some(Sha256Digest(hasher.clone().finalize().into()))
    }

    fn lock(&self) -> MutexGuard<'_, Line> {
        // A panic in another thread ends the request; until then the line is still consistent.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_order_gives_the_digest_of_the_whole() {
        let stream: Vec<u8> = (0..100_000_u32).map(|i| i.to_le_bytes()[1]).collect();
        let ranges: Vec<_> = (0..100).map(|i| i * 1000..(i + 1) * 1000).collect();
        let hasher = ChunkHasher::new();
        assert!(hasher.finish(stream.len()).is_none());
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (ranges, hasher, stream) = (&ranges, &hasher, &stream);
                scope.spawn(move || {
                    for range in ranges.iter().rev().skip(thread).step_by(4) {
                        hasher.update(stream, range.clone());
                    }
                });
            }
        });
        assert_eq!(hasher.finish(stream.len()), Some(sha256(&stream)));
        assert_eq!(hasher.finish(7), None);
    }
}
