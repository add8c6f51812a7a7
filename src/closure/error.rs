//! Why a closure cannot be judged.

use std::borrow::Cow;
use std::path::PathBuf;

use thiserror::Error;

use crate::error::Diagnose;
use crate::escape::{escape_path, escape_truncated};

/// Wheels that make no closure.
#[derive(Debug, Error)]
pub(super) enum ClosureError {
    /// Two of the given wheels are of one package.
    #[error(
        "`{}` and `{}`: expected one wheel of each package, found two of `{}`",
        escape_path(first),
        escape_path(second),
        escape_truncated(package)
    )]
    TwoOfOnePackage {
        /// The package.
        package: String,
        /// The first wheel.
        first: PathBuf,
        /// The second wheel.
        second: PathBuf,
    },
    /// A given wheel is for another environment than the first one, or than `--python-version`.
    #[error(
        "`{}`: expected a wheel for {environment}, found tags `{}`",
        escape_path(wheel),
        escape_truncated(tags)
    )]
    OtherEnvironment {
        /// The wheel.
        wheel: PathBuf,
        /// Python, machine and C library.
        environment: String,
        /// The wheel's tags.
        tags: String,
    },
    /// No given wheel is for Linux.
    #[error(
        "`{}`: expected a wheel for Linux or for any platform, found tags `{}`",
        escape_path(wheel),
        escape_truncated(tags)
    )]
    NotLinux {
        /// The wheel.
        wheel: PathBuf,
        /// The wheel's tags.
        tags: String,
    },
    /// The wheels have too many files.
    #[error("expected at most {limit} files in all wheels together, found more")]
    TooManyFiles {
        /// The limit.
        limit: usize,
    },
    /// The files need too many libraries.
    #[error("expected at most {limit} needed libraries in the processes of all files, found more")]
    TooManyLibraries {
        /// The limit.
        limit: usize,
    },
    /// The symbols have too many candidates.
    #[error("expected at most {limit} steps to look up all symbols, found more")]
    TooManySteps {
        /// The limit.
        limit: u64,
    },
    /// METADATA or WHEEL violates the standard.
    #[error("`{}`: {problem}", escape_path(wheel))]
    Metadata {
        /// The wheel.
        wheel: PathBuf,
        /// What is wrong.
        problem: String,
        /// What to do about it.
        hint: Option<Cow<'static, str>>,
    },
}

impl Diagnose for ClosureError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::TwoOfOnePackage { .. } => {
                "name one of them, and give versions to choose from with `--with`"
            }
            Self::OtherEnvironment { .. } => {
                "the first wheel decides; `--python-version` chooses where its tags leave that open"
            }
            Self::NotLinux { .. } => "give the wheel for Linux of the same release",
            Self::TooManyFiles { .. }
            | Self::TooManyLibraries { .. }
            | Self::TooManySteps { .. } => {
                "a wheel made to exhaust memory or time looks like this; if it is not one, please report it"
            }
            Self::Metadata { hint, .. } => return hint.clone(),
        };
        Some(hint.into())
    }
}
