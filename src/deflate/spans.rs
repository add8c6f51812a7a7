//! Where the blocks of a stream are, and which of them an edit of the content leaves as they are.
//!
//! A block refers to at most 32 KiB of content before itself. So blocks without a changed byte in their content
//! and in the 32 KiB before it decode to the same content when other blocks replace those before them. Only the
//! blocks around an edit have to be compressed again.

use std::ops::Range;

/// The maximum distance of a match in bytes (RFC 1951, 3.2.5).
pub const WINDOW: usize = 32 << 10;

/// The least length of a span in bytes, of its content or of its blocks. It bounds the memory: a stream of any
/// number of tiny blocks has no more spans than this allows.
const MIN_SPAN: u64 = 16 << 10;

/// The length of copied content from which on a run ends, in bytes, so that many threads copy and verify.
const RUN: u64 = 1 << 20;

/// The longest span that is copied in bytes, of its content and of its blocks: it is held in memory.
const MAX_SPAN: u64 = 16 << 20;

/// The spans of a stream: runs of whole blocks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spans {
    ends: Vec<End>,
    /// The end of the header of the first stored block behind the last end.
    stored: Option<u64>,
    /// Whether no span refers to content before itself, and each begins and ends on a byte boundary.
    independent: bool,
}

/// A range of whole blocks of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockRange {
    /// Their bits, from the start of the stream.
    pub bits: Range<u64>,
    /// The end of the header of the first stored block, in bits from the start of the stream. The data of such a
    /// block begins on a byte boundary, and so does the next block.
    pub stored: Option<u64>,
}

/// The end of a span: sums of all lengths up to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct End {
    /// In bits from the start of the stream.
    blocks: u64,
    /// In bytes from the start of the content.
    content: u64,
    /// The end of the header of the first stored block in the span, in bits from the start of the stream.
    stored: Option<u64>,
}

/// A part of an edited stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The edited content, in bytes.
    pub content: Range<u64>,
    /// The blocks of the old stream to copy. `None` if the content is to be compressed.
    pub copied: Option<BlockRange>,
}

impl Spans {
    /// Returns the spans of a stream of independent chunks, with the compressed and the uncompressed length of
    /// each in bytes.
    #[must_use]
    pub fn of_chunks(lengths: impl IntoIterator<Item = (u64, u64)>) -> Self {
        let mut end = End::default();
        let ends = lengths.into_iter().map(|(compressed, uncompressed)| {
            end = End {
                blocks: end.blocks.saturating_add(compressed.saturating_mul(8)),
                content: end.content.saturating_add(uncompressed),
                stored: None,
            };
            end
        });
        Self { ends: ends.collect(), stored: None, independent: true }
    }

    /// Whether each span is a chunk: it refers to nothing before itself.
    #[must_use]
    pub fn is_independent(&self) -> bool {
        self.independent
    }

    /// Whether no block was recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    #[cfg(test)]
    pub(super) fn ends_count(&self) -> usize {
        self.ends.len()
    }

    /// Adds a block by its end, in bits of the stream and bytes of the content. `stored` is the end of its header
    /// if it is a stored block.
    pub(super) fn add_block(
        &mut self,
        blocks: u64,
        content: u64,
        stored: Option<u64>,
        is_final: bool,
    ) {
        self.stored = self.stored.or(stored);
        let start = self.ends.last().copied().unwrap_or_default();
        let is_long = content - start.content >= MIN_SPAN || blocks - start.blocks >= 8 * MIN_SPAN;
        if is_long || is_final {
            self.ends.push(End { blocks, content, stored: self.stored.take() });
        }
    }

    /// Returns the parts of the edited stream, in order. `changes` are the changed ranges of the first `kept`
    /// bytes of the content, in any order; everything behind them is new, up to the length `len`. `None` if more
    /// than half of the content would have to be compressed.
    #[must_use]
    pub fn runs(
        &self,
        changes: impl IntoIterator<Item = Range<u64>>,
        kept: u64,
        len: u64,
    ) -> Option<Vec<Run>> {
        self.runs_within(changes, kept, len, len / 2)
    }

    /// Like [`Spans::runs`]. `None` if more than `max_encoded` bytes would have to be compressed.
    #[must_use]
    pub fn runs_within(
        &self,
        changes: impl IntoIterator<Item = Range<u64>>,
        kept: u64,
        len: u64,
        max_encoded: u64,
    ) -> Option<Vec<Run>> {
        let old = self.ends.last()?.content;
        let reach = if self.independent { 0 } else { WINDOW as u64 };
        let mut changes = reached(changes, reach);
        if kept != old || len != old {
            // The last block is final, and something else may follow it.
            changes.push(kept.min(old)..u64::MAX);
        }
        let mut changes = changes.iter().peekable();
        let mut runs: Vec<Run> = Vec::new();
        let mut encoded = 0;
        let mut start = End::default();
        for (index, &end) in self.ends.iter().enumerate() {
            while changes.next_if(|change| change.end <= start.content).is_some() {}
            let is_last = index + 1 == self.ends.len();
            let is_changed = changes.peek().is_some_and(|change| {
                change.start < end.content || is_last && change.end == u64::MAX
            });
            let is_long =
                end.content - start.content > MAX_SPAN || end.blocks - start.blocks > 8 * MAX_SPAN;
            let content_end = if is_last { len } else { end.content.min(len) };
            if is_changed || is_long {
                encoded += content_end.saturating_sub(start.content);
                self.encode(&mut runs, start.content..content_end);
            } else {
                let bits = start.blocks..end.blocks;
                let blocks = BlockRange { bits, stored: end.stored };
                self.copy(&mut runs, start.content..content_end, blocks);
            }
            start = end;
        }
        runs.retain(|run| !run.content.is_empty() || run.copied.is_some());
        let is_worth_it =
            encoded <= max_encoded && runs.last().is_some_and(|run| run.content.end == len);
        is_worth_it.then_some(runs)
    }

    fn encode(&self, runs: &mut Vec<Run>, content: Range<u64>) {
        match runs.last_mut() {
            Some(run) if run.copied.is_none() && !self.independent => {
                run.content.end = content.end.max(run.content.end);
            }
            _ => {
                let start = content.start.min(content.end);
                runs.push(Run { content: start..content.end, copied: None });
            }
        }
    }

    fn copy(&self, runs: &mut Vec<Run>, content: Range<u64>, blocks: BlockRange) {
        if let Some(Run { content: before, copied: Some(copied) }) = runs.last_mut()
            && !self.independent
            && before.end - before.start < RUN
            && blocks.bits.end - copied.bits.start <= 8 * MAX_SPAN
        {
            before.end = content.end;
            copied.bits.end = blocks.bits.end;
            copied.stored = copied.stored.or(blocks.stored);
        } else {
            runs.push(Run { content, copied: Some(blocks) });
        }
    }
}

/// Returns the ranges of content whose blocks depend on a change, sorted and disjoint.
fn reached(changes: impl IntoIterator<Item = Range<u64>>, reach: u64) -> Vec<Range<u64>> {
    let mut changes: Vec<Range<u64>> = changes.into_iter().filter(|it| !it.is_empty()).collect();
    changes.sort_unstable_by_key(|change| change.start);
    let mut merged: Vec<Range<u64>> = Vec::new();
    for Range { start, end } in changes {
        let end = end.saturating_add(reach);
        match merged.last_mut() {
            Some(last) if last.end >= start => last.end = last.end.max(end),
            _ => merged.push(start..end),
        }
    }
    merged
}
