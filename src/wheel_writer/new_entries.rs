//! New entries of device code in a temporary file, until the archives that they go to are written.

use std::fmt;
use std::io::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use fs_err::File;
use tempfile::NamedTempFile;

use crate::error::{Error, FileError};
use crate::source::{FileContent, Input};
use crate::temporary;
use crate::warm::ContentHash;

/// New entries of device code, back to back.
pub(crate) struct NewEntries {
    content: FileContent,
    hash: ContentHash,
}

impl NewEntries {
    /// Returns the bytes of all entries.
    pub(super) fn bytes(&self) -> &[u8] {
        self.content.bytes()
    }
}

impl fmt::Debug for NewEntries {
    /// Writes the hash: it decides the bytes of what the entries go to.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.hash)
    }
}

/// Writes new entries to a temporary file.
pub(crate) struct NewEntriesWriter {
    directory: PathBuf,
    file: NamedTempFile<File>,
    hasher: blake3::Hasher,
    len: u64,
}

impl NewEntriesWriter {
    /// Creates the file in a directory.
    ///
    /// # Errors
    /// If it cannot be created.
    pub(crate) fn create(directory: &Path) -> Result<Self, FileError> {
        let file =
            temporary::file(directory).map_err(FileError::on("create a file in", directory))?;
        let (directory, hasher) = (directory.to_owned(), blake3::Hasher::new());
        Ok(Self { directory, file, hasher, len: 0 })
    }

    /// Adds an entry. Returns its byte range.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(crate) fn push(&mut self, entry: &[u8]) -> Result<Range<u64>, FileError> {
        let on_write = FileError::on("write to a file in", &self.directory);
        self.file.write_all(entry).map_err(on_write)?;
        self.hasher.update(entry);
        let start = self.len;
        self.len += entry.len() as u64;
        Ok(start..self.len)
    }

    /// Returns the entries. The file loses its name.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub(crate) fn finish(mut self) -> Result<NewEntries, Error> {
        self.file.flush().map_err(FileError::on("write to a file in", &self.directory))?;
        let content = Input::find(self.file.path())?.open()?;
        Ok(NewEntries { content, hash: ContentHash(*self.hasher.finalize().as_bytes()) })
    }
}
