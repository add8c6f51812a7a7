//! Reads the facts of the ELF files in an archive, without unpacking to disk.
//!
//! Each member is inflated only as far as needed: the first bytes of a file that is not ELF, all of a
//! small file, and a large file up to the last needed table. The threads take members, the largest
//! first. A large member with a chunk table is inflated by all threads.

mod streamed;

use std::cell::Cell;
use std::ops::ControlFlow;
use std::sync::Arc;

use rayon::ThreadPool;
use rayon::iter::{ParallelBridge as _, ParallelIterator as _};

use crate::deflate::{Inflater, StreamIndex};
use crate::elf::{Detail, ElfFacts, is_elf};
use crate::error::Error;
use crate::exec::CancelFlag;
use crate::opened_wheel::{Chunked, Ended, MemberData, PartsError, Strictness};
use crate::warm::WheelFacts;
use crate::zip::{Directory, Entry, Method};

/// Number of bytes that tell whether a member is an ELF file.
const MAGIC: usize = 64;

/// Members of up to this many bytes are inflated as a whole.
const SMALL: u64 = 8 << 20;

/// Limits on the memory for one member, and on the trust in chunk tables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Maximum number of bytes of one member in memory.
    tables: u64,
    /// Whether chunk tables are trusted without verification.
    trust: bool,
    /// Whether this process wrote the archive.
    own: bool,
    /// Whether every member is inflated to its end, so that its length and CRC-32 are verified.
    whole: bool,
}

impl Limits {
    /// Returns limits of `bytes` in memory for each member, in addition to its first 8 MiB and last
    /// 1 MiB.
    pub(crate) fn of_tables(bytes: u64) -> Self {
        Self { tables: bytes, trust: false, own: false, whole: false }
    }

    /// Sets whether chunk tables are trusted without verification.
    pub(crate) fn trusting_chunk_tables(self, trust: bool) -> Self {
        Self { trust, ..self }
    }

    /// Sets that every member is inflated to its end, by chunk tables only as far as they are proven.
    pub(super) fn whole(self) -> Self {
        Self { whole: true, trust: false, ..self }
    }

    /// Sets whether this process wrote the archive, so that its chunk tables are correct.
    pub(super) fn of_own(self, own: bool) -> Self {
        Self { own, ..self }
    }

    /// Returns whether cached facts of the same archive could have been read with these limits.
    pub(super) fn cover(self, facts: &WheelFacts) -> bool {
        facts.max_tables <= self.tables
            && (self.own || facts.trusting == self.trust)
            && (facts.verified || !self.verifies())
    }

    /// Returns the cache entry for facts that were read with these limits.
    pub(super) fn facts(self, elves: Vec<(usize, Arc<ElfFacts>)>, record: Vec<u8>) -> WheelFacts {
        let (max_tables, trusting, verified) = (self.tables, self.trust, self.whole);
        WheelFacts { elves, record, max_tables, trusting, verified }
    }

    /// Returns an inflater, which records indexes of the streams that are inflated to their ends.
    fn inflater(self) -> Inflater {
        if self.verifies() { Inflater::recording_index() } else { Inflater::new() }
    }

    /// Returns whether members are inflated to their ends for verification. Those of an own archive are known.
    pub(super) fn verifies(self) -> bool {
        self.whole && !self.own
    }
}

/// A member to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// Its index in the central directory.
    pub(super) index: usize,
    /// Whether it may be an ELF file. If not, it is only verified.
    pub(super) may_be_elf: bool,
}

/// What is known of a member once it was read.
#[derive(Debug, Default)]
pub(super) struct MemberFacts {
    /// The facts of an ELF file; `None` if it is none.
    pub(super) elf: Option<ElfFacts>,
    /// The index of the stream of a large ELF file that was inflated to its end on one thread.
    pub(super) index: Option<StreamIndex>,
}

/// What is found of a member, or why it cannot be read.
type Found = Result<MemberFacts, PartsError>;

/// Returns the facts of members, in the order of `which`.
///
/// # Errors
/// The outer error is a cancellation.
pub(super) fn facts_of_members(
    directory: &Directory,
    archive: &[u8],
    which: &[Wanted],
    limits: Limits,
    pool: &ThreadPool,
    cancel: &CancelFlag,
) -> Result<Vec<Found>, Error> {
    let entries = directory.entries();
    let reader = |at: usize| {
        let Wanted { index, may_be_elf } = which[at];
        let (entry, index) = (&entries[index], Cell::default());
        MemberReader { entry, may_be_elf, archive, limits, cancel, index }
    };
    // The largest first: it alone may take as long as all others together.
    let mut order: Vec<usize> = (0..which.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(entries[which[at].index].data.len()));
    let (shared, alone): (Vec<usize>, Vec<usize>) =
        order.into_iter().partition(|&at| reader(at).is_shared());
    let mut found: Vec<(usize, Found)> = Vec::new();
    let mut found_in_chunks = Vec::new();
    // The threads first take members, then chunks of the members that this thread iterates over.
    pool.in_place_scope(|scope| {
        scope.spawn(|_| {
            found = alone
                .into_iter()
                .par_bridge()
                .map_init(|| limits.inflater(), |inflater, at| (at, reader(at).found(inflater)))
                .collect::<Vec<_>>();
        });
        let mut inflater = Inflater::new();
        for at in shared {
            let facts = reader(at).facts_in_chunks(&mut inflater, pool)?;
            found_in_chunks.push((at, facts.map(|elf| MemberFacts { elf, index: None })));
        }
        Ok::<(), Error>(())
    })?;
    cancel.check()?;
    found.extend(found_in_chunks);
    found.sort_unstable_by_key(|(at, _)| *at);
    Ok(found.into_iter().map(|(_, facts)| facts).collect())
}

/// Reads one member.
struct MemberReader<'a> {
    entry: &'a Entry,
    may_be_elf: bool,
    archive: &'a [u8],
    limits: Limits,
    cancel: &'a CancelFlag,
    /// The index of the stream, once it is recorded.
    index: Cell<Option<StreamIndex>>,
}

/// Why a pass ends before the end of the stream.
enum Stop {
    /// All needed bytes were read.
    Enough,
    Failed(PartsError),
}

impl MemberReader<'_> {
    fn data(&self) -> MemberData<'_> {
        MemberData::of_entry(self.entry, self.archive)
    }

    /// Returns the member as chunks, if it is large and has a chunk table.
    fn chunked(&self) -> Option<Chunked<'_>> {
        Chunked::new(self.data()).filter(|_| self.entry.uncompressed > SMALL)
    }

    /// Returns whether all threads inflate it together.
    fn is_shared(&self) -> bool {
        !self.limits.trust && !self.limits.own && self.chunked().is_some()
    }

    /// Returns the facts of a member that all threads inflate together.
    fn facts_in_chunks(
        &self,
        inflater: &mut Inflater,
        pool: &ThreadPool,
    ) -> Result<Result<Option<ElfFacts>, PartsError>, Error> {
        match (self.chunked(), self.is_elf_file(inflater)) {
            (Some(chunked), Ok(true)) => {
                let found = streamed::facts_in_chunks(self, chunked, inflater, pool)?;
                Ok(found.unwrap_or_else(|| streamed::facts(self, inflater)).map(Some))
            }
            (None, Ok(true)) => Ok(self.facts(inflater)),
            (Some(chunked), Ok(false)) if self.limits.verifies() => {
                let ignore = |_: &[u8]| ControlFlow::<()>::Continue(());
                match chunked.inflate(pool, usize::MAX, self.cancel, ignore)? {
                    Ended::Whole => Ok(Ok(None)),
                    _ => Ok(self.facts(inflater)),
                }
            }
            (_, Ok(false)) => Ok(Ok(None)),
            (_, Err(error)) => Ok(Err(error)),
        }
    }

    fn found(self, inflater: &mut Inflater) -> Found {
        let elf = self.facts(inflater)?;
        Ok(MemberFacts { index: self.index.into_inner().filter(|_| elf.is_some()), elf })
    }

    fn facts(&self, inflater: &mut Inflater) -> Result<Option<ElfFacts>, PartsError> {
        let is_elf_file = self.is_elf_file(inflater)?;
        if self.limits.verifies() && (!is_elf_file || self.entry.method == Method::Stored) {
            self.inflate(inflater, |_| ControlFlow::Break(Stop::Enough))?;
        }
        if !is_elf_file {
            return Ok(None);
        }
        if self.entry.method == Method::Stored {
            return Ok(Some(ElfFacts::read(self.data().bytes, Detail::Whole)?));
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
        Ok(Some(ElfFacts::read(&self.whole(inflater)?, Detail::Whole)?))
    }

    fn is_elf_file(&self, inflater: &mut Inflater) -> Result<bool, PartsError> {
        if !self.may_be_elf {
            return Ok(false);
        }
        // An empty member has no bytes to pass on.
        let first =
            self.data().stream(inflater, MAGIC, Strictness::Lenient, self.cancel, |piece| {
                ControlFlow::Break(is_elf(piece))
            })?;
        Ok(first.unwrap_or_default())
    }

    /// Returns the whole member.
    fn whole(&self, inflater: &mut Inflater) -> Result<Vec<u8>, PartsError> {
        let mut bytes = Vec::new();
        let (limit, lenient) = (self.entry.uncompressed, Strictness::Lenient);
        self.data().append_to(&mut bytes, limit, lenient, inflater, self.cancel)?;
        Ok(bytes)
    }

    /// Returns a sink that passes bytes to `sink` until that has enough, and that then takes the rest if
    /// members are verified.
    fn to_the_end(
        &self,
        mut sink: impl FnMut(&[u8]) -> ControlFlow<Stop>,
    ) -> impl FnMut(&[u8]) -> ControlFlow<Stop> {
        let verifies = self.limits.verifies();
        let mut has_enough = false;
        move |piece| {
            if has_enough {
                return ControlFlow::Continue(());
            }
            match sink(piece) {
                ControlFlow::Break(Stop::Enough) if verifies => {
                    has_enough = true;
                    ControlFlow::Continue(())
                }
                flow => flow,
            }
        }
    }

    /// Inflates from the start and passes on consecutive bytes, first only a few. The length and CRC of the
    /// directory are verified at the end of the stream.
    fn inflate(
        &self,
        inflater: &mut Inflater,
        sink: impl FnMut(&[u8]) -> ControlFlow<Stop>,
    ) -> Result<(), PartsError> {
        let mut sink = self.to_the_end(sink);
        match self.data().stream(inflater, MAGIC, Strictness::Lenient, self.cancel, &mut sink)? {
            Some(Stop::Failed(error)) => Err(error),
            Some(Stop::Enough) => Ok(()),
            None => {
                let index = inflater.take_index();
                let is_large = self.entry.uncompressed > SMALL;
                let is_deflated = self.entry.method == Method::Deflated;
                self.index.set(index.filter(|_| is_large && is_deflated));
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests;
