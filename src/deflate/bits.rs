//! A bit reader for DEFLATE streams, least significant bit first.

/// A bit reader. Its window of up to 64 bits stays in a register.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The index of the first byte after the window.
    next: usize,
    window: u64,
    /// The number of bits in the window, below 64. Only the lowest byte counts.
    count: u32,
}

impl<'a> Bits<'a> {
    /// The least number of bits after [`Bits::refill`]: enough for three literals of 15 bits, or for a
    /// length and its distance (15 + 5 + 15 + 13).
    pub(super) const FILLED: u32 = 56;

    /// Starts at the byte with this index.
    pub(super) fn from_byte(bytes: &'a [u8], next: usize) -> Self {
        Self { bytes, next, window: 0, count: 0 }
    }

    /// Starts at the bit with this index.
    pub(super) fn from_bit(bytes: &'a [u8], first: usize) -> Self {
        let mut bits = Self::from_byte(bytes, first / 8);
        bits.refill();
        bits.take(u32::try_from(first % 8).unwrap_or_default());
        bits
    }

    /// Fills the window with at least [`Bits::FILLED`] bits. Beyond the end of the stream they are zeros.
    #[inline]
    pub(super) fn refill(&mut self) {
        if let Some(word) = self.bytes.get(self.next..).and_then(|rest| rest.first_chunk()) {
            self.window |= u64::from_le_bytes(*word).wrapping_shl(self.count);
            // The window holds all bits that fit, but only whole bytes are counted.
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

    /// Returns the next bits, the next one lowest.
    #[inline]
    pub(super) fn window(&self) -> u64 {
        self.window
    }

    /// Returns whether the header of the next block is that of a stored block.
    pub(super) fn next_block_is_stored(&mut self) -> bool {
        self.refill();
        self.window & 0b110 == 0
    }

    /// Drops bits, at most as many as the window has. Only the lowest byte of `bits` counts, so that an
    /// entry of a table needs no mask.
    #[inline]
    pub(super) fn consume(&mut self, bits: u32) {
        self.window = self.window.wrapping_shr(bits);
        self.count = self.count.wrapping_sub(bits);
    }

    /// Takes bits and returns them as a number.
    #[inline]
    pub(super) fn take(&mut self, bits: u32) -> u32 {
        let value = self.window & ((1 << bits) - 1);
        self.consume(bits);
        u32::try_from(value).unwrap_or(0)
    }

    /// Returns the number of bits consumed since the start of the stream.
    pub(super) fn position(&self) -> usize {
        self.next * 8 - (self.count & 63) as usize
    }

    /// Returns the whole stream.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}
