//! The changes of one file, as few bytes as possible: a caller can reuse compressed data of what stays.

use std::collections::BTreeMap;
use std::ops::Range;

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
        self.writes.split_off(&kept);
        if let Some((offset, bytes)) = self.writes.iter_mut().next_back() {
            bytes.truncate(usize::try_from(kept - offset).unwrap_or(usize::MAX));
        }
    }

    /// Replaces bytes at an offset. Does nothing if they are equal. Tables of a damaged file may overlap: the
    /// later write wins.
    pub(super) fn write(&mut self, file: &[u8], offset: u64, bytes: Vec<u8>) {
        let end = |offset: u64, bytes: &[u8]| offset.saturating_add(bytes.len() as u64);
        let new_end = end(offset, &bytes);
        let before = self.writes.range(..new_end).rev();
        let overlapping = before.take_while(|(start, bytes)| end(**start, bytes) > offset);
        let starts: Vec<u64> = overlapping.map(|(start, _)| *start).collect();
        let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
        if starts.is_empty() {
            if file.get(at(offset)..at(new_end)) != Some(bytes.as_slice()) {
                self.writes.insert(offset, bytes);
            }
            return;
        }
        let old: Vec<_> = starts.iter().filter_map(|it| self.writes.remove_entry(it)).collect();
        let start = old.iter().map(|(start, _)| *start).fold(offset, u64::min);
        let all_end = old.iter().map(|(start, bytes)| end(*start, bytes)).fold(new_end, u64::max);
        let mut merged = vec![0; at(all_end - start)];
        for (offset, bytes) in old.into_iter().chain([(offset, bytes)]) {
            let from = at(offset - start);
            if let Some(range) = merged.get_mut(from..from + bytes.len()) {
                range.copy_from_slice(&bytes);
            }
        }
        self.writes.insert(start, merged);
    }

    /// Returns a range of the file with the writes to it. It is zero where the file ends.
    pub(super) fn read(&self, file: &[u8], range: &Range<u64>) -> Vec<u8> {
        let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
        let mut bytes =
            file.get(at(range.start)..at(range.end).min(file.len())).unwrap_or_default().to_vec();
        bytes.resize(at(range.end.saturating_sub(range.start)), 0);
        let end = |(offset, bytes): (&u64, &Vec<u8>)| offset.saturating_add(bytes.len() as u64);
        let before = self.writes.range(..range.end).rev();
        for (offset, written) in before.take_while(|write| end(*write) > range.start) {
            let from = range.start.max(*offset);
            let skipped = written.get(at(from - offset)..).unwrap_or_default();
            let room = bytes.get_mut(at(from - range.start)..).unwrap_or_default();
            let len = skipped.len().min(room.len());
            if let (Some(room), Some(written)) = (room.get_mut(..len), skipped.get(..len)) {
                room.copy_from_slice(written);
            }
        }
        bytes
    }

    /// Returns the writes that begin in a range.
    pub(super) fn writes_in(&self, range: &Range<u64>) -> impl Iterator<Item = (u64, &[u8])> {
        let end = range.end.max(range.start);
        let writes = self.writes.range(range.start..end);
        writes.map(|(offset, bytes)| (*offset, bytes.as_slice()))
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

    /// Returns the offsets and the new bytes of replaced ranges, in order. They do not overlap, and are within the
    /// kept bytes.
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

#[cfg(test)]
mod tests {
    use super::Patch;

    #[test]
    fn reads_see_writes() {
        let file = [9; 8];
        let mut patch = Patch::new(8);
        for (offset, bytes) in [(0, &[1; 3][..]), (4, &[2; 1]), (6, &[3; 2])] {
            patch.write(&file, offset, bytes.to_vec());
        }
        let cases = [
            (0..8, &[1, 1, 1, 9, 2, 9, 3, 3][..]),
            (2..7, &[1, 9, 2, 9, 3]),
            (1..2, &[1]),
            (5..6, &[9]),
            (7..10, &[3, 0, 0]),
            (3..3, &[]),
        ];
        for (range, expected) in cases {
            assert_eq!(patch.read(&file, &range), expected, "{range:?}");
        }
    }

    /// Writes to tables of a damaged file may overlap, and lie behind what is kept.
    #[test]
    fn later_writes_win_and_none_overlap() {
        let file = [0; 20];
        let mut patch = Patch::new(20);
        for (offset, bytes) in [(4, &[1; 4][..]), (10, &[2; 2]), (2, &[0; 2]), (7, &[3; 4])] {
            patch.write(&file, offset, bytes.to_vec());
        }
        patch.write(&file, 5, vec![0]);
        patch.write(&file, 14, vec![4; 4]);
        let writes: Vec<_> = patch.writes().collect();
        assert_eq!(writes, [(4, &[1, 0, 1, 3, 3, 3, 3, 2][..]), (14, &[4; 4])]);
        patch.end_with(16, vec![5]);
        assert_eq!(patch.writes().last(), Some((14, &[4; 2][..])));
        let expected = [0, 0, 0, 0, 1, 0, 1, 3, 3, 3, 3, 2, 0, 0, 4, 4, 5];
        assert_eq!(patch.apply(&file), expected);
    }
}
