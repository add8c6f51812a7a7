//! Classifies a member by its bytes: program or data, compressor settings, ELF facts.

use std::sync::Arc;

use super::error::WheelWriterError;
use crate::declared_file::mode_of_content;
use crate::deflate::ContentKind;
use crate::elf::{Detail, ElfFacts, is_elf};
use crate::wheel::MemberPath;
use crate::zip::Mode;

/// Whether content is a script or an ELF program.
pub(crate) fn is_program(content: &[u8]) -> bool {
    mode_of_content(content) == Mode::Executable
}

/// Returns the kind of content that selects the compressor's settings.
pub(super) fn content_kind(content: &[u8]) -> ContentKind {
    if is_elf(content) { ContentKind::Code } else { ContentKind::Other }
}

/// Reads the facts of an ELF file; `None` for any other file.
pub(super) fn elf_facts(
    path: &MemberPath,
    content: &[u8],
) -> Result<Option<Arc<ElfFacts>>, WheelWriterError> {
    if !is_elf(content) {
        return Ok(None);
    }
    ElfFacts::read(content, Detail::Whole)
        .map(|facts| Some(Arc::new(facts)))
        .map_err(|source| WheelWriterError::Elf { member: path.as_str().to_owned(), source })
}
