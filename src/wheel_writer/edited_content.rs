//! The content of an edited file: all of it, or the file before the edits and the edits of its device code.
//!
//! Device code is edited as it is read: what becomes zeros is neither written to a temporary file nor read from one.

use std::ops::Range;
use std::sync::Arc;

use super::edited_member::DeviceCodeEdit;
use super::inflated_once::InflatedFile;
use crate::memory::{self, OutOfMemory};
use crate::source::FileContent;

/// The content of an edited file.
pub(super) enum EditedContent<'a> {
    /// The edited bytes.
    Whole(FileContent),
    /// The bytes before the edits, and edits of device code.
    Overlaid { base: Arc<InflatedFile>, edit: &'a DeviceCodeEdit },
}

impl EditedContent<'_> {
    /// Returns the edited bytes; where the content is overlaid, those before the edits, which differ in device code
    /// alone.
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Whole(content) => content.bytes(),
            Self::Overlaid { base, .. } => base.content.bytes(),
        }
    }

    /// Whether [`EditedContent::bytes`] are those before the edits.
    pub(super) fn is_overlaid(&self) -> bool {
        matches!(self, Self::Overlaid { .. })
    }

    /// Returns a copy of edited bytes.
    ///
    /// # Errors
    /// Out of memory.
    pub(super) fn copy(&self, range: Range<usize>) -> Result<Vec<u8>, OutOfMemory> {
        match self {
            Self::Whole(content) => memory::copy(content.bytes().get(range).unwrap_or_default()),
            Self::Overlaid { base, edit } => {
                let mut copy = memory::zeros(range.len())?;
                let bytes = base.content.bytes();
                edit.code.read(range.start as u64, bytes, edit.new_bytes(), &mut copy);
                Ok(copy)
            }
        }
    }

    /// Returns whether no mapped file was truncated.
    pub(super) fn is_intact(&self) -> bool {
        match self {
            Self::Whole(content) => content.is_intact(),
            Self::Overlaid { base, .. } => base.content.is_intact(),
        }
    }
}
