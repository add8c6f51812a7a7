//! A member that is packed chunk by chunk: one that must be read, or one that is known.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::digest::ChunkHasher;
use super::error::PackError;
use super::member::{Member, is_program};
use super::tasks::{facts, kind_of};
use crate::deflate::{self, chunk_at};
use crate::elf::{self, Facts, Machine};
use crate::error::Error;
use crate::source::{Content, Input};
use crate::warm::{MemberRecord, PieceKey};
use crate::wheel::Sha256Digest;
use crate::zip::Mode;

/// A large member. Its file is mapped as long as a task or result refers to it, if it had to be
/// opened at all.
pub(super) struct LargeMember<'a> {
    pub(super) member: &'a Member,
    pub(super) input: &'a Input,
    /// What an earlier request has found out.
    pub(super) known: Option<Arc<MemberRecord>>,
    content: OnceLock<Content>,
    pub(super) hasher: ChunkHasher,
}

impl<'a> LargeMember<'a> {
    /// Opens the file unless it is known.
    pub(super) fn new(
        member: &'a Member,
        input: &'a Input,
        known: Option<Arc<MemberRecord>>,
    ) -> Result<Self, PackError> {
        let known = known.filter(|known| {
            !known.is_whole && known.chunks.iter().map(|it| it.len).sum::<u64>() == input.len()
        });
        let hasher = ChunkHasher::new();
        let large = Self { member, input, known, content: OnceLock::new(), hasher };
        if large.known.is_none() {
            large.bytes()?;
        }
        Ok(large)
    }

    /// The content.
    pub(super) fn bytes(&self) -> Result<&[u8], PackError> {
        if let Some(content) = self.content.get() {
            return Ok(content.bytes());
        }
        let content = self.input.open()?;
        Ok(self.content.get_or_init(|| content).bytes())
    }

    /// The chunk with this index, which begins at `start`.
    pub(super) fn chunk(&self, index: usize, start: usize) -> Result<Range<usize>, PackError> {
        match self.known.as_ref().and_then(|known| known.chunks.get(index)) {
            // The sum of all is the file's length, which fits.
            Some(chunk) => Ok(start..start + usize::try_from(chunk.len).unwrap_or(usize::MAX)),
            None => Ok(chunk_at(self.bytes()?, start)),
        }
    }

    /// Whether a chunk that ends here is the last.
    pub(super) fn ends_at(&self, end: usize) -> bool {
        end as u64 >= self.member.len()
    }

    /// What the piece of a chunk is found by, if the member is known.
    pub(super) fn known_key(&self, index: usize) -> Option<PieceKey> {
        self.known.as_ref()?.piece_key(index)
    }

    /// What the member holds, for the compressor.
    pub(super) fn kind(&self) -> Result<deflate::Content, PackError> {
        Ok(kind_of(self.bytes()?))
    }

    /// The facts of an ELF file.
    pub(super) fn facts(&self) -> Result<Option<Arc<Facts>>, PackError> {
        match &self.known {
            Some(known) if known.facts.is_some() || !known.is_elf => Ok(known.facts.clone()),
            _ => facts(self.member, self.bytes()?),
        }
    }

    pub(super) fn is_program(&self) -> Result<bool, PackError> {
        self.known.as_ref().map_or_else(|| Ok(is_program(self.bytes()?)), |it| Ok(it.is_program))
    }

    pub(super) fn mode(&self) -> Result<Mode, PackError> {
        Ok(self.member.mode(self.is_program()?))
    }

    pub(super) fn machine(&self) -> Result<Option<Machine>, PackError> {
        self.known.as_ref().map_or_else(|| Ok(elf::machine(self.bytes()?)), |it| Ok(it.machine))
    }

    /// The digest, when the result of every chunk is there.
    pub(super) fn digest(&self) -> Result<Sha256Digest, Error> {
        if let Some(known) = &self.known {
            return Ok(known.digest);
        }
        let digest = self.hasher.finish(self.bytes()?.len());
        digest.ok_or_else(|| Error::Internal("a chunk was not hashed".to_owned()))
    }

    /// An error if the file was cut short while it was mapped.
    pub(super) fn check_intact(&self) -> Result<(), PackError> {
        match self.content.get() {
            Some(content) if !content.is_intact() => Err(self.input.faulted().into()),
            _ => Ok(()),
        }
    }

    pub(super) fn changed(&self) -> PackError {
        self.input.changed().into()
    }
}
