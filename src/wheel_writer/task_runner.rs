//! Runs the tasks of writing a wheel: compresses members and chunks, or copies them at level 0, and
//! hashes them.

use std::ops::Deref;
use std::sync::{Arc, Mutex};

use super::base_wheels::BaseWheels;
use super::cache::{LevelCache, MemberEntry};
use super::classify::{content_kind, is_program};
use super::copied_member::CopiedMember;
use super::error::WheelWriterError;
use super::large::LargeMember;
use super::member::Member;
use super::member_bytes::MemberBytes;
use super::member_facts::{FactCollection, MemberFacts};
use super::member_source::MemberSource;
use super::plan::WriteOptions;
use super::scratch::Scratch;
use super::tasks::{Chunk, Task};
use super::zeros::CompressedZeros;
use crate::deflate::{CompressedChunk, ContentKind, DeflateError, Deflater, Level, Position};
use crate::digest::sha256;
use crate::elf;
use crate::error::Error;
use crate::lock::lock;
use crate::memory;
use crate::object_file::ObjectFacts;
use crate::platform::Machine;
use crate::warm::{CachedMember, ChunkDigest, ChunkForm, ChunkLookup, ContentHash};
use crate::wheel::Sha256Digest;
use crate::zip::{Method, Mode};

/// The result of one task.
pub(super) enum TaskResult<'a> {
    /// A small member.
    Small(&'a Member, Box<SmallMember>),
    /// A member to copy, which is verified.
    Copied {
        member: &'a Member,
        copied: &'a CopiedMember,
        digest: Sha256Digest,
        facts: MemberFacts,
    },
    /// A chunk of a large member.
    Chunk(Chunk<'a>, CompressedPart),
}

/// A small member, ready to be written.
pub(super) struct SmallMember {
    pub(super) data: MemberData,
    pub(super) mode: Mode,
    /// The length of the content in bytes.
    pub(super) len: u64,
    pub(super) crc: u32,
    pub(super) digest: Sha256Digest,
    pub(super) machine: Option<Machine>,
    pub(super) facts: MemberFacts,
    /// Whether the data came from the cache.
    pub(super) reused: bool,
    /// Whether the file was not read.
    pub(super) unread: bool,
    /// The cache entry to insert, if it is new.
    pub(super) entry: Option<MemberEntry>,
}

/// The data of a small member, as written to the archive.
pub(super) enum MemberData {
    Stored(Vec<u8>),
    Deflated(Arc<CompressedChunk>),
}

impl MemberData {
    /// Returns the compression method.
    pub(super) fn method(&self) -> Method {
        match self {
            Self::Stored(_) => Method::Stored,
            Self::Deflated(_) => Method::Deflated,
        }
    }
}

impl Deref for MemberData {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Stored(bytes) => bytes,
            Self::Deflated(compressed) => &compressed.bytes,
        }
    }
}

/// A chunk of a large member, ready to be written.
pub(super) struct CompressedPart {
    /// The compressed chunk, and whether it came from the cache.
    pub(super) lookup: ChunkLookup,
    /// The hash in the chunk's cache key, if chunks are cached.
    pub(super) content: Option<ContentHash>,
    /// The facts of the member, with its first chunk.
    pub(super) facts: MemberFacts,
}

/// Runs tasks. Shared by the threads of the pool.
pub(super) struct TaskRunner<'a> {
    /// `None` stores.
    level: Option<Level>,
    collection: FactCollection,
    pub(super) cache: LevelCache<'a>,
    base: Option<&'a BaseWheels>,
    scratch: Scratch<'a>,
    zeros: CompressedZeros,
    /// Idle compressors with their buffers: as many as threads were ever busy at once. They go back to the
    /// shared pool at the end.
    idle: Mutex<Vec<Deflater>>,
}

impl Drop for TaskRunner<'_> {
    fn drop(&mut self) {
        let mut idle = lock(&self.idle);
        if let Some(level) = self.level {
            idle.drain(..).for_each(|it| self.cache.deflaters().give_back(level, it));
        }
    }
}

impl<'r> TaskRunner<'r> {
    /// Makes a runner. Without a level, data is stored.
    pub(super) fn new(
        options: &WriteOptions<'r>,
        cache: LevelCache<'r>,
        scratch: Scratch<'r>,
    ) -> Self {
        let &WriteOptions { level, collect_facts, base, .. } = options;
        let collection = match collect_facts {
            true => FactCollection::All,
            false if options.cache.keeps_wheels() => FactCollection::Readable,
            false => FactCollection::None,
        };
        let (zeros, idle) = (CompressedZeros::default(), Mutex::default());
        Self { level, collection, cache, base, scratch, zeros, idle }
    }

    /// Runs one task.
    pub(super) fn run<'a>(&self, task: Task<'a>) -> Result<TaskResult<'a>, Error> {
        match task {
            Task::Small(member) => Ok(TaskResult::Small(member, Box::new(self.small(member)?))),
            Task::Copy(member, copied) => {
                let digest = copied.verified_digest(self.scratch.cancel)?;
                let is_wanted = self.collection == FactCollection::All;
                let elf = copied.facts().filter(|_| is_wanted).cloned();
                let facts = MemberFacts { elf, is_complete: false };
                Ok(TaskResult::Copied { member, copied, digest, facts })
            }
            Task::Chunk(chunk) => {
                let part = self.chunk(&chunk)?;
                Ok(TaskResult::Chunk(chunk, part))
            }
        }
    }

    /// Lends `work` a compressor, if there is a level.
    pub(super) fn with_deflater<T>(&self, work: impl FnOnce(Option<&mut Deflater>) -> T) -> T {
        let idle = || lock(&self.idle);
        let popped = idle().pop();
        let mut deflater =
            self.level.map(|level| popped.unwrap_or_else(|| self.cache.deflaters().take(level)));
        let result = work(deflater.as_mut());
        idle().extend(deflater);
        result
    }

    fn chunk(&self, chunk: &Chunk<'_>) -> Result<CompressedPart, Error> {
        let Chunk { large, index, range } = chunk;
        let facts =
            if *index == 0 { large.facts(self.collection)? } else { MemberFacts::default() };
        if let Some((blocks, hash)) = large.cached_blocks(*index) {
            let compressed = Arc::new(large.copy_cached_blocks(range.end, blocks, hash)?);
            let lookup = ChunkLookup { compressed, reused: true };
            return Ok(CompressedPart { lookup, content: Some(hash), facts });
        }
        let key = large.chunk_key(*index);
        if let Some(key) = key
            && let Some(compressed) = self.cache.chunk(key)
        {
            let lookup = ChunkLookup { compressed, reused: true };
            return Ok(CompressedPart { lookup, content: Some(key.content), facts });
        }
        if let Some((splice, blocks)) = large.copied_blocks(range.start) {
            return self.copy_blocks(chunk, splice, blocks, facts);
        }
        // The copy stays the same if the mapped file changes: the compressor, written in C, relies on
        // that, and digest, CRC and data are of the same bytes.
        let copy = Arc::new(large.copy(range.clone())?);
        large.hash(range.start, &copy);
        let position = large.position(range.end);
        let kind = large.kind();
        let mut is_in_base = false;
        let compress = || {
            if let Some(found) = self.find_in_base(large, &copy, position)? {
                is_in_base = true;
                return Ok(found);
            }
            self.zeros.get_or_compress(&copy, position, kind, || {
                self.with_deflater(|deflater| match deflater {
                    Some(deflater) => deflater
                        .compress(&copy, position, kind)
                        .map_err(|source| deflate_error(large.member, source)),
                    None => Ok(CompressedChunk {
                        bytes: memory::copy(&copy)?,
                        crc: crc32fast::hash(&copy),
                    }),
                })
            })
        };
        let (mut lookup, content) =
            self.cache.chunk_or_compress(&copy, kind, chunk_form(position), compress)?;
        lookup.reused |= is_in_base;
        // A truncated file reads as zeros: that error goes first.
        large.check_intact()?;
        if key.is_some_and(|key| Some(key.content) != content) {
            return Err(large.changed());
        }
        Ok(CompressedPart { lookup, content, facts })
    }

    /// Returns a chunk of a base wheel with this content.
    fn find_in_base(
        &self,
        large: &LargeMember<'_>,
        content: &[u8],
        position: Position,
    ) -> Result<Option<CompressedChunk>, Error> {
        let Some((base, level)) = self.base.zip(self.level) else { return Ok(None) };
        let level = level.for_content(large.kind()).number();
        base.find(content, level, position, large.member.path.as_str())
    }

    fn small(&self, member: &Member) -> Result<SmallMember, Error> {
        if let Some(cached) = self.cached_small(member) {
            return Ok(cached);
        }
        let bytes = MemberBytes::open(&member.source, self.scratch)?.into_bytes()?;
        self.compress_small(member, bytes)
    }

    /// Returns a small member that is in the cache.
    fn cached_small(&self, member: &Member) -> Option<SmallMember> {
        let cached = self.cache.member(&member.source)?;
        let needs_facts = self.collection == FactCollection::All && cached.is_elf;
        if !cached.is_whole || needs_facts && cached.facts.is_none() {
            return None;
        }
        let compressed = self.cache.chunk(cached.chunk_key(0)?)?;
        Some(SmallMember {
            crc: compressed.crc,
            data: MemberData::Deflated(compressed),
            mode: member.mode(cached.is_program),
            len: cached.chunks.first()?.len,
            digest: cached.digest,
            machine: cached.machine,
            facts: MemberFacts::of_cached(&member.path, &cached),
            reused: true,
            unread: true,
            entry: None,
        })
    }

    fn compress_small(&self, member: &Member, bytes: Vec<u8>) -> Result<SmallMember, Error> {
        let (kind, is_program) = (content_kind(&bytes), is_program(&bytes));
        let (digest, mode) = (sha256(&bytes), member.mode(is_program));
        let len = bytes.len() as u64;
        let machine = elf::machine(&bytes);
        let facts = MemberFacts::of_content(&member.path, &bytes, self.collection)?;
        let deflated = if bytes.is_empty() || self.level.is_none() {
            None
        } else {
            Some(self.deflate_small(member, &bytes, kind)?)
        };
        Ok(match deflated {
            Some((lookup, content)) if lookup.compressed.bytes.len() < bytes.len() => {
                let entry = content.and_then(|content| {
                    let cached = CachedMember {
                        digest,
                        level: 0,
                        chunks: vec![ChunkDigest { len, content }],
                        is_whole: true,
                        is_program,
                        is_elf: elf::is_elf(&bytes),
                        may_be_object: ObjectFacts::may_be(&bytes),
                        machine,
                        facts: facts.elf.clone(),
                        splice: None,
                    };
                    self.cache.entry(&member.source, kind, cached)
                });
                let ChunkLookup { compressed, reused } = lookup;
                let (crc, data) = (compressed.crc, MemberData::Deflated(compressed));
                SmallMember {
                    data,
                    mode,
                    len,
                    crc,
                    digest,
                    machine,
                    facts,
                    reused,
                    unread: false,
                    entry,
                }
            }
            _ => SmallMember {
                crc: crc32fast::hash(&bytes),
                data: MemberData::Stored(bytes),
                mode,
                len,
                digest,
                machine,
                facts,
                reused: false,
                unread: false,
                entry: None,
            },
        })
    }

    fn deflate_small(
        &self,
        member: &Member,
        bytes: &[u8],
        kind: ContentKind,
    ) -> Result<(ChunkLookup, Option<ContentHash>), Error> {
        let compress = || {
            self.with_deflater(|deflater| match deflater {
                Some(deflater) => {
                    deflater.compress_all(bytes, kind).map_err(|error| deflate_error(member, error))
                }
                None => Err(Error::Internal("there is no level to deflate at".to_owned())),
            })
        };
        // Generated bytes are rarely the same in two wheels.
        if matches!(member.source, MemberSource::Generated(_)) {
            return Ok((ChunkLookup { compressed: Arc::new(compress()?), reused: false }, None));
        }
        self.cache.chunk_or_compress(bytes, kind, ChunkForm::Whole, compress)
    }
}

fn chunk_form(position: Position) -> ChunkForm {
    match position {
        Position::Inner => ChunkForm::Inner,
        Position::Last => ChunkForm::Last,
    }
}

pub(super) fn deflate_error(member: &Member, source: DeflateError) -> Error {
    match source {
        DeflateError::Memory(source) => source.into(),
        source => {
            WheelWriterError::Deflate { member: member.path.as_str().to_owned(), source }.into()
        }
    }
}
