//! The cache on disk. It outlives the process, and any number of processes share it.
//!
//! ```text
//! DIR/v1/pieces/ab/<hash of the key>     BLAKE3 of the rest, CRC-32, DEFLATE blocks
//! DIR/v1/members/cd/<hash of the key>    BLAKE3 of the rest, a member's record as JSON
//! DIR/v1/unpacked/ef/<hash of the key>   BLAKE3 of the rest, the digests of an unpacked archive's members
//! DIR/v1/files/01/<hash of the key>      an unpacked file: see `file_store`
//! DIR/v1/new/                            temporary files
//! DIR/v1/lock                            held by the process that evicts
//! ```
//!
//! A file's name is a hash of its key. A file is written under a temporary name and then renamed. Its own
//! hash covers its name too, and is checked on each read. So concurrent writers, killed processes and
//! damaged disks are harmless: an entry is valid, or it is removed and made again. Eviction removes the
//! least recently used entries; each read stores its time as the file's time of modification.
//!
//! Below `DIR`, no symbolic link is followed: neither to read, to write nor to remove anything.
//!
//! No failure here fails a request.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::SystemTime;

use fs_err::File;
use thiserror::Error;

use super::record::stored;
use super::unpacked::{UnpackedArchive, UnpackedKey};
use super::{CachedMember, ChunkForm, ChunkKey, MemberKey};
use crate::deflate::{self, CompressedChunk};
use crate::error::{Diagnose, FileError};
use crate::{memory, temporary};

/// Compressed whole members below this length in bytes are not written: compressing 64 KiB again takes
/// about a millisecond, and writing 20,000 small files takes longer than compressing them.
const MIN_WHOLE: usize = 16 << 10;

/// After how much this process evicts again: a sixteenth of the maximum size. Other processes may have
/// written as much.
const EVICTION_SHARE: u64 = 16;

/// Length of a BLAKE3 hash in bytes.
const HASH_LEN: usize = 32;

/// The longest entry in bytes that is read. Chunks have a few MiB at most. The record of a member of 100 GB,
/// cut into 400,000 chunks, takes 60 MB.
const MAX_ENTRY: u64 = 64 << 20;

/// A cache directory that cannot be used.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct CacheDirectoryError(#[from] FileError);

impl Diagnose for CacheDirectoryError {
    fn hint(&self) -> Option<std::borrow::Cow<'static, str>> {
        Some(
            "name a directory that can be written to with `--cache-dir`, or leave the option out"
                .into(),
        )
    }
}

/// The directory of the chunks. Its name is older than the term; another one would leave files of earlier
/// releases behind that nothing evicts.
pub(super) const CHUNKS: &str = "pieces";

/// The directory of the members' records.
pub(super) const MEMBERS: &str = "members";

/// The directory of the records of unpacked archives.
pub(super) const UNPACKED: &str = "unpacked";

/// The directory of the unpacked files.
pub(super) const FILES: &str = "files";

/// How many times `open` creates the directories: another process may be removing them at the same moment.
const CREATE_ATTEMPTS: usize = 100;

/// A cache directory.
#[derive(Debug)]
pub struct DiskCache {
    directory: PathBuf,
    /// The directory of this layout, below `directory`.
    pub(super) root: PathBuf,
    pub(super) max_size: u64,
    /// Bytes written since the last eviction.
    written: AtomicU64,
    has_warned: AtomicBool,
}

impl DiskCache {
    /// Opens a cache directory, and creates it if it is missing. Its files take `max_size` bytes at most,
    /// plus, until the next eviction, a sixteenth of that for each process that writes to it.
    pub(super) fn open(path: &Path, max_size: u64) -> Result<Self, CacheDirectoryError> {
        let cache = Self {
            directory: path.to_owned(),
            root: path.join("v1"),
            max_size,
            // The first entry starts an eviction.
            written: AtomicU64::new(max_size),
            has_warned: AtomicBool::new(false),
        };
        let mut result = cache.create();
        for _ in 1..CREATE_ATTEMPTS {
            // Another process removed a directory that was created a moment ago.
            if !matches!(&result, Err(error) if error.kind() == io::ErrorKind::NotFound) {
                break;
            }
            result = cache.create();
        }
        result.map_err(FileError::on("create", path))?;
        Ok(cache)
    }

    fn create(&self) -> io::Result<()> {
        let new = self.create_directories(&["new"])?;
        temporary::sweep(&new);
        // `create_new` follows no link, not even one to nothing.
        let tag = self.directory.join("CACHEDIR.TAG");
        match fs_err::OpenOptions::new().write(true).create_new(true).open(tag) {
            Ok(mut file) => file.write_all(b"Signature: 8a477f597d28d172789f06886806bc55\n"),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Creates the directories from the cache directory down to `components` below the root, and returns
    /// the last one. Only the path of the cache directory itself may contain links.
    pub(super) fn create_directories(&self, components: &[&str]) -> io::Result<PathBuf> {
        fs_err::create_dir_all(&self.directory)?;
        let mut path = self.root.clone();
        create_directory(&path)?;
        for component in components {
            path.push(component);
            create_directory(&path)?;
        }
        Ok(path)
    }

    /// Returns a chunk, if there is a valid entry for it.
    pub(super) fn chunk(&self, key: ChunkKey) -> Option<CompressedChunk> {
        let mut payload = self.read(CHUNKS, &chunk_name(key))?;
        let crc = u32::from_le_bytes(*payload.first_chunk()?);
        payload.drain(..size_of::<u32>());
        Some(CompressedChunk { bytes: payload, crc })
    }

    /// Writes a chunk, unless it is a small whole member.
    pub(super) fn keep_chunk(&self, key: ChunkKey, chunk: &CompressedChunk) {
        if key.form != ChunkForm::Whole || chunk.bytes.len() >= MIN_WHOLE {
            self.write(CHUNKS, &chunk_name(key), &[&chunk.crc.to_le_bytes(), &chunk.bytes]);
        }
    }

    /// Returns a member's record without its ELF facts, if there is a valid entry for it.
    pub(super) fn member(&self, key: &MemberKey) -> Option<CachedMember> {
        stored::parse(&self.read(MEMBERS, &member_name(key))?)
    }

    /// Returns the record of an unpacked archive, if there is a valid entry for it.
    pub(super) fn unpacked(&self, key: &UnpackedKey) -> Option<UnpackedArchive> {
        UnpackedArchive::from_bytes(&self.read(UNPACKED, &unpacked_name(key))?)
    }

    /// Writes the record of an unpacked archive. It replaces one of the same length, or comes with files
    /// that the caller counts, so it does not count itself.
    pub(super) fn keep_unpacked(&self, key: &UnpackedKey, record: &UnpackedArchive) {
        self.write_or_warn(UNPACKED, &unpacked_name(key), &[&record.to_bytes()]);
    }

    /// Writes the record of a large member.
    pub(super) fn keep_member(&self, key: &MemberKey, record: &CachedMember) {
        if !record.is_whole {
            self.write(MEMBERS, &member_name(key), &[&stored::render(record)]);
        }
    }

    /// Returns the path of an entry.
    pub(super) fn path(&self, kind: &str, name: &blake3::Hash) -> PathBuf {
        let name = name.to_hex();
        self.root.join(kind).join(shard(&name)).join(name.as_str())
    }

    /// Returns the payload of an entry. Removes an invalid entry, also if it is a directory or a
    /// link.
    fn read(&self, kind: &str, name: &blake3::Hash) -> Option<Vec<u8>> {
        let path = self.path(kind, name);
        let entry = read_entry(&path, name);
        if matches!(entry, Ok(None)) {
            Self::remove_invalid(&path);
        }
        entry.ok().flatten()
    }

    /// Removes an invalid entry, unless a directory on the way to it is a link.
    pub(super) fn remove_invalid(path: &Path) {
        if path.ancestors().skip(1).take(3).all(is_directory) {
            tracing::warn!("`{}`: not what was written there; removed", path.display());
            drop(fs_err::remove_file(path).or_else(|_| fs_err::remove_dir_all(path)));
        }
    }

    fn write(&self, kind: &str, name: &blake3::Hash, payload: &[&[u8]]) {
        let len = payload.iter().map(|part| part.len() as u64).sum::<u64>();
        if len > self.max_size {
            return;
        }
        self.write_or_warn(kind, name, payload);
        self.count_written(len);
    }

    /// Writes an entry that does not count for the next eviction.
    fn write_or_warn(&self, kind: &str, name: &blake3::Hash, payload: &[&[u8]]) {
        if let Err(error) = self.try_write(kind, name, payload)
            && !self.has_warned.swap(true, Ordering::Relaxed)
        {
            tracing::warn!("cannot write to the cache directory: {error}; going on without");
        }
    }

    /// Counts bytes that were written, and evicts if they may be too many.
    pub(super) fn count_written(&self, len: u64) {
        let share = self.max_size / EVICTION_SHARE;
        if self.written.fetch_add(len, Ordering::Relaxed) + len > share {
            self.written.store(0, Ordering::Relaxed);
            self.evict();
        }
    }

    fn try_write(&self, kind: &str, name: &blake3::Hash, payload: &[&[u8]]) -> io::Result<()> {
        // Another process may have removed all of it.
        let new = self.create_directories(&["new"])?;
        let hex = name.to_hex();
        let shard = self.create_directories(&[kind, shard(&hex)])?;
        let mut file = temporary::file(&new)?;
        file.write_all(checksum(name, payload).as_bytes())?;
        for part in payload {
            file.write_all(part)?;
        }
        file.persist(shard.join(hex.as_str())).map_err(|error| error.error)?;
        Ok(())
    }
}

/// The directory of an entry with this name: one of 256.
fn shard(name: &str) -> &str {
    &name[..2]
}

/// Whether there is a directory, not a link to one.
pub(super) fn is_directory(path: &Path) -> bool {
    fs_err::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

/// Creates a directory unless it is there. An error if a link to a directory is there.
fn create_directory(path: &Path) -> io::Result<()> {
    match fs_err::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let metadata = fs_err::symlink_metadata(path)?;
            if metadata.is_dir() { Ok(()) } else { Err(io::ErrorKind::NotADirectory.into()) }
        }
        result => result,
    }
}

/// Opens the lock file, and creates it if it is missing. Removes anything else at its path.
pub(super) fn open_lock(path: &Path) -> Option<File> {
    if fs_err::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        drop(fs_err::remove_file(path).or_else(|_| fs_err::remove_dir_all(path)));
    }
    temporary::untrusted().write(true).create(true).truncate(false).open(path).ok()
}

/// Returns the payload of an entry, or `None` if the file is not a valid entry. Stores the time as that of
/// its last use.
///
/// # Errors
///
/// The entry cannot be read at the moment, for example because descriptors or memory are exhausted.
/// It may be valid.
fn read_entry(path: &Path, name: &blake3::Hash) -> io::Result<Option<Vec<u8>>> {
    let Some((file, bytes)) = open_entry(path, name)? else { return Ok(None) };
    // If the file system refuses, eviction only chooses worse.
    drop(file.set_modified(SystemTime::now()));
    Ok(Some(bytes))
}

/// Returns an entry's file and payload, or `None` if the file is not a valid entry.
///
/// # Errors
///
/// Those of [`read_entry`].
pub(super) fn open_entry(path: &Path, name: &blake3::Hash) -> io::Result<Option<(File, Vec<u8>)>> {
    let is_not_a_file = || fs_err::symlink_metadata(path).is_ok_and(|it| !it.is_file());
    let file = match temporary::untrusted().read(true).open(path) {
        Err(_) if is_not_a_file() => return Ok(None),
        opened => opened?,
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() > MAX_ENTRY {
        return Ok(None);
    }
    let len = usize::try_from(metadata.len()).map_err(io::Error::other)?;
    let mut bytes = memory::with_room(len).map_err(io::Error::other)?;
    // The file may have grown since.
    (&file).take(MAX_ENTRY).read_to_end(&mut bytes)?;
    let is_valid = bytes
        .split_first_chunk::<HASH_LEN>()
        .is_some_and(|(hash, payload)| *hash == *checksum(name, &[payload]).as_bytes());
    bytes.drain(..HASH_LEN.min(bytes.len()));
    Ok(is_valid.then_some((file, bytes)))
}

/// Returns the hash that precedes a payload in its file.
fn checksum(name: &blake3::Hash, payload: &[&[u8]]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(name.as_bytes());
    for part in payload {
        hasher.update(part);
    }
    hasher.finalize()
}

/// The compressor, and the rules by which members are cut into chunks. They are part of every name: another
/// release may compress the same content to other bytes, and a wheel must not depend on the cache.
const COMPRESSOR: [&str; 4] = [
    concat!("wheelworks ", env!("CARGO_PKG_VERSION")),
    deflate::LIBDEFLATE,
    deflate::RULES,
    deflate::CUTS,
];

/// Returns a hasher for the names of entries of one kind.
fn name_hasher(kind: &str) -> blake3::Hasher {
    let mut hasher = blake3::Hasher::new();
    for part in COMPRESSOR.iter().chain([&kind]) {
        hasher.update(part.as_bytes()).update(b"\0");
    }
    hasher
}

fn chunk_name(key: ChunkKey) -> blake3::Hash {
    let form = match key.form {
        ChunkForm::Inner => 0,
        ChunkForm::Last => 1,
        ChunkForm::Whole => 2,
    };
    name_hasher("piece").update(&[key.level, form]).update(&key.content.0).finalize()
}

fn member_name(key: &MemberKey) -> blake3::Hash {
    let token = key.token.as_ref().map_or(&[][..], |token| &token.0);
    name_hasher("member")
        .update(&[key.level])
        .update(&key.fingerprint.to_bytes())
        .update(token)
        .finalize()
}

/// The release is part of the name: another one may refuse the archive, or read it in another way.
pub(super) fn unpacked_name(key: &UnpackedKey) -> blake3::Hash {
    name_hasher("unpacked")
        .update(&[u8::from(key.is_linked)])
        .update(&key.fingerprint.to_bytes())
        .finalize()
}

#[cfg(test)]
#[path = "disk_tests.rs"]
mod tests;
