//! Classifies a member by its name and bytes: Python source, program or data, compressor settings, ELF facts.

use std::sync::Arc;

use rayon::ThreadPool;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::error::WheelWriterError;
use super::member::Member;
use super::member_bytes::MemberBytes;
use super::scratch::Scratch;
use crate::declared_file::mode_of_content;
use crate::deflate::ContentKind;
use crate::elf::{Detail, ElfFacts, is_elf};
use crate::error::Error;
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

/// The path of a member, and its facts if it is an ELF file.
pub(crate) type PathAndFacts = (String, Option<Arc<ElfFacts>>);

/// Returns the path of each member, in this order, and the facts of those that are ELF files. Python source is not read.
///
/// # Errors
/// If a member cannot be read, or on cancellation.
pub(crate) fn elf_facts_of_members(
    members: &[Member],
    pool: &ThreadPool,
    scratch: Scratch<'_>,
) -> Result<Vec<PathAndFacts>, Error> {
    let read = |member: &Member| {
        scratch.cancel.check()?;
        let path = member.path.as_str().to_owned();
        if is_python_source(&member.path) {
            return Ok((path, None));
        }
        let bytes = MemberBytes::open(&member.source, scratch)?;
        let facts = elf_facts(&member.path, bytes.bytes());
        // A truncated file reads as zeros: that error goes first.
        bytes.check_intact()?;
        Ok((path, facts?))
    };
    pool.install(|| members.par_iter().map(read).collect())
}

/// Returns whether a member is Python source by its name, which no audit reads.
pub(super) fn is_python_source(path: &MemberPath) -> bool {
    path.as_str().strip_suffix(".py").is_some()
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
