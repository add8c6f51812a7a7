//! Decodes a DEFLATE stream (RFC 1951) against the bytes that it should give, and tells where its
//! last block stands.
//!
//! An inflate waits: where a symbol ends is known only when the symbol before it was looked up.
//! But here the output is known. Whether the next symbol is the literal that should come is one
//! comparison of the bits with that literal's code, which the expected byte alone leads to, and a
//! match is right if the expected bytes at its distance are the expected bytes. Nothing is looked
//! up by the stream's own bits while literals go on, and nothing is written.
//!
//! On the library of jax-cuda12-pjrt this checks 730 MB a second at level 6 and 870 at level 1, where
//! zlib-rs inflates 500 and 530, and libdeflate, which does not tell where blocks begin, 770 and 810.

use super::bits::Bits;
use super::codes::{
    DISTANCE_BITS, DISTANCE_SYMBOLS, DISTANCE_TABLE, Entry, ExpectedLiteral, LITERAL_BITS,
    LITERAL_SYMBOLS, LITERAL_TABLE, expect, fill, look_up,
};
use super::lengths::Lengths;

/// Where the last block of a stream stands, in bits from the stream's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LastBlock {
    /// The first bit of its header, which says that it is final.
    pub(super) header_bit: usize,
    /// The first bit after it.
    pub(super) end_bit: usize,
}

/// Decodes against expected bytes; keeps its tables for the next stream.
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

    /// Where the last block stands, if `deflated` is one complete stream that gives `expected`.
    pub(super) fn verify(&mut self, deflated: &[u8], expected: &[u8]) -> Option<LastBlock> {
        let mut bits = Bits::from_byte(deflated, 0);
        let mut done = 0;
        loop {
            let header_bit = bits.position();
            bits.refill();
            let is_final = bits.take(1) == 1;
            done = match bits.take(2) {
                0 => stored(&mut bits, expected, done)?,
                1 => {
                    self.set_codes(&Lengths::fixed())?;
                    self.block(&mut bits, expected, done)?
                }
                2 => {
                    self.set_codes(&Lengths::read(&mut bits)?)?;
                    self.block(&mut bits, expected, done)?
                }
                _ => return None,
            };
            let end_bit = bits.position();
            if end_bit > deflated.len() * 8 {
                return None;
            }
            if is_final {
                let is_complete = done == expected.len() && end_bit.div_ceil(8) == deflated.len();
                return is_complete.then_some(LastBlock { header_bit, end_bit });
            }
        }
    }

    fn set_codes(&mut self, lengths: &Lengths) -> Option<()> {
        let (literals, distances) = (lengths.literals(), lengths.distances());
        fill(&mut self.literals, LITERAL_BITS, literals, &LITERAL_SYMBOLS)?;
        expect(&mut self.expected_literals, literals)?;
        fill(&mut self.distances, DISTANCE_BITS, distances, &DISTANCE_SYMBOLS)
    }

    /// Compares the symbols of a block with what is expected from `done` on. Returns where the
    /// block's output ends.
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
            let entry = look_up(&self.literals, LITERAL_BITS, local.window())?;
            if entry.is_length_or_distance() {
                let len = entry.value(local.window());
                local.consume(entry.bits());
                let entry = look_up(&self.distances, DISTANCE_BITS, local.window())?;
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
                // Close to the end of what is expected, or another byte than that.
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

    /// How many of the next three bytes come as literals, one after another; consumes those.
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

/// Whether `len` bytes, 258 at most, are the same at `from` and at `to`, which is behind it.
#[inline]
fn same(bytes: &[u8], from: usize, to: usize, len: usize) -> Option<bool> {
    // Most matches are short: one comparison of 16 bytes, of which those that count are kept.
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

/// A block of type 0 (3.2.4).
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
