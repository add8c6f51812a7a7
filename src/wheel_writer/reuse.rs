//! What packing takes from earlier requests, and leaves for later ones.

use std::ops::Range;
use std::sync::{Arc, Weak};

use fs_err::File;
use tempfile::NamedTempFile;

use super::large::LargeMember;
use crate::context::Tokens;
use crate::deflate::{self, CompressedChunk, DeflaterPool, Level, Position};
use crate::elf::Facts;
use crate::error::Error;
use crate::exec::CancelFlag;
use crate::source::{FileFingerprint, Input};
use crate::warm::{
    Cache, CachedMember, ChunkDigest, ChunkForm, ChunkKey, ChunkLookup, ContentHash, MemberKey,
    WheelLayout,
};
use crate::wheel::Sha256Digest;

/// A member that a later request may know.
pub(crate) type Learned = (MemberKey, CachedMember);

/// The caches, as one request sees them.
pub(crate) struct Reuse<'a> {
    cache: &'a Cache,
    tokens: &'a Tokens,
    cancel: &'a CancelFlag,
    /// `None` stores, and then there is nothing to reuse.
    level: Option<Level>,
}

impl<'a> Reuse<'a> {
    pub(crate) fn new(
        cache: &'a Cache,
        tokens: &'a Tokens,
        cancel: &'a CancelFlag,
        level: Option<Level>,
    ) -> Self {
        Self { cache, tokens, cancel, level }
    }

    /// Compressors that other requests have left.
    pub(crate) fn deflaters(&self) -> &'a DeflaterPool {
        self.cache.deflaters()
    }

    fn cache(&self) -> Option<(&'a Cache, Level)> {
        Some((self.cache, self.level?)).filter(|(cache, _)| cache.is_on())
    }

    /// What a file is known by, if it can be known.
    fn key(&self, input: &Input) -> Option<MemberKey> {
        let (cache, level) = self.cache()?;
        let token = self.tokens.of(input.path()).map(ContentHash::of);
        let fingerprint = input.settled_fingerprint(cache.clock())?;
        Some(MemberKey { fingerprint, token, level: level.number() })
    }

    /// What is known of a file.
    pub(crate) fn known(&self, input: &Input) -> Option<Arc<CachedMember>> {
        self.cache.member(&self.key(input)?)
    }

    /// A chunk that is known.
    pub(crate) fn cached_chunk(&self, key: ChunkKey) -> Option<Arc<CompressedChunk>> {
        self.cache.cached_chunk(key)
    }

    /// The chunk of some content, which `compress` makes if need be, and what it is found by.
    pub(crate) fn chunk_or_compress(
        &self,
        content: &[u8],
        kind: deflate::ContentKind,
        form: ChunkForm,
        mut compress: impl FnMut() -> Result<CompressedChunk, Error>,
    ) -> Result<(ChunkLookup, Option<ContentHash>), Error> {
        let Some((cache, level)) = self.cache() else {
            return Ok((ChunkLookup { compressed: Arc::new(compress()?), reused: false }, None));
        };
        let hash = ContentHash::of(content);
        let key = ChunkKey { content: hash, level: level.for_content(kind).number(), form };
        Ok((cache.chunk_or_compress(key, self.cancel, compress)?, Some(hash)))
    }

    /// What is now known of a small member.
    pub(crate) fn learn_whole(
        &self,
        input: &Input,
        kind: deflate::ContentKind,
        content: Option<ContentHash>,
        record: CachedMember,
    ) -> Option<Learned> {
        let (_, level) = self.cache()?;
        let level = level.for_content(kind).number();
        let chunks = vec![ChunkDigest { len: input.len(), content: content? }];
        Some((self.key(input)?, CachedMember { level, chunks, is_whole: true, ..record }))
    }

    /// What is now known of a large member, if that is more than before.
    pub(crate) fn learn_large(
        &self,
        large: &LargeMember<'_>,
        digest: Sha256Digest,
        chunks: Vec<ChunkDigest>,
        facts: Option<Arc<Facts>>,
    ) -> Result<Option<Learned>, Error> {
        if large.known.as_ref().is_some_and(|known| known.facts.is_some() || facts.is_none()) {
            return Ok(None);
        }
        let key = large.member.content.file().and_then(|input| self.key(input));
        let (Some((_, level)), Some(key)) = (self.cache(), key) else {
            return Ok(None);
        };
        let kind = large.kind()?;
        let record = CachedMember {
            digest,
            level: level.for_content(kind).number(),
            chunks,
            is_whole: false,
            is_program: large.is_program()?,
            is_elf: kind == deflate::ContentKind::Code,
            machine: large.machine()?,
            facts,
        };
        Ok(Some((key, record)))
    }
}

/// Remembers members, when their files have turned out to be the same at the end.
pub(crate) fn keep(learned: Vec<Learned>, cache: &Cache) {
    for (key, record) in learned {
        cache.keep_member(key, record);
    }
}

/// Where chunks stand in a wheel that is being written.
#[derive(Default)]
pub(crate) struct Places {
    chunks: Vec<(Range<usize>, Weak<CompressedChunk>)>,
    /// Where the central directory begins.
    pub(crate) directory: u64,
}

impl Places {
    /// A chunk that is about to be written at an offset.
    pub(crate) fn note(&mut self, at: u64, chunk: &Arc<CompressedChunk>) {
        let start = usize::try_from(at).unwrap_or(usize::MAX);
        let range = start..start.saturating_add(chunk.bytes.len());
        self.chunks.push((range, Arc::downgrade(chunk)));
    }

    /// What was written from an offset on is overwritten.
    pub(crate) fn forget_from(&mut self, at: u64) {
        self.chunks.retain(|(range, _)| (range.start as u64) < at);
    }
}

/// A wheel that was written, not yet in its place.
pub(crate) struct Own {
    fingerprint: FileFingerprint,
    directory: ContentHash,
    layout: Option<WheelLayout>,
}

impl Own {
    /// Looks at the file when the last byte is written, and nobody else has had it. What keeps it from being
    /// known is no error.
    pub(crate) fn look(file: &NamedTempFile<File>, places: Places, cache: &Cache) -> Option<Self> {
        let fingerprint = FileFingerprint::of_open(file.as_file()).ok()?;
        cache.probe_timestamps(file.as_file(), fingerprint.file_id().device);
        let content = Input::find(file.path()).ok()?.open().ok()?;
        let bytes = content.bytes();
        let directory = bytes.get(usize::try_from(places.directory).ok()?..)?;
        let directory = ContentHash::of(directory);
        let layout = WheelLayout::of(bytes, places.chunks);
        content.is_intact().then_some(Self { fingerprint, directory, layout })
    }

    /// Remembers the wheel, now that its file has its name. Nobody wrote to it on the way there, or the time
    /// of modification would be another one.
    pub(crate) fn keep(self, file: &File, cache: &Cache) {
        if let Ok(fingerprint) = FileFingerprint::of_open(file)
            && fingerprint.has_content_of(&self.fingerprint)
        {
            cache.keep_written(fingerprint, self.directory, self.layout);
        }
    }
}

/// The form of a chunk's chunk.
pub(crate) fn form_of(position: Position) -> ChunkForm {
    match position {
        Position::Inner => ChunkForm::Inner,
        Position::Last => ChunkForm::Last,
    }
}
