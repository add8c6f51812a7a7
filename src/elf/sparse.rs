//! A partly known file.

use std::ops::Range;

use super::{ElfError, Unfinished};

/// The known parts of a file, by their offsets.
#[derive(Debug, Clone)]
pub struct Sparse {
    len: u64,
    pieces: Vec<(u64, Vec<u8>)>,
}

impl Sparse {
    /// Returns a file of `len` bytes without known parts.
    #[must_use]
    pub fn new(len: u64) -> Self {
        Self { len, pieces: Vec::new() }
    }

    /// Adds the bytes at offset `start`. A range is found only if one part holds all of it.
    pub fn insert(&mut self, start: u64, bytes: Vec<u8>) {
        self.pieces.push((start, bytes));
    }

    /// Returns the number of bytes in memory.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.pieces.iter().map(|(_, bytes)| bytes.len() as u64).sum()
    }

    /// Returns the bytes of a range, if one part holds them all.
    #[must_use]
    pub fn get(&self, range: &Range<u64>) -> Option<&[u8]> {
        self.pieces.iter().find_map(|(start, bytes)| {
            let from = usize::try_from(range.start.checked_sub(*start)?).ok()?;
            let to = usize::try_from(range.end.checked_sub(*start)?).ok()?;
            bytes.get(from..to)
        })
    }
}

/// The bytes of a file, all or parts of them.
#[derive(Debug, Clone, Copy)]
pub(super) enum View<'a> {
    Whole(&'a [u8]),
    Parts(&'a Sparse),
}

/// Missing ranges that are at most this many bytes apart are read as one.
pub const MERGED_GAP: u64 = 4096;

/// Reads ranges of a view and records the missing ones, so that a stage can request all of its ranges
/// at once.
pub(super) struct Reader<'a> {
    view: View<'a>,
    /// The length of all requested ranges, each with the gap in front of it.
    requested: u64,
    missing: Vec<Range<u64>>,
    prefetch: Vec<Range<u64>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(view: View<'a>) -> Self {
        Self { view, requested: 0, missing: Vec::new(), prefetch: Vec::new() }
    }

    /// Returns the file's length in bytes.
    pub(super) fn len(&self) -> u64 {
        match self.view {
            View::Whole(bytes) => bytes.len() as u64,
            View::Parts(parts) => parts.len,
        }
    }

    /// Returns the bytes of a range, if they are known.
    pub(super) fn peek(&self, range: &Range<u64>) -> Option<&'a [u8]> {
        match self.view {
            View::Whole(bytes) => {
                bytes.get(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)
            }
            View::Parts(parts) => parts.get(range),
        }
    }

    /// Returns the bytes of a range. If they are not known, the range is recorded as missing and no
    /// bytes are returned; [`Reader::settle`] then fails.
    pub(super) fn take(
        &mut self,
        range: Range<u64>,
        what: &'static str,
    ) -> Result<&'a [u8], ElfError> {
        if range.end > self.len() {
            return Err(ElfError::outside(what, &range, self.len()));
        }
        if range.is_empty() {
            return Ok(&[]);
        }
        self.count(&range);
        let bytes = self.peek(&range);
        if bytes.is_none() {
            self.missing.push(range);
        }
        Ok(bytes.unwrap_or_default())
    }

    /// Records a range that will probably be needed. It is requested together with missing ranges.
    pub(super) fn prefetch(&mut self, range: Range<u64>) {
        if range.is_empty() || range.end > self.len() {
            return;
        }
        self.count(&range);
        if self.peek(&range).is_none() {
            self.prefetch.push(range);
        }
    }

    fn count(&mut self, range: &Range<u64>) {
        let len = (range.end - range.start).saturating_add(MERGED_GAP);
        self.requested = self.requested.saturating_add(len);
    }

    /// Returns the most bytes that a caller holds who reads the requested ranges only, known or not.
    pub(super) fn requested(&self) -> u64 {
        self.requested
    }

    /// Ends a stage. Fails if any of its ranges is missing.
    pub(super) fn settle(&mut self) -> Result<(), Unfinished> {
        if self.missing.is_empty() {
            self.prefetch.clear();
            return Ok(());
        }
        self.missing.append(&mut self.prefetch);
        Err(Unfinished::Missing(std::mem::take(&mut self.missing)))
    }
}

/// Returns the range of `len` bytes from `start` on, cut at `u64::MAX`.
pub(super) fn range_at(start: u64, len: u64) -> Range<u64> {
    start..start.saturating_add(len)
}
