//! The bytes of a file, all or parts of them, for parsers that read in stages.

use std::ops::Range;

use crate::elf::{Sparse, Unfinished};

/// The bytes of a file.
#[derive(Debug, Clone, Copy)]
pub(super) enum FileBytes<'a> {
    /// All of them.
    Whole(&'a [u8]),
    /// The known parts of a file of this length in bytes.
    Parts(&'a Sparse, u64),
}

impl<'a> FileBytes<'a> {
    /// Returns the file's length in bytes.
    pub(super) fn len(self) -> u64 {
        match self {
            Self::Whole(bytes) => bytes.len() as u64,
            Self::Parts(_, len) => len,
        }
    }

    /// Returns a range cut at the end of the file.
    fn within(self, range: &Range<u64>) -> Range<u64> {
        let end = range.end.min(self.len());
        range.start.min(end)..end
    }

    /// Returns the bytes of each range, as far as the file has them.
    ///
    /// # Errors
    /// [`Unfinished::Missing`] lists all ranges that are not known.
    pub(super) fn all(self, ranges: &[Range<u64>]) -> Result<Vec<&'a [u8]>, Unfinished> {
        let mut missing = Vec::new();
        let mut found = Vec::with_capacity(ranges.len());
        for range in ranges {
            let range = self.within(range);
            let bytes = match self {
                _ if range.is_empty() => Some(&[][..]),
                Self::Whole(bytes) => slice(bytes, &range),
                Self::Parts(parts, _) => parts.get(&range),
            };
            match bytes {
                Some(bytes) => found.push(bytes),
                None => missing.push(range),
            }
        }
        if missing.is_empty() { Ok(found) } else { Err(Unfinished::Missing(missing)) }
    }

    /// Returns the bytes of one range, as far as the file has them.
    ///
    /// # Errors
    /// As [`Self::all`].
    pub(super) fn get(self, range: Range<u64>) -> Result<&'a [u8], Unfinished> {
        let found = self.all(&[range])?;
        Ok(found.first().copied().unwrap_or_default())
    }
}

fn slice<'a>(bytes: &'a [u8], range: &Range<u64>) -> Option<&'a [u8]> {
    bytes.get(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)
}

/// Returns the text up to the first NUL byte, with U+FFFD in place of what is not UTF-8.
pub(super) fn text(bytes: &[u8]) -> String {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
}
