//! Reads parts of a member: the tables of a library, without the bytes between them.
//!
//! A parser of [`Sparse`] bytes returns the ranges that it lacks. [`PartsReader`] fetches them,
//! from the chunks that hold them or in a pass over the content from its start, and runs the parser
//! again.

use std::borrow::Cow;
use std::ops::{ControlFlow, Range};

use thiserror::Error;

use super::chunked::Chunked;
use super::content::{ContentError, MemberData, Strictness};
use crate::byte_ranges::merged;
use crate::deflate::{Inflater, StreamIndex};
use crate::elf::{ElfError, MAX_ROUNDS, MERGED_GAP, Sparse, Unfinished};
use crate::error::Diagnose;
use crate::exec::CancelFlag;
use crate::zip::Method;

/// A member whose parts cannot be read.
#[derive(Debug, Error)]
pub enum PartsError {
    /// Its content.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// It is not a valid ELF file.
    #[error("{0}")]
    Elf(#[from] ElfError),
    /// Its tables are longer together than the reader allows.
    #[error("expected at most {limit} bytes of dynamic tables, found {found}")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
        /// Bytes of all tables.
        found: u64,
    },
    /// The parser still lacks ranges after the last round.
    #[error(
        "expected ELF tables that are complete after a few reads, found further ones after each read"
    )]
    Endless,
}

impl Diagnose for PartsError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Content(source) => return source.hint(),
            Self::Elf(_) | Self::Endless => "the file is damaged or malicious; build it again",
            Self::TooLarge { .. } => "allow more with `--max-table-size`",
        };
        Some(hint.into())
    }
}

/// Parts of a member: those that were read, and those that are wanted.
#[derive(Debug)]
pub struct PartsReader {
    /// The parts that were read.
    pub parts: Sparse,
    /// The wanted ranges, sorted and disjoint, each with the bytes read so far.
    wanted: Vec<(Range<u64>, Vec<u8>)>,
    /// The maximum number of bytes of parts in memory.
    limit: u64,
    /// Bytes in front of each wanted range that are read with it.
    margin: u64,
}

impl PartsReader {
    /// Returns a reader that has read nothing of a file of `len` bytes, and holds `limit` bytes at most.
    #[must_use]
    pub fn new(len: u64, limit: u64) -> Self {
        Self::with_parts(Sparse::new(len), limit)
    }

    /// Returns a reader that has read these parts.
    #[must_use]
    pub fn with_parts(parts: Sparse, limit: u64) -> Self {
        Self { parts, wanted: Vec::new(), limit, margin: 0 }
    }

    /// Also reads `margin` bytes in front of each wanted range.
    #[must_use]
    pub fn with_margin(self, margin: u64) -> Self {
        Self { margin, ..self }
    }

    /// Returns the result of `parse`. As long as it lacks ranges, calls `fetch` to read the wanted
    /// ones, at most [`MAX_ROUNDS`] times.
    ///
    /// # Errors
    ///
    /// Those of `parse` and `fetch`; [`PartsError::TooLarge`] if the ranges are too long;
    /// [`PartsError::Endless`] if ranges are still missing after the last round.
    pub fn parse<T, E: From<PartsError>>(
        &mut self,
        parse: impl Fn(&Sparse) -> Result<T, Unfinished>,
        mut fetch: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<T, E> {
        for round in 0.. {
            match parse(&self.parts) {
                Ok(parsed) => return Ok(parsed),
                Err(Unfinished::Wrong(error)) => return Err(PartsError::from(error).into()),
                Err(Unfinished::Missing(_)) if round == MAX_ROUNDS => break,
                Err(Unfinished::Missing(ranges)) => self.want(ranges, 0)?,
            }
            fetch(self)?;
        }
        Err(PartsError::Endless.into())
    }

    /// Returns whether ranges are wanted.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.wanted.is_empty()
    }

    /// Iterates over the wanted ranges.
    pub fn wanted(&self) -> impl Iterator<Item = &Range<u64>> {
        self.wanted.iter().map(|(range, _)| range)
    }

    /// Returns whether all wanted ranges end at or before this offset.
    #[must_use]
    pub fn is_within(&self, end: u64) -> bool {
        self.wanted.iter().all(|(range, _)| range.end <= end)
    }

    /// Replaces the wanted ranges by those of `ranges` that begin at `from` or later. Their margins begin there or
    /// later, too.
    ///
    /// # Errors
    ///
    /// [`PartsError::TooLarge`].
    pub fn want(&mut self, mut ranges: Vec<Range<u64>>, from: u64) -> Result<(), PartsError> {
        ranges.retain(|range| range.start >= from);
        for range in &mut ranges {
            range.start = range.start.saturating_sub(self.margin).max(from);
        }
        let merged = merged(ranges, MERGED_GAP);
        let lens = merged.iter().map(|range| range.end - range.start);
        let needed = lens.fold(self.parts.held(), u64::saturating_add);
        if needed > self.limit {
            return Err(PartsError::TooLarge { found: needed, limit: self.limit });
        }
        self.wanted = merged.into_iter().map(|range| (range, Vec::new())).collect();
        Ok(())
    }

    /// Inflates the chunks that hold the wanted ranges. Returns `None` if one of them is invalid;
    /// all ranges are then still wanted.
    pub fn fetch_chunks(&mut self, chunked: Chunked<'_>, inflater: &mut Inflater) -> Option<()> {
        let mut found = Vec::with_capacity(self.wanted.len());
        for (range, _) in &self.wanted {
            found.push((range.start, chunked.range(range, inflater)?));
        }
        self.wanted.clear();
        for (start, bytes) in found {
            self.parts.insert(start, bytes);
        }
        Some(())
    }

    /// Reads the wanted ranges in one pass over the content, which ends behind the last of them.
    ///
    /// # Errors
    ///
    /// Those of [`MemberData::stream`].
    pub fn fetch_in_pass(
        &mut self,
        data: &MemberData<'_>,
        first: usize,
        inflater: &mut Inflater,
        cancel: &CancelFlag,
    ) -> Result<(), ContentError> {
        let mut position = 0;
        data.stream(inflater, first, Strictness::Lenient, cancel, |piece| {
            self.feed(position, piece);
            position += piece.len() as u64;
            if self.is_waiting() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(())
    }

    /// Reads the wanted ranges from the parts of a stream that hold them, which was inflated once. Returns `None` if the
    /// index is not of this stream; some ranges are then still wanted.
    pub fn fetch_segments(
        &mut self,
        data: &MemberData<'_>,
        index: &StreamIndex,
        inflater: &mut Inflater,
    ) -> Option<()> {
        if data.method != Method::Deflated || index.content_len() != Some(data.uncompressed) {
            return None;
        }
        for segment in index.segments() {
            let Range { start, end } = segment.content();
            if !self.wanted.iter().any(|(range, _)| range.start < end && start < range.end) {
                continue;
            }
            let mut position = start;
            let ended = inflater.inflate_segment(data.bytes, &segment, |piece| {
                self.feed(position, piece);
                position += piece.len() as u64;
                ControlFlow::Continue(())
            });
            ended.ok()?;
        }
        (!self.is_waiting()).then_some(())
    }

    /// Copies the wanted bytes from `bytes`, which begin at offset `start`.
    pub fn feed(&mut self, start: u64, bytes: &[u8]) {
        let end = start + bytes.len() as u64;
        let mut complete = 0;
        for (range, kept) in &mut self.wanted {
            if range.start >= end {
                break;
            }
            let from = range.start + kept.len() as u64;
            let to = range.end.min(end);
            let offsets = from.checked_sub(start).zip(to.checked_sub(start));
            if let Some((from, to)) = offsets
                && let (Ok(from), Ok(to)) = (usize::try_from(from), usize::try_from(to))
            {
                if kept.is_empty() {
                    kept.reserve_exact(usize::try_from(range.end - range.start).unwrap_or(0));
                }
                kept.extend_from_slice(bytes.get(from..to).unwrap_or_default());
            }
            if range.end > end {
                break;
            }
            complete += 1;
        }
        for (range, kept) in self.wanted.drain(..complete) {
            self.parts.insert(range.start, kept);
        }
    }
}
