//! What can be wrong with an ELF file.

use std::borrow::Cow;
use std::ops::Range;

use thiserror::Error;

use crate::error::Diagnose;

/// An ELF file that is cut short or contradicts itself. Whoever knows the file's name adds it.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("expected {expected} at byte {offset}, found {found}")]
pub struct ElfError {
    /// Where in the file.
    pub offset: u64,
    /// What should be there.
    pub expected: &'static str,
    /// What is there instead.
    pub found: String,
}

impl Diagnose for ElfError {}

impl ElfError {
    pub(super) fn new(offset: u64, expected: &'static str, found: impl Into<String>) -> Self {
        Self { offset, expected, found: found.into() }
    }

    /// For a table that the file is too short for.
    pub(super) fn outside(what: &'static str, range: &Range<u64>, len: u64) -> Self {
        let found = if range.start < len {
            format!("the file's end at byte {len} before its {} bytes", range.end - range.start)
        } else {
            format!("the file's end at byte {len}")
        };
        Self::new(range.start, what, found)
    }
}

/// Why there are no facts of a file that is not all known.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum Unfinished {
    /// More of the file must be known: these ranges, in no order, some perhaps overlapping.
    #[error("{} ranges of the file are not known yet", .0.len())]
    Missing(Vec<Range<u64>>),
    /// What is known is wrong.
    #[error(transparent)]
    Wrong(#[from] ElfError),
}

impl Diagnose for Unfinished {
    fn hint(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Missing(_) => None,
            Self::Wrong(source) => source.hint(),
        }
    }
}
