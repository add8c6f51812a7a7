//! Errors of the options of `show`, `audit` and `lddtree`.

use std::borrow::Cow;
use std::path::PathBuf;

use thiserror::Error;

use crate::error::Diagnose;
use crate::escape::escape_path;

/// An invalid option.
#[derive(Debug, Error)]
pub(super) enum AuditError {
    /// `--sysroot` names no directory.
    #[error("--sysroot `{}`: expected a directory, found none", escape_path(.0))]
    Sysroot(PathBuf),
}

impl Diagnose for AuditError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Sysroot(_) => Some("name the root of an unpacked system".into()),
        }
    }
}
