//! Takes entries out of the containers of a file. Those behind them move up in their container, its length says
//! so, and the rest of its room becomes zeros. No other byte changes, and nothing else moves: pointers to
//! containers stay valid.

use std::convert::Infallible;
use std::ops::Range;

use super::{Container, DeviceCode, Entry, Form, fat_binary};

/// The entries to take out of a file. The default takes nothing out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removal {
    rooms: Vec<Room>,
}

/// The part of a container behind the first entry that goes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Room {
    /// Its byte range in the file. All of it becomes zeros but for `kept`.
    range: Range<u64>,
    /// Offset and new value of the container's length, which is 8 bytes in front of it; `None` for a cubin without a
    /// container.
    len: Option<(u64, u64)>,
    /// The byte ranges that stay, which move to the front of the room.
    kept: Vec<Range<u64>>,
}

impl Removal {
    /// Takes out the entries that `keeps` refuses. Bundles of HIP stay as they are.
    #[must_use]
    pub fn new(code: &DeviceCode, keeps: impl Fn(&Entry) -> bool) -> Self {
        let rooms = code.containers.iter().filter_map(|container| Room::of(container, &keeps));
        Self { rooms: rooms.collect() }
    }

    /// Returns whether nothing is taken out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rooms.is_empty()
    }

    /// Returns the byte ranges of the file that change, in order.
    pub fn changes(&self) -> impl Iterator<Item = Range<u64>> {
        let len = |room: &Room| room.len.map(|(offset, _)| offset..offset + 8);
        self.rooms.iter().flat_map(move |room| len(room).into_iter().chain([room.range.clone()]))
    }

    /// Returns the offsets and the new bytes of the lengths of containers. They replace what [`Removal::place`]
    /// leaves there.
    pub fn lengths(&self) -> impl Iterator<Item = (u64, [u8; 8])> {
        let lens = self.rooms.iter().filter_map(|room| room.len);
        lens.map(|(offset, len)| (offset, len.to_le_bytes()))
    }

    /// Passes the parts of a piece of the file to `sink`, with their new offsets. `offset` is that of the piece.
    /// What no piece is placed at becomes zeros.
    ///
    /// # Errors
    ///
    /// Those of `sink`.
    pub fn place<E>(
        &self,
        offset: u64,
        piece: &[u8],
        mut sink: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let end = offset.saturating_add(piece.len() as u64);
        let mut pass = |from: Range<u64>, to: u64| match part(piece, offset, &from) {
            [] => Ok(()),
            bytes => sink(to + (offset.max(from.start) - from.start), bytes),
        };
        let mut at = offset;
        let first = self.rooms.partition_point(|room| room.range.end <= offset);
        for room in self.rooms.iter().skip(first).take_while(|room| room.range.start < end) {
            pass(at..room.range.start, at)?;
            let mut to = room.range.start;
            for kept in &room.kept {
                pass(kept.clone(), to)?;
                to += kept.end - kept.start;
            }
            at = room.range.end;
        }
        pass(at..end, at)
    }

    /// Returns the file without the entries.
    #[must_use]
    pub fn apply(&self, file: &[u8]) -> Vec<u8> {
        let mut edited = vec![0; file.len()];
        let mut write = |offset: u64, bytes: &[u8]| {
            let start = usize::try_from(offset).unwrap_or(usize::MAX);
            if let Some(target) = edited.get_mut(start..start.saturating_add(bytes.len())) {
                target.copy_from_slice(bytes);
            }
        };
        let placed = self.place(0, file, |offset, bytes| {
            write(offset, bytes);
            Ok::<(), Infallible>(())
        });
        let Ok(()) = placed;
        self.lengths().for_each(|(offset, len)| write(offset, &len));
        edited
    }
}

impl Room {
    fn of(container: &Container, keeps: &impl Fn(&Entry) -> bool) -> Option<Self> {
        let first = container.entries.iter().position(|entry| !keeps(entry))?;
        let start = container.entries.get(first)?.offset;
        let range = start..container.range.end;
        match container.form {
            Form::Bundle | Form::CompressedBundle => None,
            Form::Cubin => Some(Self { range, len: None, kept: Vec::new() }),
            Form::FatBinary => {
                let mut kept: Vec<Range<u64>> = Vec::new();
                let mut len = start - container.range.start - fat_binary::HEADER_LEN as u64;
                for entry in container.entries.iter().skip(first).filter(|entry| keeps(entry)) {
                    let end = entry.offset + entry.len();
                    len += entry.len();
                    match kept.last_mut() {
                        Some(last) if last.end == entry.offset => last.end = end,
                        _ => kept.push(entry.offset..end),
                    }
                }
                let len = Some((container.range.start + fat_binary::LEN_OFFSET as u64, len));
                Some(Self { range, len, kept })
            }
        }
    }
}

/// Returns the bytes of a piece, which begins at this offset, that are in the range.
pub(crate) fn part<'a>(piece: &'a [u8], offset: u64, range: &Range<u64>) -> &'a [u8] {
    let within = |at: u64| {
        let at = at.saturating_sub(offset).min(piece.len() as u64);
        usize::try_from(at).unwrap_or(piece.len())
    };
    piece.get(within(range.start)..within(range.end)).unwrap_or_default()
}
