//! The facts of the ELF files in an archive, without unpacking it.
//!
//! A member is inflated in memory, in small steps, and no further than to the last byte that its facts
//! need. The tables of a large library stand at its beginning, but where they are, the dynamic section
//! tells, which is close to the end. So what went by already is fetched by inflating once more, up to
//! the end of those tables.

use std::ops::{ControlFlow, Range};

use rayon::ThreadPool;
use rayon::iter::{ParallelBridge as _, ParallelIterator as _};
use thiserror::Error as ThisError;

use crate::cancel::CancelFlag;
use crate::deflate::{InflateError, Inflated, Inflater};
use crate::elf::{Detail, ElfError, Facts, Sparse, Unfinished, is_elf};
use crate::error::Error;
use crate::zip::{Directory, Entry, Method};

/// Bytes that tell whether a member is an ELF file.
const MAGIC: usize = 64;

/// A member of up to this size is inflated whole; of a larger one so much is kept from the beginning.
/// Most libraries are smaller, and the tables of most larger ones lie within.
const HEAD: u64 = 8 << 20;

/// Most times that one member is inflated: each time finds out where something else is.
const MAX_PASSES: usize = 6;

/// Bounds on memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Bytes of one member that are held at a time.
    tables: u64,
}

impl Limits {
    /// At most so many bytes of each member, besides the first few MiB.
    pub(super) fn of_tables(bytes: u64) -> Self {
        Self { tables: bytes }
    }
}

/// A member that cannot be read.
#[derive(Debug, ThisError)]
pub enum MemberError {
    /// Its compressed data.
    #[error("{0}\nhint: the archive is damaged; download or build it again")]
    Inflate(#[from] InflateError),
    /// Its length.
    #[error(
        "expected {expected} bytes, as the archive's directory says, found {found}\nhint: the archive is damaged, or made to mislead; download or build it again"
    )]
    Length {
        /// What the directory says.
        expected: u64,
        /// What it inflates to: `more` where nobody counted on.
        found: String,
    },
    /// Its CRC-32.
    #[error(
        "expected CRC-32 {expected:08x}, as the archive's directory says, found {found:08x}\nhint: the archive is damaged; download or build it again"
    )]
    Crc {
        /// What the directory says.
        expected: u32,
        /// What the data has.
        found: u32,
    },
    /// It is no sound ELF file.
    #[error("{0}\nhint: the file is damaged, or made to mislead; build it again")]
    Elf(#[from] ElfError),
    /// Its tables are larger than allowed.
    #[error(
        "expected at most {limit} bytes of dynamic tables, found {found}\nhint: allow more with `--max-table-size`"
    )]
    TooLarge {
        /// The limit.
        limit: u64,
        /// What they have.
        found: u64,
    },
    /// The request was cancelled meanwhile.
    #[error("cancelled")]
    Cancelled,
}

/// The facts of some members, given by their places in the directory; `None` for one that is no ELF
/// file. The outer error is a cancellation.
pub(super) fn facts_of_members(
    directory: &Directory,
    archive: &[u8],
    which: &[usize],
    limits: Limits,
    pool: &ThreadPool,
    cancel: &CancelFlag,
) -> Result<Vec<Result<Option<Facts>, MemberError>>, Error> {
    let entries = directory.entries();
    // The largest first: it alone may take as long as all others together.
    let mut order: Vec<usize> = (0..which.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(entries[which[at]].data.len()));
    let mut found: Vec<(usize, Result<Option<Facts>, MemberError>)> = pool.install(|| {
        order
            .into_iter()
            .par_bridge()
            .map_init(Inflater::new, |inflater, at| {
                let reader = MemberReader { entry: &entries[which[at]], archive, limits, cancel };
                (at, reader.facts(inflater))
            })
            .collect()
    });
    cancel.check()?;
    found.sort_unstable_by_key(|(at, _)| *at);
    Ok(found.into_iter().map(|(_, facts)| facts).collect())
}

/// A whole member, such as RECORD.
pub(super) fn read_whole(
    directory: &Directory,
    archive: &[u8],
    at: usize,
    limits: Limits,
    cancel: &CancelFlag,
) -> Result<Vec<u8>, MemberError> {
    let entry = &directory.entries()[at];
    let reader = MemberReader { entry, archive, limits, cancel };
    if entry.uncompressed > limits.tables {
        return Err(MemberError::TooLarge { limit: limits.tables, found: entry.uncompressed });
    }
    let mut bytes = Vec::new();
    reader.inflate(&mut Inflater::new(), |_, piece| {
        bytes.extend_from_slice(piece);
        ControlFlow::Continue(())
    })?;
    reader.check_crc(&bytes)?;
    Ok(bytes)
}

/// Reads one member.
struct MemberReader<'a> {
    entry: &'a Entry,
    archive: &'a [u8],
    limits: Limits,
    cancel: &'a CancelFlag,
}

/// What reading the first bytes came to.
enum Head {
    NotElf,
    /// The whole member.
    Whole(Vec<u8>),
    /// The beginning of a large one, and its facts if they lie within.
    Parts(Box<Pass>),
}

impl MemberReader<'_> {
    fn data(&self) -> &[u8] {
        &self.archive[self.entry.data.clone()]
    }

    fn facts(&self, inflater: &mut Inflater) -> Result<Option<Facts>, MemberError> {
        if self.entry.method == Method::Stored {
            let bytes = self.data();
            let facts = is_elf(bytes).then(|| Facts::read(bytes, Detail::Whole));
            return Ok(facts.transpose()?);
        }
        let (mut parts, mut result) = match self.head(inflater)? {
            Head::NotElf => return Ok(None),
            Head::Whole(bytes) => {
                self.check_crc(&bytes)?;
                return Ok(Some(Facts::read(&bytes, Detail::Whole)?));
            }
            Head::Parts(pass) => (pass.parts, pass.result),
        };
        for _ in 1..MAX_PASSES {
            match result {
                Ok(facts) => return Ok(Some(facts)),
                Err(missing) => result = self.fetch(inflater, &mut parts, missing)?,
            }
        }
        Err(ElfError {
            offset: 0,
            expected: "tables that are found in a few steps",
            found: "that each leads to another".to_owned(),
        }
        .into())
    }

    /// The first pass: to the end of a small member, or as far as the facts of a large one need.
    fn head(&self, inflater: &mut Inflater) -> Result<Head, MemberError> {
        let mut head = Vec::new();
        // An empty member has no pieces.
        let mut is_elf_file = false;
        let mut pass = None;
        let mut problem = None;
        let is_small = self.entry.uncompressed <= HEAD;
        self.inflate(inflater, |at, piece| {
            if at == 0 {
                is_elf_file = is_elf(piece);
            }
            if !is_elf_file {
                return ControlFlow::Break(());
            }
            let Some(pass) = &mut pass else {
                head.extend_from_slice(piece);
                if is_small || (head.len() as u64) < HEAD {
                    return ControlFlow::Continue(());
                }
                let end = head.len() as u64;
                let mut parts = Sparse::new(self.entry.uncompressed);
                parts.insert(0, std::mem::take(&mut head));
                return match Pass::begin(parts, end, self.limits) {
                    Ok(begun) => pass.insert(begun).flow(),
                    Err(error) => {
                        problem = Some(error);
                        ControlFlow::Break(())
                    }
                };
            };
            pass.take(at, piece).unwrap_or_else(|error| {
                problem = Some(error);
                ControlFlow::Break(())
            })
        })?;
        match (problem, pass) {
            (Some(problem), _) => Err(problem),
            _ if !is_elf_file => Ok(Head::NotElf),
            (None, None) => Ok(Head::Whole(head)),
            (None, Some(pass)) => Ok(Head::Parts(Box::new(pass))),
        }
    }

    /// One more pass, for ranges that went by already.
    fn fetch(
        &self,
        inflater: &mut Inflater,
        parts: &mut Sparse,
        missing: Vec<Range<u64>>,
    ) -> Result<Result<Facts, Vec<Range<u64>>>, MemberError> {
        let known = std::mem::replace(parts, Sparse::new(self.entry.uncompressed));
        let mut pass = Pass {
            parts: known,
            waiting: Vec::new(),
            result: Err(Vec::new()),
            limits: self.limits,
        };
        pass.wait_for(missing, 0)?;
        let mut problem = None;
        self.inflate(inflater, |at, piece| {
            pass.take(at, piece).unwrap_or_else(|error| {
                problem = Some(error);
                ControlFlow::Break(())
            })
        })?;
        *parts = pass.parts;
        problem.map_or(Ok(pass.result), Err)
    }

    /// Inflates from the start and hands out pieces with their offsets. What ends by itself must have
    /// the length that the directory says.
    fn inflate(
        &self,
        inflater: &mut Inflater,
        mut sink: impl FnMut(u64, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), MemberError> {
        let mut at = 0;
        let mut problem = None;
        let mut hand = |piece: &[u8]| {
            let begin = at;
            at += piece.len() as u64;
            if at > self.entry.uncompressed {
                let expected = self.entry.uncompressed;
                problem = Some(MemberError::Length { expected, found: "more".to_owned() });
            } else if self.cancel.is_cancelled() {
                problem = Some(MemberError::Cancelled);
            } else {
                return sink(begin, piece);
            }
            ControlFlow::Break(())
        };
        let end = if self.entry.method == Method::Stored {
            match hand(self.data()) {
                ControlFlow::Continue(()) => Inflated::Whole(self.data().len()),
                ControlFlow::Break(()) => Inflated::Stopped,
            }
        } else {
            inflater.inflate(self.data(), MAGIC, hand)?
        };
        if let Some(problem) = problem {
            return Err(problem);
        }
        if end != Inflated::Stopped && at != self.entry.uncompressed {
            let expected = self.entry.uncompressed;
            return Err(MemberError::Length { expected, found: at.to_string() });
        }
        Ok(())
    }

    fn check_crc(&self, bytes: &[u8]) -> Result<(), MemberError> {
        let (expected, found) = (self.entry.crc, crc32fast::hash(bytes));
        if expected == found { Ok(()) } else { Err(MemberError::Crc { expected, found }) }
    }
}

/// One pass over a member: ranges are gathered as they go by.
struct Pass {
    parts: Sparse,
    /// Ranges that are still to come, at least in part, with what is there of each.
    waiting: Vec<(Range<u64>, Vec<u8>)>,
    /// The facts, or the ranges that went by before anyone knew that they are needed.
    result: Result<Facts, Vec<Range<u64>>>,
    limits: Limits,
}

impl Pass {
    /// Goes on behind the beginning of a member, which is known up to `end`.
    fn begin(parts: Sparse, end: u64, limits: Limits) -> Result<Self, MemberError> {
        let mut pass = Self { parts, waiting: Vec::new(), result: Err(Vec::new()), limits };
        pass.read(end)?;
        Ok(pass)
    }

    /// Whether anything is still to come.
    fn flow(&self) -> ControlFlow<()> {
        if self.waiting.is_empty() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn take(&mut self, at: u64, piece: &[u8]) -> Result<ControlFlow<()>, MemberError> {
        let end = at + piece.len() as u64;
        let mut is_one_complete = false;
        for (range, bytes) in &mut self.waiting {
            let (from, to) = (range.start.max(at), range.end.min(end));
            if from < to {
                let offset = |position: u64| usize::try_from(position - at).unwrap_or(usize::MAX);
                bytes.extend_from_slice(piece.get(offset(from)..offset(to)).unwrap_or_default());
            }
            is_one_complete |= range.end <= end;
        }
        if is_one_complete {
            let (complete, waiting) = std::mem::take(&mut self.waiting)
                .into_iter()
                .partition(|(range, _)| range.end <= end);
            self.waiting = waiting;
            let complete: Vec<(Range<u64>, Vec<u8>)> = complete;
            for (range, bytes) in complete {
                self.parts.insert(range.start, bytes);
            }
            if self.waiting.is_empty() {
                self.read(end)?;
            }
        }
        Ok(self.flow())
    }

    /// Tries to read the facts, when all up to `position` went by.
    fn read(&mut self, position: u64) -> Result<(), MemberError> {
        match Facts::read_parts(&self.parts, Detail::Whole) {
            Ok(facts) => self.result = Ok(facts),
            Err(Unfinished::Wrong(error)) => return Err(error.into()),
            Err(Unfinished::Missing(missing)) => {
                let (ahead, behind): (Vec<_>, Vec<_>) =
                    missing.into_iter().partition(|range| range.start >= position);
                self.wait_for(ahead, position)?;
                self.result = Err(behind);
            }
        }
        Ok(())
    }

    fn wait_for(&mut self, ranges: Vec<Range<u64>>, position: u64) -> Result<(), MemberError> {
        let wanted: u64 = ranges.iter().map(|range| range.end.saturating_sub(range.start)).sum();
        let found = self.parts.held().saturating_add(wanted);
        let limit = self.limits.tables.saturating_add(HEAD).saturating_add(1 << 20);
        if found > limit {
            return Err(MemberError::TooLarge { limit: self.limits.tables, found });
        }
        debug_assert!(ranges.iter().all(|range| range.start >= position));
        self.waiting.extend(ranges.into_iter().map(|range| (range, Vec::new())));
        Ok(())
    }
}
