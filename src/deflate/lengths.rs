//! The code lengths of a DEFLATE block (RFC 1951, 3.2.6 and 3.2.7).

use super::bits::Bits;
use super::codes::{
    DISTANCES, Entry, LITERALS, PRECODE_BITS, PRECODE_SYMBOLS, PRECODES, build_table, lookup,
};

/// The order in which the code lengths of the precode are stored.
const PRECODE_ORDER: [usize; PRECODES] =
    [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// The maximum number of literal and length codes in a block.
const MAX_LITERALS: usize = 286;

/// The maximum number of distance codes in a block.
const MAX_DISTANCES: usize = 30;

/// The symbol that ends a block.
const END_OF_BLOCK: usize = 256;

/// The code lengths of one block.
pub(super) struct Lengths {
    /// The code lengths of the literal and length codes, then those of the distance codes.
    all: [u8; LITERALS + DISTANCES],
    literals: usize,
    distances: usize,
}

impl Lengths {
    /// Returns the code lengths of a block of type 1 (fixed codes).
    pub(super) fn fixed() -> Self {
        let mut all = [8; LITERALS + DISTANCES];
        all[144..256].fill(9);
        all[256..280].fill(7);
        all[LITERALS..].fill(5);
        Self { all, literals: LITERALS, distances: DISTANCES }
    }

    /// Reads the code lengths of a block of type 2 (dynamic codes). `None` if they are invalid.
    pub(super) fn read(bits: &mut Bits<'_>) -> Option<Self> {
        let literals = bits.take(5) as usize + 257;
        let distances = bits.take(5) as usize + 1;
        let precodes = bits.take(4) as usize + 4;
        if literals > MAX_LITERALS || distances > MAX_DISTANCES {
            return None;
        }
        let mut lengths = [0; PRECODES];
        for &symbol in &PRECODE_ORDER[..precodes] {
            bits.refill();
            lengths[symbol] = u8::try_from(bits.take(3)).ok()?;
        }
        let mut precode = [Entry::INVALID; 1 << PRECODE_BITS];
        build_table(&mut precode, PRECODE_BITS, &lengths, &PRECODE_SYMBOLS)?;

        let mut all = [0; LITERALS + DISTANCES];
        let lengths = &mut all[..literals + distances];
        let mut index = 0;
        while index < lengths.len() {
            bits.refill();
            let entry = lookup(&precode, PRECODE_BITS, bits.window())?;
            if !entry.is_length_or_distance() {
                return None;
            }
            bits.consume(entry.bits());
            let (value, count) = match entry.base() {
                16 => (*lengths.get(index.checked_sub(1)?)?, 3 + bits.take(2)),
                17 => (0, 3 + bits.take(3)),
                18 => (0, 11 + bits.take(7)),
                length => (u8::try_from(length).ok()?, 1),
            };
            let end = index + count as usize;
            lengths.get_mut(index..end)?.fill(value);
            index = end;
        }
        // A block without an end-of-block code is invalid.
        (all[END_OF_BLOCK] != 0).then_some(Self { all, literals, distances })
    }

    pub(super) fn literals(&self) -> &[u8] {
        &self.all[..self.literals]
    }

    pub(super) fn distances(&self) -> &[u8] {
        &self.all[self.literals..self.literals + self.distances]
    }
}
