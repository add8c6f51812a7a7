//! Inflates members of archives: small ones to memory, large ones to temporary files.

use std::ops::Range;

use fs_err::File;
use tempfile::NamedTempFile;

use super::archived_member::ArchivedMember;
use super::scratch::Scratch;
use crate::deflate::{Inflater, Spans, StreamIndex};
use crate::device_code::part;
use crate::error::{Error, FileError};
use crate::exec::CancelFlag;
use crate::memory;
use crate::opened_wheel::write_at;
use crate::source::{FileContent, Input};
use crate::temporary;
use crate::zip::ChunkTable;

/// Inflates a small member to memory.
pub(super) fn to_memory(member: &ArchivedMember, cancel: &CancelFlag) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    member.archive.read(member.entry(), &mut Inflater::new(), cancel, |part| {
        Ok(memory::append(&mut bytes, part)?)
    })?;
    Ok(bytes)
}

/// Inflates a large member to a temporary file, in parallel if it has a chunk table.
pub(super) fn to_file(member: &ArchivedMember, scratch: Scratch<'_>) -> Result<FileContent, Error> {
    let (file, _) = write(member, &[], None, &mut Inflater::new(), scratch)?;
    // The file loses its name when `file` is dropped; the mapping keeps its bytes.
    Ok(Input::find(file.path()).and_then(|input| input.open())?)
}

/// Inflates a large member to a temporary file, in parallel if it has a chunk table or an index. Bytes in the `unused`
/// ranges, which are in order, become zeros. Returns where its blocks are, unless it is stored: its chunks, if the
/// table is proven.
pub(super) fn to_file_with_spans(
    member: &ArchivedMember,
    unused: &[Range<u64>],
    index: Option<&StreamIndex>,
    scratch: Scratch<'_>,
) -> Result<(NamedTempFile<File>, Option<Spans>), Error> {
    let mut inflater = Inflater::recording_index();
    let (file, known) = write(member, unused, index, &mut inflater, scratch)?;
    let spans = match known {
        Known::Chunks(table) => Some(Spans::of_chunks(table.lengths())),
        Known::Index(index) => Some(index.spans.clone()),
        Known::Nothing => inflater.take_index().map(|index| index.spans),
    };
    Ok((file, spans.filter(|spans| !spans.is_empty())))
}

/// What is proven about a member's stream once it was inflated.
enum Known<'a> {
    Chunks(&'a ChunkTable),
    Index(&'a StreamIndex),
    /// Neither; an inflater that records an index has it.
    Nothing,
}

fn write<'a>(
    member: &'a ArchivedMember,
    unused: &[Range<u64>],
    index: Option<&'a StreamIndex>,
    inflater: &mut Inflater,
    scratch: Scratch<'_>,
) -> Result<(NamedTempFile<File>, Known<'a>), Error> {
    let Scratch { directory, cancel, pool } = scratch;
    let file = temporary::file(directory).map_err(FileError::on("create a file in", directory))?;
    let on_write = |error| FileError::on("write to a file in", directory)(error);
    let target = file.as_file().file();
    let place = |offset, part: &[u8]| -> Result<(), Error> {
        let placed = used(offset, part, unused).try_for_each(|(at, it)| write_at(target, it, at));
        Ok(placed.map_err(on_write)?)
    };
    let (archive, entry) = (&member.archive, member.entry());
    let known = if let Some(pool) = pool
        && let Some(table) = &entry.chunks
        && archive.read_chunks(entry, pool, cancel, place, None)?
    {
        Known::Chunks(table)
    } else if let Some(pool) = pool
        && let Some(index) = index
        && archive.read_segments(entry, index, pool, cancel, place)?
    {
        Known::Index(index)
    } else {
        // Some parts may have been written before one failed.
        file.as_file().set_len(0).map_err(on_write)?;
        let mut offset = 0;
        archive.read(entry, inflater, cancel, |part| {
            place(offset, part)?;
            offset += part.len() as u64;
            Ok(())
        })?;
        Known::Nothing
    };
    // What is unused is not written.
    file.as_file().set_len(entry.uncompressed).map_err(on_write)?;
    Ok((file, known))
}

/// Returns the parts of a piece outside of the unused ranges, with their offsets. `offset` is that of the piece.
fn used<'a>(
    offset: u64,
    piece: &'a [u8],
    unused: &'a [Range<u64>],
) -> impl Iterator<Item = (u64, &'a [u8])> {
    let end = offset.saturating_add(piece.len() as u64);
    let first = unused.partition_point(|range| range.end <= offset);
    let behind = unused.get(first..).unwrap_or_default().iter();
    let gaps = behind.take_while(move |range| range.start < end).cloned().chain([end..end]);
    let parts = gaps.scan(offset, |at, gap| {
        let part = *at..gap.start;
        *at = gap.end;
        Some(part)
    });
    parts
        .filter(|range| range.start < range.end)
        .map(move |range| (range.start, part(piece, offset, &range)))
}
