//! The bytes of a member: read, memory-mapped, inflated from their source, or edited.

use std::ops::Range;

use super::archived_member::ArchivedMember;
use super::copied_member::CopiedMember;
use super::edited_bytes::EditedBytes;
use super::edited_content::EditedContent;
use super::inflated;
use super::member_source::MemberSource;
use super::scratch::Scratch;
use super::splice::Splice;
use crate::error::Error;
use crate::memory::{self, OutOfMemory};
use crate::opened_wheel::ArchiveError;
use crate::source::{FileContent, Input, MAP_THRESHOLD};
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
    /// An edited file.
    Edited(EditedBytes<'a>),
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
            MemberSource::Edited(edited) => Self::Edited(EditedBytes::open(edited, scratch)?),
        })
    }

    fn open_file(input: &'a Input) -> Result<Self, Error> {
        Ok(Self::File { input, content: input.open()? })
    }

    fn open_archived(member: &'a ArchivedMember, scratch: Scratch<'_>) -> Result<Self, Error> {
        if member.entry().uncompressed < MAP_THRESHOLD {
            return Ok(Self::Copy(inflated::to_memory(member, scratch.cancel)?));
        }
        if member.entry().method == Method::Stored {
            return Ok(Self::Stored(member));
        }
        Ok(Self::Inflated { member, content: inflated::to_file(member, scratch)? })
    }

    /// Returns the bytes; of a large file with other device code, those before the edit, which has no influence on
    /// anything else. Another process can change mapped bytes at any time: copy what must stay the same, and call
    /// [`MemberBytes::check_intact`] afterwards.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Copy(bytes) => bytes,
            Self::File { content, .. } | Self::Inflated { content, .. } => content.bytes(),
            Self::Edited(EditedBytes { content, .. }) => content.bytes(),
            Self::Stored(member) => member.archive.data(member.entry()).bytes,
        }
    }

    /// Returns a copy of bytes. Of a file, they are then unmapped: a chunk is copied once.
    pub(super) fn copy(&self, range: Range<usize>) -> Result<Vec<u8>, OutOfMemory> {
        match self {
            Self::Edited(EditedBytes { content, .. }) => content.copy(range),
            Self::File { content, .. } | Self::Inflated { content, .. } => {
                let copy = memory::copy(content.bytes().get(range.clone()).unwrap_or_default());
                content.unmap_pages(range);
                copy
            }
            _ => memory::copy(self.bytes().get(range).unwrap_or_default()),
        }
    }

    /// Whether [`MemberBytes::bytes`] are those before an edit.
    pub(super) fn is_overlaid(&self) -> bool {
        matches!(self, Self::Edited(EditedBytes { content, .. }) if content.is_overlaid())
    }

    /// Returns the bytes of a small member without a copy.
    ///
    /// # Errors
    /// If the bytes are mapped: then the file has grown since it was found.
    pub(super) fn into_bytes(self) -> Result<Vec<u8>, Error> {
        match self {
            Self::Copy(bytes)
            | Self::File { content: FileContent::Read(bytes), .. }
            | Self::Edited(EditedBytes {
                content: EditedContent::Whole(FileContent::Read(bytes)),
                ..
            }) => Ok(bytes),
            _ => Err(self.changed()),
        }
    }

    /// Returns the plan to make the compressed data of an edited file, if it keeps old data.
    pub(super) fn splice(&self) -> Option<&Splice<'a>> {
        match self {
            Self::Edited(edited) => edited.splice.as_ref(),
            _ => None,
        }
    }

    /// Returns an error if the file was truncated while it was mapped.
    pub(crate) fn check_intact(&self) -> Result<(), Error> {
        match self {
            Self::Copy(_) => Ok(()),
            Self::File { content, .. } | Self::Inflated { content, .. } if content.is_intact() => {
                Ok(())
            }
            Self::Edited(EditedBytes { content, .. }) if content.is_intact() => Ok(()),
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
