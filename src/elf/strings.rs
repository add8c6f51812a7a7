//! The string table of the dynamic section.

use std::cell::Cell;

use object::read::StringTable;

use super::ElfError;

/// Names that share their ends or are used by several tables are read more than once. Real files
/// read less than twice the table's length; that many times is enough for any.
const MOST_READINGS: usize = 16;

/// What names may be read beyond that, so that the smallest tables have no limit of their own.
const FREE: usize = 64 << 10;

/// A string table in which reading costs a budget: a forged file could have a million symbols each
/// of which is named by the same million bytes.
pub(super) struct Strings<'a> {
    bytes: &'a [u8],
    offset: u64,
    table: StringTable<'a>,
    budget: Cell<usize>,
}

impl<'a> Strings<'a> {
    /// The table that stands at `offset` in its file.
    pub(super) fn new(bytes: &'a [u8], offset: u64) -> Self {
        Self {
            bytes,
            offset,
            table: StringTable::new(bytes, 0, bytes.len() as u64),
            budget: Cell::new(bytes.len().saturating_mul(MOST_READINGS).saturating_add(FREE)),
        }
    }

    /// The bytes at an offset of the table, to the table's end.
    pub(super) fn from(&self, offset: u32) -> &'a [u8] {
        self.bytes.get(offset as usize..).unwrap_or_default()
    }

    /// The name at an offset of the table.
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

    /// The name at an offset of the table, as text.
    pub(super) fn text(&self, offset: u64) -> Result<String, ElfError> {
        Ok(String::from_utf8_lossy(self.get(offset)?).into_owned())
    }
}
