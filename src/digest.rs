//! SHA-256 of a large member, while its chunks are compressed.
//!
//! A hash must see its input in order, chunks are worked on in any order. So whoever holds the
//! hasher hashes every chunk that is next in line, and whoever comes while it is held leaves its
//! chunk in the line and goes on compressing. No thread ever waits, and a chunk is hashed close
//! to when it is compressed, while it is in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::exec::CancelFlag;
use crate::lock::lock;
use crate::source::FileContent;
use crate::wheel::Sha256Digest;

/// Bytes hashed between two looks at the cancel flag.
const HASH_STEP: usize = 1 << 20;

/// The SHA-256 of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> Sha256Digest {
    Sha256Digest(Sha256::digest(bytes).into())
}

/// The SHA-256 of a file.
pub(crate) fn sha256_of(content: &FileContent, cancel: &CancelFlag) -> Result<Sha256Digest, Error> {
    let mut hasher = Sha256::new();
    for step in content.bytes().chunks(HASH_STEP) {
        cancel.check()?;
        hasher.update(step);
    }
    Ok(Sha256Digest(hasher.finalize().into()))
}

/// A hasher that takes consecutive chunks in any order.
pub(crate) struct ChunkHasher {
    line: Mutex<Line>,
}

struct Line {
    /// `None` while a thread is hashing.
    hasher: Option<Sha256>,
    /// Where the hashed part ends.
    hashed: usize,
    /// Chunks that may be hashed, by where they begin. They are the compressors' own copies, so
    /// that digest, CRC and data are of the same bytes even if the file changes meanwhile.
    waiting: BTreeMap<usize, Arc<Vec<u8>>>,
}

impl ChunkHasher {
    pub(crate) fn new() -> Self {
        let line = Line { hasher: Some(Sha256::new()), hashed: 0, waiting: BTreeMap::new() };
        Self { line: Mutex::new(line) }
    }

    /// Hashes the chunk that begins at `start`, now or, if chunks before it are missing, later in
    /// another call.
    pub(crate) fn update(&self, start: usize, chunk: Arc<Vec<u8>>) {
        let mut line = self.lock();
        line.waiting.insert(start, chunk);
        let Some(mut hasher) = line.hasher.take() else { return };
        loop {
            let next = line.hashed;
            let Some(chunk) = line.waiting.remove(&next) else { break };
            line.hashed += chunk.len();
            drop(line);
            hasher.update(chunk.as_slice());
            line = self.lock();
        }
        line.hasher = Some(hasher);
    }

    /// The digest of `len` bytes, if that many were hashed.
    pub(crate) fn finish(&self, len: usize) -> Option<Sha256Digest> {
        let line = self.lock();
        let hasher = line.hasher.as_ref().filter(|_| line.hashed == len)?;
        Some(Sha256Digest(hasher.clone().finalize().into()))
    }

    fn lock(&self) -> MutexGuard<'_, Line> {
        // A panic in another thread ends the request. Until then the line stays consistent.
        lock(&self.line)
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
                        hasher.update(range.start, Arc::new(stream[range.clone()].to_vec()));
                    }
                });
            }
        });
        assert_eq!(hasher.finish(stream.len()), Some(sha256(&stream)));
        assert_eq!(hasher.finish(7), None);
    }
}
