//! Bytes of a file of which not all need be known.

use std::ops::Range;

use super::{ElfError, Unfinished};

/// Parts of a file, each in its place.
#[derive(Debug, Clone)]
pub struct Sparse {
    len: u64,
    pieces: Vec<(u64, Vec<u8>)>,
}

impl Sparse {
    /// A file of this length, of which nothing is known.
    #[must_use]
    pub fn new(len: u64) -> Self {
        Self { len, pieces: Vec::new() }
    }

    /// Adds what stands at `start`. A range is found only if one piece holds all of it.
    pub fn insert(&mut self, start: u64, bytes: Vec<u8>) {
        self.pieces.push((start, bytes));
    }

    /// Forgets all but the first `len` bytes of the piece that begins at `start`.
    pub fn shorten(&mut self, start: u64, len: usize) {
        for (_, bytes) in self.pieces.iter_mut().filter(|(piece, _)| *piece == start) {
            bytes.truncate(len);
            bytes.shrink_to_fit();
        }
    }

    /// How many bytes are held.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.pieces.iter().map(|(_, bytes)| bytes.len() as u64).sum()
    }

    /// The bytes of a range, if one piece holds them all.
    #[must_use]
    pub fn get(&self, range: &Range<u64>) -> Option<&[u8]> {
        self.pieces.iter().find_map(|(start, bytes)| {
            let from = usize::try_from(range.start.checked_sub(*start)?).ok()?;
            let to = usize::try_from(range.end.checked_sub(*start)?).ok()?;
            bytes.get(from..to)
        })
    }
}

/// A file's bytes: all of them, or some.
#[derive(Debug, Clone, Copy)]
pub(super) enum View<'a> {
    Whole(&'a [u8]),
    Parts(&'a Sparse),
}

/// Takes ranges out of a view and notes those that are missing, so that all that a stage needs can
/// be asked for at once.
pub(super) struct Reader<'a> {
    view: View<'a>,
    missing: Vec<Range<u64>>,
    prefetch: Vec<Range<u64>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(view: View<'a>) -> Self {
        Self { view, missing: Vec::new(), prefetch: Vec::new() }
    }

    /// The file's length.
    pub(super) fn len(&self) -> u64 {
        match self.view {
            View::Whole(bytes) => bytes.len() as u64,
            View::Parts(parts) => parts.len,
        }
    }

    /// The bytes of a range, if they are known.
    pub(super) fn peek(&self, range: &Range<u64>) -> Option<&'a [u8]> {
        match self.view {
            View::Whole(bytes) => {
                bytes.get(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)
            }
            View::Parts(parts) => parts.get(range),
        }
    }

    /// The bytes of a range. If they are not known, that is noted, and nothing returned: what is
    /// returned counts only after [`Reader::settle`].
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
        let bytes = self.peek(&range);
        if bytes.is_none() {
            self.missing.push(range);
        }
        Ok(bytes.unwrap_or_default())
    }

    /// Notes a range that will probably be needed: it is asked for if anything else is missing.
    pub(super) fn prefetch(&mut self, range: Range<u64>) {
        if !range.is_empty() && range.end <= self.len() && self.peek(&range).is_none() {
            self.prefetch.push(range);
        }
    }

    /// Ends a stage: an error if any of its ranges was missing.
    pub(super) fn settle(&mut self) -> Result<(), Unfinished> {
        if self.missing.is_empty() {
            self.prefetch.clear();
            return Ok(());
        }
        self.missing.append(&mut self.prefetch);
        Err(Unfinished::Missing(std::mem::take(&mut self.missing)))
    }
}

/// The range of `len` bytes from `start` on; one that reaches no end is cut at the largest offset.
pub(super) fn range_at(start: u64, len: u64) -> Range<u64> {
    start..start.saturating_add(len)
}
