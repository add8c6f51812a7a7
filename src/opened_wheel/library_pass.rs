//! A pass over a file, from its first byte to its last, that reads sections and device code.
//!
//! Device code is not in executable segments, so their bytes are not scanned: what looks like device code there would
//! make a second pass necessary.

use std::ops::Range;

use super::compressed_offsets::CompressedOffsets;
use super::content::{ContentError, MemberData};
use super::library::{LibraryParts, scan_ranges};
use super::outlines::{Tables, of_content};
use crate::deflate::Inflater;
use crate::device_code::{PayloadVisitor, Scanner};
use crate::exec::CancelFlag;

/// A pass over a file.
pub struct LibraryPass<V> {
    len: u64,
    scanner: Scanner<V>,
    tables: Tables,
    /// The executable segments that are not scanned; `None` until they are known.
    skipped: Option<Vec<Range<u64>>>,
    /// The number of skipped ranges that the pass has left behind.
    left: usize,
    /// Whether a skipped range cuts what may be device code.
    is_cut: bool,
}

impl<V: PayloadVisitor> LibraryPass<V> {
    /// Returns a pass over a file of `len` bytes.
    #[must_use]
    pub fn new(len: u64, visitor: V) -> Self {
        Self {
            len,
            scanner: Scanner::new(&(0..len), visitor),
            tables: Tables::new(len),
            skipped: None,
            left: 0,
            is_cut: false,
        }
    }

    /// Returns the offset of the next byte.
    pub(super) fn position(&self) -> u64 {
        self.tables.position
    }

    /// Takes the next bytes.
    pub fn feed(&mut self, piece: &[u8]) {
        let start = self.tables.position;
        self.tables.feed(piece);
        if self.skipped.is_none()
            && let Some(mut executable) = self.tables.executable()
        {
            executable.retain(|range| range.start >= start);
            self.skipped = Some(executable);
        }
        self.scan(start, piece);
    }

    /// Scans the bytes outside of the skipped ranges.
    fn scan(&mut self, mut at: u64, mut bytes: &[u8]) {
        while let Some(range) = self.skipped.as_ref().and_then(|ranges| ranges.get(self.left)) {
            let range = range.clone();
            let mut split_at = |end: u64| {
                let len = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX);
                let (before, behind) = bytes.split_at(len.min(bytes.len()));
                bytes = behind;
                at += before.len() as u64;
                before
            };
            self.scanner.feed(split_at(range.start));
            split_at(range.end);
            if at < range.end {
                return;
            }
            self.is_cut |= !self.scanner.is_searching();
            self.scanner.restart(&(range.end..self.len));
            self.left += 1;
        }
        self.scanner.feed(bytes);
    }

    /// Returns what the pass has found, without positions in the compressed data. Reads the member again only
    /// if its tables are in an unusual order, or if bytes outside of the sections for data look like device
    /// code.
    ///
    /// # Errors
    ///
    /// If the content cannot be read again, or the request is cancelled.
    pub fn finish(
        self,
        data: &MemberData<'_>,
        visitor: &impl Fn() -> V,
        inflater: &mut Inflater,
        cancel: &CancelFlag,
    ) -> Result<LibraryParts<V>, ContentError> {
        let skipped = self.skipped.unwrap_or_default();
        let is_cut = self.is_cut || self.left < skipped.len() && !self.scanner.is_searching();
        let (mut code, mut visited) = self.scanner.finish();
        let outline = self
            .tables
            .finish(|reader| Ok(reader.fetch_in_pass(data, usize::MAX, inflater, cancel)?));
        let (outline, object) = of_content(outline)?;
        let again = match &outline {
            Ok(Some(outline)) => {
                let is_whole = !is_cut && code.is_within(&outline.data);
                let is_scanned = !overlap(&outline.data, &skipped);
                (!(is_whole && is_scanned)).then(|| outline.data.clone())
            }
            // Without sections, device code counts wherever it is.
            _ => (!skipped.is_empty()).then(|| std::iter::once(0..self.len).collect()),
        };
        if let Some(ranges) = again {
            (code, visited) = scan_ranges(data, &ranges, visitor(), inflater, cancel)?;
        }
        let offsets = CompressedOffsets::default();
        Ok(LibraryParts { outline, object, code, visitor: visited, offsets })
    }
}

/// Returns whether a range of one list overlaps one of the other.
fn overlap(some: &[Range<u64>], others: &[Range<u64>]) -> bool {
    some.iter().any(|it| others.iter().any(|other| it.start < other.end && other.start < it.end))
}
