//! The place for tables that grow, and for those that make room: the dynamic section, the string table, symbol versions.
//!
//! They stand in the last segment, which is extended, or in an added one.

use super::error::EditError;
use super::format::Segment;
use super::image::Image;
use super::tables::Table;
use super::tags::{PF_R, PF_W, PT_DYNAMIC, PT_INTERP, PT_LOAD, PT_PHDR};

/// Where the tables are, and their bytes.
#[derive(Debug)]
pub(super) struct Area {
    /// The length of the file's bytes that stay, without an area of an earlier edit.
    pub(super) kept: u64,
    pub(super) offset: u64,
    pub(super) address: u64,
    pub(super) kind: AreaKind,
    pub(super) bytes: Vec<u8>,
}

/// How the tables are mapped.
#[derive(Debug)]
pub(super) enum AreaKind {
    /// In a segment of their own, before the program headers.
    Added {
        /// The segment's alignment.
        align: u64,
        is_writable: bool,
        /// The number of program headers.
        segments: u64,
        /// The program headers, once they have a place.
        headers: Option<Moved>,
    },
    /// In this segment, which is extended.
    Extended(usize),
}

/// The tables with new places.
#[derive(Debug, Clone, Default)]
pub(super) struct MovedTables {
    pub(super) strings: Option<Moved>,
    pub(super) dynamic: Option<Moved>,
    pub(super) interpreter: Option<Moved>,
    pub(super) others: Vec<(Table, Moved)>,
}

/// A table's new place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moved {
    pub(super) offset: u64,
    pub(super) address: u64,
    pub(super) len: u64,
}

impl Area {
    /// Appends a table. Returns its place.
    pub(super) fn push(&mut self, table: &[u8], must_be_writable: bool) -> Moved {
        if let AreaKind::Added { is_writable, .. } = &mut self.kind {
            *is_writable |= must_be_writable;
        }
        // `strip` of binutils 2.40 lays out the segment without gaps between sections.
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        let start = self.bytes.len() as u64;
        self.bytes.extend_from_slice(table);
        let (offset, address) = (self.offset + start, self.address + start);
        Moved { offset, address, len: table.len() as u64 }
    }

    /// Reserves the place of the program headers, behind the tables. Returns it.
    ///
    /// They have a section of their own: `eu-strip` overwrites what is between sections.
    pub(super) fn push_headers(&mut self, image: &Image<'_>) -> Option<Moved> {
        let AreaKind::Added { segments, .. } = self.kind else { return None };
        let len = usize::try_from(segments * image.format.segment_len()).unwrap_or_default();
        let place = self.push(&vec![0; len], false);
        if let AreaKind::Added { headers, .. } = &mut self.kind {
            *headers = Some(place);
        }
        Some(place)
    }

    /// Returns the program headers with the area, and with the new places of tables.
    pub(super) fn segments(
        &self,
        image: &Image<'_>,
        mut segments: Vec<Segment>,
        tables: &MovedTables,
    ) -> Result<Vec<Segment>, EditError> {
        let len = self.bytes.len() as u64;
        let headers = match self.kind {
            AreaKind::Extended(index) => {
                if let Some(segment) = segments.get_mut(index) {
                    segment.file_len = self.offset + len - segment.offset;
                    segment.memory_len = segment.file_len;
                }
                None
            }
            AreaKind::Added { align, is_writable, headers, .. } => {
                let flags = if is_writable { PF_R | PF_W } else { PF_R };
                let last_load = segments.iter().rposition(|it| it.kind == PT_LOAD);
                segments.insert(
                    last_load.map_or(0, |last| last + 1),
                    Segment {
                        kind: PT_LOAD,
                        flags,
                        offset: self.offset,
                        address: self.address,
                        physical: self.address,
                        file_len: len,
                        memory_len: len,
                        align,
                    },
                );
                headers
            }
        };
        for segment in &mut segments {
            let place = match segment.kind {
                PT_PHDR => headers,
                PT_DYNAMIC => tables.dynamic,
                PT_INTERP => tables.interpreter,
                _ => None,
            };
            let Some(Moved { offset, address, len }) = place else { continue };
            (segment.offset, segment.address, segment.physical) = (offset, address, address);
            (segment.file_len, segment.memory_len) = (len, len);
        }
        let end = self.address.checked_add(len);
        if !image.format.is_64 && end.is_none_or(|end| end > u64::from(u32::MAX)) {
            return Err(EditError::Limit {
                expected: "addresses of 32 bits",
                found: format!("a segment at {:#x}", self.address),
            });
        }
        Ok(segments)
    }
}
