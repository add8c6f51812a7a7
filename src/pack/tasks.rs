//! The work of packing, cut into tasks: a small member is one, a large one is one a chunk.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::content::OpenContent;
use super::error::PackError;
use super::member::Member;
use super::ordered::Weighed;
use crate::cancel::CancelFlag;
use crate::deflate::{self, DeflateError, Deflater, Level, Piece, Position, chunk_at};
use crate::digest::{ChunkHasher, sha256};
use crate::elf::{Detail, Facts, Machine, is_elf, machine};
use crate::error::Error;
use crate::wheel::Sha256Digest;
use crate::zip::{Method, Mode};

/// What a task's bookkeeping weighs besides its data, in bytes: it bounds how many empty members
/// are in flight.
const TASK_WEIGHT: usize = 4096;

/// A large member whose content is mapped as long as a task or result refers to it.
pub(super) struct LargeMember<'a> {
    pub(super) member: &'a Member,
    pub(super) content: OpenContent<'a>,
    kind: deflate::Content,
    hasher: ChunkHasher,
}

impl LargeMember<'_> {
    pub(super) fn bytes(&self) -> &[u8] {
        self.content.bytes()
    }

    /// The digest, when the result of every chunk is there.
    pub(super) fn digest(&self) -> Result<Sha256Digest, Error> {
        let digest = self.hasher.finish(self.bytes().len());
        digest.ok_or_else(|| Error::Internal("a chunk was not hashed".to_owned()))
    }
}

/// One task.
pub(super) enum Task<'a> {
    /// A member that fits in one task.
    Whole(&'a Member),
    /// A chunk of a large member.
    Chunk { large: Arc<LargeMember<'a>>, range: Range<usize> },
}

/// One task's result.
pub(super) enum Done<'a> {
    Whole {
        member: &'a Member,
        packed: Packed,
    },
    Chunk {
        large: Arc<LargeMember<'a>>,
        range: Range<usize>,
        piece: Piece,
        /// With the first chunk of an ELF file, if facts are wanted.
        facts: Option<Box<Facts>>,
    },
}

/// A small member, ready to be written.
pub(super) struct Packed {
    pub(super) data: Vec<u8>,
    pub(super) method: Method,
    pub(super) mode: Mode,
    pub(super) crc: u32,
    pub(super) digest: Sha256Digest,
    pub(super) machine: Option<Machine>,
    /// Of an ELF file, if facts are wanted.
    pub(super) facts: Option<Box<Facts>>,
}

/// How members are opened.
#[derive(Clone, Copy)]
pub(super) struct Scratch<'a> {
    /// A directory for what must be unpacked first.
    pub(super) directory: &'a Path,
    pub(super) cancel: &'a CancelFlag,
}

impl Scratch<'_> {
    fn open<'a>(&self, member: &'a Member) -> Result<OpenContent<'a>, Error> {
        member.content.open(self.directory, self.cancel)
    }
}

/// The tasks of some members, in order. Large files are opened when their turn comes, so that few
/// are open at a time.
pub(super) struct Tasks<'a, I> {
    members: I,
    scratch: Scratch<'a>,
    /// The large member that is being cut, and where its next chunk begins.
    current: Option<(Arc<LargeMember<'a>>, usize)>,
}

impl<'a, I: Iterator<Item = &'a Member>> Tasks<'a, I> {
    pub(super) fn new(members: I, scratch: Scratch<'a>) -> Self {
        Self { members, scratch, current: None }
    }

    fn task_of(&mut self, member: &'a Member) -> Result<Weighed<Task<'a>>, Error> {
        if member.content.is_large() {
            let content = self.scratch.open(member)?;
            let kind = kind_of(content.bytes());
            let hasher = ChunkHasher::new();
            let large = Arc::new(LargeMember { member, content, kind, hasher });
            return Ok(self.next_chunk(large, 0));
        }
        let len = usize::try_from(member.len()).unwrap_or(usize::MAX);
        Ok(Weighed { task: Task::Whole(member), weight: len.saturating_add(TASK_WEIGHT) })
    }

    fn next_chunk(&mut self, large: Arc<LargeMember<'a>>, start: usize) -> Weighed<Task<'a>> {
        let range = chunk_at(large.bytes(), start);
        let weight = range.len() + TASK_WEIGHT;
        if range.end < large.bytes().len() {
            self.current = Some((Arc::clone(&large), range.end));
        }
        Weighed { task: Task::Chunk { large, range }, weight }
    }
}

impl<'a, I: Iterator<Item = &'a Member>> Iterator for Tasks<'a, I> {
    type Item = Result<Weighed<Task<'a>>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some((large, start)) = self.current.take() {
            return Some(Ok(self.next_chunk(large, start)));
        }
        let member = self.members.next()?;
        Some(self.task_of(member))
    }
}

/// Does tasks: compresses, or only copies at level 0, and hashes.
pub(super) struct Packer<'s> {
    level: Option<Level>,
    scratch: Scratch<'s>,
    /// Whether the facts of ELF files are wanted.
    audit: bool,
    /// Compressors at rest, each with its buffers: as many as threads were ever at work at once.
    resting: Mutex<Vec<Deflater>>,
}

impl<'s> Packer<'s> {
    /// Without a level, data is stored. `audit` asks for the facts of ELF files.
    pub(super) fn new(level: Option<Level>, audit: bool, scratch: Scratch<'s>) -> Self {
        Self { level, scratch, audit, resting: Mutex::new(Vec::new()) }
    }

    pub(super) fn work<'a>(&self, task: Task<'a>) -> Result<Done<'a>, Error> {
        let resting = || self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        let rested = resting().pop();
        let mut deflater = self.level.map(|level| rested.unwrap_or_else(|| Deflater::new(level)));
        let done = task.run(deflater.as_mut(), self.scratch, self.audit);
        resting().extend(deflater);
        done
    }
}

impl<'a> Task<'a> {
    /// Does the task. Without a compressor, data is stored.
    fn run(
        self,
        deflater: Option<&mut Deflater>,
        scratch: Scratch<'_>,
        audit: bool,
    ) -> Result<Done<'a>, Error> {
        match self {
            Self::Whole(member) => {
                let bytes = scratch.open(member)?.into_bytes()?;
                let facts = if audit { facts(member, &bytes)? } else { None };
                let packed = Packed { facts, ..pack(member, bytes, deflater)? };
                Ok(Done::Whole { member, packed })
            }
            Self::Chunk { large, range } => {
                // A copy holds still even if the mapped file changes: the compressor, written in
                // C, relies on that, and digest, CRC and data are of the same bytes.
                let copy: Arc<[u8]> = large.bytes()[range.clone()].into();
                large.hasher.update(range.start, Arc::clone(&copy));
                let is_last = range.end == large.bytes().len();
                let position = if is_last { Position::Last } else { Position::Inner };
                let piece = match deflater {
                    Some(deflater) => deflater
                        .compress(&copy, position, large.kind)
                        .map_err(|source| deflate_error(large.member, source))?,
                    None => Piece { bytes: copy.to_vec(), crc: crc32fast::hash(&copy) },
                };
                let is_first = range.start == 0;
                let facts =
                    if audit && is_first { facts(large.member, large.bytes()) } else { Ok(None) };
                // What was read of a file that was cut short is not worth an error of its own.
                large.content.check_intact()?;
                Ok(Done::Chunk { large, range, piece, facts: facts? })
            }
        }
    }
}

fn pack(
    member: &Member,
    bytes: Vec<u8>,
    deflater: Option<&mut Deflater>,
) -> Result<Packed, PackError> {
    let digest = sha256(&bytes);
    let machine = machine(&bytes);
    let mode = member.mode(&bytes);
    let piece = match deflater {
        Some(deflater) if !bytes.is_empty() => Some(
            deflater
                .compress_all(&bytes, kind_of(&bytes))
                .map_err(|error| deflate_error(member, error))?,
        ),
        _ => None,
    };
    Ok(match piece {
        Some(Piece { bytes: data, crc }) if data.len() < bytes.len() => {
            Packed { data, method: Method::Deflated, mode, crc, digest, machine, facts: None }
        }
        _ => {
            let crc = crc32fast::hash(&bytes);
            Packed { data: bytes, method: Method::Stored, mode, crc, digest, machine, facts: None }
        }
    })
}

/// The facts of a member that is an ELF file.
fn facts(member: &Member, bytes: &[u8]) -> Result<Option<Box<Facts>>, PackError> {
    if !is_elf(bytes) {
        return Ok(None);
    }
    Facts::read(bytes, Detail::Whole)
        .map(|facts| Some(Box::new(facts)))
        .map_err(|source| PackError::Elf { member: member.path.as_str().to_owned(), source })
}

fn kind_of(bytes: &[u8]) -> deflate::Content {
    if is_elf(bytes) { deflate::Content::Code } else { deflate::Content::Other }
}

fn deflate_error(member: &Member, source: DeflateError) -> PackError {
    PackError::Deflate { member: member.path.as_str().to_owned(), source }
}
