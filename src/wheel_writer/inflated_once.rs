//! A large member that is inflated once, for one or more edited copies of it.
//!
//! `split` writes a wheel for each architecture: their libraries differ in device code alone. They share the inflated
//! file, and what was verified of the compressed blocks that all of them keep.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use super::archived_member::ArchivedMember;
use super::inflated;
use super::scratch::Scratch;
use crate::deflate::{BlockRange, CompressedChunk, Position, Spans, StreamIndex, copy_blocks};
use crate::error::Error;
use crate::lock::lock;
use crate::memory::OutOfMemory;
use crate::source::{FileContent, Input};

/// A large member and, once one of its copies is written, its content.
#[derive(Debug)]
pub(crate) struct InflatedOnce {
    /// The index of the member's stream, if an earlier pass recorded it.
    index: Option<Arc<StreamIndex>>,
    /// Byte ranges that no copy uses, in order.
    unused: Vec<Range<u64>>,
    file: Mutex<Option<Arc<InflatedFile>>>,
}

/// The content of a member before the edits, in a temporary file.
#[derive(Debug)]
pub(super) struct InflatedFile {
    /// The content. What no copy uses is zeros.
    pub(super) content: FileContent,
    /// Where the blocks of its stream are, unless it is stored.
    pub(super) spans: Option<Spans>,
    verified: Mutex<HashMap<Key, Verified>>,
}

/// Blocks by their first and last bit, and whether they end the stream.
type Key = (u64, u64, bool);

/// Blocks that were decoded and compared with the content.
#[derive(Debug, Clone, Copy)]
struct Verified {
    /// CRC-32 of the blocks as they are copied.
    blocks: u32,
    /// CRC-32 of the content.
    content: u32,
}

impl InflatedOnce {
    /// Returns a member that is not inflated yet. `unused` are the byte ranges that no copy uses, in order.
    pub(crate) fn new(index: Option<Arc<StreamIndex>>, unused: Vec<Range<u64>>) -> Self {
        Self { index, unused, file: Mutex::new(None) }
    }

    /// Returns the content; inflates it at the first call.
    pub(super) fn open(
        &self,
        member: &ArchivedMember,
        scratch: Scratch<'_>,
    ) -> Result<Arc<InflatedFile>, Error> {
        let mut shared = lock(&self.file);
        if let Some(file) = &*shared {
            return Ok(Arc::clone(file));
        }
        let index = self.index.as_deref();
        let (file, spans) = inflated::to_file_with_spans(member, &self.unused, index, scratch)?;
        // The file loses its name when `file` is dropped; the mapping keeps its bytes.
        let content = Input::find(file.path()).and_then(|input| input.open())?;
        let file = Arc::new(InflatedFile { content, spans, verified: Mutex::default() });
        *shared = Some(Arc::clone(&file));
        Ok(file)
    }
}

impl InflatedFile {
    /// Returns a copy of blocks of `stream` that were verified for another copy of the member; `None` if they were not.
    ///
    /// # Errors
    /// Out of memory.
    pub(super) fn verified_blocks(
        &self,
        stream: &[u8],
        blocks: &BlockRange,
        position: Position,
    ) -> Result<Option<CompressedChunk>, OutOfMemory> {
        let verified = lock(&self.verified).get(&key(blocks, position)).copied();
        let Some(Verified { blocks: expected, content }) = verified else { return Ok(None) };
        let copied = copy_blocks(stream, blocks, position)?;
        // The archive may have changed since.
        let copied = copied.filter(|bytes| crc32fast::hash(bytes) == expected);
        Ok(copied.map(|bytes| CompressedChunk { bytes, crc: content }))
    }

    /// Remembers that blocks, of which `chunk` is a copy, are those of the content.
    pub(super) fn keep_verified(
        &self,
        blocks: &BlockRange,
        position: Position,
        chunk: &CompressedChunk,
    ) {
        let verified = Verified { blocks: crc32fast::hash(&chunk.bytes), content: chunk.crc };
        lock(&self.verified).insert(key(blocks, position), verified);
    }
}

fn key(blocks: &BlockRange, position: Position) -> Key {
    (blocks.bits.start, blocks.bits.end, position == Position::Last)
}
