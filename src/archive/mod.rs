//! An archive that is read: mapped, watched for changes, its members checked before any is used.
//!
//! What `zip` and `deflate` offer in parts is put together here, for every verb that opens a wheel:
//!
//! | file | what |
//! |---|---|
//! | `member` | a member's content, piece by piece, its length and CRC verified |
//! | `checked` | which members are refused: where they lead, what they are, how large they get |
//! | `recorded` | RECORD against the files that are there |
//! | `arguments` | the options that bound what is unpacked |
//! | `error` | what can be wrong with an archive |

mod arguments;
mod checked;
mod error;
mod member;
mod recorded;

use std::collections::BTreeSet;
use std::path::Path;

pub use self::arguments::LimitArguments;
pub use self::checked::{CheckedMember, Kind, Limits, Unpacked};
pub use self::error::ArchiveError;
pub use self::member::{MemberError, inflate};
pub use self::recorded::{FoundFile, Mismatch, Mismatches};
use crate::cancel::CancelFlag;
use crate::deflate::Inflater;
use crate::error::Error;
use crate::source::{Content, Fidelity, Input};
use crate::wheel::{MemberPath, Record, WheelError};
use crate::zip::{Directory, Entry};

/// The longest METADATA, WHEEL or RECORD that is read, in bytes: RECORD of a million members is not
/// longer.
const LONGEST_METADATA: u64 = 256 << 20;

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
    content: Content,
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
                Ok(()) => std::ops::ControlFlow::Continue(()),
                Err(error) => std::ops::ControlFlow::Break(error),
            }
        });
        // What was read of a file that was cut short is not worth an error of its own.
        self.check_intact()?;
        match stopped {
            Ok(None) => Ok(()),
            Ok(Some(error)) => Err(error),
            Err(MemberError::Cancelled) => Err(Error::Cancelled),
            Err(source) => Err(ArchiveError::Member {
                archive: self.path().to_owned(),
                member: entry.name.clone(),
                source,
            }
            .into()),
        }
    }

    /// The content of a member that is small by its nature, such as RECORD.
    fn read_metadata(&self, entry: &Entry, cancel: &CancelFlag) -> Result<Vec<u8>, Error> {
        if entry.uncompressed > LONGEST_METADATA {
            return Err(ArchiveError::LongMetadata {
                archive: self.path().to_owned(),
                member: entry.name.clone(),
                limit: LONGEST_METADATA,
                found: entry.uncompressed,
            }
            .into());
        }
        let mut bytes = Vec::new();
        self.read(entry, &mut Inflater::new(), cancel, |piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(bytes)
    }

    /// The RECORD of a wheel, which is in its dist-info directory.
    pub fn read_record(&self, dist_info: &str, cancel: &CancelFlag) -> Result<Record, Error> {
        let bytes = self.read_named(&format!("{dist_info}/RECORD"), cancel)?;
        Ok(Record::parse(&bytes).map_err(|error| ArchiveError::Metadata {
            archive: self.path().to_owned(),
            source: WheelError::from(error),
        })?)
    }

    /// The content of a member of the dist-info directory, by its path.
    pub fn read_named(&self, member: &str, cancel: &CancelFlag) -> Result<Vec<u8>, Error> {
        let entry = self.directory.entries().iter().find(|entry| entry.name == member);
        let entry = entry.ok_or_else(|| ArchiveError::NoMember {
            archive: self.path().to_owned(),
            member: member.to_owned(),
        })?;
        self.read_metadata(entry, cancel)
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
