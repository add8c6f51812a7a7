//! Reads the facts of a large member while it is inflated as a stream.
//!
//! Most tables are near the file's start, but only the dynamic section, near its end, has their
//! addresses. So the first bytes are kept. If they do not contain all tables, the member is
//! inflated again, up to the last table.

use std::ops::ControlFlow;

use rayon::ThreadPool;

use super::limits::{HEAD, SHORT_HEAD, TAIL};
use super::literals::{FoundNames, add_of_chunks};
use super::{Limits, MAGIC, MemberReader, Stop};
use crate::deflate::Inflater;
use crate::elf::{Detail, ElfFacts, MAX_ROUNDS, Sparse, Unfinished};
use crate::error::Error;
use crate::opened_wheel::{Chunked, ContentError, Ended, PartsError, PartsReader};

/// If less than 1/32 of a member is left when all facts are known, the rest is inflated, too: for its
/// CRC and the section table.
const REST: u64 = 32;

/// Returns the facts of a large member.
pub(super) fn facts(
    member: &MemberReader<'_>,
    inflater: &mut Inflater,
) -> Result<ElfFacts, PartsError> {
    let mut first = FirstPass::new(member.entry.uncompressed, member.limits);
    member.inflate(inflater, |piece| first.take(piece))?;
    finished(member, first, None, inflater)
}

/// Returns the facts of a member once the first pass has ended.
fn finished(
    member: &MemberReader<'_>,
    mut first: FirstPass,
    proven: Option<(Chunked<'_>, u64)>,
    inflater: &mut Inflater,
) -> Result<ElfFacts, PartsError> {
    let names = first.names.take();
    let facts = first.into_facts();
    let mut facts = facts.unwrap_or_else(|parts| later_passes(member, parts, proven, inflater))?;
    if let Some(names) = names {
        names.add_to(&mut facts, member, inflater)?;
    }
    Ok(facts)
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
) -> Result<Option<Result<ElfFacts, PartsError>>, Error> {
    let mut first = FirstPass::new(member.entry.uncompressed, member.limits);
    let sink = member.to_the_end(|piece| first.take(piece));
    let proven = match chunked.inflate(pool, MAGIC, member.cancel, sink)? {
        Ended::Unproven => return Ok(None),
        Ended::Stopped(Stop::Failed(error), _) => return Ok(Some(Err(error))),
        Ended::Stopped(Stop::Enough, chunks) => chunked.len_of_first(chunks),
        Ended::Whole => member.entry.uncompressed,
    };
    Ok(Some(finished(member, first, Some((chunked, proven)), inflater)))
}

/// Returns the facts of a member whose chunk table is trusted: only the needed chunks are inflated.
/// `None` if one of them is invalid.
pub(super) fn facts_by_table(
    member: &MemberReader<'_>,
    chunked: Chunked<'_>,
    inflater: &mut Inflater,
) -> Option<Result<ElfFacts, PartsError>> {
    let mut reader = reader_by_table(member, chunked, inflater)?;
    let parsed = reader.parse(parser(member.limits), |reader| {
        if member.cancel.is_cancelled() {
            return Err(PartsError::from(ContentError::Cancelled).into());
        }
        reader.fetch_chunks(chunked, inflater).ok_or(TableError::NoChunk)
    });
    match parsed {
        Ok(mut facts) => {
            if member.limits.literals {
                add_of_chunks(&mut facts, chunked, inflater)?;
            }
            Some(Ok(facts))
        }
        Err(TableError::NoChunk) => None,
        Err(TableError::Parts(error)) => Some(Err(error)),
    }
}

/// Returns the facts of a member of an archive that this process wrote, whose chunk table is correct.
/// `None` unless inflating from the start certainly has the same result: it needs no more ranges, but
/// counts more bytes as held in memory.
pub(super) fn facts_of_own(
    member: &MemberReader<'_>,
    chunked: Chunked<'_>,
    inflater: &mut Inflater,
) -> Option<ElfFacts> {
    let mut reader = reader_by_table(member, chunked, inflater)?;
    let parsed = reader.parse(parser(member.limits), |reader| {
        reader.fetch_chunks(chunked, inflater).ok_or(TableError::NoChunk)
    });
    let most = reader.parts.held() + 2 * HEAD as u64 + TAIL;
    let mut facts = parsed.ok().filter(|_| most <= member.limits.tables)?;
    if member.limits.literals {
        add_of_chunks(&mut facts, chunked, inflater)?;
    }
    Some(facts)
}

/// Why no facts are read by a chunk table.
enum TableError {
    /// A chunk is invalid: the table is not true.
    NoChunk,
    /// The parts are not those of an ELF file, or too large.
    Parts(PartsError),
}

impl From<PartsError> for TableError {
    fn from(error: PartsError) -> Self {
        Self::Parts(error)
    }
}

/// Returns a function that reads the facts of a member from its known parts.
fn parser(limits: Limits) -> impl Fn(&Sparse) -> Result<ElfFacts, Unfinished> {
    move |parts| ElfFacts::read_parts(parts, limits.detail())
}

/// Returns a reader with the first bytes of a member whose chunk table is trusted. `None` if the first
/// chunk is invalid.
fn reader_by_table(
    member: &MemberReader<'_>,
    chunked: Chunked<'_>,
    inflater: &mut Inflater,
) -> Option<PartsReader> {
    let mut reader = PartsReader::new(member.entry.uncompressed, member.limits.tables);
    reader.parts.insert(0, chunked.range(&(0..SHORT_HEAD), inflater)?);
    Some(reader)
}

/// Inflates again, up to the last missing range. Ranges in verified chunks are read without the chunks
/// in front of them.
pub(super) fn later_passes(
    member: &MemberReader<'_>,
    parts: Sparse,
    proven: Option<(Chunked<'_>, u64)>,
    inflater: &mut Inflater,
) -> Result<ElfFacts, PartsError> {
    let mut reader = PartsReader::with_parts(parts, member.limits.tables);
    reader.parse(parser(member.limits), |reader| {
        if let Some((chunked, len)) = proven
            && reader.is_within(len)
            && reader.fetch_chunks(chunked, inflater).is_some()
        {
            return Ok(());
        }
        Ok(reader.fetch_in_pass(&member.data(), MAGIC, inflater, member.cancel)?)
    })
}

/// The state of the first pass.
pub(super) struct FirstPass {
    /// The member's length.
    len: u64,
    /// The offset of the next bytes.
    position: u64,
    head: Vec<u8>,
    tail: Vec<u8>,
    reader: PartsReader,
    detail: Detail,
    questions: usize,
    facts: Option<ElfFacts>,
    /// The names among the literals; `None` if they are not asked for.
    names: Option<FoundNames>,
}

impl FirstPass {
    pub(super) fn new(len: u64, limits: Limits) -> Self {
        Self {
            len,
            position: 0,
            head: Vec::new(),
            tail: Vec::new(),
            reader: PartsReader::new(len, limits.tables),
            detail: limits.detail(),
            questions: 0,
            facts: None,
            names: limits.literals.then(FoundNames::default),
        }
    }

    pub(super) fn take(&mut self, piece: &[u8]) -> ControlFlow<Stop> {
        let start = self.position;
        self.position += piece.len() as u64;
        self.keep_tail(start, piece);
        if let Some(names) = &mut self.names {
            names.feed(start, piece);
        }
        if let Some(facts) = &self.facts {
            return self.end_of(facts);
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
            self.reader.parts.insert(0, std::mem::take(&mut self.head));
        }
        self.ask(start, piece)
    }

    /// Keeps the wanted bytes. When all wanted ranges are complete, tries to read the facts.
    fn ask(&mut self, start: u64, piece: &[u8]) -> ControlFlow<Stop> {
        loop {
            self.reader.feed(start, piece);
            if self.reader.is_waiting() {
                return ControlFlow::Continue(());
            }
            self.questions += 1;
            if self.questions > MAX_ROUNDS + 1 {
                return ControlFlow::Break(Stop::Failed(PartsError::Endless));
            }
            match ElfFacts::read_parts(&self.reader.parts, self.detail) {
                Ok(facts) => {
                    self.free_tables();
                    let flow = self.end_of(&facts);
                    self.facts = Some(facts);
                    return flow;
                }
                Err(Unfinished::Wrong(error)) => {
                    return ControlFlow::Break(Stop::Failed(error.into()));
                }
                Err(Unfinished::Missing(ranges)) => {
                    if let Err(problem) = self.reader.want(ranges, start) {
                        return ControlFlow::Break(Stop::Failed(problem));
                    }
                    if !self.reader.is_waiting() {
                        return ControlFlow::Break(Stop::Enough);
                    }
                }
            }
        }
    }

    /// Returns whether to go on once all facts are known: for the literals, and if little is left.
    fn end_of(&self, facts: &ElfFacts) -> ControlFlow<Stop> {
        let rest = self.len.saturating_sub(self.position);
        let has_names = self.names.as_ref().is_none_or(|names| names.are_all(facts));
        if has_names && rest > self.len / REST {
            ControlFlow::Break(Stop::Enough)
        } else {
            ControlFlow::Continue(())
        }
    }

    /// Frees everything but the header, which has the offset of the section table.
    fn free_tables(&mut self) {
        let header = self.reader.parts.get(&(0..MAGIC as u64)).map(<[u8]>::to_vec);
        self.reader.parts = Sparse::new(self.len);
        self.reader.parts.insert(0, header.unwrap_or_default());
    }

    fn keep_tail(&mut self, start: u64, piece: &[u8]) {
        let tail = self.len.saturating_sub(TAIL);
        if self.position > tail {
            let skip = usize::try_from(tail.saturating_sub(start)).unwrap_or(usize::MAX);
            self.tail.extend_from_slice(piece.get(skip..).unwrap_or_default());
        }
    }

    /// Returns the facts, or the parts that are known so far.
    pub(super) fn into_facts(self) -> Result<Result<ElfFacts, PartsError>, Sparse> {
        let mut parts = self.reader.parts;
        if self.position == self.len {
            parts.insert(self.len.saturating_sub(TAIL), self.tail);
        }
        let found = self.facts.map_or_else(|| ElfFacts::read_parts(&parts, self.detail), Ok);
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
