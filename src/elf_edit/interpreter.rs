//! The path of the program interpreter (`PT_INTERP`).

use super::Edits;
use super::error::EditError;
use super::format::Segment;
use super::image::Image;
use super::tags::PT_INTERP;

/// The segment with the path, and its bytes after the edits.
#[derive(Debug)]
pub(super) struct Interpreter {
    /// The segment before the edits.
    pub(super) segment: Segment,
    /// The bytes that it has afterwards; with a zero byte at the end.
    pub(super) bytes: Vec<u8>,
}

impl Interpreter {
    /// Returns the interpreter of a file. `None` if it has none.
    pub(super) fn new(image: &Image<'_>, edits: &Edits) -> Result<Option<Self>, EditError> {
        let found = image.segments.iter().find(|it| it.kind == PT_INTERP);
        let old = found.and_then(|it| Some((it, image.slice(&(it.offset..it.file_end()))?)));
        let (Some((segment, old)), new) = (old, &edits.interpreter) else {
            return if edits.interpreter.is_some() {
                Err(EditError::NoInterpreter)
            } else {
                Ok(None)
            };
        };
        let mut bytes = old.to_vec();
        if let Some(new) = new {
            bytes = [new.as_bytes(), &[0]].concat();
            // The segment keeps its length. Loaders read up to the first zero byte.
            bytes.resize(bytes.len().max(old.len()), 0);
        }
        Ok(Some(Self { segment: *segment, bytes }))
    }

    /// Returns whether the bytes fit where the old ones are.
    pub(super) fn fits(&self) -> bool {
        self.bytes.len() as u64 <= self.segment.file_len
    }

    /// Returns whether the bytes are those of the file.
    pub(super) fn is_same(&self, image: &Image<'_>) -> bool {
        image.slice(&(self.segment.offset..self.segment.file_end())) == Some(&*self.bytes)
    }
}
