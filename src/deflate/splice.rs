//! Copies whole blocks of another stream, between chunks that are compressed.

use std::ops::Range;

use super::{BlockRange, CompressedChunk, DeflateError, Deflater, Position, end_on_byte_boundary};
use crate::memory::{self, OutOfMemory};

impl Deflater {
    /// Copies blocks of `stream` to a byte boundary, and ends them as
    /// [`Deflater::compress`] ends a chunk. Verifies that they decode to the content after the first `history`
    /// bytes of `content`, which stand before it in the new stream: the last 32 KiB are enough.
    ///
    /// # Errors
    ///
    /// Out of memory; or the blocks do not decode to this content.
    pub fn copy_blocks(
        &mut self,
        stream: &[u8],
        blocks: &BlockRange,
        position: Position,
        content: &[u8],
        history: usize,
    ) -> Result<CompressedChunk, DeflateError> {
        let len = content.len().saturating_sub(history);
        let corrupt = || DeflateError::Corrupt { len };
        let bytes = copy_blocks(stream, blocks, position)?.ok_or_else(corrupt)?;
        if !self.verifier.verify_part(&bytes, position, content, history) {
            return Err(corrupt());
        }
        let crc = crc32fast::hash(content.get(history..).unwrap_or_default());
        Ok(CompressedChunk { bytes, crc })
    }
}

/// Returns blocks of a stream, shifted to a byte boundary. Those of an inner part end on a byte boundary too: with
/// an empty stored block if need be. `None` if the stream does not have these bits.
///
/// # Errors
///
/// Out of memory.
pub fn copy_blocks(
    stream: &[u8],
    blocks: &BlockRange,
    position: Position,
) -> Result<Option<Vec<u8>>, OutOfMemory> {
    let BlockRange { bits: Range { start, end }, stored } = blocks;
    // The data of a stored block stays on a byte boundary, and all behind it.
    let first_end = stored.unwrap_or(*end);
    let Some((mut copy, mut used)) = copy_bits(stream, &(*start..first_end))? else {
        return Ok(None);
    };
    if let Some(header_end) = stored {
        let data = header_end.div_ceil(8).saturating_mul(8);
        let Some((rest, its_used)) = copy_bits(stream, &(data..*end))? else { return Ok(None) };
        memory::append(&mut copy, &rest)?;
        used = its_used;
    }
    if position == Position::Inner && used > 0 {
        copy.try_reserve(6).map_err(|_| OutOfMemory(copy.len() + 6))?;
        end_on_byte_boundary(&mut copy, used);
    }
    Ok(Some(copy))
}

/// Returns bits of a stream, shifted to a byte boundary and followed by zeros, and how many bits of the last byte are
/// used; 0 if all are. `None` if the stream does not have these bits.
fn copy_bits(stream: &[u8], bits: &Range<u64>) -> Result<Option<(Vec<u8>, u32)>, OutOfMemory> {
    let place = |bits: u64| usize::try_from(bits).ok();
    let (Some(first), Some(end)) = (place(bits.start / 8), place(bits.end.div_ceil(8))) else {
        return Ok(None);
    };
    let (Some(source), Some(count)) = (stream.get(first..end), bits.end.checked_sub(bits.start))
    else {
        return Ok(None);
    };
    let shift = u32::try_from(bits.start % 8).unwrap_or_default();
    let Some(len) = place(count.div_ceil(8)) else { return Ok(None) };
    let mut copy = memory::with_room(len)?;
    if shift == 0 {
        copy.extend_from_slice(&source[..len]);
    } else {
        shift_down(source, shift, len, &mut copy);
    }
    let used = u32::try_from(count % 8).unwrap_or_default();
    if used > 0
        && let Some(last) = copy.last_mut()
    {
        *last &= (1 << used) - 1;
    }
    Ok(Some((copy, used)))
}

/// Appends `len` bytes of `source` without its first `shift` bits, 1 to 7.
fn shift_down(source: &[u8], shift: u32, len: usize, copy: &mut Vec<u8>) {
    let mut at = 0;
    while at + 8 <= len
        && let Some(&[a, b, c, d, e, f, g, h, next]) =
            source.get(at..).and_then(|rest| rest.first_chunk())
    {
        let word = u64::from_le_bytes([a, b, c, d, e, f, g, h]) >> shift;
        copy.extend_from_slice(&(word | u64::from(next) << (64 - shift)).to_le_bytes());
        at += 8;
    }
    for at in at..len {
        let low = source.get(at).map_or(0, |byte| byte >> shift);
        let high = source.get(at + 1).map_or(0, |byte| byte << (8 - shift));
        copy.push(low | high);
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use proptest::prelude::*;

    use super::*;
    use crate::deflate::{ContentKind, Inflated, Inflater, Level, Run, Spans, WINDOW};

    /// Compresses with zlib-rs: one stream, in blocks of any length.
    fn foreign(content: &[u8], level: u32) -> Vec<u8> {
        use std::io::Write as _;
        let mut writer =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(level));
        writer.write_all(content).unwrap();
        writer.finish().unwrap()
    }

    fn zlib(stream: &[u8]) -> Vec<u8> {
        use std::io::Read as _;
        let mut content = Vec::new();
        let mut reader = flate2::read::DeflateDecoder::new(stream);
        reader.read_to_end(&mut content).unwrap();
        assert_eq!(reader.total_in(), stream.len() as u64);
        content
    }

    /// Returns the content of a stream and its spans.
    fn inflated(stream: &[u8]) -> (Vec<u8>, Spans) {
        let mut inflater = Inflater::recording_index();
        let mut content = Vec::new();
        let end = inflater.inflate(stream, 64, |piece| {
            content.extend_from_slice(piece);
            ControlFlow::Continue(())
        });
        assert_eq!(end, Ok(Inflated::Whole(stream.len())));
        (content, inflater.take_index().unwrap().spans)
    }

    /// Makes the edited stream of these runs.
    fn splice(stream: &[u8], runs: &[Run], edited: &[u8]) -> Vec<u8> {
        let mut deflater = Deflater::new(Level::new(6).unwrap());
        let mut joined = Vec::new();
        let mut next = 0;
        for run in runs {
            assert_eq!(run.content.start, next);
            next = run.content.end;
            let place = |at: u64| usize::try_from(at).unwrap();
            let (start, end) = (place(run.content.start), place(run.content.end));
            let position = if end == edited.len() { Position::Last } else { Position::Inner };
            let part = match &run.copied {
                Some(blocks) => {
                    let before = start.saturating_sub(WINDOW);
                    let content = &edited[before..end];
                    deflater.copy_blocks(stream, blocks, position, content, start - before).unwrap()
                }
                None => {
                    deflater.compress(&edited[start..end], position, ContentKind::Other).unwrap()
                }
            };
            assert_eq!(part.crc, crc32fast::hash(&edited[start..end]));
            joined.extend_from_slice(&part.bytes);
        }
        assert_eq!(next, edited.len() as u64);
        joined
    }

    /// Text of words, so that matches reach far back.
    fn text(len: usize, seed: u32) -> Vec<u8> {
        let mut state = seed;
        let mut text = Vec::with_capacity(len + 20);
        while text.len() < len {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            text.extend_from_slice(format!("{} of {} ", state >> 20, state % 97).as_bytes());
        }
        text.truncate(len);
        text
    }

    /// Text with parts that do not compress: a compressor stores them, between other blocks.
    fn mixed(len: usize, seed: u32) -> Vec<u8> {
        let mut content = text(len, seed);
        let mut state = seed | 1;
        for part in content.chunks_mut(70_000).skip(1).step_by(2) {
            for byte in part {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                *byte = state.to_le_bytes()[1];
            }
        }
        content
    }

    #[test]
    fn stored_blocks_stay_on_byte_boundaries() {
        let content = mixed(3 << 20, 7);
        let stream = foreign(&content, 6);
        let (found, spans) = inflated(&stream);
        assert!(found == content);
        let mut edited = content;
        edited[100..140].fill(b'#');
        edited.extend_from_slice(&text(5000, 9));
        let changes = std::iter::once(100..140);
        let runs = spans.runs(changes, found.len() as u64, edited.len() as u64).unwrap();
        let is_shifted = |run: &Run| {
            run.copied.as_ref().is_some_and(|it| it.bits.start % 8 != 0 && it.stored.is_some())
        };
        assert!(runs.iter().any(is_shifted), "{runs:?}");
        assert!(copied(&runs) > 2 << 20);
        assert!(zlib(&splice(&stream, &runs, &edited)) == edited);
    }

    fn copied(runs: &[Run]) -> u64 {
        let copied = runs.iter().filter(|run| run.copied.is_some());
        copied.map(|run| run.content.end - run.content.start).sum()
    }

    #[test]
    fn most_blocks_of_an_edited_stream_are_copied() {
        let content = text(5 << 20, 7);
        for level in [4, 6, 9] {
            let stream = foreign(&content, level);
            let (found, spans) = inflated(&stream);
            assert!(found == content && !spans.is_independent());
            let mut edited = content.clone();
            let changes = [100..140, (3 << 20)..(3 << 20) + 5];
            for change in &changes {
                edited[change.clone()].fill(b'#');
            }
            edited.truncate(content.len() - 10);
            edited.extend_from_slice(&text(5000, 9));
            let ranges = changes.iter().map(|it| it.start as u64..it.end as u64);
            let kept = content.len() as u64 - 10;
            let runs = spans.runs(ranges, kept, edited.len() as u64).unwrap();
            assert!(copied(&runs) > 4 << 20, "level {level}: {runs:?}");
            let joined = splice(&stream, &runs, &edited);
            assert!(zlib(&joined) == edited);
            assert!(inflated(&joined).0 == edited);
            assert!(joined.len() < stream.len() + 60_000, "{} {}", joined.len(), stream.len());
            // Without a change, all is copied.
            let runs = spans.runs([], found.len() as u64, found.len() as u64).unwrap();
            assert_eq!(copied(&runs), found.len() as u64);
            assert!(zlib(&splice(&stream, &runs, &found)) == found);
        }
    }

    #[test]
    fn blocks_that_refer_to_a_change_are_not_copied() {
        let content = text(300_000, 3);
        let stream = foreign(&content, 6);
        let (_, spans) = inflated(&stream);
        let all = spans.runs([], content.len() as u64, content.len() as u64).unwrap();
        let mut edited = content;
        edited[150_000..150_100].fill(b'#');
        let mut deflater = Deflater::new(Level::new(6).unwrap());
        let refused = all.iter().any(|run| {
            let place = |at: u64| usize::try_from(at).unwrap();
            let (start, end) = (place(run.content.start), place(run.content.end));
            let position = if end == edited.len() { Position::Last } else { Position::Inner };
            let blocks = run.copied.as_ref().unwrap();
            let copy = deflater.copy_blocks(&stream, blocks, position, &edited[..end], start);
            copy == Err(DeflateError::Corrupt { len: end - start })
        });
        assert!(refused);
        // Bits that the stream does not have, or that are no blocks.
        let reversed = Range { start: 9, end: 5 };
        let behind = 8 * stream.len() as u64;
        for bits in [reversed, 0..u64::MAX, behind..behind + 1, 3..77] {
            for stored in [None, Some(0), Some(50), Some(u64::MAX - 9)] {
                let blocks = BlockRange { bits: bits.clone(), stored };
                let copy = deflater.copy_blocks(&stream, &blocks, Position::Inner, &edited, 0);
                assert!(copy.is_err(), "{blocks:?}");
            }
        }
    }

    #[test]
    fn chunks_are_copied_and_compressed_one_by_one() {
        let content = text(1 << 20, 5);
        let mut deflater = Deflater::new(Level::new(6).unwrap());
        let (mut stream, mut lengths) = (Vec::new(), Vec::new());
        for (index, chunk) in content.chunks(100_000).enumerate() {
            let position = if index == 10 { Position::Last } else { Position::Inner };
            let compressed = deflater.compress(chunk, position, ContentKind::Other).unwrap();
            lengths.push((compressed.bytes.len() as u64, chunk.len() as u64));
            stream.extend_from_slice(&compressed.bytes);
        }
        let spans = Spans::of_chunks(lengths.iter().copied());
        let mut edited = content.clone();
        edited[250_000..350_000].fill(b'#');
        edited.extend_from_slice(b"the tail");
        let changes = std::iter::once(250_000..350_000);
        let runs = spans.runs(changes, content.len() as u64, edited.len() as u64).unwrap();
        let kinds: Vec<bool> = runs.iter().map(|run| run.copied.is_some()).collect();
        let expected = [true, true, false, false, true, true, true, true, true, true, false];
        assert_eq!(kinds, expected);
        let joined = splice(&stream, &runs, &edited);
        assert!(zlib(&joined) == edited);
        let first = usize::try_from(lengths[0].0).unwrap();
        assert_eq!(joined[..first], stream[..first]);
    }

    #[test]
    fn streams_of_one_block_or_of_changes_everywhere_are_not_worth_it() {
        let content = text(4 << 20, 11);
        let (_, spans) = inflated(&foreign(&content, 6));
        let len = content.len() as u64;
        assert_eq!(spans.runs((0..len).step_by(40_000).map(|at| at..at + 1), len, len), None);
        let mut one = Spans::default();
        one.add_block(8 * len, len, None, true);
        assert_eq!(one.runs([], len, len).map(|runs| runs.len()), Some(1));
        assert_eq!(one.runs(std::iter::once(5..6), len, len), None);
        let mut long = Spans::default();
        long.add_block(100, 1 << 30, None, true);
        assert_eq!(long.runs([], 1 << 30, 1 << 30), None);
        assert_eq!(Spans::default().runs([], 0, 0), None);
    }

    #[test]
    fn tiny_blocks_share_spans() {
        let mut spans = Spans::default();
        for block in 1..=1_000_000 {
            spans.add_block(10 * block, block / 10, None, block == 1_000_000);
        }
        let runs = spans.runs([], 100_000, 100_000).unwrap();
        assert_eq!(runs.last().unwrap().copied.as_ref().unwrap().bits.end, 10_000_000);
        assert!(spans.ends_count() < 100);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_edit_gives_the_edited_content(
            len in 1_usize..400_000,
            level in 0_u32..10,
            changes in prop::collection::vec((0_usize..400_000, 1_usize..300), 0..5),
            cut in 0_usize..500,
            tail in 0_usize..3000,
            is_mixed in any::<bool>(),
        ) {
            let content = if is_mixed { mixed(len, 1 + level) } else { text(len, 1 + level) };
            let stream = foreign(&content, level);
            let (_, spans) = inflated(&stream);
            let mut edited = content;
            let mut ranges = Vec::new();
            for (start, len) in changes {
                let start = start % edited.len();
                let end = (start + len).min(edited.len());
                edited[start..end].fill(b'#');
                ranges.push(start as u64..end as u64);
            }
            let kept = edited.len().saturating_sub(cut);
            edited.truncate(kept);
            edited.extend_from_slice(&text(tail, 3));
            if let Some(runs) = spans.runs(ranges, kept as u64, edited.len() as u64) {
                let joined = splice(&stream, &runs, &edited);
                prop_assert!(zlib(&joined) == edited);
            }
        }

        #[test]
        fn bits_are_those_of_the_stream(
            stream in prop::collection::vec(any::<u8>(), 1..200),
            start in 0_usize..1600,
            len in 0_usize..1600,
        ) {
            let bit = |bytes: &[u8], at: usize| bytes[at / 8] >> (at % 8) & 1;
            let start = start % (8 * stream.len());
            let end = (start + len).min(8 * stream.len());
            let bits = start as u64..end as u64;
            let (copy, used) = copy_bits(&stream, &bits).unwrap().unwrap();
            prop_assert_eq!(used as usize, (end - start) % 8);
            prop_assert_eq!(copy.len(), (end - start).div_ceil(8));
            for at in 0..8 * copy.len() {
                let expected = if start + at < end { bit(&stream, start + at) } else { 0 };
                prop_assert_eq!(bit(&copy, at), expected);
            }
        }
    }
}
