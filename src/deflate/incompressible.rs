//! Finds the parts of a chunk that DEFLATE cannot shrink: device code that nvcc compressed, images, archives.
//!
//! Such parts are stored, which costs a copy. libdeflate would read them at 124 MB/s and store most of them in the
//! end. A part is incompressible if its bytes are equally frequent (Huffman codes would not help) and few of its
//! byte sequences come twice (matches would not help). Only integers decide, so that the output is the same on every
//! machine.
//!
//! Measured at level 6 on every 17th chunk: in torch 2.15 (device code as zstd) 31.7 % of the bytes are stored and the
//! output grows by 0.11 %; in onnxruntime-gpu 1.31 58 % and 0.06 %; in nvidia-cudnn-cu12 9.28 1.7 % and 0.008 %. The
//! search reads 3.9, 2.3 and 32 GB/s: it leaves compressible content after the first sample.

use std::ops::Range;

use memchr::memchr3_iter;

use super::spans::WINDOW;

/// The most bytes of a stored block: its length is a number of 16 bits.
pub(super) const MAX_STORED: usize = 65_535;

/// The length in bytes of the segments that are judged: one stored block each.
const SEGMENT: usize = MAX_STORED;

/// Shorter chunks are always deflated: there is nothing to save.
const MIN_CHUNK: usize = 16 << 10;

/// Bytes at the start of a segment whose frequencies are counted first.
const SAMPLE: usize = 4 << 10;

/// The greatest excess of collisions in a sample, in millionths: 4 KiB of random bytes have 5,500 as standard deviation.
const MAX_SAMPLE_EXCESS: u64 = 300_000;

/// The greatest excess of collisions in a segment, in millionths. Near 0, Huffman codes save a share of the bytes that is
/// 0.09 of the excess: 0.4 % here. A threshold of 20,000 stores 22.6 % of torch and not 31.7 %; one of 100,000 stores no more.
const MAX_EXCESS: u64 = 40_000;

/// The greatest share of anchors that are repeated, in thousandths. With 10, 21.4 % of torch are stored; with 100, 33.6 %, and
/// the output is 0.134 % larger.
const MAX_REPEATED: usize = 25;

/// The byte values at which byte sequences are compared: about 768 anchors in a segment of random bytes.
const ANCHORS: [u8; 3] = [0x00, 0x5A, 0xC3];

/// The bytes of a sequence, with its anchor. Matches of fewer bytes save little in random content.
const SEQUENCE: usize = 6;

/// Bits of a hash of a sequence.
const HASH_BITS: u32 = 12;

/// A part of a chunk, and whether to store it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) range: Range<usize>,
    pub(super) is_stored: bool,
}

/// Returns the parts of a chunk, in order. Stored parts are not empty; an empty chunk is one part.
pub(super) fn parts(chunk: &[u8]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut repeats = None;
    for range in segments(chunk.len()) {
        let is_stored = chunk.len() >= MIN_CHUNK && is_incompressible(chunk, &range, &mut repeats);
        match parts.last_mut().filter(|last| last.is_stored == is_stored) {
            Some(last) => last.range.end = range.end,
            None => parts.push(Part { range, is_stored }),
        }
    }
    parts
}

/// Cuts a chunk into segments. A rest of less than half a segment belongs to the last one.
fn segments(len: usize) -> impl Iterator<Item = Range<usize>> {
    let count = ((len + SEGMENT / 2) / SEGMENT).max(1);
    (0..count).map(move |index| {
        let end = if index + 1 == count { len } else { (index + 1) * SEGMENT };
        index * SEGMENT..end
    })
}

fn is_incompressible(
    chunk: &[u8],
    segment: &Range<usize>,
    repeats: &mut Option<Box<Repeats>>,
) -> bool {
    let content = &chunk[segment.clone()];
    excess_of_collisions(&content[..content.len().min(SAMPLE)]) <= MAX_SAMPLE_EXCESS
        && excess_of_collisions(content) <= MAX_EXCESS
        && repeats.get_or_insert_with(Box::default).are_rare(chunk, segment)
}

/// Returns by how much it is likelier than among random bytes that two bytes are equal, in millionths: 0 if all values are
/// equally frequent, 255 million if all bytes are equal.
fn excess_of_collisions(content: &[u8]) -> u64 {
    // Four tables: the same counter is rarely incremented twice in a row, which would wait for the memory.
    let mut counts = [[0_u32; 256]; 4];
    let (words, rest) = content.as_chunks::<4>();
    for word in words {
        for (counts, byte) in counts.iter_mut().zip(word) {
            counts[usize::from(*byte)] += 1;
        }
    }
    for byte in rest {
        counts[0][usize::from(*byte)] += 1;
    }
    let squares: u64 = (0..256)
        .map(|value| counts.iter().map(|counts| u64::from(counts[value])).sum::<u64>())
        .map(|count| count * count)
        .sum();
    // A segment has less than 2^17 bytes, so this stays below 2^63. Random bytes collide 255/len more often than 1/256.
    let len = (content.len() as u64).max(1);
    (squares * 256 * 1_000_000 / (len * len)).saturating_sub(1_000_000 + 255_000_000 / len)
}

/// Looks for byte sequences that come again within the distance of a match. Only those that begin with an anchor count:
/// a share of all, at the same places in each copy.
struct Repeats {
    /// The last position of each sequence plus one, by its hash.
    last: [u32; 1 << HASH_BITS],
    /// The end of what was searched.
    end: usize,
}

impl Default for Repeats {
    fn default() -> Self {
        Self { last: [0; 1 << HASH_BITS], end: 0 }
    }
}

impl Repeats {
    /// Whether few sequences of a segment are repeated. Segments must come in order.
    fn are_rare(&mut self, chunk: &[u8], segment: &Range<usize>) -> bool {
        let start = self.end.max(segment.start.saturating_sub(WINDOW));
        let [first, second, third] = ANCHORS;
        let (mut anchors, mut repeated) = (0, 0);
        for at in memchr3_iter(first, second, third, &chunk[start..segment.end]) {
            let at = start + at;
            let Some(sequence) = sequence(chunk, at) else { break };
            let slot = &mut self.last[hash(sequence)];
            let before = *slot as usize;
            *slot = u32::try_from(at + 1).unwrap_or_default();
            if at >= segment.start {
                anchors += 1;
                let is_repeated = before > 0
                    && at + 1 - before <= WINDOW
                    && self::sequence(chunk, before - 1) == Some(sequence);
                repeated += usize::from(is_repeated);
            }
        }
        self.end = segment.end;
        anchors > 0 && repeated * 1000 <= anchors * MAX_REPEATED
    }
}

/// Returns the sequence that begins at an index.
fn sequence(chunk: &[u8], at: usize) -> Option<[u8; SEQUENCE]> {
    chunk.get(at..)?.first_chunk().copied()
}

fn hash(sequence: [u8; SEQUENCE]) -> usize {
    let mut word = [0; 8];
    word[..SEQUENCE].copy_from_slice(&sequence);
    let word = u64::from_le_bytes(word);
    // The golden ratio, as Fibonacci hashing uses it.
    let hash = word.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - HASH_BITS);
    usize::try_from(hash).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a fixed pseudo-random sequence of bytes.
    fn noise(len: usize, seed: u64) -> Vec<u8> {
        let mut state = seed | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        };
        (0..len).map(|_| next()).collect()
    }

    fn stored(chunk: &[u8]) -> Vec<Range<usize>> {
        let parts = parts(chunk);
        let mut end = 0;
        for part in &parts {
            assert_eq!(part.range.start, end);
            end = part.range.end;
        }
        assert_eq!(end, chunk.len());
        assert!(parts.windows(2).all(|pair| pair[0].is_stored != pair[1].is_stored));
        parts.into_iter().filter(|part| part.is_stored).map(|part| part.range).collect()
    }

    #[test]
    fn only_what_does_not_compress_is_stored() {
        let all = |len: usize| std::iter::once(0..len).collect::<Vec<_>>();
        let skewed = |every: usize| -> Vec<u8> {
            let noise = noise(200_000, 3).into_iter().enumerate();
            noise.map(|(at, byte)| if at % every == 0 { 7 } else { byte }).collect()
        };
        let block = noise(2_000, 9);
        let repeated = |gap: usize, copies: usize| -> Vec<u8> {
            (0..copies as u64)
                .flat_map(|seed| [block.clone(), noise(gap, seed + 50)])
                .flatten()
                .collect()
        };
        let text = b"Text of words, which come again. ".repeat(6_000);
        let none = Vec::new;
        for (name, chunk, expected) in [
            ("nothing", Vec::new(), none()),
            ("little noise", noise(MIN_CHUNK - 1, 1), none()),
            ("some noise", noise(MIN_CHUNK, 1), all(MIN_CHUNK)),
            ("noise", noise(1_000_000, 1), all(1_000_000)),
            ("text", text.clone(), none()),
            ("bytes of seven bits", noise(300_000, 1).iter().map(|it| it & 127).collect(), none()),
            ("every 10th byte is equal", skewed(10), none()),
            ("every 200th byte is equal", skewed(200), all(200_000)),
            ("a 6th is repeated", repeated(10_000, 20), none()),
            ("a 6th is repeated, too far away", repeated(WINDOW, 10), all(10 * (WINDOW + 2_000))),
        ] {
            assert_eq!(stored(&chunk), expected, "{name}");
        }
        // Segments are judged one by one.
        let mixed = [&noise(3 * SEGMENT, 1), &text[..SEGMENT], &noise(SEGMENT, 2)].concat();
        assert_eq!(stored(&mixed), [0..3 * SEGMENT, 4 * SEGMENT..5 * SEGMENT]);
    }

    #[test]
    fn a_copy_in_the_segment_before_counts() {
        let block = noise(20_000, 1);
        let chunk = [noise(SEGMENT - 20_000, 2), block.clone(), block, noise(SEGMENT, 3)].concat();
        assert_eq!(stored(&chunk), std::iter::once(0..SEGMENT).collect::<Vec<_>>());
    }

    #[test]
    fn segments_are_whole_blocks_but_the_last() {
        for (len, expected) in [
            (0, [0..0].as_slice()),
            (1, &[0..1]),
            (SEGMENT + SEGMENT / 2, &[0..SEGMENT + SEGMENT / 2]),
            (SEGMENT + SEGMENT / 2 + 1, &[0..SEGMENT, SEGMENT..SEGMENT + SEGMENT / 2 + 1]),
        ] {
            assert_eq!(segments(len).collect::<Vec<_>>(), expected, "{len}");
        }
    }
}
