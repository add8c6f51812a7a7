//! Reads the records of an archive from both ends: the directory from the end record, and the local
//! headers from the first byte on, each where the data before it ends. Section numbers refer to
//! APPNOTE.TXT 6.3.10.

use super::chunks::CHUNK_TABLE;
use super::{Finding, Source};

const LOCAL: u32 = 0x0403_4B50;
const CENTRAL: u32 = 0x0201_4B50;
const END: u32 = 0x0605_4B50;
const ZIP64_END: u32 = 0x0606_4B50;
const ZIP64_LOCATOR: u32 = 0x0706_4B50;

const END_LEN: u64 = 22;
const ZIP64_LOCATOR_LEN: u64 = 20;
const ZIP64_END_LEN: u64 = 56;

/// A local header (4.3.7) or a central-directory header (4.3.12). Only the latter has the fields
/// behind `extra`. Sizes are the values of the 32-bit fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) made_by: u16,
    pub(crate) needed: u16,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) time: u16,
    pub(crate) date: u16,
    pub(crate) crc: u32,
    pub(crate) compressed: u32,
    pub(crate) uncompressed: u32,
    pub(crate) name: Vec<u8>,
    pub(crate) extra: Vec<u8>,
    pub(crate) comment: Vec<u8>,
    pub(crate) disk: u16,
    pub(crate) internal: u16,
    pub(crate) external: u32,
    pub(crate) offset: u32,
}

/// A member: its two headers, and their values with ZIP64 applied.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) local: Header,
    pub(crate) central: Header,
    pub(crate) compressed: u64,
    pub(crate) uncompressed: u64,
    /// Position of the local header.
    pub(crate) offset: u64,
    /// Position of the data.
    pub(crate) data: u64,
}

impl Entry {
    /// Returns the name, with U+FFFD for bytes that are not UTF-8.
    pub(crate) fn name(&self) -> String {
        String::from_utf8_lossy(&self.central.name).into_owned()
    }

    /// Returns the Unix mode.
    pub(crate) fn mode(&self) -> u32 {
        self.central.external >> 16
    }
}

/// An archive without gaps between its records.
#[derive(Debug)]
pub(crate) struct Archive {
    /// The members in the order of both the central directory and the local headers.
    pub(crate) entries: Vec<Entry>,
    pub(crate) has_zip64_end: bool,
    pub(crate) len: u64,
}

/// A reader of consecutive little-endian fields.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }
}

/// Reads the records. The error is the first violation in their sequence.
pub(crate) fn parse(source: &dyn Source) -> Result<Archive, Finding> {
    let end = End::parse(source)?;
    let directory = source
        .read(end.directory_offset, end.directory_len)
        .filter(|_| end.directory_offset + end.directory_len == end.position)
        .ok_or_else(|| Finding::new("directory", format!("it does not end at its end: {end:?}")))?;
    let mut centrals = Vec::new();
    let mut rest = Fields(&directory);
    while !rest.0.is_empty() {
        let position = end.directory_offset + (directory.len() - rest.0.len()) as u64;
        centrals.push(central(&mut rest).ok_or_else(|| unknown(position, "central"))?);
    }
    if centrals.len() as u64 != end.entries {
        let found = centrals.len();
        return Err(Finding::new("count", format!("{found} members, expected {}", end.entries)));
    }
    let mut entries = Vec::with_capacity(centrals.len());
    let mut position = 0;
    for central in centrals {
        let entry = entry(source, central, position)?;
        position = entry.data.saturating_add(entry.compressed);
        if position > end.directory_offset {
            return Err(Finding::new("data-bounds", format!("`{}` overlaps", entry.name())));
        }
        entries.push(entry);
    }
    if position != end.directory_offset {
        return Err(unknown(position, "central"));
    }
    Ok(Archive { entries, has_zip64_end: end.is_zip64, len: source.size() })
}

fn unknown(position: u64, expected: &str) -> Finding {
    Finding::new("signature", format!("no {expected} header at {position}"))
}

/// The values of the end records (4.3.14 to 4.3.16).
#[derive(Debug)]
struct End {
    entries: u64,
    directory_len: u64,
    directory_offset: u64,
    is_zip64: bool,
    /// The offset of the first of them.
    position: u64,
}

impl End {
    fn parse(source: &dyn Source) -> Result<Self, Finding> {
        let end = |detail: &str| Finding::new("end", detail);
        let position = source.size().checked_sub(END_LEN).ok_or_else(|| end("too short"))?;
        let bytes = source.read(position, END_LEN).unwrap_or_default();
        let mut fields = Fields(&bytes);
        if fields.u32() != Some(END) {
            return Err(end("the last 22 bytes are no end record: a comment, or trailing data?"));
        }
        let mut u16 = || fields.u16().unwrap_or_default();
        let (disk, directory_disk, here, entries) = (u16(), u16(), u16(), u16());
        let mut u32 = || fields.u32().unwrap_or_default();
        let (len, offset) = (u32(), u32());
        if fields.u16() != Some(0) {
            return Err(end("a comment length that is not 0"));
        }
        if (disk, directory_disk) != (0, 0) || here != entries {
            return Err(end("more than one disk"));
        }
        let plain = Self {
            entries: entries.into(),
            directory_len: len.into(),
            directory_offset: offset.into(),
            is_zip64: false,
            position,
        };
        let is_marked = entries == u16::MAX || len == u32::MAX || offset == u32::MAX;
        let Some(zip64) = Self::parse_zip64(source, position)? else {
            return if is_marked { Err(end("no ZIP64 end record")) } else { Ok(plain) };
        };
        zip64.check_against(&plain)?;
        Ok(zip64)
    }

    /// Parses the two ZIP64 records in front of the end record, if they exist.
    fn parse_zip64(source: &dyn Source, end: u64) -> Result<Option<Self>, Finding> {
        let Some(position) = end.checked_sub(ZIP64_LOCATOR_LEN) else { return Ok(None) };
        let bytes = source.read(position, ZIP64_LOCATOR_LEN).unwrap_or_default();
        let mut fields = Fields(&bytes);
        if fields.u32() != Some(ZIP64_LOCATOR) {
            return Ok(None);
        }
        let wrong = |detail: &str| Finding::new("zip64-end", detail);
        let located = (fields.u32(), fields.u64(), fields.u32());
        let (Some(0), Some(record), Some(1)) = located else {
            return Err(wrong("a locator of several disks"));
        };
        if record.checked_add(ZIP64_END_LEN) != Some(position) {
            return Err(wrong("the locator does not point at 56 bytes in front of it"));
        }
        let bytes = source.read(record, ZIP64_END_LEN).unwrap_or_default();
        let mut fields = Fields(&bytes);
        if fields.u32() != Some(ZIP64_END) || fields.u64() != Some(44) {
            return Err(wrong("a signature or size that is not 44"));
        }
        let (made_by, needed) = (fields.u16(), fields.u16());
        let disks = (fields.u32(), fields.u32());
        if (made_by, needed) != (Some(0x032D), Some(0x2D)) || disks != (Some(0), Some(0)) {
            return Err(wrong("versions or disks"));
        }
        let mut u64 = || fields.u64().unwrap_or_default();
        let (here, entries, directory_len, directory_offset) = (u64(), u64(), u64(), u64());
        if here != entries {
            return Err(wrong("entries of this disk are not all entries"));
        }
        let position = record;
        Ok(Some(Self { entries, directory_len, directory_offset, is_zip64: true, position }))
    }

    /// Checks that the end record has the same values where they fit, and that at least one does
    /// not fit.
    fn check_against(&self, plain: &Self) -> Result<(), Finding> {
        let few = u64::from(u16::MAX);
        let small = u64::from(u32::MAX);
        let clipped = (
            self.entries.min(few),
            self.directory_len.min(small),
            self.directory_offset.min(small),
        );
        if clipped != (plain.entries, plain.directory_len, plain.directory_offset) {
            return Err(Finding::new("zip64-end", format!("{self:?} does not go with {plain:?}")));
        }
        if self.entries < few && self.directory_len < small && self.directory_offset < small {
            return Err(Finding::new("zip64-needless", "ZIP64 end records of a small archive"));
        }
        Ok(())
    }
}

/// Parses the fields that both headers share, up to the CRC-32 and sizes.
fn shared(fields: &mut Fields<'_>) -> Option<Header> {
    Some(Header {
        needed: fields.u16()?,
        flags: fields.u16()?,
        method: fields.u16()?,
        time: fields.u16()?,
        date: fields.u16()?,
        crc: fields.u32()?,
        compressed: fields.u32()?,
        uncompressed: fields.u32()?,
        ..Header::default()
    })
}

fn central(fields: &mut Fields<'_>) -> Option<Header> {
    if fields.u32()? != CENTRAL {
        return None;
    }
    let made_by = fields.u16()?;
    let mut header = Header { made_by, ..shared(fields)? };
    let (name, extra, comment) = (fields.u16()?, fields.u16()?, fields.u16()?);
    header.disk = fields.u16()?;
    header.internal = fields.u16()?;
    header.external = fields.u32()?;
    header.offset = fields.u32()?;
    header.name = fields.take(name.into())?.to_vec();
    header.extra = fields.take(extra.into())?.to_vec();
    header.comment = fields.take(comment.into())?.to_vec();
    Some(header)
}

/// Returns the member of a central header. Its local header must begin at `position`.
fn entry(source: &dyn Source, central: Header, position: u64) -> Result<Entry, Finding> {
    let name = String::from_utf8_lossy(&central.name).into_owned();
    let no_local = || unknown(position, "local");
    let bytes = source.read(position, 30).ok_or_else(no_local)?;
    let mut fields = Fields(&bytes);
    if fields.u32() != Some(LOCAL) {
        return Err(no_local());
    }
    let mut local = shared(&mut fields).ok_or_else(no_local)?;
    let lengths = (fields.u16().ok_or_else(no_local)?, fields.u16().ok_or_else(no_local)?);
    local.name = source.read(position + 30, lengths.0.into()).ok_or_else(no_local)?;
    let extra = position + 30 + u64::from(lengths.0);
    local.extra = source.read(extra, lengths.1.into()).ok_or_else(no_local)?;
    if (local.flags | central.flags) & 1 << 3 != 0 {
        return Err(Finding::new("data-descriptor", format!("bit 3 of `{name}`")));
    }
    let (uncompressed, compressed, offset) = zip64_values(&central, &name)?;
    if offset != position {
        let detail = format!("the directory has `{name}` at {offset}, it is at {position}");
        return Err(Finding::new("offset", detail));
    }
    let (local_uncompressed, local_compressed, _) = zip64_values(&local, &name)?;
    if (local_uncompressed, local_compressed) != (uncompressed, compressed) {
        return Err(Finding::new("local-sizes", format!("of `{name}`")));
    }
    if local.extra_fields().is_ok_and(|fields| fields.chunk_table.is_some()) {
        return Err(Finding::new("extra", format!("a table of chunks at `{name}` itself")));
    }
    let data = extra + u64::from(lengths.1);
    Ok(Entry { local, central, compressed, uncompressed, offset, data })
}

/// Returns uncompressed size, compressed size and offset. They come from the ZIP64 extra field where a 32-bit
/// field has all bits set (4.5.3). Only wheels from wheelworks are read: it never writes one value alone.
fn zip64_values(header: &Header, name: &str) -> Result<(u64, u64, u64), Finding> {
    let extra = header.extra_fields().map(|fields| fields.zip64).map_err(|detail| {
        Finding::new("extra", format!("of `{name}`: {detail}: {:?}", header.extra))
    })?;
    let marked = [header.uncompressed, header.compressed, header.offset];
    let expected = 8 * marked.iter().filter(|&&value| value == u32::MAX).count();
    let Some(extra) = extra else {
        let [uncompressed, compressed, offset] = marked.map(u64::from);
        return match expected {
            0 => Ok((uncompressed, compressed, offset)),
            _ => Err(Finding::new("zip64-fields", format!("`{name}` has no ZIP64 field"))),
        };
    };
    if ![0, 8, 16, 24, 28].contains(&extra.len()) || (extra.len() == 8 && header.method != 0) {
        return Err(Finding::new("zip64-length", format!("{} of `{name}`", extra.len())));
    }
    if extra.len() != expected {
        let detail = format!("{} bytes for `{name}`, expected {expected}", extra.len());
        return Err(Finding::new("zip64-fields", detail));
    }
    let mut fields = Fields(extra);
    let [uncompressed, compressed, offset] = marked.map(|value| match value {
        u32::MAX => fields.u64().unwrap_or_default(),
        value => value.into(),
    });
    Ok((uncompressed, compressed, offset))
}

/// The data of the extra fields that wheelworks writes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ExtraFields<'a> {
    pub(crate) zip64: Option<&'a [u8]>,
    pub(crate) chunk_table: Option<&'a [u8]>,
}

impl Header {
    /// Parses the extra fields: at most one of each kind, ZIP64 first, and no unknown ones.
    pub(crate) fn extra_fields(&self) -> Result<ExtraFields<'_>, &'static str> {
        let mut found = ExtraFields::default();
        let mut fields = Fields(&self.extra);
        while !fields.0.is_empty() {
            let id = fields.u16().ok_or("cut short")?;
            let length = fields.u16().ok_or("cut short")?;
            let data = fields.take(length.into()).ok_or("cut short")?;
            let field = match id {
                1 if found.chunk_table.is_some() => return Err("out of order"),
                1 => &mut found.zip64,
                CHUNK_TABLE => &mut found.chunk_table,
                _ => return Err("unknown"),
            };
            if field.replace(data).is_some() {
                return Err("twice");
            }
        }
        Ok(found)
    }
}
