//! An archive that can be trusted: mapped, watched for changes, its directory read.

use std::ops::ControlFlow;
use std::path::Path;

use rayon::ThreadPool;

use super::chunked::{Chunked, OrderedSink};
use super::content::{ContentError, MemberData, Strictness};
use super::dist_info::DistInfoDirs;
use super::error::ArchiveError;
use super::indexed;
use super::limits::max_dist_info_file_bytes;
use super::recorded::{FoundFile, Mismatch, Mismatches};
use crate::deflate::{Inflater, StreamIndex};
use crate::error::Error;
use crate::exec::CancelFlag;
use crate::source::{Change, FileContent, Input};
use crate::wheel::{Record, WheelError};
use crate::zip::{Directory, Entry};

/// An open archive.
#[derive(Debug)]
pub struct Archive {
    input: Input,
    content: FileContent,
    directory: Directory,
}

impl Archive {
    /// Opens an archive and reads its directory.
    pub fn open(path: &Path) -> Result<Self, ArchiveError> {
        Self::of_input(Input::find(path)?)
    }

    /// Maps a file that was found, and reads its directory.
    pub fn of_input(input: Input) -> Result<Self, ArchiveError> {
        let content = input.open()?;
        let directory = Directory::read(content.bytes()).map_err(|source| {
            // A missing page reads as zeros, so this error takes precedence.
            if content.is_intact() {
                ArchiveError::Directory { archive: input.path().to_owned(), source }
            } else {
                input.faulted().into()
            }
        })?;
        Ok(Self { input, content, directory })
    }

    /// Returns the archive's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.input.path()
    }

    /// Returns the input file.
    #[must_use]
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// Returns the length in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.input.len()
    }

    /// Returns whether the file is empty. No archive is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.input.is_empty()
    }

    /// Returns the central directory.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Returns the archive's bytes. Another process can change them at any time: copy bytes that
    /// must stay the same, and call [`Archive::check_intact`] afterwards.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.content.bytes()
    }

    /// Returns a member's data in the archive. Another process can change it at any time.
    #[must_use]
    pub fn data<'a>(&'a self, entry: &'a Entry) -> MemberData<'a> {
        MemberData::of_entry(entry, self.content.bytes())
    }

    /// Returns an error if a member shares bytes with another one or with the directory.
    pub fn check_overlap(&self) -> Result<(), ArchiveError> {
        match self.directory.overlapping() {
            None => Ok(()),
            Some(entry) => Err(ArchiveError::Overlap {
                archive: self.path().to_owned(),
                member: entry.name.clone(),
            }),
        }
    }

    /// Returns the name of the only dist-info directory.
    ///
    /// # Errors
    ///
    /// [`ArchiveError::DistInfo`].
    pub fn dist_info(&self) -> Result<String, ArchiveError> {
        let names = self.directory.entries().iter().map(|entry| entry.name.as_str());
        DistInfoDirs::of_members(names)
            .only()
            .map_err(|source| ArchiveError::DistInfo { archive: self.path().to_owned(), source })
    }

    /// Streams a member's content to `sink`. Returns an error unless the content has the length and
    /// CRC-32 in the directory.
    pub fn read(
        &self,
        entry: &Entry,
        inflater: &mut Inflater,
        cancel: &CancelFlag,
        mut sink: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let data = self.data(entry);
        let stopped = data.stream(inflater, usize::MAX, Strictness::Lenient, cancel, |piece| {
            match sink(piece) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => ControlFlow::Break(error),
            }
        });
        // The error for a truncated file takes precedence.
        self.check_intact()?;
        match stopped {
            Ok(None) => Ok(()),
            Ok(Some(error)) => Err(error),
            Err(source) => Err(self.on_member(entry, source)),
        }
    }

    /// Returns what was read of a member's content, or the error that names it.
    ///
    /// # Errors
    ///
    /// If the file was cut short while it was mapped, which explains any other error; else that of the
    /// content.
    pub fn checked<T>(&self, entry: &Entry, read: Result<T, ContentError>) -> Result<T, Error> {
        self.check_intact()?;
        read.map_err(|source| self.on_member(entry, source))
    }

    fn on_member(&self, entry: &Entry, source: ContentError) -> Error {
        match source {
            ContentError::Cancelled => Error::Cancelled,
            ContentError::Memory(source) => source.into(),
            source => ArchiveError::Member {
                archive: self.path().to_owned(),
                member: entry.name.clone(),
                source,
            }
            .into(),
        }
    }

    /// Inflates a member with a chunk table on all threads of the pool. Passes its bytes to
    /// `write_at`, with their offsets and in any order, and to `in_order`, if given, in order. Returns
    /// false if there is no table or it is wrong; the caller must then discard the bytes. No thread
    /// of the pool may call this.
    pub fn read_chunks(
        &self,
        entry: &Entry,
        pool: &ThreadPool,
        cancel: &CancelFlag,
        write_at: impl Fn(u64, &[u8]) -> Result<(), Error> + Sync,
        in_order: Option<OrderedSink<'_>>,
    ) -> Result<bool, Error> {
        // On other systems threads would share the file's position.
        let chunked = Chunked::new(self.data(entry)).filter(|_| cfg!(unix));
        let Some(chunked) = chunked else { return Ok(false) };
        let result = chunked.inflate_all(pool, cancel, write_at, in_order);
        self.check_intact()?;
        result
    }

    /// Inflates a member on all threads by an index that an earlier pass recorded, and passes its bytes to
    /// `write_at`, in any order. Returns false if the index is not of this member; the caller must then discard the
    /// bytes. No thread of the pool may call this.
    pub fn read_segments(
        &self,
        entry: &Entry,
        index: &StreamIndex,
        pool: &ThreadPool,
        cancel: &CancelFlag,
        write_at: impl Fn(u64, &[u8]) -> Result<(), Error> + Sync,
    ) -> Result<bool, Error> {
        // On other systems threads would share the file's position.
        if !cfg!(unix) {
            return Ok(false);
        }
        let result = indexed::inflate_all(&self.data(entry), index, pool, cancel, write_at);
        self.check_intact()?;
        result
    }

    /// Returns the content of a file of the dist-info directory.
    pub fn read_dist_info_file(
        &self,
        entry: &Entry,
        cancel: &CancelFlag,
    ) -> Result<Vec<u8>, Error> {
        let (mut bytes, mut inflater) = (Vec::new(), Inflater::new());
        let limit = max_dist_info_file_bytes(&entry.name);
        let data = self.data(entry);
        let read = data.append_to(&mut bytes, limit, Strictness::Lenient, &mut inflater, cancel);
        self.check_intact()?;
        match read {
            Ok(()) => Ok(bytes),
            Err(ContentError::TooLong { limit, found }) => Err(ArchiveError::LongMetadata {
                archive: self.path().to_owned(),
                member: entry.name.clone(),
                limit,
                found,
            }
            .into()),
            Err(source) => Err(self.on_member(entry, source)),
        }
    }

    /// Returns the RECORD in this dist-info directory.
    pub fn read_record(&self, dist_info: &str, cancel: &CancelFlag) -> Result<Record, Error> {
        let bytes = self.read_named(&format!("{dist_info}/RECORD"), cancel)?;
        Ok(Record::parse(&bytes).map_err(|error| ArchiveError::Metadata {
            archive: self.path().to_owned(),
            source: WheelError::from(error),
        })?)
    }

    /// Returns the content of a file of the dist-info directory, by its path in the archive.
    pub fn read_named(&self, member: &str, cancel: &CancelFlag) -> Result<Vec<u8>, Error> {
        self.read_dist_info_file(self.named(member)?, cancel)
    }

    fn named(&self, member: &str) -> Result<&Entry, ArchiveError> {
        let entry = self.directory.entries().iter().find(|entry| entry.name == member);
        entry.ok_or_else(|| ArchiveError::NoMember {
            archive: self.path().to_owned(),
            member: member.to_owned(),
        })
    }

    /// Returns an error unless RECORD agrees with the files, as far as they were read.
    pub fn compare(&self, record: &Record, files: &[FoundFile<'_>]) -> Result<(), ArchiveError> {
        match Mismatches::between(record, files) {
            None => Ok(()),
            Some(mismatches) => {
                Err(ArchiveError::Record { archive: self.path().to_owned(), mismatches })
            }
        }
    }

    /// Returns the error for a file that RECORD gives another size or hash.
    #[must_use]
    pub fn mismatch(&self, mismatch: Mismatch) -> ArchiveError {
        let mismatches = Mismatches::one(mismatch);
        ArchiveError::Record { archive: self.path().to_owned(), mismatches }
    }

    /// Returns an error if the file was truncated while it was mapped.
    pub fn check_intact(&self) -> Result<(), ArchiveError> {
        if self.content.is_intact() { Ok(()) } else { Err(self.input.faulted().into()) }
    }

    /// Checks that the path still leads to the file that was opened. Returns whether the content
    /// may have changed.
    pub fn check_unchanged(&self) -> Result<Change, ArchiveError> {
        Ok(self.input.check_unchanged()?)
    }

    /// Returns the error for an archive that has changed.
    #[must_use]
    pub fn changed(&self) -> ArchiveError {
        self.input.changed().into()
    }
}
