//! Copies stored blocks.

use std::ops::ControlFlow;

use super::{Inflater, Stop};
use crate::deflate::bits::Bits;

impl Inflater {
    /// Copies a block of type 0 (stored; RFC 1951, 3.2.4).
    pub(super) fn stored(
        &mut self,
        bits: &mut Bits<'_>,
        sink: &mut impl FnMut(&[u8], usize) -> ControlFlow<()>,
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
                self.emit(start + len - data.len(), sink)?;
            }
            let (now, later) = data.split_at(data.len().min(self.limit - self.at));
            self.buffer[self.at..self.at + now.len()].copy_from_slice(now);
            self.at += now.len();
            data = later;
        }
        Ok(())
    }
}
