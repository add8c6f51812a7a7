//! Errors of `wheelworks patchelf`.

use std::borrow::Cow;
use std::path::PathBuf;

use thiserror::Error;

use crate::elf::ElfError;
use crate::elf_edit::EditError;
use crate::error::Diagnose;
use crate::escape::escape_path;

/// Why a file cannot be edited.
#[derive(Debug, Error)]
pub(super) enum PatchelfError {
    /// Not an ELF file, or a damaged one.
    #[error("cannot read `{path}`: {1}", path = escape_path(.0))]
    Unreadable(PathBuf, #[source] ElfError),
    /// The edit is not possible.
    #[error("cannot edit `{path}`: {1}", path = escape_path(.0))]
    Uneditable(PathBuf, #[source] EditError),
    /// A program interpreter is to be printed of a file that names none.
    #[error("`{path}`: expected a program interpreter, found a file without one", path = escape_path(.0))]
    NoInterpreter(PathBuf),
    /// Names are to be printed of a file that has none.
    #[error("`{path}`: expected a dynamic section, found a file without one", path = escape_path(.0))]
    Static(PathBuf),
    /// An option that names an output, with several files.
    #[error("expected one file with `{0}`, found {1}")]
    OneOutput(&'static str, usize),
}

impl Diagnose for PatchelfError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Uneditable(_, EditError::NotDynamic) | Self::Static(_) => {
                "edit shared libraries and dynamically linked programs only"
            }
            Self::Uneditable(_, EditError::NoInterpreter) | Self::NoInterpreter(_) => {
                "dynamically linked programs have one"
            }
            Self::OneOutput(..) => "run the command once for each file",
            _ => return None,
        };
        Some(hint.into())
    }
}
