//! Reads an archive as a strict index does, both by its directory and by its local headers. Reports
//! each flaw and reads on as far as it can follow the records.
//!
//! [`Directory`](super::Directory) stops at the first flaw; this reader reports all of them. It reads
//! records only: the reader of a member's data checks that against the headers.

mod end;
mod extra;
mod flaw;
mod local;

use std::collections::HashSet;
use std::ops::Range;

use self::end::Ending;
pub use self::flaw::{Flaw, FlawKind};
use super::chunk_table::ChunkClaim;
use super::directory::{CENTRAL_LEN, DirectoryError, FLAG_ENCRYPTED, Fields, Zip64};
use super::format::{
    CENTRAL_HEADER_SIGNATURE, FLAG_UTF8, LOCAL_HEADER_SIGNATURE, ZIP64_END_SIGNATURE,
};

/// General purpose bit 3: CRC-32 and sizes are behind the data (4.4.4).
const FLAG_DATA_DESCRIPTOR: u16 = 1 << 3;

/// Optional signature of a data descriptor (4.3.9.3).
const DATA_DESCRIPTOR_SIGNATURE: u32 = 0x0807_4B50;

/// Maximum number of members that are checked. It is lower than the limit of
/// [`Directory`](super::Directory) because `check` keeps more for each member: at this limit it takes
/// 292 MB, at 1,000,000 members it would take 505 MB. The wheel of `TensorFlow` has 24,000.
const MAX_CHECKED_MEMBERS: usize = 1 << 19;

/// A member in the central directory, valid or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawMember {
    /// Its name, with `\u{fffd}` where it is not UTF-8.
    pub name: Box<str>,
    /// How its data is compressed (4.4.5).
    pub method: u16,
    /// General purpose flags (4.4.4).
    pub flags: u16,
    /// CRC-32 of its content.
    pub crc: u32,
    /// Length of its data in bytes.
    pub compressed: u64,
    /// Length of its content in bytes.
    pub uncompressed: u64,
    /// The system whose file attributes it has (4.4.2): 3 is Unix.
    pub system: u8,
    /// Upper half of the external attributes: a Unix mode.
    pub mode: u16,
    /// The offset of the local header, as the directory says.
    pub offset: u64,
    /// The range of its data, if it is known and no other member shares it.
    pub data: Option<Range<usize>>,
    /// The positions of its chunks, as the archive claims.
    pub chunks: ChunkClaim,
}

impl RawMember {
    /// Returns whether it is a directory.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        self.name.ends_with('/')
    }

    /// Returns whether its data is encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.flags & FLAG_ENCRYPTED != 0
    }

    fn has_descriptor(&self) -> bool {
        self.flags & FLAG_DATA_DESCRIPTOR != 0
    }
}

/// The members of an archive, in the directory's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawArchive {
    /// The members.
    pub members: Vec<RawMember>,
}

/// Receives flaws.
type FlawSink<'a> = dyn FnMut(Flaw) + 'a;

impl RawArchive {
    /// Reads an archive in memory, or mapped, and passes its flaws to `sink`.
    ///
    /// # Errors
    ///
    /// If no member can be found.
    pub fn read(archive: &[u8], sink: &mut FlawSink<'_>) -> Result<Self, DirectoryError> {
        let ending = Ending::find(archive, sink)?;
        let mut reader =
            Reader { archive, ending: &ending, sink, members: Vec::new(), is_partial: false };
        reader.read_directory();
        reader.report_duplicates();
        reader.read_local_headers();
        reader.check_positions();
        Ok(Self { members: reader.members })
    }
}

struct Reader<'a, 'b> {
    archive: &'a [u8],
    ending: &'b Ending,
    sink: &'b mut FlawSink<'b>,
    members: Vec<RawMember>,
    /// Whether there are members that were not checked.
    is_partial: bool,
}

impl Reader<'_, '_> {
    fn report(&mut self, kind: FlawKind, member: Option<&str>, found: String) {
        (self.sink)(Flaw { kind, member: member.map(str::to_owned), found });
    }

    /// Reads the central directory.
    fn read_directory(&mut self) {
        let end = self.ending.directory.end;
        let mut at = self.ending.directory.start;
        let mut count = 0_u64;
        while at < end {
            if self.members.len() == MAX_CHECKED_MEMBERS {
                let found =
                    format!("more than {MAX_CHECKED_MEMBERS}, of which the rest was not looked at");
                self.report(FlawKind::TooManyMembers, None, found);
                self.is_partial = true;
                return;
            }
            let Some(next) = self.read_record(at, end) else { break };
            at = next;
            count += 1;
        }
        if at < end {
            let found = format!("{} bytes at {at} that are no record of the directory", end - at);
            self.report(FlawKind::Record, None, found);
        }
        if count != self.ending.count {
            let said = self.ending.count;
            let found = format!("the end record counts {said} members, the directory has {count}");
            self.report(FlawKind::End, None, found);
        }
    }

    /// Reads a record of the central directory (4.3.12). Returns the offset of the next one.
    fn read_record(&mut self, at: usize, end: usize) -> Option<usize> {
        let fields = Fields { archive: &self.archive[..end], at };
        if fields.u32(0).ok()? != CENTRAL_HEADER_SIGNATURE {
            return None;
        }
        let (flags, method) = (fields.u16(8).ok()?, fields.u16(10).ok()?);
        let name = fields.bytes(CENTRAL_LEN, fields.u16(28).ok()?.into()).ok()?;
        let extra = fields.bytes(CENTRAL_LEN + name.len(), fields.u16(30).ok()?.into()).ok()?;
        let comment = fields
            .bytes(CENTRAL_LEN + name.len() + extra.len(), fields.u16(32).ok()?.into())
            .ok()?;
        let mut zip64 = Zip64::of(extra);
        let mut is_whole = true;
        let mut wide = |offset| {
            let value = fields.u32(offset).unwrap_or_default();
            zip64.widen(value).unwrap_or_else(|| {
                is_whole = false;
                value.into()
            })
        };
        // In the order of the extra field.
        let (uncompressed, compressed, offset) = (wide(24), wide(20), wide(42));
        let text = String::from_utf8_lossy(name).into_owned();
        if !is_whole {
            let found = "the directory's record lacks a size or an offset in it".to_owned();
            self.report(FlawKind::Zip64Extra, Some(&text), found);
        }
        self.report_name(name, &text, flags);
        extra::report(extra, name, None, &text, self.sink);
        if !comment.is_empty() {
            let found = format!("a comment of {} bytes", comment.len());
            self.report(FlawKind::MemberComment, Some(&text), found);
        }
        if fields.u16(34).ok()? != 0 {
            let found = "it is said to be on another disk".to_owned();
            self.report(FlawKind::End, Some(&text), found);
        }
        let attributes = fields.u32(38).ok()?.to_le_bytes();
        self.members.push(RawMember {
            name: text.into(),
            method,
            flags,
            crc: fields.u32(16).ok()?,
            compressed,
            uncompressed,
            system: fields.u16(4).ok()?.to_le_bytes()[1],
            mode: u16::from_le_bytes([attributes[2], attributes[3]]),
            offset: offset.checked_add_signed(self.ending.shift).unwrap_or(u64::MAX),
            data: None,
            chunks: ChunkClaim::find(extra, compressed, uncompressed),
        });
        self.report_form();
        Some(at + CENTRAL_LEN + name.len() + extra.len() + comment.len())
    }

    fn report_name(&mut self, name: &[u8], text: &str, flags: u16) {
        if std::str::from_utf8(name).is_err() {
            let found = format!("`{}`", name.escape_ascii());
            self.report(FlawKind::NameEncoding, Some(text), found);
        } else if !name.is_ascii() && flags & FLAG_UTF8 == 0 {
            let found = "general purpose bit 11 is not set".to_owned();
            self.report(FlawKind::NameFlag, Some(text), found);
        }
        if text.chars().any(char::is_control) {
            let found = format!("`{}`", text.escape_default());
            self.report(FlawKind::NameControl, Some(text), found);
        }
    }

    /// Reports flaws in the form of the last member.
    fn report_form(&mut self) {
        let Some(member) = self.members.last() else { return };
        let name = member.name.to_string();
        let (method, has_descriptor) = (member.method, member.has_descriptor());
        let is_encrypted = member.is_encrypted();
        let lengths = (member.compressed, member.uncompressed);
        if is_encrypted {
            self.report(FlawKind::Encrypted, Some(&name), "its data is encrypted".to_owned());
        }
        if !matches!(method, 0 | 8) {
            let found = format!("compression method {method}{}", method_name(method));
            self.report(FlawKind::Method, Some(&name), found);
        }
        if has_descriptor {
            let found = "general purpose bit 3 is set".to_owned();
            self.report(FlawKind::DataDescriptor, Some(&name), found);
        }
        if method == 0 && lengths.0 != lengths.1 && !is_encrypted {
            let found = format!("{} and {} bytes", lengths.0, lengths.1);
            self.report(FlawKind::StoredLength, Some(&name), found);
        }
    }

    fn report_duplicates(&mut self) {
        let mut seen = HashSet::with_capacity(self.members.len());
        let twice: Vec<usize> = (0..self.members.len())
            .filter(|&at| !seen.insert(self.members[at].name.as_ref()))
            .collect();
        for at in twice {
            let name = self.members[at].name.clone();
            self.report(FlawKind::Duplicate, Some(&name), "it occurs more than once".to_owned());
        }
    }

    fn read_local_headers(&mut self) {
        for at in 0..self.members.len() {
            let member = &self.members[at];
            let limit = self.ending.directory.start;
            let data = local::data(self.archive, member, limit, self.sink);
            self.members[at].data = data;
        }
    }

    /// Checks that each member begins where the one before it ends: readers without a directory need that.
    fn check_positions(&mut self) {
        let mut order: Vec<usize> = (0..self.members.len()).collect();
        order.sort_by_key(|&at| self.members[at].offset);
        let start = self.ending.directory.start;
        let mut position = 0;
        // Behind a member with an unknown end, gaps cannot be detected.
        let mut is_lost = false;
        for at in order {
            let offset = usize::try_from(self.members[at].offset).unwrap_or(usize::MAX).min(start);
            let end = self.members[at].data.as_ref().map_or(offset, |data| data.end);
            let end = end + self.descriptor_len(at, end);
            if offset < position && self.members[at].data.take().is_some() {
                let name = self.members[at].name.clone();
                let found =
                    format!("it begins at {offset}, within another that ends at {position}");
                self.report(FlawKind::Overlap, Some(&name), found);
            }
            if offset > position && !is_lost {
                self.report_gap(position..offset);
            }
            is_lost = end == offset;
            position = position.max(end);
        }
        if position < start && !is_lost {
            self.report_gap(position..start);
        }
    }

    /// Returns the length of the data descriptor behind a member whose data ends at `end`.
    fn descriptor_len(&self, at: usize, end: usize) -> usize {
        if !self.members[at].has_descriptor() || self.members[at].data.is_none() {
            return 0;
        }
        let fields = Fields { archive: self.archive, at: end };
        let signature = if fields.u32(0).ok() == Some(DATA_DESCRIPTOR_SIGNATURE) { 4 } else { 0 };
        // Sizes have 8 bytes if no record follows a descriptor with 4-byte sizes.
        let ends_at = |len| {
            let next = Fields { archive: self.archive, at: end + len };
            matches!(
                next.u32(0).ok(),
                Some(LOCAL_HEADER_SIGNATURE | CENTRAL_HEADER_SIGNATURE | ZIP64_END_SIGNATURE)
            )
        };
        [12, 20].into_iter().map(|len| len + signature).find(|&len| ends_at(len)).unwrap_or(0)
    }

    fn report_gap(&mut self, gap: Range<usize>) {
        if self.is_partial {
            return;
        }
        let fields = Fields { archive: self.archive, at: gap.start };
        let (start, len) = (gap.start, gap.len());
        if fields.u32(0).ok() == Some(LOCAL_HEADER_SIGNATURE) {
            let name = fields.u16(26).ok().and_then(|len| fields.bytes(30, len.into()).ok());
            let name = String::from_utf8_lossy(name.unwrap_or_default()).into_owned();
            let found = format!("a local header at {start} that the directory does not know");
            self.report(FlawKind::Hidden, Some(&name), found);
        } else if start == 0 {
            let found = format!("{len} bytes before the first member");
            self.report(FlawKind::Prefix, None, found);
        } else {
            let found = format!("{len} bytes at {start} that belong to no member");
            self.report(FlawKind::Record, None, found);
        }
    }
}

/// Returns the usual name of a method.
fn method_name(method: u16) -> &'static str {
    match method {
        9 => " (Deflate64)",
        12 => " (bzip2)",
        14 => " (LZMA)",
        20 | 93 => " (Zstandard)",
        95 => " (XZ)",
        _ => "",
    }
}

#[cfg(test)]
#[path = "strict_tests.rs"]
mod tests;
