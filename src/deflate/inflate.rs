//! Inflates a raw DEFLATE stream (RFC 1951) piece by piece, and stops when the reader has seen enough.
//!
//! The pieces come from one buffer of fixed size, so that a member of any size costs the same memory,
//! and a sink looks at each while it is in cache.
//!
//! MB of output a second of CPU time, and as a share of what libdeflate does in the same run, into a
//! buffer for the whole output that has been touched before; beside it zlib-rs, in pieces of 128 KiB:
//!
//! | library | this | of libdeflate | zlib-rs, of libdeflate |
//! |---|---|---|---|
//! | xla_cuda_plugin.so of jax-cuda12-pjrt | 728 | 0.86 | 0.71 |
//! | libtensorflow_cc.so.2 | 942 | 0.86 | 0.72 |
//! | libcudnn_engines_precompiled.so.9, which hardly compresses | 485 | 0.87 | 0.75 |

mod chunk;

use std::ops::ControlFlow;

use thiserror::Error;

pub use self::chunk::NoSuchChunk;
use super::bits::Bits;
use super::codes::{
    DISTANCE_BITS, DISTANCE_SYMBOLS, DISTANCE_TABLE, Entry, LITERAL_BITS, LITERAL_SYMBOLS,
    LITERAL_TABLE, fill, look_up,
};
use super::lengths::Lengths;
use crate::error::Diagnose;

/// How far back a match can reach.
const HISTORY: usize = 32 << 10;

/// Bytes between two calls of the sink: with the history they stay in the second-level cache.
pub const STEP: usize = 128 << 10;

/// What the fastest path may write beyond the step: two literals, and a match in words.
const SLACK: usize = 512;

const BUFFER: usize = HISTORY + STEP + SLACK;

/// Where the output is handed out.
const LIMIT: usize = HISTORY + STEP;

/// A stream that does not inflate: it is damaged, or goes on behind its last byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the compressed data is damaged or cut short near byte {near} of {len}")]
pub struct InflateError {
    /// How many bytes of it were read, more or less.
    pub near: usize,
    /// How many it has.
    pub len: usize,
}

impl Diagnose for InflateError {}

/// How inflating ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inflated {
    /// The stream is at its end; so many bytes of it were read.
    Whole(usize),
    /// The sink had enough.
    Stopped,
}

/// Why the inner loops end early.
enum Stop {
    Damaged,
    Enough,
}

/// Inflates streams; keeps its tables and buffer for the next one.
pub struct Inflater {
    literals: Vec<Entry>,
    distances: Vec<Entry>,
    /// Of the length of its array type: see [`Inflater::step`].
    buffer: Vec<u8>,
    /// Where the next byte goes.
    at: usize,
    /// Where what was not handed out yet begins.
    fresh: usize,
    /// Where the next piece ends.
    limit: usize,
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
    /// An inflater, with its buffer of 160 KiB.
    #[must_use]
    pub fn new() -> Self {
        Self {
            literals: vec![Entry::INVALID; LITERAL_TABLE],
            distances: vec![Entry::INVALID; DISTANCE_TABLE],
            buffer: vec![0; BUFFER],
            at: 0,
            fresh: 0,
            limit: 0,
        }
    }

    /// Inflates from the first byte of `deflated` on and hands consecutive pieces to `sink`, until it
    /// breaks or the stream ends. The first piece has `first` bytes, [`STEP`] at most, so that whoever
    /// knows by it that there is nothing to see pays for no more; all others but the last have [`STEP`].
    /// Where pieces begin depends on nothing else.
    pub fn inflate(
        &mut self,
        deflated: &[u8],
        first: usize,
        mut sink: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<Inflated, InflateError> {
        (self.at, self.fresh, self.limit) = (0, 0, first.clamp(1, STEP));
        let mut bits = Bits::from_byte(deflated, 0);
        loop {
            let (is_final, mut result) = self.block(&mut bits, &mut sink);
            if is_final {
                result = result.and_then(|()| self.hand_out_rest(&mut sink));
            }
            let position = bits.position().div_ceil(8);
            let len = deflated.len();
            match result {
                Err(Stop::Enough) => return Ok(Inflated::Stopped),
                Err(Stop::Damaged) => {
                    return Err(InflateError { near: position.min(len), len });
                }
                Ok(()) if position > len => return Err(InflateError { near: len, len }),
                Ok(()) if is_final => return Ok(Inflated::Whole(position)),
                Ok(()) => {}
            }
        }
    }

    /// Inflates the next block, of which not all is handed out; says whether it is the last.
    fn block(
        &mut self,
        bits: &mut Bits<'_>,
        sink: &mut impl FnMut(&[u8]) -> ControlFlow<()>,
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

    /// Hands out a piece, which is there, and moves the history to the front.
    fn hand_out(&mut self, sink: &mut impl FnMut(&[u8]) -> ControlFlow<()>) -> Result<(), Stop> {
        if sink(&self.buffer[self.fresh..self.limit]).is_break() {
            return Err(Stop::Enough);
        }
        let gone = self.at.saturating_sub(HISTORY).min(self.limit);
        if gone > 0 {
            self.buffer.copy_within(gone..self.at, 0);
        }
        self.at -= gone;
        // What a last match has added to the piece is the begin of the next one.
        self.fresh = self.limit - gone;
        self.limit = self.fresh + STEP;
        Ok(())
    }

    /// Hands out the last piece, or the last two.
    fn hand_out_rest(
        &mut self,
        sink: &mut impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), Stop> {
        while self.at >= self.limit {
            self.hand_out(sink)?;
        }
        let rest = &self.buffer[self.fresh..self.at];
        if rest.is_empty() || sink(rest).is_continue() { Ok(()) } else { Err(Stop::Enough) }
    }

    fn compressed(
        &mut self,
        lengths: &Lengths,
        bits: &mut Bits<'_>,
        sink: &mut impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), Stop> {
        fill(&mut self.literals, LITERAL_BITS, lengths.literals(), &LITERAL_SYMBOLS)
            .ok_or(Stop::Damaged)?;
        fill(&mut self.distances, DISTANCE_BITS, lengths.distances(), &DISTANCE_SYMBOLS)
            .ok_or(Stop::Damaged)?;
        loop {
            let is_end = self.step(bits).ok_or(Stop::Damaged)?;
            // Once a step is enough: what lies behind the stream's end reads as zeros.
            if bits.position() > bits.bytes().len() * 8 {
                return Err(Stop::Damaged);
            }
            if is_end {
                return Ok(());
            }
            self.hand_out(sink)?;
        }
    }

    /// Decodes symbols until the buffer is full (`false`) or the block ends (`true`).
    fn step(&mut self, bits: &mut Bits<'_>) -> Option<bool> {
        // Local copies stay in registers; slices of known length need fewer checks.
        let mut local = *bits;
        let (mut at, limit) = (self.at, self.limit.min(LIMIT));
        let literals: &[Entry; LITERAL_TABLE] = self.literals.as_slice().try_into().ok()?;
        let distances: &[Entry; DISTANCE_TABLE] = self.distances.as_slice().try_into().ok()?;
        let buffer: &mut [u8; BUFFER] = self.buffer.as_mut_slice().try_into().ok()?;
        local.refill();
        // Looked up as soon as its bits are there: a match is copied meanwhile.
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
                entry = look_up(literals, LITERAL_BITS, local.window())?;
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
            let distances_entry = look_up(distances, DISTANCE_BITS, local.window())?;
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

    /// A block of type 0 (3.2.4).
    fn stored(
        &mut self,
        bits: &mut Bits<'_>,
        sink: &mut impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), Stop> {
        let bytes = bits.bytes();
        let start = bits.position().div_ceil(8);
        let header: Option<&[u8; 4]> = bytes.get(start..).and_then(|rest| rest.first_chunk());
        let Some(&[len_low, len_high, not_low, not_high]) = header else {
            return Err(Stop::Damaged);
        };
        let len = u16::from_le_bytes([len_low, len_high]);
        if u16::from_le_bytes([not_low, not_high]) != !len {
            return Err(Stop::Damaged);
        }
        let (start, len) = (start + 4, usize::from(len));
        let Some(mut data) = bytes.get(start..start + len) else { return Err(Stop::Damaged) };
        *bits = Bits::from_byte(bytes, start + len);
        while !data.is_empty() {
            if self.at >= self.limit {
                self.hand_out(sink)?;
            }
            let (now, later) = data.split_at(data.len().min(self.limit - self.at));
            self.buffer[self.at..self.at + now.len()].copy_from_slice(now);
            self.at += now.len();
            data = later;
        }
        Ok(())
    }
}

/// Where the next symbol's entry is in the table of literals.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the mask keeps a few bits")]
fn index(window: u64) -> usize {
    window as usize & ((1 << LITERAL_BITS) - 1)
}

/// Repeats `len` bytes, 258 at most, from `from` on at `to`, which is behind it; may write up to 31
/// bytes more.
#[inline]
fn copy_match(buffer: &mut [u8; BUFFER], from: usize, to: usize, len: usize) {
    let distance = to - from;
    // No match is empty, so the first word needs no question.
    if distance >= 16 {
        copy_word::<16>(buffer, from, to);
        let mut done = 16;
        while done < len {
            copy_word::<16>(buffer, from + done, to + done);
            done += 16;
        }
    } else if distance == 1 {
        let byte = buffer[from];
        buffer[to..to + len].fill(byte);
    } else {
        // Of a word that is longer than the distance the begin is right, and the rest written again.
        let step = distance.min(8);
        let mut done = 0;
        while done < len {
            copy_word::<8>(buffer, from + done, to + done);
            done += step;
        }
    }
}

#[inline]
fn copy_word<const N: usize>(buffer: &mut [u8; BUFFER], from: usize, to: usize) {
    let word: Option<[u8; N]> = buffer.get(from..).and_then(|rest| rest.first_chunk()).copied();
    let place = buffer.get_mut(to..).and_then(|rest| rest.first_chunk_mut());
    if let (Some(word), Some(place)) = (word, place) {
        *place = word;
    }
}

#[cfg(test)]
mod tests;
