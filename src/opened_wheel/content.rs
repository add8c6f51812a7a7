//! A member's content, streamed, with its length and CRC-32 verified.

use std::borrow::Cow;
use std::ops::ControlFlow;

use thiserror::Error;

use crate::deflate::{InflateError, Inflated, Inflater};
use crate::error::Diagnose;
use crate::exec::CancelFlag;
use crate::memory::{self, OutOfMemory};
use crate::zip::{ChunkClaim, ChunkTable, Entry, Method, RawMember};

/// Bytes of a stored member that are passed to the sink at a time: they stay in the second-level
/// cache from the CRC-32 to the sink.
const STORED_STEP: usize = 128 << 10;

/// Whether a reader accepts what installers accept, or refuses what strict indexes refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// As installers read: bytes behind the end of a member's DEFLATE stream are ignored.
    Lenient,
    /// As strict indexes read: such bytes are an error.
    Strict,
}

/// A member's data in the archive, with the facts about its content in the directory.
#[derive(Debug, Clone, Copy)]
pub struct MemberData<'a> {
    /// The data in the archive.
    pub bytes: &'a [u8],
    /// How it is stored.
    pub method: Method,
    /// Length of the content in bytes.
    pub uncompressed: u64,
    /// CRC-32 of the content.
    pub crc: u32,
    /// The positions of its chunks, as the archive claims.
    pub chunks: Option<&'a ChunkTable>,
}

/// A member whose content cannot be read, or contradicts the directory.
#[derive(Debug, Error)]
pub enum ContentError {
    /// The data is encrypted, compressed in another way than DEFLATE, or shares bytes with another
    /// member.
    #[error("its data cannot be found, or is not compressed in a way that installers read")]
    Unreadable,
    /// The compressed data is damaged.
    #[error("{0}")]
    Inflate(#[from] InflateError),
    /// There are bytes behind the end of the DEFLATE stream; [`Strictness::Strict`] only.
    #[error("the compressed data ends after {read} of {len} bytes")]
    TrailingData {
        /// Length of the stream in bytes.
        read: usize,
        /// Length of the data in bytes.
        len: usize,
    },
    /// The content has another length.
    #[error("expected {expected} bytes, as the archive's directory says, found {found}")]
    Length {
        /// The length in the directory.
        expected: u64,
        /// The length of the content, or `more`: reading stops behind the expected length.
        found: String,
    },
    /// The content has another CRC-32.
    #[error("expected CRC-32 {expected:08x}, as the archive's directory says, found {found:08x}")]
    Crc {
        /// The CRC-32 in the directory.
        expected: u32,
        /// That of the content.
        found: u32,
    },
    /// The content is longer than the reader allows.
    #[error("expected at most {limit} bytes, found {found}")]
    TooLong {
        /// The limit in bytes.
        limit: u64,
        /// Length of the content in bytes.
        found: u64,
    },
    /// There is no memory for the content.
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
    /// The request was cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl Diagnose for ContentError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Unreadable
            | Self::TrailingData { .. }
            | Self::TooLong { .. }
            | Self::Cancelled => return None,
            Self::Inflate(_) | Self::Crc { .. } => {
                "the archive is damaged; download or build it again"
            }
            Self::Length { .. } => {
                "the archive is damaged or malicious; download or build it again"
            }
            Self::Memory(source) => return source.hint(),
        };
        Some(hint.into())
    }
}

impl<'a> MemberData<'a> {
    /// Returns the data of a member of the trusted directory.
    #[must_use]
    pub fn of_entry(entry: &'a Entry, archive: &'a [u8]) -> Self {
        Self {
            bytes: archive.get(entry.data.clone()).unwrap_or_default(),
            method: entry.method,
            uncompressed: entry.uncompressed,
            crc: entry.crc,
            chunks: entry.chunks.as_ref(),
        }
    }

    /// Returns the data of a member of the strict reader.
    ///
    /// # Errors
    ///
    /// [`ContentError::Unreadable`].
    pub fn of_raw(member: &'a RawMember, archive: &'a [u8]) -> Result<Self, ContentError> {
        let range = member.data.clone().filter(|_| !member.is_encrypted());
        let bytes = range.and_then(|range| archive.get(range)).ok_or(ContentError::Unreadable)?;
        let method = match member.method {
            0 => Method::Stored,
            8 => Method::Deflated,
            _ => return Err(ContentError::Unreadable),
        };
        let chunks = match &member.chunks {
            ChunkClaim::Table(table) => Some(table),
            ChunkClaim::None | ChunkClaim::Wrong => None,
        };
        let (uncompressed, crc) = (member.uncompressed, member.crc);
        Ok(Self { bytes, method, uncompressed, crc, chunks })
    }

    /// Passes the content to `sink` in consecutive slices until the sink breaks, and returns the
    /// value that it broke with. The first slice of inflated content has `first` bytes or a few
    /// more. The slices never exceed the length in the directory.
    ///
    /// # Errors
    ///
    /// If content that is read to its end differs from the directory in length or CRC-32, if the
    /// data is damaged, or if the request is cancelled.
    pub fn stream<B>(
        &self,
        inflater: &mut Inflater,
        first: usize,
        strictness: Strictness,
        cancel: &CancelFlag,
        mut sink: impl FnMut(&[u8]) -> ControlFlow<B>,
    ) -> Result<Option<B>, ContentError> {
        self.stream_with_positions(inflater, first, strictness, cancel, |piece, _| sink(piece))
    }

    /// Like [`MemberData::stream`]. The sink also gets the number of bytes of the data that were read up to
    /// the end of the slice.
    ///
    /// # Errors
    ///
    /// As [`MemberData::stream`].
    pub fn stream_with_positions<B>(
        &self,
        inflater: &mut Inflater,
        first: usize,
        strictness: Strictness,
        cancel: &CancelFlag,
        mut sink: impl FnMut(&[u8], usize) -> ControlFlow<B>,
    ) -> Result<Option<B>, ContentError> {
        let expected = self.uncompressed;
        let (mut at, mut crc) = (0, crc32fast::Hasher::new());
        let mut stop = None;
        let mut hand = |piece: &[u8], read: usize| {
            at += piece.len() as u64;
            let flow = if at > expected {
                let found = "more".to_owned();
                ControlFlow::Break(Err(ContentError::Length { expected, found }))
            } else if cancel.is_cancelled() {
                ControlFlow::Break(Err(ContentError::Cancelled))
            } else {
                crc.update(piece);
                sink(piece, read).map_break(Ok)
            };
            flow.map_break(|reason| stop = Some(reason))
        };
        let (len, ended) = (
            self.bytes.len(),
            match self.method {
                Method::Deflated => inflater.inflate_with_positions(self.bytes, first, hand)?,
                Method::Stored => {
                    let mut read = 0;
                    let copied = self.bytes.chunks(STORED_STEP).try_for_each(|piece| {
                        read += piece.len();
                        hand(piece, read)
                    });
                    match copied {
                        ControlFlow::Break(()) => Inflated::Stopped,
                        ControlFlow::Continue(()) => Inflated::Whole(self.bytes.len()),
                    }
                }
            },
        );
        match (stop, ended) {
            (Some(reason), _) => reason.map(Some),
            (None, Inflated::Stopped) => Ok(None),
            (None, Inflated::Whole(read)) if strictness == Strictness::Strict && read < len => {
                Err(ContentError::TrailingData { read, len })
            }
            (None, Inflated::Whole(_)) if at != expected => {
                Err(ContentError::Length { expected, found: at.to_string() })
            }
            (None, Inflated::Whole(_)) => check_crc(self.crc, crc.finalize()).map(|()| None),
        }
    }

    /// Appends the whole content to `bytes`.
    ///
    /// # Errors
    ///
    /// If it is longer than `limit` bytes, and as [`Self::stream`]. After [`ContentError::Crc`], `bytes`
    /// has all of the content.
    pub fn append_to(
        &self,
        bytes: &mut Vec<u8>,
        limit: u64,
        strictness: Strictness,
        inflater: &mut Inflater,
        cancel: &CancelFlag,
    ) -> Result<(), ContentError> {
        if self.uncompressed > limit {
            return Err(ContentError::TooLong { limit, found: self.uncompressed });
        }
        let stopped = self.stream(inflater, usize::MAX, strictness, cancel, |piece| {
            match memory::append(bytes, piece) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => ControlFlow::Break(error),
            }
        })?;
        stopped.map_or(Ok(()), |error| Err(error.into()))
    }
}

fn check_crc(expected: u32, found: u32) -> Result<(), ContentError> {
    if expected == found { Ok(()) } else { Err(ContentError::Crc { expected, found }) }
}
