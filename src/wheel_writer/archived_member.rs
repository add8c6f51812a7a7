//! A member of another archive.

use std::sync::Arc;

use crate::escape::{escape_path, escape_truncated};
use crate::opened_wheel::{Archive, ArchiveError, ContentError};
use crate::wheel::MemberPath;
use crate::zip::Entry;

/// A member of another archive.
#[derive(Debug)]
pub(crate) struct ArchivedMember {
    /// The archive.
    pub(crate) archive: Arc<Archive>,
    /// The member's path there.
    pub(crate) path: MemberPath,
    /// The index of its entry in the archive's directory.
    pub(crate) index: usize,
}

impl ArchivedMember {
    /// Returns the member's entry in the archive's directory.
    pub(super) fn entry(&self) -> &Entry {
        &self.archive.directory().entries()[self.index]
    }

    /// Returns the text that names the member in a message.
    pub(super) fn description(&self) -> String {
        let archive = escape_path(self.archive.path());
        format!("member `{}` of `{archive}`", escape_truncated(&self.entry().name))
    }

    /// Returns the error for content with another CRC-32 than the entry has.
    pub(super) fn crc_error(&self, found: u32) -> ArchiveError {
        ArchiveError::Member {
            archive: self.archive.path().to_owned(),
            member: self.entry().name.clone(),
            source: ContentError::Crc { expected: self.entry().crc, found },
        }
    }
}
