//! The tables of an object file, read while it streams by: ELF, Mach-O or PE.

use std::ops::Range;

use super::content::ContentError;
use super::parts::{PartsError, PartsReader};
use crate::elf::{MAX_ROUNDS, Outline, Sparse, Unfinished, executable_ranges, is_elf};
use crate::object_file::ObjectOutline;

/// The number of first bytes that are read. They contain the headers and usually the notes.
pub(super) const HEAD_BYTES: u64 = 64 << 10;

/// Bytes that are read in front of each wanted range: the names of sections are in front of the
/// section table, so one pass over the stream reads both.
const MARGIN_BYTES: u64 = 64 << 10;

/// Maximum number of bytes of tables that are read. 65,535 sections with their names take less.
pub(super) const MAX_TABLE_BYTES: u64 = 16 << 20;

/// The outline of a file, by its format.
pub(super) enum FileOutline {
    Elf(Outline),
    Object(ObjectOutline),
    Other,
}

impl FileOutline {
    fn read_parts(parts: &Sparse, len: u64) -> Result<Self, Unfinished> {
        if len == 0 {
            return Ok(Self::Other);
        }
        let head = parts.get(&(0..HEAD_BYTES.min(len)));
        if head.is_some_and(is_elf) {
            return Outline::read_parts(parts).map(Self::Elf);
        }
        let object = ObjectOutline::read_parts(parts, len)?;
        Ok(object.map_or(Self::Other, Self::Object))
    }
}

/// The outline of an ELF file, and that of another object file.
pub(super) type Outlines = (Result<Option<Outline>, PartsError>, Option<ObjectOutline>);

/// Separates errors of the content from those of the tables.
pub(super) fn of_content(
    outline: Result<FileOutline, PartsError>,
) -> Result<Outlines, ContentError> {
    match outline {
        Err(PartsError::Content(error)) => Err(error),
        Err(error) => Ok((Err(error), None)),
        Ok(FileOutline::Elf(outline)) => Ok((Ok(Some(outline)), None)),
        Ok(FileOutline::Object(object)) => Ok((Ok(None), Some(object))),
        Ok(FileOutline::Other) => Ok((Ok(None), None)),
    }
}

/// The tables of an object file, read while it streams by.
pub(super) struct Tables {
    len: u64,
    pub(super) position: u64,
    reader: PartsReader,
    rounds: usize,
    state: State,
}

/// How far the tables are read.
enum State {
    /// More may be wanted.
    Reading,
    /// Nothing more can be read in this pass.
    Later,
    /// All is read, or cannot be.
    Read(Box<Result<FileOutline, PartsError>>),
}

impl Tables {
    pub(super) fn new(len: u64) -> Self {
        let mut reader =
            PartsReader::new(len, HEAD_BYTES + MAX_TABLE_BYTES).with_margin(MARGIN_BYTES);
        // The head alone is below the limit.
        let head = 0..HEAD_BYTES.min(len);
        let _ = reader.want(vec![head], 0);
        Self { len, position: 0, reader, rounds: 0, state: State::Reading }
    }

    pub(super) fn feed(&mut self, piece: &[u8]) {
        let start = self.position;
        self.position += piece.len() as u64;
        self.reader.feed(start, piece);
        // What is needed next may be in the same piece: tools that rewrite libraries put notes right behind the
        // section table.
        while !self.reader.is_waiting() && self.advance(start) {
            self.reader.feed(start, piece);
        }
    }

    /// Returns the ranges of the executable segments of an ELF file; `None` until its first bytes were read.
    pub(super) fn executable(&self) -> Option<Vec<Range<u64>>> {
        let head = 0..HEAD_BYTES.min(self.len);
        self.reader.parts.get(&head)?;
        Some(executable_ranges(&self.reader.parts))
    }

    /// Requests what is needed next, at offset `from` or later. Returns whether there may be more to request.
    fn advance(&mut self, from: u64) -> bool {
        if !matches!(self.state, State::Reading) {
            return false;
        }
        self.rounds += 1;
        let read = match FileOutline::read_parts(&self.reader.parts, self.len) {
            Ok(outline) => Ok(outline),
            Err(Unfinished::Wrong(error)) => Err(error.into()),
            Err(Unfinished::Missing(mut ranges)) => {
                ranges.retain(|it| it.start >= from);
                if ranges.is_empty() || self.rounds > MAX_ROUNDS {
                    self.state = State::Later;
                    return false;
                }
                match self.reader.want(ranges, from) {
                    Ok(()) => return true,
                    Err(error) => Err(error),
                }
            }
        };
        self.state = State::Read(Box::new(read));
        false
    }

    /// Returns the outline. Calls `fetch` for what this pass did not read.
    pub(super) fn finish(
        mut self,
        fetch: impl FnMut(&mut PartsReader) -> Result<(), PartsError>,
    ) -> Result<FileOutline, PartsError> {
        match self.state {
            State::Read(read) => *read,
            State::Reading | State::Later => {
                let len = self.len;
                self.reader.parse(|parts| FileOutline::read_parts(parts, len), fetch)
            }
        }
    }
}
