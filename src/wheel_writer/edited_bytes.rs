//! The bytes of an edited file: in memory, or in a temporary file.

use std::io::{self, Write as _};
use std::ops::Range;

use fs_err::File;
use tempfile::NamedTempFile;

use super::archived_member::ArchivedMember;
use super::edited_member::{DeviceCodeEdit, Edit, EditBase, EditedMember};
use super::inflated;
use super::scratch::Scratch;
use crate::deflate::{BlockRange, Run, Spans, cut};
use crate::elf_edit::{Edits, Patch};
use crate::error::{Error, FileError};
use crate::opened_wheel::write_at;
use crate::source::{FileContent, Input, MAP_THRESHOLD, SourceError};
use crate::temporary;
use crate::zip::ChunkTable;

/// Bytes copied between two checks of the cancel flag.
const COPY_STEP: usize = 1 << 20;

/// The bytes of an edited file.
pub(crate) struct EditedBytes<'a> {
    /// The content.
    pub(super) content: FileContent,
    /// The compressed data that the edits leave as it is, if that is at least half.
    pub(super) splice: Option<Splice<'a>>,
}

/// How an edited stream is made of blocks of the old one and of new chunks.
pub(super) struct Splice<'a> {
    /// The member with the old stream.
    pub(super) source: &'a ArchivedMember,
    /// The chunks of the new stream.
    pub(super) chunks: Vec<SplicedChunk>,
    /// The level of the old stream's chunk table. `None` if it has none: then chunks refer to bytes before
    /// themselves.
    pub(super) table_level: Option<u8>,
}

/// A chunk of an edited stream.
pub(super) struct SplicedChunk {
    /// Its content.
    pub(super) content: Range<usize>,
    /// The blocks of the old stream that it is. `None` if it is compressed.
    pub(super) copied: Option<BlockRange>,
}

impl<'a> EditedBytes<'a> {
    /// Opens a file, edits a copy of it, and finds the compressed data that can be kept.
    ///
    /// # Errors
    /// If the file cannot be read or edited.
    pub(super) fn open(edited: &'a EditedMember, scratch: Scratch<'_>) -> Result<Self, Error> {
        let index = edited.index.as_deref();
        match (&edited.base, &edited.edit) {
            (EditBase::Archived(member), _) if edited.base.len() < MAP_THRESHOLD => {
                let base = inflated::to_memory(member, scratch.cancel)?;
                Ok(Self { content: FileContent::Read(edited.apply(&base)?), splice: None })
            }
            (EditBase::Archived(member), Edit::Elf(edits)) => {
                let whole = DeviceCodeEdit::default();
                let (file, spans) = inflated::to_file_with_spans(member, &whole, index, scratch)?;
                let (patch, content) = edit(edited, edits, file, scratch)?;
                let changes = patch.writes().map(|(offset, new)| offset..offset + new.len() as u64);
                let runs = |it: &Spans| it.runs(changes, patch.kept(), patch.len());
                let runs = spans.as_ref().filter(|_| edited.keeps_compressed).and_then(runs);
                let splice = spans.zip(runs);
                let splice =
                    splice.and_then(|(spans, runs)| splice_of(member, &spans, runs, &content));
                Ok(Self { content, splice })
            }
            (EditBase::Archived(member), Edit::DeviceCode(edit)) => {
                let (file, spans) = inflated::to_file_with_spans(member, edit, index, scratch)?;
                let content = open(&file)?;
                let len = edited.base.len();
                // However much changes: most of it becomes zeros.
                let runs = |it: &Spans| it.runs_within(edit.code.changes(), len, len, len);
                let runs = spans.as_ref().and_then(runs);
                let splice = spans.zip(runs);
                let splice =
                    splice.and_then(|(spans, runs)| splice_of(member, &spans, runs, &content));
                Ok(Self { content, splice })
            }
            (EditBase::File(input), of_file) => {
                let base = input.open()?;
                let content = match of_file {
                    Edit::Elf(edits) if edited.base.len() >= MAP_THRESHOLD => {
                        edit(edited, edits, copy(base.bytes(), scratch)?, scratch)?.1
                    }
                    _ => FileContent::Read(edited.apply(base.bytes())?),
                };
                // The missing part of a truncated file reads as zeros.
                if !base.is_intact() {
                    return Err(input.faulted().into());
                }
                Ok(Self { content, splice: None })
            }
        }
    }
}

/// Copies a large file to a temporary file.
fn copy(base: &[u8], scratch: Scratch<'_>) -> Result<NamedTempFile<File>, Error> {
    let Scratch { directory, cancel, .. } = scratch;
    let mut file =
        temporary::file(directory).map_err(FileError::on("create a file in", directory))?;
    let mut copy = Vec::new();
    for step in base.chunks(COPY_STEP) {
        cancel.check()?;
        copy.clear();
        copy.extend_from_slice(step);
        file.write_all(&copy).map_err(FileError::on("write to a file in", directory))?;
    }
    Ok(file)
}

/// Edits a temporary file in place, so that memory does not hold it.
fn edit(
    edited: &EditedMember,
    edits: &Edits,
    mut file: NamedTempFile<File>,
    scratch: Scratch<'_>,
) -> Result<(Patch, FileContent), Error> {
    file.flush().map_err(FileError::on("write to a file in", scratch.directory))?;
    let patch = edited.patch(edits, open(&file)?.bytes())?;
    write(&file, &patch).map_err(FileError::on("write to a file in", scratch.directory))?;
    let content = open(&file)?;
    Ok((patch, content))
}

/// Opens a temporary file. It loses its name when `file` is dropped; the mapping keeps its bytes.
fn open(file: &NamedTempFile<File>) -> Result<FileContent, SourceError> {
    Input::find(file.path()).and_then(|input| input.open())
}

fn write(file: &NamedTempFile<File>, patch: &Patch) -> io::Result<()> {
    let file = file.as_file();
    file.set_len(patch.kept())?;
    for (offset, bytes) in patch.writes() {
        write_at(file.file(), bytes, offset)?;
    }
    write_at(file.file(), patch.tail(), patch.kept())
}

/// Plans the new stream of an edited member, whose parts are these runs.
fn splice_of<'a>(
    source: &'a ArchivedMember,
    spans: &Spans,
    runs: Vec<Run>,
    content: &FileContent,
) -> Option<Splice<'a>> {
    let bytes = content.bytes();
    let mut chunks = Vec::with_capacity(runs.len());
    for Run { content, copied } in runs {
        let (start, end) =
            (usize::try_from(content.start).ok()?, usize::try_from(content.end).ok()?);
        if copied.is_some() {
            chunks.push(SplicedChunk { content: start..end, copied });
            continue;
        }
        chunks.extend(cut(bytes.get(start..end)?).map(|chunk| SplicedChunk {
            content: start + chunk.start..start + chunk.end,
            copied: None,
        }));
    }
    let table = source.entry().chunks.as_ref().filter(|_| spans.is_independent());
    Some(Splice { source, chunks, table_level: table.map(ChunkTable::level) })
}
