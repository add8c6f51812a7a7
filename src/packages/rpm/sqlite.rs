//! The table `Packages` of a SQLite database, with pages that are still in its write-ahead log. The format is
//! described in <https://www.sqlite.org/fileformat2.html>. All numbers are big-endian.

use std::collections::HashMap;

use super::integers::{be16, be32};
use super::{Problem, Visit};

const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Size of the header before the first page's tree.
const HEADER: usize = 100;

/// Types of pages of a table's tree.
const INTERIOR: u8 = 5;
const LEAF: u8 = 13;

/// Maximum depth of a tree. One of SQLite's largest file has some 10 levels.
const MAX_DEPTH: usize = 40;

const LOG_MAGIC: [u32; 2] = [0x377F_0682, 0x377F_0683];
const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// The name of the table, and the column of its headers.
const TABLE: &[u8] = b"Packages";
const BLOB_COLUMN: usize = 1;

/// A value of a record: an integer, or bytes (text or blob).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value<'a> {
    Integer(i64),
    Bytes(&'a [u8]),
    Other,
}

/// A database.
struct Database<'a> {
    bytes: &'a [u8],
    page_size: usize,
    /// Size of a page without the bytes that extensions reserve at its end.
    usable: usize,
    /// Pages in the log, by number.
    logged: HashMap<u32, &'a [u8]>,
    /// Pages that may still be read: each is used once.
    unread: usize,
}

/// Calls `visit` with the header of each package.
pub(super) fn read(bytes: &[u8], log: &[u8], visit: &mut Visit<'_>) -> Result<(), Problem> {
    let mut root = None;
    Database::open(bytes, log)?.walk(1, 0, &mut |record| {
        // The columns of the schema: type, name, table, root page, text.
        let is_table = column(record, 0)? == Value::Bytes(b"table");
        if is_table
            && column(record, 1)? == Value::Bytes(TABLE)
            && let Value::Integer(page) = column(record, 3)?
        {
            root = u32::try_from(page).ok();
        }
        Ok(())
    })?;
    let root = root.ok_or("expected a table `Packages`")?;
    Database::open(bytes, log)?.walk(root, 0, &mut |record| match column(record, BLOB_COLUMN)? {
        Value::Bytes(header) => visit(header),
        Value::Integer(_) | Value::Other => Err("a row of `Packages` has no header"),
    })
}

impl<'a> Database<'a> {
    fn open(bytes: &'a [u8], log: &'a [u8]) -> Result<Self, Problem> {
        if !bytes.starts_with(MAGIC) || bytes.len() < HEADER {
            return Err("expected the magic number of SQLite");
        }
        let page_size = match be16(bytes, 16) {
            Some(1) => 65_536,
            size => usize::from(size.unwrap_or_default()),
        };
        let usable = page_size.saturating_sub(usize::from(bytes[20]));
        if page_size < 512 || !page_size.is_power_of_two() || usable < 480 {
            return Err("expected pages of 512 to 65,536 bytes");
        }
        let logged = logged_pages(log, page_size);
        let unread = bytes.len() / page_size + logged.len();
        Ok(Self { bytes, page_size, usable, logged, unread })
    }

    /// Returns a page by its number. The first one has number 1.
    fn page(&mut self, number: u32) -> Result<&'a [u8], Problem> {
        self.unread = self.unread.checked_sub(1).ok_or("a page is used twice")?;
        if let Some(&page) = self.logged.get(&number) {
            return Ok(page);
        }
        number
            .checked_sub(1)
            .and_then(|index| usize::try_from(index).ok()?.checked_mul(self.page_size))
            .and_then(|start| self.bytes.get(start..)?.get(..self.page_size))
            .ok_or("a page lies beyond the database")
    }

    /// Calls `visit` with each record of the tree below a page.
    fn walk(&mut self, number: u32, depth: usize, visit: &mut Visit<'_>) -> Result<(), Problem> {
        if depth > MAX_DEPTH {
            return Err("a tree is deeper than any real one");
        }
        let page = self.page(number)?;
        let start = if number == 1 { HEADER } else { 0 };
        let cut = "a page is cut off";
        let kind = *page.get(start).ok_or(cut)?;
        let header = match kind {
            INTERIOR => 12,
            LEAF => 8,
            _ => return Err("expected a page of a table"),
        };
        let cells = usize::from(be16(page, start + 3).ok_or(cut)?);
        for cell in 0..cells {
            let at = usize::from(be16(page, start + header + 2 * cell).ok_or(cut)?);
            let cell = page.get(at..self.usable).ok_or("a cell lies beyond its page")?;
            if kind == INTERIOR {
                let child = be32(cell, 0).ok_or("a cell lies beyond its page")?;
                self.walk(child, depth + 1, visit)?;
            } else {
                visit(&self.record(cell)?)?;
            }
        }
        if kind == INTERIOR {
            self.walk(be32(page, start + 8).ok_or(cut)?, depth + 1, visit)?;
        }
        Ok(())
    }

    /// Returns the record of a cell of a leaf, with its overflow pages.
    fn record(&mut self, cell: &'a [u8]) -> Result<Vec<u8>, Problem> {
        let beyond = "a record lies beyond its page";
        let mut rest = cell;
        let len = usize::try_from(varint(&mut rest).ok_or(beyond)?).map_err(|_| beyond)?;
        varint(&mut rest).ok_or(beyond)?;
        let local = self.local_len(len);
        let (start, after) = rest.split_at_checked(local).ok_or(beyond)?;
        let mut record = start.to_vec();
        let mut next = if local < len { be32(after, 0).ok_or(beyond)? } else { 0 };
        while record.len() < len {
            let page = self.page(next)?;
            next = be32(page, 0).ok_or(beyond)?;
            let part = page.get(4..self.usable).ok_or(beyond)?;
            record.extend_from_slice(&part[..part.len().min(len - record.len())]);
        }
        Ok(record)
    }

    /// Returns how many bytes of a record are in its leaf.
    fn local_len(&self, len: usize) -> usize {
        let most = self.usable - 35;
        if len <= most {
            return len;
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let fitting = least + (len - least) % (self.usable - 4);
        if fitting <= most { fitting } else { least }
    }
}

/// Returns the pages of all transactions in a log that are complete. Frames of earlier logs, with another
/// salt, end it.
fn logged_pages(log: &[u8], page_size: usize) -> HashMap<u32, &[u8]> {
    let mut pages = HashMap::new();
    let is_log = be32(log, 0).is_some_and(|magic| LOG_MAGIC.contains(&magic))
        && be32(log, 8).and_then(|size| usize::try_from(size).ok()) == Some(page_size);
    let (Some(salt), true) = (log.get(16..24), is_log) else { return pages };
    let mut transaction = Vec::new();
    for frame in log[LOG_HEADER..].chunks_exact(FRAME_HEADER + page_size) {
        let (header, page) = frame.split_at(FRAME_HEADER);
        if &header[8..16] != salt {
            break;
        }
        transaction.push((be32(header, 0).unwrap_or_default(), page));
        // The last frame of a transaction has the size of the database.
        if be32(header, 4) != Some(0) {
            pages.extend(transaction.drain(..));
        }
    }
    pages
}

/// Returns a column of a record.
fn column(record: &[u8], wanted: usize) -> Result<Value<'_>, Problem> {
    find_column(record, wanted).ok_or("a record is shorter than its header says")
}

fn find_column(record: &[u8], wanted: usize) -> Option<Value<'_>> {
    let mut rest = record;
    let header_len = usize::try_from(varint(&mut rest)?).ok()?;
    let mut types = record.get(record.len() - rest.len()..header_len)?;
    let mut values = record.get(header_len..)?;
    let mut position = 0;
    while !types.is_empty() {
        let kind = varint(&mut types)?;
        let len = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            _ => kind.checked_sub(12)? / 2,
        };
        let (value, after) = values.split_at_checked(usize::try_from(len).ok()?)?;
        if position == wanted {
            return Some(match kind {
                1..=6 => Value::Integer(integer(value)),
                8 | 9 => Value::Integer(i64::from(kind == 9)),
                12.. => Value::Bytes(value),
                _ => Value::Other,
            });
        }
        (values, position) = (after, position + 1);
    }
    None
}

/// Returns a signed number of up to 8 bytes.
fn integer(bytes: &[u8]) -> i64 {
    let sign = bytes.first().map_or(0, |&first| if first & 0x80 == 0 { 0 } else { -1 });
    bytes.iter().fold(sign, |number, &byte| number << 8 | i64::from(byte))
}

/// Returns the number at the start of a buffer and advances behind it: groups of 7 bits, and 8 bits in the
/// ninth byte.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for position in 0..9 {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if position == 8 {
            return Some(number << 8 | u64::from(byte));
        }
        number = number << 7 | u64::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(number)
}
