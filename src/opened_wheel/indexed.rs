//! A deflated member that was inflated before, with an index: inflated again on all cores.

use std::ops::{ControlFlow, Range};

use rayon::ThreadPool;

use super::chunked::InflaterPool;
use super::content::MemberData;
use crate::deflate::{Inflated, Inflater, Segment, StreamIndex};
use crate::error::Error;
use crate::exec::CancelFlag;
use crate::exec::ordered::{self, Weighed};

/// Length and CRC-32 of a segment's content.
struct SegmentSums {
    len: u64,
    crc: u32,
}

/// Inflates a member on the pool's threads, and passes its bytes to `write_at`, in any order. Returns whether the
/// content has the length and CRC-32 in the directory; if not, the caller must discard the bytes.
pub(super) fn inflate_all(
    member: &MemberData<'_>,
    index: &StreamIndex,
    pool: &ThreadPool,
    cancel: &CancelFlag,
    write_at: impl Fn(u64, &[u8]) -> Result<(), Error> + Sync,
) -> Result<bool, Error> {
    // A thread of the pool that waits for the pool might wait for itself.
    let is_of_member = index.content_len() == Some(member.uncompressed);
    if !is_of_member || pool.current_thread_index().is_some() {
        return Ok(false);
    }
    let idle = InflaterPool::default();
    let segments = index.segments().map(|segment| {
        let Range { start, end } = segment.content();
        let weight = usize::try_from(end - start).unwrap_or(usize::MAX);
        Ok(Weighed { task: segment, weight })
    });
    let (mut crc, mut is_whole) = (crc32fast::Hasher::new(), true);
    ordered::run(
        pool,
        ordered::window(pool),
        cancel,
        segments,
        |segment| idle.lend(|inflater, _| inflate(member, &segment, inflater, cancel, &write_at)),
        |segment| {
            let Some(segment) = segment else {
                is_whole = false;
                return Ok(());
            };
            crc.combine(&crc32fast::Hasher::new_with_initial_len(segment.crc, segment.len));
            Ok(())
        },
    )?;
    Ok(is_whole && crc.finalize() == member.crc)
}

/// Inflates one segment; `None` if it is not of this member.
fn inflate(
    member: &MemberData<'_>,
    segment: &Segment<'_>,
    inflater: &mut Inflater,
    cancel: &CancelFlag,
    write_at: &(impl Fn(u64, &[u8]) -> Result<(), Error> + Sync),
) -> Result<Option<SegmentSums>, Error> {
    let (mut at, mut crc, mut failed) = (segment.content().start, crc32fast::Hasher::new(), None);
    let end = inflater.inflate_segment(member.bytes, segment, |piece| {
        crc.update(piece);
        let written = cancel.check().and_then(|()| write_at(at, piece));
        at += piece.len() as u64;
        written.map_or_else(
            |error| {
                failed = Some(error);
                ControlFlow::Break(())
            },
            ControlFlow::Continue,
        )
    });
    match (failed, end) {
        (Some(error), _) => Err(error),
        (None, Ok(Inflated::Whole(_))) => {
            Ok(Some(SegmentSums { len: at - segment.content().start, crc: crc.finalize() }))
        }
        _ => Ok(None),
    }
}
