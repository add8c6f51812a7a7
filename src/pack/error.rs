//! What can be wrong with the input of `pack`.

use std::borrow::Cow;
use std::path::PathBuf;

use thiserror::Error;

use crate::error::Diagnose;
use crate::escape::{escape_path, escape_truncated};
use crate::source::SourceError;

/// Why a wheel could not be packed.
#[derive(Debug, Error)]
pub enum PackError {
    /// An input cannot be read or changed while it was.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A `--member`, or its like, that does not name a destination and a source.
    #[error("`{option}={}`: expected {expected}", escape_truncated(text))]
    MemberForm {
        /// The option.
        option: &'static str,
        /// What was given.
        text: String,
        /// What it should have been.
        expected: &'static str,
    },
    /// The wheel does not meet the platform tags that were asked for.
    #[error("the wheel was not written, because it does not meet what was required\n{0}")]
    Required(String),
    /// A source that was left out.
    #[error("`{option}={}`: expected a file after the `=`, found nothing", escape_truncated(text))]
    NoSource {
        /// The option.
        option: &'static str,
        /// What was given.
        text: String,
    },
    /// A `--data-file` for no place that installers know.
    #[error(
        "`--data-file={}`: expected a path below `scripts`, `headers`, `data`, `purelib` or `platlib`",
        escape_truncated(destination)
    )]
    Scheme {
        /// The destination.
        destination: String,
    },
    /// A glob that is none.
    #[error("`{option}={}` is not a pattern: {problem}", escape_truncated(pattern))]
    Pattern {
        /// The option.
        option: &'static str,
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A `--substitute` that does not say what to replace.
    #[error("`--substitute={}`: expected FROM=TO, and something in FROM", escape_truncated(text))]
    SubstituteForm {
        /// What was given.
        text: String,
    },
    /// Two replacements for one text.
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
    /// A substitution that did nothing.
    #[error(
        "`{}` is to be substituted, and is in no member that matches {}",
        escape_truncated(from),
        escape_truncated(patterns)
    )]
    SubstituteNothing {
        /// The text to replace.
        from: String,
        /// Where it was looked for.
        patterns: String,
    },
    /// A requirement of an extra that names no extra.
    #[error("`{option}={}`: expected {expected}", escape_truncated(text))]
    ExtraForm {
        /// The option.
        option: &'static str,
        /// What was given.
        text: String,
        /// What it should have been.
        expected: &'static str,
        /// How it is written.
        example: &'static str,
    },
    /// A line in a file of requirements that cannot be one of METADATA.
    #[error("`{}`, line {number}: {source}", escape_path(file))]
    RequirementsLine {
        /// The file.
        file: PathBuf,
        /// The line, counted from 1.
        number: usize,
        /// What is wrong.
        source: crate::wheel::WheelError,
    },
    /// A key that no status file has.
    #[error("`{}`: expected a key of a status file, found `{key}`", escape_truncated(text))]
    StampKey {
        /// The text with the key.
        text: String,
        /// The key.
        key: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A destination of which a prefix took too much.
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
        /// What is left of it.
        stripped: String,
        /// What is wrong with that.
        source: crate::wheel::MemberPathError,
    },
    /// An output in the tree that it is made from.
    #[error("`{}` is in the tree that is packed: the next wheel would hold this one", escape_path(.0))]
    OutputInTree(PathBuf),
    /// A directory to write that has something in it.
    #[error("`{}`: expected no directory, or an empty one", escape_path(.0))]
    OutputNotEmpty(PathBuf),
    /// The output is not named as its content asks for.
    #[error("`{}` is not the name of this wheel: expected `{expected}`", escape_path(out))]
    OutputName {
        /// The output.
        out: PathBuf,
        /// The name it must have.
        expected: String,
    },
    /// A wheel under another name than was expected.
    #[error(
        "`{}`: expected a wheel named `{}`, found `{}`",
        escape_path(wheel),
        escape_truncated(expected),
        escape_truncated(found)
    )]
    UnexpectedName {
        /// The wheel.
        wheel: PathBuf,
        /// What it should be called.
        expected: String,
        /// What it is called.
        found: String,
    },
    /// A directory that does not hold exactly one wheel.
    #[error("`{}`: expected one wheel in this directory, found {}", escape_path(directory), if found.is_empty() { "none".to_owned() } else { escape_truncated(&found.join(", ")) })]
    NotOneWheel {
        /// The directory.
        directory: PathBuf,
        /// The wheels in it.
        found: Vec<String>,
    },
    /// One output for several wheels.
    #[error("{option}: expected one wheel, found {found}")]
    OneOutput {
        /// The option.
        option: &'static str,
        /// How many wheels there are.
        found: usize,
    },
    /// A tree without a dist-info directory.
    #[error("`{}`: expected one directory named `NAME-VERSION.dist-info`, found none", escape_path(.0))]
    NoDistInfo(PathBuf),
    /// A tree with more than one dist-info directory.
    #[error("`{}`: expected one directory named `NAME-VERSION.dist-info`, found {}", escape_path(tree), escape_truncated(&found.join(", ")))]
    SeveralDistInfo {
        /// The tree.
        tree: PathBuf,
        /// Their names.
        found: Vec<String>,
    },
    /// A dist-info directory whose name does not say what METADATA says.
    #[error(
        "`{}` says `{field}: {found}`, and its directory's name says `{expected}`",
        escape_path(metadata)
    )]
    Disagreement {
        /// The METADATA file.
        metadata: PathBuf,
        /// The field.
        field: &'static str,
        /// What the directory's name says.
        expected: String,
        /// What METADATA says.
        found: String,
    },
    /// A symbolic link that leaves the tree.
    #[error(
        "`{}` is a symbolic link out of the tree, to `{}`",
        escape_path(link),
        escape_path(target)
    )]
    LinkOut {
        /// The link.
        link: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// A tree that could not be listed.
    #[error("cannot list `{}`: {source}", escape_path(tree))]
    Walk {
        /// The tree.
        tree: PathBuf,
        /// What went wrong, where.
        source: walkdir::Error,
    },
    /// A path in a tree that cannot be a member.
    #[error("`{}` cannot be in a wheel: {source}", escape_path(file))]
    Name {
        /// The file.
        file: PathBuf,
        /// What is wrong with its name.
        source: crate::wheel::MemberPathError,
    },
    /// A file of the tree that is not what it should be.
    #[error("`{}`: {source}", escape_path(file))]
    BadFile {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        source: crate::wheel::WheelError,
    },
    /// A bad `SOURCE_DATE_EPOCH`.
    #[error("`SOURCE_DATE_EPOCH={0}`: expected whole seconds since 1970")]
    SourceDateEpoch(String),
}

impl Diagnose for PackError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Source(source) => return source.hint(),
            Self::MemberForm { .. } => "write `\\=` for a `=` in DEST, and both parts as UTF-8",
            Self::Required(_) | Self::NoSource { .. } => return None,
            Self::Scheme { .. } => {
                "as in `scripts/tool`; what belongs into site-packages is a `--member`"
            }
            Self::Pattern { .. } => "`*` stands for any text in a name, `**` for any directories",
            Self::SubstituteForm { .. } => "write `\\=` for a `=` in FROM",
            Self::SubstituteTwice { .. } => "remove one of them",
            Self::SubstituteNothing { .. } => "remove the substitution, or correct its text",
            Self::ExtraForm { example, .. } => return Some(format!("as in `{example}`").into()),
            Self::RequirementsLine { source, .. } | Self::BadFile { source, .. } => {
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
            Self::Stripped { .. } => "end the prefix of a directory with `/`",
            Self::OutputInTree(_) => "name another directory with `-w`",
            Self::OutputNotEmpty(_) => "remove it, or name another",
            Self::OutputName { .. } => {
                "the name follows from distribution, version and tags; change them or the output's name"
            }
            Self::UnexpectedName { .. } => {
                "correct the name that is declared, or what the build calls the wheel"
            }
            Self::NotOneWheel { .. } => {
                "make the build write one wheel there, or name the wheel itself"
            }
            Self::OneOutput { .. } => "repack them one by one, or give a directory with `-w`",
            Self::NoDistInfo(_) => "name the directory that a wheel was unpacked into",
            Self::SeveralDistInfo { .. } => {
                "an unpacked wheel has one; is this a whole site-packages?"
            }
            Self::Disagreement { .. } => "make them agree",
            Self::LinkOut { .. } => {
                "copy what it points at into the tree; a wheel cannot hold links"
            }
            Self::Walk { .. } => "remove or mend what is named there",
            Self::Name { source, .. } => return source.hint(),
            Self::SourceDateEpoch(_) => "unset it, or give `--timestamp`",
        };
        Some(hint.into())
    }

    fn exit_code(&self) -> crate::error::ExitCode {
        match self {
            Self::Required(_) => crate::error::ExitCode::Findings,
            _ => crate::error::ExitCode::BadInput,
        }
    }
}
