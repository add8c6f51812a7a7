//! The wheel that `repack` reads.

use std::collections::HashSet;
use std::sync::Arc;

use crate::error::Error;
use crate::opened_wheel::{Archive, FoundFile};
use crate::wheel::{MemberPath, Record, RecordRow};
use crate::wheel_writer::{Member, MemberSource, UnpublishedWheel, WheelPlan};

/// The wheel that a repacked wheel is made of.
pub(super) struct Origin {
    /// The archive.
    pub(super) archive: Arc<Archive>,
    /// Its RECORD.
    pub(super) record: Record,
    /// Its WHEEL, if the new wheel has another one.
    pub(super) old_wheel_file: Option<RecordRow>,
    /// The paths and lengths of members that a repair replaced.
    pub(super) replaced: Vec<(MemberPath, u64)>,
}

/// Returns the paths in the archive, and the lengths, of members that are read from it.
pub(super) fn archived(wheel: &WheelPlan) -> Vec<(MemberPath, u64)> {
    let archived = |member: &Member| Some((member.source.archived()?.path.clone(), member.len()));
    wheel.members.iter().filter_map(archived).collect()
}

impl Origin {
    /// Takes note of the members that the repaired wheel does not have. `before` are those of the wheel before.
    pub(super) fn add_replaced(&mut self, before: Vec<(MemberPath, u64)>, wheel: &WheelPlan) {
        let after: HashSet<MemberPath> =
            archived(wheel).into_iter().map(|(path, _)| path).collect();
        self.replaced = before.into_iter().filter(|(path, _)| !after.contains(path)).collect();
    }

    /// Returns an error unless `wheel` has the digests of this wheel's own RECORD, and this wheel has not
    /// changed. Of edited and replaced members, the length counts. A change of its timestamps alone is no error: every member had the CRC-32 of its directory.
    pub(super) fn verify(&self, wheel: &UnpublishedWheel) -> Result<(), Error> {
        let members = wheel.plan().members.iter().zip(&wheel.written().rows);
        let files: Vec<FoundFile<'_>> = members
            .filter_map(|(member, row)| match &member.source {
                MemberSource::Archived(archived) => Some(FoundFile {
                    path: &archived.path,
                    size: row.size,
                    digest: Some(row.digest),
                }),
                source => source.archived().map(|archived| FoundFile {
                    path: &archived.path,
                    size: member.len(),
                    digest: None,
                }),
            })
            .chain(self.replaced.iter().map(|(path, size)| FoundFile {
                path,
                size: *size,
                digest: None,
            }))
            .chain(self.old_wheel_file.iter().map(|row| FoundFile {
                path: &row.path,
                size: row.size,
                digest: Some(row.digest),
            }))
            .collect();
        self.archive.check_intact()?;
        self.archive.check_unchanged()?;
        Ok(self.archive.compare(&self.record, &files)?)
    }
}
