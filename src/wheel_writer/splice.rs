//! How an edited stream is made of blocks of the old one and of new chunks.

use std::ops::Range;
use std::sync::Arc;

use super::archived_member::ArchivedMember;
use super::inflated_once::InflatedFile;
use crate::deflate::{BlockRange, Run, Spans};
use crate::zip::ChunkTable;

/// The parts of an edited stream, in order: blocks that are copied, and content that is cut into chunks.
pub(super) struct Splice<'a> {
    /// The member with the old stream.
    pub(super) source: &'a ArchivedMember,
    runs: Vec<Run>,
    /// The level of the old stream's chunk table. `None` if it has none: then chunks refer to bytes before
    /// themselves.
    pub(super) table_level: Option<u8>,
    /// What the copies of a member know of its blocks.
    pub(super) shared: Option<Arc<InflatedFile>>,
}

impl<'a> Splice<'a> {
    /// Returns the splice of these runs.
    pub(super) fn new(
        source: &'a ArchivedMember,
        spans: &Spans,
        runs: Vec<Run>,
        shared: Option<Arc<InflatedFile>>,
    ) -> Self {
        let table = source.entry().chunks.as_ref().filter(|_| spans.is_independent());
        Self { source, runs, table_level: table.map(ChunkTable::level), shared }
    }

    /// Returns the content of the run that holds this offset, and the blocks that it is a copy of. `None` if the offset is
    /// behind the end, or amid copied blocks.
    pub(super) fn run_at(&self, offset: usize) -> Option<(Range<usize>, Option<&BlockRange>)> {
        let at = offset as u64;
        let index = self.runs.partition_point(|run| run.content.end <= at);
        let Run { content: Range { start, end }, copied } = self.runs.get(index)?;
        let range = usize::try_from(*start).ok()?..usize::try_from(*end).ok()?;
        let is_there = if copied.is_some() { range.start == offset } else { range.start <= offset };
        is_there.then_some((range, copied.as_ref()))
    }
}
