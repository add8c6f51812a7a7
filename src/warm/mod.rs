//! What a process remembers from one request to the next, so that a wheel costs what changed.
//!
//! | what | found by | gives |
//! |---|---|---|
//! | a piece | the BLAKE3 hash of the chunk, the level, its place in the stream | its checked DEFLATE blocks |
//! | a member | the [`Stamp`] of its file, the client's digest if there is one, the level | digest, CRC-32, chunks, ELF facts |
//! | a wheel | the [`Stamp`] of its file; if this process wrote it, all of its bytes | that its chunk tables are true, ELF facts, RECORD |
//!
//! A piece is found by its content, wherever in whichever file it stands, so it cannot be stale. A
//! member is found without reading its file. That holds because no system call sets a file's time of
//! change back, and because files are not taken for known until they have been left alone for
//! a while: see [`Stamp`].
//!
//! Everything is bounded in bytes, the least recently used goes first. A cache directory, if there
//! is one, is a second store behind the memory that outlives the process.

mod directory;
mod flight;
mod memory;
mod record;
mod wheel;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use fs_err::File;

pub use self::directory::{CacheDirectory, CacheDirectoryError};
use self::flight::{Flights, Turn};
use self::memory::{Memory, WheelKey};
pub use self::record::{ChunkRecord, MemberKey, MemberRecord};
pub use self::wheel::{Layout, WheelFacts, WheelRecord};
use crate::deflate::{Piece, RestingDeflaters};
use crate::error::Error;
use crate::exec::CancelFlag;
use crate::source::{Input, Stamp, tells_changes_apart};

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

/// How the blocks of a piece end and what they are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// One chunk, and another follows.
    Inner,
    /// One chunk, the last of its stream.
    Last,
    /// A whole stream, however many chunks it has.
    Whole,
}

/// What a piece is found by: everything that its bytes are a function of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PieceKey {
    /// What it inflates to.
    pub content: ContentHash,
    /// The compressor's effort.
    pub level: u8,
    /// Its place in the stream.
    pub form: Form,
}

/// A piece, and whether it was there.
#[derive(Debug)]
pub struct Found {
    /// The piece.
    pub piece: Arc<Piece>,
    /// Whether it was made by an earlier request, or for another one.
    pub reused: bool,
}

/// How much to remember, and where.
#[derive(Debug, Clone, Default)]
pub struct WarmOptions {
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

impl WarmOptions {
    /// Bytes in memory where nobody says how many.
    #[must_use]
    pub fn default_memory() -> u64 {
        (memory::installed() / MEMORY_SHARE).min(MOST_MEMORY)
    }
}

/// The caches of one process. Shared by all of its requests.
#[derive(Debug)]
pub struct Warm {
    memory: Memory,
    flights: Flights,
    directory: Option<CacheDirectory>,
    deflaters: RestingDeflaters,
    /// Devices, and whether files on them have a new stamp after each change.
    precise: Mutex<HashMap<u64, bool>>,
}

impl Warm {
    /// Remembers nothing, like a process that runs one command.
    #[must_use]
    pub fn off() -> Self {
        Self::with(0, None)
    }

    /// Opens the directory, if one is named.
    pub fn new(options: &WarmOptions) -> Result<Self, CacheDirectoryError> {
        let open = |path: &PathBuf| CacheDirectory::open(path, options.directory_size);
        Ok(Self::with(options.memory, options.directory.as_ref().map(open).transpose()?))
    }

    fn with(memory: u64, directory: Option<CacheDirectory>) -> Self {
        let (memory, flights) = (Memory::new(memory), Flights::default());
        Self {
            memory,
            flights,
            directory,
            deflaters: RestingDeflaters::default(),
            precise: Mutex::default(),
        }
    }

    /// Whether anything is remembered: if not, nothing needs to be hashed.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.memory.bound() > 0 || self.directory.is_some()
    }

    /// Compressors at rest.
    #[must_use]
    pub fn deflaters(&self) -> &RestingDeflaters {
        &self.deflaters
    }

    /// A piece that was made before, or what `make` makes. If another request is making it at this
    /// moment, this one waits for that one's.
    pub fn piece<E: From<Error>>(
        &self,
        key: PieceKey,
        cancel: &CancelFlag,
        mut make: impl FnMut() -> Result<Piece, E>,
    ) -> Result<Found, E> {
        loop {
            if let Some(piece) = self.memory.piece(&key) {
                return Ok(Found { piece, reused: true });
            }
            let landing = match self.flights.board(key) {
                Turn::Mine(landing) => landing,
                Turn::Wait(flight) => {
                    match flight.wait(cancel)? {
                        Some(piece) => return Ok(Found { piece, reused: true }),
                        // The other request failed or was cancelled: that is its own affair.
                        None => continue,
                    }
                }
            };
            // It may have landed after the first look.
            if let Some(piece) = self.memory.piece(&key) {
                landing.land(&piece);
                return Ok(Found { piece, reused: true });
            }
            let kept = self.directory.as_ref().and_then(|directory| directory.piece(key));
            let reused = kept.is_some();
            let piece = Arc::new(kept.map_or_else(&mut make, Ok)?);
            self.memory.insert_piece(key, &piece);
            landing.land(&piece);
            // Whoever waited need not wait for the disk.
            if !reused && let Some(directory) = &self.directory {
                directory.keep_piece(key, &piece);
            }
            return Ok(Found { piece, reused });
        }
    }

    /// A piece that was made before, without making it.
    #[must_use]
    pub fn known_piece(&self, key: PieceKey) -> Option<Arc<Piece>> {
        self.memory.piece(&key).or_else(|| {
            let piece = Arc::new(self.directory.as_ref()?.piece(key)?);
            self.memory.insert_piece(key, &piece);
            Some(piece)
        })
    }

    /// What is known of a member.
    #[must_use]
    pub fn member(&self, key: &MemberKey) -> Option<Arc<MemberRecord>> {
        self.memory.member(key).or_else(|| {
            let record = Arc::new(self.directory.as_ref()?.member(key)?);
            self.memory.insert_member(key.clone(), &record);
            Some(record)
        })
    }

    /// Remembers a member. The caller has made sure that the file was the same from before it was
    /// read until after.
    pub fn keep_member(&self, key: MemberKey, record: MemberRecord) {
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
    pub fn wheel(&self, input: &Input) -> Option<Arc<WheelRecord>> {
        self.memory.wheel(&WheelKey::File(input.stamp_now()))
    }

    /// What is known of a wheel with this content, which ends with this central directory, if this process
    /// has written it.
    #[must_use]
    pub fn written_wheel(&self, content: &[u8], directory: &[u8]) -> Option<Arc<WheelRecord>> {
        let record = self.memory.wheel(&WheelKey::Directory(ContentHash::of(directory)))?;
        let is_it = record.layout.as_ref().is_some_and(|layout| layout.is_of(content));
        is_it.then_some(record)
    }

    /// Remembers a wheel whose file was the same from before it was read until after, if its stamp stands
    /// for its content already; and by its central directory, if this process has written it.
    pub fn keep_wheel(&self, input: &Input, directory: &[u8], record: WheelRecord) {
        let stamp = input.stamp_now();
        let record = Arc::new(record);
        if input.stamp().is_some() || self.is_precise(stamp.place().device) {
            self.memory.insert_wheel(WheelKey::File(stamp), &record);
        }
        if record.layout.is_some() {
            let key = WheelKey::Directory(ContentHash::of(directory));
            self.memory.insert_wheel(key, &record);
        }
    }

    /// Remembers a wheel that this process has written and nobody else has had yet.
    pub fn keep_written(&self, stamp: Stamp, directory: ContentHash, layout: Option<Layout>) {
        let layout = layout.map(Arc::new);
        let record = Arc::new(WheelRecord { is_written: true, layout, facts: None });
        if self.is_precise(stamp.place().device) {
            self.memory.insert_wheel(WheelKey::File(stamp), &record);
        }
        if record.layout.is_some() {
            self.memory.insert_wheel(WheelKey::Directory(directory), &record);
        }
    }

    fn is_precise(&self, device: u64) -> bool {
        let precise = self.precise.lock().unwrap_or_else(PoisonError::into_inner);
        precise.get(&device).copied().unwrap_or_default()
    }

    /// Finds out whether files on the device of this one, which nobody else has, have a new stamp after each
    /// change. Every time: it takes some microseconds, another file system may have got the device's
    /// number since, and on a busy machine the answer may be no where it should be yes.
    pub fn learn_precision(&self, file: &File, device: u64) {
        let is_precise = tells_changes_apart(file).unwrap_or_default();
        let mut precise = self.precise.lock().unwrap_or_else(PoisonError::into_inner);
        precise.insert(device, is_precise);
    }
}

#[cfg(test)]
mod tests;
