//! Which members of an archive are taken, and which make it refused.
//!
//! What is checked here depends on the directory alone, so that a bad archive costs no more than
//! reading that. What the directory says of sizes and CRCs is believed only until the data is read.

use std::collections::HashSet;

use super::{Archive, ArchiveError};
use crate::size::ByteSize;
use crate::wheel::{LONGEST_COMPONENT, LONGEST_PATH, MemberPath};
use crate::zip::{Entry, Mode};

/// Bytes up to which no ratio is too high: the package index has the same bound.
const RATIO_MATTERS: u64 = 64 << 20;

/// The bits of a mode that hold a file's type, and their values (POSIX `sys/stat.h`, Linux's numbers).
const TYPE: u16 = 0o170_000;
const REGULAR: u16 = 0o100_000;
const DIRECTORY: u16 = 0o040_000;
const EXECUTABLE: u16 = 0o111;

/// Bounds on what is unpacked.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes in all members of all archives.
    pub unpacked: u64,
    /// How many times an archive's own length its members may have, if they are more than 64 MiB.
    pub ratio: u64,
}

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File(Mode),
    /// A directory, which in a wheel says nothing.
    Directory,
}

/// A member that may be taken.
#[derive(Debug, Clone)]
pub struct CheckedMember {
    /// Its path, within whatever it is unpacked into.
    pub path: MemberPath,
    /// What it is.
    pub kind: Kind,
    /// Its place in the archive's directory.
    pub index: usize,
}

/// How much was taken so far, from one archive or several.
#[derive(Debug)]
pub struct Unpacked {
    limits: Limits,
    bytes: u64,
}

impl Unpacked {
    /// Nothing yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, bytes: 0 }
    }

    /// The members of one more archive, in the directory's order; an error if any must be refused, or
    /// if they are too large.
    pub fn check(&mut self, archive: &Archive) -> Result<Vec<CheckedMember>, ArchiveError> {
        self.check_sizes(archive)?;
        if let Some(entry) = archive.directory().overlapping() {
            let (archive, member) = (archive.path().to_owned(), entry.name.clone());
            return Err(ArchiveError::Overlap { archive, member });
        }
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
        if bytes > RATIO_MATTERS && bytes / self.limits.ratio > archive.len() {
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

fn checked(archive: &Archive, entry: &Entry) -> Result<(MemberPath, Kind), ArchiveError> {
    let refused = |expected, found: &str| ArchiveError::Refused {
        archive: archive.path().to_owned(),
        member: entry.name.clone(),
        expected,
        found: found.to_owned(),
    };
    let (name, is_directory) = match entry.name.strip_suffix('/') {
        Some(name) => (name, true),
        None => (entry.name.as_str(), false),
    };
    if !entry.has_utf8_name(archive.content.bytes()) {
        return Err(refused("a name in UTF-8", "other bytes"));
    }
    let path: MemberPath = name
        .parse()
        .map_err(|source| ArchiveError::Path { archive: archive.path().to_owned(), source })?;
    if path.as_str().len() > LONGEST_PATH {
        let found = format!("{}", path.as_str().len());
        return Err(refused("a path of at most 2048 bytes", &found));
    }
    if let Some(long) = path.components().map(str::len).find(|len| *len > LONGEST_COMPONENT) {
        return Err(refused("names of at most 255 bytes between the `/`", &long.to_string()));
    }
    let kind = match (entry.unix_mode & TYPE, is_directory) {
        (0 | REGULAR, false) if entry.unix_mode & EXECUTABLE != 0 => Kind::File(Mode::Executable),
        (0 | REGULAR, false) => Kind::File(Mode::Plain),
        (0 | DIRECTORY, true) if entry.uncompressed == 0 => Kind::Directory,
        (0 | DIRECTORY, true) => return Err(refused("no data in a directory", "some")),
        (kind, _) => return Err(refused("a file or a directory", type_name(kind))),
    };
    Ok((path, kind))
}

fn type_name(kind: u16) -> &'static str {
    match kind {
        DIRECTORY => "a directory without `/` at its name's end",
        REGULAR => "a file with `/` at its name's end",
        0o120_000 => "a symbolic link",
        0o020_000 | 0o060_000 => "a device",
        0o010_000 => "a named pipe",
        0o140_000 => "a socket",
        _ => "neither",
    }
}
