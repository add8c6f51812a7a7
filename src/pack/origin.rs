//! The wheel that `repack` writes again.

use std::sync::Arc;

use crate::error::Error;
use crate::opened_wheel::{Archive, FoundFile};
use crate::wheel::Record;
use crate::wheel_writer::{MemberSource, UnpublishedWheel};

/// The wheel that another one is made of.
pub(super) struct Origin {
    /// The archive.
    pub(super) archive: Arc<Archive>,
    /// Its RECORD.
    pub(super) record: Record,
}

impl Origin {
    /// An error unless what was written is what the wheel's own RECORD says, and the wheel is still
    /// what it was. Every byte has the CRC that its directory had, so a mere touch changes nothing.
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
            .collect();
        self.archive.check_intact()?;
        self.archive.check_unchanged()?;
        Ok(self.archive.compare(&self.record, &files)?)
    }
}
