//! The content of an input: a copy, or a mapping.

use std::io;
use std::ops::Range;

use super::mapping::Mapping;
use crate::memory;

/// The content of an input.
#[derive(Debug)]
pub enum FileContent {
    /// A copy.
    Read(Vec<u8>),
    /// The pages of the page cache.
    Mapped(Mapping),
}

impl FileContent {
    /// Returns the bytes. Those of a mapped file can change at any time: copy what must stay the same, and
    /// call [`FileContent::is_intact`] afterwards.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Read(bytes) => bytes,
            Self::Mapped(mapping) => mapping.bytes(),
        }
    }

    /// Returns a copy of the bytes, which does not change.
    ///
    /// # Errors
    ///
    /// Out of memory.
    pub fn copy(&self) -> io::Result<Vec<u8>> {
        memory::copy(self.bytes()).map_err(|_| io::ErrorKind::OutOfMemory.into())
    }

    /// Unmaps the pages of a range that is not needed soon; reading it again maps them again. A copy stays as it is.
    pub fn unmap_pages(&self, range: Range<usize>) {
        if let Self::Mapped(mapping) = self {
            mapping.unmap_pages(range);
        }
    }

    /// Whether all bytes that were read so far come from the file. Behind the end of a mapped file that
    /// was truncated, zeros are read.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        match self {
            Self::Read(_) => true,
            Self::Mapped(mapping) => !mapping.faulted(),
        }
    }
}
