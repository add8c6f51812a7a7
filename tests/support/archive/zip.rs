//! Rules about members that apply to any ZIP archive.

use std::collections::HashSet;
use std::io::{self, BufReader, Read};

use flate2::bufread::DeflateDecoder;

use super::records::{Archive, Entry, Header};
use super::{Finding, Source, chunks};

/// The largest value of a 32-bit field that does not mean ZIP64.
const MAX_32_BIT: u64 = 0xFFFF_FFFE;

/// Uncompressed size in bytes above which an archive with a ratio above [`MAX_RATIO`] counts as a bomb.
const RATIO_COUNTS_FROM: u64 = 64 << 20;
const MAX_RATIO: u64 = 50;

pub(super) fn findings(archive: &Archive, source: &dyn Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut names = HashSet::new();
    let mut timestamps = HashSet::new();
    for entry in &archive.entries {
        findings.extend(header_findings(entry));
        findings.extend(name_finding(entry));
        findings.extend(data_finding(source, entry));
        findings.extend(chunks::finding(source, entry));
        if !names.insert(entry.central.name.as_slice()) {
            findings.push(Finding::new("duplicate", entry.name()));
        }
        timestamps.insert((entry.central.date, entry.central.time));
    }
    if timestamps.len() > 1 {
        findings.push(Finding::new("timestamp", "members differ in it"));
    }
    let total: u64 = archive.entries.iter().map(|entry| entry.uncompressed).sum();
    if total > RATIO_COUNTS_FROM && total / MAX_RATIO > archive.len {
        findings.push(Finding::new("ratio", format!("{total} to {}", archive.len)));
    }
    findings
}

/// Rules about the header fields, in the order of the fields.
fn header_findings(entry: &Entry) -> Vec<Finding> {
    let (local, central) = (&entry.local, &entry.central);
    let is_large = entry.uncompressed.max(entry.compressed) > MAX_32_BIT;
    // `zip64_values` has already reported invalid extra fields.
    let has_zip64 = |it: &Header| it.extra_fields().is_ok_and(|fields| fields.zip64.is_some());
    let (has_local_zip64, has_central_zip64) = (has_zip64(local), has_zip64(central));
    let needed = |is_zip64: bool| if is_zip64 { 45 } else { 20 };
    let flags = if central.name.is_ascii() { 0 } else { 1 << 11 };
    let is_date = (1..=12).contains(&(central.date >> 5 & 15))
        && (1..=31).contains(&(central.date & 31))
        && central.time >> 11 < 24
        && central.time >> 5 & 63 < 60
        && central.time & 31 < 30;
    let needs_central_zip64 = is_large || entry.offset > MAX_32_BIT;
    let rules = [
        ("made-by", central.made_by == 3 << 8 | needed(has_central_zip64)),
        ("version", central.needed == needed(has_central_zip64)),
        ("version", local.needed == needed(has_local_zip64)),
        ("flags", central.flags == flags),
        ("local-flags", local.flags == central.flags),
        ("method", matches!(central.method, 0 | 8)),
        ("local-method", local.method == central.method),
        ("timestamp", is_date),
        ("local-timestamp", (local.date, local.time) == (central.date, central.time)),
        ("local-crc", local.crc == central.crc),
        ("stored-size", central.method != 0 || entry.compressed == entry.uncompressed),
        ("needless-deflate", central.method != 8 || entry.compressed < entry.uncompressed),
        ("local-name", local.name == central.name),
        ("zip64-needless", has_local_zip64 == is_large),
        ("zip64-needless", has_central_zip64 == needs_central_zip64),
        ("comment", central.comment.is_empty()),
        ("disk", central.disk == 0),
        ("internal", central.internal == 0),
        ("attributes", matches!(entry.mode(), 0o100_644 | 0o100_755)),
        ("attributes", entry.mode() << 16 == central.external),
    ];
    let broken = rules.into_iter().filter(|(_, holds)| !holds);
    broken
        .map(|(rule, _)| Finding::new(rule, format!("`{}`: {central:?} {local:?}", entry.name())))
        .collect()
}

/// Rules about the name.
fn name_finding(entry: &Entry) -> Option<Finding> {
    let Ok(name) = str::from_utf8(&entry.central.name) else {
        return Some(Finding::new("name-utf8", entry.name()));
    };
    let rule = if name.contains(char::is_control) {
        "name-control"
    } else if name.ends_with('/') {
        "directory-entry"
    } else if name.contains('\\')
        || name.split('/').any(|component| matches!(component, "" | "." | ".."))
    {
        "name-path"
    } else {
        return None;
    };
    Some(Finding::new(rule, format!("{name:?}")))
}

/// Checks that the data decompresses to the size and CRC-32 in the headers, without trailing bytes.
fn data_finding(source: &dyn Source, entry: &Entry) -> Option<Finding> {
    let mut crc = crc32fast::Hasher::new();
    let mut size = 0;
    let inflated = inflate(source, entry, |chunk| {
        crc.update(chunk);
        size += chunk.len() as u64;
    });
    let wrong = |rule, detail| Some(Finding::new(rule, format!("`{}`: {detail}", entry.name())));
    match inflated {
        Err(error) => wrong("data", error.to_string()),
        Ok(read) if read != entry.compressed => {
            wrong("data", format!("the stream ends after {read} of {} bytes", entry.compressed))
        }
        Ok(_) if size != entry.uncompressed => wrong("size", format!("{size} bytes")),
        Ok(_) if crc.finalize() != entry.central.crc => wrong("crc", String::new()),
        Ok(_) => None,
    }
}

/// Passes the decompressed data to `take`. Returns the number of compressed bytes read.
pub(super) fn inflate(
    source: &dyn Source,
    entry: &Entry,
    mut take: impl FnMut(&[u8]),
) -> io::Result<u64> {
    let part = Part { source, position: entry.data, end: entry.data + entry.compressed };
    let mut buffer = vec![0; 1 << 16];
    let mut drain = |reader: &mut dyn Read| -> io::Result<()> {
        loop {
            match reader.read(&mut buffer)? {
                0 => return Ok(()),
                length => take(&buffer[..length]),
            }
        }
    };
    if entry.central.method == 0 {
        let mut reader = part;
        drain(&mut reader)?;
        return Ok(entry.compressed);
    }
    let mut decoder = DeflateDecoder::new(BufReader::with_capacity(1 << 16, part));
    drain(&mut decoder)?;
    Ok(decoder.total_in())
}

/// A range of a source, as a stream.
struct Part<'a> {
    source: &'a dyn Source,
    position: u64,
    end: u64,
}

impl Read for Part<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = (self.end - self.position).min(buffer.len() as u64);
        let Some(bytes) = self.source.read(self.position, length) else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        buffer[..bytes.len()].copy_from_slice(&bytes);
        self.position += length;
        Ok(bytes.len())
    }
}
