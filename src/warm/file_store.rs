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

use std::collections::HashMap;
use std::fs::Metadata;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Mutex;

use clap::ValueEnum;
use fs_err::File;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::disk::{DiskCache, FILES};
use super::unpacked::{UnpackedArchive, UnpackedKey, UnpackedMember};
use super::{Cache, ContentHash};
use crate::exec::CancelFlag;
use crate::lock::lock;
use crate::source::{FileFingerprint, Input, is_later_now};
use crate::temporary;
use crate::wheel::Sha256Digest;

/// Bytes of a file that are hashed at a time.
const HASH_STEP_BYTES: usize = 256 << 10;

/// The permissions of files that outputs do not link to.
const READ_ONLY: u32 = 0o444;

/// The permissions of unpacked files.
const PERMISSIONS: [u32; 2] = [0o644, 0o755];

/// How files get from the cache directory into an output, and from an output into the cache directory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LinkMode {
    /// Reflinks (`FICLONE`), which share blocks until one is changed. Where the file system has none, no
    /// file is kept. The default.
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
}

impl Cache {
    /// Returns the unpacked files, if the cache has a directory from which files get into `output` in this
    /// way.
    #[must_use]
    pub fn file_store(&self, mode: LinkMode, output: &Path) -> Option<FileStore<'_>> {
        let disk = self.directory.as_ref()?;
        let boot = fs_err::read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let store = FileStore { cache: self, disk, mode, boot, known: Mutex::default() };
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
        let fingerprint = FileFingerprint::of_open(new.as_file())?;
        self.cache.probe_timestamps(new.as_file(), fingerprint.file_id().device);
        io::Write::write_all(&mut new.as_file(), b"probe")?;
        let path = temporary::file(output)?.into_temp_path();
        fs_err::remove_file(&path)?;
        self.transfer(new.path(), new.as_file(), &path)
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
        let file = temporary::untrusted().read(true).open(&path).ok()?;
        let before = file.metadata().ok()?;
        let fingerprint = FileFingerprint::of_metadata(&before);
        let expected = if self.mode == LinkMode::Hardlink { permissions } else { READ_ONLY };
        let is_valid = before.is_file()
            && has_permissions(&before, expected)
            && (member.fingerprint == Some(self.hash(&fingerprint))
                || self.is_known(&name, &fingerprint)
                || has_digest(&file, &member.digest, cancel).unwrap_or_default());
        if !is_valid {
            if !cancel.is_cancelled() {
                tracing::warn!("`{}`: not what was written there; removed", path.display());
                drop(fs_err::remove_file(&path));
            }
            return None;
        }
        if let Err(error) = self.transfer(&path, &file, to) {
            tracing::debug!("`{}`: {error}", path.display());
            // A file has a maximum number of links.
            drop(fs_err::remove_file(&path));
            return None;
        }
        let placed = self.check_placed(&file, &fingerprint, permissions, to);
        match &placed {
            Some(placed) => drop(lock(&self.known).insert(name, placed.clone())),
            None => drop(fs_err::remove_file(to)),
        }
        placed
    }

    /// Checks that the file at `to` is the one that was validated, and sets its permissions.
    fn check_placed(
        &self,
        file: &File,
        before: &FileFingerprint,
        permissions: u32,
        to: &Path,
    ) -> Option<FileFingerprint> {
        if self.mode == LinkMode::Hardlink {
            let linked = fs_err::symlink_metadata(to).ok()?;
            let after = FileFingerprint::of_metadata(&linked);
            return (linked.is_file() && after.has_content_of(before)).then_some(after);
        }
        set_permissions(to, permissions).ok()?;
        let after = FileFingerprint::of_open(file).ok()?;
        (after == *before).then_some(after)
    }

    /// Makes the link, clone or copy. Leaves nothing at `to` if it fails.
    fn transfer(&self, path: &Path, file: &File, to: &Path) -> io::Result<()> {
        if self.mode == LinkMode::Hardlink {
            return fs_err::hard_link(path, to);
        }
        let mut copy = File::create_new(to)?;
        let made = if self.mode == LinkMode::Clone {
            clone_file(&copy, file)
        } else {
            io::copy(&mut file.file(), copy.file_mut()).map(drop)
        };
        made.inspect_err(|_| drop(fs_err::remove_file(to)))
    }

    /// Returns the present fingerprint of a placed file; `None` if it was written to since.
    #[must_use]
    pub fn refreshed(&self, placed: &FileFingerprint, to: &Path) -> Option<FileFingerprint> {
        if self.mode != LinkMode::Hardlink {
            return Some(placed.clone());
        }
        let now = FileFingerprint::of_metadata(&fs_err::symlink_metadata(to).ok()?);
        now.has_content_of(placed).then_some(now)
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
        let is_new = match self.try_keep(from, &path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let shard = path.parent().and_then(Path::file_name).unwrap_or_default();
                self.disk.create_directories(&["new"])?;
                self.disk.create_directories(&[FILES, &shard.to_string_lossy()])?;
                self.try_keep(from, &path)
            }
            result => result,
        };
        let is_new = match is_new {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
            result => result.map(|()| true)?,
        };
        let fingerprint = FileFingerprint::of_metadata(&fs_err::symlink_metadata(&path)?);
        if is_new {
            lock(&self.known).insert(name, fingerprint.clone());
        }
        Ok(self.is_known(&name, &fingerprint).then_some(fingerprint))
    }

    fn try_keep(&self, from: &Path, path: &Path) -> io::Result<()> {
        if self.mode == LinkMode::Hardlink {
            return fs_err::hard_link(from, path);
        }
        if fs_err::symlink_metadata(path).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let temp: NamedTempFile<File> = temporary::file(&self.disk.root.join("new"))?;
        let file = File::open(from)?;
        if self.mode == LinkMode::Clone {
            clone_file(temp.as_file(), &file)?;
        } else {
            io::copy(&mut file.file(), &mut temp.as_file().file())?;
        }
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

/// Returns whether a file has this SHA-256.
fn has_digest(file: &File, digest: &Sha256Digest, cancel: &CancelFlag) -> io::Result<bool> {
    let (mut file, mut hasher) = (file, Sha256::new());
    let mut buffer = vec![0; HASH_STEP_BYTES];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(len) => hasher.update(&buffer[..len]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if cancel.is_cancelled() {
            return Ok(false);
        }
    }
    // It is read once more if it is copied.
    io::Seek::rewind(&mut file)?;
    Ok(digest.0 == <[u8; 32]>::from(hasher.finalize()))
}

#[cfg(target_os = "linux")]
fn clone_file(to: &File, from: &File) -> io::Result<()> {
    Ok(rustix::fs::ioctl_ficlone(to.file(), from.file())?)
}

#[cfg(not(target_os = "linux"))]
fn clone_file(_: &File, _: &File) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(unix)]
fn has_permissions(metadata: &Metadata, permissions: u32) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o7777 == permissions
}

#[cfg(not(unix))]
fn has_permissions(_: &Metadata, _: u32) -> bool {
    true
}

#[cfg(unix)]
fn set_permissions(path: &Path, permissions: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(permissions))
}

#[cfg(not(unix))]
fn set_permissions(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}
