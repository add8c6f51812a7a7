//! The string table of the dynamic section.

use std::cell::Cell;

use object::read::StringTable;

use super::ElfError;

/// Maximum length of all names that are read, in multiples of the table's length. Names that share
/// their ends or are used by several tables are read more than once; real files read less than
/// twice the table's length.
const MAX_READINGS: usize = 16;

/// Bytes of names that may be read beyond that, so that small tables are not limited.
const FREE: usize = 64 << 10;

/// A string table with a budget for reading: in a malicious file, a million symbols could share one
/// name of a million bytes.
pub(super) struct Strings<'a> {
    bytes: &'a [u8],
    offset: u64,
    table: StringTable<'a>,
    budget: Cell<usize>,
}

impl<'a> Strings<'a> {
    /// Returns the table at `offset` in its file.
    pub(super) fn new(bytes: &'a [u8], offset: u64) -> Self {
        Self {
            bytes,
            offset,
            table: StringTable::new(bytes, 0, bytes.len() as u64),
            budget: Cell::new(bytes.len().saturating_mul(MAX_READINGS).saturating_add(FREE)),
        }
    }

    /// Returns the whole table.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns the bytes from an offset of the table to its end.
    pub(super) fn from(&self, offset: u32) -> &'a [u8] {
        self.bytes.get(offset as usize..).unwrap_or_default()
    }

    /// Returns the name at an offset of the table.
    pub(super) fn get(&self, offset: u64) -> Result<&'a [u8], ElfError> {
        let at = self.offset.saturating_add(offset);
        let name = u32::try_from(offset).ok().and_then(|offset| self.table.get(offset).ok());
        let Some(name) = name else {
            let found = format!("the end of the string table of {} bytes", self.bytes.len());
            return Err(ElfError::new(at, "a name that ends with a zero byte", found));
        };
        let Some(rest) = self.budget.get().checked_sub(name.len()) else {
            let expected = "names that are read a few times each";
            return Err(ElfError::new(at, expected, "overlapping names without end"));
        };
        self.budget.set(rest);
        Ok(name)
    }

    /// Returns the name at an offset of the table, as text.
    pub(super) fn text(&self, offset: u64) -> Result<String, ElfError> {
        Ok(String::from_utf8_lossy(self.get(offset)?).into_owned())
    }
}
