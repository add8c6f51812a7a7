//! A pass over a file, from its first byte to its last, that reads sections and device code.
//!
//! Device code is not in executable segments, so their bytes are not scanned: what looks like device code there would
//! make a second pass necessary.

use std::ops::{ControlFlow, Range};

use super::compressed_offsets::CompressedOffsets;
use super::content::{ContentError, MemberData, Strictness};
use super::outlines::{Tables, of_content};
use super::parts::PartsError;
use crate::deflate::{Inflater, StreamIndex};
use crate::device_code::{DeviceCode, PayloadVisitor, Scanner, part};
use crate::elf::Outline;
use crate::exec::CancelFlag;
use crate::object_file::ObjectOutline;

/// What one pass over a library has found.
#[derive(Debug)]
pub struct LibraryParts<V> {
    /// Its sections; `None` if it is no ELF file.
    pub outline: Result<Option<Outline>, PartsError>,
    /// Its sections if it is a Mach-O or PE file.
    pub object: Option<ObjectOutline>,
    /// Its device code.
    pub code: DeviceCode,
    /// The visitor of the payloads.
    pub visitor: V,
    /// Where its content is in the compressed data.
    pub offsets: CompressedOffsets,
}

/// A pass over a file.
pub struct LibraryPass<V> {
    len: u64,
    scanner: Scanner<V>,
    tables: Tables,
    /// The executable segments that are not scanned; `None` until they are known.
    skipped: Option<Vec<Range<u64>>>,
    /// The number of skipped ranges that the pass has left behind.
    left: usize,
    /// Whether a skipped range cuts what may be device code.
    is_cut: bool,
}

impl<V: PayloadVisitor> LibraryPass<V> {
    /// Returns a pass over a file of `len` bytes.
    #[must_use]
    pub fn new(len: u64, visitor: V) -> Self {
        Self {
            len,
            scanner: Scanner::new(&(0..len), visitor),
            tables: Tables::new(len),
            skipped: None,
            left: 0,
            is_cut: false,
        }
    }

    /// Returns the offset of the next byte.
    pub(super) fn position(&self) -> u64 {
        self.tables.position
    }

    /// Takes the next bytes.
    pub fn feed(&mut self, piece: &[u8]) {
        let start = self.tables.position;
        self.tables.feed(piece);
        if self.skipped.is_none()
            && let Some(mut executable) = self.tables.executable()
        {
            executable.retain(|range| range.start >= start);
            self.skipped = Some(executable);
        }
        self.scan(start, piece);
    }

    /// Scans the bytes outside of the skipped ranges.
    fn scan(&mut self, mut at: u64, mut bytes: &[u8]) {
        while let Some(range) = self.skipped.as_ref().and_then(|ranges| ranges.get(self.left)) {
            let range = range.clone();
            let mut split_at = |end: u64| {
                let len = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX);
                let (before, behind) = bytes.split_at(len.min(bytes.len()));
                bytes = behind;
                at += before.len() as u64;
                before
            };
            self.scanner.feed(split_at(range.start));
            split_at(range.end);
            if at < range.end {
                return;
            }
            self.is_cut |= !self.scanner.is_searching();
            self.scanner.restart(&(range.end..self.len));
            self.left += 1;
        }
        self.scanner.feed(bytes);
    }

    /// Returns what the pass has found, without positions in the compressed data. Reads parts of the member again if
    /// tables are before others that refer to them, and all of it if bytes outside of the sections for data look like
    /// device code. With the index of the stream, only the parts with the tables are inflated.
    ///
    /// # Errors
    ///
    /// If the content cannot be read again, or the request is cancelled.
    pub fn finish(
        self,
        data: &MemberData<'_>,
        index: Option<&StreamIndex>,
        visitor: &impl Fn() -> V,
        inflater: &mut Inflater,
        cancel: &CancelFlag,
    ) -> Result<LibraryParts<V>, ContentError> {
        let skipped = self.skipped.unwrap_or_default();
        let is_cut = self.is_cut || self.left < skipped.len() && !self.scanner.is_searching();
        let (mut code, mut visited) = self.scanner.finish();
        let outline = self.tables.finish(|reader| {
            if index.and_then(|index| reader.fetch_segments(data, index, inflater)).is_some() {
                return Ok(());
            }
            Ok(reader.fetch_in_pass(data, usize::MAX, inflater, cancel)?)
        });
        let (outline, object) = of_content(outline)?;
        let again = match &outline {
            Ok(Some(outline)) => {
                let is_whole = !is_cut && code.is_within(&outline.data);
                let is_scanned = !overlap(&outline.data, &skipped);
                (!(is_whole && is_scanned)).then(|| outline.data.clone())
            }
            // Without sections, device code counts wherever it is.
            _ => (!skipped.is_empty()).then(|| std::iter::once(0..self.len).collect()),
        };
        if let Some(ranges) = again {
            (code, visited) = scan_ranges(data, &ranges, visitor(), inflater, cancel)?;
        }
        let offsets = CompressedOffsets::default();
        Ok(LibraryParts { outline, object, code, visitor: visited, offsets })
    }
}

/// Scans the ranges alone, in another pass.
fn scan_ranges<V: PayloadVisitor>(
    data: &MemberData<'_>,
    ranges: &[Range<u64>],
    visitor: V,
    inflater: &mut Inflater,
    cancel: &CancelFlag,
) -> Result<(DeviceCode, V), ContentError> {
    let mut scanner = Scanner::new(&(0..0), visitor);
    let (mut position, mut ranges) = (0, ranges.iter().peekable());
    let mut has_begun = false;
    data.stream(inflater, usize::MAX, Strictness::Lenient, cancel, |piece| {
        let piece_end = position + piece.len() as u64;
        while let Some(range) = ranges.peek().filter(|range| range.start < piece_end) {
            if !has_begun {
                scanner.restart(range);
                has_begun = true;
            }
            scanner.feed(part(piece, position, range));
            if range.end > piece_end {
                break;
            }
            has_begun = false;
            ranges.next();
        }
        position = piece_end;
        if ranges.peek().is_some() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(scanner.finish())
}

/// Returns whether a range of one list overlaps one of the other.
fn overlap(some: &[Range<u64>], others: &[Range<u64>]) -> bool {
    some.iter().any(|it| others.iter().any(|other| it.start < other.end && other.start < it.end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device_code::NoPayloads;
    use crate::zip::Method;

    /// The header of a compressed bundle without valid targets: a problem where device code can be.
    const BUNDLE: &[u8] = b"CCOB\x02\0\0\0\x60\0\0\0\x10\0\0\0\0\0\0\0\0\0\0\0\x78";

    /// Returns an ELF file of three segments: headers, code and data. `code` is in the second one, its flags are
    /// `flags`. Notes are right behind the section table, as in libraries that `patchelf` has rewritten.
    fn file(code: &[u8], flags: u32) -> Vec<u8> {
        let mut bytes = vec![0; 300_000];
        bytes[150_000..150_000 + code.len()].copy_from_slice(code);
        let mut put = |at: usize, value: u64, len: usize| {
            bytes[at..at + len].copy_from_slice(&value.to_le_bytes()[..len]);
        };
        let table = 280_000;
        for (at, value, len) in [(0, 0x0001_0102_464C_457F, 8), (16, 3, 2), (18, 62, 2), (20, 1, 4)]
        {
            put(at, value, len);
        }
        for (at, value, len) in [(32, 64, 8), (40, table as u64, 8), (52, 64, 2), (54, 56, 2)] {
            put(at, value, len);
        }
        for (at, value, len) in [(56, 4, 2), (58, 64, 2), (60, 3, 2), (62, 2, 2)] {
            put(at, value, len);
        }
        let notes = table + 3 * 64;
        let segments = [
            (1_u32, 4_u32, 0, 1000),
            (1, flags, 100_000, 100_000),
            (1, 6, 200_000, 50_000),
            (4, 4, notes, 36),
        ];
        for (index, (kind, flags, offset, len)) in segments.into_iter().enumerate() {
            let at = 64 + 56 * index;
            put(at, kind.into(), 4);
            put(at + 4, flags.into(), 4);
            for (field, value) in [(8, offset), (16, offset), (24, offset), (32, len), (40, len)] {
                put(at + field, value as u64, 8);
            }
            put(at + 48, 4, 8);
        }
        // Sections `.data` and `.shstrtab`; the names are in front of the table.
        let names = table - 100;
        for (index, (kind, flags, offset, len)) in
            [(1, 2, 200_000, 50_000), (3, 0, names, 17)].into_iter().enumerate()
        {
            let at = table + 64 * (index + 1);
            for (field, value, len) in
                [(4, kind, 4), (8, flags, 8), (24, offset, 8), (32, len, 8), (0, 7 * index, 4)]
            {
                put(at + field, value as u64, len);
            }
        }
        for (at, value, len) in [(0, 4, 4), (4, 20, 4), (8, 3, 4), (12, 0x0055_4E47, 4)] {
            put(notes + at, value, len);
        }
        bytes[names..names + 17].copy_from_slice(b"\0.data\0.shstrtab\0");
        bytes
    }

    /// Returns the sections and the problems of a file that is read once; it cannot be read again.
    fn passed(bytes: &[u8]) -> Result<(usize, usize), ContentError> {
        let mut pass = LibraryPass::new(bytes.len() as u64, NoPayloads);
        bytes.chunks(128 << 10).for_each(|piece| pass.feed(piece));
        let gone = MemberData {
            bytes: &[],
            method: Method::Deflated,
            uncompressed: bytes.len() as u64,
            crc: 0,
            chunks: None,
        };
        let cancel = CancelFlag::default();
        let parts = pass.finish(&gone, None, &|| NoPayloads, &mut Inflater::new(), &cancel)?;
        let outline = parts.outline.map_err(|error| match error {
            PartsError::Content(error) => error,
            error => panic!("{error}"),
        })?;
        Ok((outline.unwrap().sections.len(), parts.code.problems.len()))
    }

    #[test]
    fn one_pass_reads_tables_and_skips_machine_code() {
        const EXECUTABLE: u32 = 5;
        assert_eq!(passed(&file(b"", EXECUTABLE)).unwrap(), (2, 0));
        // What looks like device code in machine code is none.
        assert_eq!(passed(&file(BUNDLE, EXECUTABLE)).unwrap(), (2, 0));
        // Outside of all sections and not executable: another pass reads the sections alone.
        passed(&file(BUNDLE, 4)).unwrap_err();
        // In a section for data, it is a problem.
        let mut in_data = file(b"", EXECUTABLE);
        in_data[200_100..200_100 + BUNDLE.len()].copy_from_slice(BUNDLE);
        assert_eq!(passed(&in_data).unwrap(), (2, 1));
        // It begins before machine code, and may reach into it.
        let mut cut = file(b"", EXECUTABLE);
        cut[99_990..99_990 + BUNDLE.len()].copy_from_slice(BUNDLE);
        passed(&cut).unwrap_err();
    }
}
