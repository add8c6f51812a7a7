//! Whether a loader can map the segments of a file into memory.
//!
//! The conditions are those of glibc's loader (`elf/dl-load.c`, 2.34 for the alignment, 2.41 for the
//! rest); musl's checks none of them, and maps other bytes.

use object::elf;

use super::facts::{ElfFacts, LARGEST_PAGE, SegmentFault};
use super::segments::{Segment, Segments};

/// Page sizes of Linux in bytes, the largest first.
const PAGE_SIZES: [u64; 5] = [LARGEST_PAGE, 32 << 10, 16 << 10, 8 << 10, 4 << 10];

/// The smallest page size in bytes.
const SMALLEST: u64 = PAGE_SIZES[PAGE_SIZES.len() - 1];

impl Segments {
    /// Adds the faults of the segments of a file of `len` bytes, and the page size that they allow.
    ///
    /// A file with debug information only is never loaded; its `PT_DYNAMIC` has no bytes in the file.
    pub(super) fn add_faults(&self, len: u64, facts: &mut ElfFacts) {
        let is_loadable = [elf::ET_DYN.0, elf::ET_EXEC.0].contains(&facts.e_type);
        if !is_loadable || self.of(elf::PT_DYNAMIC).any(|dynamic| dynamic.file.is_empty()) {
            return;
        }
        let mut end = 0;
        for segment in self.of(elf::PT_LOAD) {
            for fault in faults(segment, end, len).into_iter().flatten() {
                let is_same = |it: &SegmentFault| {
                    std::mem::discriminant(it) == std::mem::discriminant(&fault)
                };
                if !facts.segment_faults.iter().any(is_same) {
                    facts.segment_faults.push(fault);
                }
            }
            end = segment.address.saturating_add(segment.memory_len);
        }
        let fits = |&&size: &&u64| self.fit_pages_of(size);
        facts.max_page_size = PAGE_SIZES.iter().find(fits).copied().unwrap_or(SMALLEST);
    }

    /// Returns whether each segment can be mapped in pages of `size` bytes that no other one needs.
    fn fit_pages_of(&self, size: u64) -> bool {
        let mut end = 0;
        self.of(elf::PT_LOAD).all(|segment| {
            let start = segment.address / size;
            let fits = start >= end && segment.distance().is_multiple_of(size);
            end = segment.address.saturating_add(segment.memory_len).div_ceil(size);
            fits
        })
    }
}

/// Returns the faults of a segment behind one that ends at the address `before`.
fn faults(segment: &Segment, before: u64, len: u64) -> [Option<SegmentFault>; 4] {
    let Segment { align, address, .. } = *segment;
    let offset = segment.file.start;
    // 0 and 1 stand for no alignment; loaders before glibc 2.35 refuse 1.
    let is_aligned = align == 0 || (align.is_power_of_two() && align >= SMALLEST);
    let common = if is_aligned { align.max(SMALLEST) } else { SMALLEST };
    let is_congruent = segment.distance().is_multiple_of(common);
    let end = segment.file.end;
    [
        (!is_aligned).then_some(SegmentFault::Alignment { align }),
        (!is_congruent).then_some(SegmentFault::Offset { offset, address, align: common }),
        (address < before).then_some(SegmentFault::Order { address }),
        (end > len && !segment.file.is_empty()).then_some(SegmentFault::BeyondFile { end, len }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::Detail;
    use crate::elf::sample::{Layout, library};

    /// Values of `p_offset`, `p_vaddr`, `p_filesz`, `p_memsz` and `p_align`.
    type Load = [u64; 5];

    /// Returns the facts of a file of 64 KiB with these `PT_LOAD` segments.
    fn facts(loads: &[Load]) -> ElfFacts {
        let mut bytes = library(Layout { sections: false, ..Layout::SMALL });
        bytes.truncate(64);
        bytes[56] = u8::try_from(loads.len()).unwrap();
        for [offset, address, file_len, memory_len, align] in loads {
            bytes.extend([1, 0, 0, 0, 5, 0, 0, 0]);
            for value in [offset, address, address, file_len, memory_len, align] {
                bytes.extend(value.to_le_bytes());
            }
        }
        bytes.resize(64 << 10, 0);
        ElfFacts::read(&bytes, Detail::Whole).unwrap()
    }

    #[test]
    fn segments_that_loaders_refuse_are_faults() {
        const PAGE: u64 = 4096;
        const LARGE: u64 = 64 << 10;
        let first: Load = [0, 0, PAGE, PAGE, PAGE];
        let cases: [(&[Load], Option<SegmentFault>, u64); 13] = [
            (&[[0, 0, LARGE, LARGE, LARGE]], None, LARGE),
            (&[[0, 0, LARGE, LARGE, 0]], None, LARGE),
            (&[[0, 0, LARGE, LARGE, 3]], Some(SegmentFault::Alignment { align: 3 }), LARGE),
            (&[[0, 0, LARGE, LARGE, 1]], Some(SegmentFault::Alignment { align: 1 }), LARGE),
            (&[[0, 0, LARGE, LARGE, 16]], Some(SegmentFault::Alignment { align: 16 }), LARGE),
            (
                &[first, [PAGE, 2 * PAGE + 16, 100, 100, PAGE]],
                Some(SegmentFault::Offset { offset: PAGE, address: 2 * PAGE + 16, align: PAGE }),
                PAGE,
            ),
            // Congruent modulo the page, not modulo the alignment.
            (
                &[[0, 0, PAGE, PAGE, LARGE], [PAGE, LARGE, 100, 100, LARGE]],
                Some(SegmentFault::Offset { offset: PAGE, address: LARGE, align: LARGE }),
                PAGE,
            ),
            // Linked for 4 KiB: the distances differ by 4 KiB, or two segments share a larger page.
            (&[first, [PAGE, 2 * PAGE, 100, 100, PAGE]], None, PAGE),
            (&[first, [2 * PAGE, 2 * PAGE, 100, 100, PAGE]], None, 2 * PAGE),
            (&[first, [LARGE - 8, 2 * LARGE - 8, 8, 100, LARGE]], None, LARGE),
            (
                &[first, [LARGE - 8, 2 * LARGE - 8, 9, 100, LARGE]],
                Some(SegmentFault::BeyondFile { end: LARGE + 1, len: LARGE }),
                LARGE,
            ),
            (
                &[[0, LARGE, PAGE, PAGE, PAGE], [0, 0, PAGE, PAGE, PAGE]],
                Some(SegmentFault::Order { address: 0 }),
                PAGE,
            ),
            (
                &[[1 << 63, 1 << 63, u64::MAX, u64::MAX, PAGE]],
                Some(SegmentFault::BeyondFile { end: u64::MAX, len: LARGE }),
                LARGE,
            ),
        ];
        for (index, (loads, fault, page)) in cases.into_iter().enumerate() {
            let facts = facts(loads);
            assert_eq!(facts.segment_faults, Vec::from_iter(fault), "case {index}");
            assert_eq!(facts.max_page_size, page, "case {index}");
        }
    }
}
