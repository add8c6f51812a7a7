//! A member's local header (4.3.7), compared with the directory.

use std::ops::Range;

use super::extra::{self, LocalSizes};
use super::{Flaw, FlawKind, FlawSink, RawMember};
use crate::zip::directory::{Fields, LOCAL_LEN, Zip64};
use crate::zip::format::{FLAG_UTF8, LOCAL_HEADER_SIGNATURE};

/// The flags that change how a member is read.
const COMPARED_FLAGS: u16 =
    super::FLAG_DATA_DESCRIPTOR | crate::zip::directory::FLAG_ENCRYPTED | FLAG_UTF8;

/// Returns the range of a member's data, which ends before `limit`. Reports differences between its
/// local header and the directory.
pub(super) fn data(
    archive: &[u8],
    member: &RawMember,
    limit: usize,
    sink: &mut FlawSink<'_>,
) -> Option<Range<usize>> {
    let mut report =
        |kind, found| sink(Flaw { kind, member: Some(member.name.to_string()), found });
    let at = usize::try_from(member.offset).ok().filter(|&at| at < limit);
    let header = at.and_then(|at| Header::read(&archive[..limit], at));
    let Some(header) = header else {
        report(FlawKind::NoLocalHeader, format!("none at {}", member.offset));
        return None;
    };
    for found in header.differences(member) {
        report(FlawKind::LocalDiffers, found);
    }
    if header.flags & !member.flags & super::FLAG_DATA_DESCRIPTOR != 0 {
        report(FlawKind::DataDescriptor, "bit 3 is set in its local header".to_owned());
    }
    let len = usize::try_from(member.compressed).ok();
    let end = len.and_then(|len| header.data.checked_add(len)).filter(|&end| end <= limit);
    if end.is_none() {
        let found = format!("{} bytes from {} on", member.compressed, header.data);
        report(FlawKind::Bounds, found);
    }
    let sizes = LocalSizes { method: header.method, stated: header.stated };
    extra::report(header.extra, header.name, Some(&sizes), &member.name, sink);
    end.map(|end| header.data..end)
}

struct Header<'a> {
    flags: u16,
    method: u16,
    crc: u32,
    compressed: u64,
    uncompressed: u64,
    /// The 32-bit fields of the sizes: uncompressed, compressed.
    stated: [u32; 2],
    name: &'a [u8],
    extra: &'a [u8],
    /// Where the data begins.
    data: usize,
}

impl<'a> Header<'a> {
    fn read(archive: &'a [u8], at: usize) -> Option<Self> {
        let fields = Fields { archive, at };
        if fields.u32(0).ok()? != LOCAL_HEADER_SIGNATURE {
            return None;
        }
        let name = fields.bytes(LOCAL_LEN, fields.u16(26).ok()?.into()).ok()?;
        let extra = fields.bytes(LOCAL_LEN + name.len(), fields.u16(28).ok()?.into()).ok()?;
        let mut zip64 = Zip64::of(extra);
        let mut wide = |value: u32| zip64.widen(value).unwrap_or(value.into());
        let stated = [fields.u32(22).ok()?, fields.u32(18).ok()?];
        let [uncompressed, compressed] = stated.map(&mut wide);
        Some(Self {
            flags: fields.u16(6).ok()?,
            method: fields.u16(8).ok()?,
            crc: fields.u32(14).ok()?,
            compressed,
            uncompressed,
            stated,
            name,
            extra,
            data: at + LOCAL_LEN + name.len() + extra.len(),
        })
    }

    /// Returns the differences from the directory, in words.
    fn differences(&self, member: &RawMember) -> Vec<String> {
        let mut found = Vec::new();
        let mut differ = |what: &str, local: String, central: String| {
            if local != central {
                found.push(format!(
                    "{what}: {local} in the local header, {central} in the directory"
                ));
            }
        };
        let name = String::from_utf8_lossy(self.name);
        if name != member.name.as_ref() {
            differ("name", format!("`{name}`"), format!("`{}`", member.name));
        }
        differ("method", self.method.to_string(), member.method.to_string());
        let flags = |flags: u16| format!("{:#06x}", flags & COMPARED_FLAGS);
        differ("flags", flags(self.flags), flags(member.flags));
        // With a data descriptor these fields are blank; indexes refuse it.
        if self.flags & super::FLAG_DATA_DESCRIPTOR == 0 {
            differ("CRC-32", format!("{:08x}", self.crc), format!("{:08x}", member.crc));
            differ("compressed size", self.compressed.to_string(), member.compressed.to_string());
            differ("size", self.uncompressed.to_string(), member.uncompressed.to_string());
        }
        found
    }
}
