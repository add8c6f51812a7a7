//! The metadata of a file: shows whether the file is unchanged, and is a fingerprint of its
//! content.

use std::fs::Metadata;
use std::io;
use std::time::{Duration, SystemTime};

use fs_err::File;

/// A file's length, time of modification and identity. A change of any of them is a change of the file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FileStat {
    /// Length in bytes.
    pub(super) len: u64,
    modified: Option<SystemTime>,
    /// Differs if another file replaces this one at the same path.
    id: FileId,
}

impl FileStat {
    pub(super) fn new(metadata: &Metadata) -> Self {
        Self { len: metadata.len(), modified: metadata.modified().ok(), id: FileId::new(metadata) }
    }
}

/// Returns the time of the last change of a file's content, permissions or links (`st_ctime`), in seconds
/// and nanoseconds since 1970. No system call sets it back.
#[cfg(unix)]
pub(super) fn status_changed(metadata: &Metadata) -> (i64, i64) {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
pub(super) fn status_changed(_: &Metadata) -> (i64, i64) {
    (0, 0)
}

/// A file's device and inode. When a file is removed, a new one can get the same inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileId {
    /// The device that the file is on.
    pub device: u64,
    inode: u64,
}

impl FileId {
    #[cfg(unix)]
    fn new(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self { device: metadata.dev(), inode: metadata.ino() }
    }

    #[cfg(not(unix))]
    fn new(_: &Metadata) -> Self {
        Self { device: 0, inode: 0 }
    }
}

/// How long a file must be unchanged before its [`FileFingerprint`] identifies its content, on any file system.
///
/// A file that is written twice within one tick of the file system's clock has one fingerprint and two
/// contents. The coarsest clock ticks every two seconds (FAT), most tick every few milliseconds.
pub(super) const SETTLE_TIME: Duration = Duration::from_secs(2);

/// The metadata that identifies a file's content: device, inode, length, times of modification and
/// of change.
///
/// Equal fingerprints mean equal content. No system call sets the time of change, so an edit that sets the
/// time of modification back is detected too. Build systems rely on the same. It does not hold on a file
/// system without a time of change, after the clock was set back, and for a process that goes on writing
/// through a shared mapping long after the last change that the file system has noted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileFingerprint {
    pub(super) stat: FileStat,
    pub(super) status_changed: (i64, i64),
}

impl FileFingerprint {
    pub(super) fn new(metadata: &Metadata) -> Self {
        let (stat, status_changed) = (FileStat::new(metadata), status_changed(metadata));
        Self { stat, status_changed }
    }

    /// Returns the fingerprint of an open file. Its path may lead to another file by now.
    ///
    /// # Errors
    ///
    /// The system does not return the file's metadata.
    pub fn of_open(file: &File) -> io::Result<Self> {
        Ok(Self::new(&file.metadata()?))
    }

    /// Returns the fingerprint of a file with this metadata.
    #[must_use]
    pub fn of_metadata(metadata: &Metadata) -> Self {
        Self::new(metadata)
    }

    /// Returns the file's length in bytes.
    #[must_use]
    pub fn file_len(&self) -> u64 {
        self.stat.len
    }

    /// Returns the time of the last change of the file's content, permissions or links, in seconds and
    /// nanoseconds since 1970.
    #[must_use]
    pub fn changed_at(&self) -> (i64, i64) {
        self.status_changed
    }

    /// Whether both fingerprints are of the same file, which was not written to in between. The
    /// caller must know that no process has set the time of modification back in the meantime.
    #[must_use]
    pub fn has_content_of(&self, earlier: &Self) -> bool {
        cfg!(unix) && self.stat == earlier.stat
    }

    /// Returns the file's device and inode, which do not depend on its content.
    #[must_use]
    pub fn file_id(&self) -> FileId {
        self.stat.id
    }

    /// Whether at `time` the file had been unchanged for `wait`.
    pub(super) fn is_unchanged_for(&self, wait: Duration, time: SystemTime) -> bool {
        let (seconds, nanoseconds) = self.status_changed;
        let since_1970 = time.duration_since(SystemTime::UNIX_EPOCH);
        let latest = since_1970.ok().and_then(|time| time.checked_sub(wait));
        cfg!(unix)
            && latest.is_some_and(|latest| {
                i64::try_from(latest.as_secs()).is_ok_and(|latest_seconds| {
                    (seconds, nanoseconds) <= (latest_seconds, latest.subsec_nanos().into())
                })
            })
    }

    /// Returns the fingerprint as bytes, different for different fingerprints.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let FileStat { len, modified, id } = &self.stat;
        let mut bytes = Vec::new();
        for number in [id.device, id.inode, *len] {
            bytes.extend(number.to_le_bytes());
        }
        let (seconds, nanoseconds) = self.status_changed;
        for number in [seconds, nanoseconds] {
            bytes.extend(number.to_le_bytes());
        }
        // All fields before the optional one have a fixed length, so the encoding is unambiguous.
        if let Some(modified) = modified {
            let (is_after_1970, distance) = match modified.duration_since(SystemTime::UNIX_EPOCH) {
                Ok(after) => (true, after),
                Err(error) => (false, error.duration()),
            };
            bytes.push(u8::from(is_after_1970));
            bytes.extend(distance.as_nanos().to_le_bytes());
        }
        bytes
    }
}
