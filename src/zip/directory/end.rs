//! The end records of an archive (4.3.14 to 4.3.16). Refuses records that contradict each other.

use std::ops::Range;

use super::{DirectoryError, END_LEN, Fields, ZIP64_END_LEN, ZIP64_LOCATOR_LEN, record};
use crate::zip::format::{
    END_SIGNATURE, IN_ZIP64_END, IN_ZIP64_EXTRA, ZIP64_END_SIGNATURE, ZIP64_LOCATOR_SIGNATURE,
};

/// Maximum length in bytes of the comment after the end record.
const MAX_COMMENT_BYTES: usize = 0xFFFF;

/// The values of the end records.
pub(in crate::zip) struct End {
    pub(super) directory: Range<usize>,
    pub(super) count: u64,
    /// Bytes in front of the archive. Its offsets start after them.
    pub(super) shift: usize,
}

impl End {
    pub(super) fn find(archive: &[u8]) -> Result<Self, DirectoryError> {
        let at = Self::position(archive).ok_or(DirectoryError::NoEnd)?;
        let fields = Fields { archive, at };
        let short = DirectoryFields {
            count: fields.u16(10)?.into(),
            len: fields.u32(12)?.into(),
            offset: fields.u32(16)?.into(),
        };
        let zip64 = Zip64End::before(archive, at, short)?;
        let (DirectoryFields { count, len, offset }, directory_end) =
            zip64.map_or((short, at), |zip64| (zip64.stated, zip64.at));
        let start = usize::try_from(len).ok().and_then(|len| directory_end.checked_sub(len));
        let start = start.ok_or_else(|| record(at, "a central directory within the file", &len))?;
        let shift = usize::try_from(offset).ok().and_then(|offset| start.checked_sub(offset));
        let shift =
            shift.ok_or_else(|| record(at, "the offset of the central directory", &offset))?;
        Ok(Self { directory: start..directory_end, count, shift })
    }

    /// Returns the offset of the last end record whose comment ends with the file.
    pub(in crate::zip) fn position(archive: &[u8]) -> Option<usize> {
        let last = archive.len().checked_sub(END_LEN)?;
        let first = last.saturating_sub(MAX_COMMENT_BYTES);
        (first..=last).rev().find(|&at| {
            let fields = Fields { archive, at };
            fields.u32(0).ok() == Some(END_SIGNATURE)
                && fields.u16(20).is_ok_and(|len| at + END_LEN + usize::from(len) == archive.len())
        })
    }
}

/// The fields of an end record that describe the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::zip) struct DirectoryFields {
    /// The number of members.
    pub(in crate::zip) count: u64,
    /// The length of the directory in bytes.
    pub(in crate::zip) len: u64,
    /// The offset of the directory.
    pub(in crate::zip) offset: u64,
}

impl DirectoryFields {
    /// Returns whether a field of the end record refers to the ZIP64 end record.
    pub(in crate::zip) fn refers_to_zip64(self) -> bool {
        self.count == u64::from(IN_ZIP64_END)
            || self.len == u64::from(IN_ZIP64_EXTRA)
            || self.offset == u64::from(IN_ZIP64_EXTRA)
    }

    /// Returns whether each field of the end record refers to the ZIP64 end record or equals its field.
    pub(in crate::zip) fn agrees_with(self, zip64: Self) -> bool {
        let agree = |short: u64, long: u64, mark: u64| short == mark || short == long;
        agree(self.count, zip64.count, IN_ZIP64_END.into())
            && agree(self.len, zip64.len, IN_ZIP64_EXTRA.into())
            && agree(self.offset, zip64.offset, IN_ZIP64_EXTRA.into())
    }
}

/// A ZIP64 end record (4.3.14), in front of its locator and the end record.
struct Zip64End {
    at: usize,
    stated: DirectoryFields,
}

impl Zip64End {
    /// Finds the record in front of an end record at `end` with the values `short`. Some writers
    /// add one that nothing refers to. Python's zipfile uses it, other readers use the end record,
    /// so both must agree.
    fn before(
        archive: &[u8],
        end: usize,
        short: DirectoryFields,
    ) -> Result<Option<Self>, DirectoryError> {
        let signature = |at: usize| Fields { archive, at }.u32(0).ok();
        let locator = end.checked_sub(ZIP64_LOCATOR_LEN);
        let Some(locator) = locator.filter(|&at| signature(at) == Some(ZIP64_LOCATOR_SIGNATURE))
        else {
            return Ok(None);
        };
        // The locator's offset ignores bytes in front of the archive, so the record is searched
        // directly before it.
        let at = locator.checked_sub(ZIP64_END_LEN);
        let Some(at) = at.filter(|&at| signature(at) == Some(ZIP64_END_SIGNATURE)) else {
            return if short.refers_to_zip64() {
                Err(record(locator, "a ZIP64 end record in front of its locator", &"none"))
            } else {
                Ok(None)
            };
        };
        let fields = Fields { archive, at };
        let (count, len, offset) = (fields.u64(32)?, fields.u64(40)?, fields.u64(48)?);
        let stated = DirectoryFields { count, len, offset };
        if !short.agrees_with(stated) {
            return Err(record(
                at,
                "a ZIP64 end record that agrees with the end record",
                &"another",
            ));
        }
        Ok(Some(Self { at, stated }))
    }
}
