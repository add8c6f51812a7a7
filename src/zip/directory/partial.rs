//! The central directory of an archive of which only some members are at hand.
//!
//! Such an archive is a sparse file: its end and its directory are there, local headers and data are zeros until they
//! are read. In the end, the members that were not read are made empty, so that every reader can open the file.

use std::ops::Range;

use super::{
    CENTRAL_LEN, Central, ChunkTable, DirectoryError, End, Fields, LOCAL_LEN, MAX_CHUNKS,
    MAX_MEMBERS, Records, record,
};
use crate::zip::extra::fields;
use crate::zip::format::{
    IN_ZIP64_EXTRA, LOCAL_HEADER_SIGNATURE, Method, VERSION_DEFLATE, ZIP64_EXTRA_ID,
};

/// Where the fields of a directory record are: method, CRC-32, and the two lengths in the order of the ZIP64 field.
const METHOD_AT: usize = 10;
const CRC_AT: usize = 16;
const LENGTHS_AT: [usize; 2] = [24, 20];

/// Bytes in front of the data of an extra field: its ID and its length.
const FIELD_HEAD: usize = 4;

/// A member, as its record in the central directory describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartialMember {
    /// Its path; directories end with a slash.
    pub name: String,
    /// How its data is stored.
    pub method: Method,
    /// Its length in bytes in the archive.
    pub compressed: u64,
    /// Its length in bytes, once it is inflated.
    pub uncompressed: u64,
    /// Its CRC-32.
    pub crc: u32,
    /// Its chunk table, if the lengths in it add up.
    pub chunks: Option<ChunkTable>,
    /// From its local header to the next one, or to the directory: what holds its header and its data.
    pub extent: Range<usize>,
    /// Where its record begins.
    record: usize,
}

/// Returns where the central directory is, once the end of the archive is there.
pub fn directory_range(archive: &[u8]) -> Result<Range<usize>, DirectoryError> {
    let end = End::find(archive)?;
    if end.count > MAX_MEMBERS {
        return Err(DirectoryError::TooMany { found: end.count });
    }
    Ok(end.directory)
}

/// Returns the members, in the order of the directory, once that is there.
pub fn partial_members(archive: &[u8]) -> Result<Vec<PartialMember>, DirectoryError> {
    let end = End::find(archive)?;
    let mut records = Records { archive, at: end.directory.start, end: end.directory.end };
    let (mut members, mut chunk_count) = (Vec::new(), 0);
    while records.at < records.end && members.len() as u64 <= end.count {
        let at = records.at;
        let Central { text, extra, method, compressed, uncompressed, offset, .. } =
            records.central()?;
        let header = records.header(offset, end.shift)?;
        let chunks = match method {
            Method::Deflated => ChunkTable::find(extra, compressed, uncompressed),
            Method::Stored => None,
        };
        chunk_count += chunks.as_ref().map_or(0, ChunkTable::len);
        members.push(PartialMember {
            name: text,
            method,
            compressed,
            uncompressed,
            crc: Fields { archive, at }.u32(CRC_AT)?,
            chunks: chunks.filter(|_| chunk_count <= MAX_CHUNKS),
            extent: header..header,
            record: at,
        });
    }
    let mut starts: Vec<usize> = members.iter().map(|member| member.extent.start).collect();
    starts.push(end.directory.start);
    starts.sort_unstable();
    for PartialMember { extent, .. } in &mut members {
        let next = starts.partition_point(|start| *start <= extent.start);
        extent.end = starts.get(next).copied().unwrap_or(extent.start);
    }
    Ok(members)
}

impl PartialMember {
    /// Returns the range of its data, once its local header is there.
    ///
    /// # Errors
    ///
    /// There is no local header, or its data would leave the archive.
    pub fn data(&self, archive: &[u8]) -> Result<Range<usize>, DirectoryError> {
        let at = self.extent.start;
        let fields = Fields { archive, at };
        if fields.u32(0)? != LOCAL_HEADER_SIGNATURE {
            return Err(record(at, "a local header", &"something else"));
        }
        let lens = usize::from(fields.u16(26)?) + usize::from(fields.u16(28)?);
        let start = at + LOCAL_LEN + lens;
        let end = usize::try_from(self.compressed).ok().and_then(|len| start.checked_add(len));
        end.filter(|&end| end <= archive.len()).map(|end| start..end).ok_or_else(|| {
            record(at, "a member's data within the file", &format!("{} bytes", self.compressed))
        })
    }

    /// Returns what to write at which offsets to make the member an empty one with the same name.
    ///
    /// # Errors
    ///
    /// The directory is not there.
    pub fn emptied(&self, archive: &[u8]) -> Result<Vec<(usize, Vec<u8>)>, DirectoryError> {
        let fields_of = Fields { archive, at: self.record };
        let name_len = fields_of.u16(28)?;
        let name = fields_of.bytes(CENTRAL_LEN, name_len.into())?;
        let extra_at = CENTRAL_LEN + name.len();
        let extra = fields_of.bytes(extra_at, fields_of.u16(30)?.into())?;
        let mut local = LOCAL_HEADER_SIGNATURE.to_le_bytes().to_vec();
        local.extend_from_slice(&VERSION_DEFLATE.to_le_bytes());
        local.resize(26, 0);
        local.extend_from_slice(&name_len.to_le_bytes());
        local.resize(LOCAL_LEN, 0);
        local.extend_from_slice(name);
        let mut writes = vec![
            (self.extent.start, local),
            (self.record + METHOD_AT, vec![0; 2]),
            (self.record + CRC_AT, vec![0; 4]),
        ];
        let before = fields(extra).take_while(|(id, _)| *id != ZIP64_EXTRA_ID);
        let before: usize = before.map(|(_, data)| data.len() + FIELD_HEAD).sum();
        let mut wide = fields(extra)
            .any(|(id, _)| id == ZIP64_EXTRA_ID)
            .then_some(self.record + extra_at + before + FIELD_HEAD);
        for at in LENGTHS_AT {
            if fields_of.u32(at)? == IN_ZIP64_EXTRA
                && let Some(place) = &mut wide
            {
                writes.push((*place, vec![0; 8]));
                *place += 8;
            } else {
                writes.push((self.record + at, vec![0; 4]));
            }
        }
        Ok(writes)
    }
}

#[cfg(test)]
#[path = "partial_tests.rs"]
mod tests;
