//! Why a wheel cannot be written.

use std::borrow::Cow;

use thiserror::Error;

use crate::deflate::DeflateError;
use crate::elf::ElfError;
use crate::elf_edit::EditError;
use crate::error::{Diagnose, ExitCode};
use crate::escape::escape_truncated;
use crate::zip::ReadError;

/// Why a wheel cannot be written.
#[derive(Debug, Error)]
pub(crate) enum WheelWriterError {
    /// Two members with one path and different content.
    #[error(
        "two files with different content for `{}`: {first} and {second}",
        escape_truncated(path)
    )]
    Conflict {
        /// The path in the wheel.
        path: String,
        /// The source of one content.
        first: String,
        /// The source of the other.
        second: String,
    },
    /// A path that is a file and, by another member, a directory.
    #[error(
        "`{}` is a file, and `{}` needs it to be a directory",
        escape_truncated(file),
        escape_truncated(member)
    )]
    FileAsDirectory {
        /// The member that is a file.
        file: String,
        /// The member below it.
        member: String,
    },
    /// RECORD, or a signature of it, among the members.
    #[error("`{}` is written by wheelworks itself", escape_truncated(.0))]
    Reserved(String),
    /// A dist-info directory other than the wheel's own.
    #[error("`{}`: expected no dist-info directory but `{expected}`", escape_truncated(member))]
    ForeignDistInfo {
        /// The member in it.
        member: String,
        /// The wheel's own.
        expected: String,
    },
    /// An ELF file whose facts cannot be read.
    #[error("`{}`: {source}", escape_truncated(member))]
    Elf {
        /// The member.
        member: String,
        /// The problem.
        source: ElfError,
    },
    /// An ELF file that cannot be edited.
    #[error("{file}: {source}")]
    Edit {
        /// The file or the member, as it is named in messages.
        file: String,
        /// The problem.
        source: EditError,
    },
    /// A chunk that does not inflate to what was compressed.
    #[error("`{member}`: {source}")]
    Deflate {
        /// The member.
        member: String,
        /// The problem.
        source: DeflateError,
    },
    /// The other implementation cannot read the archive back.
    #[error(transparent)]
    ReadBack(#[from] ReadError),
    /// The archive read back is not what was written.
    #[error("the archive read back is not what was written: {0}")]
    Validation(String),
}

impl Diagnose for WheelWriterError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Deflate { .. } | Self::ReadBack(_) | Self::Validation(_) => ExitCode::Internal,
            _ => ExitCode::BadInput,
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Conflict { .. } => "remove one of them, or give it another destination",
            Self::FileAsDirectory { .. } => "give one of them another destination",
            Self::Reserved(_) => "leave it out of the members",
            Self::ForeignDistInfo { .. } => "leave it out; a wheel is one distribution",
            Self::Elf { .. } | Self::Edit { .. } => {
                "it may have been cut short; build or copy it again"
            }
            Self::Deflate { .. } => "try again; if it happens again, test this machine's memory",
            Self::ReadBack(source) => return source.hint(),
            Self::Validation(_) => {
                "this is a defect of wheelworks or of this machine; please report it"
            }
        };
        Some(hint.into())
    }
}
