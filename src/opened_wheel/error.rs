//! Errors of archives.

use std::borrow::Cow;
use std::path::PathBuf;

use thiserror::Error;

use super::content::ContentError;
use super::dist_info::NotOneDistInfo;
use super::recorded::Mismatches;
use crate::error::Diagnose;
use crate::escape::{escape_path, escape_truncated};
use crate::size::ByteSize;
use crate::source::SourceError;
use crate::wheel::{MemberPathError, WheelError};
use crate::zip::DirectoryError;

/// Why an archive is refused.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// The file cannot be read, or changed while it was.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It is no ZIP archive, or not one that can be trusted.
    #[error("`{}`: {source}", escape_path(archive))]
    Directory {
        /// The archive.
        archive: PathBuf,
        /// What is wrong.
        source: DirectoryError,
    },
    /// A member's content.
    #[error("`{}`: member `{}`: {source}", escape_path(archive), escape_truncated(member))]
    Member {
        /// The archive.
        archive: PathBuf,
        /// The member.
        member: String,
        /// What is wrong.
        source: ContentError,
    },
    /// A member's path.
    #[error("`{}`: member {source}", escape_path(archive))]
    Path {
        /// The archive.
        archive: PathBuf,
        /// What is wrong, and the path.
        source: MemberPathError,
    },
    /// A member that is neither a regular file nor a directory, or whose name is too long for file
    /// systems.
    #[error(
        "`{}`: member `{}`: expected {expected}, found {found}",
        escape_path(archive),
        escape_truncated(member)
    )]
    Refused {
        /// The archive.
        archive: PathBuf,
        /// The member.
        member: String,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// Two members with the same path.
    #[error(
        "`{}`: expected one member `{}`, found two",
        escape_path(archive),
        escape_truncated(member)
    )]
    Twice {
        /// The archive.
        archive: PathBuf,
        /// The second one's name.
        member: String,
    },
    /// A member that shares bytes with another one.
    #[error(
        "`{}`: member `{}`: expected data of its own, found that it overlaps what follows it",
        escape_path(archive),
        escape_truncated(member)
    )]
    Overlap {
        /// The archive.
        archive: PathBuf,
        /// The member.
        member: String,
    },
    /// More than may be unpacked.
    #[error(
        "`{}`: expected at most {limit} in all archives, found {found} bytes up to this one",
        escape_path(archive)
    )]
    TooLarge {
        /// The archive.
        archive: PathBuf,
        /// The limit.
        limit: ByteSize,
        /// Bytes in this archive and those before it.
        found: u64,
    },
    /// Far more than the archive's own length.
    #[error(
        "`{}`: expected members of at most {limit} times its {len} bytes, found {found} bytes",
        escape_path(archive)
    )]
    Ratio {
        /// The archive.
        archive: PathBuf,
        /// The limit.
        limit: u64,
        /// The archive's length in bytes.
        len: u64,
        /// Bytes in its members.
        found: u64,
    },
    /// A file of the dist-info directory that is too long, such as RECORD.
    #[error(
        "`{}`: member `{}`: expected at most {limit} bytes, found {found}",
        escape_path(archive),
        escape_truncated(member)
    )]
    LongMetadata {
        /// The archive.
        archive: PathBuf,
        /// The member.
        member: String,
        /// The limit.
        limit: u64,
        /// Its length in bytes.
        found: u64,
    },
    /// The dist-info directory is missing or not the only one.
    #[error("`{}`: {source}", escape_path(archive))]
    DistInfo {
        /// The archive.
        archive: PathBuf,
        /// The directories found.
        source: NotOneDistInfo,
    },
    /// A file of the dist-info directory is missing.
    #[error(
        "`{}`: expected a member `{}`, found none",
        escape_path(archive),
        escape_truncated(member)
    )]
    NoMember {
        /// The archive.
        archive: PathBuf,
        /// The member's path.
        member: String,
    },
    /// A file of the dist-info directory that violates its standard.
    #[error("`{}`: {source}", escape_path(archive))]
    Metadata {
        /// The archive.
        archive: PathBuf,
        /// What is wrong.
        source: WheelError,
    },
    /// RECORD and the files differ.
    #[error("`{}`: RECORD does not agree with the files:{mismatches}", escape_path(archive))]
    Record {
        /// The wheel.
        archive: PathBuf,
        /// The differences.
        mismatches: Mismatches,
    },
}

impl Diagnose for ArchiveError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Source(source) => return source.hint(),
            Self::Directory { source, .. } => return source.hint(),
            Self::Member { source, .. } => return source.hint(),
            Self::Path { source, .. } => return source.hint(),
            Self::Refused { .. } => "build the archive without it",
            Self::Twice { .. } => {
                "which of them is unpacked depends on the tool; build the archive again"
            }
            Self::Overlap { .. } => {
                "the archive is damaged, or made to unpack to more than it holds; build it again"
            }
            Self::TooLarge { .. } => "if that is right, allow more with `--max-unpacked`",
            Self::Ratio { .. } => "it may be a bomb; if it is not, allow more with `--max-ratio`",
            Self::LongMetadata { .. } => "no wheel has as much metadata; build it again",
            Self::DistInfo { source, .. } => return source.hint(),
            Self::NoMember { .. } => "the wheel is incomplete; build it again",
            Self::Metadata { source, .. } => return source.hint(),
            Self::Record { .. } => {
                "the wheel was changed after it was built, or built by a broken tool; build it again"
            }
        };
        Some(hint.into())
    }
}
