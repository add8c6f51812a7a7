//! The records of the central directory (4.3.12), without what only local headers have.

use super::{CENTRAL_LEN, DirectoryError, FLAG_ENCRYPTED, Fields, Zip64, record};
use crate::zip::format::{CENTRAL_HEADER_SIGNATURE, FLAG_UTF8, Method};

/// The records of the central directory, one after another.
pub(super) struct Records<'a> {
    pub(super) archive: &'a [u8],
    pub(super) at: usize,
    pub(super) end: usize,
}

/// One record.
pub(super) struct Central<'a> {
    pub(super) name: &'a [u8],
    pub(super) text: String,
    pub(super) extra: &'a [u8],
    pub(super) method: Method,
    pub(super) compressed: u64,
    pub(super) uncompressed: u64,
    /// The offset of the local header, as the record has it.
    pub(super) offset: u64,
}

impl<'a> Records<'a> {
    /// Reads the next record.
    pub(super) fn central(&mut self) -> Result<Central<'a>, DirectoryError> {
        let at = self.at;
        let fields = Fields { archive: &self.archive[..self.end], at };
        if fields.u32(0)? != CENTRAL_HEADER_SIGNATURE {
            return Err(record(at, "a record of the central directory", &"something else"));
        }
        let (flags, method) = (fields.u16(8)?, fields.u16(10)?);
        let (name_len, extra_len, comment_len) =
            (fields.u16(28)?, fields.u16(30)?, fields.u16(32)?);
        let name = fields.bytes(CENTRAL_LEN, name_len.into())?;
        let extra = fields.bytes(CENTRAL_LEN + name.len(), extra_len.into())?;
        let len = CENTRAL_LEN + name.len() + extra.len() + usize::from(comment_len);
        fields.bytes(0, len)?;
        self.at = at + len;

        let text = decode(name, flags & FLAG_UTF8 != 0)
            .ok_or_else(|| record(at, "a name in UTF-8", &String::from_utf8_lossy(name)))?;
        if flags & FLAG_ENCRYPTED != 0 {
            return Err(DirectoryError::Encrypted { member: text });
        }
        let method = match method {
            0 => Method::Stored,
            8 => Method::Deflated,
            _ => return Err(DirectoryError::Method { member: text, method }),
        };
        let mut extended = Zip64::of(extra);
        let mut wide = |offset| {
            extended
                .widen(fields.u32(offset)?)
                .ok_or_else(|| record(at, "a ZIP64 extra field with all sizes", &"a shorter one"))
        };
        // In the order of the extra field.
        let (uncompressed, compressed, offset) = (wide(24)?, wide(20)?, wide(42)?);
        Ok(Central { name, text, extra, method, compressed, uncompressed, offset })
    }

    /// Returns where a local header begins in the file.
    pub(super) fn header(&self, offset: u64, shift: usize) -> Result<usize, DirectoryError> {
        let at = usize::try_from(offset).ok().and_then(|offset| offset.checked_add(shift));
        at.filter(|&at| at < self.archive.len())
            .ok_or_else(|| record(self.at, "the offset of a local header within the file", &offset))
    }
}

/// Decodes a name. Without the flag it is in code page 437 by the standard, but tools that write such
/// names mean UTF-8 or ASCII.
fn decode(name: &[u8], is_utf8: bool) -> Option<String> {
    match std::str::from_utf8(name) {
        // Some readers end the name at a zero byte.
        _ if name.contains(&0) => None,
        Ok(text) => Some(text.to_owned()),
        Err(_) if !is_utf8 => Some(String::from_utf8_lossy(name).into_owned()),
        _ => None,
    }
}
