//! Unpacked files in the cache directory, and their way into an output.
//!
//! The name of a file is the SHA-256 of its content, and, if outputs link to it, its permissions. A file is
//! used if it has not changed since its content was known, that is if its [`FileFingerprint`] is the recorded
//! one; otherwise it is hashed, and removed if the hash differs. A fingerprint is recorded only when a later
//! change must get a later time, and counts until the system restarts: after a crash a file may have its
//! length and times but not its bytes.
//!
//! A clone or a copy shares nothing with outputs: its file is read-only. A hard link is the output's file, so
//! it has the output's permissions, and whoever edits one edits all. Each link changes the time of change of
//! all of them, so its fingerprint is recorded anew each time; an edit, a removal or `chmod` between two
//! commands costs a hash.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::sync::Mutex;

use clap::ValueEnum;
use fs_err::File;

use super::disk::{DiskCache, FILES};
use super::stored_file::{clone_file, has_digest, has_permissions, set_permissions};
use super::unpacked::{UnpackedArchive, UnpackedKey, UnpackedMember};
use super::{Cache, ContentHash};
use crate::exec::CancelFlag;
use crate::lock::lock;
use crate::source::{FileFingerprint, Input, is_later_now};
use crate::temporary;
use crate::wheel::Sha256Digest;

/// Maximum length in bytes of a file that is copied also where it could be cloned. The file system writes a
/// new file to the disk before it clones it: 12,000 small files took 9 s on XFS.
const MAX_COPIED_BYTES: u64 = 64 << 10;

/// The permissions of files that outputs do not link to.
const READ_ONLY: u32 = 0o444;

/// The permissions of unpacked files.
const PERMISSIONS: [u32; 2] = [0o644, 0o755];

/// How files get from the cache directory into an output, and from an output into the cache directory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LinkMode {
    /// Reflinks (`FICLONE`), which share blocks until one is changed, and copies of files up to 64 KiB. Where
    /// the file system has no reflinks, no file is kept. The default.
    #[default]
    Clone,
    /// Hard links: whoever edits an unpacked file edits it in every output.
    Hardlink,
    /// Copies.
    Copy,
}

/// The name of an unpacked file.
#[derive(Debug, Clone, Copy)]
pub(super) struct FileKey<'a> {
    digest: &'a Sha256Digest,
    /// The permissions of a file that outputs link to.
    linked: Option<u32>,
}

impl FileKey<'_> {
    fn name(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        let linked = self.linked.unwrap_or_default();
        hasher.update(b"file\0").update(&self.digest.0).update(&linked.to_le_bytes());
        hasher.finalize()
    }

    /// Returns all names of files with this content.
    pub(super) fn all_names(digest: &Sha256Digest) -> [blake3::Hash; 3] {
        let [plain, executable] = PERMISSIONS.map(Some);
        [None, plain, executable].map(|linked| FileKey { digest, linked }.name())
    }
}

/// The unpacked files of a cache directory, for outputs in one directory.
#[derive(Debug)]
pub struct FileStore<'a> {
    cache: &'a Cache,
    disk: &'a DiskCache,
    mode: LinkMode,
    /// Part of the hash of fingerprints: identifies the start of the system.
    boot: Vec<u8>,
    /// Files whose content is known, by name, with the fingerprint when it was last looked at. Each hard
    /// link changes it, and members with the same content have one file.
    known: Mutex<HashMap<blake3::Hash, FileFingerprint>>,
    /// The directories of files that were created.
    shards: Mutex<HashSet<OsString>>,
}

impl Cache {
    /// Returns the unpacked files, if the cache has a directory from which files get into `output` in this
    /// way.
    #[must_use]
    pub fn file_store(&self, mode: LinkMode, output: &Path) -> Option<FileStore<'_>> {
        let disk = self.directory.as_ref()?;
        let boot = fs_err::read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let (known, shards) = (Mutex::default(), Mutex::default());
        let store = FileStore { cache: self, disk, mode, boot, known, shards };
        match store.probe(output) {
            Ok(()) => Some(store),
            Err(error) => {
                tracing::info!("no {mode:?} from the cache directory: {error}");
                None
            }
        }
    }
}

impl FileStore<'_> {
    /// Makes a link from the cache directory to the output, and removes it.
    fn probe(&self, output: &Path) -> io::Result<()> {
        let new = temporary::file(&self.disk.create_directories(&["new"])?)?;
        let device = FileFingerprint::of_open(new.as_file())?.file_id().device;
        self.cache.probe_timestamps(new.as_file(), device);
        new.as_file().file().set_len(MAX_COPIED_BYTES + 1)?;
        let path = temporary::file(output)?.into_temp_path();
        fs_err::remove_file(&path)?;
        let before = FileFingerprint::of_open(new.as_file())?;
        self.transfer(new.path(), &before, READ_ONLY, &path).map(drop)
    }

    /// Returns the record of an archive.
    #[must_use]
    pub fn archive(&self, archive: &Input) -> Option<UnpackedArchive> {
        self.disk.unpacked(&self.archive_key(archive.fingerprint()))
    }

    fn archive_key(&self, fingerprint: FileFingerprint) -> UnpackedKey {
        UnpackedKey { fingerprint, is_linked: self.mode == LinkMode::Hardlink }
    }

    /// Whether files of this total length in bytes may be kept.
    #[must_use]
    pub fn has_room_for(&self, len: u64) -> bool {
        len <= self.disk.kept_size()
    }

    fn name(&self, digest: &Sha256Digest, permissions: u32) -> blake3::Hash {
        let linked = (self.mode == LinkMode::Hardlink).then_some(permissions);
        FileKey { digest, linked }.name()
    }

    /// Returns whether this command has validated or written the file with this fingerprint.
    fn is_known(&self, name: &blake3::Hash, fingerprint: &FileFingerprint) -> bool {
        lock(&self.known).get(name).is_some_and(|known| fingerprint.has_content_of(known))
    }

    /// Puts a member's file at a path where nothing is. Returns the fingerprint of the file in the cache
    /// directory, or `None` if there is no valid one; then there is still nothing at the path.
    #[must_use]
    pub fn place(
        &self,
        member: &UnpackedMember,
        permissions: u32,
        to: &Path,
        cancel: &CancelFlag,
    ) -> Option<FileFingerprint> {
        let name = self.name(&member.digest, permissions);
        let path = self.disk.path(FILES, &name);
        let metadata = fs_err::symlink_metadata(&path).ok()?;
        let before = FileFingerprint::of_metadata(&metadata);
        let expected = if self.mode == LinkMode::Hardlink { permissions } else { READ_ONLY };
        let is_valid = metadata.is_file()
            && has_permissions(&metadata, expected)
            && (member.fingerprint == Some(self.hash(&before))
                || self.is_known(&name, &before)
                || has_digest(&path, &before, &member.digest, cancel).unwrap_or_default());
        if cancel.is_cancelled() {
            return None;
        }
        if !is_valid {
            DiskCache::remove_invalid(&path);
            return None;
        }
        match self.transfer(&path, &before, permissions, to) {
            Ok(placed) => {
                lock(&self.known).insert(name, placed.clone());
                Some(placed)
            }
            // The file system takes two paths of the output for one; the file there is another one's.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => None,
            Err(error) => {
                tracing::debug!("`{}`: {error}", path.display());
                drop(fs_err::remove_file(to));
                // A new file can be linked to again, if this one has as many links as it may have.
                drop(fs_err::remove_file(&path));
                None
            }
        }
    }

    /// Makes the link, clone or copy of a file that was validated with this fingerprint. Returns the
    /// fingerprint after that.
    fn transfer(
        &self,
        path: &Path,
        before: &FileFingerprint,
        permissions: u32,
        to: &Path,
    ) -> io::Result<FileFingerprint> {
        if self.mode == LinkMode::Hardlink {
            fs_err::hard_link(path, to)?;
            let linked = fs_err::symlink_metadata(to)?;
            let after = FileFingerprint::of_metadata(&linked);
            let is_same = linked.is_file() && after.has_content_of(before);
            return if is_same { Ok(after) } else { Err(io::ErrorKind::InvalidData.into()) };
        }
        let file = temporary::untrusted().read(true).open(path)?;
        self.copy(&file, &File::create_new(to)?, before.file_len())?;
        set_permissions(to, permissions)?;
        let after = FileFingerprint::of_open(&file)?;
        if after == *before { Ok(after) } else { Err(io::ErrorKind::InvalidData.into()) }
    }

    fn copy(&self, from: &File, to: &File, len: u64) -> io::Result<()> {
        if len <= MAX_COPIED_BYTES {
            let mut bytes = Vec::new();
            from.file().read_to_end(&mut bytes)?;
            to.file().write_all(&bytes)
        } else if self.mode == LinkMode::Clone {
            clone_file(to, from)
        } else {
            io::copy(&mut from.file(), &mut to.file()).map(drop)
        }
    }

    /// Waits until a change of a placed file gets a later time than all of these. Returns the latest of their
    /// times of change; `None` if there is none, or the clock stands still.
    #[must_use]
    pub fn settle<'f>(
        &self,
        placed: impl Iterator<Item = &'f FileFingerprint>,
    ) -> Option<(i64, i64)> {
        let latest = placed.map(FileFingerprint::changed_at).max()?;
        self.is_later_now(latest).unwrap_or_default().then_some(latest)
    }

    /// Returns the present fingerprint of a placed file; `None` if it was changed after `settled`, which
    /// [`Self::settle`] returned: an old output may have a hard link to it.
    #[must_use]
    pub fn refreshed(
        &self,
        placed: &FileFingerprint,
        to: &Path,
        settled: Option<(i64, i64)>,
    ) -> Option<FileFingerprint> {
        if self.mode != LinkMode::Hardlink {
            return Some(placed.clone());
        }
        let now = FileFingerprint::of_metadata(&fs_err::symlink_metadata(to).ok()?);
        let is_settled = settled.is_some_and(|settled| now.changed_at() <= settled);
        (is_settled && now.has_content_of(placed)).then_some(now)
    }

    /// Keeps a file of an output. Returns the fingerprint of the file in the cache directory, or `None` if
    /// its content is not known: another process has put it there.
    ///
    /// # Errors
    ///
    /// The file system refuses.
    pub fn keep(
        &self,
        digest: &Sha256Digest,
        permissions: u32,
        from: &Path,
    ) -> io::Result<Option<FileFingerprint>> {
        let name = self.name(digest, permissions);
        let path = self.disk.path(FILES, &name);
        self.create_shard(&path)?;
        let is_new = match self.try_keep(from, &path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
            result => result.map(|()| true)?,
        };
        let fingerprint = FileFingerprint::of_metadata(&fs_err::symlink_metadata(&path)?);
        if is_new {
            lock(&self.known).insert(name, fingerprint.clone());
        }
        Ok(self.is_known(&name, &fingerprint).then_some(fingerprint))
    }

    /// Creates the directory of a file, once.
    fn create_shard(&self, path: &Path) -> io::Result<()> {
        let shard = path.parent().and_then(Path::file_name).unwrap_or_default();
        if !lock(&self.shards).contains(shard) {
            self.disk.create_directories(&[FILES, &shard.to_string_lossy()])?;
            lock(&self.shards).insert(shard.to_owned());
        }
        Ok(())
    }

    fn try_keep(&self, from: &Path, path: &Path) -> io::Result<()> {
        if self.mode == LinkMode::Hardlink {
            return fs_err::hard_link(from, path);
        }
        if fs_err::symlink_metadata(path).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let temp = temporary::file(&self.disk.root.join("new"))?;
        let from = File::open(from)?;
        self.copy(&from, temp.as_file(), from.metadata()?.len())?;
        set_permissions(temp.path(), READ_ONLY)?;
        temp.persist_noclobber(path).map_err(|error| error.error)?;
        Ok(())
    }

    /// Stores the record of an archive, unless it is the one that was found. `members` have the fingerprints
    /// of their files, if their content is known. The caller must have checked that the archive did not
    /// change from before it was read until after.
    pub fn keep_archive(
        &self,
        archive: &Input,
        members: Vec<(usize, Sha256Digest, Option<FileFingerprint>)>,
        found: Option<&UnpackedArchive>,
    ) {
        let fingerprint = archive.fingerprint();
        let is_settled = archive.settled_fingerprint(self.cache.clock()).is_some();
        if !is_settled && !self.cache.has_fine_timestamps(fingerprint.file_id().device) {
            return;
        }
        let known = members.iter().filter_map(|(.., known)| known.as_ref());
        let latest = known.map(FileFingerprint::changed_at).max();
        let is_later = latest.is_none_or(|latest| self.is_later_now(latest).unwrap_or_default());
        let record = members.into_iter().map(|(index, digest, known)| {
            let known = known.filter(|_| is_later && !self.boot.is_empty());
            (index, UnpackedMember { digest, fingerprint: known.map(|it| self.hash(&it)) })
        });
        let record = UnpackedArchive { members: record.collect() };
        if found != Some(&record) {
            self.disk.keep_unpacked(&self.archive_key(fingerprint), &record);
        }
    }

    /// Counts the total length in bytes of files that were kept, and evicts if they may be too many. It is
    /// called after the records are stored: a file without a record is the first to go.
    pub fn count_kept(&self, len: u64) {
        if len > 0 {
            self.disk.count_written(len);
        }
    }

    /// Whether a change of a file from now on gets a later time than this one.
    fn is_later_now(&self, time: (i64, i64)) -> io::Result<bool> {
        let file = temporary::file(&self.disk.create_directories(&["new"])?)?;
        is_later_now(file.as_file(), time)
    }

    fn hash(&self, fingerprint: &FileFingerprint) -> ContentHash {
        ContentHash::of(&[&self.boot[..], &fingerprint.to_bytes()].concat())
    }
}

#[cfg(test)]
#[path = "file_store_tests.rs"]
mod tests;
