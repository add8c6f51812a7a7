//! Where the content of a member is in its compressed data.

use std::ops::Range;

use super::chunked::Chunked;

/// Pairs of offsets in the content and in the compressed data, at most one for each piece or chunk.
#[derive(Debug, Clone, Default)]
pub struct CompressedOffsets {
    /// Both ascending. The first pair, of zeros, is left out.
    pairs: Vec<(u64, u64)>,
}

impl CompressedOffsets {
    /// Returns the ends of the chunks, which are exact.
    #[must_use]
    pub fn of_chunks(chunked: &Chunked<'_>) -> Self {
        let table = chunked.table();
        let chunks = (0..table.len()).filter_map(|index| table.chunk(index));
        Self { pairs: chunks.map(|it| (it.uncompressed.end, it.compressed.end)).collect() }
    }

    /// Adds a pair behind the last one.
    pub fn push(&mut self, content: u64, compressed: u64) {
        self.pairs.push((content, compressed));
    }

    /// Returns about how many bytes of the compressed data a range of the content takes. Between two pairs the
    /// ratio counts as constant. The sum over adjacent ranges is the number for all of them.
    #[must_use]
    pub fn share(&self, content: &Range<u64>) -> u64 {
        self.at(content.end).saturating_sub(self.at(content.start))
    }

    fn at(&self, content: u64) -> u64 {
        let next = self.pairs.partition_point(|pair| pair.0 < content);
        let before = next.checked_sub(1).and_then(|at| self.pairs.get(at).copied());
        let (from, compressed) = before.unwrap_or_default();
        let Some(&(to, compressed_to)) = self.pairs.get(next) else { return compressed };
        let part = u128::from(content.saturating_sub(from));
        let all = u128::from(to.saturating_sub(from)).max(1);
        let between = u128::from(compressed_to.saturating_sub(compressed));
        compressed + u64::try_from(between * part / all).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_share_the_compressed_bytes() {
        let mut offsets = CompressedOffsets::default();
        assert_eq!(offsets.share(&(0..100)), 0);
        offsets.push(100, 50);
        offsets.push(300, 60);
        for (range, expected) in
            [(0..100, 50), (0..50, 25), (100..300, 10), (50..200, 30), (300..400, 0), (0..400, 60)]
        {
            assert_eq!(offsets.share(&range), expected, "{range:?}");
        }
        let parts: u64 = (0..300).map(|at| offsets.share(&(at..at + 1))).sum();
        assert_eq!(parts, 60);
    }
}
