//! Makes compressed chunks joinable, with ends that content-defined chunking finds.
//!
//! Remote caches cut large files by content, to move only the chunks that are new: Bazel with FastCDC and an average
//! of 512 KiB (docs/remote-cache.md). A changed byte can move their next cuts, too, so our own unchanged chunks behind it
//! are moved again. A mark at the end of each of our chunks makes FastCDC cut there, whatever is before. After 100
//! bytes inserted into 24 MiB, 79 % of a wheel is found again without marks and 87 % with them (`benches/dedup`).

use super::Position;
use super::verify::LastBlock;
use crate::memory::OutOfMemory;

/// The last four bytes of an empty stored block: LEN 0 and its complement NLEN. Three zero bits (not final,
/// type stored) and padding to a byte boundary precede them.
const EMPTY_STORED_BLOCK: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// Nine empty stored blocks. Behind the block that ends a chunk, the last 48 bytes are always these, and that many
/// decide FastCDC's rolling hash. Decoders ignore the padding behind the three bits of a stored block's header
/// (RFC 1951, 3.2.4). Here it makes the hash 0 in all bits that FastCDC's masks have for averages of 64 KiB to 4 MiB
/// and any normalization: it cuts before the last byte, unless it has cut less than its shortest chunk before.
#[rustfmt::skip]
const CUT_MARK: [u8; 45] = [
    0x00, 0x00, 0x00, 0xFF, 0xFF,
    0x00, 0x00, 0x00, 0xFF, 0xFF,
    0x00, 0x00, 0x00, 0xFF, 0xFF,
    0x08, 0x00, 0x00, 0xFF, 0xFF,
    0x38, 0x00, 0x00, 0xFF, 0xFF,
    0x10, 0x00, 0x00, 0xFF, 0xFF,
    0xF0, 0x00, 0x00, 0xFF, 0xFF,
    0x60, 0x00, 0x00, 0xFF, 0xFF,
    0x18, 0x00, 0x00, 0xFF, 0xFF,
];

/// A final block without content, of fixed codes.
const FINAL_BLOCK: [u8; 2] = [0x03, 0x00];

/// Compressed length in bytes from which the last chunk of a stream has a mark, too: the shortest chunk of FastCDC at
/// Bazel's average. Small members have none, so a mark costs at most 0.04 %.
pub(super) const MARKED_BYTES: usize = 128 << 10;

/// The most bytes that [`end_stored`] appends.
pub(super) const MAX_END: usize = STORED_END.len() + CUT_MARK.len() + FINAL_BLOCK.len();

/// An empty stored block behind one that ends on a byte boundary.
const STORED_END: [u8; 5] = [0x00, 0x00, 0x00, 0xFF, 0xFF];

/// What blocks end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// A part of a chunk; another part follows.
    Part,
    /// A chunk at this position.
    Chunk(Position),
}

impl End {
    /// Returns the position in the stream.
    pub(super) fn position(self) -> Position {
        match self {
            Self::Part => Position::Inner,
            Self::Chunk(position) => position,
        }
    }

    /// Returns what follows blocks that end on a byte boundary.
    fn suffix(self) -> (&'static [u8], &'static [u8]) {
        match self {
            Self::Part => (&[], &[]),
            Self::Chunk(Position::Inner) => (&CUT_MARK, &[]),
            Self::Chunk(Position::Last) => (&CUT_MARK, &FINAL_BLOCK),
        }
    }
}

/// Appends the end of a chunk to stored blocks. `before` is the length of its blocks before them.
pub(super) fn end_stored(blocks: &mut Vec<u8>, end: End, before: usize) {
    let is_short = before + blocks.len() < MARKED_BYTES;
    match end {
        End::Part => {}
        End::Chunk(Position::Last) if is_short => blocks.extend_from_slice(&FINAL_BLOCK),
        End::Chunk(_) => {
            let (mark, last) = end.suffix();
            blocks.extend_from_slice(&STORED_END);
            blocks.extend_from_slice(mark);
            blocks.extend_from_slice(last);
        }
    }
}

/// Returns the blocks of `deflated` on a byte boundary, without a final one but where the stream ends; the end of a chunk has
/// a mark.
pub(super) fn join(
    deflated: &[u8],
    last_block: LastBlock,
    end: End,
) -> Result<Vec<u8>, OutOfMemory> {
    let LastBlock { header_bit, end_bit } = last_block;
    let whole_bytes = end_bit / 8;
    let used_bits = end_bit % 8;
    let (mark, last) = end.suffix();
    // Two more bytes at most: the rest of the last byte, and the header bits of the stored block.
    let len = whole_bytes + 2 + EMPTY_STORED_BLOCK.len() + mark.len() + last.len();
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).map_err(|_| OutOfMemory(len))?;
    bytes.extend_from_slice(&deflated[..whole_bytes]);
    if used_bits > 0 {
        let used = (1_u8 << used_bits) - 1;
        bytes.push(deflated[whole_bytes] & used);
    }
    end_on_byte_boundary(&mut bytes, u32::try_from(used_bits).unwrap_or_default());
    bytes[header_bit / 8] &= !(1_u8 << (header_bit % 8));
    bytes.extend_from_slice(mark);
    bytes.extend_from_slice(last);
    Ok(bytes)
}

/// Appends an empty stored block to blocks that use the first bits of their last byte, 1 to 7 of them, or all
/// bits of it (0).
pub(super) fn end_on_byte_boundary(bytes: &mut Vec<u8>, used_bits: u32) {
    let free_bits = (8 - used_bits) % 8;
    if free_bits < 3 {
        bytes.push(0);
    }
    bytes.extend_from_slice(&EMPTY_STORED_BLOCK);
}

/// Whether the blocks of a chunk end as those that [`Deflater::compress`](super::Deflater::compress) returns.
/// Releases without marks end them differently.
#[must_use]
pub fn ends_as_compressed(blocks: &[u8], position: Position) -> bool {
    match position {
        Position::Inner => blocks.ends_with(&CUT_MARK),
        Position::Last if blocks.len() < MARKED_BYTES => true,
        Position::Last => {
            blocks.strip_suffix(&FINAL_BLOCK).is_some_and(|blocks| blocks.ends_with(&CUT_MARK))
        }
    }
}

#[cfg(test)]
mod tests {
    use fastcdc::v2020::{FastCDC, Normalization};

    use super::*;
    use crate::deflate::{ContentKind, Deflater, Level};

    /// Returns bytes that compress to about 3 bits each.
    fn noise(len: usize, seed: u32) -> Vec<u8> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0] % 8
        };
        (0..len).map(|_| next()).collect()
    }

    fn compressed(len: usize, seed: u32, position: Position) -> Vec<u8> {
        let mut deflater = Deflater::new(Level::new(1).unwrap());
        deflater.compress(&noise(len, seed), position, ContentKind::Code).unwrap().bytes
    }

    #[test]
    fn fastcdc_cuts_at_the_end_of_each_chunk_at_any_parameters() {
        let stream: Vec<Vec<u8>> =
            (1..6).map(|seed| compressed(1 << 20, seed, Position::Inner)).collect();
        let mut expected = Vec::new();
        for chunk in &stream {
            expected.push(expected.last().unwrap_or(&0) + chunk.len());
        }
        let joined = stream.concat();
        for (average, level) in [
            (64 << 10, Normalization::Level0),
            (256 << 10, Normalization::Level1),
            (512 << 10, Normalization::Level2),
            (1 << 20, Normalization::Level3),
        ] {
            let cuts = FastCDC::with_level(&joined, average / 4, average, average * 4, level);
            let ends: Vec<_> = cuts.map(|chunk| chunk.offset + chunk.length).collect();
            for mark in &expected[..expected.len() - 1] {
                // The hash is zero at the mark's last byte, which is the first of the next chunk.
                let next = ends.partition_point(|end| *end < mark - 1);
                let before = if next == 0 { 0 } else { ends[next - 1] };
                let is_too_close = mark - 1 - before < average / 4;
                assert!(
                    ends[next] == mark - 1 || is_too_close,
                    "{average} {level}: {mark} {ends:?}"
                );
            }
        }
    }

    #[test]
    fn ends_are_marked_where_a_chunk_is_long_enough() {
        for (len, position, is_marked) in [
            (1 << 20, Position::Inner, true),
            (1000, Position::Inner, true),
            (1 << 20, Position::Last, true),
            (1000, Position::Last, false),
        ] {
            let blocks = compressed(len, 7, position);
            assert!(ends_as_compressed(&blocks, position), "{len} {position:?}");
            let marks = blocks.windows(CUT_MARK.len()).filter(|&it| it == CUT_MARK);
            assert_eq!(marks.count(), usize::from(is_marked), "{len} {position:?}");
        }
        let unmarked = compressed(1000, 7, Position::Last);
        assert!(!ends_as_compressed(&unmarked, Position::Inner));
        let long = [vec![0; MARKED_BYTES], FINAL_BLOCK.to_vec()].concat();
        assert!(!ends_as_compressed(&long, Position::Last));
    }
}
