//! Verifies a DEFLATE stream (RFC 1951) against its expected output, and locates its last block.
//!
//! An ordinary inflate has a chain of dependent lookups: a symbol's end is known only after its
//! lookup. Here the output is known. Whether the next symbol is the expected literal takes one
//! comparison of the bits with that literal's code, and the expected byte alone selects the code. A
//! match is right if the expected bytes at its distance equal the expected bytes. A run of literals
//! needs no table lookups, and nothing is ever written.
//!
//! On the library of jax-cuda12-pjrt this verifies 730 MB/s at level 6 and 870 MB/s at level 1. zlib-rs
//! inflates 500 and 530 MB/s; libdeflate, which does not report where blocks begin, 770 and 810 MB/s.

use super::bits::Bits;
use super::codes::{
    DISTANCE_BITS, DISTANCE_SYMBOLS, DISTANCE_TABLE, Entry, ExpectedLiteral, LITERAL_BITS,
    LITERAL_SYMBOLS, LITERAL_TABLE, build_table, expect, lookup,
};
use super::lengths::Lengths;
use crate::deflate::Position;

/// The position of a stream's last block, in bits from the start of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LastBlock {
    /// The first bit of its header: the final bit.
    pub(super) header_bit: usize,
    /// The first bit after it.
    pub(super) end_bit: usize,
}

/// Verifies streams. Its tables are reused for the next one.
pub(super) struct Verifier {
    literals: Vec<Entry>,
    distances: Vec<Entry>,
    expected_literals: Box<[ExpectedLiteral; 256]>,
}

impl Verifier {
    pub(super) fn new() -> Self {
        Self {
            literals: vec![Entry::INVALID; LITERAL_TABLE],
            distances: vec![Entry::INVALID; DISTANCE_TABLE],
            expected_literals: Box::new([ExpectedLiteral::NEVER; 256]),
        }
    }

    /// Returns the position of the last block, if `deflated` is one complete stream that decodes to
    /// `expected`.
    pub(super) fn verify(&mut self, deflated: &[u8], expected: &[u8]) -> Option<LastBlock> {
        self.verify_last(deflated, expected, 0)
    }

    /// Whether `blocks` decode to the content after the first `history` bytes of `expected`, if these stand
    /// before it in the stream. Inner blocks must end on a byte boundary, and none may be final; the last part
    /// must end with a final block.
    pub(super) fn verify_part(
        &mut self,
        blocks: &[u8],
        position: Position,
        expected: &[u8],
        history: usize,
    ) -> bool {
        match position {
            Position::Last => self.verify_last(blocks, expected, history).is_some(),
            Position::Inner => self.verify_inner(blocks, expected, history).is_some(),
        }
    }

    fn verify_last(
        &mut self,
        deflated: &[u8],
        expected: &[u8],
        mut done: usize,
    ) -> Option<LastBlock> {
        let mut bits = Bits::from_byte(deflated, 0);
        loop {
            let header_bit = bits.position();
            let is_final;
            (is_final, done) = self.next_block(&mut bits, expected, done)?;
            if is_final {
                let end_bit = bits.position();
                let is_complete = done == expected.len() && end_bit.div_ceil(8) == deflated.len();
                return is_complete.then_some(LastBlock { header_bit, end_bit });
            }
        }
    }

    fn verify_inner(&mut self, blocks: &[u8], expected: &[u8], mut done: usize) -> Option<()> {
        let mut bits = Bits::from_byte(blocks, 0);
        while bits.position() < blocks.len() * 8 {
            let is_final;
            (is_final, done) = self.next_block(&mut bits, expected, done)?;
            if is_final {
                return None;
            }
        }
        (done == expected.len()).then_some(())
    }

    /// Compares the next block with the expected bytes from `done` on. Returns whether it is final, and the index
    /// after its output.
    fn next_block(
        &mut self,
        bits: &mut Bits<'_>,
        expected: &[u8],
        done: usize,
    ) -> Option<(bool, usize)> {
        bits.refill();
        let is_final = bits.take(1) == 1;
        let done = match bits.take(2) {
            0 => stored(bits, expected, done)?,
            1 => {
                self.set_codes(&Lengths::fixed())?;
                self.block(bits, expected, done)?
            }
            2 => {
                self.set_codes(&Lengths::read(bits)?)?;
                self.block(bits, expected, done)?
            }
            _ => return None,
        };
        (bits.position() <= bits.bytes().len() * 8).then_some((is_final, done))
    }

    fn set_codes(&mut self, lengths: &Lengths) -> Option<()> {
        let (literals, distances) = (lengths.literals(), lengths.distances());
        build_table(&mut self.literals, LITERAL_BITS, literals, &LITERAL_SYMBOLS)?;
        expect(&mut self.expected_literals, literals)?;
        build_table(&mut self.distances, DISTANCE_BITS, distances, &DISTANCE_SYMBOLS)
    }

    /// Compares the symbols of a block with the expected bytes from `done` on. Returns the index after the
    /// block's output.
    fn block(&self, bits: &mut Bits<'_>, expected: &[u8], mut done: usize) -> Option<usize> {
        // A local copy stays in registers.
        let mut local = *bits;
        loop {
            local.refill();
            if let Some(next) = expected.get(done..).and_then(|rest| rest.first_chunk()) {
                let literals = self.literals_next(&mut local, *next);
                done += literals;
                match literals {
                    0 => {}
                    3 => continue,
                    _ => local.refill(),
                }
            }
            let entry = lookup(&self.literals, LITERAL_BITS, local.window())?;
            if entry.is_length_or_distance() {
                let len = entry.value(local.window());
                local.consume(entry.bits());
                let entry = lookup(&self.distances, DISTANCE_BITS, local.window())?;
                if !entry.is_length_or_distance() {
                    return None;
                }
                let distance = entry.value(local.window());
                local.consume(entry.bits());
                if !same(expected, done.checked_sub(distance)?, done, len)? {
                    return None;
                }
                done += len;
            } else if entry.is_literal() {
                // Near the end of the expected bytes, or a wrong byte.
                local.consume(entry.bits());
                if usize::from(*expected.get(done)?) != entry.base() {
                    return None;
                }
                done += 1;
            } else {
                local.consume(entry.bits());
                *bits = local;
                return entry.is_end().then_some(done);
            }
        }
    }

    /// Consumes up to three literals that are the next expected bytes. Returns how many.
    #[inline]
    fn literals_next(&self, bits: &mut Bits<'_>, next: [u8; 3]) -> usize {
        for (count, byte) in next.into_iter().enumerate() {
            let literal = self.expected_literals[usize::from(byte)];
            if !literal.is_next(bits.window()) {
                return count;
            }
            bits.consume(literal.bits());
        }
        next.len()
    }
}

/// Whether `len` bytes, 258 at most, are equal at `from` and at `to`, which is greater.
#[inline]
fn same(bytes: &[u8], from: usize, to: usize, len: usize) -> Option<bool> {
    // Most matches are short: one comparison of 16 bytes, with the bytes beyond the match masked.
    if len <= 16
        && let (Some(one), Some(other)) = (word(bytes, from), word(bytes, to))
    {
        return Some((one ^ other) & (u128::MAX >> (128 - 8 * len)) == 0);
    }
    Some(bytes.get(from..from + len)? == bytes.get(to..to + len)?)
}

#[inline]
fn word(bytes: &[u8], start: usize) -> Option<u128> {
    Some(u128::from_le_bytes(*bytes.get(start..)?.first_chunk()?))
}

/// Compares a block of type 0 (stored; RFC 1951, 3.2.4).
fn stored(bits: &mut Bits<'_>, expected: &[u8], done: usize) -> Option<usize> {
    let bytes = bits.bytes();
    let start = bits.position().div_ceil(8);
    let &[len_low, len_high, not_low, not_high] = bytes.get(start..)?.first_chunk()?;
    let len = u16::from_le_bytes([len_low, len_high]);
    if u16::from_le_bytes([not_low, not_high]) != !len {
        return None;
    }
    let (start, len) = (start + 4, usize::from(len));
    let data = bytes.get(start..start + len)?;
    *bits = Bits::from_byte(bytes, start + len);
    (expected.get(done..done + len)? == data).then_some(done + len)
}

#[cfg(test)]
mod tests;
