//! What the system says of a file without reading it: whether it is still the same, and what its
//! content can be known by.

use std::fs::Metadata;
use std::io;
use std::time::{Duration, SystemTime};

use fs_err::File;

/// What tells that a file is still the same one with the same content.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FileStat {
    pub(super) len: u64,
    modified: Option<SystemTime>,
    /// A replaced file has another.
    file_id: FileId,
}

impl FileStat {
    pub(super) fn new(metadata: &Metadata) -> Self {
        Self {
            len: metadata.len(),
            modified: metadata.modified().ok(),
            file_id: FileId::new(metadata),
        }
    }
}

/// When the file's content, permissions or links last changed, which no system call sets back.
#[cfg(unix)]
pub(super) fn status_changed(metadata: &Metadata) -> (i64, i64) {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
pub(super) fn status_changed(_: &Metadata) -> (i64, i64) {
    (0, 0)
}

/// Where a file is: its device and inode. One that is removed can leave its inode to another.
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

/// How long a file must have been left alone before its [`FileFingerprint`] stands for its content. A file that
/// is written to twice within one tick of the file system's clock has one fingerprint and two contents;
/// the coarsest clock ticks every two seconds (FAT), those of most every few milliseconds.
const SETTLED: Duration = Duration::from_secs(2);

/// Everything that the system says of a file's content without reading it: device, inode, length,
/// times of modification and of change.
///
/// Two equal fingerprints mean the same content. No system call sets the time of change, so that an edit
/// which sets the time of modification back is noticed as well; build systems rely on the same. Where
/// it does not hold: a file system without such a time, a clock that was set back, a process that
/// goes on writing through a shared mapping long after the file was last seen to change.
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

    /// The fingerprint of an open file, whatever its path leads to by now.
    pub fn of_open(file: &File) -> io::Result<Self> {
        Ok(Self::new(&file.metadata()?))
    }

    /// Whether both are of one file whose content was not written to in between; that nobody has set
    /// the time of modification back meanwhile is for the caller to know.
    #[must_use]
    pub fn has_content_of(&self, earlier: &Self) -> bool {
        cfg!(unix) && self.stat == earlier.stat
    }

    /// Where the file is, whatever its content.
    #[must_use]
    pub fn file_id(&self) -> FileId {
        self.stat.file_id
    }

    /// The fingerprint as bytes, different for different fingerprints.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let FileStat { len, modified, file_id } = &self.stat;
        let mut bytes = Vec::new();
        for number in [file_id.device, file_id.inode, *len] {
            bytes.extend(number.to_le_bytes());
        }
        let (changed, nanoseconds) = self.status_changed;
        for number in [changed, nanoseconds] {
            bytes.extend(number.to_le_bytes());
        }
        // All that stands before this is of one length.
        if let Some(modified) = modified {
            let (is_after, distance) = match modified.duration_since(SystemTime::UNIX_EPOCH) {
                Ok(after) => (true, after),
                Err(error) => (false, error.duration()),
            };
            bytes.push(u8::from(is_after));
            bytes.extend(distance.as_nanos().to_le_bytes());
        }
        bytes
    }
}

/// Whether the file was last changed long enough ago.
pub(super) fn is_settled(metadata: &Metadata) -> bool {
    let (seconds, _) = status_changed(metadata);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let settled = now.ok().and_then(|now| now.checked_sub(SETTLED));
    // The part of a second counts for nothing, so a file settles up to a second later.
    cfg!(unix)
        && settled
            .is_some_and(|settled| i64::try_from(settled.as_secs()).is_ok_and(|it| seconds < it))
}
