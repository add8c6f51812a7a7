//! Sets of byte ranges.

use std::ops::Range;

use crate::byte_ranges::merged;

/// Ranges, sorted and disjoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RangeSet(Vec<Range<u64>>);

impl RangeSet {
    /// Adds a range.
    pub(super) fn insert(&mut self, range: Range<u64>) {
        if range.start < range.end {
            self.0.push(range);
            self.0 = merged(std::mem::take(&mut self.0), 0);
        }
    }

    /// Returns the parts of a range that are not in the set, in order.
    pub(super) fn missing(&self, range: &Range<u64>) -> Vec<Range<u64>> {
        let (mut at, mut found) = (range.start, Vec::new());
        for known in &self.0 {
            if known.start >= range.end {
                break;
            }
            if known.start > at {
                found.push(at..known.start);
            }
            at = at.max(known.end);
        }
        if at < range.end {
            found.push(at..range.end);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_what_was_not_inserted() {
        let mut set = RangeSet::default();
        for range in [10..20, 30..40, 20..25, 5..5] {
            set.insert(range);
        }
        for (range, expected) in [
            (0..50, vec![0..10, 25..30, 40..50]),
            (12..22, vec![]),
            (24..31, vec![25..30]),
            (50..60, vec![50..60]),
            (7..7, vec![]),
        ] {
            assert_eq!(set.missing(&range), expected, "{range:?}");
        }
    }
}
