//! Decoding tables for the codes of a DEFLATE block (RFC 1951, 3.2.2 to 3.2.7).
//!
//! The next few bits are the index into a table. Its entry describes the symbol that these bits begin with.
//! For longer codes the entry refers to a subtable, and the following bits are the index into it.

#![expect(clippy::cast_possible_truncation, reason = "codes have 15 bits, symbols fewer than 300")]

/// The number of index bits of each table.
pub(super) const LITERAL_BITS: u32 = 11;
pub(super) const DISTANCE_BITS: u32 = 9;
pub(super) const PRECODE_BITS: u32 = 7;

/// The length of the longest code in bits.
const MAX_BITS: usize = 15;

/// The number of symbols of each of the three codes.
pub(super) const LITERALS: usize = 288;
pub(super) const DISTANCES: usize = 32;
pub(super) const PRECODES: usize = 19;

/// The lengths of the tables with their subtables. At least two codes share each prefix of a subtable.
pub(super) const LITERAL_TABLE: usize =
    (1 << LITERAL_BITS) + (LITERALS / 2) * (1 << (MAX_BITS as u32 - LITERAL_BITS));
pub(super) const DISTANCE_TABLE: usize =
    (1 << DISTANCE_BITS) + (DISTANCES / 2) * (1 << (MAX_BITS as u32 - DISTANCE_BITS));

/// An entry of a decoding table:
///
/// | bits | meaning |
/// |---|---|
/// | 0..8 | number of bits to consume (code and extra bits), or of index bits of a subtable |
/// | 8..13 | number of bits of the code |
/// | 13, 14, 15 | a literal; the end of the block, or an invalid code; a subtable |
/// | 16..32 | the literal, the base of a length or distance, or the start of a subtable |
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry(u32);

impl Entry {
    const LITERAL: u32 = 1 << 13;
    const END: u32 = 1 << 14;
    const SUBTABLE: u32 = 1 << 15;
    pub(super) const INVALID: Self = Self(Self::END | 1 << 16);

    const fn symbol(base: u32, extra_bits: u32) -> Self {
        Self(base << 16 | extra_bits)
    }

    /// Returns the number of bits to consume: the code and its extra bits.
    #[inline]
    pub(super) fn bits(self) -> u32 {
        self.0 & 0xFF
    }

    #[inline]
    pub(super) fn base(self) -> usize {
        (self.0 >> 16) as usize
    }

    /// Returns a number whose lowest byte is the number of bits to consume.
    #[inline]
    pub(super) fn consumed(self) -> u32 {
        self.0
    }

    /// Returns the byte of a literal.
    #[inline]
    pub(super) fn literal(self) -> u8 {
        (self.0 >> 16) as u8
    }

    /// Whether this is a length or a distance: no literal, subtable, end of block or invalid code.
    #[inline]
    pub(super) fn is_length_or_distance(self) -> bool {
        self.0 & (Self::SUBTABLE | Self::END | Self::LITERAL) == 0
    }

    #[inline]
    pub(super) fn is_literal(self) -> bool {
        self.0 & Self::LITERAL != 0
    }

    #[inline]
    pub(super) fn is_end(self) -> bool {
        self.0 & Self::INVALID.0 == Self::END
    }

    #[inline]
    pub(super) fn is_subtable(self) -> bool {
        self.0 & Self::SUBTABLE != 0
    }

    /// Returns the length or distance: the base plus the extra bits.
    #[inline]
    pub(super) fn value(self, window: u64) -> usize {
        let extra = (window & ((1 << (self.0 & 63)) - 1)) >> (self.0 >> 8 & 15);
        self.base() + extra as usize
    }
}

/// Returns the entry for the symbol that the window begins with.
#[inline]
pub(super) fn lookup(table: &[Entry], table_bits: u32, window: u64) -> Option<Entry> {
    let entry = *table.get(window as usize & ((1 << table_bits) - 1))?;
    if !entry.is_subtable() {
        return Some(entry);
    }
    let index = (window >> table_bits) as usize & ((1 << entry.bits()) - 1);
    table.get(entry.base() + index).copied()
}

/// The entries of all symbols, without the lengths of their codes.
pub(super) const LITERAL_SYMBOLS: [Entry; LITERALS] = literal_symbols();
pub(super) const DISTANCE_SYMBOLS: [Entry; DISTANCES] = distance_symbols();
pub(super) const PRECODE_SYMBOLS: [Entry; PRECODES] = precode_symbols();

const fn literal_symbols() -> [Entry; LITERALS] {
    let mut symbols = [Entry::INVALID; LITERALS];
    let mut byte = 0;
    while byte < 256 {
        symbols[byte] = Entry((byte as u32) << 16 | Entry::LITERAL);
        byte += 1;
    }
    symbols[256] = Entry(Entry::END);
    let mut base = 3;
    let mut index = 0;
    while index < 28 {
        let extra_bits = if index < 8 { 0 } else { index as u32 / 4 - 1 };
        symbols[257 + index] = Entry::symbol(base, extra_bits);
        base += 1 << extra_bits;
        index += 1;
    }
    symbols[285] = Entry::symbol(258, 0);
    symbols
}

const fn distance_symbols() -> [Entry; DISTANCES] {
    let mut symbols = [Entry::INVALID; DISTANCES];
    let mut base = 1;
    let mut index = 0;
    while index < 30 {
        let extra_bits = if index < 4 { 0 } else { index as u32 / 2 - 1 };
        symbols[index] = Entry::symbol(base, extra_bits);
        base += 1 << extra_bits;
        index += 1;
    }
    symbols
}

const fn precode_symbols() -> [Entry; PRECODES] {
    let mut symbols = [Entry::INVALID; PRECODES];
    let mut index = 0;
    while index < PRECODES {
        symbols[index] = Entry::symbol(index as u32, 0);
        index += 1;
    }
    symbols
}

/// The code of a literal. One comparison shows whether an expected byte is next, without a lookup
/// by the bits of the stream.
#[derive(Clone, Copy)]
pub(super) struct ExpectedLiteral {
    code: u16,
    mask: u16,
    bits: u32,
}

impl ExpectedLiteral {
    /// A literal without a code. It never matches: the masked window is 0.
    pub(super) const NEVER: Self = Self { code: 1, mask: 0, bits: 0 };

    #[inline]
    pub(super) fn bits(self) -> u32 {
        self.bits
    }

    #[inline]
    pub(super) fn is_next(self, window: u64) -> bool {
        window as u16 & self.mask == self.code
    }
}

/// Assigns the codes of a canonical Huffman code, symbol by symbol.
struct Canonical {
    next: [u32; MAX_BITS + 1],
    /// The number of symbols with a code.
    used: u32,
    longest: u32,
    /// Whether every bit sequence begins with a code.
    is_complete: bool,
}

impl Canonical {
    /// Returns `None` if the code is oversubscribed: more codes than their lengths allow.
    fn new(lengths: &[u8]) -> Option<Self> {
        let mut counts = [0_u32; MAX_BITS + 1];
        for &length in lengths {
            *counts.get_mut(usize::from(length))? += 1;
        }
        counts[0] = 0;
        let mut next = [0; MAX_BITS + 1];
        let mut code = 0;
        let mut longest = 0;
        for length in 1..=MAX_BITS {
            code = (code + counts[length - 1]) << 1;
            next[length] = code;
            if code + counts[length] > 1 << length {
                return None;
            }
            if counts[length] > 0 {
                longest = length;
            }
        }
        let is_complete = longest > 0 && next[longest] + counts[longest] == 1 << longest;
        Some(Self { next, used: counts.iter().sum(), longest: longest as u32, is_complete })
    }

    /// Returns the next code of this length, 1 to 15 bits, its first bit lowest.
    fn take(&mut self, length: u32) -> u32 {
        let code = self.next[length as usize];
        self.next[length as usize] += 1;
        code.reverse_bits() >> (32 - length)
    }
}

/// Fills a decoding table from the lengths of a canonical code. Returns `None` for a code that zlib refuses
/// too: an oversubscribed one, or an incomplete one other than a single distance code.
pub(super) fn build_table(
    table: &mut [Entry],
    table_bits: u32,
    lengths: &[u8],
    symbols: &[Entry],
) -> Option<()> {
    let mut codes = Canonical::new(lengths)?;
    let may_be_incomplete = table_bits == DISTANCE_BITS && codes.longest <= 1 && codes.used <= 1;
    if !codes.is_complete && !may_be_incomplete {
        return None;
    }
    if !codes.is_complete || codes.longest > table_bits {
        table[..1 << table_bits].fill(Entry::INVALID);
    }
    let sorted = ByLength::new(lengths);
    // The code's length adds to both bit counts.
    let entry = |symbol: u16, length: u32| {
        Some(Entry(symbols.get(usize::from(symbol))?.0 + (length << 8 | length)))
    };
    // The table for `length` bits is the one for a bit less, twice, and the codes of exactly this length.
    for length in 1..=table_bits {
        if length > 1 {
            table.copy_within(..1 << (length - 1), 1 << (length - 1));
        }
        for &symbol in sorted.symbols(length) {
            table[codes.take(length) as usize] = entry(symbol, length)?;
        }
    }
    let longest = codes.longest;
    let mut next_subtable = 1 << table_bits;
    for length in table_bits + 1..=longest {
        for &symbol in sorted.symbols(length) {
            let code = codes.take(length) as usize;
            let (prefix, rest) = (code & ((1 << table_bits) - 1), code >> table_bits);
            let bits = longest - table_bits;
            if !table[prefix].is_subtable() {
                let end = next_subtable + (1 << bits);
                table.get_mut(next_subtable..end)?.fill(Entry::INVALID);
                table[prefix] = Entry((next_subtable as u32) << 16 | Entry::SUBTABLE | bits);
                next_subtable = end;
            }
            let start = table[prefix].base();
            let subtable = table.get_mut(start..start + (1 << bits))?;
            let step = 1 << (length - table_bits);
            let entry = entry(symbol, length)?;
            subtable.iter_mut().skip(rest).step_by(step).for_each(|it| *it = entry);
        }
    }
    Some(())
}

/// The symbols of a code, sorted by the lengths of their codes: the order of a canonical code.
struct ByLength {
    order: [u16; LITERALS],
    /// The index after the last symbol of each length.
    ends: [u16; MAX_BITS + 1],
}

impl ByLength {
    fn new(lengths: &[u8]) -> Self {
        let place = |length: u8| usize::from(length) & MAX_BITS;
        let mut ends = [0_u16; MAX_BITS + 1];
        for &length in lengths {
            ends[place(length)] += 1;
        }
        let mut sum = 0;
        for end in &mut ends {
            (*end, sum) = (sum, sum + *end);
        }
        let mut order = [0; LITERALS];
        for (symbol, &length) in (0_u16..).zip(lengths) {
            let end = &mut ends[place(length)];
            order[usize::from(*end)] = symbol;
            *end += 1;
        }
        Self { order, ends }
    }

    /// Returns the symbols whose codes have this length, 1 to 15 bits.
    fn symbols(&self, length: u32) -> &[u16] {
        let length = length as usize;
        &self.order[usize::from(self.ends[length - 1])..usize::from(self.ends[length])]
    }
}

/// Stores the code of each literal. [`build_table`] must have accepted the lengths.
pub(super) fn expect(literals: &mut [ExpectedLiteral; 256], lengths: &[u8]) -> Option<()> {
    let mut codes = Canonical::new(lengths)?;
    for (literal, &length) in literals.iter_mut().zip(lengths) {
        *literal = ExpectedLiteral::NEVER;
        if length > 0 {
            let bits = u32::from(length);
            let mask = ((1_u32 << bits) - 1) as u16;
            *literal = ExpectedLiteral { code: codes.take(bits) as u16, mask, bits };
        }
    }
    Some(())
}
