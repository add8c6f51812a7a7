//! Contents of removed sections that mapped bytes follow. They cannot be cut off, so they become zero: `patchelf`
//! appends a segment behind symbols and debug information.

use std::ops::Range;

use super::image::Image;
use super::patch::Patch;
use super::tags::SHT_NOBITS;
use super::unloaded::{self, Unloaded};

/// Writes zeros over the contents of removed sections before `kept`, as far as nothing else is there.
pub(super) fn clear(image: &Image<'_>, unloaded: &Unloaded<'_>, kept: u64, patch: &mut Patch) {
    let Some(sections) = &image.sections else { return };
    let all = || sections.headers.iter().zip(&unloaded.removed);
    let is_gap = |it: &Range<u64>| it.start < it.end && it.end <= kept;
    let contents = all().filter(|(it, removed)| **removed && it.kind != SHT_NOBITS);
    let mut gaps: Vec<_> = contents.map(|(it, _)| unloaded::content(it)).filter(is_gap).collect();
    if gaps.is_empty() {
        return;
    }
    let stay = all().filter(|(it, removed)| !**removed && it.kind != SHT_NOBITS);
    let mut used: Vec<_> = stay.map(|(it, _)| unloaded::content(it)).collect();
    used.extend(unloaded::loaded_ranges(image));
    used.retain(|range| range.start < range.end);
    used.sort_unstable_by_key(|range| range.start);
    // The furthest end of the ranges up to each one.
    let ends: Vec<u64> = used
        .iter()
        .scan(0, |end: &mut u64, range| {
            *end = range.end.max(*end);
            Some(*end)
        })
        .collect();
    gaps.retain(|gap| {
        let before = used.partition_point(|range| range.start < gap.end);
        before.checked_sub(1).and_then(|last| ends.get(last)).is_none_or(|end| *end <= gap.start)
    });
    for gap in gaps {
        let len = usize::try_from(gap.end - gap.start).unwrap_or_default();
        patch.write(image.bytes, gap.start, vec![0; len]);
    }
}
