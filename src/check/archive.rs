//! The archive of a wheel: its members, and what is wrong with its records.

use std::collections::HashMap;
use std::ops::ControlFlow;

use thiserror::Error;

use super::rules;
use crate::context::Context;
use crate::deflate::{InflateError, Inflated, Inflater};
use crate::error::Error as CommandError;
use crate::exec::CancelFlag;
use crate::findings::{Findings, Rule};
use crate::memory;
use crate::opened_wheel::inflate_chunk;
use crate::zip::{ChunkTable, DirectoryError, FlawKind, RawArchive, RawMember};

/// Largest RECORD that is read. That of 24,000 files has 3 MB.
const LARGEST_RECORD: u64 = 64 << 20;

/// Largest other file of the dist-info directory that is read. Fields of METADATA that have three bytes
/// each take 30 times their length in memory.
const LARGEST_METADATA: u64 = 8 << 20;

/// Bytes before the first look at whether there is more than there may be.
const FIRST: usize = 64 << 10;

/// PyPI's bounds on what an archive unpacks to: this many bytes, or this many times its own size.
const RATIO_COUNTS_FROM: u64 = 64 << 20;
const MAX_RATIO: u64 = 50;

/// A wheel's archive.
#[derive(Debug)]
pub(super) struct Archive<'a> {
    bytes: &'a [u8],
    pub(super) members: Vec<RawMember>,
    /// Whether it unpacks to so much that it is not looked into.
    pub(super) is_bomb: bool,
    by_name: HashMap<Box<str>, usize>,
}

/// Why a member's content is not what its headers say.
#[derive(Debug, Error)]
pub(super) enum Trouble {
    #[error("its data cannot be found, or is not compressed in a way that installers read")]
    OutOfReach,
    #[error(transparent)]
    Inflate(#[from] InflateError),
    #[error("the compressed data ends after {read} of {len} bytes")]
    Short { read: usize, len: usize },
    #[error("{found} bytes, not {expected}")]
    Size { expected: u64, found: String },
    #[error("{found:08x}, not {expected:08x}")]
    Crc { expected: u32, found: u32 },
    #[error("{len} bytes, of which {limit} are read at most")]
    Large { len: u64, limit: u64 },
    #[error("cancelled")]
    Cancelled,
}

impl crate::error::Diagnose for Trouble {
    fn hint(&self) -> Option<std::borrow::Cow<'static, str>> {
        match self {
            Self::Inflate(source) => source.hint(),
            _ => None,
        }
    }
}

impl Trouble {
    /// The rule that is broken, where no flaw of the archive says it already.
    pub(super) fn rule(&self) -> Option<&'static Rule> {
        match self {
            Self::OutOfReach | Self::Large { .. } | Self::Cancelled => None,
            Self::Inflate(_) | Self::Short { .. } => Some(&rules::ZIP_DATA),
            Self::Size { .. } => Some(&rules::ZIP_SIZE),
            Self::Crc { .. } => Some(&rules::ZIP_CRC),
        }
    }
}

impl<'a> Archive<'a> {
    /// Reads the records and tells what is wrong with them.
    pub(super) fn read(
        bytes: &'a [u8],
        findings: &mut Findings<'_>,
    ) -> Result<Self, DirectoryError> {
        let archive = RawArchive::read(bytes, &mut |flaw| {
            let rule = rule_of(flaw.kind);
            match &flaw.member {
                Some(member) => findings.add_at(rule, member, flaw.found),
                None => findings.add(rule, flaw.found),
            }
        })?;
        let members = archive.members;
        let total = members.iter().fold(0, |total: u64, it| total.saturating_add(it.uncompressed));
        let is_bomb = total > RATIO_COUNTS_FROM && total / MAX_RATIO > bytes.len() as u64;
        if is_bomb {
            let len = bytes.len();
            findings.add(&rules::ZIP_RATIO, format!("{total} bytes in an archive of {len}"));
        }
        let by_name = (0..).zip(&members).map(|(at, it)| (it.name.clone(), at)).collect();
        Ok(Self { bytes, members, is_bomb, by_name })
    }

    /// The files, as opposed to entries for directories.
    pub(super) fn files(&self) -> impl Iterator<Item = &RawMember> {
        self.members.iter().filter(|member| !member.is_directory())
    }

    /// The member of a name; of several the last, as Python has it.
    pub(super) fn find(&self, name: &str) -> Option<&RawMember> {
        self.by_name.get(name).map(|&at| &self.members[at])
    }

    /// As [`Self::stream`], for a member of which the directory says where its chunks are, chunk by chunk.
    /// False if it is not so, or something else is wrong: then what came counts for nothing, and
    /// [`Self::stream`] tells.
    pub(super) fn stream_chunks(
        &self,
        member: &RawMember,
        table: &ChunkTable,
        inflater: &mut Inflater,
        cancel: &CancelFlag,
        mut sink: impl FnMut(&[u8]),
    ) -> bool {
        let data = member.data.clone().and_then(|range| self.bytes.get(range)).unwrap_or_default();
        let mut crc = crc32fast::Hasher::new();
        let is_whole = (0..table.len()).filter_map(|index| table.chunk(index)).all(|chunk| {
            let end = inflate_chunk(data, &chunk, member.uncompressed, inflater, |piece| {
                crc.update(piece);
                sink(piece);
                ControlFlow::Continue(())
            });
            end.is_some() && !cancel.is_cancelled()
        });
        is_whole && crc.finalize() == member.crc
    }

    /// Hands a member's content to `sink`, piece by piece, and no more than its headers say. All of
    /// it came, and is what the headers say, if this succeeds.
    pub(super) fn stream(
        &self,
        member: &RawMember,
        inflater: &mut Inflater,
        cancel: &CancelFlag,
        mut sink: impl FnMut(&[u8]),
    ) -> Result<(), Trouble> {
        let range = member.data.clone().filter(|_| !member.is_encrypted());
        let data = range.and_then(|range| self.bytes.get(range)).ok_or(Trouble::OutOfReach)?;
        let mut crc = crc32fast::Hasher::new();
        let mut len = 0_u64;
        let mut take = |piece: &[u8]| {
            len += piece.len() as u64;
            if len > member.uncompressed || cancel.is_cancelled() {
                return ControlFlow::Break(());
            }
            crc.update(piece);
            sink(piece);
            ControlFlow::Continue(())
        };
        match member.method {
            0 => {
                for piece in data.chunks(FIRST) {
                    if take(piece).is_break() {
                        break;
                    }
                }
            }
            8 => {
                if let Inflated::Whole(read) = inflater.inflate(data, FIRST, take)?
                    && read < data.len()
                {
                    return Err(Trouble::Short { read, len: data.len() });
                }
            }
            _ => return Err(Trouble::OutOfReach),
        }
        if cancel.is_cancelled() {
            return Err(Trouble::Cancelled);
        }
        if len != member.uncompressed {
            let found = if len > member.uncompressed { "more".to_owned() } else { len.to_string() };
            return Err(Trouble::Size { expected: member.uncompressed, found });
        }
        let found = crc.finalize();
        if found != member.crc {
            return Err(Trouble::Crc { expected: member.crc, found });
        }
        Ok(())
    }

    /// The whole content of a file of the dist-info directory; `None` if it is not there or cannot
    /// be read, which is told if `is_needed`. What differs in its CRC only is read all the same.
    pub(super) fn read_metadata(
        &self,
        name: &str,
        is_needed: bool,
        findings: &mut Findings<'_>,
        context: &Context<'_>,
    ) -> Result<Option<Vec<u8>>, CommandError> {
        let Some(member) = self.find(name) else {
            if is_needed {
                findings.add_at(&rules::DIST_INFO_FILE, name, "it is not there");
            }
            return Ok(None);
        };
        let (mut bytes, mut is_short) = (Vec::new(), None);
        let limit = if name.ends_with("/RECORD") { LARGEST_RECORD } else { LARGEST_METADATA };
        let read = if member.uncompressed > limit {
            Err(Trouble::Large { len: member.uncompressed, limit })
        } else {
            let take = |piece: &[u8]| {
                if is_short.is_none() {
                    is_short = memory::append(&mut bytes, piece).err();
                }
            };
            self.stream(member, &mut Inflater::new(), context.cancel, take)
        };
        if let Some(error) = is_short {
            return Err(error.into());
        }
        context.cancel.check()?;
        match read {
            Ok(()) | Err(Trouble::Crc { .. }) => Ok(Some(bytes)),
            Err(trouble) => {
                findings.add_at(&rules::DIST_INFO_FILE, name, trouble.to_string());
                Ok(None)
            }
        }
    }
}

/// The rule that an archive with such a flaw breaks.
fn rule_of(kind: FlawKind) -> &'static Rule {
    match kind {
        FlawKind::Prefix => &rules::ZIP_PREFIX,
        FlawKind::Trailing => &rules::ZIP_TRAILING,
        FlawKind::Comment => &rules::ZIP_COMMENT,
        FlawKind::End => &rules::ZIP_END,
        FlawKind::Zip64End | FlawKind::Zip64Extra => &rules::ZIP_ZIP64,
        FlawKind::Record => &rules::ZIP_GAP,
        FlawKind::TooManyMembers => &rules::ZIP_MANY,
        FlawKind::NoLocalHeader | FlawKind::LocalDiffers => &rules::ZIP_LOCAL,
        FlawKind::Bounds => &rules::ZIP_BOUNDS,
        FlawKind::Hidden => &rules::ZIP_HIDDEN,
        FlawKind::Overlap => &rules::ZIP_OVERLAP,
        FlawKind::Duplicate => &rules::ZIP_DUPLICATE,
        FlawKind::DataDescriptor => &rules::ZIP_DESCRIPTOR,
        FlawKind::Encrypted => &rules::ZIP_ENCRYPTED,
        FlawKind::Method => &rules::ZIP_METHOD,
        FlawKind::MemberComment => &rules::ZIP_MEMBER_COMMENT,
        FlawKind::Extra => &rules::ZIP_EXTRA,
        FlawKind::UnicodePath => &rules::ZIP_UNICODE_PATH,
        FlawKind::NameEncoding => &rules::NAME_ENCODING,
        FlawKind::NameFlag => &rules::NAME_FLAG,
        FlawKind::NameControl => &rules::NAME_CONTROL,
        FlawKind::StoredLength => &rules::ZIP_STORED,
    }
}
