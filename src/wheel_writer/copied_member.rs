//! A member of another archive that is copied with its compressed bytes.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::archived_member::ArchivedMember;
use crate::deflate::Inflater;
use crate::elf::ElfFacts;
use crate::error::Error;
use crate::exec::CancelFlag;
use crate::opened_wheel::{ArchiveError, Mismatch};
use crate::wheel::{RecordRow, Sha256Digest};

/// A member of another archive that is copied with its compressed bytes, method, CRC-32, sizes and chunk
/// table.
#[derive(Debug)]
pub(crate) struct CopiedMember {
    /// The member.
    pub(super) source: ArchivedMember,
    /// The digest in RECORD; `None` if RECORD does not name the member.
    recorded: Option<Sha256Digest>,
    verification: Verification,
    /// The facts of an ELF file.
    facts: Option<Arc<ElfFacts>>,
}

/// What the writer verifies of a copied member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(test), allow(dead_code, reason = "for verbs without an audit"))]
pub(crate) enum Verification {
    /// Nothing: this request has inflated the member to its end, and compared length and CRC-32. The digest of
    /// RECORD is believed.
    Done,
    /// Length, CRC-32 and the digest of RECORD.
    Digest,
}

impl CopiedMember {
    /// Makes a copy of a member. `row` is its row in the archive's RECORD; without one, the digest is computed.
    /// `facts` are those of an ELF file, for an audit of the new wheel: the writer does not read them from
    /// copied members.
    ///
    /// # Errors
    /// RECORD gives the member another size than the directory.
    pub(crate) fn new(
        source: ArchivedMember,
        row: Option<&RecordRow>,
        verification: Verification,
        facts: Option<Arc<ElfFacts>>,
    ) -> Result<Self, ArchiveError> {
        let found = source.entry().uncompressed;
        if let Some(row) = row.filter(|row| row.size != found) {
            let (path, expected) = (row.path.as_str().to_owned(), row.size);
            return Err(source.archive.mismatch(Mismatch::Size { path, expected, found }));
        }
        Ok(Self { source, recorded: row.map(|row| row.digest), verification, facts })
    }

    /// Returns the facts of an ELF file.
    pub(super) fn facts(&self) -> Option<&Arc<ElfFacts>> {
        self.facts.as_ref()
    }

    /// Verifies the member, and returns its digest.
    pub(super) fn verified_digest(&self, cancel: &CancelFlag) -> Result<Sha256Digest, Error> {
        let recorded = match (self.recorded, self.verification) {
            (Some(digest), Verification::Done) => return Ok(digest),
            (recorded, _) => recorded,
        };
        let mut hasher = Sha256::new();
        self.read(cancel, |piece| hasher.update(piece))?;
        let found = Sha256Digest(hasher.finalize().into());
        match recorded {
            Some(expected) if expected != found => {
                let path = self.source.path.as_str().to_owned();
                let mismatch = Mismatch::Digest { path, expected, found };
                Err(self.source.archive.mismatch(mismatch).into())
            }
            _ => Ok(found),
        }
    }

    /// Inflates the member to its end.
    fn read(&self, cancel: &CancelFlag, mut sink: impl FnMut(&[u8])) -> Result<(), Error> {
        let ArchivedMember { archive, .. } = &self.source;
        archive.read(self.source.entry(), &mut Inflater::new(), cancel, |piece| {
            sink(piece);
            Ok(())
        })
    }
}
