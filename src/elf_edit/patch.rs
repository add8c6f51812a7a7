//! The changes of one file, as few bytes as possible: a caller can reuse compressed data of what stays.

use std::collections::BTreeMap;

/// The changes of one file.
///
/// The edited file has the first [`kept`](Self::kept) bytes of the file with the [`writes`](Self::writes),
/// and then the [`tail`](Self::tail).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patch {
    file_len: u64,
    kept: u64,
    writes: BTreeMap<u64, Vec<u8>>,
    tail: Vec<u8>,
}

impl Patch {
    /// Creates the patch that changes nothing in a file of `len` bytes.
    pub(super) fn new(len: u64) -> Self {
        Self { file_len: len, kept: len, ..Self::default() }
    }

    /// Replaces everything from `kept` on.
    pub(super) fn end_with(&mut self, kept: u64, tail: Vec<u8>) {
        self.kept = kept;
        self.tail = tail;
    }

    /// Replaces bytes at an offset. Does nothing if they are equal.
    pub(super) fn write(&mut self, file: &[u8], offset: u64, bytes: Vec<u8>) {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = start.saturating_add(bytes.len());
        if file.get(start..end) != Some(bytes.as_slice()) {
            self.writes.insert(offset, bytes);
        }
    }

    /// Removes and returns the writes behind the first `kept` bytes.
    pub(super) fn take_behind(&mut self, kept: u64) -> Vec<(u64, Vec<u8>)> {
        self.writes.split_off(&kept).into_iter().collect()
    }

    /// Returns whether the file stays as it is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.tail.is_empty() && self.kept == self.file_len
    }

    /// Returns the length of the edited file in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.kept + self.tail.len() as u64
    }

    /// Returns how many bytes at the start of the file stay, apart from the writes.
    #[must_use]
    pub fn kept(&self) -> u64 {
        self.kept
    }

    /// Returns the offsets and the new bytes of replaced ranges, in order. Those of a
    /// damaged file may overlap; later ones win.
    pub fn writes(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.writes.iter().map(|(offset, bytes)| (*offset, bytes.as_slice()))
    }

    /// Returns the bytes that follow the kept ones.
    #[must_use]
    pub fn tail(&self) -> &[u8] {
        &self.tail
    }

    /// Returns the edited file.
    #[must_use]
    pub fn apply(&self, file: &[u8]) -> Vec<u8> {
        let kept = usize::try_from(self.kept).unwrap_or(usize::MAX).min(file.len());
        let mut edited = file.get(..kept).unwrap_or_default().to_vec();
        for (offset, bytes) in self.writes() {
            let start = usize::try_from(offset).unwrap_or(usize::MAX);
            if let Some(range) = edited.get_mut(start..start.saturating_add(bytes.len())) {
                range.copy_from_slice(bytes);
            }
        }
        edited.extend_from_slice(&self.tail);
        edited
    }
}
