//! The facts of a member that is too large to hold, from what flows past while it is inflated.
//!
//! Most tables stand near the file's begin, but only the dynamic section, near its end, tells where.
//! So the first bytes are kept for the case that they are enough, and if they are not, the member is
//! inflated once more, up to the last table.

use std::ops::{ControlFlow, Range};

use rayon::ThreadPool;

use super::{MAGIC, MemberError, MemberReader, Stop};
use crate::deflate::Inflater;
use crate::elf::{Detail, Facts, Sparse, Unfinished};
use crate::error::Error;
use crate::opened_wheel::{Chunked, ContentError, Ended};

/// First bytes that are kept: those of `libtorch_cuda.so` hold its versions, 7.1 MB from its begin,
/// where rewriting its other tables has left them.
const HEAD: usize = 8 << 20;

/// What is kept of them for a second pass: header, program headers, interpreter and notes.
const SHORT_HEAD: usize = 64 << 10;

/// Last bytes that are kept, for the section table, and for dynamic tables that a tool that changes
/// libraries has moved there: 0.2 MB from the end of those of nvidia-cudnn-cu12, which need no second pass
/// by that.
const TAIL: u64 = 1 << 20;

/// If less than this part of a member is left when all is known, the rest is inflated too: for its
/// CRC and for the section table.
const REST: u64 = 32;

/// How often a member is inflated again at most. Once is enough for all that linkers make.
const PASSES: usize = 4;

/// How often facts are asked for in one pass.
const QUESTIONS: usize = 32;

/// Ranges with no more between them are kept as one.
const GAP: u64 = 4096;

/// The facts of a large member.
pub(super) fn facts(
    member: &MemberReader<'_>,
    inflater: &mut Inflater,
) -> Result<Facts, MemberError> {
    let mut first = FirstPass::new(member.entry.uncompressed, member.limits.tables);
    member.inflate(inflater, |piece| first.take(piece))?;
    first.into_facts().unwrap_or_else(|parts| later_passes(member, parts, None, inflater))
}

/// The same of a member with a table of its chunks, inflated by all threads; `None` if the table is not
/// true. The outer error is a cancellation.
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

/// The same of a member whose table of chunks is believed: only chunks that hold what is needed are
/// inflated. `None` if one of them is no chunk.
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

/// The same of a member of an archive that this process has written, whose table is true. `None` unless it
/// is certain that inflating from the start comes to the same: it asks for no more than is asked for here,
/// but it gives up after fewer questions, and counts more bytes as held.
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

/// Inflates again, up to the last of what is missing; or, of what lies within the first bytes that are
/// proven to be chunks, just the chunks that hold it.
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

/// The first pass: what it has seen and kept.
pub(super) struct FirstPass {
    /// The member's length.
    len: u64,
    /// Where the next piece begins.
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

    /// Keeps what is wanted of a piece; when nothing is waited for any more, asks what comes next.
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

    /// Keeps no more than the header, which tells where the sections are.
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

    /// The facts, or the parts that were found so far.
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

/// Copies what is wanted out of the bytes that flow past.
struct Collector {
    parts: Sparse,
    /// What is waited for, in order and apart from each other, with what came of it.
    wanted: Vec<(Range<u64>, Vec<u8>)>,
    limit: u64,
}

impl Collector {
    /// With the first bytes of a member whose table of chunks is believed. `None` if they are no chunk.
    fn by_table(
        member: &MemberReader<'_>,
        chunked: Chunked<'_>,
        inflater: &mut Inflater,
    ) -> Option<Self> {
        let mut parts = Sparse::new(member.entry.uncompressed);
        parts.insert(0, chunked.range(&(0..SHORT_HEAD as u64), inflater)?);
        Some(Self { parts, wanted: Vec::new(), limit: member.limits.tables })
    }

    /// The facts, or else what they lack is fetched. `None` if a chunk is none.
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

    /// Waits for those of the ranges that begin at `from` or later.
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

    /// Inflates what is wanted and nothing else but the chunks that it is in. `None`, and all is still
    /// wanted, if one of them is no chunk.
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

    /// Takes what is wanted of bytes that begin at `start`.
    fn feed(&mut self, start: u64, bytes: &[u8]) {
        let end = start + bytes.len() as u64;
        let mut complete = 0;
        for (range, kept) in &mut self.wanted {
            if range.start >= end {
                break;
            }
            let from = range.start + kept.len() as u64;
            let to = range.end.min(end);
            let places = from.checked_sub(start).zip(to.checked_sub(start));
            if let Some((from, to)) = places
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
