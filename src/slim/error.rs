//! Why a wheel cannot be slimmed.

use std::borrow::Cow;
use std::path::PathBuf;

use thiserror::Error;

use crate::device_code::{DecompressError, RebundleError};
use crate::error::{Diagnose, ExitCode};
use crate::escape::{escape_path, escape_truncated};

/// Why a wheel cannot be slimmed.
#[derive(Debug, Error)]
pub(crate) enum SlimError {
    /// An option for one wheel.
    #[error("{option}: expected one wheel, found {found}")]
    OneWheel {
        /// The option.
        option: &'static str,
        /// The number of wheels.
        found: usize,
    },
    /// The new wheel has another name than its path.
    #[error("--out: expected the name `{}`, found `{}`", escape_truncated(name), escape_path(out))]
    OtherName {
        /// The name of the new wheel.
        name: String,
        /// The path of `--out`.
        out: PathBuf,
    },
    /// The new wheel would replace the old one.
    #[error("`{}`: expected another path for the new wheel, found that of the old one", escape_path(.0))]
    IsInput(PathBuf),
    /// The wheel has no device code.
    #[error("`{}`: expected device code, found none", escape_truncated(.0))]
    NoDeviceCode(String),
    /// The wheel has no device code for an architecture.
    #[error(
        "`{}`: expected device code for `{}`, found {}",
        escape_truncated(wheel), escape_truncated(name), escape_truncated(&found.join(", "))
    )]
    UnknownArchitecture {
        /// The wheel.
        wheel: String,
        /// The architecture.
        name: String,
        /// Those that it has device code for.
        found: Vec<String>,
    },
    /// The wheel has no such part.
    #[error(
        "--only: `{}`: expected a part of the wheel, found `{}`; it has {}",
        escape_truncated(wheel), escape_truncated(name), escape_truncated(&found.join(", "))
    )]
    UnknownPart {
        /// The wheel.
        wheel: String,
        /// The part.
        name: String,
        /// The parts that it has.
        found: Vec<String>,
    },
    /// A compressed bundle of HIP cannot be written again.
    #[error(
        "member `{}` of `{}`: HIP bundle at byte {offset}: {source}",
        escape_truncated(member),
        escape_truncated(wheel)
    )]
    Bundle {
        /// The wheel.
        wheel: String,
        /// The library.
        member: String,
        /// Offset of the bundle in the library in bytes.
        offset: u64,
        /// Why.
        source: RebundleError,
    },
    /// A part has no properties of a wheel variant.
    #[error(
        "--variant: `{}`: expected parts for GPUs of NVIDIA, found `{}`",
        escape_truncated(wheel),
        escape_truncated(part)
    )]
    VariantVendor {
        /// The wheel.
        wheel: String,
        /// The part.
        part: String,
    },
    /// A library has more device code than is listed.
    #[error(
        "member `{}` of `{}`: expected less device code, found too much to list",
        escape_truncated(member),
        escape_truncated(wheel)
    )]
    TooMany {
        /// The wheel.
        wheel: String,
        /// The library.
        member: String,
    },
    /// Device code cannot be compressed again.
    #[error("member `{}` of `{}`: {source}", escape_truncated(member), escape_truncated(wheel))]
    Recompress {
        /// The wheel.
        wheel: String,
        /// The library.
        member: String,
        /// Why.
        source: DecompressError,
    },
    /// The file that lists wheel variants is another file.
    #[error("`{}`: expected a list of wheel variants, found something else", escape_path(.0))]
    VariantIndex(PathBuf),
    /// A variant has other properties than one of the same label.
    #[error(
        "`{}`: expected the properties of the new wheel for the variant `{label}`, found others",
        escape_path(path)
    )]
    VariantConflict {
        /// The file that lists wheel variants.
        path: PathBuf,
        /// The label.
        label: String,
    },
    /// What goes may be missed.
    #[error("`{}` may not work without this code:\n{}", escape_truncated(wheel), hazards.join("\n"))]
    Hazards {
        /// The wheel.
        wheel: String,
        /// What may be missed, one a line.
        hazards: Vec<String>,
    },
    /// The file that says what was taken out before has another form.
    #[error(
        "`{}` of `{}`: expected what `slim` writes, found something else",
        escape_truncated(member),
        escape_truncated(wheel)
    )]
    Statement {
        /// The wheel.
        wheel: String,
        /// The file.
        member: String,
    },
    /// The new wheel breaks rules that the old one did not.
    #[error("the new wheel does not pass its checks, and is not written:\n{}", .0.trim_end())]
    Rejected(String),
}

impl Diagnose for SlimError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Hazards { .. } | Self::Rejected(_) => ExitCode::Findings,
            _ => ExitCode::BadInput,
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::OneWheel { .. } => "run the command once for each wheel",
            Self::OtherName { .. } => "name the file as the wheel is called",
            Self::IsInput(_) => {
                "give `-w` another directory, or the wheel a name with `--build-tag`"
            }
            Self::NoDeviceCode(_) => "`wheelworks inspect` lists what is in the wheel",
            Self::UnknownArchitecture { .. } => {
                "`sm_90` is machine code, `compute_90` PTX; `wheelworks inspect --by file` lists all"
            }
            Self::UnknownPart { .. } => {
                "a part is the end of a build tag: `sm_90` without suffix, `ptx`, or `gfx90a` without features"
            }
            Self::Bundle { source, .. } => return source.hint(),
            Self::VariantVendor { .. } => {
                "name the other parts with `--only`, or split without `--variant`"
            }
            Self::Recompress { source, .. } => return source.hint(),
            Self::TooMany { .. } => "slim the libraries before they are packed",
            Self::Hazards { .. } => {
                "keep one of these architectures, too, or allow it with `--allow-empty`"
            }
            Self::VariantIndex(_) | Self::VariantConflict { .. } => {
                "give `-w` another directory, or remove the file"
            }
            Self::Statement { .. } => "remove the file from the wheel",
            Self::Rejected(_) => {
                "`wheelworks check` judges the same rules; please report it if the input passes them"
            }
        };
        Some(hint.into())
    }
}
