//! The names of libraries among the string literals of an ELF file: what it may open with `dlopen`.
//!
//! They are found in the bytes that stream by while the tables are read. What was not inflated for the tables is inflated
//! for the names, so they do not depend on the way that a member is read.

use std::ops::{ControlFlow, Range};

use super::MemberReader;
use crate::deflate::Inflater;
use crate::elf::{ElfFacts, SonameLiterals};
use crate::opened_wheel::{Chunked, PartsError};

/// The names that a pass has found so far.
#[derive(Debug, Default)]
pub(super) struct FoundNames {
    names: SonameLiterals,
    /// The number of bytes of the file that were searched.
    searched: u64,
}

impl FoundNames {
    /// Searches the next bytes of the file.
    pub(super) fn feed(&mut self, start: u64, piece: &[u8]) {
        self.names.feed(start, piece);
        self.searched = start + piece.len() as u64;
    }

    /// Returns whether all literals of a file were searched.
    pub(super) fn are_all(&self, facts: &ElfFacts) -> bool {
        self.searched >= end(facts)
    }

    /// Adds the names to facts. Inflates again if some were not searched.
    pub(super) fn add_to(
        self,
        facts: &mut ElfFacts,
        member: &MemberReader<'_>,
        inflater: &mut Inflater,
    ) -> Result<(), PartsError> {
        let mut found = self;
        if !found.are_all(facts) {
            let (mut at, end) = (0, end(facts));
            found = Self::default();
            member.inflate(inflater, |piece| {
                found.feed(at, piece);
                at += piece.len() as u64;
                if at < end {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(super::Stop::Enough)
                }
            })?;
        }
        found.set(facts);
        Ok(())
    }

    fn set(self, facts: &mut ElfFacts) {
        if let Some(linkage) = &facts.linkage {
            facts.soname_literals = self.names.into_names(linkage);
        }
    }
}

/// Returns the offset of the end of the last literals.
fn end(facts: &ElfFacts) -> u64 {
    ranges(facts).last().map_or(0, |range| range.end)
}

fn ranges(facts: &ElfFacts) -> &[Range<u64>] {
    facts.linkage.as_ref().map_or(&[], |linkage| linkage.literals())
}

/// Adds the names in a file whose bytes are at hand.
pub(in crate::judge) fn add_of_bytes(facts: &mut ElfFacts, bytes: &[u8]) {
    let mut found = FoundNames::default();
    let end = usize::try_from(end(facts)).unwrap_or(usize::MAX);
    found.feed(0, &bytes[..end.min(bytes.len())]);
    found.set(facts);
}

/// Adds the names in the chunks that hold literals. Returns `None` if one of them is invalid.
pub(super) fn add_of_chunks(
    facts: &mut ElfFacts,
    chunked: Chunked<'_>,
    inflater: &mut Inflater,
) -> Option<()> {
    let (mut found, table) = (FoundNames::default(), chunked.table());
    let chunks = ranges(facts).iter().flat_map(|range| table.holding(range));
    let mut last = None;
    for index in chunks.filter(|index| last.replace(*index) != Some(*index)) {
        let content = table.chunk(index)?.uncompressed;
        found.feed(content.start, &chunked.range(&content, inflater)?);
    }
    found.set(facts);
    Some(())
}
