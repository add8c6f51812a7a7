//! Base wheels: earlier wheels of this program, whose compressed chunks are copied where the new wheel has the
//! same content.
//!
//! A chunk of a base wheel is a candidate if its chunk table says that this program's compressor made it from
//! a chunk of the same length, at the same level and position. It is inflated and compared with the new
//! content, which takes about a tenth of the time that compressing takes (docs/base-wheels.md). So a wrong,
//! damaged or foreign base wheel costs time and changes no byte.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Mutex;

use crate::deflate::{CompressedChunk, Inflated, Inflater, Position, ends_as_compressed};
use crate::error::Error;
use crate::lock::lock;
use crate::memory;
use crate::opened_wheel::{Archive, ArchiveError};
use crate::source::Input;
use crate::zip::{ChunkRanges, Entry, Method};

/// Maximum number of candidates that are inflated for one chunk. Chunks without a cut by content all have the
/// maximum length, so a length alone may have thousands of candidates. A wrong one is left at its first
/// differing byte.
const MAX_CANDIDATES: usize = 64;

/// Earlier wheels, with their chunks by shape.
#[derive(Default)]
pub(crate) struct BaseWheels {
    archives: Vec<Archive>,
    chunks: HashMap<Shape, Vec<Candidate>>,
    /// Idle inflaters: as many as were ever in use at once.
    inflaters: Mutex<Vec<Inflater>>,
}

/// What a chunk must have in common with the new one, besides its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Shape {
    /// The length of the content in bytes.
    len: u64,
    /// The compression level.
    level: u8,
    /// Whether the stream ends with it.
    is_last: bool,
}

/// The position of a chunk, as indices.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    archive: usize,
    member: usize,
    chunk: usize,
}

impl BaseWheels {
    /// Adds the chunks of a wheel. A wheel by another program, or without chunk tables, adds none.
    ///
    /// # Errors
    /// The file cannot be read, or is no archive.
    pub(crate) fn add(&mut self, input: Input) -> Result<(), ArchiveError> {
        let archive = Archive::of_input(input)?;
        for (member, entry) in archive.directory().entries().iter().enumerate() {
            let Some(table) = entry.chunks.as_ref().filter(|_| entry.method == Method::Deflated)
            else {
                continue;
            };
            for (chunk, (_, len)) in table.lengths().enumerate() {
                let is_last = chunk + 1 == table.len();
                let shape = Shape { len, level: table.level(), is_last };
                let candidate = Candidate { archive: self.archives.len(), member, chunk };
                self.chunks.entry(shape).or_default().push(candidate);
            }
        }
        self.archives.push(archive);
        Ok(())
    }

    /// Returns the compressed chunk of `content` at this level and position, if a base wheel has it. `member` is
    /// the path of the member that `content` is a chunk of: chunks of a member with this path are tried first.
    ///
    /// # Errors
    /// Out of memory.
    pub(super) fn find(
        &self,
        content: &[u8],
        level: u8,
        position: Position,
        member: &str,
    ) -> Result<Option<CompressedChunk>, Error> {
        let is_last = position == Position::Last;
        let shape = Shape { len: content.len() as u64, level, is_last };
        let Some(candidates) = self.chunks.get(&shape) else { return Ok(None) };
        let is_namesake = |candidate: &&Candidate| {
            self.entry(**candidate).is_some_and(|entry| entry.name == member)
        };
        let others = |candidate: &&Candidate| !is_namesake(candidate);
        let ordered = candidates.iter().filter(is_namesake);
        let ordered = ordered.chain(candidates.iter().filter(others));
        let idle = lock(&self.inflaters).pop();
        let mut inflater = idle.unwrap_or_default();
        let mut found = Ok(None);
        for &candidate in ordered.take(MAX_CANDIDATES) {
            found = self.compare(candidate, content, position, &mut inflater);
            if !matches!(found, Ok(None)) {
                break;
            }
        }
        lock(&self.inflaters).push(inflater);
        found
    }

    fn entry(&self, candidate: Candidate) -> Option<&Entry> {
        self.archives.get(candidate.archive)?.directory().entries().get(candidate.member)
    }

    /// Returns a copy of a chunk if it inflates to `content`.
    fn compare(
        &self,
        candidate: Candidate,
        content: &[u8],
        position: Position,
        inflater: &mut Inflater,
    ) -> Result<Option<CompressedChunk>, Error> {
        let blocks = || {
            let entry = self.entry(candidate)?;
            let ChunkRanges { compressed, .. } = entry.chunks.as_ref()?.chunk(candidate.chunk)?;
            let range =
                usize::try_from(compressed.start).ok()?..usize::try_from(compressed.end).ok()?;
            self.archives.get(candidate.archive)?.data(entry).bytes.get(range)
        };
        let Some(blocks) = blocks().filter(|it| ends_as_compressed(it, position)) else {
            return Ok(None);
        };
        // A process may change the mapped file at any time; the copy stays what was compared.
        let bytes = memory::copy(blocks)?;
        let mut rest = content;
        let result = inflater.inflate_chunk(&bytes, position, content.len(), |piece| {
            match rest.strip_prefix(piece) {
                Some(behind) => {
                    rest = behind;
                    ControlFlow::Continue(())
                }
                None => ControlFlow::Break(()),
            }
        });
        let is_equal = matches!(result, Ok(Inflated::Whole(_))) && rest.is_empty();
        Ok(is_equal.then(|| CompressedChunk { bytes, crc: crc32fast::hash(content) }))
    }
}
