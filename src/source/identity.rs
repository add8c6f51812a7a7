//! What the system says of a file without reading it: whether it is still the same, and what its
//! content can be known by.

use std::fs::Metadata;
use std::io;
use std::time::{Duration, SystemTime};

use fs_err::File;

/// What tells that a file is still the same one with the same content.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    pub(super) len: u64,
    modified: Option<SystemTime>,
    /// A replaced file has another.
    place: Place,
}

impl Identity {
    pub(super) fn new(metadata: &Metadata) -> Self {
        Self {
            len: metadata.len(),
            modified: metadata.modified().ok(),
            place: Place::new(metadata),
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

/// Where a file is: its device and inode. One that is removed can leave its place to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The device that the file is on.
    pub device: u64,
    inode: u64,
}

impl Place {
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

/// How long a file must have been left alone before its [`Stamp`] stands for its content. A file that
/// is written to twice within one tick of the file system's clock has one stamp and two contents;
/// the coarsest clock ticks every two seconds (FAT), those of most every few milliseconds.
const SETTLED: Duration = Duration::from_secs(2);

/// Everything that the system says of a file's content without reading it: device, inode, length,
/// times of modification and of change.
///
/// Two equal stamps mean the same content. No system call sets the time of change, so that an edit
/// which sets the time of modification back is noticed as well; build systems rely on the same. Where
/// it does not hold: a file system without such a time, a clock that was set back, a process that
/// goes on writing through a shared mapping long after the file was last seen to change.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Stamp {
    pub(super) identity: Identity,
    pub(super) status_changed: (i64, i64),
}

impl Stamp {
    pub(super) fn new(metadata: &Metadata) -> Self {
        let (identity, status_changed) = (Identity::new(metadata), status_changed(metadata));
        Self { identity, status_changed }
    }

    /// The stamp of an open file, whatever its path leads to by now.
    pub fn of_open(file: &File) -> io::Result<Self> {
        Ok(Self::new(&file.metadata()?))
    }

    /// Whether both are of one file whose content was not written to in between; that nobody has set
    /// the time of modification back meanwhile is for the caller to know.
    #[must_use]
    pub fn has_content_of(&self, earlier: &Self) -> bool {
        cfg!(unix) && self.identity == earlier.identity
    }

    /// Where the file is, whatever its content.
    #[must_use]
    pub fn place(&self) -> Place {
        self.identity.place
    }

    /// The stamp as bytes, different for different stamps.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let Identity { len, modified, place } = &self.identity;
        let mut bytes = Vec::new();
        for number in [place.device, place.inode, *len] {
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
