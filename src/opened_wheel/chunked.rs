//! A deflated member with a chunk table: inflated on all cores, or only in the chunks that a caller
//! needs.
//!
//! The table is a claim of the archive, and no other tool reads it. So it is trusted only as far as
//! it is verified: a chunk must inflate without a reference to bytes before it, to exactly the
//! length in the table, and its blocks must end exactly where the table says. If all chunks from
//! the start of a member up to one pass, every inflater decodes them to the same bytes: they are
//! **proven**. Otherwise the caller inflates from the start, without the table.
//!
//! Only [`Chunked::range`] trusts the positions in the table.

use std::ops::{ControlFlow, Range};
use std::sync::Mutex;

use rayon::ThreadPool;

use super::content::MemberData;
use crate::deflate::{INFLATE_STEP, Inflated, Inflater, Position};
use crate::error::Error;
use crate::exec::CancelFlag;
use crate::exec::ordered::{self, Weighed};
use crate::lock::lock;
use crate::zip::{ChunkRanges, ChunkTable, Method};

/// Bytes that are allocated before any is inflated: the longest chunk of most members.
const MAX_RESERVED: usize = 4 << 20;

/// A deflated member with a table of chunks.
#[derive(Debug, Clone, Copy)]
pub struct Chunked<'a> {
    member: MemberData<'a>,
    table: &'a ChunkTable,
}

/// How inflating with a table ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended<B> {
    /// All chunks are proven, and the content has the CRC-32 in the directory.
    Whole,
    /// The sink broke: its value, and the number of proven chunks that the sink got.
    Stopped(B, usize),
    /// The data contradicts the table or the directory. The caller must inflate from the start.
    Unproven,
}

/// A chunk that passed verification.
struct Chunk {
    len: u64,
    crc: u32,
    /// The content; empty if the caller does not need it in order.
    bytes: Vec<u8>,
}

/// Writes bytes at an offset of the content, as soon as they are inflated.
type WriteAt<'a> = dyn Fn(u64, &[u8]) -> Result<(), Error> + Sync + 'a;

/// A sink for the content in order.
pub type OrderedSink<'a> = &'a mut dyn FnMut(&[u8]);

impl<'a> Chunked<'a> {
    /// Returns the chunks of a deflated member that has a table of them.
    #[must_use]
    pub fn new(member: MemberData<'a>) -> Option<Self> {
        let table = member.chunks.filter(|_| member.method == Method::Deflated)?;
        Some(Self { member, table })
    }

    /// Returns the table.
    #[must_use]
    pub fn table(&self) -> &'a ChunkTable {
        self.table
    }

    /// Returns the length in bytes of the content of the first `chunks` chunks.
    #[must_use]
    pub fn len_of_first(&self, chunks: usize) -> u64 {
        let last = chunks.checked_sub(1).and_then(|last| self.table.chunk(last));
        last.map_or(0, |chunk| chunk.uncompressed.end)
    }

    /// Inflates all chunks on the pool's threads and passes their bytes to `write_at`, in any order,
    /// and to `in_order`, if given, on this thread and in order. Returns whether all chunks are proven;
    /// if not, the caller must discard the bytes.
    pub fn inflate_all(
        &self,
        pool: &ThreadPool,
        cancel: &CancelFlag,
        write_at: impl Fn(u64, &[u8]) -> Result<(), Error> + Sync,
        mut in_order: Option<OrderedSink<'_>>,
    ) -> Result<bool, Error> {
        let keep = in_order.is_some();
        let ended = self.run(pool, cancel, Some(&write_at), keep, |bytes| {
            if let Some(sink) = &mut in_order {
                sink(bytes);
            }
            ControlFlow::<()>::Continue(())
        })?;
        Ok(ended == Ended::Whole)
    }

    /// Inflates chunks on the pool's threads, from the first on, and passes their content to `sink`
    /// on this thread, in order, until the sink breaks. The calls get the same lengths as those of
    /// [`Inflater::inflate`].
    pub fn inflate<B>(
        &self,
        pool: &ThreadPool,
        first: usize,
        cancel: &CancelFlag,
        mut sink: impl FnMut(&[u8]) -> ControlFlow<B>,
    ) -> Result<Ended<B>, Error> {
        let mut slicer = Slicer { held: Vec::new(), next: first.clamp(1, INFLATE_STEP) };
        let ended = self.run(pool, cancel, None, true, |bytes| slicer.feed(bytes, &mut sink))?;
        match ended {
            Ended::Whole if !slicer.held.is_empty() => match sink(&slicer.held) {
                ControlFlow::Continue(()) => Ok(Ended::Whole),
                ControlFlow::Break(reason) => Ok(Ended::Stopped(reason, self.table.len())),
            },
            ended => Ok(ended),
        }
    }

    fn run<B>(
        &self,
        pool: &ThreadPool,
        cancel: &CancelFlag,
        write_at: Option<&WriteAt<'_>>,
        keep: bool,
        mut sink: impl FnMut(&[u8]) -> ControlFlow<B>,
    ) -> Result<Ended<B>, Error> {
        // A thread of the pool that waits for the pool might wait for itself.
        if pool.current_thread_index().is_some() {
            return Ok(Ended::Unproven);
        }
        let idle = InflaterPool::default();
        // Set when no more chunks are wanted.
        let stop = CancelFlag::default();
        let tasks = (0..self.table.len()).map_while(|index| {
            let chunk = self.table.chunk(index).filter(|_| !stop.is_cancelled())?;
            let weight = usize::try_from(chunk.uncompressed.end - chunk.uncompressed.start);
            Some(Ok(Weighed { task: chunk, weight: weight.unwrap_or(usize::MAX) }))
        });
        let (mut crc, mut proven, mut ended) = (crc32fast::Hasher::new(), 0, None);
        ordered::run(
            pool,
            ordered::window(pool),
            cancel,
            tasks,
            |chunk| {
                if stop.is_cancelled() {
                    return Ok(None);
                }
                idle.lend(|inflater, buffer| {
                    self.chunk(&chunk, inflater, write_at, keep.then_some(buffer))
                })
            },
            |chunk| {
                if ended.is_some() {
                    return Ok(());
                }
                proven += 1;
                ended = match chunk {
                    None => Some(Ended::Unproven),
                    Some(Chunk { len, crc: its_crc, bytes }) => {
                        crc.combine(&crc32fast::Hasher::new_with_initial_len(its_crc, len));
                        let flow = sink(&bytes);
                        idle.give_back(bytes);
                        flow.break_value().map(|reason| Ended::Stopped(reason, proven))
                    }
                };
                if ended.is_some() {
                    stop.cancel();
                }
                Ok(())
            },
        )?;
        Ok(ended.unwrap_or_else(|| {
            if crc.finalize() == self.member.crc { Ended::Whole } else { Ended::Unproven }
        }))
    }

    /// Inflates one chunk; `None` if it does not match the table.
    fn chunk(
        &self,
        chunk: &ChunkRanges,
        inflater: &mut Inflater,
        write_at: Option<&WriteAt<'_>>,
        kept: Option<Vec<u8>>,
    ) -> Result<Option<Chunk>, Error> {
        let start = chunk.uncompressed.start;
        let mut bytes = kept;
        let (mut at, mut crc, mut failed) = (start, crc32fast::Hasher::new(), None);
        let whole = self.inflate_chunk(chunk, inflater, |piece| {
            crc.update(piece);
            if let Some(bytes) = &mut bytes {
                bytes.extend_from_slice(piece);
            }
            let written = write_at.map_or(Ok(()), |write_at| write_at(at, piece));
            at += piece.len() as u64;
            written.map_or_else(
                |error| {
                    failed = Some(error);
                    ControlFlow::Break(())
                },
                ControlFlow::Continue,
            )
        });
        match failed {
            Some(error) => Err(error),
            None => Ok(whole.map(|_| Chunk {
                len: at - start,
                crc: crc.finalize(),
                bytes: bytes.unwrap_or_default(),
            })),
        }
    }

    /// Inflates all chunks on this thread, in order, and passes their bytes to `sink`. Returns
    /// whether all chunks are proven; if not, the caller must discard the bytes.
    pub fn inflate_alone(
        &self,
        inflater: &mut Inflater,
        cancel: &CancelFlag,
        mut sink: impl FnMut(&[u8]),
    ) -> bool {
        let mut crc = crc32fast::Hasher::new();
        let mut chunks = (0..self.table.len()).filter_map(|index| self.table.chunk(index));
        let is_whole = chunks.all(|chunk| {
            let found = self.inflate_chunk(&chunk, inflater, |piece| {
                crc.update(piece);
                sink(piece);
                ControlFlow::Continue(())
            });
            found.is_some() && !cancel.is_cancelled()
        });
        is_whole && crc.finalize() == self.member.crc
    }

    /// Inflates one chunk at its position in the table. Returns `None` if the data there is not
    /// this chunk; the sink may have got some bytes by then.
    fn inflate_chunk(
        &self,
        chunk: &ChunkRanges,
        inflater: &mut Inflater,
        sink: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Option<Inflated> {
        let from = usize::try_from(chunk.compressed.start).ok()?;
        let blocks = self.member.bytes.get(from..usize::try_from(chunk.compressed.end).ok()?)?;
        let chunk_len = usize::try_from(chunk.uncompressed.end - chunk.uncompressed.start).ok()?;
        let is_last = chunk.uncompressed.end == self.member.uncompressed;
        let position = if is_last { Position::Last } else { Position::Inner };
        inflater.inflate_chunk(blocks, position, chunk_len, sink).ok()
    }

    /// Returns a range of the content, and inflates only the chunks that hold it. Verifies that
    /// each is a chunk; that it is *this* chunk is only a claim of the table, unless all chunks
    /// before it are proven. `None` if the range is outside of the content or a chunk is invalid.
    #[must_use]
    pub fn range(&self, range: &Range<u64>, inflater: &mut Inflater) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        self.append_range(range, inflater, &mut bytes)?;
        Some(bytes)
    }

    /// Like [`Self::range`], appends to `bytes`. If it returns `None`, some may have been appended.
    pub(super) fn append_range(
        &self,
        range: &Range<u64>,
        inflater: &mut Inflater,
        bytes: &mut Vec<u8>,
    ) -> Option<()> {
        if range.end > self.member.uncompressed || range.start > range.end {
            return None;
        }
        // The chunk lengths in a table are capped, so this allocation is bounded.
        let len = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        // To grow a chunk of 1 MiB step by step would copy it twice.
        bytes.try_reserve_exact(len.min(MAX_RESERVED)).ok()?;
        for index in self.table.holding(range).take_while(|_| range.start < range.end) {
            let chunk = self.table.chunk(index)?;
            let mut at = chunk.uncompressed.start;
            self.inflate_chunk(&chunk, inflater, |piece| {
                let end = at + piece.len() as u64;
                let within = |offset: u64| {
                    usize::try_from(offset.clamp(at, end) - at).unwrap_or(piece.len())
                };
                bytes.extend_from_slice(&piece[within(range.start)..within(range.end)]);
                at = end;
                ControlFlow::Continue(())
            })?;
        }
        Some(())
    }
}

/// Regroups bytes into the lengths that [`Inflater::inflate`] passes to its sink.
struct Slicer {
    /// The start of the next group.
    held: Vec<u8>,
    /// The length of the next group.
    next: usize,
}

impl Slicer {
    fn feed<B>(
        &mut self,
        mut bytes: &[u8],
        sink: &mut impl FnMut(&[u8]) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        while let Some((now, later)) = bytes.split_at_checked(self.next - self.held.len()) {
            if self.held.is_empty() {
                sink(now)?;
            } else {
                self.held.extend_from_slice(now);
                sink(&self.held)?;
                self.held.clear();
            }
            (bytes, self.next) = (later, INFLATE_STEP);
        }
        self.held.extend_from_slice(bytes);
        ControlFlow::Continue(())
    }
}

/// Idle inflaters and buffers: as many as were ever in use at once.
#[derive(Default)]
pub(super) struct InflaterPool {
    inflaters: Mutex<Vec<Inflater>>,
    buffers: Mutex<Vec<Vec<u8>>>,
}

impl InflaterPool {
    pub(super) fn lend<T>(&self, work: impl FnOnce(&mut Inflater, Vec<u8>) -> T) -> T {
        let inflaters = || lock(&self.inflaters);
        let idle = inflaters().pop();
        let mut inflater = idle.unwrap_or_default();
        let buffer = lock(&self.buffers).pop();
        let done = work(&mut inflater, buffer.unwrap_or_default());
        inflaters().push(inflater);
        done
    }

    pub(super) fn give_back(&self, mut buffer: Vec<u8>) {
        if buffer.capacity() > 0 {
            buffer.clear();
            lock(&self.buffers).push(buffer);
        }
    }
}

#[cfg(test)]
#[path = "chunked_tests.rs"]
mod tests;
