//! An input file: its state when it was first seen, and whether it is unchanged.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use fs_err::File;

use super::clock::{Clock, Moment};
use super::content::FileContent;
use super::error::SourceError;
use super::fingerprint::{FileFingerprint, SETTLE_TIME};
use super::mapping::Mapping;
use super::timestamps::{KERNEL_SETTLE_TIME, has_kernel_time, wait_for_writer};
use crate::error::FileError;

/// Files of at least this many bytes are mapped. Below it, one read costs less than mapping,
/// faulting and unmapping, and the copy is small enough to hold.
pub const MAP_THRESHOLD: u64 = 1 << 20;

/// Whether an input may have changed since it was first seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It has not changed.
    None,
    /// The time of its last change is another one: the file has got another link, as build systems make all
    /// the time, or other permissions, or an edit has set the time of modification back. Only the content
    /// can tell.
    Possible,
}

/// An input file that was found, not yet opened.
#[derive(Debug, Clone)]
pub struct Input {
    path: PathBuf,
    fingerprint: FileFingerprint,
    found_at: Moment,
    executable: bool,
}

impl Input {
    /// Finds a file, through symbolic links, and takes its fingerprint.
    ///
    /// # Errors
    ///
    /// There is no file, or none that is regular.
    pub fn find(path: &Path) -> Result<Self, SourceError> {
        let metadata = fs_err::metadata(path).map_err(FileError::on("read", path))?;
        if metadata.is_dir() {
            return Err(SourceError::Directory(path.to_owned()));
        }
        if !metadata.is_file() {
            return Err(SourceError::Special(path.to_owned()));
        }
        Ok(Self {
            path: path.to_owned(),
            fingerprint: FileFingerprint::new(&metadata),
            found_at: Moment::now(),
            executable: is_executable(&metadata),
        })
    }

    /// Returns the file's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the file's length in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.fingerprint.stat.len
    }

    /// Whether the file has no content.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the file's fingerprint if it identified the content when the file was found.
    #[must_use]
    pub fn settled_fingerprint(&self, clock: &Clock) -> Option<FileFingerprint> {
        self.fingerprint_settled_at(clock.moment_or(self.found_at))
    }

    /// Returns the file's fingerprint if it identifies any content that was read after this moment: any later change
    /// gets another time. So the file had been unchanged for two seconds or, where the time of a change is this
    /// kernel's, for 50 ms or, if the file is mapped, since the kernel's clock ticked.
    #[must_use]
    pub fn fingerprint_settled_at(&self, moment: Moment) -> Option<FileFingerprint> {
        let is_unchanged_for = |wait| self.fingerprint.is_unchanged_for(wait, moment.time);
        let is_settled = is_unchanged_for(SETTLE_TIME)
            || (is_unchanged_for(KERNEL_SETTLE_TIME) || self.is_mapped_after(moment))
                && has_kernel_time(&self.path, &self.fingerprint);
        is_settled.then(|| self.fingerprint.clone())
    }

    /// Whether the file is mapped, and each change after this moment gets a later time than its last one. Smaller
    /// files are read again sooner than [`Input::open`] could tell whether somebody writes to them.
    fn is_mapped_after(&self, moment: Moment) -> bool {
        self.is_mapped() && self.fingerprint.changed_at() < moment.kernel
    }

    /// Returns the time of the last change, if it takes no more than a tick of the kernel's clock after this moment until
    /// the fingerprint of a large file identifies its content.
    #[must_use]
    pub fn settles_next_tick(&self, moment: Moment) -> Option<(i64, i64)> {
        let changed = self.fingerprint.changed_at();
        let is_next = self.is_mapped() && changed >= moment.kernel;
        (is_next && has_kernel_time(&self.path, &self.fingerprint)).then_some(changed)
    }

    fn is_mapped(&self) -> bool {
        self.len() >= MAP_THRESHOLD
    }

    /// Returns the file's fingerprint, whether the file has settled or not. Cache lookups may
    /// always use it. It may be the key of a new entry only if the file system has [fine
    /// timestamps](super::has_fine_timestamps): otherwise a later write may not change it.
    #[must_use]
    pub fn fingerprint(&self) -> FileFingerprint {
        self.fingerprint.clone()
    }

    /// Whether the file's owner, its group or others may execute it.
    #[must_use]
    pub fn is_executable(&self) -> bool {
        self.executable
    }

    /// Opens the file and returns its content.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is not the file that was found.
    pub fn open(&self) -> Result<FileContent, SourceError> {
        let path = &self.path;
        let on_read = || FileError::on("read", path);
        let mut file = File::open(path).map_err(on_read())?;
        let metadata = file.metadata().map_err(on_read())?;
        if FileFingerprint::new(&metadata).stat != self.fingerprint.stat {
            return Err(self.changed());
        }
        if self.is_mapped() {
            if !self.fingerprint.is_unchanged_for(SETTLE_TIME, self.found_at.time) {
                wait_for_writer(&file);
            }
            let mapping = Mapping::new(&file).map_err(on_read())?;
            return Ok(FileContent::Mapped(mapping));
        }
        // One byte more than expected detects a file that has grown.
        let mut bytes = Vec::new();
        let limit = self.len() + 1;
        let room = usize::try_from(limit).unwrap_or(0);
        bytes.try_reserve_exact(room).map_err(|_| on_read()(io::ErrorKind::OutOfMemory.into()))?;
        (&mut file).take(limit).read_to_end(&mut bytes).map_err(on_read())?;
        if bytes.len() as u64 != self.len() {
            return Err(self.changed());
        }
        Ok(FileContent::Read(bytes))
    }

    /// Returns a copy of the file's content.
    ///
    /// # Errors
    ///
    /// Those of [`Self::open`], or there is no memory for the content.
    pub fn read(&self) -> Result<Vec<u8>, SourceError> {
        let content = self.open()?;
        let bytes = content.copy().map_err(FileError::on("read", &self.path))?;
        // A file of `MAP_THRESHOLD` bytes or more is mapped.
        if content.is_intact() { Ok(bytes) } else { Err(self.faulted()) }
    }

    /// Checks that the path leads to the file that was found, with the same length and time of modification.
    ///
    /// # Errors
    ///
    /// [`SourceError::Changed`] if it does not.
    pub fn check_unchanged(&self) -> Result<Change, SourceError> {
        let metadata = fs_err::metadata(&self.path).map_err(|_| self.changed())?;
        let now = FileFingerprint::new(&metadata);
        if now.stat != self.fingerprint.stat {
            return Err(self.changed());
        }
        if now == self.fingerprint { Ok(Change::None) } else { Ok(Change::Possible) }
    }

    /// Whether two inputs are the same file, under one name or two.
    #[must_use]
    pub fn is_same_file(&self, other: &Self) -> bool {
        cfg!(unix) && self.fingerprint.stat == other.fingerprint.stat
    }

    /// Returns the error for a mapped file that lacks a page.
    #[must_use]
    pub fn faulted(&self) -> SourceError {
        match self.check_unchanged() {
            Ok(_) => SourceError::Faulted(self.path.clone()),
            Err(changed) => changed,
        }
    }

    /// Returns the error for a file that has changed.
    #[must_use]
    pub fn changed(&self) -> SourceError {
        SourceError::Changed(self.path.clone())
    }
}

/// Reads a file that is expected to be small. Returns the input too, to check later that it is unchanged.
///
/// # Errors
///
/// The file cannot be read, or changes while it is read.
pub fn read_small(path: &Path) -> Result<(Input, Vec<u8>), SourceError> {
    // Opening a pipe would block, so the type is checked first.
    let input = Input::find(path)?;
    let bytes = input.read()?;
    Ok((input, bytes))
}

#[cfg(unix)]
fn is_executable(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
