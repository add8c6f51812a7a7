//! Inflates one chunk of a stream independently, and validates that it is one.

use std::ops::ControlFlow;

use thiserror::Error;

use super::{Inflated, Inflater, STEP, Stop};
use crate::deflate::Position;
use crate::deflate::bits::Bits;
use crate::error::Diagnose;

/// The blocks are not those of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the compressed data has no such chunk")]
pub struct NoSuchChunk;

impl Diagnose for NoSuchChunk {}

impl Inflater {
    /// Inflates the blocks of one chunk of `len` bytes, as [`crate::deflate::Deflater::compress`] makes them.
    ///
    /// The blocks must be independent: no match reaches back before the first of them, they end exactly at
    /// the end of `blocks` on a byte boundary, and only those of the last chunk have a final block. Then
    /// every inflater decodes them to the same bytes as a part of the stream, provided that the chunks
    /// before them are valid. All pieces but the last have [`STEP`] bytes.
    ///
    /// # Errors
    ///
    /// The blocks do not meet these conditions. The sink may have had some pieces.
    pub fn inflate_chunk(
        &mut self,
        blocks: &[u8],
        position: Position,
        len: usize,
        mut sink: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<Inflated, NoSuchChunk> {
        (self.at, self.pending, self.limit) = (0, 0, STEP);
        let mut bits = Bits::from_byte(blocks, 0);
        let (mut inflated, mut is_stopped) = (0, false);
        let mut count = |piece: &[u8], _: usize| {
            inflated += piece.len();
            if inflated > len {
                return ControlFlow::Break(());
            }
            let flow = sink(piece);
            is_stopped = flow.is_break();
            flow
        };
        let mut run = || -> Result<(), Stop> {
            loop {
                let (is_final, result) = self.block(&mut bits, &mut count);
                result?;
                let end = bits.position();
                let is_end = match position {
                    Position::Inner => end == blocks.len() * 8,
                    Position::Last => is_final && end.div_ceil(8) == blocks.len(),
                };
                if is_final != (position == Position::Last && is_end) {
                    return Err(Stop::Damaged);
                }
                if is_end {
                    return self.emit_rest(&bits, &mut count);
                }
                if end >= blocks.len() * 8 {
                    return Err(Stop::Damaged);
                }
            }
        };
        let result = run();
        match result {
            Ok(()) if inflated == len => Ok(Inflated::Whole(blocks.len())),
            Err(Stop::Requested) if is_stopped => Ok(Inflated::Stopped),
            _ => Err(NoSuchChunk),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflate::{ContentKind, Deflater, Level};

    fn inflated(blocks: &[u8], position: Position, len: usize) -> Result<Vec<u8>, NoSuchChunk> {
        let mut output = Vec::new();
        let result = Inflater::new().inflate_chunk(blocks, position, len, |piece| {
            output.extend_from_slice(piece);
            ControlFlow::Continue(())
        });
        result.map(|end| {
            assert_eq!(end, Inflated::Whole(blocks.len()));
            output
        })
    }

    /// Returns the blocks of a chunk, as `pack` makes them.
    fn blocks(content: &[u8], position: Position) -> Vec<u8> {
        let mut deflater = Deflater::new(Level::new(6).unwrap());
        deflater.compress(content, position, ContentKind::Code).unwrap().bytes
    }

    #[test]
    fn only_the_exact_blocks_are_a_chunk() {
        let content: Vec<u8> =
            (0..400_000_u32).flat_map(|i| (i % 9973 * 7919 % 9001).to_le_bytes()).collect();
        let len = content.len();
        for position in [Position::Inner, Position::Last] {
            let sound = blocks(&content, position);
            assert!(inflated(&sound, position, len).as_deref() == Ok(&content));
            let other = if position == Position::Inner { Position::Last } else { Position::Inner };
            let longer = [sound.as_slice(), &[0]].concat();
            let again = [sound.as_slice(), &sound].concat();
            for (name, blocks, position, len) in [
                ("another position", sound.as_slice(), other, len),
                ("a byte less", &sound[..sound.len() - 1], position, len),
                ("a byte more", &longer, position, len),
                ("less content", &sound, position, len - 1),
                ("more content", &sound, position, len + 1),
                ("no content", &sound, position, 0),
                ("nothing", &[], position, 0),
                ("the second half", &sound[sound.len() / 2..], position, len),
                ("the same blocks twice", &again, position, len),
            ] {
                assert_eq!(inflated(blocks, position, len), Err(NoSuchChunk), "{name}");
            }
        }
        // Two inner chunks together are one chunk. Nothing may follow a final block.
        let (inner, last) = (blocks(&content, Position::Inner), blocks(&content, Position::Last));
        let twice = content.repeat(2);
        for (first, position, is_one) in [
            (&inner, Position::Inner, true),
            (&inner, Position::Last, true),
            (&last, Position::Inner, false),
            (&last, Position::Last, false),
        ] {
            let second = if position == Position::Inner { &inner } else { &last };
            let both = [first.as_slice(), second].concat();
            assert_eq!(inflated(&both, position, 2 * len) == Ok(twice.clone()), is_one);
        }
    }

    #[test]
    fn a_chunk_is_independent_and_ends_on_a_byte_boundary() {
        // A block of fixed codes that is not final: `a`, the end of the block, and six unused bits.
        let open = [0b0100_1010, 0b0000_0100, 0];
        assert_eq!(inflated(&open, Position::Inner, 1), Err(NoSuchChunk));
        let joined = [open.as_slice(), &[0, 0, 0xFF, 0xFF]].concat();
        assert_eq!(inflated(&joined, Position::Inner, 1).as_deref(), Ok(b"a".as_slice()));
        // A final block that ends on a byte boundary, and a block after it.
        let stored = [1, 1, 0, 0xFE, 0xFF, b'a'];
        let behind = [stored.as_slice(), &joined].concat();
        assert_eq!(inflated(&stored, Position::Last, 1).as_deref(), Ok(b"a".as_slice()));
        assert_eq!(inflated(&stored, Position::Inner, 1), Err(NoSuchChunk));
        assert_eq!(inflated(&behind, Position::Inner, 2), Err(NoSuchChunk));
        // A match of three bytes at distance 1, with nothing before it.
        assert_eq!(inflated(&[0b0000_0011, 0b0000_0010, 0], Position::Last, 3), Err(NoSuchChunk));
    }

    #[test]
    fn a_sink_that_breaks_gets_no_more() {
        let content = vec![7; 3 * STEP];
        let mut pieces = Vec::new();
        let blocks = blocks(&content, Position::Last);
        let result =
            Inflater::new().inflate_chunk(&blocks, Position::Last, content.len(), |piece| {
                pieces.push(piece.len());
                if pieces.len() == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
        assert_eq!((result, pieces), (Ok(Inflated::Stopped), vec![STEP; 2]));
    }
}
