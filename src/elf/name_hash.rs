//! Hashes of symbol names, with a key of this process.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;

/// The key of this process. It is random, so a file with colliding names cannot be prepared.
static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// Returns the hash of a name. Hashes differ from process to process, and so are never stored in a file.
pub(super) fn hash(name: &[u8]) -> u64 {
    KEY.hash_one(name)
}

/// A symbol's name with its hash: it is hashed once and looked up in many files.
#[derive(Debug, Clone, Copy)]
pub struct SymbolName<'a> {
    bytes: &'a [u8],
    hash: u32,
}

impl<'a> SymbolName<'a> {
    /// Hashes a name.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, hash: short_hash(bytes) }
    }

    /// Returns the name.
    #[must_use]
    pub fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// Returns its hash of 32 bits: for this process only.
    #[must_use]
    pub fn hash(self) -> u32 {
        self.hash
    }
}

/// Returns the lower half of a name's hash. Names with equal halves are compared.
#[expect(clippy::cast_possible_truncation, reason = "the lower half is wanted")]
pub(super) fn short_hash(name: &[u8]) -> u32 {
    hash(name) as u32
}
