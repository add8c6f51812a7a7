//! The cache as a wheel writer uses it: lookups and entries for one compression level.

use std::sync::Arc;

use super::member_source::MemberSource;
use super::members::Members;
use super::plan::WriteOptions;
use crate::context::InputDigests;
use crate::deflate::{CompressedChunk, ContentKind, DeflaterPool, Level};
use crate::error::Error;
use crate::exec::CancelFlag;
use crate::source::Moment;
use crate::warm::{Cache, CachedMember, ChunkForm, ChunkKey, ChunkLookup, ContentHash, MemberKey};

/// A cache entry of a member. It may be inserted only after its file was verified to be unchanged.
pub(super) type MemberEntry = (MemberKey, CachedMember);

/// The cache for one compression level.
pub(super) struct LevelCache<'a> {
    cache: &'a Cache,
    digests: &'a InputDigests,
    cancel: &'a CancelFlag,
    /// `None` stores: then nothing is cached.
    level: Option<Level>,
    /// When the members had been found, and none of them was read.
    began: Moment,
}

impl<'a> LevelCache<'a> {
    /// Makes the cache for members that were found and are read from now on. Waits for the next tick of the kernel's
    /// clock, 10 ms at most, if a large member changed in this one: a build that links a library and packs it at once
    /// need not read it again the next time.
    pub(super) fn new(options: &WriteOptions<'a>, members: &Members) -> Self {
        let &WriteOptions { cache, digests, cancel, level, .. } = options;
        let now = cache.clock().now();
        let latest =
            members.iter().filter_map(|member| member.source.input()?.settles_next_tick(now));
        let is_on = level.is_some() && cache.is_on();
        let latest = if is_on { latest.max() } else { None };
        let began = latest.map_or(now, |changed| cache.clock().later_than(changed));
        Self { cache, digests, cancel, level, began }
    }

    /// Returns the pool of idle compressors, shared by all requests.
    pub(super) fn deflaters(&self) -> &'a DeflaterPool {
        self.cache.deflaters()
    }

    /// Whether there is a level; without one, members are stored.
    pub(super) fn compresses(&self) -> bool {
        self.level.is_some()
    }

    fn enabled(&self) -> Option<(&'a Cache, Level)> {
        Some((self.cache, self.level?)).filter(|(cache, _)| cache.is_on())
    }

    /// Returns the cache key of a file or an edited file. `None` for other members, and if the file changed too
    /// recently for its fingerprint to identify its content.
    fn key(&self, source: &MemberSource) -> Option<MemberKey> {
        let (cache, level) = self.enabled()?;
        let (input, edit) = match source {
            MemberSource::File(input) => (input, None),
            MemberSource::Edited(edited) => (edited.input(), Some(edited.hash())),
            _ => return None,
        };
        let token = self.digests.of(input.path()).map(ContentHash::of);
        // An archive was read before the wheel was begun.
        let fingerprint = if source.input().is_some() {
            input.fingerprint_settled_at(self.began)?
        } else {
            input.settled_fingerprint(cache.clock())?
        };
        Some(MemberKey { fingerprint, token, level: level.number(), edit })
    }

    /// Returns the cached member of a file or an edited file.
    pub(super) fn member(&self, source: &MemberSource) -> Option<Arc<CachedMember>> {
        self.cache.member(&self.key(source)?)
    }

    /// Returns the hash of blocks that are copied, if members are cached.
    pub(super) fn hash(&self, blocks: &[u8]) -> Option<ContentHash> {
        self.enabled().map(|_| ContentHash::of(blocks))
    }

    /// Returns a cached chunk.
    pub(super) fn chunk(&self, key: ChunkKey) -> Option<Arc<CompressedChunk>> {
        self.cache.cached_chunk(key)
    }

    /// Returns the compressed chunk of `content` from the cache or from `compress`, and the hash that is part
    /// of its key; no hash if nothing is cached.
    pub(super) fn chunk_or_compress(
        &self,
        content: &[u8],
        kind: ContentKind,
        form: ChunkForm,
        mut compress: impl FnMut() -> Result<CompressedChunk, Error>,
    ) -> Result<(ChunkLookup, Option<ContentHash>), Error> {
        let Some((cache, level)) = self.enabled() else {
            return Ok((ChunkLookup { compressed: Arc::new(compress()?), reused: false }, None));
        };
        let hash = ContentHash::of(content);
        let key = ChunkKey { content: hash, level: level.for_content(kind).number(), form };
        Ok((cache.chunk_or_compress(key, self.cancel, compress)?, Some(hash)))
    }

    /// Returns the cache entry of a file or an edited file, with the level that its kind of content gets; `None` if it cannot be
    /// cached.
    pub(super) fn entry(
        &self,
        source: &MemberSource,
        kind: ContentKind,
        member: CachedMember,
    ) -> Option<MemberEntry> {
        let (_, level) = self.enabled()?;
        let level = level.for_content(kind).number();
        Some((self.key(source)?, CachedMember { level, ..member }))
    }
}
