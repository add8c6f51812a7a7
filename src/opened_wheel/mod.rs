//! An archive that is read: mapped, watched for changes, its members checked before any is used.
//!
//! What `zip` and `deflate` offer in parts is put together here, for every verb that opens a wheel:
//!
//! | file | what |
//! |---|---|
//! | `member` | a member's content, piece by piece, its length and CRC verified |
//! | `chunked` | a member with a table of its chunks, inflated on all cores or in part |
//! | `checked` | which members are refused: where they lead, what they are, how large they get |
//! | `recorded` | RECORD against the files that are there |
//! | `arguments` | the options that bound what is unpacked |
//! | `error` | what can be wrong with an archive |

mod arguments;
mod checked;
mod chunked;
mod error;
mod member;
mod recorded;

use std::collections::BTreeSet;
use std::io;
use std::ops::{ControlFlow, Range};
use std::path::Path;

use rayon::ThreadPool;

pub use self::arguments::LimitArguments;
pub use self::checked::{CheckedMember, Kind, Limits, Unpacked};
pub use self::chunked::{Chunked, Ended, Take, inflate_chunk};
pub use self::error::ArchiveError;
pub use self::member::{MemberError, inflate};
pub use self::recorded::{FoundFile, Mismatch, Mismatches};
use crate::deflate::Inflater;
use crate::error::Error;
use crate::exec::CancelFlag;
use crate::memory;
use crate::source::{Fidelity, FileContent, Input};
use crate::wheel::{MemberPath, Record, WheelError};
use crate::zip::{Directory, Entry};

/// The longest RECORD that is read, in bytes: that of a million members is not longer.
const LONGEST_RECORD: u64 = 256 << 20;

/// The longest METADATA or WHEEL that is read, in bytes. Fields of three bytes each take 30 times their
/// length in memory.
const LONGEST_METADATA: u64 = 8 << 20;

/// Whether a member is RECORD, or a signature of it: what RECORD has no hash of.
#[must_use]
pub fn is_record_or_signature(path: &MemberPath, dist_info: &str) -> bool {
    matches!(path.strip_dir(dist_info), Some("RECORD" | "RECORD.jws" | "RECORD.p7s"))
}

/// The one dist-info directory of a wheel, by its name in the archive.
pub fn dist_info(archive: &Archive, members: &[CheckedMember]) -> Result<String, ArchiveError> {
    let tops = members.iter().filter_map(|member| member.path.components().next());
    let found: BTreeSet<&str> = tops.filter(|top| top.ends_with(".dist-info")).collect();
    match found.first() {
        Some(only) if found.len() == 1 => Ok((*only).to_owned()),
        _ => {
            let found = found.into_iter().map(str::to_owned).collect();
            Err(ArchiveError::DistInfo { archive: archive.path().to_owned(), found })
        }
    }
}

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
        let input = Input::find(path)?;
        let content = input.open()?;
        let directory = Directory::read(content.bytes()).map_err(|source| {
            // A page that was not there reads as zeros, which explains any other error.
            if content.is_intact() {
                ArchiveError::Directory { archive: path.to_owned(), source }
            } else {
                input.faulted().into()
            }
        })?;
        Ok(Self { input, content, directory })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.input.path()
    }

    /// Its length in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.input.len()
    }

    /// Whether the file is empty, which no archive is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.input.is_empty()
    }

    /// Its directory.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// A member's data as it stands in the archive. It can change under the reader's eyes: copy what
    /// must hold still, and ask [`Archive::check_intact`] afterwards.
    #[must_use]
    pub fn data(&self, entry: &Entry) -> &[u8] {
        self.content.bytes().get(entry.data.clone()).unwrap_or_default()
    }

    /// Hands a member's content to `sink`, in consecutive pieces; an error unless it has the length
    /// and the CRC that the directory says.
    pub fn read(
        &self,
        entry: &Entry,
        inflater: &mut Inflater,
        cancel: &CancelFlag,
        mut sink: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let stopped = inflate(entry, self.data(entry), inflater, usize::MAX, cancel, |piece| {
            match sink(piece) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => ControlFlow::Break(error),
            }
        });
        // What was read of a file that was cut short is not worth an error of its own.
        self.check_intact()?;
        match stopped {
            Ok(None) => Ok(()),
            Ok(Some(error)) => Err(error),
            Err(source) => Err(self.on_member(entry, source)),
        }
    }

    fn on_member(&self, entry: &Entry, source: MemberError) -> Error {
        match source {
            MemberError::Cancelled => Error::Cancelled,
            source => ArchiveError::Member {
                archive: self.path().to_owned(),
                member: entry.name.clone(),
                source,
            }
            .into(),
        }
    }

    /// Inflates a member that has a table of its chunks on all threads of the pool, and hands its pieces
    /// to `place`, with their offsets and in any order; and its content to `take`, in order, if there is
    /// one. False if there is no such table, or it is not true: then what was handed out counts for
    /// nothing. To be called by no thread of the pool.
    pub fn read_chunks(
        &self,
        entry: &Entry,
        pool: &ThreadPool,
        cancel: &CancelFlag,
        place: impl Fn(u64, &[u8]) -> Result<(), Error> + Sync,
        take: Option<Take<'_>>,
    ) -> Result<bool, Error> {
        // Elsewhere files have one position, and no threads could share it.
        let chunked = Chunked::new(entry, self.data(entry)).filter(|_| cfg!(unix));
        let Some(chunked) = chunked else { return Ok(false) };
        let result = chunked.inflate_all(pool, cancel, place, take);
        self.check_intact()?;
        result
    }

    /// Bytes of a member's content: those of the range that there are. Where the member has a table of
    /// its chunks, only those that hold the range are inflated; the archive's word is taken for it that
    /// they are the ones, and the CRC is not looked at.
    pub fn read_range(
        &self,
        entry: &Entry,
        range: Range<u64>,
        inflater: &mut Inflater,
        cancel: &CancelFlag,
    ) -> Result<Vec<u8>, Error> {
        let end = range.end.min(entry.uncompressed);
        let range = range.start.min(end)..end;
        let chunked = Chunked::new(entry, self.data(entry));
        let found = chunked.and_then(|chunked| chunked.range(&range, inflater));
        self.check_intact()?;
        if let Some(bytes) = found {
            return Ok(bytes);
        }
        let (mut at, mut bytes) = (0, Vec::new());
        let sink = |piece: &[u8]| {
            let end = at + piece.len() as u64;
            let within =
                |offset: u64| usize::try_from(offset.clamp(at, end) - at).unwrap_or(piece.len());
            bytes.extend_from_slice(&piece[within(range.start)..within(range.end)]);
            at = end;
            if at >= range.end { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let result = inflate(entry, self.data(entry), inflater, usize::MAX, cancel, sink);
        self.check_intact()?;
        match result {
            Ok(_) => Ok(bytes),
            Err(source) => Err(self.on_member(entry, source)),
        }
    }

    /// The content of a member that is small by its nature, such as RECORD.
    fn read_metadata(
        &self,
        entry: &Entry,
        longest: u64,
        cancel: &CancelFlag,
    ) -> Result<Vec<u8>, Error> {
        if entry.uncompressed > longest {
            return Err(ArchiveError::LongMetadata {
                archive: self.path().to_owned(),
                member: entry.name.clone(),
                limit: longest,
                found: entry.uncompressed,
            }
            .into());
        }
        let mut bytes = Vec::new();
        self.read(entry, &mut Inflater::new(), cancel, |piece| {
            Ok(memory::append(&mut bytes, piece)?)
        })?;
        Ok(bytes)
    }

    /// The RECORD of a wheel, which is in its dist-info directory.
    pub fn read_record(&self, dist_info: &str, cancel: &CancelFlag) -> Result<Record, Error> {
        let member = format!("{dist_info}/RECORD");
        let bytes = self.read_metadata(self.named(&member)?, LONGEST_RECORD, cancel)?;
        Ok(Record::parse(&bytes).map_err(|error| ArchiveError::Metadata {
            archive: self.path().to_owned(),
            source: WheelError::from(error),
        })?)
    }

    /// The content of a member of the dist-info directory, by its path.
    pub fn read_named(&self, member: &str, cancel: &CancelFlag) -> Result<Vec<u8>, Error> {
        self.read_metadata(self.named(member)?, LONGEST_METADATA, cancel)
    }

    fn named(&self, member: &str) -> Result<&Entry, ArchiveError> {
        let entry = self.directory.entries().iter().find(|entry| entry.name == member);
        entry.ok_or_else(|| ArchiveError::NoMember {
            archive: self.path().to_owned(),
            member: member.to_owned(),
        })
    }

    /// An error unless RECORD agrees with the files that are there, as far as they are known.
    pub fn compare(&self, record: &Record, files: &[FoundFile<'_>]) -> Result<(), ArchiveError> {
        match Mismatches::between(record, files) {
            None => Ok(()),
            Some(mismatches) => {
                Err(ArchiveError::Record { archive: self.path().to_owned(), mismatches })
            }
        }
    }

    /// An error if the file was cut short while it was mapped.
    pub fn check_intact(&self) -> Result<(), ArchiveError> {
        if self.content.is_intact() { Ok(()) } else { Err(self.input.faulted().into()) }
    }

    /// Whether the path still leads to the file that was opened; an error if it does not.
    pub fn fidelity(&self) -> Result<Fidelity, ArchiveError> {
        Ok(self.input.fidelity()?)
    }

    /// The error for an archive that is not what it was.
    #[must_use]
    pub fn changed(&self) -> ArchiveError {
        self.input.changed().into()
    }
}

/// Writes at an offset of a file, whatever other threads write elsewhere.
#[cfg(unix)]
pub fn write_at(
    file: &impl std::os::unix::fs::FileExt,
    bytes: &[u8],
    offset: u64,
) -> io::Result<()> {
    file.write_all_at(bytes, offset)
}

#[cfg(not(unix))]
pub fn write_at<F>(_: &F, _: &[u8], _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
