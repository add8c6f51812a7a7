//! A large member: it is compressed chunk by chunk.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::chunk_hasher::ChunkHasher;
use super::classify::{content_kind, elf_facts, is_program};
use super::member::Member;
use super::member_bytes::MemberBytes;
use super::scratch::Scratch;
use crate::deflate::{ContentKind, Cuts};
use crate::elf::{self, ElfFacts};
use crate::error::Error;
use crate::platform::Machine;
use crate::warm::{CachedMember, ChunkDigest, ChunkKey};
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
}

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
    cuts: Cuts,
    hasher: ChunkHasher,
}

impl FreshAnalysis {
    fn of(bytes: &[u8]) -> Self {
        let kind = content_kind(bytes);
        let cuts = match kind {
            ContentKind::Code => Cuts::around(elf::code(bytes)),
            ContentKind::Other => Cuts::long(),
        };
        Self {
            kind,
            is_program: is_program(bytes),
            machine: elf::machine(bytes),
            cuts,
            hasher: ChunkHasher::new(),
        }
    }
}

impl<'a> LargeMember<'a> {
    /// Opens the member unless `cached` describes it.
    pub(super) fn new(
        member: &'a Member,
        cached: Option<Arc<CachedMember>>,
        scratch: Scratch<'a>,
    ) -> Result<Self, Error> {
        let cached = cached.filter(|cached| {
            let len = cached.chunks.iter().map(|chunk| chunk.len).sum::<u64>();
            !cached.is_whole && len == member.len()
        });
        if let Some(cached) = cached {
            let analysis = Analysis::Cached(cached);
            let len = member.len();
            return Ok(Self { member, len, scratch, bytes: OnceLock::new(), analysis });
        }
        let bytes = MemberBytes::open(&member.source, scratch)?;
        let analysis = Analysis::Fresh(FreshAnalysis::of(bytes.bytes()));
        let len = bytes.bytes().len() as u64;
        Ok(Self { member, len, scratch, bytes: bytes.into(), analysis })
    }

    /// Returns the length in bytes.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Returns the bytes; opens them at the first call.
    pub(super) fn bytes(&self) -> Result<&[u8], Error> {
        if let Some(bytes) = self.bytes.get() {
            return Ok(bytes.bytes());
        }
        let bytes = MemberBytes::open(&self.member.source, self.scratch)?;
        Ok(self.bytes.get_or_init(|| bytes).bytes())
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
            Analysis::Fresh(fresh) => Ok(fresh.cuts.chunk_at(self.bytes()?, start)),
        }
    }

    /// Whether the chunk that ends at `end` is the last one.
    pub(super) fn ends_at(&self, end: usize) -> bool {
        end as u64 >= self.len
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

    /// Returns the facts of an ELF file; `None` for any other file.
    pub(super) fn facts(&self) -> Result<Option<Arc<ElfFacts>>, Error> {
        match self.cached() {
            Some(cached) if cached.facts.is_some() || !cached.is_elf => Ok(cached.facts.clone()),
            _ => Ok(elf_facts(&self.member.path, self.bytes()?)?),
        }
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
    /// sets its level.
    pub(super) fn to_cached(
        &self,
        digest: Sha256Digest,
        chunks: Vec<ChunkDigest>,
        facts: Option<Arc<ElfFacts>>,
    ) -> Option<CachedMember> {
        if self.cached().is_some_and(|cached| cached.facts.is_some() || facts.is_none()) {
            return None;
        }
        Some(CachedMember {
            digest,
            level: 0,
            chunks,
            is_whole: false,
            is_program: self.is_program(),
            is_elf: self.kind() == ContentKind::Code,
            machine: self.machine(),
            facts,
        })
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
