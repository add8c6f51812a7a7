//! The cache of a process: results of earlier requests, so that the cost of a wheel is that of its changes.
//!
//! | entry | key | value |
//! |---|---|---|
//! | a chunk | the BLAKE3 hash of the chunk, the level, its position in the stream | its verified DEFLATE blocks |
//! | a member | the [`FileFingerprint`] of its file, the client's digest if there is one, the level | digest, CRC-32, chunks, ELF facts |
//! | a wheel | the [`FileFingerprint`] of its file; if this process wrote it, all of its bytes | whether its chunk tables are valid, ELF facts, RECORD, what a verb derived from them |
//! | an unpacked archive | the [`FileFingerprint`] of its file | digests of its members |
//! | an unpacked file | its SHA-256 | the file, in a directory |
//!
//! The key of a chunk is its content, in any file and at any offset, so a chunk cannot be stale. A member is
//! looked up without reading its file. That is safe because no system call sets a file's time of change
//! back, and because a file's fingerprint is a key only when the file has been unchanged for some time:
//! see [`Input::settled_fingerprint`].
//!
//! The cache in memory has a maximum size in bytes and evicts the least recently used entries. A cache
//! directory, if there is one, is a second level behind it that outlives the process.

mod disk;
mod eviction;
mod file_store;
mod memory;
mod record;
mod single_flight;
mod stored_file;
mod unpacked;
mod wheel;

use std::any::Any;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use fs_err::File;

pub use self::disk::{CacheDirectoryError, DiskCache};
pub use self::file_store::{FileStore, LinkMode};
use self::memory::{MemoryCache, WheelKey};
pub use self::record::{CachedMember, CachedSplice, ChunkDigest, CopiedBlocks, MemberKey};
use self::single_flight::{Role, SingleFlight};
pub use self::unpacked::{UnpackedArchive, UnpackedMember};
pub use self::wheel::{CachedWheel, Derived, WheelFacts, WheelLayout};
use crate::deflate::{CompressedChunk, DeflaterPool};
use crate::error::Error;
use crate::exec::CancelFlag;
use crate::lock::lock;
use crate::source::{Clock, FileFingerprint, Input, has_fine_timestamps};

/// A BLAKE3 hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentHash(pub [u8; 32]);

impl ContentHash {
    /// Returns the hash of these bytes. It is several times as fast as SHA-256, which only RECORD needs,
    /// and only for whole members.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }
}

/// The part of a stream that the blocks of a chunk are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChunkForm {
    /// A chunk that another one follows.
    Inner,
    /// The last chunk of a stream.
    Last,
    /// A whole stream, of any number of chunks.
    Whole,
}

/// The key of a compressed chunk: everything that decides its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChunkKey {
    /// The hash of the uncompressed chunk.
    pub content: ContentHash,
    /// The compression level, 1 to 12.
    pub level: u8,
    /// The part of a stream that it is.
    pub form: ChunkForm,
}

/// A compressed chunk, and whether it was reused.
#[derive(Debug)]
pub struct ChunkLookup {
    /// The compressed chunk.
    pub compressed: Arc<CompressedChunk>,
    /// Whether an earlier or a concurrent request compressed it.
    pub reused: bool,
}

/// The sizes of a cache, and its directory.
#[derive(Debug, Clone, Default)]
pub struct CacheOptions {
    /// The maximum size in memory in bytes. 0 keeps nothing.
    pub memory: u64,
    /// The cache directory.
    pub directory: Option<PathBuf>,
    /// The maximum size of that directory in bytes.
    pub directory_size: u64,
}

/// The divisor of the default size in memory: a tenth of the machine's memory.
const MEMORY_SHARE: u64 = 10;

/// The largest default size in memory in bytes: the compressed bytes of a few of the largest wheels.
const MAX_DEFAULT_MEMORY: u64 = 2 << 30;

impl CacheOptions {
    /// Returns the default size in memory in bytes.
    #[must_use]
    pub fn default_memory() -> u64 {
        (memory::installed() / MEMORY_SHARE).min(MAX_DEFAULT_MEMORY)
    }
}

/// The cache of one process, which all of its requests share.
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
    /// Creates a cache that keeps nothing, as for a process that runs one command.
    #[must_use]
    pub fn off() -> Self {
        Self::with(0, None)
    }

    /// Creates a cache and opens its directory, if it has one.
    ///
    /// # Errors
    ///
    /// The directory cannot be created.
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

    /// Whether the cache keeps anything. If not, the caller needs no hashes.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.memory.max_size() > 0 || self.directory.is_some()
    }

    /// Returns the pool of idle compressors.
    #[must_use]
    pub fn deflaters(&self) -> &DeflaterPool {
        &self.deflaters
    }

    /// Returns a chunk from the cache, or else the chunk that `compress` returns. If another request is
    /// compressing the same chunk, this one waits for it.
    ///
    /// # Errors
    ///
    /// That of `compress`, or [`Error::Cancelled`].
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
                        // The other request failed or was cancelled. This one tries again.
                        None => continue,
                    }
                }
            };
            // Another request may have published it after the first lookup.
            if let Some(chunk) = self.memory.chunk(&key) {
                publisher.publish(&chunk);
                return Ok(ChunkLookup { compressed: chunk, reused: true });
            }
            let kept = self.directory.as_ref().and_then(|directory| directory.chunk(key));
            let reused = kept.is_some();
            let chunk = Arc::new(kept.map_or_else(&mut compress, Ok)?);
            self.memory.insert_chunk(key, &chunk);
            publisher.publish(&chunk);
            // After the publication, so that no waiter waits for the disk.
            if !reused && let Some(directory) = &self.directory {
                directory.keep_chunk(key, &chunk);
            }
            return Ok(ChunkLookup { compressed: chunk, reused });
        }
    }

    /// Returns a chunk from the cache.
    #[must_use]
    pub fn cached_chunk(&self, key: ChunkKey) -> Option<Arc<CompressedChunk>> {
        self.memory.chunk(&key).or_else(|| {
            let chunk = Arc::new(self.directory.as_ref()?.chunk(key)?);
            self.memory.insert_chunk(key, &chunk);
            Some(chunk)
        })
    }

    /// Returns the directory that keeps a member's record. It keeps none of edited members.
    fn directory_for(&self, key: &MemberKey) -> Option<&DiskCache> {
        self.directory.as_ref().filter(|_| key.edit.is_none())
    }

    /// Returns the record of a member from the cache.
    #[must_use]
    pub fn member(&self, key: &MemberKey) -> Option<Arc<CachedMember>> {
        self.memory.member(key).or_else(|| {
            let record = Arc::new(self.directory_for(key)?.member(key)?);
            self.memory.insert_member(key.clone(), &record);
            Some(record)
        })
    }

    /// Stores the record of a member. The caller must have checked that the file did not change from
    /// before it was read until after.
    pub fn keep_member(&self, key: MemberKey, record: CachedMember) {
        if let Some(directory) = self.directory_for(&key) {
            directory.keep_member(&key, &record);
        }
        self.memory.insert_member(key, &Arc::new(record));
    }

    /// Returns the number of the entries in memory, and their size in bytes.
    #[must_use]
    pub fn usage_figures(&self) -> (usize, u64) {
        self.memory.usage()
    }

    /// Returns the number and size of the entries in memory, as text for the log.
    #[must_use]
    pub fn usage(&self) -> String {
        let (entries, used) = self.usage_figures();
        format!(
            "{entries} entries of {used} bytes are remembered, of {} at most",
            self.memory.max_size()
        )
    }

    /// Whether the cache keeps records of wheels.
    #[must_use]
    pub fn keeps_wheels(&self) -> bool {
        self.memory.max_size() > 0
    }

    /// Returns the record of a wheel by its file's fingerprint.
    #[must_use]
    pub fn wheel(&self, input: &Input) -> Option<Arc<CachedWheel>> {
        self.memory.wheel(&WheelKey::File(input.fingerprint()))
    }

    /// Returns the record of a wheel that this process has written, by its content. `directory` is the
    /// content from the start of the central directory to the end.
    #[must_use]
    pub fn written_wheel(&self, content: &[u8], directory: &[u8]) -> Option<Arc<CachedWheel>> {
        let record = self.memory.wheel(&WheelKey::Directory(ContentHash::of(directory)))?;
        let is_same = record.layout.as_ref().is_some_and(|layout| layout.matches(content));
        is_same.then_some(record)
    }

    /// Stores the record of a wheel by its file's fingerprint, if that identifies the content already, and by
    /// its central directory, if this process has written it. The caller must have checked that the file did
    /// not change from before it was read until after.
    pub fn keep_wheel(&self, input: &Input, directory: &[u8], record: CachedWheel) {
        let fingerprint = input.fingerprint();
        let record = Arc::new(CachedWheel { file: Some(fingerprint.file_id()), ..record });
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

    /// Returns the value of this type that was derived from the content of a file.
    #[must_use]
    pub fn derived<T: Any + Send + Sync>(&self, input: &Input) -> Option<Arc<T>> {
        self.wheel(input)?.derived()
    }

    /// Stores a value that was derived from a wheel, beside its record if there is one.
    pub fn keep_derived(&self, input: &Input, derived: Derived) {
        if let Some(record) = self.wheel(input) {
            let record = (*record).clone().with_derived(derived);
            self.memory.insert_wheel(WheelKey::File(input.fingerprint()), &Arc::new(record));
        }
    }

    /// Stores the record of a wheel that this process has written and that no other process has
    /// opened yet. `facts`: if the writer knows all that an audit would read.
    pub fn keep_written(
        &self,
        fingerprint: FileFingerprint,
        directory: ContentHash,
        layout: Option<WheelLayout>,
        facts: Option<WheelFacts>,
    ) {
        let (layout, facts) = (layout.map(Arc::new), facts.map(Arc::new));
        let (is_written, file, derived) = (true, Some(fingerprint.file_id()), Vec::new());
        let record = CachedWheel { is_written, file, layout, facts, derived };
        self.forget_file_before(&record, directory);
        let record = Arc::new(record);
        if self.has_fine_timestamps(fingerprint.file_id().device) {
            self.memory.insert_wheel(WheelKey::File(fingerprint), &record);
        }
        if record.layout.is_some() {
            self.memory.insert_wheel(WheelKey::Directory(directory), &record);
        }
    }

    /// Removes the record of the last file that had the same directory. A wheel that is written again gets another
    /// inode, and the file before it is mostly gone: a worker would remember hundreds of them.
    fn forget_file_before(&self, record: &CachedWheel, directory: ContentHash) {
        if record.layout.is_some()
            && let Some(before) = self.memory.wheel(&WheelKey::Directory(directory))
            && let Some(file) = before.file.filter(|_| before.file != record.file)
        {
            self.memory.forget_wheel_file(file);
        }
    }

    /// Returns the clock that judges the age of files.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    fn has_fine_timestamps(&self, device: u64) -> bool {
        let known = lock(&self.fine_timestamps);
        known.get(&device).copied().unwrap_or_default()
    }

    /// Finds out whether a device has fine-grained timestamps, with a file on it that no other process uses
    /// yet. It is called for every wheel: it takes some microseconds, another file system may have got the
    /// device's number since, and on a busy machine the answer may be wrongly no.
    pub fn probe_timestamps(&self, file: &File, device: u64) {
        let are_fine = has_fine_timestamps(file).unwrap_or_default();
        let mut known = lock(&self.fine_timestamps);
        known.insert(device, are_fine);
    }
}

#[cfg(test)]
mod tests;
