//! The hash database of Berkeley DB, `Packages`: pages of pairs, whose long values are in chains of overflow
//! pages. Numbers have the byte order of the machine that wrote the database. The structures are those of
//! Berkeley DB's `dbinc/db_page.h`.

use super::integers::{be16, be32, le16, le32};
use super::{Problem, Visit};

const HASH_MAGIC: u32 = 0x0006_1561;

/// Types of pages: unsorted pairs, before version 4.6 of Berkeley DB; overflow; sorted pairs.
const UNSORTED: u8 = 2;
const OVERFLOW: u8 = 7;
const SORTED: u8 = 13;

const PAGE_HEADER: usize = 26;

/// Types of items: a value in the page, and one in overflow pages.
const IN_PAGE: u8 = 1;
const OFF_PAGE: u8 = 3;

/// Values shorter than the counts of a header belong to rpm, such as the last number of a package.
const MIN_HEADER: usize = 8;

/// A database.
struct Database<'a> {
    bytes: &'a [u8],
    big_endian: bool,
    page_size: usize,
    /// Overflow pages that may still be read: each belongs to one value.
    unread: usize,
}

/// Calls `visit` with the header of each package.
pub(super) fn read(bytes: &[u8], visit: &mut Visit<'_>) -> Result<(), Problem> {
    let big_endian = be32(bytes, 12) == Some(HASH_MAGIC);
    if !big_endian && le32(bytes, 12) != Some(HASH_MAGIC) {
        return Err("expected the magic number of a hash database");
    }
    let mut database = Database { bytes, big_endian, page_size: 0, unread: 0 };
    let page_size = database.u32(bytes, 20).and_then(|size| usize::try_from(size).ok());
    database.page_size = page_size
        .filter(|size| size.is_power_of_two() && (512..=65_536).contains(size))
        .ok_or("expected pages of 512 to 65,536 bytes")?;
    database.unread = bytes.len() / database.page_size;
    for page in bytes.chunks_exact(database.page_size) {
        if matches!(page[25], UNSORTED | SORTED) {
            database.read_pairs(page, visit)?;
        }
    }
    Ok(())
}

impl<'a> Database<'a> {
    fn u16(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let number = if self.big_endian { be16(bytes, at) } else { le16(bytes, at) };
        number.map(usize::from)
    }

    fn u32(&self, bytes: &[u8], at: usize) -> Option<u32> {
        if self.big_endian { be32(bytes, at) } else { le32(bytes, at) }
    }

    /// Reads the values of a page. Items are keys and values in turn, from the end of the page to its
    /// start.
    fn read_pairs(&mut self, page: &'a [u8], visit: &mut Visit<'_>) -> Result<(), Problem> {
        let items = self.u16(page, 20).unwrap_or_default();
        for value in (1..items).step_by(2) {
            let offset = |item: usize| self.u16(page, PAGE_HEADER + 2 * item);
            let item = offset(value)
                .zip(offset(value - 1))
                .and_then(|(start, end)| page.get(start..end))
                .ok_or("an item lies beyond its page")?;
            match item.split_first() {
                Some((&IN_PAGE, header)) if header.len() >= MIN_HEADER => visit(header)?,
                Some((&OFF_PAGE, _)) => {
                    let first = self.u32(item, 4).zip(self.u32(item, 8));
                    let (first, len) = first.ok_or("an item lies beyond its page")?;
                    visit(&self.read_chain(first, len)?)?;
                }
                _ => (),
            }
        }
        Ok(())
    }

    /// Returns a value in a chain of overflow pages.
    fn read_chain(&mut self, first: u32, len: u32) -> Result<Vec<u8>, Problem> {
        let mut value = Vec::new();
        let mut number = first;
        while number != 0 {
            self.unread = self.unread.checked_sub(1).ok_or("overflow pages are used twice")?;
            let page = usize::try_from(number)
                .ok()
                .and_then(|number| self.bytes.get(number.checked_mul(self.page_size)?..))
                .and_then(|page| page.get(..self.page_size))
                .filter(|page| page[25] == OVERFLOW)
                .ok_or("a value is not in overflow pages")?;
            let part = self
                .u16(page, 22)
                .and_then(|len| page[PAGE_HEADER..].get(..len))
                .ok_or("a value lies beyond its page")?;
            value.extend_from_slice(part);
            number = self.u32(page, 16).unwrap_or_default();
        }
        if usize::try_from(len) == Ok(value.len()) {
            Ok(value)
        } else {
            Err("overflow pages have another length than their value")
        }
    }
}
