//! Takes targets out of a bundle of HIP that is not compressed: the list gets shorter, and the code that goes becomes
//! zeros. Code that stays keeps its offset.
//!
//! A length of 0 in the list would not do: `amd_comgr_lookup_code_object`, by which HIP finds its code, counts such a
//! target as found, and may miss a compatible one behind it.

use std::ops::Range;

use super::{Container, bundle};
use crate::byte_ranges::merged;

/// What changes in a bundle. Ranges are those in the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BundleEdit {
    /// Offset of the number of targets, and the new number.
    pub(super) count: (u64, u64),
    /// The list, behind that number.
    pub(super) list: Range<u64>,
    /// The targets that stay in it.
    pub(super) kept: Vec<Range<u64>>,
    /// What becomes zeros behind the list, in order.
    pub(super) zeros: Vec<Range<u64>>,
}

/// Returns what changes in a bundle; `None` if all entries stay. `gone` has a flag for each entry that goes. Targets of the
/// host stay.
pub(super) fn plan(container: &Container, gone: &[bool]) -> Option<BundleEdit> {
    let mut flags = gone.iter();
    let stays: Vec<bool> = container
        .targets
        .iter()
        .map(|target| !(target.is_entry && flags.next() == Some(&true)))
        .collect();
    if stays.iter().all(|&stays| stays) {
        return None;
    }
    let start = container.range.start;
    let list_start = start + bundle::HEADER_LEN as u64;
    let list_end = container.targets.last()?.header.end;
    let of = |stay: bool| {
        container.targets.iter().zip(&stays).filter(move |it| *it.1 == stay).map(|it| it.0)
    };
    let kept: Vec<Range<u64>> = of(true).map(|target| target.header.clone()).collect();
    let kept_code = merged(of(true).map(|target| target.code.clone()).collect(), 0);
    let end = kept_code.last().map_or(list_end, |last| last.end.max(list_end));
    // Behind the last code that stays, nothing is part of the bundle any more.
    let rest = end..container.range.end;
    let gone = merged(of(false).map(|target| target.code.clone()).chain([rest]).collect(), 0);
    let protected = merged(kept_code.into_iter().chain([start..list_end]).collect(), 0);
    Some(BundleEdit {
        count: (start + bundle::MAGIC.len() as u64, kept.len() as u64),
        list: list_start..list_end,
        kept,
        zeros: gone.iter().flat_map(|range| without(range, &protected)).collect(),
    })
}

/// Returns the parts of a range that are in none of the others, which are in order.
fn without(range: &Range<u64>, others: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut parts = Vec::new();
    let mut at = range.start;
    let first = others.partition_point(|other| other.end <= at);
    for other in others.iter().skip(first).take_while(|other| other.start < range.end) {
        if at < other.start {
            parts.push(at..other.start);
        }
        at = other.end;
    }
    if at < range.end {
        parts.push(at..range.end);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::super::{Architecture, Compression, Entry, Form, Kind, Target};
    use super::*;

    fn bundle(targets: &[(bool, Range<u64>)]) -> Container {
        let entry = |range: &Range<u64>| Entry {
            kind: Kind::Hip,
            architecture: Architecture::Amd("gfx90a".into()),
            compression: Compression::None,
            offset: range.start,
            header_len: 0,
            payload_offset: range.start,
            compressed_len: range.end - range.start,
            padded_len: range.end - range.start,
            uncompressed_len: range.end - range.start,
            name: None,
        };
        let headers = (0..).map(|index| 1032 + index * 40..1072 + index * 40);
        Container {
            form: Form::Bundle,
            range: 1000..targets.iter().map(|it| it.1.end).max().unwrap(),
            entries: targets.iter().filter(|it| it.0).map(|it| entry(&it.1)).collect(),
            targets: headers
                .zip(targets)
                .map(|(header, (is_entry, code))| Target {
                    header,
                    code: code.clone(),
                    is_entry: *is_entry,
                })
                .collect(),
        }
    }

    #[test]
    fn code_that_stays_is_no_zeros() {
        let (kept, gone) = (false, true);
        for (targets, flags, count, zeros) in [
            (
                vec![(false, 2000..2000), (true, 2000..2100), (true, 2200..2300)],
                vec![kept, gone],
                2,
                vec![2100..2300],
            ),
            // The gap between code that goes and code that stays is left as it is.
            (
                vec![(false, 2000..2000), (true, 2000..2100), (true, 2200..2300)],
                vec![gone, kept],
                2,
                vec![2000..2100],
            ),
            // Shared code stays, and so does code of the host.
            (
                vec![(true, 2000..2100), (true, 2000..2100), (false, 2050..2150)],
                vec![gone, kept],
                2,
                vec![],
            ),
            (
                vec![(true, 2000..2200), (true, 2050..2060), (true, 2100..2110)],
                vec![gone, kept, kept],
                2,
                vec![2000..2050, 2060..2100, 2110..2200],
            ),
            (vec![(true, 2000..2100)], vec![gone], 0, vec![1072..2100]),
        ] {
            let edit = plan(&bundle(&targets), &flags).unwrap();
            assert_eq!((edit.count, edit.zeros), ((1024, count), zeros), "{targets:?}");
            assert_eq!(edit.kept.len() as u64, count);
            assert_eq!(edit.list, 1032..1032 + 40 * targets.len() as u64);
        }
        assert_eq!(plan(&bundle(&[(true, 2000..2100)]), &[kept]), None);
        assert_eq!(plan(&bundle(&[(false, 2000..2100)]), &[]), None);
    }
}
