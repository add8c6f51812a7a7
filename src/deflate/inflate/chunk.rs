//! Inflates one chunk of a stream by itself, and sees that it is one.

use std::ops::ControlFlow;

use thiserror::Error;

use super::{Inflated, Inflater, STEP, Stop};
use crate::deflate::Position;
use crate::deflate::bits::Bits;

/// Blocks that are not what they are said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the compressed data has no such chunk")]
pub struct NoSuchChunk;

impl Inflater {
    /// Inflates blocks that stand for themselves, as [`crate::deflate::Deflater::compress`] makes them of a chunk
    /// of `len` bytes: they reach back to nothing before the first of them, end exactly where `blocks`
    /// end, on a byte boundary, and only those of the last chunk have a final one. Then they are a part
    /// of the stream that every inflater sees in it, if what stands before them is. All pieces but the
    /// last have [`STEP`] bytes. An error, perhaps after some pieces, if it is not so.
    pub fn inflate_chunk(
        &mut self,
        blocks: &[u8],
        position: Position,
        len: usize,
        mut sink: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<Inflated, NoSuchChunk> {
        (self.at, self.fresh, self.limit) = (0, 0, STEP);
        let mut bits = Bits::from_byte(blocks, 0);
        let (mut inflated, mut is_stopped) = (0, false);
        let mut count = |piece: &[u8]| {
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
                    return self.hand_out_rest(&mut count);
                }
                if end >= blocks.len() * 8 {
                    return Err(Stop::Damaged);
                }
            }
        };
        let result = run();
        match result {
            Ok(()) if inflated == len => Ok(Inflated::Whole(blocks.len())),
            Err(Stop::Enough) if is_stopped => Ok(Inflated::Stopped),
            _ => Err(NoSuchChunk),
        }
    }
}
