//! The facts of a member that an audit needs, collected while the member is packed.

use std::sync::Arc;

use super::classify::{elf_facts, is_python_source};
use super::error::WheelWriterError;
use crate::elf::{ElfFacts, is_elf};
use crate::object_file::ObjectFacts;
use crate::warm::CachedMember;
use crate::wheel::MemberPath;

/// Which facts of ELF files are collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FactCollection {
    None,
    /// Those that can be read from bytes at hand, for a later audit in this process.
    Readable,
    /// Those of all ELF files. A file without valid tables is an error.
    All,
}

/// The facts of one member.
#[derive(Debug, Clone, Default)]
pub(super) struct MemberFacts {
    /// The facts of an ELF file.
    pub(super) elf: Option<Arc<ElfFacts>>,
    /// Whether an audit would read nothing else of the member.
    pub(super) is_complete: bool,
}

impl MemberFacts {
    /// Collects the facts of a member with this content.
    ///
    /// # Errors
    /// If those of all ELF files are collected, and the tables of this one are malformed.
    pub(super) fn of_content(
        path: &MemberPath,
        content: &[u8],
        collection: FactCollection,
    ) -> Result<Self, WheelWriterError> {
        let elf = match collection {
            FactCollection::None => return Ok(Self::default()),
            FactCollection::Readable if is_python_source(path) => None,
            FactCollection::Readable => elf_facts(path, content).unwrap_or_default(),
            FactCollection::All => elf_facts(path, content)?,
        };
        let is_read = elf.is_some() || !is_elf(content) && !ObjectFacts::may_be(content);
        Ok(Self { elf, is_complete: is_read || is_python_source(path) })
    }

    /// Returns the facts in the record of a member.
    pub(super) fn of_cached(path: &MemberPath, cached: &CachedMember) -> Self {
        let elf = cached.facts.clone();
        let is_read = elf.is_some() || !cached.is_elf && !cached.may_be_object;
        Self { elf, is_complete: is_read || is_python_source(path) }
    }
}
