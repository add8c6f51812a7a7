//! Where a stream is cut: at places that its content chooses.
//!
//! Content-defined chunks (FastCDC, Xia et al. 2020) keep their bytes when something is inserted
//! or removed in front of them. A relinked library moves everything behind the changed function:
//! of the step from jax-cuda12-pjrt 0.12.0 to 0.12.0.1, fixed 1 MiB chunks find 0.6 % again,
//! content-defined ones of that average 14 %.
//!
//! The shorter the chunks, the more is found again, and the worse they compress, because nothing is
//! found of what stands before them. How much worse depends on what they hold. Each cut in machine code
//! costs 1,300 to 1,700 bytes, in GPU code 120 to 600, in names, tables and other data up to 800; and a
//! relink changes nearly every chunk of machine code, whatever its length. So machine code is cut into
//! long chunks and what stands around it into short ones: of that step 22.1 % are found again, and the
//! library is 0.08 % larger than with long chunks alone.

use std::ops::Range;

use fastcdc::v2020::FastCDC;

/// Average length of a long chunk in bytes. The largest that leaves a few chunks to each of many threads
/// in a library of 100 MB. Level 6, MB, all chunks being of one average: the library of jax-cuda12-pjrt
/// makes 192.14 at 256 KiB, 191.69 at 512 KiB, 191.50 at 1 MiB (Python's zipfile: 191.84), that of
/// tensorflow 358.14 at 512 KiB, 357.47 at 1 MiB (zipfile: 358.12).
const LONG: Average = Average { len: 1024 * 1024, most_chunks: 8192 };

/// Of a short one. With these around its code the library of jax-cuda12-pjrt makes 191.65 MB. That of
/// tensorflow would make 358.18, and makes 357.72 at twice the length, which it gets for its size.
const SHORT: Average = Average { len: 256 * 1024, most_chunks: 2048 };

/// Which cuts these are. Whoever makes other ones of the same content counts on: a cache directory names the
/// chunks of a member as they were cut, and a wheel's bytes must not depend on what it holds.
pub const CUTS: &str = "cuts 3";

/// FastCDC's own limit on the average.
const LARGEST_AVERAGE: usize = fastcdc::v2020::AVERAGE_MAX;

/// The average length of chunks.
#[derive(Debug, Clone, Copy)]
struct Average {
    /// In bytes, a power of two.
    len: usize,
    /// A member of more average chunks gets longer ones, so that a table of its chunks fits the
    /// 65,535 bytes of a ZIP extra field.
    most_chunks: usize,
}

impl Average {
    /// For a stream of this length: a power of two.
    fn of(self, len: usize) -> usize {
        let mut average = self.len;
        while len / average > self.most_chunks && average < LARGEST_AVERAGE {
            average *= 2;
        }
        average
    }
}

/// How a stream is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cuts {
    /// Where long chunks begin, short ones beginning elsewhere; `None` if all are long.
    long: Option<Vec<Range<usize>>>,
}

impl Cuts {
    /// Into long chunks.
    #[must_use]
    pub fn long() -> Self {
        Self { long: None }
    }

    /// Into short chunks, but for those that begin in its machine code, which is in these ranges, in
    /// order, that have nothing in common. Where there is no code, there are only long ones: then nobody
    /// knows what it is.
    #[must_use]
    pub fn around(code: Vec<Range<usize>>) -> Self {
        Self { long: (!code.is_empty()).then_some(code) }
    }

    /// The chunk of a stream that begins at `start`, which is 0 or the end of another chunk.
    #[must_use]
    pub fn chunk_at(&self, stream: &[u8], start: usize) -> Range<usize> {
        // A chunk may reach over the border of code: a cut at the border itself, which the program headers
        // name by its offset, would be another one after each insertion in front of it.
        let is_short = self.long.as_ref().is_some_and(|code| {
            let next = code.partition_point(|range| range.end <= start);
            code.get(next).is_none_or(|range| range.start > start)
        });
        let average = if is_short { SHORT } else { LONG };
        let average = average.of(stream.len());
        // Half of the average rather than a quarter: 0.02 % smaller, and cutting takes 0.14 s instead of
        // 0.17 s for 487 MB, because what is shorter than the shortest is not looked at.
        let shortest = (average / 2).min(fastcdc::v2020::MINIMUM_MAX);
        let chunker = FastCDC::new(stream, shortest, average, average * 4);
        let (_, end) = chunker.cut(start, stream.len() - start);
        start..end
    }
}

/// Cuts a stream into consecutive, non-empty, long chunks; an empty stream into one empty chunk.
pub fn cut(stream: &[u8]) -> impl Iterator<Item = Range<usize>> + use<'_> {
    let cuts = Cuts::long();
    std::iter::successors(Some(cuts.chunk_at(stream, 0)), move |previous| {
        (previous.end < stream.len()).then(|| cuts.chunk_at(stream, previous.end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(len: usize) -> Vec<u8> {
        let step = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
        let states = std::iter::successors(Some(1), step);
        states.map(|state: u32| state.to_be_bytes()[0]).take(len).collect()
    }

    #[test]
    fn chunks_follow_one_another() {
        for len in [0, 1, 100_000, 3_000_000] {
            let stream = noise(len);
            let mut end = 0;
            for range in cut(&stream) {
                assert_eq!(range.start, end);
                assert!(range.len() <= LONG.len * 4);
                end = range.end;
            }
            assert_eq!(end, stream.len());
        }
    }

    fn chunks(cuts: &Cuts, stream: &[u8]) -> Vec<Range<usize>> {
        let mut chunks = vec![cuts.chunk_at(stream, 0)];
        while chunks[chunks.len() - 1].end < stream.len() {
            chunks.push(cuts.chunk_at(stream, chunks[chunks.len() - 1].end));
        }
        chunks
    }

    #[test]
    fn other_cuts_have_another_name() {
        let stream = noise(6_000_000);
        let ends = |cuts: Cuts| -> Vec<usize> {
            chunks(&cuts, &stream).iter().map(|chunk| chunk.end).collect()
        };
        assert_eq!(CUTS, "cuts 3");
        assert_eq!(ends(Cuts::long()), [1_176_144, 2_404_580, 2_948_833, 6_000_000]);
        let code = std::iter::once(0..2_000_000).collect();
        let around = ends(Cuts::around(code));
        assert_eq!(around[..6], [1_176_144, 2_404_580, 2_875_645, 3_267_342, 3_660_849, 4_577_441]);
        assert_eq!(around[6..], [5_294_977, 5_565_339, 5_860_270, 6_000_000]);
    }

    #[test]
    fn code_has_long_chunks_and_what_is_around_it_short_ones() {
        let stream = noise(12_000_000);
        // The last range goes on behind the stream, as that of a file cut short does.
        let code = vec![0..10, 1_000_000..6_000_000, 6_000_000..6_000_001, 11_999_000..19_000_000];
        let found = chunks(&Cuts::around(code.clone()), &stream);
        assert!(found.windows(2).all(|pair| pair[0].end == pair[1].start));
        let (mut long, mut short) = (0, 0);
        for chunk in &found[..found.len() - 1] {
            let is_code = code.iter().any(|range| range.contains(&chunk.start));
            *(if is_code { &mut long } else { &mut short }) += 1;
            let average = if is_code { LONG } else { SHORT }.len;
            assert!((average / 2..=average * 4).contains(&chunk.len()), "{chunk:?}");
        }
        assert!(long >= 3 && short >= 12, "{long} and {short}");
        let all = cut(&stream).collect::<Vec<_>>();
        assert_eq!(chunks(&Cuts::around(Vec::new()), &stream), all);
        let everything = std::iter::once(0..stream.len()).collect();
        assert_eq!(chunks(&Cuts::around(everything), &stream), all);
    }

    #[test]
    fn an_insertion_changes_few_chunks_even_if_the_headers_are_as_before() {
        let stream = noise(16_000_000);
        let cuts = Cuts::around(vec![1_000_000..2_000_000, 4_000_000..9_000_000]);
        let before: Vec<_> = chunks(&cuts, &stream);
        let contents: Vec<&[u8]> = before.iter().map(|range| &stream[range.clone()]).collect();
        let inserted = [&stream[..500_000], &[7; 100], &stream[500_000..]].concat();
        let after = chunks(&cuts, &inserted);
        let new = after.iter().filter(|range| !contents.contains(&&inserted[(*range).clone()]));
        assert!(new.count() <= 2);
    }

    #[test]
    fn huge_members_get_longer_chunks() {
        assert_eq!(LONG.of(1 << 20), LONG.len);
        assert_eq!(LONG.of(8192 * LONG.len), LONG.len);
        assert_eq!(LONG.of(12 << 30), 2 * LONG.len);
        assert_eq!(LONG.of(usize::MAX), LARGEST_AVERAGE);
        assert_eq!(SHORT.of(487 << 20), SHORT.len);
        assert_eq!(SHORT.of(1 << 30), 2 * SHORT.len);
    }
}
