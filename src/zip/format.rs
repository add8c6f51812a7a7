//! The records of a ZIP archive, as bytes.

use std::io;

use thiserror::Error;

use super::chunk_table::{CHUNK_TABLE_EXTRA_ID, ChunkTable};
use super::timestamp::Timestamp;
use crate::error::Diagnose;
use crate::escape::escape_truncated;

pub(super) const LOCAL_HEADER_SIGNATURE: u32 = 0x0403_4B50;
pub(super) const CENTRAL_HEADER_SIGNATURE: u32 = 0x0201_4B50;
pub(super) const END_SIGNATURE: u32 = 0x0605_4B50;
pub(super) const ZIP64_END_SIGNATURE: u32 = 0x0606_4B50;
pub(super) const ZIP64_LOCATOR_SIGNATURE: u32 = 0x0706_4B50;

/// A 32-bit field with this value means that the real value is in the ZIP64 extra field (4.4.8).
pub(super) const IN_ZIP64_EXTRA: u32 = u32::MAX;
/// A 16-bit count with this value means that the real value is in the ZIP64 end record (4.4.22).
pub(super) const IN_ZIP64_END: u16 = u16::MAX;
/// Header ID of the ZIP64 extended information extra field (4.5.3).
pub(super) const ZIP64_EXTRA_ID: u16 = 0x0001;
/// Bytes after the size field of a ZIP64 end record without an extensible data sector (4.3.14).
const ZIP64_END_REMAINING: u64 = 44;

/// Length in bytes of a central directory header without its name and extra field (4.3.12).
pub(super) const CENTRAL_LEN: usize = 46;
/// Maximum length of a central directory header with all its variable fields, in bytes (4.4.10 to
/// 4.4.12).
const MAX_CENTRAL_BYTES: usize = 65_535;

/// Version needed to extract a deflated member (4.4.3.2).
pub(super) const VERSION_DEFLATE: u16 = 20;
/// Version needed to extract with ZIP64 fields.
const VERSION_ZIP64: u16 = 45;
/// "Version made by", upper byte: Unix, which gives the file modes their meaning (4.4.2).
const MADE_BY_UNIX: u16 = 3 << 8;
/// General purpose bit 11: the name is UTF-8 (4.4.4).
pub(super) const FLAG_UTF8: u16 = 1 << 11;
/// Unix file type of a regular file, in the upper half of the external attributes.
const REGULAR_FILE: u32 = 0o100_000;

/// How a member's data is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// As it is.
    Stored = 0,
    /// As a raw DEFLATE stream.
    Deflated = 8,
}

/// The Unix permissions of a member: all that a wheel distinguishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// 0644.
    Plain,
    /// 0755.
    Executable,
}

impl Mode {
    /// Returns the permission bits.
    #[must_use]
    pub fn permissions(self) -> u32 {
        match self {
            Self::Plain => 0o644,
            Self::Executable => 0o755,
        }
    }

    fn external_attributes(self) -> u32 {
        (REGULAR_FILE | self.permissions()) << 16
    }
}

/// A header field that is longer than its 16-bit length field can express (4.4.10 to 4.4.12).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "member `{}`: expected at most 65535 bytes of {field}, found {len}",
    escape_truncated(member)
)]
pub struct FieldTooLong {
    /// The member's name.
    pub member: String,
    /// The content of the field: `name` or `extra fields`.
    pub field: &'static str,
    /// Its length in bytes.
    pub len: usize,
}

impl Diagnose for FieldTooLong {}

impl From<FieldTooLong> for io::Error {
    fn from(error: FieldTooLong) -> Self {
        Self::new(io::ErrorKind::InvalidInput, error)
    }
}

/// The fields that a local header and a central-directory header share.
#[derive(Debug, Clone)]
pub(super) struct Header<'a> {
    pub(super) name: &'a str,
    pub(super) method: Method,
    pub(super) mode: Mode,
    pub(super) timestamp: Timestamp,
    pub(super) crc: u32,
    pub(super) uncompressed: u64,
    pub(super) compressed: u64,
}

impl Header<'_> {
    /// Returns whether the sizes are in the ZIP64 field: both or none, because 4.5.3 requires both
    /// in a local header.
    fn sizes_need_zip64(&self) -> bool {
        needs_zip64(self.uncompressed) || needs_zip64(self.compressed)
    }

    /// Returns the length in bytes of a member's local header.
    pub(super) fn local_len(name: &str, uncompressed: u64) -> u64 {
        let extra = if needs_zip64(uncompressed) { 20 } else { 0 };
        30 + name.len() as u64 + extra
    }

    /// Appends the local file header (4.3.7).
    ///
    /// # Errors
    ///
    /// If the name is longer than 65,535 bytes.
    pub(super) fn write_local(&self, out: &mut Vec<u8>) -> Result<(), FieldTooLong> {
        let zip64 = self.sizes_need_zip64();
        put_u32(out, LOCAL_HEADER_SIGNATURE);
        self.write_shared(zip64, out)?;
        put_u16(out, if zip64 { 20 } else { 0 }); // extra field length
        out.extend_from_slice(self.name.as_bytes());
        if zip64 {
            put_zip64_extra(out, [self.uncompressed, self.compressed]);
        }
        Ok(())
    }

    /// Appends the central directory header (4.3.12). Leaves out a chunk table that does not fit.
    ///
    /// # Errors
    ///
    /// If the name, or the extra fields together, are longer than 65,535 bytes.
    pub(super) fn write_central(
        &self,
        offset: u64,
        chunks: Option<&ChunkTable>,
        out: &mut Vec<u8>,
    ) -> Result<(), FieldTooLong> {
        // 4.5.3 allows an offset alone. The sizes go with it for readers that take the values by position.
        let offset_in_extra = needs_zip64(offset);
        let sizes_in_extra = self.sizes_need_zip64() || offset_in_extra;
        put_u32(out, CENTRAL_HEADER_SIGNATURE);
        let version = if sizes_in_extra { VERSION_ZIP64 } else { VERSION_DEFLATE };
        put_u16(out, MADE_BY_UNIX | version);
        self.write_shared(sizes_in_extra, out)?;
        let mut extra = Vec::new();
        if offset_in_extra {
            put_zip64_extra(&mut extra, [self.uncompressed, self.compressed, offset]);
        } else if sizes_in_extra {
            put_zip64_extra(&mut extra, [self.uncompressed, self.compressed]);
        }
        if let Some(data) = chunks.map(ChunkTable::render)
            && CENTRAL_LEN + self.name.len() + extra.len() + 4 + data.len() <= MAX_CENTRAL_BYTES
        {
            put_u16(&mut extra, CHUNK_TABLE_EXTRA_ID);
            put_u16(&mut extra, self.field_len("extra fields", data.len())?);
            extra.extend_from_slice(&data);
        }
        put_u16(out, self.field_len("extra fields", extra.len())?);
        put_u16(out, 0); // comment length
        put_u16(out, 0); // disk number
        put_u16(out, 0); // internal attributes
        put_u32(out, self.mode.external_attributes());
        put_u32(out, if offset_in_extra { IN_ZIP64_EXTRA } else { low_u32(offset) });
        out.extend_from_slice(self.name.as_bytes());
        out.extend_from_slice(&extra);
        Ok(())
    }

    /// Appends the fields that both headers share, from the version needed to the length of the name.
    fn write_shared(&self, sizes_in_extra: bool, out: &mut Vec<u8>) -> Result<(), FieldTooLong> {
        put_u16(out, if sizes_in_extra { VERSION_ZIP64 } else { VERSION_DEFLATE });
        put_u16(out, if self.name.is_ascii() { 0 } else { FLAG_UTF8 });
        put_u16(out, self.method as u16);
        put_u16(out, self.timestamp.time);
        put_u16(out, self.timestamp.date);
        put_u32(out, self.crc);
        let size = |size| if sizes_in_extra { IN_ZIP64_EXTRA } else { low_u32(size) };
        put_u32(out, size(self.compressed));
        put_u32(out, size(self.uncompressed));
        put_u16(out, self.field_len("name", self.name.len())?);
        Ok(())
    }

    /// Returns an error for a name that is too long for a header.
    pub(super) fn check_name(name: &str) -> Result<(), FieldTooLong> {
        field_len(name, "name", name.len()).map(drop)
    }

    fn field_len(&self, field: &'static str, len: usize) -> Result<u16, FieldTooLong> {
        field_len(self.name, field, len)
    }
}

/// Appends the records that end an archive (4.3.14 to 4.3.16); the ZIP64 records only if they are needed.
pub(super) fn write_end(
    entries: u64,
    directory_offset: u64,
    directory_len: u64,
    out: &mut Vec<u8>,
) {
    let few_entries = u16::try_from(entries).ok().filter(|&entries| entries != IN_ZIP64_END);
    let zip64 =
        few_entries.is_none() || needs_zip64(directory_offset) || needs_zip64(directory_len);
    if zip64 {
        put_u32(out, ZIP64_END_SIGNATURE);
        put_u64(out, ZIP64_END_REMAINING);
        put_u16(out, MADE_BY_UNIX | VERSION_ZIP64);
        put_u16(out, VERSION_ZIP64);
        put_u32(out, 0); // number of this disk
        put_u32(out, 0); // disk with the directory
        put_u64(out, entries);
        put_u64(out, entries);
        put_u64(out, directory_len);
        put_u64(out, directory_offset);
        put_u32(out, ZIP64_LOCATOR_SIGNATURE);
        put_u32(out, 0); // disk with the ZIP64 end record
        put_u64(out, directory_offset + directory_len);
        put_u32(out, 1); // disks
    }
    put_u32(out, END_SIGNATURE);
    put_u16(out, 0);
    put_u16(out, 0);
    put_u16(out, few_entries.unwrap_or(IN_ZIP64_END));
    put_u16(out, few_entries.unwrap_or(IN_ZIP64_END));
    let field = |value| if needs_zip64(value) { IN_ZIP64_EXTRA } else { low_u32(value) };
    put_u32(out, field(directory_len));
    put_u32(out, field(directory_offset));
    put_u16(out, 0); // comment length
}

/// Returns whether a value does not fit a 32-bit field. The largest value of the field is the mark
/// for ZIP64.
pub(super) fn needs_zip64(value: u64) -> bool {
    value >= u64::from(IN_ZIP64_EXTRA)
}

fn field_len(member: &str, field: &'static str, len: usize) -> Result<u16, FieldTooLong> {
    u16::try_from(len).map_err(|_| FieldTooLong { member: member.to_owned(), field, len })
}

fn low_u32(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(IN_ZIP64_EXTRA)
}

fn put_zip64_extra<const N: usize>(out: &mut Vec<u8>, values: [u64; N]) {
    const { assert!(N <= 3, "two sizes and an offset (4.5.3)") };
    put_u16(out, ZIP64_EXTRA_ID);
    put_u16(out, values.iter().fold(0, |len, _| len + 8));
    for value in values {
        put_u64(out, value);
    }
}

fn put_u16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put_u64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_le_bytes());
}

#[cfg(test)]
#[path = "format_tests.rs"]
mod tests;
