//! The content of one member, in pieces, with its length and CRC-32 verified.

use std::ops::ControlFlow;

use thiserror::Error;

use crate::deflate::{InflateError, Inflated, Inflater};
use crate::exec::CancelFlag;
use crate::zip::{Entry, Method};

/// Bytes of a stored member that are handed out at a time: they stay in the second-level cache from
/// the CRC to whatever the sink does.
const STORED_STEP: usize = 128 << 10;

/// A member that cannot be read.
#[derive(Debug, Error)]
pub enum MemberError {
    /// Its compressed data.
    #[error("{0}\nhint: the archive is damaged; download or build it again")]
    Inflate(#[from] InflateError),
    /// Its length.
    #[error(
        "expected {expected} bytes, as the archive's directory says, found {found}\nhint: the archive is damaged, or made to mislead; download or build it again"
    )]
    Length {
        /// What the directory says.
        expected: u64,
        /// What it inflates to: `more` where nobody counted on.
        found: String,
    },
    /// Its CRC-32.
    #[error(
        "expected CRC-32 {expected:08x}, as the archive's directory says, found {found:08x}\nhint: the archive is damaged; download or build it again"
    )]
    Crc {
        /// What the directory says.
        expected: u32,
        /// What the data has.
        found: u32,
    },
    /// The request was cancelled meanwhile.
    #[error("cancelled")]
    Cancelled,
}

impl crate::error::Diagnose for MemberError {}

/// Hands a member's content to `sink` in consecutive pieces until that breaks, and gives what it broke
/// with. `data` is the member's data in the archive; the first piece of what is inflated has `first`
/// bytes or little more. What is read to its end must have the length and the CRC that the directory
/// says, and no piece goes beyond that length.
pub fn inflate<B>(
    entry: &Entry,
    data: &[u8],
    inflater: &mut Inflater,
    first: usize,
    cancel: &CancelFlag,
    mut sink: impl FnMut(&[u8]) -> ControlFlow<B>,
) -> Result<Option<B>, MemberError> {
    let expected = entry.uncompressed;
    let (mut at, mut crc) = (0, crc32fast::Hasher::new());
    let mut stop = None;
    let mut hand = |piece: &[u8]| {
        at += piece.len() as u64;
        let flow = if at > expected {
            let found = "more".to_owned();
            ControlFlow::Break(Err(MemberError::Length { expected, found }))
        } else if cancel.is_cancelled() {
            ControlFlow::Break(Err(MemberError::Cancelled))
        } else {
            crc.update(piece);
            sink(piece).map_break(Ok)
        };
        flow.map_break(|reason| stop = Some(reason))
    };
    let is_stopped = if entry.method == Method::Deflated {
        inflater.inflate(data, first, hand)? == Inflated::Stopped
    } else {
        data.chunks(STORED_STEP).any(|piece| hand(piece).is_break())
    };
    match stop {
        Some(reason) => reason.map(Some),
        None if is_stopped => Ok(None),
        None if at != expected => Err(MemberError::Length { expected, found: at.to_string() }),
        None => check_crc(entry.crc, crc.finalize()).map(|()| None),
    }
}

fn check_crc(expected: u32, found: u32) -> Result<(), MemberError> {
    if expected == found { Ok(()) } else { Err(MemberError::Crc { expected, found }) }
}
