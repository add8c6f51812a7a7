//! An edited file: a member of another archive or a file, with changes to what loaders read, or to its device code.

use std::sync::Arc;

use super::archived_member::ArchivedMember;
use super::error::WheelWriterError;
use super::inflated_once::InflatedOnce;
use super::new_entries::NewEntries;
use crate::deflate::StreamIndex;
use crate::device_code::CodeEdit;
use crate::elf_edit::{self, Edits, Patch};
use crate::escape::escape_path;
use crate::source::Input;
use crate::warm::ContentHash;
use crate::wheel::Sha256Digest;

/// A file and its edits.
#[derive(Debug)]
pub(crate) struct EditedMember {
    /// The file before the edits.
    pub(super) base: EditBase,
    /// The digest of the file before the edits, if the caller knows it.
    pub(super) base_digest: Option<Sha256Digest>,
    /// The index of the member's stream, if an earlier pass recorded it.
    pub(super) index: Option<Arc<StreamIndex>>,
    /// What copies of the member with other device code share.
    pub(super) shared: Option<Arc<InflatedOnce>>,
    pub(super) edit: Edit,
    /// Whether compressed data of the base that the edits do not touch is kept.
    pub(super) keeps_compressed: bool,
}

/// How a file is edited.
#[derive(Debug)]
pub(super) enum Edit {
    /// Changes to what loaders read of an ELF file.
    Elf(Box<Edits>),
    /// Entries of device code that are taken out or replaced. The length stays.
    DeviceCode(DeviceCodeEdit),
}

/// Entries of device code that are taken out or replaced. The default changes nothing.
#[derive(Debug, Default)]
pub(crate) struct DeviceCodeEdit {
    /// What happens to the entries.
    pub(crate) code: CodeEdit,
    /// The entries that take the places of others, if there are any.
    pub(crate) new: Option<Arc<NewEntries>>,
}

impl DeviceCodeEdit {
    /// Returns the bytes of all new entries.
    pub(super) fn new_bytes(&self) -> &[u8] {
        self.new.as_deref().map(NewEntries::bytes).unwrap_or_default()
    }
}

/// A file before the edits.
#[derive(Debug)]
pub(super) enum EditBase {
    /// A member of another archive.
    Archived(ArchivedMember),
    /// A file.
    File(Input),
}

impl EditBase {
    /// Returns the length in bytes.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Archived(member) => member.entry().uncompressed,
            Self::File(input) => input.len(),
        }
    }

    /// Returns the text that names the file in a message.
    pub(super) fn description(&self) -> String {
        match self {
            Self::Archived(member) => member.description(),
            Self::File(input) => format!("`{}`", escape_path(input.path())),
        }
    }
}

impl EditedMember {
    /// Makes an edited copy of a member of another archive. With the index of its stream, all threads inflate it.
    /// Compressed data that the edits do not touch is kept.
    pub(crate) fn of_archived(
        base: ArchivedMember,
        index: Option<Arc<StreamIndex>>,
        edits: Edits,
    ) -> Self {
        let (base, edit) = (EditBase::Archived(base), Edit::Elf(edits.into()));
        Self { base, base_digest: None, index, shared: None, edit, keeps_compressed: true }
    }

    /// Makes a copy of a member of another archive with other device code. Copies of the same member share what is
    /// inflated.
    pub(crate) fn with_device_code(
        base: ArchivedMember,
        shared: Arc<InflatedOnce>,
        edit: DeviceCodeEdit,
    ) -> Self {
        let (base, edit) = (EditBase::Archived(base), Edit::DeviceCode(edit));
        let shared = Some(shared);
        Self { base, base_digest: None, index: None, shared, edit, keeps_compressed: true }
    }

    /// Makes an edited copy of a file. `digest` is the digest of its content, if the caller knows it: without
    /// it, a file that gets another link or other permissions meanwhile is refused as changed.
    pub(crate) fn of_file(base: Input, digest: Option<Sha256Digest>, edits: Edits) -> Self {
        let (base, edit) = (EditBase::File(base), Edit::Elf(edits.into()));
        let (index, shared) = (None, None);
        Self { base, base_digest: digest, index, shared, edit, keeps_compressed: false }
    }

    /// Compresses all of the edited copy anew.
    pub(crate) fn compressed_anew(self) -> Self {
        Self { keeps_compressed: false, ..self }
    }

    /// Returns the file that holds the bytes before the edits: the archive or the file itself.
    pub(super) fn input(&self) -> &Input {
        match &self.base {
            EditBase::Archived(member) => member.archive.input(),
            EditBase::File(input) => input,
        }
    }

    /// Returns the hash of what decides the edited bytes besides the content of [`Self::input`].
    pub(super) fn hash(&self) -> ContentHash {
        let index = match &self.base {
            EditBase::Archived(member) => Some(member.index),
            EditBase::File(_) => None,
        };
        let keeps = self.keeps_compressed;
        ContentHash::of(format!("{index:?} {keeps} {:?}", self.edit).as_bytes())
    }

    /// Returns the edited bytes of the base, in memory.
    pub(super) fn apply(&self, base: &[u8]) -> Result<Vec<u8>, WheelWriterError> {
        match &self.edit {
            Edit::Elf(edits) => Ok(self.patch(edits, base)?.apply(base)),
            Edit::DeviceCode(edit) => Ok(edit.code.apply(base, edit.new_bytes())),
        }
    }

    /// Returns the changes that edits for loaders make to the bytes of the base.
    pub(super) fn patch(&self, edits: &Edits, base: &[u8]) -> Result<Patch, WheelWriterError> {
        elf_edit::edit(base, edits)
            .map_err(|source| WheelWriterError::Edit { file: self.base.description(), source })
    }
}
