//! A large member: it is compressed chunk by chunk.

use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock};

use super::chunk_hasher::ChunkHasher;
use super::classify::{content_kind, is_program};
use super::member::Member;
use super::member_bytes::MemberBytes;
use super::member_facts::{FactCollection, MemberFacts};
use super::member_source::MemberSource;
use super::scratch::Scratch;
use super::splice::Splice;
use super::zeros::are_zeros;
use crate::deflate::{
    BlockRange, CompressedChunk, ContentKind, Cuts, Level, Position, copy_blocks,
};
use crate::elf::{self, ElfFacts};
use crate::error::Error;
use crate::lock::lock;
use crate::object_file::ObjectFacts;
use crate::platform::Machine;
use crate::warm::{CachedMember, CachedSplice, ChunkDigest, ChunkKey, ContentHash, CopiedBlocks};
use crate::wheel::Sha256Digest;
use crate::zip::Mode;

/// A large member, shared by the tasks for its chunks. Its bytes stay open as long as a task or a result
/// refers to it; those of a cached member are opened only when a chunk is not in the cache.
pub(super) struct LargeMember<'a> {
    pub(super) member: &'a Member,
    /// The length in bytes.
    len: u64,
    scratch: Scratch<'a>,
    bytes: OnceLock<MemberBytes<'a>>,
    analysis: Analysis,
    window: Mutex<Window>,
}

/// Edited bytes that are cut into chunks.
#[derive(Default)]
struct Window {
    /// The offset of the first byte.
    start: usize,
    bytes: Vec<u8>,
    /// The length of the chunk that zeros begin with, and how many zeros decided that: they are always cut alike.
    zeros: Option<(usize, usize)>,
}

/// The number of bytes that a window has, in longest chunks: what is left of them is copied again.
const WINDOW_CHUNKS: usize = 4;

/// Digest, chunks and kind of a large member.
enum Analysis {
    /// From the cache: no byte has to be read.
    Cached(Arc<CachedMember>),
    /// From the bytes.
    Fresh(FreshAnalysis),
}

/// The analysis of a member that is read. The digest follows as its chunks are compressed.
struct FreshAnalysis {
    kind: ContentKind,
    is_program: bool,
    machine: Option<Machine>,
    division: Division,
    hasher: ChunkHasher,
}

/// What decides where a member's chunks are.
enum Division {
    /// The content.
    Cuts(Cuts),
    /// The compressed data that an edited member keeps.
    Spliced,
}

impl FreshAnalysis {
    fn of(bytes: &[u8], is_spliced: bool) -> Self {
        let kind = content_kind(bytes);
        let division = match kind {
            _ if is_spliced => Division::Spliced,
            ContentKind::Code => Division::Cuts(Cuts::around(elf::code(bytes))),
            ContentKind::Other => Division::Cuts(Cuts::long()),
        };
        Self {
            kind,
            is_program: is_program(bytes),
            machine: elf::machine(bytes),
            division,
            hasher: ChunkHasher::new(),
        }
    }
}

impl<'a> LargeMember<'a> {
    /// Opens the member unless `cached` describes it. `compresses` is false if it is to be stored.
    pub(super) fn new(
        member: &'a Member,
        cached: Option<Arc<CachedMember>>,
        compresses: bool,
        scratch: Scratch<'a>,
    ) -> Result<Self, Error> {
        let is_edited = matches!(member.source, MemberSource::Edited(_));
        let cached_len = |cached: &CachedMember| cached.chunks.iter().map(|chunk| chunk.len).sum();
        let cached = cached
            .filter(|cached| !cached.is_whole && (is_edited || member.len() == cached_len(cached)));
        if let Some(cached) = cached {
            let len = cached_len(&cached);
            let (analysis, bytes) = (Analysis::Cached(cached), OnceLock::new());
            return Ok(Self { member, len, scratch, bytes, analysis, window: Mutex::default() });
        }
        let bytes = MemberBytes::open(&member.source, scratch)?;
        let is_spliced = compresses && bytes.splice().is_some();
        let analysis = Analysis::Fresh(FreshAnalysis::of(bytes.bytes(), is_spliced));
        let len = bytes.bytes().len() as u64;
        let bytes = bytes.into();
        Ok(Self { member, len, scratch, bytes, analysis, window: Mutex::default() })
    }

    /// Returns the length in bytes.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Opens the bytes at the first call.
    fn opened(&self) -> Result<&MemberBytes<'a>, Error> {
        if let Some(bytes) = self.bytes.get() {
            return Ok(bytes);
        }
        let bytes = MemberBytes::open(&self.member.source, self.scratch)?;
        Ok(self.bytes.get_or_init(|| bytes))
    }

    /// Returns the bytes as [`MemberBytes::bytes`] does; opens them at the first call.
    pub(super) fn bytes(&self) -> Result<&[u8], Error> {
        Ok(self.opened()?.bytes())
    }

    /// Returns a copy of bytes. The copy stays the same if a mapped file changes.
    pub(super) fn copy(&self, range: Range<usize>) -> Result<Vec<u8>, Error> {
        Ok(self.opened()?.copy(range)?)
    }

    /// Cuts the chunk that begins at `start`; the cuts are those of the bytes in `run` alone.
    fn cut(&self, cuts: &Cuts, start: usize, run: Range<usize>) -> Result<Range<usize>, Error> {
        let (at, len) = (start - run.start, run.len());
        let longest = Cuts::longest(len);
        let end = run.end.min(start.saturating_add(longest));
        let bytes = self.opened()?;
        if !bytes.is_overlaid() {
            let stream = bytes.bytes().get(start..end).unwrap_or_default();
            return Ok(start..start + cuts.len_at(stream, at, len));
        }
        let mut window = lock(&self.window);
        if start < window.start || end > window.start + window.bytes.len() {
            let end = run.end.min(start.saturating_add(longest.saturating_mul(WINDOW_CHUNKS)));
            (window.start, window.bytes) = (start, bytes.copy(start..end)?);
        }
        let stream = window.bytes.get(start - window.start..end - window.start);
        let stream = stream.unwrap_or_default();
        let are_zeros = *cuts == Cuts::long() && stream.len() == longest && are_zeros(stream);
        let known = window.zeros.filter(|(_, zeros)| are_zeros && *zeros == longest);
        let len = known.map_or_else(|| cuts.len_at(stream, at, len), |(len, _)| len);
        if are_zeros {
            window.zeros = Some((len, longest));
        }
        Ok(start..start + len)
    }

    fn cached(&self) -> Option<&CachedMember> {
        match &self.analysis {
            Analysis::Cached(cached) => Some(cached),
            Analysis::Fresh(_) => None,
        }
    }

    /// Returns the range of the chunk with this index, which begins at `start`.
    pub(super) fn chunk_range(&self, index: usize, start: usize) -> Result<Range<usize>, Error> {
        match &self.analysis {
            Analysis::Cached(cached) if index < cached.chunks.len() => {
                let len = cached.chunks[index].len;
                // The sum of all is the file's length, which fits.
                Ok(start..start + usize::try_from(len).unwrap_or(usize::MAX))
            }
            Analysis::Cached(_) => {
                Err(Error::Internal("a member has more chunks than the cache says".to_owned()))
            }
            Analysis::Fresh(FreshAnalysis { division: Division::Cuts(cuts), .. }) => {
                let all = 0..self.bytes()?.len();
                self.cut(cuts, start, all)
            }
            Analysis::Fresh(_) => {
                let missing = || Error::Internal("an edited member has a gap".to_owned());
                let run = self.splice().and_then(|splice| splice.run_at(start));
                match run.ok_or_else(missing)? {
                    (content, Some(_)) => Ok(content),
                    (content, None) => self.cut(&Cuts::long(), start, content),
                }
            }
        }
    }

    /// Returns the plan of a member that keeps compressed data.
    pub(super) fn splice(&self) -> Option<&Splice<'a>> {
        match &self.analysis {
            Analysis::Fresh(FreshAnalysis { division: Division::Spliced, .. }) => {
                self.bytes.get()?.splice()
            }
            _ => None,
        }
    }

    /// Returns the plan of a member that keeps compressed data, and the blocks that the chunk at this offset is.
    pub(super) fn copied_blocks(&self, start: usize) -> Option<(&Splice<'a>, &BlockRange)> {
        let splice = self.splice()?;
        let (_, blocks) = splice.run_at(start)?;
        Some((splice, blocks?))
    }

    /// Returns the blocks that the chunk with this index is, and their hash, if the member is cached.
    pub(super) fn cached_blocks(&self, index: usize) -> Option<(&CopiedBlocks, ContentHash)> {
        let cached = self.cached()?;
        let blocks = cached.splice.as_ref()?.copied.get(index)?.as_ref()?;
        Some((blocks, cached.chunks.get(index)?.content))
    }

    /// Returns a copy of the blocks that the chunk that ends at `end` is. They were verified when they were cached.
    ///
    /// # Errors
    /// The archive has changed since.
    pub(super) fn copy_cached_blocks(
        &self,
        end: usize,
        blocks: &CopiedBlocks,
        hash: ContentHash,
    ) -> Result<CompressedChunk, Error> {
        let missing =
            || Error::Internal("a member without an archive has copied blocks".to_owned());
        let source = self.member.source.archived().ok_or_else(missing)?;
        let stream = source.archive.data(source.entry()).bytes;
        let copied = copy_blocks(stream, &blocks.blocks, self.position(end))?;
        source.archive.check_intact()?;
        match copied {
            Some(bytes) if ContentHash::of(&bytes) == hash => {
                Ok(CompressedChunk { bytes, crc: blocks.crc })
            }
            _ => Err(source.archive.changed().into()),
        }
    }

    /// Returns the level that the chunk table has if the member is compressed at `level`; `None` if its chunks are
    /// not independent.
    pub(super) fn table_level(&self, level: Level) -> Option<u8> {
        match (self.splice(), self.cached().and_then(|cached| cached.splice.as_ref())) {
            (Some(splice), _) => splice.table_level,
            (None, Some(splice)) => splice.table_level,
            (None, None) => Some(level.for_content(self.kind()).number()),
        }
    }

    /// Whether the chunk that ends at `end` is the last one.
    pub(super) fn ends_at(&self, end: usize) -> bool {
        end as u64 >= self.len
    }

    /// Returns the position of the chunk that ends at `end`.
    pub(super) fn position(&self, end: usize) -> Position {
        if self.ends_at(end) { Position::Last } else { Position::Inner }
    }

    /// Returns the cache key of a chunk, if the member is cached.
    pub(super) fn chunk_key(&self, index: usize) -> Option<ChunkKey> {
        self.cached()?.chunk_key(index)
    }

    /// Adds the chunk that begins at `start` to the digest, unless the digest is cached.
    pub(super) fn hash(&self, start: usize, chunk: &Arc<Vec<u8>>) {
        if let Analysis::Fresh(fresh) = &self.analysis {
            fresh.hasher.update(start, Arc::clone(chunk));
        }
    }

    /// Returns the kind of content that selects the compressor's settings.
    pub(super) fn kind(&self) -> ContentKind {
        match &self.analysis {
            Analysis::Cached(cached) if cached.is_elf => ContentKind::Code,
            Analysis::Cached(_) => ContentKind::Other,
            Analysis::Fresh(fresh) => fresh.kind,
        }
    }

    /// Returns the facts of the member. The bytes of a cached one are read only if all facts are collected.
    pub(super) fn facts(&self, collection: FactCollection) -> Result<MemberFacts, Error> {
        let path = &self.member.path;
        if let Some(cached) = self.cached()
            && (collection != FactCollection::All || cached.facts.is_some() || !cached.is_elf)
        {
            return Ok(MemberFacts::of_cached(path, cached));
        }
        let facts = MemberFacts::of_content(path, self.bytes()?, collection)?;
        let is_complete = facts.is_complete && !self.opened()?.is_overlaid();
        Ok(MemberFacts { is_complete, ..facts })
    }

    fn is_program(&self) -> bool {
        match &self.analysis {
            Analysis::Cached(cached) => cached.is_program,
            Analysis::Fresh(fresh) => fresh.is_program,
        }
    }

    /// Returns the permissions in the archive.
    pub(super) fn mode(&self) -> Mode {
        self.member.mode(self.is_program())
    }

    /// Returns the CPU of an ELF file.
    pub(super) fn machine(&self) -> Option<Machine> {
        match &self.analysis {
            Analysis::Cached(cached) => cached.machine,
            Analysis::Fresh(fresh) => fresh.machine,
        }
    }

    /// Returns the digest. Call it after every chunk's task has ended.
    pub(super) fn digest(&self) -> Result<Sha256Digest, Error> {
        let fresh = match &self.analysis {
            Analysis::Cached(cached) => return Ok(cached.digest),
            Analysis::Fresh(fresh) => fresh,
        };
        let digest = usize::try_from(self.len).ok().and_then(|len| fresh.hasher.finish(len));
        digest.ok_or_else(|| Error::Internal("a chunk was not hashed".to_owned()))
    }

    /// Returns the member for the cache; `None` if the cache holds it already. `LevelCache::entry`
    /// sets its level. `crcs` are those of the chunks.
    pub(super) fn to_cached(
        &self,
        digest: Sha256Digest,
        chunks: Vec<ChunkDigest>,
        crcs: &[u32],
        facts: Option<Arc<ElfFacts>>,
    ) -> Option<CachedMember> {
        if self.cached().is_some_and(|cached| cached.facts.is_some() || facts.is_none()) {
            return None;
        }
        let splice = self.cached_splice(&chunks, crcs);
        let may_be_object = || self.bytes().map_or(true, ObjectFacts::may_be);
        Some(CachedMember {
            digest,
            level: 0,
            chunks,
            is_whole: false,
            is_program: self.is_program(),
            is_elf: self.kind() == ContentKind::Code,
            may_be_object: self.cached().map_or_else(may_be_object, |it| it.may_be_object),
            machine: self.machine(),
            facts,
            splice,
        })
    }

    fn cached_splice(&self, chunks: &[ChunkDigest], crcs: &[u32]) -> Option<CachedSplice> {
        if let Some(cached) = self.cached() {
            return cached.splice.clone();
        }
        let table_level = self.splice()?.table_level;
        let mut start = 0;
        let copied = chunks.iter().zip(crcs).map(|(chunk, &crc)| {
            let blocks = self.copied_blocks(start).map(|(_, blocks)| blocks.clone());
            start += usize::try_from(chunk.len).unwrap_or(usize::MAX);
            blocks.map(|blocks| CopiedBlocks { blocks, crc })
        });
        Some(CachedSplice { copied: copied.collect(), table_level })
    }

    /// Whether no byte was read.
    pub(super) fn is_unread(&self) -> bool {
        self.bytes.get().is_none()
    }

    /// Returns an error if the file was truncated while it was mapped.
    pub(super) fn check_intact(&self) -> Result<(), Error> {
        self.bytes.get().map_or(Ok(()), MemberBytes::check_intact)
    }

    /// Returns an error if `found`, the CRC-32 of the bytes, differs from the one in the archive that holds
    /// them.
    pub(super) fn check_crc(&self, found: u32) -> Result<(), Error> {
        Ok(self.bytes.get().map_or(Ok(()), |bytes| bytes.check_crc(found))?)
    }

    /// Returns the error for bytes that have changed since they were first read.
    pub(super) fn changed(&self) -> Error {
        let unopened = || Error::Internal("a member that was not read has changed".to_owned());
        self.bytes.get().map_or_else(unopened, MemberBytes::changed)
    }
}
