//! Streaming inflate of a raw DEFLATE stream (RFC 1951). The caller can stop after any piece of the output.
//!
//! All pieces come from one buffer of fixed size. So memory use does not depend on the size of a member, and
//! the sink reads each piece while it is in the CPU's cache.
//!
//! Throughput in MB of output per second of CPU time, and relative to libdeflate in the same run. libdeflate
//! writes all output to one buffer whose pages are already mapped. zlib-rs writes pieces of 128 KiB:
//!
//! | library | this | share of libdeflate | zlib-rs, share of libdeflate |
//! |---|---|---|---|
//! | xla_cuda_plugin.so of jax-cuda12-pjrt | 728 | 0.86 | 0.71 |
//! | libtensorflow_cc.so.2 | 942 | 0.86 | 0.72 |
//! | libcudnn_engines_precompiled.so.9, which hardly compresses | 485 | 0.87 | 0.75 |

mod chunk;
mod matches;
mod segment;
mod stored;

use std::cell::Cell;
use std::ops::ControlFlow;

use thiserror::Error;

pub use self::chunk::NoSuchChunk;
use self::matches::copy_match;
use super::bits::Bits;
use super::codes::{
    DISTANCE_BITS, DISTANCE_SYMBOLS, DISTANCE_TABLE, Entry, LITERAL_BITS, LITERAL_SYMBOLS,
    LITERAL_TABLE, build_table, lookup,
};
use super::lengths::Lengths;
use super::spans::WINDOW;
use super::stream_index::{StreamIndex, window_of};
use crate::error::Diagnose;

/// Bytes before a piece that matches refer to.
const HISTORY: usize = WINDOW;

/// The length of a piece in bytes. Piece and history together (160 KiB) fit into the CPU's L2 cache.
pub const STEP: usize = 128 << 10;

/// Bytes that [`Inflater::step`] may write beyond the end of the piece: two literals, then a match of at most
/// 258 bytes, which is copied in whole words.
const SLACK: usize = 512;

const BUFFER: usize = HISTORY + STEP + SLACK;

/// The index in the buffer at which a piece is complete.
const LIMIT: usize = HISTORY + STEP;

/// The error for a stream that is damaged or truncated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the compressed data is damaged or cut short near byte {near} of {len}")]
pub struct InflateError {
    /// The approximate offset of the damage: the number of compressed bytes read so far.
    pub near: usize,
    /// The length of the stream in bytes.
    pub len: usize,
}

impl Diagnose for InflateError {}

/// How an inflate ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inflated {
    /// The whole stream was inflated. The value is its compressed length in bytes.
    Whole(usize),
    /// The sink stopped it.
    Stopped,
}

/// Why inflating ends before the end of the stream.
enum Stop {
    Damaged,
    Requested,
}

/// Inflates streams. Its tables and its buffer are reused for the next one.
pub struct Inflater {
    literals: Vec<Entry>,
    distances: Vec<Entry>,
    /// `BUFFER` bytes: [`Inflater::step`] uses it as an array.
    buffer: Vec<u8>,
    /// The index of the next byte to write.
    at: usize,
    /// The index of the first byte that was not yet passed to the sink.
    pending: usize,
    /// The index at which the next piece ends.
    limit: usize,
    /// The index of the last stream, if it is recorded.
    index: Option<StreamIndex>,
}

impl std::fmt::Debug for Inflater {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Inflater").finish_non_exhaustive()
    }
}

impl Default for Inflater {
    fn default() -> Self {
        Self::new()
    }
}

impl Inflater {
    /// Creates an inflater, with a buffer of 160 KiB.
    #[must_use]
    pub fn new() -> Self {
        Self {
            literals: vec![Entry::INVALID; LITERAL_TABLE],
            distances: vec![Entry::INVALID; DISTANCE_TABLE],
            buffer: vec![0; BUFFER],
            at: 0,
            pending: 0,
            limit: 0,
            index: None,
        }
    }

    /// Creates an inflater that records an index of a stream.
    #[must_use]
    pub fn recording_index() -> Self {
        Self { index: Some(StreamIndex::default()), ..Self::new() }
    }

    /// Returns the index of the stream that was inflated last, if it is recorded and the stream was inflated to its
    /// end. Moves it out.
    pub fn take_index(&mut self) -> Option<StreamIndex> {
        let index = self.index.as_mut().map(std::mem::take);
        index.filter(|index| index.content_len().is_some())
    }

    /// Inflates a stream and passes consecutive pieces to `sink`, until the sink breaks or the stream ends.
    /// The first piece has `first` bytes, at most [`STEP`], so that a caller that needs only the start of the
    /// content can stop early. Every later piece has [`STEP`] bytes; the last one may be shorter. Piece
    /// boundaries do not depend on the blocks of the stream.
    ///
    /// # Errors
    ///
    /// The stream is damaged or truncated. The sink may already have received some pieces.
    pub fn inflate(
        &mut self,
        deflated: &[u8],
        first: usize,
        mut sink: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<Inflated, InflateError> {
        self.inflate_with_positions(deflated, first, |piece, _| sink(piece))
    }

    /// Like [`Inflater::inflate`]. The sink also gets the number of compressed bytes that were read up to the
    /// end of the piece.
    ///
    /// # Errors
    ///
    /// As [`Inflater::inflate`].
    pub fn inflate_with_positions(
        &mut self,
        deflated: &[u8],
        first: usize,
        mut sink: impl FnMut(&[u8], usize) -> ControlFlow<()>,
    ) -> Result<Inflated, InflateError> {
        (self.at, self.pending, self.limit) = (0, 0, first.clamp(1, STEP));
        self.take_index();
        let passed = Cell::new(0);
        let mut sink = |piece: &[u8], read: usize| {
            passed.set(passed.get() + piece.len() as u64);
            sink(piece, read)
        };
        let mut bits = Bits::from_byte(deflated, 0);
        loop {
            let header_end = bits.position() as u64 + 3;
            let is_stored = bits.next_block_is_stored();
            let (is_final, mut result) = self.block(&mut bits, &mut sink);
            if let (Some(index), Ok(())) = (&mut self.index, &result) {
                let content = passed.get() + (self.at - self.pending) as u64;
                let stored = is_stored.then_some(header_end);
                let end = bits.position() as u64;
                index.spans.add_block(end, content, stored, is_final);
                if is_final {
                    index.complete(end, content);
                } else {
                    index.add_point(end, content, || window_of(&self.buffer[..self.at]));
                }
            }
            if is_final {
                result = result.and_then(|()| self.emit_rest(&bits, &mut sink));
            }
            let position = bits.position().div_ceil(8);
            let len = deflated.len();
            match result {
                Err(Stop::Requested) => return Ok(Inflated::Stopped),
                Err(Stop::Damaged) => {
                    return Err(InflateError { near: position.min(len), len });
                }
                Ok(()) if position > len => return Err(InflateError { near: len, len }),
                Ok(()) if is_final => return Ok(Inflated::Whole(position)),
                Ok(()) => {}
            }
        }
    }

    /// Inflates the next block. Returns whether it is the final block, and the result. Output that does not
    /// fill a piece stays in the buffer.
    fn block(
        &mut self,
        bits: &mut Bits<'_>,
        sink: &mut impl FnMut(&[u8], usize) -> ControlFlow<()>,
    ) -> (bool, Result<(), Stop>) {
        bits.refill();
        let is_final = bits.take(1) == 1;
        let result = match bits.take(2) {
            0 => self.stored(bits, sink),
            1 => self.compressed(&Lengths::fixed(), bits, sink),
            2 => Lengths::read(bits)
                .ok_or(Stop::Damaged)
                .and_then(|lengths| self.compressed(&lengths, bits, sink)),
            _ => Err(Stop::Damaged),
        };
        (is_final, result)
    }

    /// Passes a complete piece to the sink, with the number of compressed bytes read, and moves the history to the front of the buffer.
    fn emit(
        &mut self,
        read: usize,
        sink: &mut impl FnMut(&[u8], usize) -> ControlFlow<()>,
    ) -> Result<(), Stop> {
        if sink(&self.buffer[self.pending..self.limit], read).is_break() {
            return Err(Stop::Requested);
        }
        let discarded = self.at.saturating_sub(HISTORY).min(self.limit);
        if discarded > 0 {
            self.buffer.copy_within(discarded..self.at, 0);
        }
        self.at -= discarded;
        // A match may extend beyond the piece. The excess is the start of the next piece.
        self.pending = self.limit - discarded;
        self.limit = self.pending + STEP;
        Ok(())
    }

    /// Passes the remaining output to the sink, in at most two pieces.
    fn emit_rest(
        &mut self,
        bits: &Bits<'_>,
        sink: &mut impl FnMut(&[u8], usize) -> ControlFlow<()>,
    ) -> Result<(), Stop> {
        let read = bits.position().div_ceil(8);
        while self.at >= self.limit {
            self.emit(read, sink)?;
        }
        let rest = &self.buffer[self.pending..self.at];
        if rest.is_empty() || sink(rest, read).is_continue() {
            Ok(())
        } else {
            Err(Stop::Requested)
        }
    }

    fn compressed(
        &mut self,
        lengths: &Lengths,
        bits: &mut Bits<'_>,
        sink: &mut impl FnMut(&[u8], usize) -> ControlFlow<()>,
    ) -> Result<(), Stop> {
        build_table(&mut self.literals, LITERAL_BITS, lengths.literals(), &LITERAL_SYMBOLS)
            .ok_or(Stop::Damaged)?;
        build_table(&mut self.distances, DISTANCE_BITS, lengths.distances(), &DISTANCE_SYMBOLS)
            .ok_or(Stop::Damaged)?;
        loop {
            let is_end = self.step(bits).ok_or(Stop::Damaged)?;
            // One check per piece is enough: reads beyond the end of the stream return zeros.
            if bits.position() > bits.bytes().len() * 8 {
                return Err(Stop::Damaged);
            }
            if is_end {
                return Ok(());
            }
            self.emit(bits.position().div_ceil(8), sink)?;
        }
    }

    /// Decodes symbols until the piece is full (`Some(false)`) or the block ends (`Some(true)`). `None` if the
    /// data is damaged.
    #[expect(clippy::too_many_lines, reason = "the hot loop: its state stays in registers")]
    fn step(&mut self, bits: &mut Bits<'_>) -> Option<bool> {
        // Local copies stay in registers. Arrays of known length need fewer bounds checks.
        let mut local = *bits;
        let (mut at, limit) = (self.at, self.limit.min(LIMIT));
        let literals: &[Entry; LITERAL_TABLE] = self.literals.as_slice().try_into().ok()?;
        let distances: &[Entry; DISTANCE_TABLE] = self.distances.as_slice().try_into().ok()?;
        let buffer: &mut [u8; BUFFER] = self.buffer.as_mut_slice().try_into().ok()?;
        local.refill();
        // The next entry is looked up before the match is copied, so that the two overlap.
        let mut entry = literals[index(local.window())];
        let ends = loop {
            if at >= limit {
                break false;
            }
            if entry.is_literal() {
                local.consume(entry.consumed());
                buffer[at] = entry.literal();
                at += 1;
                entry = literals[index(local.window())];
                if entry.is_literal() {
                    local.consume(entry.consumed());
                    buffer[at] = entry.literal();
                    at += 1;
                    entry = literals[index(local.window())];
                    if entry.is_literal() {
                        local.consume(entry.consumed());
                        buffer[at] = entry.literal();
                        at += 1;
                        local.refill();
                        entry = literals[index(local.window())];
                        continue;
                    }
                }
                local.refill();
            }
            if entry.is_subtable() {
                entry = lookup(literals, LITERAL_BITS, local.window())?;
                if entry.is_literal() {
                    local.consume(entry.consumed());
                    buffer[at] = entry.literal();
                    at += 1;
                    local.refill();
                    entry = literals[index(local.window())];
                    continue;
                }
            }
            if !entry.is_length_or_distance() {
                local.consume(entry.consumed());
                if !entry.is_end() {
                    *bits = local;
                    return None;
                }
                break true;
            }
            let len = entry.value(local.window());
            local.consume(entry.consumed());
            let distances_entry = lookup(distances, DISTANCE_BITS, local.window())?;
            if !distances_entry.is_length_or_distance() {
                *bits = local;
                return None;
            }
            let distance = distances_entry.value(local.window());
            local.consume(distances_entry.consumed());
            local.refill();
            entry = literals[index(local.window())];
            let from = at.checked_sub(distance)?;
            copy_match(buffer, from, at, len);
            at += len;
        };
        *bits = local;
        self.at = at;
        Some(ends)
    }
}

/// Returns the index of the next symbol's entry in the table of literals.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the mask keeps a few bits")]
fn index(window: u64) -> usize {
    window as usize & ((1 << LITERAL_BITS) - 1)
}

#[cfg(test)]
mod tests;
