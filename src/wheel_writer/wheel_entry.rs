//! The cache entry of a wheel that this process writes: a later audit finds it by its file or its
//! central directory, and a later unpack finds the compressed chunks by their offsets.

use std::ops::Range;
use std::sync::{Arc, Weak};

use fs_err::File;
use tempfile::NamedTempFile;

use super::classify::is_python_source;
use super::member_facts::MemberFacts;
use crate::deflate::CompressedChunk;
use crate::elf::ElfFacts;
use crate::source::{FileFingerprint, Input};
use crate::warm::{Cache, ContentHash, WheelFacts, WheelLayout};
use crate::wheel::MemberPath;

/// The offsets of compressed chunks in the archive that is being written.
#[derive(Default)]
pub(super) struct ChunkOffsets {
    chunks: Vec<(Range<usize>, Weak<CompressedChunk>)>,
    /// The offset of the central directory, when it is known.
    pub(super) directory: u64,
}

impl ChunkOffsets {
    /// Adds a chunk that is about to be written at `offset`.
    pub(super) fn add(&mut self, offset: u64, chunk: &Arc<CompressedChunk>) {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let range = start..start.saturating_add(chunk.bytes.len());
        self.chunks.push((range, Arc::downgrade(chunk)));
    }

    /// Removes the chunks from `offset` on: they are about to be overwritten.
    pub(super) fn truncate(&mut self, offset: u64) {
        self.chunks.retain(|(range, _)| (range.start as u64) < offset);
    }
}

/// The facts that an audit of the wheel would read, as far as its members were written.
#[derive(Default)]
pub(super) struct AuditFacts {
    elves: Vec<(usize, Arc<ElfFacts>)>,
    /// Whether the facts of a member are not known.
    is_incomplete: bool,
}

impl AuditFacts {
    /// Adds the facts of the member with this index.
    pub(super) fn add(&mut self, index: usize, path: &MemberPath, facts: &MemberFacts) {
        self.is_incomplete |= !facts.is_complete;
        let elf = facts.elf.as_ref().filter(|_| !is_python_source(path));
        self.elves.extend(elf.map(|elf| (index, Arc::clone(elf))));
    }

    /// Returns the facts of a wheel with this RECORD; `None` if some are not known.
    pub(super) fn finish(self, record: Vec<u8>) -> Option<WheelFacts> {
        let tables = self.elves.iter().map(|(_, elf)| elf.table_bytes).max();
        (!self.is_incomplete).then(|| WheelFacts {
            elves: self.elves,
            objects: Vec::new(),
            device_code: None,
            record,
            max_tables: tables.unwrap_or_default(),
            trusting: false,
            verified: false,
            linkage: false,
            literals: false,
            of_writer: true,
        })
    }
}

/// The cache entry of a wheel that is complete but not published.
pub(super) struct WheelEntry {
    fingerprint: FileFingerprint,
    directory: ContentHash,
    layout: Option<WheelLayout>,
    facts: Option<WheelFacts>,
}

impl WheelEntry {
    /// Fingerprints the temporary file after the last byte is written, while no other process knows it.
    /// `None` if that fails: the wheel is valid, only not cached.
    pub(super) fn of_temporary_file(
        file: &NamedTempFile<File>,
        offsets: ChunkOffsets,
        facts: Option<WheelFacts>,
        cache: &Cache,
    ) -> Option<Self> {
        let fingerprint = FileFingerprint::of_open(file.as_file()).ok()?;
        cache.probe_timestamps(file.as_file(), fingerprint.file_id().device);
        let content = Input::find(file.path()).ok()?.open().ok()?;
        let bytes = content.bytes();
        let directory = bytes.get(usize::try_from(offsets.directory).ok()?..)?;
        let directory = ContentHash::of(directory);
        let layout = WheelLayout::of(bytes, offsets.chunks);
        content.is_intact().then_some(Self { fingerprint, directory, layout, facts })
    }

    /// Inserts the wheel into the cache, after the file was renamed. If another process wrote to the file in
    /// between, its modification time differs and nothing is inserted.
    pub(super) fn insert_into(self, cache: &Cache, file: &File) {
        if let Ok(fingerprint) = FileFingerprint::of_open(file)
            && fingerprint.has_content_of(&self.fingerprint)
        {
            cache.keep_written(fingerprint, self.directory, self.layout, self.facts);
        }
    }
}
