//! What is known of a member whose file was seen before.

use std::sync::Arc;

use super::{ChunkForm, ChunkKey, ContentHash};
use crate::elf::{Facts, Machine};
use crate::source::FileFingerprint;
use crate::wheel::Sha256Digest;

/// What a member is found by, without reading its file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MemberKey {
    /// The file, as the system describes it.
    pub fingerprint: FileFingerprint,
    /// The hash of what the client calls its content, which may be of any length, and is not known to be
    /// a hash of it. Never trusted to say that two files are the same, only that they are not.
    pub token: Option<ContentHash>,
    /// The compressor's effort that was asked for.
    pub level: u8,
}

/// One chunk of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkDigest {
    /// Its length in bytes.
    pub len: u64,
    /// Its content.
    pub content: ContentHash,
}

/// A member whose deflated form is smaller than itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedMember {
    /// SHA-256 of the content.
    pub digest: Sha256Digest,
    /// The compressor's effort for this content.
    pub level: u8,
    /// Its chunks, in order; a small member counts as one.
    pub chunks: Vec<ChunkDigest>,
    /// Whether it is one stream in one chunk: [`ChunkForm::Whole`].
    pub is_whole: bool,
    /// Whether the content is a program's: a script's or an ELF executable's.
    pub is_program: bool,
    /// Whether it is an ELF file.
    pub is_elf: bool,
    /// The CPU of an ELF file.
    pub machine: Option<Machine>,
    /// The facts of an ELF file, if an audit has asked for them.
    pub facts: Option<Arc<Facts>>,
}

impl CachedMember {
    /// What the chunk of a chunk is found by.
    #[must_use]
    pub fn chunk_key(&self, index: usize) -> Option<ChunkKey> {
        let form = if self.is_whole {
            ChunkForm::Whole
        } else if index + 1 == self.chunks.len() {
            ChunkForm::Last
        } else {
            ChunkForm::Inner
        };
        let content = self.chunks.get(index)?.content;
        Some(ChunkKey { content, level: self.level, form })
    }

    /// Bytes that it takes in memory.
    pub(super) fn weight(&self) -> u64 {
        let facts = self.facts.as_ref().map_or(0, |facts| facts.weight());
        (size_of::<Self>() + self.chunks.len() * size_of::<ChunkDigest>()) as u64 + facts
    }
}

/// Records as files of a cache directory.
pub(super) mod stored {
    use serde::{Deserialize, Serialize};

    use super::{CachedMember, ChunkDigest, ContentHash};
    use crate::elf::Machine;
    use crate::wheel::Sha256Digest;

    #[derive(Serialize, Deserialize)]
    struct Stored {
        digest: String,
        level: u8,
        /// Length and BLAKE3 hash of each chunk.
        chunks: Vec<(u64, [u8; 32])>,
        is_program: bool,
        is_elf: bool,
        machine: Option<String>,
    }

    /// All but the facts, which are read again when they are asked for.
    pub(in crate::warm) fn render(record: &CachedMember) -> Vec<u8> {
        let stored = Stored {
            digest: record.digest.to_string(),
            level: record.level,
            chunks: record.chunks.iter().map(|chunk| (chunk.len, chunk.content.0)).collect(),
            is_program: record.is_program,
            is_elf: record.is_elf,
            machine: record.machine.map(|machine| machine.to_string()),
        };
        // Strings and numbers always serialise.
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    pub(in crate::warm) fn parse(bytes: &[u8]) -> Option<CachedMember> {
        let stored: Stored = serde_json::from_slice(bytes).ok()?;
        let digest: Sha256Digest = stored.digest.parse().ok()?;
        let machine = match stored.machine {
            Some(name) => Some(Machine::ALL.into_iter().find(|it| it.to_string() == name)?),
            None => None,
        };
        let chunk = |(len, hash)| ChunkDigest { len, content: ContentHash(hash) };
        Some(CachedMember {
            digest,
            level: stored.level,
            chunks: stored.chunks.into_iter().map(chunk).collect(),
            is_whole: false,
            is_program: stored.is_program,
            is_elf: stored.is_elf,
            machine,
            facts: None,
        })
    }
}
