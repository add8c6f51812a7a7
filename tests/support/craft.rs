//! Writes archives from parts, to break one rule at a time.

use super::archive::{Header, content, parse};
use super::sample;

/// The headers and data of a member.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// Bytes in front of the local header that are part of no record.
    pub(crate) gap: Vec<u8>,
    pub(crate) local: Header,
    pub(crate) data: Vec<u8>,
    pub(crate) central: Header,
    /// The number to add to the offset of the local header.
    pub(crate) offset_error: u32,
}

/// The parts of an archive.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) entries: Vec<Part>,
    /// Bytes between the last member and the directory.
    pub(crate) directory_gap: Vec<u8>,
    /// The size field of the ZIP64 end record, or `None` without ZIP64 end records. The other
    /// fields are filled in.
    pub(crate) zip64_end: Option<u64>,
}

impl Parts {
    /// Packs the sample tree. Returns the wheel and its parts.
    pub(crate) fn sample() -> (Vec<u8>, Self) {
        let dir = sample::tree();
        let (_, path) = sample::pack(&dir, &["pack", "tree"], sample::FILENAME);
        let bytes = fs_err::read(path).unwrap();
        let parts = Self::of(&bytes);
        (bytes, parts)
    }

    /// Splits a valid archive into parts.
    pub(crate) fn of(bytes: &Vec<u8>) -> Self {
        let archive = parse(bytes).unwrap();
        let entries = archive.entries.iter().map(|entry| {
            let data = usize::try_from(entry.data).unwrap();
            let len = usize::try_from(entry.compressed).unwrap();
            Part {
                gap: Vec::new(),
                local: entry.local.clone(),
                data: bytes[data..data + len].to_vec(),
                central: entry.central.clone(),
                offset_error: 0,
            }
        });
        let entries = entries.collect();
        Self { entries, directory_gap: Vec::new(), zip64_end: None }
    }

    /// Changes both headers of a member.
    pub(crate) fn both(&mut self, index: usize, change: impl Fn(&mut Header)) {
        change(&mut self.entries[index].local);
        change(&mut self.entries[index].central);
    }

    /// Replaces the data of a member by stored data, with matching headers.
    pub(crate) fn store(&mut self, index: usize, data: &[u8]) {
        let len = u32::try_from(data.len()).unwrap();
        self.entries[index].data = data.to_vec();
        self.both(index, |header| {
            header.method = 0;
            header.crc = crc32fast::hash(data);
            (header.compressed, header.uncompressed) = (len, len);
        });
    }

    /// Changes the text of RECORD.
    pub(crate) fn edit_record(&mut self, edit: impl FnOnce(String) -> String) {
        let bytes = self.render();
        let archive = parse(&bytes).unwrap();
        let text = content(&bytes, archive.entries.last().unwrap());
        let text = edit(String::from_utf8(text).unwrap());
        self.store(self.entries.len() - 1, text.as_bytes());
    }

    /// Returns the archive's bytes, with matching offsets and end records except for the requested
    /// errors.
    pub(crate) fn render(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut directory = Vec::new();
        for part in &self.entries {
            out.extend(&part.gap);
            let offset = u32::try_from(out.len()).unwrap() + part.offset_error;
            put(&mut out, 4, 0x0403_4B50);
            put_shared(&mut out, &part.local);
            out.extend(part.local.name.iter().chain(&part.local.extra).chain(&part.data));
            put_central(&mut directory, &part.central, offset);
        }
        out.extend(&self.directory_gap);
        let offset = out.len() as u64;
        let len = directory.len() as u64;
        out.extend(directory);
        let count = self.entries.len() as u64;
        if let Some(size) = self.zip64_end {
            let position = out.len() as u64;
            put_zip64_end(&mut out, position, size, [count, count, len, offset]);
        }
        put(&mut out, 4, 0x0605_4B50);
        put(&mut out, 4, 0);
        put(&mut out, 2, count);
        put(&mut out, 2, count);
        put(&mut out, 4, len);
        put(&mut out, 4, offset);
        put(&mut out, 2, 0);
        out
    }
}

/// Appends a central directory header. An offset in the ZIP64 field is marked as such.
pub(crate) fn put_central(out: &mut Vec<u8>, header: &Header, offset: u32) {
    put(out, 4, 0x0201_4B50);
    put(out, 2, header.made_by.into());
    put_shared(out, header);
    put(out, 2, header.comment.len() as u64);
    put(out, 2, header.disk.into());
    put(out, 2, header.internal.into());
    put(out, 4, header.external.into());
    put(out, 4, if header.offset == u32::MAX { u32::MAX } else { offset }.into());
    out.extend(header.name.iter().chain(&header.extra).chain(&header.comment));
}

/// Appends the fields that both headers share.
pub(crate) fn put_shared(out: &mut Vec<u8>, header: &Header) {
    for field in [header.needed, header.flags, header.method, header.time, header.date] {
        put(out, 2, field.into());
    }
    for field in [header.crc, header.compressed, header.uncompressed] {
        put(out, 4, field.into());
    }
    put(out, 2, header.name.len() as u64);
    put(out, 2, header.extra.len() as u64);
}

/// Appends the ZIP64 end records that begin at `position`: two counts, the directory's length and offset.
pub(crate) fn put_zip64_end(out: &mut Vec<u8>, position: u64, size: u64, values: [u64; 4]) {
    put(out, 4, 0x0606_4B50);
    put(out, 8, size);
    put(out, 2, 0x032D);
    put(out, 2, 0x2D);
    put(out, 8, 0);
    for value in values {
        put(out, 8, value);
    }
    put(out, 4, 0x0706_4B50);
    put(out, 4, 0);
    put(out, 8, position);
    put(out, 4, 1);
}

/// Returns Info-ZIP's Unicode path extra field: `path` as another name for the header's `name`.
pub(crate) fn unicode_path(name: &[u8], path: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, 2, 0x7075);
    put(&mut out, 2, 5 + path.len() as u64);
    put(&mut out, 1, 1);
    put(&mut out, 4, crc32fast::hash(name).into());
    out.extend(path);
    out
}

/// Returns a ZIP64 extra field with these values.
pub(crate) fn zip64_field(values: &[u64]) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, 2, 1);
    put(&mut out, 2, 8 * values.len() as u64);
    for &value in values {
        put(&mut out, 8, value);
    }
    out
}

/// Appends a little-endian field of `len` bytes.
pub(crate) fn put(out: &mut Vec<u8>, len: usize, value: u64) {
    out.extend(&value.to_le_bytes()[..len]);
}
