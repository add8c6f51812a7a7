//! Fallible allocation for sizes taken from untrusted input.
//!
//! A plain `Vec` aborts the process when the system is out of memory, and with it every other request.

use std::borrow::Cow;

use thiserror::Error;

use crate::error::Diagnose;

/// Out of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("cannot allocate {0} bytes of memory")]
pub struct OutOfMemory(
    /// Size of the buffer that was requested, in bytes.
    pub usize,
);

impl Diagnose for OutOfMemory {
    fn hint(&self) -> Option<Cow<'static, str>> {
        Some("raise the limit of memory, or let fewer threads and requests run at once".into())
    }
}

/// Returns an empty buffer with a capacity of `len` bytes.
pub(crate) fn with_room(len: usize) -> Result<Vec<u8>, OutOfMemory> {
    let mut buffer = Vec::new();
    buffer.try_reserve_exact(len).map_err(|_| OutOfMemory(len))?;
    Ok(buffer)
}

/// Returns a copy whose capacity is its length.
pub(crate) fn copy(bytes: &[u8]) -> Result<Vec<u8>, OutOfMemory> {
    let mut copy = with_room(bytes.len())?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}

/// Returns a buffer of `len` zeros.
pub(crate) fn zeros(len: usize) -> Result<Vec<u8>, OutOfMemory> {
    let mut zeros = with_room(len)?;
    zeros.resize(len, 0);
    Ok(zeros)
}

/// Appends `bytes` to a buffer. On an error the buffer is unchanged.
pub(crate) fn append(buffer: &mut Vec<u8>, bytes: &[u8]) -> Result<(), OutOfMemory> {
    buffer.try_reserve(bytes.len()).map_err(|_| OutOfMemory(buffer.len() + bytes.len()))?;
    buffer.extend_from_slice(bytes);
    Ok(())
}

/// Grows a buffer to at least `len` bytes. Bytes beyond its old length are zero.
///
/// On an error the buffer is unchanged.
pub(crate) fn grow(buffer: &mut Vec<u8>, len: usize) -> Result<(), OutOfMemory> {
    if buffer.len() < len {
        buffer.try_reserve(len - buffer.len()).map_err(|_| OutOfMemory(len))?;
        buffer.resize(len, 0);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_allocation_leaves_the_buffer_unchanged() {
        let mut buffer = copy(b"abc").unwrap();
        assert_eq!(grow(&mut buffer, usize::MAX), Err(OutOfMemory(usize::MAX)));
        append(&mut buffer, b"de").unwrap();
        grow(&mut buffer, 2).unwrap();
        assert_eq!(buffer, b"abcde");
        grow(&mut buffer, 7).unwrap();
        assert_eq!(buffer, b"abcde\0\0");
    }
}
