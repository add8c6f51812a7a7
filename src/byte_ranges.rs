//! Sorts and joins byte ranges.

use std::ops::Range;

/// Returns the ranges in order, without empty ones, and joined where they are at most `gap` bytes apart.
pub(crate) fn merged(mut ranges: Vec<Range<u64>>, gap: u64) -> Vec<Range<u64>> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_unstable_by_key(|range| range.start);
    let mut merged: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end.saturating_add(gap) => {
                last.end = last.end.max(range.end);
            }
            _ => merged.push(range),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_in_reach_are_one() {
        let ranges = vec![30..40, 5..5, 0..10, 2..4, 10..12, 20..u64::MAX];
        assert_eq!(merged(ranges.clone(), 0), [0..12, 20..u64::MAX]);
        assert_eq!(merged(ranges.clone(), 7), [0..12, 20..u64::MAX]);
        assert_eq!(merged(ranges, 8), [0..u64::MAX]);
        assert_eq!(merged(Vec::new(), u64::MAX), []);
    }
}
