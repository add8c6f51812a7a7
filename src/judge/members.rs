//! Reads the facts of the object files in an archive, without unpacking to disk.
//!
//! Each member is inflated only as far as needed: the first bytes of a file that is not ELF, all of a
//! small file, and a large file up to the last needed table. The threads take members, the largest
//! first. A large member with a chunk table is inflated by all threads.

mod coded;
mod limits;
mod literals;
mod objects;
mod streamed;

use std::cell::Cell;
use std::ops::ControlFlow;
use std::sync::Arc;

use rayon::ThreadPool;
use rayon::iter::{ParallelBridge as _, ParallelIterator as _};

use crate::deflate::{Inflater, StreamIndex};
use crate::device_code::CodeSummary;
use crate::elf::{ElfFacts, is_elf};
use crate::error::Error;
use crate::exec::CancelFlag;
use crate::object_file::ObjectFacts;
use crate::opened_wheel::{Chunked, Ended, MemberData, PartsError, Strictness};
use crate::zip::{Directory, Entry, Method};

pub(crate) use self::limits::Limits;
pub(super) use self::limits::SHORT_HEAD;
pub(super) use self::literals::add_of_bytes;

/// Number of bytes that tell whether a member is an ELF file.
pub(super) const MAGIC: usize = 64;

/// Members of up to this many bytes are inflated as a whole.
pub(super) const SMALL: u64 = 8 << 20;

/// A member to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// Its index in the central directory.
    pub(super) index: usize,
    /// Whether it may be an object file. If not, it is only verified.
    pub(super) may_be_elf: bool,
    /// Whether it may hold device code even if it is no ELF file.
    pub(super) may_hold_code: bool,
}

/// What is known of a member once it was read.
#[derive(Debug, Default)]
pub(super) struct MemberFacts {
    /// The facts of an ELF file; `None` if it is none.
    pub(super) elf: Option<ElfFacts>,
    /// The facts of a Mach-O or PE file; `None` if it is neither.
    pub(super) object: Option<ObjectFacts>,
    /// Its device code, if it was read and there is any.
    pub(super) code: Option<CodeSummary>,
    /// The index of the stream of a large ELF file that was inflated to its end on one thread.
    pub(super) index: Option<StreamIndex>,
}

/// What is found of a member, or why it cannot be read.
type Found = Result<MemberFacts, PartsError>;

/// What members hold, by their indices in the central directory.
#[derive(Debug, Clone, Default)]
pub(super) struct FoundMembers {
    pub(super) elves: Vec<(usize, Arc<ElfFacts>)>,
    pub(super) objects: Vec<(usize, Arc<ObjectFacts>)>,
    pub(super) codes: Vec<(usize, Arc<CodeSummary>)>,
}

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
        let wanted = which[at];
        let (entry, index, may_be_object) =
            (&entries[wanted.index], Cell::default(), Cell::default());
        MemberReader { entry, wanted, archive, limits, cancel, index, may_be_object }
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
                .map_init(|| limits.inflater(), |inflater, at| (at, reader(at).read(inflater)))
                .collect::<Vec<_>>();
        });
        let mut inflater = Inflater::new();
        for at in shared {
            found_in_chunks.push((at, reader(at).read_in_chunks(&mut inflater, pool)?));
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
    wanted: Wanted,
    archive: &'a [u8],
    limits: Limits,
    cancel: &'a CancelFlag,
    /// The index of the stream, once it is recorded.
    index: Cell<Option<StreamIndex>>,
    /// Whether it begins like a Mach-O or PE file, once that is known.
    may_be_object: Cell<bool>,
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

    /// Reads a member that this thread inflates.
    fn read(&self, inflater: &mut Inflater) -> Found {
        let facts = if self.limits.device_code {
            coded::facts(self, inflater)?
        } else {
            MemberFacts { elf: self.facts(inflater)?, ..MemberFacts::default() }
        };
        let index = self.index.take().filter(|_| facts.elf.is_some());
        Ok(MemberFacts { index, object: self.object(inflater)?, ..facts })
    }

    /// Reads a member that all threads inflate together.
    fn read_in_chunks(&self, inflater: &mut Inflater, pool: &ThreadPool) -> Result<Found, Error> {
        let elf_alone = |elf| MemberFacts { elf, ..MemberFacts::default() };
        match (self.chunked(), self.is_elf_file(inflater)) {
            (Some(chunked), Ok(true)) if self.limits.device_code => {
                let found = coded::facts_in_chunks(self, chunked, inflater, pool)?;
                Ok(found.unwrap_or_else(|| self.read(inflater)))
            }
            (Some(chunked), Ok(true)) => {
                let found = streamed::facts_in_chunks(self, chunked, inflater, pool)?;
                let facts = found.unwrap_or_else(|| streamed::facts(self, inflater));
                Ok(facts.map(|facts| elf_alone(Some(facts))))
            }
            (_, Ok(false)) if self.limits.device_code && self.wanted.may_hold_code => {
                Ok(self.read(inflater))
            }
            (None, Ok(true)) => Ok(self.read(inflater)),
            (Some(chunked), Ok(false)) if self.limits.verifies() => {
                let ignore = |_: &[u8]| ControlFlow::<()>::Continue(());
                match chunked.inflate(pool, usize::MAX, self.cancel, ignore)? {
                    Ended::Whole => Ok(self.not_elf(inflater)),
                    _ => Ok(self.read(inflater)),
                }
            }
            (_, Ok(false)) => Ok(self.not_elf(inflater)),
            (_, Err(error)) => Ok(Err(error)),
        }
    }

    /// Returns what is known of a member that is no ELF file.
    fn not_elf(&self, inflater: &mut Inflater) -> Found {
        Ok(MemberFacts { object: self.object(inflater)?, ..MemberFacts::default() })
    }

    /// Returns the facts of a Mach-O or PE file, once the first bytes were read.
    fn object(&self, inflater: &mut Inflater) -> Result<Option<ObjectFacts>, PartsError> {
        if self.may_be_object.get() { objects::facts(self, inflater) } else { Ok(None) }
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
            return self.of_bytes(self.data().bytes).map(Some);
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
        self.of_bytes(&self.whole(inflater)?).map(Some)
    }

    fn of_bytes(&self, bytes: &[u8]) -> Result<ElfFacts, PartsError> {
        let mut facts = ElfFacts::read(bytes, self.limits.detail())?;
        if self.limits.has_literals() {
            add_of_bytes(&mut facts, bytes);
        }
        Ok(facts)
    }

    fn is_elf_file(&self, inflater: &mut Inflater) -> Result<bool, PartsError> {
        if !self.wanted.may_be_elf {
            return Ok(false);
        }
        // An empty member has no bytes to pass on.
        let first =
            self.data().stream(inflater, MAGIC, Strictness::Lenient, self.cancel, |piece| {
                self.may_be_object.set(ObjectFacts::may_be(piece));
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
