//! The wheel that `repack` reads.

use std::sync::Arc;

use crate::error::Error;
use crate::opened_wheel::{Archive, FoundFile};
use crate::wheel::{Record, RecordRow};
use crate::wheel_writer::{MemberSource, UnpublishedWheel};

/// The wheel that a repacked wheel is made of.
pub(super) struct Origin {
    /// The archive.
    pub(super) archive: Arc<Archive>,
    /// Its RECORD.
    pub(super) record: Record,
    /// Its WHEEL, if the new wheel has another one.
    pub(super) old_wheel_file: Option<RecordRow>,
}

impl Origin {
    /// Returns an error unless `wheel` has the digests of this wheel's own RECORD, and this wheel has not
    /// changed. A change of its timestamps alone is no error: every member had the CRC-32 of its directory.
    pub(super) fn verify(&self, wheel: &UnpublishedWheel) -> Result<(), Error> {
        let members = wheel.plan().members.iter().zip(&wheel.written().rows);
        let files: Vec<FoundFile<'_>> = members
            .filter_map(|(member, row)| match &member.source {
                MemberSource::Archived(archived) => Some(FoundFile {
                    path: &archived.path,
                    size: row.size,
                    digest: Some(row.digest),
                }),
                _ => None,
            })
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
