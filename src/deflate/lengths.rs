//! What stands in front of a DEFLATE block: the lengths of its codes (RFC 1951, 3.2.6 and 3.2.7).

use super::bits::Bits;
use super::codes::{
    DISTANCES, Entry, LITERALS, PRECODE_BITS, PRECODE_SYMBOLS, PRECODES, fill, look_up,
};

/// In which order the lengths of the precode's codes come.
const PRECODE_ORDER: [usize; PRECODES] =
    [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// Literals and lengths, and distances, that a block can have codes for.
const MOST_LITERALS: usize = 286;
const MOST_DISTANCES: usize = 30;

/// The symbol that ends a block.
const END_OF_BLOCK: usize = 256;

/// Lengths of the codes of one block.
pub(super) struct Lengths {
    /// Those of literals and lengths, then those of distances.
    all: [u8; LITERALS + DISTANCES],
    literals: usize,
    distances: usize,
}

impl Lengths {
    /// Those of a block of type 1.
    pub(super) fn fixed() -> Self {
        let mut all = [8; LITERALS + DISTANCES];
        all[144..256].fill(9);
        all[256..280].fill(7);
        all[LITERALS..].fill(5);
        Self { all, literals: LITERALS, distances: DISTANCES }
    }

    /// Those in front of a block of type 2. `None` if they make no code.
    pub(super) fn read(bits: &mut Bits<'_>) -> Option<Self> {
        let literals = bits.take(5) as usize + 257;
        let distances = bits.take(5) as usize + 1;
        let precodes = bits.take(4) as usize + 4;
        if literals > MOST_LITERALS || distances > MOST_DISTANCES {
            return None;
        }
        let mut lengths = [0; PRECODES];
        for &place in &PRECODE_ORDER[..precodes] {
            bits.refill();
            lengths[place] = u8::try_from(bits.take(3)).ok()?;
        }
        let mut precode = [Entry::INVALID; 1 << PRECODE_BITS];
        fill(&mut precode, PRECODE_BITS, &lengths, &PRECODE_SYMBOLS)?;

        let mut all = [0; LITERALS + DISTANCES];
        let lengths = &mut all[..literals + distances];
        let mut index = 0;
        while index < lengths.len() {
            bits.refill();
            let entry = look_up(&precode, PRECODE_BITS, bits.window())?;
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
        // A block without an end cannot be right.
        (all[END_OF_BLOCK] != 0).then_some(Self { all, literals, distances })
    }

    pub(super) fn literals(&self) -> &[u8] {
        &self.all[..self.literals]
    }

    pub(super) fn distances(&self) -> &[u8] {
        &self.all[self.literals..self.literals + self.distances]
    }
}
