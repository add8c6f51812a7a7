//! The bits of a DEFLATE stream, least significant first.

/// A window of bits over a stream, in a register.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The first byte that is not in the window.
    next: usize,
    window: u64,
    /// Bits in it, below 64, in the lowest byte; what stands above has no meaning.
    count: u32,
}

impl<'a> Bits<'a> {
    /// Bits that are there after [`Bits::refill`]: enough for three literals of 15 bits, or for a
    /// length and its distance, 15 + 5 + 15 + 13.
    pub(super) const FILLED: u32 = 56;

    /// The bits from a byte on.
    pub(super) fn from_byte(bytes: &'a [u8], next: usize) -> Self {
        Self { bytes, next, window: 0, count: 0 }
    }

    /// Makes at least [`Bits::FILLED`] bits available; beyond the stream's end they are zeros.
    #[inline]
    pub(super) fn refill(&mut self) {
        if let Some(word) = self.bytes.get(self.next..).and_then(|rest| rest.first_chunk()) {
            self.window |= u64::from_le_bytes(*word).wrapping_shl(self.count);
            // All bits that fit are there; only whole bytes of them are counted.
            self.next += (!self.count as usize >> 3) & 7;
            self.count |= Self::FILLED;
        } else {
            self.refill_at_the_end();
        }
    }

    #[cold]
    fn refill_at_the_end(&mut self) {
        self.count &= 63;
        while self.count < Self::FILLED {
            let byte = self.bytes.get(self.next).copied().unwrap_or(0);
            self.window |= u64::from(byte) << self.count;
            self.next += 1;
            self.count += 8;
        }
    }

    /// The bits to come.
    #[inline]
    pub(super) fn window(&self) -> u64 {
        self.window
    }

    /// Drops bits, no more than there are. Of `bits` the lowest byte counts, so that a table's entry
    /// needs no mask.
    #[inline]
    pub(super) fn consume(&mut self, bits: u32) {
        self.window = self.window.wrapping_shr(bits);
        self.count = self.count.wrapping_sub(bits);
    }

    /// Takes bits as a number.
    #[inline]
    pub(super) fn take(&mut self, bits: u32) -> u32 {
        let value = self.window & ((1 << bits) - 1);
        self.consume(bits);
        u32::try_from(value).unwrap_or(0)
    }

    /// How many bits of the stream were consumed.
    pub(super) fn position(&self) -> usize {
        self.next * 8 - (self.count & 63) as usize
    }

    /// The stream.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}
