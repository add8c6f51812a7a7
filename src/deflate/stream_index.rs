//! The index of a stream that was inflated once: its blocks, and points from which threads inflate it again.

use std::ops::Range;

use super::spans::{Spans, WINDOW};

/// The least content between two points in bytes. A point has 32 KiB, so an index has at most 1/128 of the content;
/// segments of 4 MiB keep the overhead of a start below 1 %.
const MIN_SEGMENT: u64 = 4 << 20;

/// The maximum number of points: 4 MiB of windows. Longer streams have longer segments.
const MAX_POINTS: usize = 128;

/// Where the blocks of a stream are, and points from which it can be inflated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamIndex {
    /// The blocks.
    pub spans: Spans,
    points: Vec<ResumePoint>,
    min_segment: u64,
    /// The end of the stream, once it was inflated to its end.
    end: Option<Boundary>,
}

impl Default for StreamIndex {
    fn default() -> Self {
        Self { spans: Spans::default(), points: Vec::new(), min_segment: MIN_SEGMENT, end: None }
    }
}

/// The start of a block, and the content before it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ResumePoint {
    start: Boundary,
    /// The content before the start: the last 32 KiB.
    window: Box<[u8]>,
}

/// A place between two blocks, or the end of the stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Boundary {
    /// In bits from the start of the stream.
    bits: u64,
    /// In bytes from the start of the content.
    content: u64,
}

/// A part of a stream: blocks that are inflated independently of others.
#[derive(Debug, Clone, Copy)]
pub struct Segment<'a> {
    /// Where it begins, in bits of the stream and bytes of the content.
    start: Boundary,
    /// Where it ends.
    end: Boundary,
    /// Whether it has the final block.
    pub(super) is_last: bool,
    /// The content before it: at most 32 KiB.
    pub(super) window: &'a [u8],
}

impl Segment<'_> {
    /// Returns its range of the content in bytes.
    #[must_use]
    pub fn content(&self) -> Range<u64> {
        self.start.content..self.end.content
    }

    /// Returns its range of the stream in bits.
    pub(super) fn bits(&self) -> Range<u64> {
        self.start.bits..self.end.bits
    }
}

impl StreamIndex {
    /// Adds the place behind a block that is not the last one. `window` returns the content before it.
    pub(super) fn add_point(
        &mut self,
        bits: u64,
        content: u64,
        window: impl FnOnce() -> Box<[u8]>,
    ) {
        let last = self.points.last().map_or(0, |point| point.start.content);
        if content - last < self.min_segment {
            return;
        }
        if self.points.len() == MAX_POINTS {
            self.min_segment *= 2;
            let mut is_kept = true;
            self.points.retain(|_| {
                is_kept = !is_kept;
                is_kept
            });
        }
        self.points.push(ResumePoint { start: Boundary { bits, content }, window: window() });
    }

    /// Completes the index: the stream ends here.
    pub(super) fn complete(&mut self, bits: u64, content: u64) {
        self.end = Some(Boundary { bits, content });
    }

    /// Returns the length of the content in bytes; `None` if the index is not complete.
    #[must_use]
    pub fn content_len(&self) -> Option<u64> {
        self.end.map(|end| end.content)
    }

    /// Returns the parts of the stream, in order; none if the index is not complete.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        let ends = self.points.iter().map(|point| point.start).chain(self.end);
        let first = (Boundary::default(), &[][..]);
        let starts = std::iter::once(first)
            .chain(self.points.iter().map(|point| (point.start, &point.window[..])));
        let count = if self.end.is_some() { self.points.len() + 1 } else { 0 };
        starts.zip(ends).take(count).enumerate().map(move |(index, ((start, window), end))| {
            Segment { start, end, is_last: index + 1 == count, window }
        })
    }
}

/// Returns the last bytes of the content so far, at most as many as a match reaches back.
pub(super) fn window_of(content: &[u8]) -> Box<[u8]> {
    content[content.len().saturating_sub(WINDOW)..].into()
}
