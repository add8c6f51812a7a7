//! Copies the compressed blocks that an edited member keeps.

use std::sync::Arc;

use super::member_facts::MemberFacts;
use super::splice::Splice;
use super::task_runner::{CompressedPart, TaskRunner, deflate_error};
use super::tasks::Chunk;
use crate::deflate::{BlockRange, DeflateError, WINDOW};
use crate::error::Error;
use crate::memory;
use crate::warm::ChunkLookup;

impl TaskRunner<'_> {
    /// Copies blocks of the stream that an edited member had.
    pub(super) fn copy_blocks(
        &self,
        chunk: &Chunk<'_>,
        splice: &Splice<'_>,
        blocks: &BlockRange,
        facts: MemberFacts,
    ) -> Result<CompressedPart, Error> {
        let Chunk { large, range, .. } = chunk;
        let archive = &splice.source.archive;
        let bytes = large.bytes()?;
        let copy = Arc::new(memory::copy(&bytes[range.clone()])?);
        large.hash(range.start, &copy);
        let history = if splice.table_level.is_some() { 0 } else { range.start.min(WINDOW) };
        let content = &bytes[range.start - history..range.end];
        let stream = archive.data(splice.source.entry()).bytes;
        let position = large.position(range.end);
        let shared = splice.shared.as_deref();
        let verified = shared.map(|shared| shared.verified_blocks(stream, blocks, position));
        let verified = verified.transpose()?.flatten();
        let copied = self.with_deflater(|deflater| {
            let deflater = deflater?;
            let copied = verified.map_or_else(
                || {
                    let copied =
                        deflater.copy_blocks(stream, blocks, position, content, history)?;
                    if let Some(shared) = shared {
                        shared.keep_verified(blocks, position, &copied);
                    }
                    Ok(copied)
                },
                Ok,
            );
            Some(match copied {
                // The archive has changed since it was inflated, or the blocks depend on what was before them.
                Err(DeflateError::Corrupt { .. }) => {
                    tracing::warn!("blocks of `{}` are compressed anew", large.member.path);
                    deflater.compress(&copy, position, large.kind()).map(|it| (it, false))
                }
                copied => copied.map(|it| (it, true)),
            })
        });
        archive.check_intact()?;
        large.check_intact()?;
        let missing = || Error::Internal("there is no level to deflate at".to_owned());
        let copied = copied.ok_or_else(missing)?;
        let (compressed, reused) = copied.map_err(|error| deflate_error(large.member, error))?;
        // Without a hash, the member is not cached as one with these copied blocks.
        let content = self.cache.hash(&compressed.bytes).filter(|_| reused);
        let lookup = ChunkLookup { compressed: Arc::new(compressed), reused };
        Ok(CompressedPart { lookup, content, facts })
    }
}
