//! What a process remembers from one request to the next, so that a wheel costs what changed.
//!
//! | what | found by | gives |
//! |---|---|---|
//! | a chunk | the BLAKE3 hash of the chunk, the level, its place in the stream | its checked DEFLATE blocks |
//! | a member | the [`FileFingerprint`] of its file, the client's digest if there is one, the level | digest, CRC-32, chunks, ELF facts |
//! | a wheel | the [`FileFingerprint`] of its file; if this process wrote it, all of its bytes | that its chunk tables are true, ELF facts, RECORD |
//!
//! A chunk is found by its content, wherever in whichever file it stands, so it cannot be stale. A
//! member is found without reading its file. That holds because no system call sets a file's time of
//! change back, and because files are not taken for known until they have been left alone for
//! a while: see [`FileFingerprint`].
//!
//! Everything is bounded in bytes, the least recently used goes first. A cache directory, if there
//! is one, is a second store behind the memory that outlives the process.

mod disk;
mod memory;
mod record;
mod single_flight;
mod wheel;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use fs_err::File;

pub use self::disk::{CacheDirectoryError, DiskCache};
use self::memory::{MemoryCache, WheelKey};
pub use self::record::{CachedMember, ChunkDigest, MemberKey};
use self::single_flight::{Role, SingleFlight};
pub use self::wheel::{CachedWheel, WheelFacts, WheelLayout};
use crate::deflate::{CompressedChunk, DeflaterPool};
use crate::error::Error;
use crate::exec::CancelFlag;
use crate::source::{Clock, FileFingerprint, Input, has_fine_timestamps};

/// The BLAKE3 hash of some content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentHash(pub [u8; 32]);

impl ContentHash {
    /// Of these bytes. Several times as fast as SHA-256, which RECORD needs of whole members and
    /// which nobody needs of chunks.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }
}

/// How the blocks of a chunk end and what they are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChunkForm {
    /// One chunk, and another follows.
    Inner,
    /// One chunk, the last of its stream.
    Last,
    /// A whole stream, however many chunks it has.
    Whole,
}

/// What a chunk is found by: everything that its bytes are a function of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChunkKey {
    /// What it inflates to.
    pub content: ContentHash,
    /// The compressor's effort.
    pub level: u8,
    /// Its place in the stream.
    pub form: ChunkForm,
}

/// A chunk, and whether it was there.
#[derive(Debug)]
pub struct ChunkLookup {
    /// The chunk.
    pub compressed: Arc<CompressedChunk>,
    /// Whether it was made by an earlier request, or for another one.
    pub reused: bool,
}

/// How much to remember, and where.
#[derive(Debug, Clone, Default)]
pub struct CacheOptions {
    /// Bytes in memory; 0 remembers nothing.
    pub memory: u64,
    /// A directory that outlives the process.
    pub directory: Option<PathBuf>,
    /// Bytes in that directory.
    pub directory_size: u64,
}

/// The share of the machine's memory that is used unless somebody says otherwise.
const MEMORY_SHARE: u64 = 10;

/// The most that is used unless somebody says otherwise: the deflated bytes of a few of the largest
/// wheels.
const MOST_MEMORY: u64 = 2 << 30;

impl CacheOptions {
    /// Bytes in memory where nobody says how many.
    #[must_use]
    pub fn default_memory() -> u64 {
        (memory::installed() / MEMORY_SHARE).min(MOST_MEMORY)
    }
}

/// The caches of one process. Shared by all of its requests.
#[derive(Debug)]
pub struct Cache {
    memory: MemoryCache,
    single_flight: SingleFlight,
    directory: Option<DiskCache>,
    deflaters: DeflaterPool,
    /// Whether the file system of each device has fine-grained timestamps.
    fine_timestamps: Mutex<HashMap<u64, bool>>,
    clock: Clock,
}

impl Cache {
    /// Remembers nothing, like a process that runs one command.
    #[must_use]
    pub fn off() -> Self {
        Self::with(0, None)
    }

    /// Opens the directory, if one is named.
    pub fn new(options: &CacheOptions) -> Result<Self, CacheDirectoryError> {
        let open = |path: &PathBuf| DiskCache::open(path, options.directory_size);
        Ok(Self::with(options.memory, options.directory.as_ref().map(open).transpose()?))
    }

    fn with(memory: u64, directory: Option<DiskCache>) -> Self {
        let (memory, single_flight) = (MemoryCache::new(memory), SingleFlight::default());
        Self {
            memory,
            single_flight,
            directory,
            deflaters: DeflaterPool::default(),
            fine_timestamps: Mutex::default(),
            clock: Clock::default(),
        }
    }

    /// Whether anything is remembered: if not, nothing needs to be hashed.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.memory.bound() > 0 || self.directory.is_some()
    }

    /// Compressors at rest.
    #[must_use]
    pub fn deflaters(&self) -> &DeflaterPool {
        &self.deflaters
    }

    /// A chunk that was made before, or what `compress` returns. If another request is making it at this
    /// moment, this one waits for that one's.
    pub fn chunk_or_compress<E: From<Error>>(
        &self,
        key: ChunkKey,
        cancel: &CancelFlag,
        mut compress: impl FnMut() -> Result<CompressedChunk, E>,
    ) -> Result<ChunkLookup, E> {
        loop {
            if let Some(chunk) = self.memory.chunk(&key) {
                return Ok(ChunkLookup { compressed: chunk, reused: true });
            }
            let publisher = match self.single_flight.join(key) {
                Role::Leader(publisher) => publisher,
                Role::Follower(in_flight) => {
                    match in_flight.wait(cancel)? {
                        Some(chunk) => return Ok(ChunkLookup { compressed: chunk, reused: true }),
                        // The other request failed or was cancelled: that is its own affair.
                        None => continue,
                    }
                }
            };
            // It may have landed after the first look.
            if let Some(chunk) = self.memory.chunk(&key) {
                publisher.publish(&chunk);
                return Ok(ChunkLookup { compressed: chunk, reused: true });
            }
            let kept = self.directory.as_ref().and_then(|directory| directory.chunk(key));
            let reused = kept.is_some();
            let chunk = Arc::new(kept.map_or_else(&mut compress, Ok)?);
            self.memory.insert_chunk(key, &chunk);
            publisher.publish(&chunk);
            // Whoever waited need not wait for the disk.
            if !reused && let Some(directory) = &self.directory {
                directory.keep_chunk(key, &chunk);
            }
            return Ok(ChunkLookup { compressed: chunk, reused });
        }
    }

    /// A chunk that was made before, without making it.
    #[must_use]
    pub fn cached_chunk(&self, key: ChunkKey) -> Option<Arc<CompressedChunk>> {
        self.memory.chunk(&key).or_else(|| {
            let chunk = Arc::new(self.directory.as_ref()?.chunk(key)?);
            self.memory.insert_chunk(key, &chunk);
            Some(chunk)
        })
    }

    /// What is known of a member.
    #[must_use]
    pub fn member(&self, key: &MemberKey) -> Option<Arc<CachedMember>> {
        self.memory.member(key).or_else(|| {
            let record = Arc::new(self.directory.as_ref()?.member(key)?);
            self.memory.insert_member(key.clone(), &record);
            Some(record)
        })
    }

    /// Remembers a member. The caller has made sure that the file was the same from before it was
    /// read until after.
    pub fn keep_member(&self, key: MemberKey, record: CachedMember) {
        if let Some(directory) = &self.directory {
            directory.keep_member(&key, &record);
        }
        self.memory.insert_member(key, &Arc::new(record));
    }

    /// How much is remembered, in words.
    #[must_use]
    pub fn usage(&self) -> String {
        let (entries, used) = self.memory.usage();
        format!(
            "{entries} entries of {used} bytes are remembered, of {} at most",
            self.memory.bound()
        )
    }

    /// Whether wheels are remembered.
    #[must_use]
    pub fn keeps_wheels(&self) -> bool {
        self.memory.bound() > 0
    }

    /// What is known of a wheel, by its file.
    #[must_use]
    pub fn wheel(&self, input: &Input) -> Option<Arc<CachedWheel>> {
        self.memory.wheel(&WheelKey::File(input.fingerprint()))
    }

    /// What is known of a wheel with this content, which ends with this central directory, if this process
    /// has written it.
    #[must_use]
    pub fn written_wheel(&self, content: &[u8], directory: &[u8]) -> Option<Arc<CachedWheel>> {
        let record = self.memory.wheel(&WheelKey::Directory(ContentHash::of(directory)))?;
        let is_it = record.layout.as_ref().is_some_and(|layout| layout.is_of(content));
        is_it.then_some(record)
    }

    /// Remembers a wheel whose file was the same from before it was read until after, if its fingerprint stands
    /// for its content already; and by its central directory, if this process has written it.
    pub fn keep_wheel(&self, input: &Input, directory: &[u8], record: CachedWheel) {
        let fingerprint = input.fingerprint();
        let record = Arc::new(record);
        if input.settled_fingerprint(&self.clock).is_some()
            || self.has_fine_timestamps(fingerprint.file_id().device)
        {
            self.memory.insert_wheel(WheelKey::File(fingerprint), &record);
        }
        if record.layout.is_some() {
            let key = WheelKey::Directory(ContentHash::of(directory));
            self.memory.insert_wheel(key, &record);
        }
    }

    /// Remembers a wheel that this process has written and nobody else has had yet.
    pub fn keep_written(
        &self,
        fingerprint: FileFingerprint,
        directory: ContentHash,
        layout: Option<WheelLayout>,
    ) {
        let layout = layout.map(Arc::new);
        let record = Arc::new(CachedWheel { is_written: true, layout, facts: None });
        if self.has_fine_timestamps(fingerprint.file_id().device) {
            self.memory.insert_wheel(WheelKey::File(fingerprint), &record);
        }
        if record.layout.is_some() {
            self.memory.insert_wheel(WheelKey::Directory(directory), &record);
        }
    }

    /// The clock by which the age of files is judged.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    fn has_fine_timestamps(&self, device: u64) -> bool {
        let known = self.fine_timestamps.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&device).copied().unwrap_or_default()
    }

    /// Finds out whether a device has fine-grained timestamps, with a file on it that no other process uses
    /// yet. It is called for every wheel: it takes some microseconds, another file system may have got the
    /// device's number since, and on a busy machine the answer may be wrongly no.
    pub fn probe_timestamps(&self, file: &File, device: u64) {
        let are_fine = has_fine_timestamps(file).unwrap_or_default();
        let mut known = self.fine_timestamps.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(device, are_fine);
    }
}

#[cfg(test)]
mod tests;
