//! SHA-256 of a large member, while its chunks are compressed.
//!
//! A hash needs its input in order, and chunks are compressed in any order. So the thread that
//! holds the hasher hashes every chunk that is next in order. Other threads queue their chunk in
//! the meantime and continue compressing. No thread ever waits, and a chunk is hashed close to when
//! it is compressed, while it is in the processor's cache.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use sha2::{Digest as _, Sha256};

use crate::lock::lock;
use crate::wheel::Sha256Digest;

/// A SHA-256 hasher that takes consecutive chunks in any order.
pub(super) struct ChunkHasher {
    queue: Mutex<Queue>,
}

struct Queue {
    /// `None` while a thread is hashing.
    hasher: Option<Sha256>,
    /// The length of the hashed part in bytes.
    hashed: usize,
    /// Chunks not hashed yet, by their offset. They are the compressors' own copies, so that
    /// digest, CRC-32 and data are of the same bytes even if the file changes.
    waiting: BTreeMap<usize, Arc<Vec<u8>>>,
}

impl ChunkHasher {
    pub(super) fn new() -> Self {
        let queue = Queue { hasher: Some(Sha256::new()), hashed: 0, waiting: BTreeMap::new() };
        Self { queue: Mutex::new(queue) }
    }

    /// Hashes the chunk that begins at `start`, now or, if chunks before it are missing, later in
    /// another call.
    pub(super) fn update(&self, start: usize, chunk: Arc<Vec<u8>>) {
        let mut queue = self.lock();
        queue.waiting.insert(start, chunk);
        let Some(mut hasher) = queue.hasher.take() else { return };
        loop {
            let next = queue.hashed;
            let Some(chunk) = queue.waiting.remove(&next) else { break };
            queue.hashed += chunk.len();
            drop(queue);
            hasher.update(chunk.as_slice());
            queue = self.lock();
        }
        queue.hasher = Some(hasher);
    }

    /// Returns the digest of `len` bytes, if that many were hashed.
    pub(super) fn finish(&self, len: usize) -> Option<Sha256Digest> {
        let queue = self.lock();
        let hasher = queue.hasher.as_ref().filter(|_| queue.hashed == len)?;
        Some(Sha256Digest(hasher.clone().finalize().into()))
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // A panic in another thread ends the request; until then the queue stays consistent.
        lock(&self.queue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::sha256;

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
                        hasher.update(range.start, Arc::new(stream[range.clone()].to_vec()));
                    }
                });
            }
        });
        assert_eq!(hasher.finish(stream.len()), Some(sha256(&stream)));
        assert_eq!(hasher.finish(7), None);
    }
}
