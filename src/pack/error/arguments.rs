//! Errors in the options of `pack` and their values.

use std::borrow::Cow;
use std::path::PathBuf;

use thiserror::Error;

use crate::error::Diagnose;
use crate::escape::{escape_path, escape_truncated};
use crate::wheel::{MemberPath, MemberPathError, WheelError};

/// Why the options of `pack` are refused.
#[derive(Debug, Error)]
pub(crate) enum ArgumentsError {
    /// A `--member` or similar option without `DEST=SRC`.
    #[error("`{option}={}`: expected {expected}", escape_truncated(text))]
    MemberForm {
        /// The option.
        option: &'static str,
        /// The value as given.
        text: String,
        /// What was expected.
        expected: &'static str,
    },
    /// `DEST=` without a source.
    #[error("`{option}={}`: expected a file after the `=`, found nothing", escape_truncated(text))]
    NoSource {
        /// The option.
        option: &'static str,
        /// The value as given.
        text: String,
    },
    /// A `--data-file` whose first directory is not an installation scheme.
    #[error(
        "`--data-file={}`: expected a path below `scripts`, `headers`, `data`, `purelib` or `platlib`",
        escape_truncated(destination)
    )]
    Scheme {
        /// The destination.
        destination: String,
    },
    /// A script in a directory.
    #[error("`{path}`: expected a file directly in `scripts`, found one in a directory")]
    NestedScript {
        /// The member's path.
        path: MemberPath,
    },
    /// An invalid glob.
    #[error("`{option}={}` is not a pattern: {problem}", escape_truncated(pattern))]
    Pattern {
        /// The option.
        option: &'static str,
        /// The pattern.
        pattern: String,
        /// Why it is invalid.
        problem: &'static str,
    },
    /// A `--substitute` that is not `FROM=TO`.
    #[error("`--substitute={}`: expected FROM=TO, and something in FROM", escape_truncated(text))]
    SubstituteForm {
        /// The value as given.
        text: String,
    },
    /// Two different replacements for one text.
    #[error(
        "`--substitute` is given twice for `{}`, with `{}` and with `{}`",
        escape_truncated(from),
        escape_truncated(first),
        escape_truncated(second)
    )]
    SubstituteTwice {
        /// The text to replace.
        from: String,
        /// One replacement.
        first: String,
        /// The other.
        second: String,
    },
    /// A substitution whose text occurs in none of the matching members.
    #[error(
        "`{}` is to be substituted, and is in no member that matches {}",
        escape_truncated(from),
        escape_truncated(patterns)
    )]
    SubstituteNothing {
        /// The text to replace.
        from: String,
        /// The patterns of the members that were searched.
        patterns: String,
    },
    /// A requirement for an extra, without the extra.
    #[error("`{option}={}`: expected {expected}", escape_truncated(text))]
    ExtraForm {
        /// The option.
        option: &'static str,
        /// The value as given.
        text: String,
        /// What was expected.
        expected: &'static str,
        /// A valid value.
        example: &'static str,
    },
    /// A line of a requirements file that is not a requirement.
    #[error("`{}`, line {number}: {source}", escape_path(file))]
    RequirementsLine {
        /// The file.
        file: PathBuf,
        /// The line, counted from 1.
        number: usize,
        /// Why it is invalid.
        source: WheelError,
    },
    /// A key that is in no status file.
    #[error("`{}`: expected a key of a status file, found `{key}`", escape_truncated(text))]
    StampKey {
        /// The text with the key.
        text: String,
        /// The key.
        key: String,
        /// The keys of the status files.
        known: Vec<String>,
    },
    /// A destination that `--strip-path-prefix` makes invalid.
    #[error(
        "`--strip-path-prefix={}` leaves `{}` of `{}`, which cannot be in a wheel: {source}",
        escape_truncated(prefix),
        escape_truncated(stripped),
        escape_truncated(destination)
    )]
    Stripped {
        /// The prefix.
        prefix: String,
        /// The destination.
        destination: String,
        /// The destination without the prefix.
        stripped: String,
        /// Why the rest is not a valid member path.
        source: MemberPathError,
    },
    /// A declared wheel that installs nothing.
    #[error("expected files, requirements or entry points, found none: the wheel would be empty")]
    Empty,
    /// A `--sbom-origin` without a component.
    #[error("`--sbom-origin`: expected ID=SRC, found nothing before the `=`")]
    NoComponent,
    /// One output file for several wheels.
    #[error("{option}: expected one wheel, found {found}")]
    OneOutput {
        /// The option.
        option: &'static str,
        /// Number of wheels.
        found: usize,
    },
}

impl Diagnose for ArgumentsError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::MemberForm { .. } => "write `\\=` for a `=` in DEST, and both parts as UTF-8",
            Self::NoSource { .. } => return None,
            Self::Scheme { .. } => {
                "as in `scripts/tool`; what belongs into site-packages is a `--member`"
            }
            Self::NestedScript { .. } => "uv refuses a wheel with directories in `scripts`",
            Self::Pattern { .. } => "`*` matches any text in a name, `**` any directories",
            Self::SubstituteForm { .. } => "write `\\=` for a `=` in FROM",
            Self::SubstituteTwice { .. } => "remove one of them",
            Self::SubstituteNothing { .. } => "remove the substitution, or correct its text",
            Self::ExtraForm { example, .. } => return Some(format!("as in `{example}`").into()),
            Self::RequirementsLine { source, .. } => {
                return source.hint();
            }
            Self::StampKey { known, .. } => {
                return Some(
                    format!(
                        "with Bazel, keys come from `--workspace_status_command` and are {}",
                        escape_truncated(&known.join(", "))
                    )
                    .into(),
                );
            }
            Self::Stripped { .. } => "strip the directory only, or name the file with `--rename`",
            Self::Empty => {
                "name files with `--member`; a wheel that only requires others needs `--requires-dist`"
            }
            Self::NoComponent => "name the component, such as `xla`",
            Self::OneOutput { .. } => "repack them one by one, or give a directory with `-w`",
        };
        Some(hint.into())
    }
}
