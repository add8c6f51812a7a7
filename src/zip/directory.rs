//! Reads an archive's central directory and refuses it at the first flaw.
//!
//! Each member's data must be within the file, behind a local header with the same name. Sizes and
//! CRCs come from the directory, as in every installer.

mod central;
mod end;
pub(super) mod partial;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use thiserror::Error;

use self::central::{Central, Records};
pub(super) use self::end::{DirectoryFields, End};
use super::chunk_table::ChunkTable;
use super::extra::{fields, second_name};
pub(super) use super::format::CENTRAL_LEN;
use super::format::{IN_ZIP64_EXTRA, LOCAL_HEADER_SIGNATURE, Method, ZIP64_EXTRA_ID};
use super::timestamp::Timestamp;
use crate::error::Diagnose;
use crate::escape::escape_truncated;

/// General purpose bit 0: the data is encrypted (4.4.4).
pub(super) const FLAG_ENCRYPTED: u16 = 1;

/// Fixed lengths of the records.
pub(super) const END_LEN: usize = 22;
pub(super) const ZIP64_LOCATOR_LEN: usize = 20;
pub(super) const ZIP64_END_LEN: usize = 56;
pub(super) const LOCAL_LEN: usize = 30;

/// Maximum number of members. Each takes memory and an inode; the wheel of `TensorFlow` has 24,000.
const MAX_MEMBERS: u64 = 1_000_000;

/// Maximum number of chunks in the tables of all members together. A chunk takes 2 bytes or more in
/// the file and 16 in memory, and members can share bytes; a member of 8 GB has 8,000 chunks.
const MAX_CHUNKS: usize = 1 << 20;

/// An archive whose directory cannot be read. Offsets are in bytes from the file's start.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DirectoryError {
    /// There is no end record.
    #[error("expected a ZIP archive, found no end of a central directory")]
    NoEnd,
    /// A record contradicts the file.
    #[error("at byte {offset} of the archive: expected {expected}, found {found}")]
    Record {
        /// Where.
        offset: u64,
        /// What should be there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// Too many members.
    #[error("expected at most {MAX_MEMBERS} members, found {found}")]
    TooMany {
        /// The number in the end record.
        found: u64,
    },
    /// A member that is encrypted.
    #[error("member `{}`: expected plain data, found it encrypted", escape_truncated(member))]
    Encrypted {
        /// Its name.
        member: String,
    },
    /// A member in a compression method that installers do not support.
    #[error(
        "member `{}`: expected it stored or deflated, found compression method {method}",
        escape_truncated(member)
    )]
    Method {
        /// Its name.
        member: String,
        /// The method's number (4.4.5).
        method: u16,
    },
    /// A member whose name differs between readers.
    #[error(
        "member `{}`: expected one name, found a Unicode path field (0x7075) that {found}",
        escape_truncated(member)
    )]
    SecondName {
        /// Its name.
        member: String,
        /// What the field does, as the end of a sentence.
        found: String,
    },
}

impl Diagnose for DirectoryError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::NoEnd => {
                "it may have been cut short, or be something else; download or build it again"
            }
            Self::Record { .. } => "the archive is damaged; download or build it again",
            Self::TooMany { .. } => "pack the files into several archives",
            Self::Encrypted { .. } => {
                "installers cannot read it either; build the wheel without a password"
            }
            Self::Method { .. } => "build the wheel with deflate, which is what installers read",
            Self::SecondName { .. } => {
                "some readers take the one, some the other; build the wheel again, with a tool that writes names in UTF-8 and sets general purpose bit 11"
            }
        };
        Some(hint.into())
    }
}

/// One member of the central directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path; directories end with a slash.
    pub name: String,
    /// How its data is stored.
    pub method: Method,
    /// Where its local header begins in the file.
    pub header: usize,
    /// The range of its data in the file.
    pub data: Range<usize>,
    /// When it was last modified, as the archive says.
    pub timestamp: Timestamp,
    /// Its length in bytes, once it is inflated.
    pub uncompressed: u64,
    /// CRC-32 of its content.
    pub crc: u32,
    /// Its Unix type and permissions (`st_mode`), 0 if the archive does not have them. They apply
    /// whatever system the header names, as in installers.
    pub unix_mode: u16,
    /// Its chunk table, if the lengths in it add up. Readers of the data must verify it.
    pub chunks: Option<ChunkTable>,
}

impl Entry {
    /// Returns whether its name in the archive is UTF-8. If not, `name` has U+FFFD for the other
    /// bytes; a valid name may contain U+FFFD, too.
    #[must_use]
    pub fn has_utf8_name(&self, archive: &[u8]) -> bool {
        let name = Fields { archive, at: self.header }.bytes(LOCAL_LEN, self.name.len());
        !self.name.contains(char::REPLACEMENT_CHARACTER) || name == Ok(self.name.as_bytes())
    }
}

/// The members of an archive, in the directory's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    entries: Vec<Entry>,
    /// The offset of the directory in the file.
    start: usize,
}

impl Directory {
    /// Reads the directory of an archive that is in memory, or mapped.
    pub fn read(archive: &[u8]) -> Result<Self, DirectoryError> {
        let end = End::find(archive)?;
        if end.count > MAX_MEMBERS {
            return Err(DirectoryError::TooMany { found: end.count });
        }
        let mut entries = Vec::new();
        let mut chunks = 0;
        let mut rest = Records { archive, at: end.directory.start, end: end.directory.end };
        // One record more than expected proves that the count is wrong. There may be millions more.
        while rest.at < rest.end && entries.len() as u64 <= end.count {
            let mut entry = rest.entry(end.shift)?;
            chunks += entry.chunks.as_ref().map_or(0, ChunkTable::len);
            if chunks > MAX_CHUNKS {
                entry.chunks = None;
            }
            entries.push(entry);
        }
        let count = entries.len() as u64;
        if end.count != count {
            return Err(record(
                end.directory.end,
                "the number of members that the end record has",
                &count,
            ));
        }
        Ok(Self { entries, start: end.directory.start })
    }

    /// Returns the members.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the offset of the directory in the file.
    #[must_use]
    pub fn start(&self) -> usize {
        self.start
    }

    /// Returns a member that shares bytes with another one or with the directory, as in ZIP bombs.
    #[must_use]
    pub fn overlapping(&self) -> Option<&Entry> {
        let mut order: Vec<&Entry> = self.entries.iter().collect();
        order.sort_unstable_by_key(|entry| entry.header);
        let ends = order.iter().skip(1).map(|next| next.header).chain([self.start]);
        order.iter().zip(ends).find(|(entry, end)| entry.data.end > *end).map(|(entry, _)| *entry)
    }
}

fn record(offset: usize, expected: &'static str, found: &dyn fmt::Display) -> DirectoryError {
    DirectoryError::Record {
        offset: offset as u64,
        expected,
        found: escape_truncated(&found.to_string()),
    }
}

impl Records<'_> {
    fn entry(&mut self, shift: usize) -> Result<Entry, DirectoryError> {
        let at = self.at;
        let Central { name, text, extra, method, compressed, uncompressed, offset, .. } =
            self.central()?;
        let fields = Fields { archive: self.archive, at };
        let (header, data, local_extra) = self.data(name, compressed, offset, shift)?;
        if let Some(found) = [extra, local_extra].into_iter().find_map(|it| second_name(it, name)) {
            return Err(DirectoryError::SecondName { member: text, found });
        }
        if method == Method::Stored && compressed != uncompressed {
            let found = format!("{compressed} and {uncompressed}");
            return Err(record(at, "a stored member with one length", &found));
        }
        let (crc, unix_mode) = (fields.u32(16)?, fields.u16(40)?);
        let chunks = match method {
            Method::Deflated => ChunkTable::find(extra, compressed, uncompressed),
            Method::Stored => None,
        };
        let timestamp = Timestamp { time: fields.u16(12)?, date: fields.u16(14)? };
        let name = text;
        Ok(Entry { name, method, header, data, timestamp, uncompressed, crc, unix_mode, chunks })
    }

    /// Returns where a member's local header begins, the range of its data, and its local extra fields.
    fn data(
        &self,
        name: &[u8],
        compressed: u64,
        offset: u64,
        shift: usize,
    ) -> Result<(usize, Range<usize>, &[u8]), DirectoryError> {
        let at = self.header(offset, shift)?;
        let fields = Fields { archive: self.archive, at };
        if fields.u32(0)? != LOCAL_HEADER_SIGNATURE {
            return Err(record(at, "a local header", &"something else"));
        }
        let local = fields.bytes(LOCAL_LEN, fields.u16(26)?.into())?;
        if local != name {
            let found = String::from_utf8_lossy(local);
            return Err(record(at, "a local header with the directory's name", &found));
        }
        let extra = fields.bytes(LOCAL_LEN + local.len(), fields.u16(28)?.into())?;
        let start = at + LOCAL_LEN + local.len() + extra.len();
        let end = usize::try_from(compressed).ok().and_then(|len| start.checked_add(len));
        let end = end.filter(|&end| end <= self.archive.len()).ok_or_else(|| {
            record(at, "a member's data within the file", &format!("{compressed} bytes of it"))
        })?;
        Ok((at, start..end, extra))
    }
}

/// The values of a ZIP64 extra field: only those whose own field has no room (4.5.3).
pub(super) struct Zip64<'a> {
    values: &'a [u8],
}

impl<'a> Zip64<'a> {
    pub(super) fn of(extra: &'a [u8]) -> Self {
        let field = fields(extra).find(|(id, _)| *id == ZIP64_EXTRA_ID);
        Self { values: field.map_or(&[], |(_, data)| data) }
    }

    pub(super) fn widen(&mut self, value: u32) -> Option<u64> {
        if value != IN_ZIP64_EXTRA {
            return Some(value.into());
        }
        let (first, rest) = self.values.split_first_chunk()?;
        self.values = rest;
        Some(u64::from_le_bytes(*first))
    }
}

/// Numbers at offsets from a record's start.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) archive: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Fields<'a> {
    pub(super) fn bytes(self, offset: usize, len: usize) -> Result<&'a [u8], DirectoryError> {
        let start = self.at.saturating_add(offset);
        self.archive
            .get(start..start.saturating_add(len))
            .ok_or_else(|| record(self.at, "a whole record", &"the end before it"))
    }

    fn array<const N: usize>(self, offset: usize) -> Result<[u8; N], DirectoryError> {
        let bytes = self.bytes(offset, N)?;
        bytes.first_chunk().copied().ok_or(DirectoryError::NoEnd)
    }

    pub(super) fn u16(self, offset: usize) -> Result<u16, DirectoryError> {
        self.array(offset).map(u16::from_le_bytes)
    }

    pub(super) fn u32(self, offset: usize) -> Result<u32, DirectoryError> {
        self.array(offset).map(u32::from_le_bytes)
    }

    pub(super) fn u64(self, offset: usize) -> Result<u64, DirectoryError> {
        self.array(offset).map(u64::from_le_bytes)
    }
}

#[cfg(test)]
#[path = "directory_tests.rs"]
mod tests;
