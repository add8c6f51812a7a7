//! A member's bytes, wherever they come from: made by us, a file, or a member of another archive.

use std::io::Write as _;
use std::sync::Arc;

use super::tasks::Scratch;
use crate::deflate::Inflater;
use crate::error::{Error, FileError};
use crate::escape::{escape_path, escape_truncated};
use crate::exec::CancelFlag;
use crate::memory;
use crate::opened_wheel::{Archive, ArchiveError, ContentError, write_at};
use crate::source::{FileContent, Input, MAP_THRESHOLD};
use crate::temporary;
use crate::wheel::MemberPath;
use crate::zip::{Entry, Method};

/// Where a member's bytes come from.
#[derive(Debug)]
pub(crate) enum MemberContent {
    /// Made by us.
    Generated(Vec<u8>),
    /// A file.
    File(Input),
    /// A member of an archive.
    Archived(ArchivedMember),
}

/// A member of an archive.
#[derive(Debug)]
pub(crate) struct ArchivedMember {
    pub(crate) archive: Arc<Archive>,
    /// Its path there.
    pub(crate) path: MemberPath,
    /// Its place in the archive's directory.
    pub(crate) index: usize,
}

impl ArchivedMember {
    pub(crate) fn entry(&self) -> &Entry {
        &self.archive.directory().entries()[self.index]
    }

    fn crc_error(&self, found: u32) -> ArchiveError {
        ArchiveError::Member {
            archive: self.archive.path().to_owned(),
            member: self.entry().name.clone(),
            source: ContentError::Crc { expected: self.entry().crc, found },
        }
    }
}

impl MemberContent {
    /// Length in bytes.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Generated(bytes) => bytes.len() as u64,
            Self::File(input) => input.len(),
            Self::Archived(member) => member.entry().uncompressed,
        }
    }

    /// How a message names it.
    pub(crate) fn origin(&self) -> String {
        match self {
            Self::Generated(_) => "one that `pack` writes".to_owned(),
            Self::File(input) => format!("`{}`", escape_path(input.path())),
            Self::Archived(member) => {
                let archive = escape_path(member.archive.path());
                format!("member `{}` of `{archive}`", escape_truncated(&member.entry().name))
            }
        }
    }

    /// The file, if it is one.
    pub(crate) fn file(&self) -> Option<&Input> {
        match self {
            Self::File(input) => Some(input),
            _ => None,
        }
    }

    /// Whether it is packed chunk by chunk. What is made by us is never so long.
    pub(crate) fn is_large(&self) -> bool {
        !matches!(self, Self::Generated(_)) && self.len() >= MAP_THRESHOLD
    }

    /// The bytes. Of a large member of an archive that is deflated they are inflated into a file in
    /// the scratch directory, which is as good as having it unpacked: they are read in chunks, by many threads,
    /// and once more if they do not compress, and memory must not hold them.
    pub(crate) fn open(&self, scratch: Scratch<'_>) -> Result<OpenContent<'_>, Error> {
        Ok(match self {
            Self::Generated(bytes) => OpenContent::Copy(bytes.clone()),
            Self::File(input) => OpenContent::File { input, content: input.open()? },
            Self::Archived(member) if !self.is_large() => {
                OpenContent::Copy(inflate(member, scratch.cancel)?)
            }
            Self::Archived(member) if member.entry().method == Method::Stored => {
                OpenContent::Stored(member)
            }
            Self::Archived(member) => {
                let content = inflate_to_file(member, scratch)?;
                OpenContent::Inflated { member, content }
            }
        })
    }
}

fn inflate(member: &ArchivedMember, cancel: &CancelFlag) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    member.archive.read(member.entry(), &mut Inflater::new(), cancel, |piece| {
        Ok(memory::append(&mut bytes, piece)?)
    })?;
    Ok(bytes)
}

fn inflate_to_file(member: &ArchivedMember, scratch: Scratch<'_>) -> Result<FileContent, Error> {
    let Scratch { directory: scratch, cancel, pool } = scratch;
    let file = temporary::file(scratch);
    let mut file = file.map_err(FileError::on("create a file in", scratch))?;
    let on_write = |error| FileError::on("write to a file in", scratch)(error);
    let (archive, entry) = (&member.archive, member.entry());
    let is_done = match pool {
        Some(pool) => {
            let place = |offset, piece: &[u8]| {
                Ok(write_at(file.as_file().file(), piece, offset).map_err(on_write)?)
            };
            archive.read_chunks(entry, pool, cancel, place, None)?
        }
        None => false,
    };
    if !is_done {
        // What chunks have left there.
        file.as_file().set_len(0).map_err(on_write)?;
        archive.read(entry, &mut Inflater::new(), cancel, |piece| {
            Ok(file.write_all(piece).map_err(on_write)?)
        })?;
    }
    let content = Input::find(file.path()).and_then(|input| input.open());
    // Its name is gone from here on, and the bytes stay as long as they are mapped.
    Ok(content?)
}

/// The bytes of a member.
pub(crate) enum OpenContent<'a> {
    Copy(Vec<u8>),
    File { input: &'a Input, content: FileContent },
    Stored(&'a ArchivedMember),
    Inflated { member: &'a ArchivedMember, content: FileContent },
}

impl OpenContent<'_> {
    /// The bytes. They can change under the reader's eyes: copy what must hold still, and ask
    /// [`OpenContent::check_intact`] afterwards.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Copy(bytes) => bytes,
            Self::File { content, .. } | Self::Inflated { content, .. } => content.bytes(),
            Self::Stored(member) => member.archive.data(member.entry()).bytes,
        }
    }

    /// All bytes of a small member.
    pub(crate) fn into_bytes(self) -> Result<Vec<u8>, Error> {
        match self {
            Self::Copy(bytes) | Self::File { content: FileContent::Read(bytes), .. } => Ok(bytes),
            _ => Err(self.changed()),
        }
    }

    /// An error if the file was cut short while it was mapped.
    pub(crate) fn check_intact(&self) -> Result<(), Error> {
        match self {
            Self::Copy(_) => Ok(()),
            Self::File { content, .. } | Self::Inflated { content, .. } if content.is_intact() => {
                Ok(())
            }
            Self::File { input, .. } => Err(input.faulted().into()),
            Self::Inflated { .. } => Err(self.changed()),
            Self::Stored(member) => Ok(member.archive.check_intact()?),
        }
    }

    /// An error if the bytes have another CRC-32 than the archive says that they are from.
    pub(crate) fn check_crc(&self, found: u32) -> Result<(), ArchiveError> {
        match self {
            Self::Stored(member) if member.entry().crc != found => Err(member.crc_error(found)),
            _ => Ok(()),
        }
    }

    /// The error for content that is not what it was.
    pub(crate) fn changed(&self) -> Error {
        match self {
            Self::File { input, .. } => input.changed().into(),
            Self::Stored(member) | Self::Inflated { member, .. } => member.archive.changed().into(),
            Self::Copy(_) => Error::Internal("bytes in memory changed".to_owned()),
        }
    }
}
