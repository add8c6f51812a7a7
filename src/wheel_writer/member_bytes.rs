//! The bytes of a member: read, memory-mapped or inflated from its source.

use std::io::Write as _;

use super::archived_member::ArchivedMember;
use super::copied_member::CopiedMember;
use super::edited_member::{EditBase, EditedMember};
use super::member_source::MemberSource;
use super::patched;
use super::scratch::Scratch;
use crate::deflate::Inflater;
use crate::error::{Error, FileError};
use crate::exec::CancelFlag;
use crate::memory;
use crate::opened_wheel::{ArchiveError, write_at};
use crate::source::{FileContent, Input, MAP_THRESHOLD};
use crate::temporary;
use crate::zip::Method;

/// The bytes of a member, kept open as long as this value lives.
pub(crate) enum MemberBytes<'a> {
    /// In memory.
    Copy(Vec<u8>),
    /// A file, read or memory-mapped.
    File {
        /// The file.
        input: &'a Input,
        /// Its content.
        content: FileContent,
    },
    /// Stored in a memory-mapped archive.
    Stored(&'a ArchivedMember),
    /// Inflated to a temporary file.
    Inflated {
        /// The member.
        member: &'a ArchivedMember,
        /// The temporary file's content.
        content: FileContent,
    },
    /// An edited file: in memory, or in a temporary file.
    Edited(FileContent),
}

impl<'a> MemberBytes<'a> {
    /// Opens a member.
    ///
    /// A large deflated member of an archive is inflated to a temporary file in the scratch directory: many
    /// threads read its chunks, a member that does not compress is read twice, and memory must not
    /// hold it.
    pub(crate) fn open(source: &'a MemberSource, scratch: Scratch<'_>) -> Result<Self, Error> {
        Ok(match source {
            MemberSource::Generated(bytes) => Self::Copy(bytes.clone()),
            MemberSource::File(input) => Self::open_file(input)?,
            MemberSource::Archived(member)
            | MemberSource::Copied(CopiedMember { source: member, .. }) => {
                Self::open_archived(member, scratch)?
            }
            MemberSource::Edited(edited) => Self::open_edited(edited, scratch)?,
        })
    }

    fn open_file(input: &'a Input) -> Result<Self, Error> {
        Ok(Self::File { input, content: input.open()? })
    }

    fn open_archived(member: &'a ArchivedMember, scratch: Scratch<'_>) -> Result<Self, Error> {
        if member.entry().uncompressed < MAP_THRESHOLD {
            return Ok(Self::Copy(inflate(member, scratch.cancel)?));
        }
        if member.entry().method == Method::Stored {
            return Ok(Self::Stored(member));
        }
        Ok(Self::Inflated { member, content: inflate_to_file(member, scratch)? })
    }

    /// Opens the file before the edits, and edits a copy of it.
    fn open_edited(edited: &'a EditedMember, scratch: Scratch<'_>) -> Result<Self, Error> {
        let base = match &edited.base {
            EditBase::Archived(member) => Self::open_archived(member, scratch)?,
            EditBase::File(input) => Self::open_file(input)?,
        };
        let patch = edited.patch(base.bytes());
        // The missing part of a truncated file reads as zeros: that error goes first.
        base.check_intact()?;
        let patch = patch?;
        let content = if edited.base.len() < MAP_THRESHOLD {
            FileContent::Read(patch.apply(base.bytes()))
        } else {
            let (content, crc) = patched::write(base.bytes(), &patch, scratch)?;
            base.check_crc(crc)?;
            content
        };
        base.check_intact()?;
        Ok(Self::Edited(content))
    }

    /// Returns the bytes. Another process can change mapped bytes at any time: copy what must stay the
    /// same, and call [`MemberBytes::check_intact`] afterwards.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Copy(bytes) => bytes,
            Self::File { content, .. } | Self::Inflated { content, .. } | Self::Edited(content) => {
                content.bytes()
            }
            Self::Stored(member) => member.archive.data(member.entry()).bytes,
        }
    }

    /// Returns the bytes of a small member without a copy.
    ///
    /// # Errors
    /// If the bytes are mapped: then the file has grown since it was found.
    pub(super) fn into_bytes(self) -> Result<Vec<u8>, Error> {
        match self {
            Self::Copy(bytes)
            | Self::File { content: FileContent::Read(bytes), .. }
            | Self::Edited(FileContent::Read(bytes)) => Ok(bytes),
            _ => Err(self.changed()),
        }
    }

    /// Returns an error if the file was truncated while it was mapped.
    pub(crate) fn check_intact(&self) -> Result<(), Error> {
        match self {
            Self::Copy(_) => Ok(()),
            Self::File { content, .. } | Self::Inflated { content, .. } | Self::Edited(content)
                if content.is_intact() =>
            {
                Ok(())
            }
            Self::File { input, .. } => Err(input.faulted().into()),
            Self::Inflated { .. } | Self::Edited(_) => Err(self.changed()),
            Self::Stored(member) => Ok(member.archive.check_intact()?),
        }
    }

    /// Returns an error if `found`, the CRC-32 of the bytes, differs from the one in the archive that holds
    /// them. Inflated members were verified when they were inflated.
    pub(super) fn check_crc(&self, found: u32) -> Result<(), ArchiveError> {
        match self {
            Self::Stored(member) if member.entry().crc != found => Err(member.crc_error(found)),
            _ => Ok(()),
        }
    }

    /// Returns the error for bytes that have changed since they were first read.
    pub(super) fn changed(&self) -> Error {
        match self {
            Self::File { input, .. } => input.changed().into(),
            Self::Stored(member) | Self::Inflated { member, .. } => member.archive.changed().into(),
            Self::Copy(_) | Self::Edited(_) => {
                Error::Internal("bytes of a temporary file changed".to_owned())
            }
        }
    }
}

/// Inflates a small member to memory.
fn inflate(member: &ArchivedMember, cancel: &CancelFlag) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    member.archive.read(member.entry(), &mut Inflater::new(), cancel, |part| {
        Ok(memory::append(&mut bytes, part)?)
    })?;
    Ok(bytes)
}

/// Inflates a large member to a temporary file, in parallel if it has a chunk table.
fn inflate_to_file(member: &ArchivedMember, scratch: Scratch<'_>) -> Result<FileContent, Error> {
    let Scratch { directory, cancel, pool } = scratch;
    let file = temporary::file(directory);
    let mut file = file.map_err(FileError::on("create a file in", directory))?;
    let on_write = |error| FileError::on("write to a file in", directory)(error);
    let (archive, entry) = (&member.archive, member.entry());
    let is_done = match pool {
        Some(pool) => {
            let write = |offset, part: &[u8]| {
                Ok(write_at(file.as_file().file(), part, offset).map_err(on_write)?)
            };
            archive.read_chunks(entry, pool, cancel, write, None)?
        }
        None => false,
    };
    if !is_done {
        // Some chunks may have been written before one failed.
        file.as_file().set_len(0).map_err(on_write)?;
        archive.read(entry, &mut Inflater::new(), cancel, |part| {
            Ok(file.write_all(part).map_err(on_write)?)
        })?;
    }
    // The file loses its name when `file` is dropped; the mapping keeps its bytes.
    Ok(Input::find(file.path()).and_then(|input| input.open())?)
}
