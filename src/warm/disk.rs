//! The store on disk: what outlives the process, shared by any number of processes.
//!
//! ```text
//! DIR/v1/pieces/ab/<hash of the key>     BLAKE3 of the rest, CRC-32, DEFLATE blocks
//! DIR/v1/members/cd/<hash of the key>    BLAKE3 of the rest, a record as JSON
//! DIR/v1/new/                            files that are being written
//! ```
//!
//! A file's name follows from its key, it is written under another name and then renamed, and its own
//! hash, which covers the name, is checked each time it is read. So it does not matter who else writes
//! here, who was killed while doing so, or what a disk made of it: an entry is right, or it is removed
//! and made again. The least recently used go first; a use is noted as the time of modification.
//!
//! No failure here fails a request.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::SystemTime;

use fs_err::File;
use thiserror::Error;
use walkdir::WalkDir;

use super::record::stored;
use super::{CachedMember, ChunkForm, ChunkKey, MemberKey};
use crate::deflate::{self, CompressedChunk};
use crate::error::FileError;
use crate::{memory, temporary};

/// Files of whole small members below this length are not kept: to deflate 64 KiB again takes
/// about a millisecond, and 20,000 small files would take longer to write than to make.
const LEAST_WHOLE: usize = 16 << 10;

/// The share of the bound that is written before the directory is looked through again: others may
/// have written as much.
const LOOK_AFTER: u64 = 16;

/// What is kept when something must go, in tenths of the bound.
const KEEP_TENTHS: u64 = 9;

/// Length of a BLAKE3 hash.
const HASH_LEN: usize = 32;

/// The longest entry that is read: chunks are of at most a few MiB, and the record of a member of 100 GB, cut
/// into 400,000 chunks, takes 60 MB.
const LONGEST: u64 = 64 << 20;

/// A cache directory that cannot be used.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct CacheDirectoryError(#[from] FileError);

impl crate::error::Diagnose for CacheDirectoryError {
    fn hint(&self) -> Option<std::borrow::Cow<'static, str>> {
        Some(
            "name a directory that can be written to with `--cache-dir`, or leave the option out"
                .into(),
        )
    }
}

/// A directory of entries.
#[derive(Debug)]
pub struct DiskCache {
    root: PathBuf,
    bound: u64,
    /// Bytes written since the directory was looked through.
    written: AtomicU64,
    has_complained: AtomicBool,
}

/// How often the directory is made before it is an error that it is not there: another process may be removing
/// it at the same moment.
const MAKE_ATTEMPTS: usize = 100;

impl DiskCache {
    /// Makes the directory if it is not there. It may grow to `bound` bytes, and for a while to a
    /// sixteenth more for each process that writes to it.
    pub(super) fn open(path: &Path, bound: u64) -> Result<Self, CacheDirectoryError> {
        let directory = Self {
            root: path.join("v1"),
            bound,
            // So that the first entry looks it through.
            written: AtomicU64::new(bound),
            has_complained: AtomicBool::new(false),
        };
        let mut result = directory.make(path);
        for _ in 1..MAKE_ATTEMPTS {
            // Somebody removed what was made a moment ago.
            if !matches!(&result, Err(error) if error.kind() == io::ErrorKind::NotFound) {
                break;
            }
            result = directory.make(path);
        }
        result.map_err(FileError::on("create", path))?;
        Ok(directory)
    }

    fn make(&self, path: &Path) -> io::Result<()> {
        let new = self.root.join("new");
        fs_err::create_dir_all(&new)?;
        temporary::sweep(&new);
        let tag = path.join("CACHEDIR.TAG");
        if tag.exists() {
            return Ok(());
        }
        fs_err::write(&tag, "Signature: 8a477f597d28d172789f06886806bc55\n")
    }

    /// A chunk, if it is there and sound.
    pub(super) fn chunk(&self, key: ChunkKey) -> Option<CompressedChunk> {
        let mut payload = self.read("pieces", &chunk_name(key))?;
        let crc = u32::from_le_bytes(*payload.first_chunk()?);
        payload.drain(..size_of::<u32>());
        Some(CompressedChunk { bytes: payload, crc })
    }

    pub(super) fn keep_chunk(&self, key: ChunkKey, chunk: &CompressedChunk) {
        if key.form != ChunkForm::Whole || chunk.bytes.len() >= LEAST_WHOLE {
            self.write("pieces", &chunk_name(key), &[&chunk.crc.to_le_bytes(), &chunk.bytes]);
        }
    }

    /// What is known of a member, but for its facts.
    pub(super) fn member(&self, key: &MemberKey) -> Option<CachedMember> {
        stored::parse(&self.read("members", &member_name(key))?)
    }

    pub(super) fn keep_member(&self, key: &MemberKey, record: &CachedMember) {
        if !record.is_whole {
            self.write("members", &member_name(key), &[&stored::render(record)]);
        }
    }

    fn path(&self, kind: &str, name: &blake3::Hash) -> PathBuf {
        let name = name.to_hex();
        self.root.join(kind).join(&name[..2]).join(name.as_str())
    }

    /// The payload of an entry. One that is not sound is removed, whatever it is.
    fn read(&self, kind: &str, name: &blake3::Hash) -> Option<Vec<u8>> {
        let path = self.path(kind, name);
        let entry = read_entry(&path, name);
        if matches!(entry, Ok(None)) {
            tracing::warn!("`{}`: not what was written there; removed", path.display());
            drop(fs_err::remove_file(&path).or_else(|_| fs_err::remove_dir_all(&path)));
        }
        entry.ok().flatten()
    }

    fn write(&self, kind: &str, name: &blake3::Hash, payload: &[&[u8]]) {
        let len = payload.iter().map(|part| part.len() as u64).sum::<u64>();
        if len > self.bound {
            return;
        }
        let result = self.try_write(&self.path(kind, name), &seal(name, payload), payload);
        if let Err(error) = result
            && !self.has_complained.swap(true, Ordering::Relaxed)
        {
            tracing::warn!("cannot write to the cache directory: {error}; going on without");
        }
        let share = self.bound / LOOK_AFTER;
        if self.written.fetch_add(len, Ordering::Relaxed) + len > share {
            self.written.store(0, Ordering::Relaxed);
            self.evict();
        }
    }

    fn try_write(
        &self,
        path: &Path,
        hash: &blake3::Hash,
        payload: &[&[u8]],
    ) -> std::io::Result<()> {
        let new = self.root.join("new");
        // Somebody may have removed all of it since.
        fs_err::create_dir_all(&new)?;
        if let Some(folder) = path.parent() {
            fs_err::create_dir_all(folder)?;
        }
        let mut file = temporary::file(&new)?;
        file.write_all(hash.as_bytes())?;
        for part in payload {
            file.write_all(part)?;
        }
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    /// Removes what was used longest ago, if there is too much. One process at a time does.
    fn evict(&self) {
        let Ok(lock) = File::create(self.root.join("lock")) else { return };
        if lock.file().try_lock().is_err() {
            return;
        }
        temporary::sweep(&self.root.join("new"));
        let mut files = Vec::new();
        for kind in ["pieces", "members"] {
            for entry in WalkDir::new(self.root.join(kind)).into_iter().flatten() {
                // What is gone meanwhile takes no room.
                if let Ok(metadata) = entry.metadata()
                    && metadata.is_file()
                {
                    let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                    files.push((used, metadata.len(), entry.into_path()));
                }
            }
        }
        let mut total: u64 = files.iter().map(|(_, len, _)| len).sum();
        if total <= self.bound {
            return;
        }
        files.sort_unstable();
        for (_, len, path) in files {
            if total <= self.bound / 10 * KEEP_TENTHS {
                break;
            }
            drop(fs_err::remove_file(path));
            total -= len;
        }
    }
}

/// The payload of an entry; `None` if what stands there is none. It is no error of the entry that it cannot be
/// read at this moment, for want of descriptors or memory.
fn read_entry(path: &Path, name: &blake3::Hash) -> io::Result<Option<Vec<u8>>> {
    let is_other = || fs_err::symlink_metadata(path).is_ok_and(|it| !it.is_file());
    let file = match temporary::untrusted().read(true).open(path) {
        Err(_) if is_other() => return Ok(None),
        opened => opened?,
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() > LONGEST {
        return Ok(None);
    }
    let len = usize::try_from(metadata.len()).map_err(io::Error::other)?;
    let mut bytes = memory::with_room(len).map_err(io::Error::other)?;
    // It may have grown since.
    (&file).take(LONGEST).read_to_end(&mut bytes)?;
    let is_sound = bytes
        .split_first_chunk::<HASH_LEN>()
        .is_some_and(|(hash, payload)| *hash == *seal(name, &[payload]).as_bytes());
    if !is_sound {
        return Ok(None);
    }
    // A file system that does not note it makes the eviction worse, and no more.
    drop(file.set_modified(SystemTime::now()));
    bytes.drain(..HASH_LEN);
    Ok(Some(bytes))
}

/// The hash that stands in front of a payload.
fn seal(name: &blake3::Hash, payload: &[&[u8]]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(name.as_bytes());
    for part in payload {
        hasher.update(part);
    }
    hasher.finalize()
}

/// Which compressor the chunks are of, and how members are cut into them: another release may make other
/// bytes of the same content, and what a wheel's bytes are must not depend on what a cache holds.
const COMPRESSOR: [&str; 3] =
    [concat!("wheelworks ", env!("CARGO_PKG_VERSION")), LIBDEFLATE, deflate::CUTS];

/// The crate that libdeflate comes with.
const LIBDEFLATE: &str = "libdeflate-sys 1.26.1";

/// A hasher of the names of entries of one kind.
fn names_of(kind: &str) -> blake3::Hasher {
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
    names_of("piece").update(&[key.level, form]).update(&key.content.0).finalize()
}

fn member_name(key: &MemberKey) -> blake3::Hash {
    let token = key.token.as_ref().map_or(&[][..], |token| &token.0);
    names_of("member")
        .update(&[key.level])
        .update(&key.fingerprint.to_bytes())
        .update(token)
        .finalize()
}

#[cfg(test)]
#[path = "disk_tests.rs"]
mod tests;
