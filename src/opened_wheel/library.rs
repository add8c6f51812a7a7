//! Reads a library in one pass: its sections, and its device code as it streams by.
//!
//! Without a chunk table all of it is inflated once; the scanner, the tables that [`Outline`] needs and the
//! positions in the compressed data come from the same pass. With a chunk table, which is trusted here, the
//! tables are read first, then only the chunks with data in which device code can be and is not skipped.

use std::ops::{ControlFlow, Range};

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use super::chunked::Chunked;
use super::compressed_offsets::CompressedOffsets;
use super::content::{ContentError, MemberData, Strictness};
use super::parts::{PartsError, PartsReader};
use crate::deflate::Inflater;
use crate::device_code::{DeviceCode, NoPayloads, PayloadVisitor, Scanner};
use crate::elf::{MAX_ROUNDS, Outline, Unfinished, is_elf};
use crate::exec::CancelFlag;

/// The number of first bytes that are read. They contain the headers and usually the notes.
const HEAD_BYTES: u64 = 64 << 10;

/// Bytes that are read in front of each wanted range: the names of sections are in front of the
/// section table, so one pass over the stream reads both.
const MARGIN_BYTES: u64 = 64 << 10;

/// Maximum number of bytes of tables that are read. 65,535 sections with their names take less.
const MAX_TABLE_BYTES: u64 = 16 << 20;

/// Bytes of chunks that are inflated at the same time.
const BATCH_BYTES: u64 = 8 << 20;

/// Returns whether a file may hold device code even if it is no ELF file, by its extension.
#[must_use]
pub fn may_hold_device_code(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(extension, "a" | "cubin" | "dll" | "exe" | "fatbin" | "hsaco" | "lib" | "pyd")
}

/// What one pass over a library has found.
#[derive(Debug)]
pub struct LibraryParts<V> {
    /// Its sections; `None` if it is no ELF file.
    pub outline: Result<Option<Outline>, PartsError>,
    /// Its device code.
    pub code: DeviceCode,
    /// The visitor of the payloads.
    pub visitor: V,
    /// Where its content is in the compressed data.
    pub offsets: CompressedOffsets,
}

/// Reads a member that may be a library. `visitor` makes visitors of the payloads: a second one if the first
/// saw device code outside of the sections for data.
///
/// # Errors
///
/// If the content cannot be read, or the request is cancelled.
pub fn read_library<V: PayloadVisitor>(
    data: &MemberData<'_>,
    visitor: impl Fn() -> V,
    inflater: &mut Inflater,
    cancel: &CancelFlag,
) -> Result<LibraryParts<V>, ContentError> {
    if let Some(chunked) = Chunked::new(*data)
        && let Some(parts) = in_chunks(data, &chunked, &visitor, inflater, cancel)?
    {
        return Ok(parts);
    }
    in_one_pass(data, &visitor, inflater, cancel)
}

fn in_one_pass<V: PayloadVisitor>(
    data: &MemberData<'_>,
    visitor: &impl Fn() -> V,
    inflater: &mut Inflater,
    cancel: &CancelFlag,
) -> Result<LibraryParts<V>, ContentError> {
    let mut pass = LibraryPass::new(data.uncompressed, visitor());
    let mut offsets = CompressedOffsets::default();
    data.stream_with_positions(
        inflater,
        usize::MAX,
        Strictness::Lenient,
        cancel,
        |piece, read| {
            pass.feed(piece);
            offsets.push(pass.tables.position, read as u64);
            ControlFlow::<()>::Continue(())
        },
    )?;
    Ok(LibraryParts { offsets, ..pass.finish(data, visitor, inflater, cancel)? })
}

/// A pass over a file, from its first byte to its last, that reads sections and device code.
pub struct LibraryPass<V> {
    scanner: Scanner<V>,
    tables: Tables,
}

impl<V: PayloadVisitor> LibraryPass<V> {
    /// Returns a pass over a file of `len` bytes.
    #[must_use]
    pub fn new(len: u64, visitor: V) -> Self {
        Self { scanner: Scanner::new(&(0..len), visitor), tables: Tables::new(len) }
    }

    /// Takes the next bytes.
    pub fn feed(&mut self, piece: &[u8]) {
        self.scanner.feed(piece);
        self.tables.feed(piece);
    }

    /// Returns what the pass has found, without positions in the compressed data. Reads the member again only
    /// if its tables are in an unusual order, or if bytes outside of the sections for data look like device
    /// code.
    ///
    /// # Errors
    ///
    /// If the content cannot be read again, or the request is cancelled.
    pub fn finish(
        self,
        data: &MemberData<'_>,
        visitor: &impl Fn() -> V,
        inflater: &mut Inflater,
        cancel: &CancelFlag,
    ) -> Result<LibraryParts<V>, ContentError> {
        let (mut code, mut visited) = self.scanner.finish();
        let outline = self
            .tables
            .finish(|reader| Ok(reader.fetch_in_pass(data, usize::MAX, inflater, cancel)?));
        let outline = of_content(outline)?;
        if let Ok(Some(outline)) = &outline
            && !code.is_within(&outline.data)
        {
            (code, visited) = scan_ranges(data, &outline.data, visitor(), inflater, cancel)?;
        }
        let offsets = CompressedOffsets::default();
        Ok(LibraryParts { outline, code, visitor: visited, offsets })
    }
}

/// Returns the device code of a file whose bytes are at hand.
#[must_use]
pub fn code_of_file(bytes: &[u8]) -> DeviceCode {
    let whole = 0..bytes.len() as u64;
    let outline = is_elf(bytes).then(|| {
        PartsReader::new(whole.end, MAX_TABLE_BYTES).parse(Outline::read_parts, |reader| {
            reader.feed(0, bytes);
            Ok::<(), PartsError>(())
        })
    });
    let ranges = match &outline {
        Some(Ok(outline)) => outline.data.as_slice(),
        _ => std::slice::from_ref(&whole),
    };
    let mut scanner = Scanner::new(&(0..0), NoPayloads);
    for range in ranges {
        scanner.restart(range);
        scanner.feed(part(bytes, 0, range));
    }
    scanner.finish().0
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

/// Returns the bytes of a piece, which begins at this offset, that are in the range.
fn part<'a>(piece: &'a [u8], start: u64, range: &Range<u64>) -> &'a [u8] {
    let end = start + piece.len() as u64;
    let within =
        |offset: u64| usize::try_from(offset.clamp(start, end) - start).unwrap_or(piece.len());
    &piece[within(range.start)..within(range.end)]
}

/// Reads a member by its chunk table; `None` if a chunk is invalid.
fn in_chunks<V: PayloadVisitor>(
    data: &MemberData<'_>,
    chunked: &Chunked<'_>,
    visitor: &impl Fn() -> V,
    inflater: &mut Inflater,
    cancel: &CancelFlag,
) -> Result<Option<LibraryParts<V>>, ContentError> {
    let mut tables = Tables::new(data.uncompressed);
    let head = 0..HEAD_BYTES.min(data.uncompressed);
    let Some(bytes) = chunked.range(&head, inflater) else { return Ok(None) };
    tables.feed(&bytes);
    let mut is_valid = true;
    let outline = tables.finish(|reader| {
        is_valid = reader.fetch_chunks(*chunked, inflater).is_some();
        if is_valid { Ok(()) } else { Err(ContentError::Unreadable.into()) }
    });
    if !is_valid {
        return Ok(None);
    }
    let outline = of_content(outline)?;
    let whole = 0..data.uncompressed;
    let ranges = match &outline {
        Ok(Some(outline)) => outline.data.as_slice(),
        _ => std::slice::from_ref(&whole),
    };
    let mut scanner = Scanner::new(&(0..0), visitor());
    for range in ranges {
        scanner.restart(range);
        if scan_chunks(chunked, range, &mut scanner, cancel)?.is_none() {
            return Ok(None);
        }
    }
    let (code, visitor) = scanner.finish();
    Ok(Some(LibraryParts {
        outline,
        code,
        visitor,
        offsets: CompressedOffsets::of_chunks(chunked),
    }))
}

/// Scans a range. Chunks that are skipped are not inflated; the others are, a few at a time, on all threads
/// of the pool. `None` if one of them is invalid.
fn scan_chunks<V: PayloadVisitor>(
    chunked: &Chunked<'_>,
    range: &Range<u64>,
    scanner: &mut Scanner<V>,
    cancel: &CancelFlag,
) -> Result<Option<()>, ContentError> {
    let table = chunked.table();
    let mut chunks = table.holding(range).filter_map(|index| table.chunk(index)).peekable();
    loop {
        if cancel.is_cancelled() {
            return Err(ContentError::Cancelled);
        }
        let mut batch = Vec::new();
        let mut len = 0;
        while len < BATCH_BYTES
            && let Some(chunk) = chunks.next()
        {
            if chunk.uncompressed.end > scanner.needed() {
                len += chunk.uncompressed.end - chunk.uncompressed.start;
                batch.push(chunk.uncompressed);
            }
        }
        if batch.is_empty() {
            return Ok(Some(()));
        }
        let inflated: Vec<Option<(u64, Vec<u8>)>> = batch
            .into_par_iter()
            .map_init(Inflater::new, |inflater, chunk| {
                Some((chunk.start, chunked.range(&chunk, inflater)?))
            })
            .collect();
        for chunk in inflated {
            let Some((start, bytes)) = chunk else { return Ok(None) };
            scanner.skip_to(start.max(range.start));
            let skipped = scanner.needed().min(start + bytes.len() as u64);
            scanner.skip_to(skipped);
            scanner.feed(part(&bytes, start, &(skipped.max(range.start)..range.end)));
        }
    }
}

/// Separates errors of the content from those of the tables.
fn of_content(
    outline: Result<Option<Outline>, PartsError>,
) -> Result<Result<Option<Outline>, PartsError>, ContentError> {
    match outline {
        Err(PartsError::Content(error)) => Err(error),
        outline => Ok(outline),
    }
}

/// The tables of an ELF file, read while it streams by.
struct Tables {
    position: u64,
    reader: PartsReader,
    rounds: usize,
    state: State,
}

/// How far the tables are read.
enum State {
    /// The first bytes are not complete.
    Head,
    /// It is no ELF file.
    Other,
    /// It is one.
    Elf,
    /// Nothing more can be read in this pass.
    Later,
    /// All is read, or cannot be.
    Read(Box<Result<Outline, PartsError>>),
}

impl Tables {
    fn new(len: u64) -> Self {
        let mut reader =
            PartsReader::new(len, HEAD_BYTES + MAX_TABLE_BYTES).with_margin(MARGIN_BYTES);
        // The head alone is below the limit.
        let head = 0..HEAD_BYTES.min(len);
        let _ = reader.want(vec![head], 0);
        Self { position: 0, reader, rounds: 0, state: State::Head }
    }

    fn feed(&mut self, piece: &[u8]) {
        self.reader.feed(self.position, piece);
        self.position += piece.len() as u64;
        while !self.reader.is_waiting() && self.advance() {}
    }

    /// Requests what is needed next. Returns whether there may be more to request.
    fn advance(&mut self) -> bool {
        match &self.state {
            State::Head => {
                let head = self.reader.parts.get(&(0..HEAD_BYTES.min(self.position)));
                let is_elf_file = head.is_some_and(is_elf);
                self.state = if is_elf_file { State::Elf } else { State::Other };
                true
            }
            State::Other | State::Later | State::Read(_) => false,
            State::Elf => {
                self.rounds += 1;
                let read = match Outline::read_parts(&self.reader.parts) {
                    Ok(outline) => Ok(outline),
                    Err(Unfinished::Wrong(error)) => Err(error.into()),
                    Err(Unfinished::Missing(mut ranges)) => {
                        let from = self.position;
                        ranges.retain(|it| it.start.saturating_sub(MARGIN_BYTES) >= from);
                        if ranges.is_empty() || self.rounds > MAX_ROUNDS {
                            self.state = State::Later;
                            return false;
                        }
                        match self.reader.want(ranges, 0) {
                            Ok(()) => return true,
                            Err(error) => Err(error),
                        }
                    }
                };
                self.state = State::Read(Box::new(read));
                false
            }
        }
    }

    /// Returns the outline. Calls `fetch` for what this pass did not read.
    fn finish(
        mut self,
        fetch: impl FnMut(&mut PartsReader) -> Result<(), PartsError>,
    ) -> Result<Option<Outline>, PartsError> {
        match self.state {
            State::Read(read) => read.map(Some),
            State::Head | State::Other => Ok(None),
            State::Elf | State::Later => self.reader.parse(Outline::read_parts, fetch).map(Some),
        }
    }
}
