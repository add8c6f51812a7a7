//! Memory in pieces that are as large as somebody else's file says: an error if it cannot be had, where
//! a plain `Vec` would end the process, and with it every other request.

use std::borrow::Cow;

use thiserror::Error;

use crate::error::Diagnose;

/// The system gives no more memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("cannot allocate {0} bytes of memory")]
pub struct OutOfMemory(
    /// Bytes that were asked for.
    pub usize,
);

impl Diagnose for OutOfMemory {
    fn hint(&self) -> Option<Cow<'static, str>> {
        Some("raise the limit of memory, or let fewer threads and requests run at once".into())
    }
}

/// An empty buffer with room for so many bytes.
pub(crate) fn with_room(len: usize) -> Result<Vec<u8>, OutOfMemory> {
    let mut buffer = Vec::new();
    buffer.try_reserve_exact(len).map_err(|_| OutOfMemory(len))?;
    Ok(buffer)
}

/// A copy, in memory of exactly its length.
pub(crate) fn copy(bytes: &[u8]) -> Result<Vec<u8>, OutOfMemory> {
    let mut copy = with_room(bytes.len())?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}

/// Appends to a buffer.
pub(crate) fn append(buffer: &mut Vec<u8>, bytes: &[u8]) -> Result<(), OutOfMemory> {
    buffer.try_reserve(bytes.len()).map_err(|_| OutOfMemory(buffer.len() + bytes.len()))?;
    buffer.extend_from_slice(bytes);
    Ok(())
}

/// Makes a buffer at least this long; its content does not matter.
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
    fn what_is_too_much_is_an_error_and_changes_nothing() {
        let mut buffer = copy(b"abc").unwrap();
        assert_eq!(grow(&mut buffer, usize::MAX), Err(OutOfMemory(usize::MAX)));
        append(&mut buffer, b"de").unwrap();
        grow(&mut buffer, 2).unwrap();
        assert_eq!(buffer, b"abcde");
        grow(&mut buffer, 7).unwrap();
        assert_eq!(buffer, b"abcde\0\0");
    }
}
