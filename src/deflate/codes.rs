//! The codes of a DEFLATE block (RFC 1951, 3.2.2 to 3.2.7), as tables to decode with.
//!
//! An entry of a decoding table says all about the symbol at the front of the bits. A table is
//! indexed by the next few bits; codes that are longer lead to a subtable, indexed by the bits
//! after those.

#![expect(clippy::cast_possible_truncation, reason = "codes have 15 bits, symbols fewer than 300")]

/// Bits that index the tables.
pub(super) const LITERAL_BITS: u32 = 11;
pub(super) const DISTANCE_BITS: u32 = 9;
pub(super) const PRECODE_BITS: u32 = 7;

/// The longest code.
const MAX_BITS: usize = 15;

/// Symbols of the three codes.
pub(super) const LITERALS: usize = 288;
pub(super) const DISTANCES: usize = 32;
pub(super) const PRECODES: usize = 19;

/// Each prefix that longer codes share has two of them at least.
pub(super) const LITERAL_TABLE: usize =
    (1 << LITERAL_BITS) + (LITERALS / 2) * (1 << (MAX_BITS as u32 - LITERAL_BITS));
pub(super) const DISTANCE_TABLE: usize =
    (1 << DISTANCE_BITS) + (DISTANCES / 2) * (1 << (MAX_BITS as u32 - DISTANCE_BITS));

/// An entry of a decoding table:
///
/// | bits | what |
/// |---|---|
/// | 0..8 | bits to consume: those of the code and of what follows it; or the bits of a subtable's index |
/// | 8..13 | bits of the code alone |
/// | 13, 14, 15 | a literal; the block's end, or nothing valid; a subtable |
/// | 16..32 | the literal, the base of a length or distance, the start of a subtable |
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

    /// Bits to consume, those that follow the code included.
    #[inline]
    pub(super) fn bits(self) -> u32 {
        self.0 & 0xFF
    }

    #[inline]
    pub(super) fn base(self) -> usize {
        (self.0 >> 16) as usize
    }

    /// Bits to consume, in the lowest byte of this.
    #[inline]
    pub(super) fn consumed(self) -> u32 {
        self.0
    }

    /// The byte that a literal stands for.
    #[inline]
    pub(super) fn literal(self) -> u8 {
        (self.0 >> 16) as u8
    }

    /// Neither a subtable, nor a literal, the end or nothing valid.
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

    /// The base plus the bits that follow the code.
    #[inline]
    pub(super) fn value(self, window: u64) -> usize {
        let extra = (window & ((1 << (self.0 & 63)) - 1)) >> (self.0 >> 8 & 15);
        self.base() + extra as usize
    }
}

/// The entry of `table` for the symbol at the front of the bits.
#[inline]
pub(super) fn look_up(table: &[Entry], table_bits: u32, window: u64) -> Option<Entry> {
    let entry = *table.get(window as usize & ((1 << table_bits) - 1))?;
    if !entry.is_subtable() {
        return Some(entry);
    }
    let index = (window >> table_bits) as usize & ((1 << entry.bits()) - 1);
    table.get(entry.base() + index).copied()
}

/// The symbols without their codes, in the order of their numbers.
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

/// How a literal looks if it comes next: so an expected byte is recognised by one comparison, with
/// nothing looked up by the bits themselves.
#[derive(Clone, Copy)]
pub(super) struct ExpectedLiteral {
    code: u16,
    mask: u16,
    bits: u32,
}

impl ExpectedLiteral {
    /// A literal without a code: what is masked to nothing never equals this.
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

/// Hands out the codes of a canonical code, symbol by symbol.
struct Canonical {
    next: [u32; MAX_BITS + 1],
    /// Symbols with a code.
    used: u32,
    longest: u32,
    /// Whether every sequence of bits begins with a code.
    is_complete: bool,
}

impl Canonical {
    /// `None` if there are more codes than their lengths allow.
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

    /// The next code of this length, 1 to 15, first bit lowest.
    fn take(&mut self, length: u32) -> u32 {
        let code = self.next[length as usize];
        self.next[length as usize] += 1;
        code.reverse_bits() >> (32 - length)
    }
}

/// Fills a decoding table from the lengths of a canonical code. `None` for a code that zlib refuses
/// too: one with too many codes, or with too few without being that of a single distance.
pub(super) fn fill(
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
    // Both counts of bits grow by the code's.
    let entry = |symbol: u16, length: u32| {
        Some(Entry(symbols.get(usize::from(symbol))?.0 + (length << 8 | length)))
    };
    // The table for codes of so many bits: twice the one for a bit less, and the codes of just this length.
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

/// The symbols of a code in the order of their codes' lengths: as a canonical code is handed out.
struct ByLength {
    order: [u16; LITERALS],
    /// Where those of each length end.
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

    /// Those whose codes have this length, 1 to 15.
    fn symbols(&self, length: u32) -> &[u16] {
        let length = length as usize;
        &self.order[usize::from(self.ends[length - 1])..usize::from(self.ends[length])]
    }
}

/// Notes how each literal looks under a canonical code that [`fill`] has accepted.
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
