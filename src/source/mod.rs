//! An input file: mapped if it is large, read if it is small, and watched for changes.
//!
//! Between the first look at an input and the rename of the output somebody may edit, truncate or
//! replace it. That must neither kill the process nor reach an output, so each input carries the
//! [`Identity`] it had at first, which is compared when it is opened and once more at the very
//! end.

mod mapping;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use fs_err::File;
use thiserror::Error;

use self::mapping::Mapping;
use crate::error::FileError;

/// Files of at least this many bytes are mapped. Below it, one read costs less than mapping,
/// faulting and unmapping, and the copy is small enough to hold.
pub const MAP_THRESHOLD: u64 = 1 << 20;

/// An input that cannot be used.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The system refused.
    #[error(transparent)]
    File(#[from] FileError),
    /// The input is a directory, a device, a socket, …
    #[error("`{path}`: expected a regular file, found {found}\nhint: name files one by one")]
    NotAFile {
        /// The input.
        path: PathBuf,
        /// What it is.
        found: &'static str,
    },
    /// The input is not what it was when the command began.
    #[error(
        "`{path}` changed while it was read\nhint: run again when nothing writes to it any more"
    )]
    Changed {
        /// The input.
        path: PathBuf,
    },
}

/// What tells that a file is still the same one with the same content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    len: u64,
    modified: Option<SystemTime>,
    #[cfg(unix)]
    unix: UnixIdentity,
}

/// The part of an identity that Unix knows: a replaced file has another inode, and no system call
/// sets the status-change time back.
#[cfg(unix)]
#[derive(Debug, Clone, PartialEq, Eq)]
struct UnixIdentity {
    device: u64,
    inode: u64,
    status_changed: (i64, i64),
}

impl Identity {
    fn new(metadata: &std::fs::Metadata) -> Self {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt as _;
        Self {
            len: metadata.len(),
            modified: metadata.modified().ok(),
            #[cfg(unix)]
            unix: UnixIdentity {
                device: metadata.dev(),
                inode: metadata.ino(),
                status_changed: (metadata.ctime(), metadata.ctime_nsec()),
            },
        }
    }
}

/// An input file that was looked at, not yet opened.
#[derive(Debug, Clone)]
pub struct Input {
    path: PathBuf,
    identity: Identity,
    executable: bool,
}

impl Input {
    /// Looks at a file, through symbolic links.
    pub fn find(path: &Path) -> Result<Self, SourceError> {
        let metadata = fs_err::metadata(path).map_err(FileError::on("read", path))?;
        if !metadata.is_file() {
            let found = if metadata.is_dir() { "a directory" } else { "a special file" };
            return Err(SourceError::NotAFile { path: path.to_owned(), found });
        }
        let executable = is_executable(&metadata);
        Ok(Self { path: path.to_owned(), identity: Identity::new(&metadata), executable })
    }

    /// The path as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.identity.len
    }

    /// Whether the file has no content.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.identity.len == 0
    }

    /// Whether its owner, its group or anybody may execute it.
    #[must_use]
    pub fn is_executable(&self) -> bool {
        self.executable
    }

    /// The file's content; an error if it is not the file that was looked at.
    pub fn open(&self) -> Result<Content, SourceError> {
        let path = &self.path;
        let on_read = || FileError::on("read", path);
        let mut file = File::open(path).map_err(on_read())?;
        let metadata = file.metadata().map_err(on_read())?;
        if Identity::new(&metadata) != self.identity {
            return Err(self.changed());
        }
        if self.len() >= MAP_THRESHOLD {
            let mapping = Mapping::new(&file).map_err(on_read())?;
            return Ok(Content::Mapped(mapping));
        }
        // One byte more than expected, so that a file that grew is noticed.
        let mut bytes = Vec::with_capacity(usize::try_from(self.len()).unwrap_or(0) + 1);
        let limit = self.len() + 1;
        (&mut file).take(limit).read_to_end(&mut bytes).map_err(on_read())?;
        if bytes.len() as u64 != self.len() {
            return Err(self.changed());
        }
        Ok(Content::Read(bytes))
    }

    /// An error unless the path still leads to the file that was looked at, unchanged.
    pub fn verify_unchanged(&self) -> Result<(), SourceError> {
        match fs_err::metadata(&self.path) {
            Ok(metadata) if Identity::new(&metadata) == self.identity => Ok(()),
            _ => Err(self.changed()),
        }
    }

    /// The error for content that is not what it was.
    #[must_use]
    pub fn changed(&self) -> SourceError {
        SourceError::Changed { path: self.path.clone() }
    }
}

/// The content of a small file that only this command's metadata depends on.
pub fn read_file(path: &Path) -> Result<Vec<u8>, SourceError> {
    // Looked at before it is opened: that alone can wait forever on a pipe.
    Ok(Input::find(path)?.open()?.bytes().to_vec())
}

/// The bytes of an input.
#[derive(Debug)]
pub enum Content {
    /// A copy.
    Read(Vec<u8>),
    /// The page cache's own pages.
    Mapped(Mapping),
}

impl Content {
    /// The bytes. Of a mapped file they can change under the reader's eyes: copy what must hold
    /// still, and ask [`Content::is_intact`] afterwards.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Read(bytes) => bytes,
            Self::Mapped(mapping) => mapping.bytes(),
        }
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
            assert_eq!(matches!(content, Content::Mapped(_)), len >= MAP_THRESHOLD, "{len}");
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
        assert!(matches!(input.verify_unchanged(), Err(SourceError::Changed { .. })));
        assert!(other_content.bytes().iter().all(|&byte| byte == 7));
        assert!(other_content.is_intact(), "another mapping is not blamed");
    }

    #[test]
    fn a_change_is_noticed_at_opening_and_at_the_end() {
        let file = file_of(10);
        let input = Input::find(file.path()).unwrap();
        input.verify_unchanged().unwrap();
        file.as_file().set_len(11).unwrap();
        assert!(matches!(input.open(), Err(SourceError::Changed { .. })));
        assert!(matches!(input.verify_unchanged(), Err(SourceError::Changed { .. })));
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
        assert!(matches!(input.verify_unchanged(), Err(SourceError::Changed { .. })));
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = Input::find(folder.path()).unwrap_err();
        assert!(matches!(error, SourceError::NotAFile { found: "a directory", .. }));
        let error = Input::find(&folder.path().join("missing")).unwrap_err();
        assert!(error.to_string().starts_with("cannot read `"), "{error}");
        let error = Input::find(Path::new("/dev/null")).unwrap_err();
        assert!(matches!(error, SourceError::NotAFile { found: "a special file", .. }));
    }
}
