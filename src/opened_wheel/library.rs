//! Reads a library in one pass: its sections, and its device code as it streams by.
//!
//! Without a chunk table all of it is inflated once; the scanner, the tables that [`Outline`] needs and the
//! positions in the compressed data come from the same pass. With a chunk table, which is trusted here, the
//! tables are read first, then only the chunks with data in which device code can be and is not skipped.

use std::ops::{ControlFlow, Range};

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use super::chunked::{Chunked, InflaterPool};
use super::compressed_offsets::CompressedOffsets;
use super::content::{ContentError, MemberData, Strictness};
use super::library_pass::{LibraryParts, LibraryPass};
use super::outlines::{HEAD_BYTES, MAX_TABLE_BYTES, Tables, of_content};
use super::parts::{PartsError, PartsReader};
use crate::deflate::Inflater;
use crate::device_code::{DeviceCode, NoPayloads, PayloadVisitor, Scanner, part};
use crate::elf::{Outline, is_elf};
use crate::exec::CancelFlag;

/// Bytes of chunks that are inflated at the same time.
const BATCH_BYTES: u64 = 8 << 20;

/// Returns whether a file may hold device code even if it is no ELF file, by its extension.
#[must_use]
pub fn may_hold_device_code(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(
        extension,
        "a" | "co" | "cubin" | "dll" | "exe" | "fatbin" | "hipfb" | "hsaco" | "lib" | "pyd"
    )
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
            offsets.push(pass.position(), read as u64);
            ControlFlow::<()>::Continue(())
        },
    )?;
    let index = inflater.take_index();
    let parts = pass.finish(data, index.as_ref(), visitor, inflater, cancel)?;
    Ok(LibraryParts { offsets, ..parts })
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
    let (outline, object) = of_content(outline)?;
    let whole = 0..data.uncompressed;
    let ranges = match &outline {
        Ok(Some(outline)) => outline.data.as_slice(),
        _ => std::slice::from_ref(&whole),
    };
    let mut scanner = Scanner::new(&(0..0), visitor());
    let idle = InflaterPool::default();
    for range in ranges {
        scanner.restart(range);
        if scan_chunks(chunked, range, &mut scanner, &idle, cancel)?.is_none() {
            return Ok(None);
        }
    }
    let (code, visitor) = scanner.finish();
    Ok(Some(LibraryParts {
        outline,
        object,
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
    idle: &InflaterPool,
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
            .map(|chunk| {
                idle.lend(|inflater, mut buffer| {
                    chunked.append_range(&chunk, inflater, &mut buffer)?;
                    Some((chunk.start, buffer))
                })
            })
            .collect();
        for chunk in inflated {
            let Some((start, bytes)) = chunk else { return Ok(None) };
            scanner.skip_to(start.max(range.start));
            let skipped = scanner.needed().min(start + bytes.len() as u64);
            scanner.skip_to(skipped);
            scanner.feed(part(&bytes, start, &(skipped.max(range.start)..range.end)));
            idle.give_back(bytes);
        }
    }
}
