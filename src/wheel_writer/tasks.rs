//! The work of packing, cut into tasks: a small member is one, a large one is one a chunk.

use std::ops::{Deref, Range};
use std::path::Path;
use std::sync::{Arc, Mutex};

use rayon::ThreadPool;

use super::content::{MemberContent, OpenContent};
use super::error::WheelWriterError;
use super::large::LargeMember;
use super::member::{Member, is_program};
use super::reuse::{Learned, Reuse, form_of};
use crate::deflate::{self, CompressedChunk, DeflateError, Deflater, Level, Position};
use crate::digest::sha256;
use crate::elf::{Detail, Facts, is_elf, machine};
use crate::error::Error;
use crate::exec::CancelFlag;
use crate::exec::ordered::Weighed;
use crate::lock::lock;
use crate::memory;
use crate::platform::Machine;
use crate::source::Input;
use crate::warm::{CachedMember, ChunkForm, ChunkLookup, ContentHash};
use crate::wheel::Sha256Digest;
use crate::zip::{Method, Mode};

/// What a task's bookkeeping weighs besides its data, in bytes: it bounds how many empty members
/// are in flight.
const TASK_WEIGHT: usize = 4096;

/// One task.
pub(crate) enum Task<'a> {
    /// A member that fits in one task.
    Whole(&'a Member),
    /// A chunk of a large member.
    Chunk(Chunk<'a>),
}

/// A chunk of a large member.
#[derive(Clone)]
pub(crate) struct Chunk<'a> {
    pub(crate) large: Arc<LargeMember<'a>>,
    /// How many stand before it.
    index: usize,
    pub(crate) range: Range<usize>,
}

/// One task's result.
pub(crate) enum Done<'a> {
    Whole {
        member: &'a Member,
        packed: Packed,
    },
    Chunk {
        chunk: Chunk<'a>,
        found: ChunkLookup,
        /// What the chunk is found by, if anything is remembered.
        content: Option<ContentHash>,
        /// With the first chunk of an ELF file, if facts are wanted.
        facts: Option<Arc<Facts>>,
    },
}

/// A member's data as it stands in the archive.
pub(crate) enum Data {
    Stored(Vec<u8>),
    Deflated(Arc<CompressedChunk>),
}

impl Data {
    pub(crate) fn method(&self) -> Method {
        match self {
            Self::Stored(_) => Method::Stored,
            Self::Deflated(_) => Method::Deflated,
        }
    }
}

impl Deref for Data {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Stored(bytes) => bytes,
            Self::Deflated(compressed) => &compressed.bytes,
        }
    }
}

/// A small member, ready to be written.
pub(crate) struct Packed {
    pub(crate) data: Data,
    pub(crate) mode: Mode,
    pub(crate) crc: u32,
    pub(crate) digest: Sha256Digest,
    pub(crate) machine: Option<Machine>,
    /// Of an ELF file, if facts are wanted.
    pub(crate) facts: Option<Arc<Facts>>,
    /// Whether it was compressed before.
    pub(crate) reused: bool,
    /// Whether its file was not even read.
    pub(crate) unread: bool,
    /// What is now known of the member.
    pub(crate) learned: Option<Learned>,
}

/// How members are opened.
#[derive(Clone, Copy)]
pub(crate) struct Scratch<'a> {
    /// A directory for what must be unpacked first.
    pub(crate) directory: &'a Path,
    pub(crate) cancel: &'a CancelFlag,
    /// Threads to inflate with, which must not be the ones that open members.
    pub(crate) pool: Option<&'a ThreadPool>,
}

impl Scratch<'_> {
    pub(crate) fn open<'a>(&self, member: &'a Member) -> Result<OpenContent<'a>, Error> {
        member.content.open(*self)
    }
}

/// The tasks of some members, in order. Large files are opened when their turn comes, so that few
/// are open at a time.
pub(crate) struct Tasks<'a, I> {
    members: I,
    packer: &'a Packer<'a>,
    /// The chunk that comes next.
    next: Option<Chunk<'a>>,
}

impl<'a, I: Iterator<Item = &'a Member>> Tasks<'a, I> {
    pub(crate) fn new(members: I, packer: &'a Packer<'a>) -> Self {
        Self { members, packer, next: None }
    }

    fn task_of(&mut self, member: &'a Member) -> Result<Weighed<Task<'a>>, Error> {
        if member.content.is_large() {
            let known = member.content.file().and_then(|input| self.packer.reuse.known(input));
            let large = LargeMember::new(member, known, self.packer.scratch)?;
            let range = large.chunk(0, 0)?;
            return self.chunk(Chunk { large: Arc::new(large), index: 0, range });
        }
        let len = usize::try_from(member.len()).unwrap_or(usize::MAX);
        Ok(Weighed { task: Task::Whole(member), weight: len.saturating_add(TASK_WEIGHT) })
    }

    fn chunk(&mut self, chunk: Chunk<'a>) -> Result<Weighed<Task<'a>>, Error> {
        let Chunk { large, index, range } = &chunk;
        self.next = if large.ends_at(range.end) {
            None
        } else {
            let index = index + 1;
            let range = large.chunk(index, range.end)?;
            Some(Chunk { large: Arc::clone(large), index, range })
        };
        let weight = chunk.range.len() + TASK_WEIGHT;
        Ok(Weighed { task: Task::Chunk(chunk), weight })
    }
}

impl<'a, I: Iterator<Item = &'a Member>> Iterator for Tasks<'a, I> {
    type Item = Result<Weighed<Task<'a>>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(chunk) = self.next.take() {
            return Some(self.chunk(chunk));
        }
        let member = self.members.next()?;
        Some(self.task_of(member))
    }
}

/// Does tasks: compresses, or only copies at level 0, and hashes.
pub(crate) struct Packer<'a> {
    level: Option<Level>,
    /// Whether the facts of ELF files are wanted.
    audit: bool,
    pub(crate) reuse: Reuse<'a>,
    pub(crate) scratch: Scratch<'a>,
    /// Compressors at rest, each with its buffers: as many as threads were ever at work at once. At the
    /// end other requests have them.
    resting: Mutex<Vec<Deflater>>,
}

impl Drop for Packer<'_> {
    fn drop(&mut self) {
        let mut resting = lock(&self.resting);
        if let Some(level) = self.level {
            resting.drain(..).for_each(|it| self.reuse.deflaters().give_back(level, it));
        }
    }
}

impl<'r> Packer<'r> {
    /// Without a level, data is stored. `audit` asks for the facts of ELF files.
    pub(crate) fn new(
        level: Option<Level>,
        audit: bool,
        reuse: Reuse<'r>,
        scratch: Scratch<'r>,
    ) -> Self {
        Self { level, audit, reuse, scratch, resting: Mutex::new(Vec::new()) }
    }

    pub(crate) fn work<'a>(&self, task: Task<'a>) -> Result<Done<'a>, Error> {
        match task {
            Task::Whole(member) => Ok(Done::Whole { member, packed: self.whole(member)? }),
            Task::Chunk(chunk) => self.chunk(chunk),
        }
    }

    /// Lends a compressor, if there is a level.
    fn deflate<T>(&self, work: impl FnOnce(Option<&mut Deflater>) -> T) -> T {
        let resting = || lock(&self.resting);
        let rested = resting().pop();
        let mut deflater =
            self.level.map(|level| rested.unwrap_or_else(|| self.reuse.deflaters().take(level)));
        let done = work(deflater.as_mut());
        resting().extend(deflater);
        done
    }

    fn chunk<'a>(&self, chunk: Chunk<'a>) -> Result<Done<'a>, Error> {
        let Chunk { large, index, range } = &chunk;
        let facts = if self.audit && *index == 0 { large.facts()? } else { None };
        let known = large.known_key(*index);
        if let Some(key) = known
            && let Some(compressed) = self.reuse.cached_chunk(key)
        {
            let found = ChunkLookup { compressed, reused: true };
            return Ok(Done::Chunk { chunk, found, content: Some(key.content), facts });
        }
        // A copy holds still even if the mapped file changes: the compressor, written in C, relies
        // on that, and digest, CRC and data are of the same bytes.
        let copy = Arc::new(memory::copy(&large.bytes()?[range.clone()])?);
        if large.known.is_none() {
            large.hasher.update(range.start, Arc::clone(&copy));
        }
        let position = if large.ends_at(range.end) { Position::Last } else { Position::Inner };
        let kind = large.kind()?;
        let make = || {
            self.deflate(|deflater| match deflater {
                Some(deflater) => deflater
                    .compress(&copy, position, kind)
                    .map_err(|source| deflate_error(large.member, source)),
                None => {
                    Ok(CompressedChunk { bytes: memory::copy(&copy)?, crc: crc32fast::hash(&copy) })
                }
            })
        };
        let (found, content) =
            self.reuse.chunk_or_compress(&copy, kind, form_of(position), make)?;
        // What was read of a file that was cut short is not worth an error of its own.
        large.check_intact()?;
        if known.is_some_and(|key| Some(key.content) != content) {
            return Err(large.changed());
        }
        Ok(Done::Chunk { chunk, found, content, facts })
    }

    fn whole(&self, member: &Member) -> Result<Packed, Error> {
        let input = member.content.file();
        if let Some(packed) = input.and_then(|input| self.known(member, input)) {
            return Ok(packed);
        }
        self.pack(member, self.scratch.open(member)?.into_bytes()?, input)
    }

    /// A small member that an earlier request has packed.
    fn known(&self, member: &Member, input: &Input) -> Option<Packed> {
        let known = self.reuse.known(input)?;
        if !known.is_whole || self.audit && known.is_elf && known.facts.is_none() {
            return None;
        }
        let compressed = self.reuse.cached_chunk(known.chunk_key(0)?)?;
        Some(Packed {
            crc: compressed.crc,
            data: Data::Deflated(compressed),
            mode: member.mode(known.is_program),
            digest: known.digest,
            machine: known.machine,
            facts: known.facts.clone(),
            reused: true,
            unread: true,
            learned: None,
        })
    }

    fn pack(
        &self,
        member: &Member,
        bytes: Vec<u8>,
        input: Option<&Input>,
    ) -> Result<Packed, Error> {
        let (kind, is_program, machine) = (kind_of(&bytes), is_program(&bytes), machine(&bytes));
        let (digest, mode) = (sha256(&bytes), member.mode(is_program));
        let facts = if self.audit { facts(member, &bytes)? } else { None };
        let deflated = if bytes.is_empty() || self.level.is_none() {
            None
        } else {
            Some(self.deflated(member, &bytes, kind)?)
        };
        Ok(match deflated {
            Some((found, content)) if found.compressed.bytes.len() < bytes.len() => {
                let (is_elf, facts) = (is_elf(&bytes), facts);
                let record = || CachedMember {
                    digest,
                    level: 0,
                    chunks: Vec::new(),
                    is_whole: true,
                    is_program,
                    is_elf,
                    machine,
                    facts: facts.clone(),
                };
                let learned =
                    input.and_then(|input| self.reuse.learn_whole(input, kind, content, record()));
                let ChunkLookup { compressed, reused } = found;
                let (crc, data) = (compressed.crc, Data::Deflated(compressed));
                Packed { data, mode, crc, digest, machine, facts, reused, unread: false, learned }
            }
            _ => {
                let (crc, data) = (crc32fast::hash(&bytes), Data::Stored(bytes));
                let (reused, learned) = (false, None);
                Packed { data, mode, crc, digest, machine, facts, reused, unread: false, learned }
            }
        })
    }

    fn deflated(
        &self,
        member: &Member,
        bytes: &[u8],
        kind: deflate::ContentKind,
    ) -> Result<(ChunkLookup, Option<ContentHash>), Error> {
        let make = || {
            self.deflate(|deflater| match deflater {
                Some(deflater) => {
                    deflater.compress_all(bytes, kind).map_err(|error| deflate_error(member, error))
                }
                None => Err(Error::Internal("there is no level to deflate at".to_owned())),
            })
        };
        // What is made by us is hardly ever the same twice.
        if matches!(member.content, MemberContent::Generated(_)) {
            return Ok((ChunkLookup { compressed: Arc::new(make()?), reused: false }, None));
        }
        self.reuse.chunk_or_compress(bytes, kind, ChunkForm::Whole, make)
    }
}

/// The facts of a member that is an ELF file.
pub(crate) fn facts(member: &Member, bytes: &[u8]) -> Result<Option<Arc<Facts>>, WheelWriterError> {
    if !is_elf(bytes) {
        return Ok(None);
    }
    Facts::read(bytes, Detail::Whole)
        .map(|facts| Some(Arc::new(facts)))
        .map_err(|source| WheelWriterError::Elf { member: member.path.as_str().to_owned(), source })
}

pub(crate) fn kind_of(bytes: &[u8]) -> deflate::ContentKind {
    if is_elf(bytes) { deflate::ContentKind::Code } else { deflate::ContentKind::Other }
}

fn deflate_error(member: &Member, source: DeflateError) -> Error {
    match source {
        DeflateError::Memory(source) => source.into(),
        source => {
            WheelWriterError::Deflate { member: member.path.as_str().to_owned(), source }.into()
        }
    }
}
