//! Errors of reading ELF files.

use std::borrow::Cow;
use std::ops::Range;

use thiserror::Error;

use crate::error::Diagnose;

/// An ELF file that is truncated or inconsistent. The caller adds the file's name.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("expected {expected} at byte {offset}, found {found}")]
pub struct ElfError {
    /// The offset in the file, in bytes.
    pub offset: u64,
    /// What was expected there.
    pub expected: &'static str,
    /// What was found instead.
    pub found: String,
}

impl Diagnose for ElfError {}

impl ElfError {
    pub(super) fn new(offset: u64, expected: &'static str, found: impl Into<String>) -> Self {
        Self { offset, expected, found: found.into() }
    }

    /// Returns the error for a table that ends behind the end of the file.
    pub(super) fn outside(what: &'static str, range: &Range<u64>, len: u64) -> Self {
        let found = if range.start < len {
            format!("the file's end at byte {len} before its {} bytes", range.end - range.start)
        } else {
            format!("the file's end at byte {len}")
        };
        Self::new(range.start, what, found)
    }
}

/// Why a partly known file could not be read.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum Unfinished {
    /// These byte ranges are needed, too. They are unsorted and may overlap.
    #[error("{} ranges of the file are not known yet", .0.len())]
    Missing(Vec<Range<u64>>),
    /// The file is truncated or inconsistent.
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
