//! The bytes of an edited file: in memory, or in a temporary file.

use std::io::{self, Write as _};
use std::sync::Arc;

use fs_err::File;
use tempfile::NamedTempFile;

use super::edited_content::EditedContent;
use super::edited_member::{Edit, EditBase, EditedMember};
use super::inflated;
use super::scratch::Scratch;
use super::splice::Splice;
use crate::deflate::Spans;
use crate::elf_edit::{Edits, Patch};
use crate::error::{Error, FileError};
use crate::opened_wheel::write_at;
use crate::source::{FileContent, Input, MAP_THRESHOLD, SourceError};
use crate::temporary;

/// Bytes copied between two checks of the cancel flag.
const COPY_STEP: usize = 1 << 20;

/// The bytes of an edited file.
pub(crate) struct EditedBytes<'a> {
    /// The content.
    pub(super) content: EditedContent<'a>,
    /// The compressed data that the edits leave as it is, if that is at least half.
    pub(super) splice: Option<Splice<'a>>,
}

impl<'a> EditedBytes<'a> {
    /// Opens a file, edits a copy of it, and finds the compressed data that can be kept.
    ///
    /// # Errors
    /// If the file cannot be read or edited.
    pub(super) fn open(edited: &'a EditedMember, scratch: Scratch<'_>) -> Result<Self, Error> {
        match (&edited.base, &edited.edit) {
            (EditBase::Archived(member), _) if edited.base.len() < MAP_THRESHOLD => {
                let base = inflated::to_memory(member, scratch.cancel)?;
                Ok(Self::whole(FileContent::Read(edited.apply(&base)?)))
            }
            (EditBase::Archived(member), Edit::Elf(edits)) => {
                let index = edited.index.as_deref();
                let (file, spans) = inflated::to_file_with_spans(member, &[], index, scratch)?;
                let (patch, content) = edit(edited, edits, file, scratch)?;
                let changes = patch.writes().map(|(offset, new)| offset..offset + new.len() as u64);
                let runs = |it: &Spans| it.runs(changes, patch.kept(), patch.len());
                let spans = spans.filter(|_| edited.keeps_compressed);
                let runs = spans.as_ref().and_then(runs);
                let splice = spans.as_ref().zip(runs);
                let splice = splice.map(|(spans, runs)| Splice::new(member, spans, runs, None));
                Ok(Self { content: EditedContent::Whole(content), splice })
            }
            (EditBase::Archived(member), Edit::DeviceCode(edit)) => {
                let missing = || Error::Internal("copies of a member share nothing".to_owned());
                let shared = edited.shared.as_ref().ok_or_else(missing)?;
                let base = shared.open(member, scratch)?;
                let len = edited.base.len();
                // However much changes: most of it becomes zeros.
                let runs = |it: &Spans| it.runs_within(edit.code.changes(), len, len, len);
                let runs = base.spans.as_ref().and_then(runs);
                let splice =
                    base.spans.as_ref().zip(runs).map(|(spans, runs)| {
                        Splice::new(member, spans, runs, Some(Arc::clone(&base)))
                    });
                Ok(Self { content: EditedContent::Overlaid { base, edit }, splice })
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
                Ok(Self::whole(content))
            }
        }
    }

    fn whole(content: FileContent) -> Self {
        Self { content: EditedContent::Whole(content), splice: None }
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
