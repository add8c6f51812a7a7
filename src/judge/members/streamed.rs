//! Reads the facts of a large member while it is inflated as a stream.
//!
//! Most tables are near the file's begin, but only the dynamic section, near its end, tells where. So
//! the first bytes are kept. If they do not contain all tables, the member is inflated again, up to the
//! last table.

use std::ops::{ControlFlow, Range};

use rayon::ThreadPool;

use super::{MAGIC, MemberError, MemberReader, Stop};
use crate::deflate::Inflater;
use crate::elf::{Detail, Facts, Sparse, Unfinished};
use crate::error::Error;
use crate::opened_wheel::{Chunked, ContentError, Ended};

/// Number of first bytes that are kept. Those of `libtorch_cuda.so` contain its version tables, 7.1 MB
/// from the begin; a rewriting tool moved its other tables.
const HEAD: usize = 8 << 20;

/// Number of first bytes that are kept for a second pass: header, program headers, interpreter and
/// notes.
const SHORT_HEAD: usize = 64 << 10;

/// Number of last bytes that are kept, for the section table and for dynamic tables that a rewriting
/// tool moved. Those of nvidia-cudnn-cu12 are 0.2 MB from the end, and so need no second pass.
const TAIL: u64 = 1 << 20;

/// If less than 1/32 of a member is left when all facts are known, the rest is inflated, too: for its
/// CRC and the section table.
const REST: u64 = 32;

/// Maximum number of further passes. One is enough for the output of linkers.
const PASSES: usize = 4;

/// Maximum number of attempts to read the facts in one pass.
const QUESTIONS: usize = 32;

/// Ranges with a gap of at most this many bytes are merged.
const GAP: u64 = 4096;

/// Returns the facts of a large member.
pub(super) fn facts(
    member: &MemberReader<'_>,
    inflater: &mut Inflater,
) -> Result<Facts, MemberError> {
    let mut first = FirstPass::new(member.entry.uncompressed, member.limits.tables);
    member.inflate(inflater, |piece| first.take(piece))?;
    first.into_facts().unwrap_or_else(|parts| later_passes(member, parts, None, inflater))
}

/// Returns the facts of a member with a chunk table, inflated by all threads; `None` if the table is
/// wrong.
///
/// # Errors
/// The outer error is a cancellation.
pub(super) fn facts_in_chunks(
    member: &MemberReader<'_>,
    chunked: Chunked<'_>,
    inflater: &mut Inflater,
    pool: &ThreadPool,
) -> Result<Option<Result<Facts, MemberError>>, Error> {
    let mut first = FirstPass::new(member.entry.uncompressed, member.limits.tables);
    let proven = match chunked.inflate(pool, MAGIC, member.cancel, |piece| first.take(piece))? {
        Ended::Unproven => return Ok(None),
        Ended::Stopped(Stop::Failed(error), _) => return Ok(Some(Err(error))),
        Ended::Stopped(Stop::Enough, chunks) => chunked.len_of_first(chunks),
        Ended::Whole => member.entry.uncompressed,
    };
    let again = Some((chunked, proven));
    let facts = first.into_facts();
    Ok(Some(facts.unwrap_or_else(|parts| later_passes(member, parts, again, inflater))))
}

/// Returns the facts of a member whose chunk table is trusted: only the needed chunks are inflated.
/// `None` if one of them is invalid.
pub(super) fn facts_by_table(
    member: &MemberReader<'_>,
    chunked: Chunked<'_>,
    inflater: &mut Inflater,
) -> Option<Result<Facts, MemberError>> {
    let mut collector = Collector::by_table(member, chunked, inflater)?;
    for _ in 0..QUESTIONS {
        if member.cancel.is_cancelled() {
            return Some(Err(ContentError::Cancelled.into()));
        }
        if let ControlFlow::Break(facts) = collector.ask(chunked, inflater)? {
            return Some(facts);
        }
    }
    Some(Err(MemberError::Endless))
}

/// Returns the facts of a member of an archive that this process wrote, whose chunk table is correct.
/// `None` unless inflating from the start certainly has the same result: it needs no more ranges, but
/// has a lower limit on attempts and counts more bytes as held in memory.
pub(super) fn facts_of_own(
    member: &MemberReader<'_>,
    chunked: Chunked<'_>,
    inflater: &mut Inflater,
) -> Option<Facts> {
    let mut collector = Collector::by_table(member, chunked, inflater)?;
    for _ in 0..PASSES {
        match collector.ask(chunked, inflater)? {
            ControlFlow::Continue(()) => {}
            ControlFlow::Break(facts) => {
                let most = collector.parts.held() + 2 * HEAD as u64 + TAIL;
                return facts.ok().filter(|_| most <= member.limits.tables);
            }
        }
    }
    None
}

/// Inflates again, up to the last missing range. Ranges in verified chunks are read without the chunks
/// in front of them.
fn later_passes(
    member: &MemberReader<'_>,
    mut parts: Sparse,
    proven: Option<(Chunked<'_>, u64)>,
    inflater: &mut Inflater,
) -> Result<Facts, MemberError> {
    parts.shorten(0, SHORT_HEAD);
    let mut collector = Collector { parts, wanted: Vec::new(), limit: member.limits.tables };
    for _ in 0..PASSES {
        let missing = match Facts::read_parts(&collector.parts, Detail::Whole) {
            Ok(facts) => return Ok(facts),
            Err(Unfinished::Wrong(error)) => return Err(error.into()),
            Err(Unfinished::Missing(ranges)) => ranges,
        };
        collector.want(missing, 0)?;
        if let Some((chunked, len)) = proven
            && collector.wanted.iter().all(|(range, _)| range.end <= len)
            && collector.fetch(chunked, inflater).is_some()
        {
            continue;
        }
        let mut position = 0;
        member.inflate(inflater, |piece| {
            collector.feed(position, piece);
            position += piece.len() as u64;
            if collector.is_waiting() {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(Stop::Enough)
            }
        })?;
    }
    Err(MemberError::Endless)
}

/// The state of the first pass.
pub(super) struct FirstPass {
    /// The member's length.
    len: u64,
    /// The offset of the next bytes.
    position: u64,
    head: Vec<u8>,
    tail: Vec<u8>,
    collector: Collector,
    questions: usize,
    facts: Option<Facts>,
}

impl FirstPass {
    pub(super) fn new(len: u64, limit: u64) -> Self {
        Self {
            len,
            position: 0,
            head: Vec::new(),
            tail: Vec::new(),
            collector: Collector { parts: Sparse::new(len), wanted: Vec::new(), limit },
            questions: 0,
            facts: None,
        }
    }

    pub(super) fn take(&mut self, piece: &[u8]) -> ControlFlow<Stop> {
        let start = self.position;
        self.position += piece.len() as u64;
        self.keep_tail(start, piece);
        if self.facts.is_some() {
            return ControlFlow::Continue(());
        }
        if start < HEAD as u64 {
            if self.head.is_empty() {
                let len = usize::try_from(self.len).unwrap_or(usize::MAX);
                self.head.reserve_exact(len.min(HEAD + piece.len()));
            }
            self.head.extend_from_slice(piece);
            let is_full = self.head.len() >= HEAD || self.position == self.len;
            if !is_full {
                return ControlFlow::Continue(());
            }
            self.collector.parts.insert(0, std::mem::take(&mut self.head));
        }
        self.ask(start, piece)
    }

    /// Keeps the wanted bytes. When all wanted ranges are complete, tries to read the facts.
    fn ask(&mut self, start: u64, piece: &[u8]) -> ControlFlow<Stop> {
        loop {
            self.collector.feed(start, piece);
            if self.collector.is_waiting() {
                return ControlFlow::Continue(());
            }
            self.questions += 1;
            if self.questions > QUESTIONS {
                return ControlFlow::Break(Stop::Failed(MemberError::Endless));
            }
            match Facts::read_parts(&self.collector.parts, Detail::Whole) {
                Ok(facts) => {
                    self.facts = Some(facts);
                    let rest = self.len.saturating_sub(self.position);
                    self.free_tables();
                    if rest > self.len / REST {
                        return ControlFlow::Break(Stop::Enough);
                    }
                    return ControlFlow::Continue(());
                }
                Err(Unfinished::Wrong(error)) => {
                    return ControlFlow::Break(Stop::Failed(error.into()));
                }
                Err(Unfinished::Missing(ranges)) => {
                    if let Err(problem) = self.collector.want(ranges, start) {
                        return ControlFlow::Break(Stop::Failed(problem));
                    }
                    if !self.collector.is_waiting() {
                        return ControlFlow::Break(Stop::Enough);
                    }
                }
            }
        }
    }

    /// Frees everything but the header, which has the offset of the section table.
    fn free_tables(&mut self) {
        let header = self.collector.parts.get(&(0..MAGIC as u64)).map(<[u8]>::to_vec);
        self.collector.parts = Sparse::new(self.len);
        self.collector.parts.insert(0, header.unwrap_or_default());
    }

    fn keep_tail(&mut self, start: u64, piece: &[u8]) {
        let tail = self.len.saturating_sub(TAIL);
        if self.position > tail {
            let skip = usize::try_from(tail.saturating_sub(start)).unwrap_or(usize::MAX);
            self.tail.extend_from_slice(piece.get(skip..).unwrap_or_default());
        }
    }

    /// Returns the facts, or the parts that are known so far.
    pub(super) fn into_facts(self) -> Result<Result<Facts, MemberError>, Sparse> {
        let mut parts = self.collector.parts;
        if self.position == self.len {
            parts.insert(self.len.saturating_sub(TAIL), self.tail);
        }
        let found = self.facts.map_or_else(|| Facts::read_parts(&parts, Detail::Whole), Ok);
        match found {
            Ok(mut facts) => {
                facts.add_sections(&parts);
                Ok(Ok(facts))
            }
            Err(Unfinished::Wrong(error)) => Ok(Err(error.into())),
            Err(Unfinished::Missing(_)) => Err(parts),
        }
    }
}

/// Copies wanted ranges from the inflated stream.
struct Collector {
    parts: Sparse,
    /// The wanted ranges, sorted and disjoint, each with its bytes so far.
    wanted: Vec<(Range<u64>, Vec<u8>)>,
    limit: u64,
}

impl Collector {
    /// Returns a collector with the first bytes of a member whose chunk table is trusted. `None` if the
    /// first chunk is invalid.
    fn by_table(
        member: &MemberReader<'_>,
        chunked: Chunked<'_>,
        inflater: &mut Inflater,
    ) -> Option<Self> {
        let mut parts = Sparse::new(member.entry.uncompressed);
        parts.insert(0, chunked.range(&(0..SHORT_HEAD as u64), inflater)?);
        Some(Self { parts, wanted: Vec::new(), limit: member.limits.tables })
    }

    /// Tries to read the facts; else fetches the missing ranges. `None` if a chunk is invalid.
    fn ask(
        &mut self,
        chunked: Chunked<'_>,
        inflater: &mut Inflater,
    ) -> Option<ControlFlow<Result<Facts, MemberError>>> {
        let missing = match Facts::read_parts(&self.parts, Detail::Whole) {
            Ok(facts) => return Some(ControlFlow::Break(Ok(facts))),
            Err(Unfinished::Wrong(error)) => return Some(ControlFlow::Break(Err(error.into()))),
            Err(Unfinished::Missing(ranges)) => ranges,
        };
        if let Err(problem) = self.want(missing, 0) {
            return Some(ControlFlow::Break(Err(problem)));
        }
        self.fetch(chunked, inflater).map(ControlFlow::Continue)
    }

    fn is_waiting(&self) -> bool {
        !self.wanted.is_empty()
    }

    /// Sets the wanted ranges to those that begin at `from` or later.
    fn want(&mut self, mut ranges: Vec<Range<u64>>, from: u64) -> Result<(), MemberError> {
        ranges.retain(|range| range.start >= from);
        ranges.sort_unstable_by_key(|range| range.start);
        let mut merged: Vec<Range<u64>> = Vec::new();
        for range in ranges {
            match merged.last_mut() {
                Some(last) if range.start <= last.end.saturating_add(GAP) => {
                    last.end = last.end.max(range.end);
                }
                _ => merged.push(range),
            }
        }
        let lens = merged.iter().map(|range| range.end - range.start);
        let needed = lens.fold(self.parts.held(), u64::saturating_add);
        if needed > self.limit {
            return Err(MemberError::TooLarge { found: needed, limit: self.limit });
        }
        self.wanted = merged.into_iter().map(|range| (range, Vec::new())).collect();
        Ok(())
    }

    /// Inflates only the chunks of the wanted ranges. If one of them is invalid, returns `None` and all
    /// ranges stay wanted.
    fn fetch(&mut self, chunked: Chunked<'_>, inflater: &mut Inflater) -> Option<()> {
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

    /// Copies the wanted ranges of bytes at offset `start`.
    fn feed(&mut self, start: u64, bytes: &[u8]) {
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
