//! An input file: mapped if it is large, read if it is small, and watched for changes.
//!
//! Between the first look at an input and the rename of the output somebody may edit, truncate or
//! replace it. That must neither kill the process nor reach an output, so each input carries the
//! `FileStat` it had at first, which is compared when it is opened and once more at the very
//! end.

mod clock;
mod fingerprint;
mod mapping;

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use fs_err::File;
use thiserror::Error;

pub use self::clock::tells_changes_apart;
pub use self::fingerprint::{FileFingerprint, FileId};
use self::fingerprint::{FileStat, is_settled, status_changed};
use self::mapping::Mapping;
use crate::error::FileError;
use crate::escape::escape_path;
use crate::memory;

/// Files of at least this many bytes are mapped. Below it, one read costs less than mapping,
/// faulting and unmapping, and the copy is small enough to hold.
pub const MAP_THRESHOLD: u64 = 1 << 20;

/// An input that cannot be used.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The system refused.
    #[error(transparent)]
    File(#[from] FileError),
    /// The input is a directory.
    #[error(
        "`{}`: expected a regular file, found a directory\nhint: name its files one by one",
        escape_path(.0)
    )]
    Directory(PathBuf),
    /// The input is a device, a pipe, a socket, …
    #[error(
        "`{}`: expected a regular file, found a special file\nhint: copy what it gives into a file",
        escape_path(.0)
    )]
    Special(PathBuf),
    /// The input is not what it was when the command began.
    #[error(
        "`{}` changed while it was read\nhint: run again when nothing writes to it any more",
        escape_path(.0)
    )]
    Changed(PathBuf),
    /// A page of the mapped file could not be read, and yet the file is the same.
    #[error(
        "cannot read `{}`: input/output error while it was mapped\nhint: check the disk or the network file system",
        escape_path(.0)
    )]
    Faulted(PathBuf),
}

impl crate::error::Diagnose for SourceError {
    fn hint(&self) -> Option<std::borrow::Cow<'static, str>> {
        match self {
            Self::File(source) => source.hint(),
            _ => None,
        }
    }
}

/// Whether an input is what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fidelity {
    /// It is.
    Same,
    /// It may be: something was done to the file, such as another link to it, as build systems
    /// make all the time, or an edit that set the time back. Only its content can tell.
    Touched,
}

/// An input file that was looked at, not yet opened.
#[derive(Debug, Clone)]
pub struct Input {
    path: PathBuf,
    stat: FileStat,
    status_changed: (i64, i64),
    executable: bool,
    is_settled: bool,
}

impl Input {
    /// Looks at a file, through symbolic links.
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
            stat: FileStat::new(&metadata),
            status_changed: status_changed(&metadata),
            executable: is_executable(&metadata),
            is_settled: is_settled(&metadata),
        })
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.stat.len
    }

    /// Whether the file has no content.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stat.len == 0
    }

    /// What its content can be known by from now on, if the file has been left alone long enough.
    #[must_use]
    pub fn fingerprint(&self) -> Option<FileFingerprint> {
        self.is_settled.then(|| self.fingerprint_now())
    }

    /// What its content may be known by already. Nobody may know it by this from now on, unless the
    /// file system [tells changes apart](tells_changes_apart): it may just have been written to.
    #[must_use]
    pub fn fingerprint_now(&self) -> FileFingerprint {
        FileFingerprint { stat: self.stat.clone(), status_changed: self.status_changed }
    }

    /// Whether its owner, its group or anybody may execute it.
    #[must_use]
    pub fn is_executable(&self) -> bool {
        self.executable
    }

    /// The file's content; an error if it is not the file that was looked at.
    pub fn open(&self) -> Result<FileContent, SourceError> {
        let path = &self.path;
        let on_read = || FileError::on("read", path);
        let mut file = File::open(path).map_err(on_read())?;
        let metadata = file.metadata().map_err(on_read())?;
        if FileStat::new(&metadata) != self.stat {
            return Err(self.changed());
        }
        if self.len() >= MAP_THRESHOLD {
            let mapping = Mapping::new(&file).map_err(on_read())?;
            return Ok(FileContent::Mapped(mapping));
        }
        // One byte more than expected, so that a file that grew is noticed.
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

    /// Whether the path still leads to the file that was looked at; an error if it does not, or if
    /// its length or time of modification is another.
    pub fn fidelity(&self) -> Result<Fidelity, SourceError> {
        let metadata = fs_err::metadata(&self.path).map_err(|_| self.changed())?;
        if FileStat::new(&metadata) != self.stat {
            return Err(self.changed());
        }
        if status_changed(&metadata) == self.status_changed {
            Ok(Fidelity::Same)
        } else {
            Ok(Fidelity::Touched)
        }
    }

    /// Whether two inputs are one file, by two names or one.
    #[must_use]
    pub fn is_same_file(&self, other: &Self) -> bool {
        cfg!(unix) && self.stat == other.stat
    }

    /// The error for a mapped file a page of which was not there.
    #[must_use]
    pub fn faulted(&self) -> SourceError {
        match self.fidelity() {
            Ok(_) => SourceError::Faulted(self.path.clone()),
            Err(changed) => changed,
        }
    }

    /// The error for content that is not what it was.
    #[must_use]
    pub fn changed(&self) -> SourceError {
        SourceError::Changed(self.path.clone())
    }
}

/// The content of a file that is small by its nature, and the input to ask later whether it is
/// still the same.
pub fn read_small(path: &Path) -> Result<(Input, Vec<u8>), SourceError> {
    // Looked at before it is opened: that alone can wait forever on a pipe.
    let input = Input::find(path)?;
    let content = input.open()?;
    let bytes = content.copy().map_err(FileError::on("read", path))?;
    // It may be long enough to have been mapped.
    if content.is_intact() { Ok((input, bytes)) } else { Err(input.faulted()) }
}

/// The bytes of an input.
#[derive(Debug)]
pub enum FileContent {
    /// A copy.
    Read(Vec<u8>),
    /// The page cache's own pages.
    Mapped(Mapping),
}

impl FileContent {
    /// The bytes. Of a mapped file they can change under the reader's eyes: copy what must hold
    /// still, and ask [`FileContent::is_intact`] afterwards.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Read(bytes) => bytes,
            Self::Mapped(mapping) => mapping.bytes(),
        }
    }

    /// A copy of the bytes, which holds still.
    pub fn copy(&self) -> io::Result<Vec<u8>> {
        memory::copy(self.bytes()).map_err(|_| io::ErrorKind::OutOfMemory.into())
    }

    /// Whether every byte read so far came from the file. A mapped file that was cut short reads
    /// as zeros from there on.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        match self {
            Self::Read(_) => true,
            Self::Mapped(mapping) => !mapping.faulted(),
        }
    }
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
mod tests {
    use std::io::Write as _;
    use std::os::unix::fs::FileExt as _;

    use super::*;

    fn file_of(len: u64) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&vec![7; usize::try_from(len).unwrap()]).unwrap();
        file
    }

    #[test]
    fn small_files_are_read_and_large_ones_mapped() {
        for len in [0, 1, MAP_THRESHOLD - 1, MAP_THRESHOLD, MAP_THRESHOLD + 1] {
            let file = file_of(len);
            let content = Input::find(file.path()).unwrap().open().unwrap();
            assert_eq!(content.bytes().len() as u64, len);
            assert!(content.bytes().iter().all(|&byte| byte == 7));
            assert_eq!(matches!(content, FileContent::Mapped(_)), len >= MAP_THRESHOLD, "{len}");
            assert!(content.is_intact());
        }
    }

    #[test]
    fn a_file_cut_short_while_mapped_reads_as_zeros_and_says_so() {
        let len = 4 * MAP_THRESHOLD;
        let file = file_of(len);
        let input = Input::find(file.path()).unwrap();
        let content = input.open().unwrap();
        let other = file_of(len);
        let other_content = Input::find(other.path()).unwrap().open().unwrap();
        file.as_file().set_len(10).unwrap();
        // The first page is still there; what lies behind the file's end is not.
        assert_eq!(content.bytes()[9], 7);
        assert!(content.is_intact());
        assert_eq!(content.bytes()[usize::try_from(len).unwrap() - 1], 0);
        assert!(!content.is_intact());
        assert!(matches!(input.fidelity(), Err(SourceError::Changed(_))));
        assert!(other_content.bytes().iter().all(|&byte| byte == 7));
        assert!(other_content.is_intact(), "another mapping is not blamed");
    }

    #[test]
    fn a_change_is_noticed_at_opening_and_at_the_end() {
        let file = file_of(10);
        let input = Input::find(file.path()).unwrap();
        assert_eq!(input.fidelity().unwrap(), Fidelity::Same);
        file.as_file().set_len(11).unwrap();
        assert!(matches!(input.open(), Err(SourceError::Changed(_))));
        assert!(matches!(input.fidelity(), Err(SourceError::Changed(_))));
    }

    #[test]
    fn same_size_and_time_but_another_file_is_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs_err::write(&path, "one").unwrap();
        let input = Input::find(&path).unwrap();
        let modified = fs_err::metadata(&path).unwrap().modified().unwrap();
        let other = folder.path().join("b");
        fs_err::write(&other, "two").unwrap();
        File::options().write(true).open(&other).unwrap().set_modified(modified).unwrap();
        fs_err::rename(&other, &path).unwrap();
        assert!(matches!(input.fidelity(), Err(SourceError::Changed(_))));
    }

    #[test]
    fn a_new_link_to_a_file_only_touches_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs_err::write(&path, "one").unwrap();
        let input = Input::find(&path).unwrap();
        // The clock of a file system ticks every few milliseconds.
        std::thread::sleep(std::time::Duration::from_millis(20));
        fs_err::hard_link(&path, folder.path().join("b")).unwrap();
        assert_eq!(input.fidelity().unwrap(), Fidelity::Touched);
        assert_eq!(input.open().unwrap().bytes(), b"one");
        assert!(input.is_same_file(&Input::find(&folder.path().join("b")).unwrap()));
    }

    #[test]
    fn a_file_is_known_only_when_it_was_left_alone() {
        let file = file_of(10);
        let fingerprint = || Input::find(file.path()).unwrap().fingerprint();
        assert_eq!(fingerprint(), None);
        std::thread::sleep(std::time::Duration::from_millis(3_200));
        let first = fingerprint().unwrap();
        assert_eq!(fingerprint(), Some(first.clone()));
        // The time set back is a change, too.
        let modified = file.as_file().metadata().unwrap().modified().unwrap();
        file.as_file().write_all_at(b"x", 3).unwrap();
        file.as_file().set_modified(modified).unwrap();
        assert_eq!(fingerprint(), None);
        std::thread::sleep(std::time::Duration::from_millis(3_200));
        assert_ne!(fingerprint().unwrap(), first);
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = Input::find(folder.path()).unwrap_err();
        assert!(matches!(error, SourceError::Directory(_)));
        let error = Input::find(&folder.path().join("missing")).unwrap_err();
        assert!(error.to_string().starts_with("cannot read `"), "{error}");
        let error = Input::find(Path::new("/dev/null")).unwrap_err();
        assert!(matches!(error, SourceError::Special(_)));
    }
}
