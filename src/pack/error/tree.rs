//! Errors in a directory that `pack` reads.

use std::borrow::Cow;
use std::path::PathBuf;

use thiserror::Error;

use crate::error::Diagnose;
use crate::escape::{escape_path, escape_truncated};
use crate::wheel::{MemberPathError, WheelError};

/// Why a directory, such as an unpacked wheel, cannot be packed.
#[derive(Debug, Error)]
pub(crate) enum TreeError {
    /// A tree that cannot be listed.
    #[error("cannot list `{}`: {source}", escape_path(tree))]
    Walk {
        /// The tree.
        tree: PathBuf,
        /// The system's error and its path.
        source: walkdir::Error,
    },
    /// A path in the tree that is not a valid member path.
    #[error("`{}` cannot be in a wheel: {source}", escape_path(file))]
    Name {
        /// The file.
        file: PathBuf,
        /// Why it is invalid.
        source: MemberPathError,
    },
    /// A symbolic link to a target outside the tree.
    #[error(
        "`{}` is a symbolic link out of the tree, to `{}`",
        escape_path(link),
        escape_path(target)
    )]
    LinkOut {
        /// The link.
        link: PathBuf,
        /// Its target.
        target: PathBuf,
    },
    /// A tree without a dist-info directory.
    #[error(
        "`{}`: expected one directory named `NAME-VERSION.dist-info`, found none",
        escape_path(.0)
    )]
    NoDistInfo(PathBuf),
    /// A tree with more than one dist-info directory.
    #[error(
        "`{}`: expected one directory named `NAME-VERSION.dist-info`, found {}",
        escape_path(tree),
        escape_truncated(&found.join(", "))
    )]
    SeveralDistInfo {
        /// The tree.
        tree: PathBuf,
        /// The directories.
        found: Vec<String>,
    },
    /// A dist-info directory whose name contradicts METADATA.
    #[error(
        "`{}` says `{field}: {found}`, and its directory's name says `{expected}`",
        escape_path(metadata)
    )]
    Disagreement {
        /// The METADATA file.
        metadata: PathBuf,
        /// The field.
        field: &'static str,
        /// The value in the directory's name.
        expected: String,
        /// The value in METADATA.
        found: String,
    },
    /// An invalid metadata file in the tree.
    #[error("`{}`: {source}", escape_path(file))]
    BadFile {
        /// The file.
        file: PathBuf,
        /// Why it is invalid.
        source: WheelError,
    },
    /// An output inside the tree that is packed.
    #[error(
        "`{}` is in the tree that is packed: the next wheel would hold this one",
        escape_path(.0)
    )]
    OutputInTree(PathBuf),
}

impl Diagnose for TreeError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Walk { .. } => "remove or mend what is named there",
            Self::Name { source, .. } => return source.hint(),
            Self::LinkOut { .. } => {
                "copy what it points at into the tree; a wheel cannot hold links"
            }
            Self::NoDistInfo(_) => "name the directory that a wheel was unpacked into",
            Self::SeveralDistInfo { .. } => {
                "an unpacked wheel has one; is this a whole site-packages?"
            }
            Self::Disagreement { .. } => "make them agree",
            Self::BadFile { source, .. } => {
                return source.hint();
            }
            Self::OutputInTree(_) => "name another directory with `-w`",
        };
        Some(hint.into())
    }
}
