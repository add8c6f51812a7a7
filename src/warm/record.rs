//! Records of members.

use std::sync::Arc;

use super::{ChunkForm, ChunkKey, ContentHash};
use crate::deflate::BlockRange;
use crate::elf::ElfFacts;
use crate::platform::Machine;
use crate::source::FileFingerprint;
use crate::wheel::Sha256Digest;

/// The key of a member. It is known without reading the file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MemberKey {
    /// The fingerprint of the file.
    pub fingerprint: FileFingerprint,
    /// The hash of the digest that the client sends for the file, which may have any length and need not be
    /// a digest. Equal tokens do not mean equal content. Different tokens mean different keys.
    pub token: Option<ContentHash>,
    /// The compression level of the request.
    pub level: u8,
    /// The hash of what else decides the bytes of a member that is made from the file: which part of the file it
    /// is, and its edits. `None` if the member is the file.
    pub edit: Option<ContentHash>,
}

/// The length and hash of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkDigest {
    /// The length of the uncompressed chunk in bytes.
    pub len: u64,
    /// The hash of the uncompressed chunk.
    pub content: ContentHash,
}

/// The record of a member whose compressed form is smaller than its content.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent properties of the content")]
pub struct CachedMember {
    /// SHA-256 of the content.
    pub digest: Sha256Digest,
    /// The compression level for this content.
    pub level: u8,
    /// The chunks in order. A small member is one chunk.
    pub chunks: Vec<ChunkDigest>,
    /// Whether the one chunk is a whole stream: [`ChunkForm::Whole`].
    pub is_whole: bool,
    /// Whether the member is a program: a script or an ELF executable.
    pub is_program: bool,
    /// Whether it is an ELF file.
    pub is_elf: bool,
    /// Whether it begins like a Mach-O or PE file.
    pub may_be_object: bool,
    /// The CPU of an ELF file.
    pub machine: Option<Machine>,
    /// The facts of an ELF file, if they were read.
    pub facts: Option<Arc<ElfFacts>>,
    /// How an edited member is made, if it keeps blocks of the old stream.
    pub splice: Option<CachedSplice>,
}

/// How the stream of an edited member is made of blocks of the old stream and of new chunks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedSplice {
    /// For each chunk, the blocks that it is. `None` for a new chunk.
    pub copied: Vec<Option<CopiedBlocks>>,
    /// The level of the chunk table. `None` if there is no table.
    pub table_level: Option<u8>,
}

/// Blocks of another stream. The hash of such a chunk is that of the copied blocks, not that of its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedBlocks {
    /// The blocks.
    pub blocks: BlockRange,
    /// CRC-32 of the content.
    pub crc: u32,
}

impl CachedMember {
    /// Returns the key of the chunk with this index.
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

    /// Returns the record's size in memory in bytes.
    pub(super) fn weight(&self) -> u64 {
        let facts = self.facts.as_ref().map_or(0, |facts| facts.weight());
        let copied = self.splice.as_ref().map_or(0, |splice| splice.copied.len());
        let chunks = self.chunks.len() * size_of::<ChunkDigest>();
        (size_of::<Self>() + chunks + copied * size_of::<Option<CopiedBlocks>>()) as u64 + facts
    }
}

/// The form of records in a cache directory.
pub(super) mod stored {
    use serde::{Deserialize, Serialize};

    use super::{CachedMember, ChunkDigest, ContentHash};
    use crate::platform::Machine;
    use crate::wheel::Sha256Digest;

    #[derive(Serialize, Deserialize)]
    struct Stored {
        digest: String,
        level: u8,
        /// Length and BLAKE3 hash of each chunk.
        chunks: Vec<(u64, [u8; 32])>,
        is_program: bool,
        is_elf: bool,
        /// Older versions did not store it.
        #[serde(default = "unknown")]
        may_be_object: bool,
        machine: Option<String>,
    }

    fn unknown() -> bool {
        true
    }

    /// Returns the record as JSON, without its ELF facts. They are read again when an audit needs them.
    pub(in crate::warm) fn render(record: &CachedMember) -> Vec<u8> {
        let stored = Stored {
            digest: record.digest.to_string(),
            level: record.level,
            chunks: record.chunks.iter().map(|chunk| (chunk.len, chunk.content.0)).collect(),
            is_program: record.is_program,
            is_elf: record.is_elf,
            may_be_object: record.may_be_object,
            machine: record.machine.map(|machine| machine.to_string()),
        };
        // Strings and numbers always serialize.
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
            may_be_object: stored.may_be_object,
            machine,
            facts: None,
            splice: None,
        })
    }
}
