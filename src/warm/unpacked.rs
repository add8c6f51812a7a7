//! Records of unpacked archives: the digest of each member, and the fingerprint of its file in the cache
//! directory.
//!
//! The key of a record is the [`FileFingerprint`] of the archive, as for the other records of a whole file.
//! So a record exists only for an archive whose every recorded member was inflated and agreed with the
//! central directory, and that is unchanged since: what unpacking it gives is known without reading it.

use std::collections::BTreeMap;

use super::ContentHash;
use crate::source::FileFingerprint;
use crate::wheel::Sha256Digest;

/// The key of an archive's record.
#[derive(Debug, Clone)]
pub(super) struct UnpackedKey {
    /// The fingerprint of the archive.
    pub(super) fingerprint: FileFingerprint,
    /// Whether its files in the cache directory are hard links.
    pub(super) is_linked: bool,
}

/// A member that was unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnpackedMember {
    /// SHA-256 of its content.
    pub digest: Sha256Digest,
    /// The hash of the fingerprint of its file in the cache directory, which had this content. `None` if the
    /// file must be hashed before it is used.
    pub(super) fingerprint: Option<ContentHash>,
}

/// The record of an archive: its members by their indices in the central directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnpackedArchive {
    /// The members that were unpacked.
    pub members: BTreeMap<usize, UnpackedMember>,
}

/// Length of a hash in bytes.
const HASH: usize = 32;

/// Length in bytes of a member in the stored form: index, digest, hash of the fingerprint or zeros.
const STORED: usize = 8 + HASH + HASH;

impl UnpackedArchive {
    /// Returns the stored form.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.members.len() * STORED);
        for (index, member) in &self.members {
            bytes.extend((*index as u64).to_le_bytes());
            bytes.extend(member.digest.0);
            bytes.extend(member.fingerprint.map_or([0; HASH], |hash| hash.0));
        }
        bytes
    }

    /// Parses the stored form. `None` if it has another length.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (records, []) = bytes.as_chunks::<STORED>() else { return None };
        let parse = |record: &[u8; STORED]| {
            let (index, rest) = record.split_first_chunk::<8>()?;
            let (digest, rest) = rest.split_first_chunk::<HASH>()?;
            let fingerprint = *rest.first_chunk::<HASH>()?;
            let index = usize::try_from(u64::from_le_bytes(*index)).ok()?;
            let fingerprint = Some(ContentHash(fingerprint)).filter(|hash| hash.0 != [0; HASH]);
            Some((index, UnpackedMember { digest: Sha256Digest(*digest), fingerprint }))
        };
        Some(Self { members: records.iter().map(parse).collect::<Option<_>>()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_survive_serialization() {
        let member = |digest, fingerprint: Option<u8>| UnpackedMember {
            digest: Sha256Digest([digest; 32]),
            fingerprint: fingerprint.map(|byte| ContentHash([byte; 32])),
        };
        let members = [(0, member(1, None)), (7, member(2, Some(3)))].into();
        let record = UnpackedArchive { members };
        let bytes = record.to_bytes();
        assert_eq!(UnpackedArchive::from_bytes(&bytes), Some(record));
        assert_eq!(UnpackedArchive::from_bytes(&bytes[1..]), None);
        assert_eq!(UnpackedArchive::from_bytes(&[]), Some(UnpackedArchive::default()));
    }
}
