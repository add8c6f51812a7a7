//! An archive as a strict index reads it: the reader reports every flaw and reads every member that
//! it can find.

use std::collections::HashMap;

use super::content::{ContentError, MemberData, Strictness};
use super::dist_info::DistInfoDirs;
use super::limits::{MAX_RATIO, exceeds_ratio, max_dist_info_file_bytes};
use crate::deflate::Inflater;
use crate::exec::CancelFlag;
use crate::zip::{DirectoryError, Flaw, RawArchive, RawMember};

/// An archive in memory, or mapped, whose flaws were reported.
#[derive(Debug)]
pub struct StrictArchive<'a> {
    bytes: &'a [u8],
    /// Its members, in the directory's order.
    pub members: Vec<RawMember>,
    by_name: HashMap<Box<str>, usize>,
}

impl<'a> StrictArchive<'a> {
    /// Reads the archive's records and passes each flaw to `report`.
    ///
    /// # Errors
    ///
    /// If no member can be found.
    pub fn read(bytes: &'a [u8], report: &mut dyn FnMut(Flaw)) -> Result<Self, DirectoryError> {
        let members = RawArchive::read(bytes, report)?.members;
        let by_name = (0..).zip(&members).map(|(at, it)| (it.name.clone(), at)).collect();
        Ok(Self { bytes, members, by_name })
    }

    /// Returns the length of the archive in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Returns whether there are no bytes. No archive is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Returns the sum of the uncompressed lengths in the directory, in bytes.
    #[must_use]
    pub fn unpacked_len(&self) -> u64 {
        self.members.iter().fold(0, |total: u64, it| total.saturating_add(it.uncompressed))
    }

    /// Returns whether its compression ratio is higher than `PyPI` accepts.
    #[must_use]
    pub fn exceeds_ratio(&self) -> bool {
        exceeds_ratio(self.unpacked_len(), self.bytes.len() as u64, MAX_RATIO)
    }

    /// Returns the members that are not directories.
    pub fn files(&self) -> impl Iterator<Item = &RawMember> {
        self.members.iter().filter(|member| !member.is_directory())
    }

    /// Returns the member with a name; the last one of several, as Python's zipfile does.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&RawMember> {
        self.by_name.get(name).map(|&at| &self.members[at])
    }

    /// Returns the dist-info directories.
    #[must_use]
    pub fn dist_info_dirs(&self) -> DistInfoDirs {
        DistInfoDirs::of_members(self.members.iter().map(|member| &*member.name))
    }

    /// Returns a member's data.
    ///
    /// # Errors
    ///
    /// [`ContentError::Unreadable`].
    pub fn data<'s>(&'s self, member: &'s RawMember) -> Result<MemberData<'s>, ContentError> {
        MemberData::of_raw(member, self.bytes)
    }

    /// Returns the content of a file of the dist-info directory. Content with a wrong CRC-32 is
    /// returned, too: hashing all members reports that flaw.
    ///
    /// # Errors
    ///
    /// If it is longer than [`max_dist_info_file_bytes`], cannot be read, or differs in length from
    /// the directory.
    pub fn read_dist_info_file(
        &self,
        member: &RawMember,
        cancel: &CancelFlag,
    ) -> Result<Vec<u8>, ContentError> {
        let mut bytes = Vec::new();
        let limit = max_dist_info_file_bytes(&member.name);
        let (data, mut inflater) = (self.data(member)?, Inflater::new());
        match data.append_to(&mut bytes, limit, Strictness::Strict, &mut inflater, cancel) {
            Ok(()) | Err(ContentError::Crc { .. }) => Ok(bytes),
            Err(error) => Err(error),
        }
    }
}
