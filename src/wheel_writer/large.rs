//! A member that is packed chunk by chunk: one that must be read, or one that is known.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::content::OpenContent;
use super::member::{Member, is_program};
use super::tasks::{Scratch, facts, kind_of};
use crate::deflate::{self, Cuts};
use crate::digest::ChunkHasher;
use crate::elf::{self, Facts};
use crate::error::Error;
use crate::platform::Machine;
use crate::warm::{CachedMember, ChunkKey};
use crate::wheel::Sha256Digest;
use crate::zip::Mode;

/// A large member. Its content is open as long as a task or result refers to it, if it had to be
/// opened at all.
pub(crate) struct LargeMember<'a> {
    pub(crate) member: &'a Member,
    /// What an earlier request has found out.
    pub(crate) known: Option<Arc<CachedMember>>,
    scratch: Scratch<'a>,
    content: OnceLock<OpenContent<'a>>,
    cuts: OnceLock<Cuts>,
    pub(crate) hasher: ChunkHasher,
}

impl<'a> LargeMember<'a> {
    /// Opens the content unless the member is known.
    pub(crate) fn new(
        member: &'a Member,
        known: Option<Arc<CachedMember>>,
        scratch: Scratch<'a>,
    ) -> Result<Self, Error> {
        let known = known.filter(|known| {
            let len = known.chunks.iter().map(|chunk| chunk.len).sum::<u64>();
            !known.is_whole && len == member.len()
        });
        let hasher = ChunkHasher::new();
        let large = Self {
            member,
            known,
            scratch,
            content: OnceLock::new(),
            cuts: OnceLock::new(),
            hasher,
        };
        if large.known.is_none() {
            large.bytes()?;
        }
        Ok(large)
    }

    /// The content.
    pub(crate) fn bytes(&self) -> Result<&[u8], Error> {
        if let Some(content) = self.content.get() {
            return Ok(content.bytes());
        }
        let content = self.scratch.open(self.member)?;
        Ok(self.content.get_or_init(|| content).bytes())
    }

    /// The chunk with this index, which begins at `start`.
    pub(crate) fn chunk(&self, index: usize, start: usize) -> Result<Range<usize>, Error> {
        if let Some(chunk) = self.known.as_ref().and_then(|known| known.chunks.get(index)) {
            // The sum of all is the file's length, which fits.
            return Ok(start..start + usize::try_from(chunk.len).unwrap_or(usize::MAX));
        }
        let bytes = self.bytes()?;
        let cuts = self.cuts.get_or_init(|| match kind_of(bytes) {
            deflate::ContentKind::Code => Cuts::around(elf::code(bytes)),
            deflate::ContentKind::Other => Cuts::long(),
        });
        Ok(cuts.chunk_at(bytes, start))
    }

    /// Whether a chunk that ends here is the last.
    pub(crate) fn ends_at(&self, end: usize) -> bool {
        end as u64 >= self.member.len()
    }

    /// The cache key of a chunk, if the member is known.
    pub(crate) fn known_key(&self, index: usize) -> Option<ChunkKey> {
        self.known.as_ref()?.chunk_key(index)
    }

    /// What the member holds, for the compressor.
    pub(crate) fn kind(&self) -> Result<deflate::ContentKind, Error> {
        match &self.known {
            Some(known) if known.is_elf => Ok(deflate::ContentKind::Code),
            Some(_) => Ok(deflate::ContentKind::Other),
            None => Ok(kind_of(self.bytes()?)),
        }
    }

    /// The facts of an ELF file.
    pub(crate) fn facts(&self) -> Result<Option<Arc<Facts>>, Error> {
        match &self.known {
            Some(known) if known.facts.is_some() || !known.is_elf => Ok(known.facts.clone()),
            _ => Ok(facts(self.member, self.bytes()?)?),
        }
    }

    /// Whether it is a script or an ELF program.
    pub(crate) fn is_program(&self) -> Result<bool, Error> {
        match &self.known {
            Some(known) => Ok(known.is_program),
            None => Ok(is_program(self.bytes()?)),
        }
    }

    pub(crate) fn mode(&self) -> Result<Mode, Error> {
        Ok(self.member.mode(self.is_program()?))
    }

    pub(crate) fn machine(&self) -> Result<Option<Machine>, Error> {
        match &self.known {
            Some(known) => Ok(known.machine),
            None => Ok(elf::machine(self.bytes()?)),
        }
    }

    /// The digest, when the result of every chunk is there.
    pub(crate) fn digest(&self) -> Result<Sha256Digest, Error> {
        if let Some(known) = &self.known {
            return Ok(known.digest);
        }
        let digest =
            usize::try_from(self.member.len()).ok().and_then(|len| self.hasher.finish(len));
        digest.ok_or_else(|| Error::Internal("a chunk was not hashed".to_owned()))
    }

    /// Whether nobody had to read it.
    pub(crate) fn is_unread(&self) -> bool {
        self.content.get().is_none()
    }

    /// An error if the file was cut short while it was mapped.
    pub(crate) fn check_intact(&self) -> Result<(), Error> {
        self.content.get().map_or(Ok(()), OpenContent::check_intact)
    }

    /// An error if the content has another CRC-32 than an archive says that it is from.
    pub(crate) fn check_crc(&self, found: u32) -> Result<(), Error> {
        Ok(self.content.get().map_or(Ok(()), |content| content.check_crc(found))?)
    }

    /// The error for content that is not what it was.
    pub(crate) fn changed(&self) -> Error {
        let unopened = || Error::Internal("a member that was not read has changed".to_owned());
        self.content.get().map_or_else(unopened, OpenContent::changed)
    }
}
