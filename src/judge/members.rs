//! The facts of the ELF files in an archive, without unpacking any of it to disk.
//!
//! A member costs what must be inflated of it: its first bytes if it is no ELF file, all of it if it is
//! small, and else no more than leads to the last table that is needed. All threads take members, the
//! largest first; a large one that has a table of its chunks they inflate together.

mod streamed;

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::Arc;

use rayon::ThreadPool;
use rayon::iter::{ParallelBridge as _, ParallelIterator as _};
use thiserror::Error as ThisError;

use crate::deflate::Inflater;
use crate::elf::{Detail, ElfError, Facts, is_elf};
use crate::error::{Diagnose, Error};
use crate::exec::CancelFlag;
use crate::memory::{self, OutOfMemory};
use crate::opened_wheel::{Chunked, ContentError, MemberData, Strictness};
use crate::warm::WheelFacts;
use crate::zip::{Directory, Entry, Method};

/// Bytes that tell whether a member is an ELF file.
const MAGIC: usize = 64;

/// Members of up to this length are inflated whole.
const SMALL: u64 = 8 << 20;

/// Bounds on memory, and on trust.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes of one member that are held at a time.
    tables: u64,
    /// Whether an archive's word is taken for where a member's chunks are.
    trust: bool,
    /// Whether this process has written the archive.
    own: bool,
}

impl Limits {
    /// At most so many bytes of each member, besides the first few MiB.
    pub(crate) fn of_tables(bytes: u64) -> Self {
        Self { tables: bytes, trust: false, own: false }
    }

    /// With the archive's word taken for where chunks are, or not.
    pub(crate) fn trusting_chunk_tables(self, trust: bool) -> Self {
        Self { trust, ..self }
    }

    /// For an archive that this process has written, whose tables are true, or for another one.
    pub(super) fn of_own(self, own: bool) -> Self {
        Self { own, ..self }
    }

    /// Whether what was read of the same archive would be read within these limits.
    pub(super) fn cover(self, facts: &WheelFacts) -> bool {
        facts.max_tables <= self.tables && (self.own || facts.trusting == self.trust)
    }

    /// What was read within these limits.
    pub(super) fn facts(self, elves: Vec<(usize, Arc<Facts>)>, record: Vec<u8>) -> WheelFacts {
        WheelFacts { elves, record, max_tables: self.tables, trusting: self.trust }
    }
}

/// A member that cannot be read.
#[derive(Debug, ThisError)]
pub(crate) enum MemberError {
    /// Its data.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// It is no sound ELF file.
    #[error("{0}")]
    Elf(#[from] ElfError),
    /// There is no memory for it.
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
    /// Its tables are larger than allowed.
    #[error("expected at most {limit} bytes of dynamic tables, found {found}")]
    TooLarge {
        /// The limit.
        limit: u64,
        /// What they have.
        found: u64,
    },
    /// Each of its tables leads to another.
    #[error("expected ELF tables that are found in a few steps, found more and more of them")]
    Endless,
}

impl Diagnose for MemberError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Content(source) => return source.hint(),
            Self::Elf(_) | Self::Endless => {
                "the file is damaged, or made to mislead; build it again"
            }
            Self::Memory(source) => return source.hint(),
            Self::TooLarge { .. } => "allow more with `--max-table-size`",
        };
        Some(hint.into())
    }
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
    let reader = |at: usize| MemberReader { entry: &entries[which[at]], archive, limits, cancel };
    // The largest first: it alone may take as long as all others together.
    let mut order: Vec<usize> = (0..which.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(entries[which[at]].data.len()));
    let (shared, alone): (Vec<usize>, Vec<usize>) =
        order.into_iter().partition(|&at| reader(at).is_shared());
    let mut found: Vec<(usize, Result<Option<Facts>, MemberError>)> = Vec::new();
    let mut found_in_chunks = Vec::new();
    // All threads first take members, then the chunks that this thread, which waits, has in store.
    pool.in_place_scope(|scope| {
        scope.spawn(|_| {
            found = alone
                .into_iter()
                .par_bridge()
                .map_init(Inflater::new, |inflater, at| (at, reader(at).facts(inflater)))
                .collect::<Vec<_>>();
        });
        let mut inflater = Inflater::new();
        for at in shared {
            found_in_chunks.push((at, reader(at).facts_in_chunks(&mut inflater, pool)?));
        }
        Ok::<(), Error>(())
    })?;
    cancel.check()?;
    found.extend(found_in_chunks);
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
    reader.whole(&mut Inflater::new())
}

/// Reads one member.
struct MemberReader<'a> {
    entry: &'a Entry,
    archive: &'a [u8],
    limits: Limits,
    cancel: &'a CancelFlag,
}

/// Why a pass ends before the stream does.
enum Stop {
    /// Nothing that is needed lies ahead.
    Enough,
    Failed(MemberError),
}

impl MemberReader<'_> {
    fn data(&self) -> MemberData<'_> {
        MemberData::of_entry(self.entry, self.archive)
    }

    /// The member, if it is large and has a table of its chunks.
    fn chunked(&self) -> Option<Chunked<'_>> {
        Chunked::new(self.data()).filter(|_| self.entry.uncompressed > SMALL)
    }

    /// Whether all threads inflate it.
    fn is_shared(&self) -> bool {
        !self.limits.trust && !self.limits.own && self.chunked().is_some()
    }

    /// The facts of a member that is shared.
    fn facts_in_chunks(
        &self,
        inflater: &mut Inflater,
        pool: &ThreadPool,
    ) -> Result<Result<Option<Facts>, MemberError>, Error> {
        match (self.chunked(), self.is_elf_file(inflater)) {
            (Some(chunked), Ok(true)) => {
                let found = streamed::facts_in_chunks(self, chunked, inflater, pool)?;
                Ok(found.unwrap_or_else(|| streamed::facts(self, inflater)).map(Some))
            }
            (None, Ok(true)) => Ok(self.facts(inflater)),
            (_, Ok(false)) => Ok(Ok(None)),
            (_, Err(error)) => Ok(Err(error)),
        }
    }

    fn facts(&self, inflater: &mut Inflater) -> Result<Option<Facts>, MemberError> {
        if self.entry.method == Method::Stored {
            let bytes = self.data().bytes;
            let facts = is_elf(bytes).then(|| Facts::read(bytes, Detail::Whole));
            return Ok(facts.transpose()?);
        }
        if !self.is_elf_file(inflater)? {
            return Ok(None);
        }
        if let Some(chunked) = self.chunked().filter(|_| self.limits.trust)
            && let Some(facts) = streamed::facts_by_table(self, chunked, inflater)
        {
            return facts.map(Some);
        }
        if let Some(chunked) = self.chunked().filter(|_| self.limits.own)
            && let Some(facts) = streamed::facts_of_own(self, chunked, inflater)
        {
            return Ok(Some(facts));
        }
        if self.entry.uncompressed > SMALL {
            return streamed::facts(self, inflater).map(Some);
        }
        Ok(Some(Facts::read(&self.whole(inflater)?, Detail::Whole)?))
    }

    fn is_elf_file(&self, inflater: &mut Inflater) -> Result<bool, MemberError> {
        // An empty member has no pieces.
        let mut is_elf_file = false;
        self.inflate(inflater, |piece| {
            is_elf_file = is_elf(piece);
            ControlFlow::Break(Stop::Enough)
        })?;
        Ok(is_elf_file)
    }

    /// The whole member, in memory.
    fn whole(&self, inflater: &mut Inflater) -> Result<Vec<u8>, MemberError> {
        let mut bytes = Vec::new();
        self.inflate(inflater, |piece| match memory::append(&mut bytes, piece) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(Stop::Failed(error.into())),
        })?;
        Ok(bytes)
    }

    /// Inflates from the start and hands out consecutive pieces, the first of which is short. What is
    /// inflated to its end must have the length and the CRC that the directory says.
    fn inflate(
        &self,
        inflater: &mut Inflater,
        mut sink: impl FnMut(&[u8]) -> ControlFlow<Stop>,
    ) -> Result<(), MemberError> {
        match self.data().stream(inflater, MAGIC, Strictness::Lenient, self.cancel, &mut sink)? {
            Some(Stop::Failed(error)) => Err(error),
            Some(Stop::Enough) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
