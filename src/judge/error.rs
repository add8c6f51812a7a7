//! Why a wheel cannot be judged.

use std::borrow::Cow;
use std::path::PathBuf;

use thiserror::Error;

use super::foreign::Foreign;
use crate::elf::{BothLibcs, ElfError};
use crate::error::Diagnose;
use crate::escape::{escape_path, escape_truncated};
use crate::opened_wheel::{ArchiveError, NotOneDistInfo, PartsError};
use crate::platform::Machine;
use crate::policy::PolicyError;
use crate::source::SourceError;
use crate::wheel::{TooManyDirectories, WheelFilenameError};

/// A wheel that cannot be judged.
#[derive(Debug, Error)]
pub(crate) enum JudgeError {
    /// A file could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The wheel is no ZIP archive, or an ambiguous one.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A member could not be read.
    #[error("`{}`: member `{}`: {source}", escape_truncated(wheel), escape_truncated(member))]
    Member {
        /// The wheel.
        wheel: String,
        /// The member.
        member: String,
        /// What is wrong.
        source: PartsError,
    },
    /// An ELF file on disk is invalid.
    #[error("`{}`: {source}", escape_path(path))]
    Elf {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ElfError,
    },
    /// The file's name is not that of a wheel.
    #[error(transparent)]
    Filename(#[from] WheelFilenameError),
    /// The file's name does not end in `.whl`.
    #[error("`{}`: expected a file that ends in `.whl` or the directory of an unpacked wheel", escape_path(.0))]
    NoWheel(PathBuf),
    /// The `dist-info` directory is missing or not the only one.
    #[error("`{}`: {source}", escape_truncated(wheel))]
    DistInfo {
        /// The wheel.
        wheel: String,
        /// The directories found.
        source: NotOneDistInfo,
    },
    /// A file of the dist-info directory is missing.
    #[error(
        "`{}`: expected `{}`, found no such member",
        escape_truncated(wheel),
        escape_truncated(member)
    )]
    Missing {
        /// The wheel.
        wheel: String,
        /// The member's path.
        member: String,
    },
    /// The path of a member leaves the wheel.
    #[error(
        "`{}`: member `{}`: expected a path within the wheel, found one that leads elsewhere",
        escape_truncated(wheel),
        escape_truncated(member)
    )]
    Elsewhere {
        /// The wheel.
        wheel: String,
        /// The member's name.
        member: String,
    },
    /// Two members have one path.
    #[error(
        "`{}`: expected one member `{}`, found two",
        escape_truncated(wheel),
        escape_truncated(member)
    )]
    Twice {
        /// The wheel.
        wheel: String,
        /// The member's path.
        member: String,
    },
    /// The wheel has too many directories.
    #[error("`{}`: {source}", escape_truncated(wheel))]
    Directories {
        /// The wheel.
        wheel: String,
        /// The limit.
        source: TooManyDirectories,
    },
    /// RECORD or WHEEL violates the standard.
    #[error("`{}`: `{}`: {problem}", escape_truncated(wheel), escape_truncated(member))]
    Metadata {
        /// The wheel.
        wheel: String,
        /// The member's path.
        member: String,
        /// What is wrong with it.
        problem: String,
        /// What to do about it.
        hint: Option<Cow<'static, str>>,
    },
    /// The wheel has no ELF file for its platform.
    #[error("{}", no_elf(wheel, foreign))]
    NoElf {
        /// The wheel.
        wheel: String,
        /// Files for other machines.
        foreign: Vec<Foreign>,
    },
    /// The trees of libraries are too large.
    #[error(
        "`{}`: expected at most {limit} libraries in the trees of all its files, found more",
        escape_truncated(wheel)
    )]
    TooManyLibraries {
        /// The wheel.
        wheel: String,
        /// The limit.
        limit: usize,
    },
    /// There is machine code in a `purelib` directory.
    #[error("`{}`: expected no shared library in a `purelib` directory, found {}", escape_truncated(wheel), escape_truncated(&members.join(", ")))]
    Purelib {
        /// The wheel.
        wheel: String,
        /// The members.
        members: Vec<String>,
    },
    /// A file needs two C libraries.
    #[error("`{}`: member `{}`: {source}", escape_truncated(wheel), escape_truncated(member))]
    Libc {
        /// The wheel.
        wheel: String,
        /// The member.
        member: String,
        /// What is wrong.
        source: BothLibcs,
    },
    /// The policies could not be built.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A required tag is no platform tag with a policy.
    #[error(
        "required platform tag `{}`: expected one with a policy, such as `manylinux_2_28`, `musllinux_1_2_x86_64` or `macosx_11_0`, found {}",
        escape_truncated(tag),
        escape_truncated(problem)
    )]
    UnknownTag {
        /// The tag.
        tag: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl Diagnose for JudgeError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Source(source) => return source.hint(),
            Self::Archive(source) => return source.hint(),
            Self::Member { source, .. } => return source.hint(),
            Self::Elf { .. } => "it may have been cut short; build or copy it again",
            Self::Filename(source) => return source.hint(),
            Self::NoWheel(_) => "`wheelworks lddtree` takes a single ELF file",
            Self::DistInfo { source, .. } => return source.hint(),
            Self::Missing { .. } => "build the wheel again",
            Self::Elsewhere { .. } => "installers refuse it; build the wheel again",
            Self::Twice { .. } => {
                "which of them is installed depends on the tool; build the wheel again"
            }
            Self::Directories { source, .. } => return source.hint(),
            Self::Metadata { hint, .. } => return hint.clone(),
            Self::NoElf { foreign, .. } if foreign.is_empty() => {
                "a wheel of Python code alone needs no audit; `--allow-pure-python-wheel` accepts it"
            }
            Self::NoElf { .. } => {
                "build it for the platform that its name says, or name it for the one it was built for"
            }
            Self::TooManyLibraries { .. } => {
                "a wheel made to exhaust memory looks like this; if it is not one, please report it"
            }
            Self::Purelib { .. } => {
                "a wheel with machine code installs into platlib: set `Root-Is-Purelib: false` and move them"
            }
            Self::Libc { .. } => "link it again, with the libraries of one system only",
            Self::Policy(source) => return source.hint(),
            Self::UnknownTag { .. } => {
                let machines = Machine::ALL.map(Machine::name).join(", ");
                return Some(
                    format!("`manylinux_2_28` is for any CPU; the CPUs are {machines}").into(),
                );
            }
        };
        Some(hint.into())
    }
}

fn no_elf(wheel: &str, foreign: &[Foreign]) -> String {
    if foreign.is_empty() {
        return format!(
            "`{}`: expected a wheel with machine code, found no ELF file that its RECORD names",
            escape_truncated(wheel)
        );
    }
    let files: Vec<String> =
        foreign.iter().map(|it| format!("{} ({})", it.path, it.found)).collect();
    format!(
        "`{}`: expected ELF files for the wheel's own platform, found {}",
        escape_truncated(wheel),
        escape_truncated(&files.join(", "))
    )
}
