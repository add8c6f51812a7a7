//! Errors about the wheel that `pack` or `repack` writes.

use std::borrow::Cow;
use std::path::PathBuf;

use thiserror::Error;

use crate::error::{Diagnose, ExitCode};
use crate::escape::{escape_path, escape_truncated};

/// Why the wheel is refused, or cannot be written to its destination.
#[derive(Debug, Error)]
pub(crate) enum OutputError {
    /// An output whose file name contradicts the wheel's metadata.
    #[error("`{}` is not the name of this wheel: expected `{expected}`", escape_path(out))]
    WrongName {
        /// The output.
        out: PathBuf,
        /// The name that the metadata requires.
        expected: String,
    },
    /// A wheel with another name than the build declared.
    #[error(
        "`{}`: expected a wheel named `{}`, found `{}`",
        escape_path(wheel),
        escape_truncated(expected),
        escape_truncated(found)
    )]
    UnexpectedName {
        /// The wheel.
        wheel: PathBuf,
        /// The declared name.
        expected: String,
        /// The wheel's name.
        found: String,
    },
    /// An output directory that is not empty.
    #[error("`{}`: expected no directory, or an empty one", escape_path(.0))]
    NotEmpty(PathBuf),
    /// An output that is also an input.
    #[error("`{}` is an input of this command, which would be overwritten", escape_path(.0))]
    IsInput(PathBuf),
    /// One output for two wheels.
    #[error("`{}`: expected one wheel for this output, found two", escape_path(.0))]
    Twice(PathBuf),
    /// The wheel does not meet the platform tags of `--require`.
    #[error("the wheel was not written, because it does not meet what was required\n{0}")]
    Required(String),
}

impl Diagnose for OutputError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Required(_) => ExitCode::Findings,
            _ => ExitCode::BadInput,
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::WrongName { .. } => {
                "the name follows from distribution, version and tags; change them or the output's name"
            }
            Self::UnexpectedName { .. } => {
                "correct the name that is declared, or what the build calls the wheel"
            }
            Self::NotEmpty(_) => "remove it, or name another",
            Self::IsInput(_) => {
                "name another output; `repack` and `retag` overwrite an input with `--force`"
            }
            Self::Twice(_) => "write them one by one, to different directories",
            Self::Required(_) => return None,
        };
        Some(hint.into())
    }
}
