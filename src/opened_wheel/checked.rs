//! Validates the members of an archive. An archive that has a member with a problem is refused.
//!
//! These checks read only the central directory, so a bad archive is refused before any data is read.
//! Sizes and CRCs are verified later, when the data is read.

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::limits::{Limits, exceeds_ratio};
use super::member_problem::{MemberHeader, MemberProblem};
use super::{Archive, ArchiveError};
use crate::size::ByteSize;
use crate::wheel::{MemberPath, MemberPathError};
use crate::zip::{Entry, Mode};

/// The execute bits of owner, group and others.
const EXECUTABLE: u16 = 0o111;

/// The kind of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberKind {
    /// A file.
    File(Mode),
    /// A directory. Wheels need no entries for directories.
    Directory,
}

/// A member that passed all checks.
#[derive(Debug, Clone)]
pub struct CheckedMember {
    /// Its path, relative to the archive's root.
    pub path: MemberPath,
    /// Its kind.
    pub kind: MemberKind,
    /// Its index in the central directory.
    pub index: usize,
}

/// The running total of uncompressed bytes in one or more archives, and its limits.
#[derive(Debug)]
pub struct UnpackedTotal {
    limits: Limits,
    bytes: u64,
}

impl UnpackedTotal {
    /// Creates a total of zero bytes.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, bytes: 0 }
    }

    /// Adds an archive's sizes to the total. Returns its members, in the order of the central
    /// directory. Returns an error if a member has a problem, if members overlap or share a name, or
    /// if the sizes exceed a limit.
    pub fn check(&mut self, archive: &Archive) -> Result<Vec<CheckedMember>, ArchiveError> {
        self.check_lens(archive)?;
        let entries = archive.directory().entries();
        let mut seen = HashSet::with_capacity(entries.len());
        let mut members = Vec::with_capacity(entries.len());
        for (index, entry) in entries.iter().enumerate() {
            let (path, kind) = checked(archive, entry)?;
            if !seen.insert(path.clone()) {
                let (archive, member) = (archive.path().to_owned(), entry.name.clone());
                return Err(ArchiveError::Twice { archive, member });
            }
            members.push(CheckedMember { path, kind, index });
        }
        Ok(members)
    }

    /// Adds an archive's sizes to the total, whatever its members are. Returns an error if members overlap, or if
    /// the sizes exceed a limit.
    pub fn check_lens(&mut self, archive: &Archive) -> Result<(), ArchiveError> {
        self.check_sizes(archive)?;
        archive.check_overlap()
    }

    fn check_sizes(&mut self, archive: &Archive) -> Result<(), ArchiveError> {
        let sizes = archive.directory().entries().iter().map(|entry| entry.uncompressed);
        let bytes = sizes.fold(0, u64::saturating_add);
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.limits.unpacked {
            return Err(ArchiveError::TooLarge {
                archive: archive.path().to_owned(),
                limit: ByteSize::from(self.limits.unpacked),
                found: self.bytes,
            });
        }
        if exceeds_ratio(bytes, archive.len(), self.limits.ratio) {
            return Err(ArchiveError::Ratio {
                archive: archive.path().to_owned(),
                limit: self.limits.ratio,
                len: archive.len(),
                found: bytes,
            });
        }
        Ok(())
    }
}

fn checked(archive: &Archive, entry: &Entry) -> Result<(MemberPath, MemberKind), ArchiveError> {
    let header = MemberHeader::of(archive, entry);
    if let ControlFlow::Break(problem) = header.each_problem(ControlFlow::Break) {
        return Err(refusal(archive, entry, problem));
    }
    let path = header
        .path()
        .parse()
        .map_err(|source| ArchiveError::Path { archive: archive.path().to_owned(), source })?;
    let kind = match (header.is_directory(), entry.unix_mode & EXECUTABLE) {
        (true, _) => MemberKind::Directory,
        (false, 0) => MemberKind::File(Mode::Plain),
        (false, _) => MemberKind::File(Mode::Executable),
    };
    Ok((path, kind))
}

/// Returns the error for a member that has a problem.
fn refusal(archive: &Archive, entry: &Entry, problem: MemberProblem) -> ArchiveError {
    let (expected, found) = match problem {
        MemberProblem::NameEncoding => ("a name in UTF-8", "other bytes".to_owned()),
        MemberProblem::Path(problem) => {
            let path = entry.name.strip_suffix('/').unwrap_or(&entry.name).to_owned();
            let source = MemberPathError { path, problem };
            return ArchiveError::Path { archive: archive.path().to_owned(), source };
        }
        MemberProblem::LongPath(len) => ("a path of at most 2048 bytes", len.to_string()),
        MemberProblem::LongComponent(len) => {
            ("names of at most 255 bytes between the `/`", len.to_string())
        }
        MemberProblem::DirectoryContent(_) => ("no data in a directory", "some".to_owned()),
        MemberProblem::FileType(found) => ("a file or a directory", found.name().to_owned()),
    };
    ArchiveError::Refused {
        archive: archive.path().to_owned(),
        member: entry.name.clone(),
        expected,
        found,
    }
}
