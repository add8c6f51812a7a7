//! Edits the containers of a file: entries are taken out, or others take their places. Those behind them move up in
//! their container, its length says so, and the rest of its room becomes zeros. No other byte changes, and nothing
//! else moves: pointers to containers stay valid.

use std::borrow::Cow;
use std::convert::Infallible;
use std::ops::Range;

use super::{Container, DeviceCode, Form, fat_binary};

/// What happens to an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It stays as it is.
    Kept,
    /// It is taken out.
    Removed,
    /// Another one takes its place: this byte range of a file of new entries. It must not be longer.
    Replaced(Range<u64>),
}

/// The edits of a file. The default changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeEdit {
    rooms: Vec<Room>,
}

/// The part of a container behind the first entry that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Room {
    /// Its byte range in the file. All of it becomes zeros but for `parts`.
    range: Range<u64>,
    /// Offset and new value of the container's length, which is 8 bytes in front of it; `None` for a cubin without a
    /// container.
    len: Option<(u64, u64)>,
    /// What the room holds from its front on.
    parts: Vec<Part>,
}

/// Bytes of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// A byte range of the file.
    Old(Range<u64>),
    /// A byte range of the file of new entries.
    New(Range<u64>),
}

impl Part {
    fn range(&self) -> &Range<u64> {
        match self {
            Self::Old(range) | Self::New(range) => range,
        }
    }
}

impl CodeEdit {
    /// Plans the edits. `fates` are those of a container's entries, in their order; the rest stays. Bundles of HIP stay
    /// as they are.
    #[must_use]
    pub fn new(code: &DeviceCode, mut fates: impl FnMut(&Container) -> Vec<Fate>) -> Self {
        let containers = code.containers.iter();
        let rooms = containers.filter_map(|container| Room::of(container, fates(container)));
        Self { rooms: rooms.collect() }
    }

    /// Returns whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rooms.is_empty()
    }

    /// Returns the byte ranges of the file that change, in order.
    pub fn changes(&self) -> impl Iterator<Item = Range<u64>> {
        let len = |room: &Room| room.len.map(|(offset, _)| offset..offset + 8);
        self.rooms.iter().flat_map(move |room| len(room).into_iter().chain([room.range.clone()]))
    }

    /// Returns offsets and new bytes: the lengths of containers, and new entries. They replace what
    /// [`CodeEdit::place`] leaves there. `new` is the file of new entries.
    pub fn writes<'a>(&'a self, new: &'a [u8]) -> impl Iterator<Item = (u64, Cow<'a, [u8]>)> {
        self.rooms.iter().flat_map(move |room| {
            let len = room.len.map(|(offset, len)| (offset, len.to_le_bytes().to_vec().into()));
            let entries = room.placed().filter_map(move |(to, it)| match it {
                Part::Old(_) => None,
                Part::New(range) => Some((to, part(new, 0, range).into())),
            });
            len.into_iter().chain(entries)
        })
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
            for (to, it) in room.placed() {
                if let Part::Old(range) = it {
                    pass(range.clone(), to)?;
                }
            }
            at = room.range.end;
        }
        pass(at..end, at)
    }

    /// Returns the edited file. `new` is the file of new entries.
    #[must_use]
    pub fn apply(&self, file: &[u8], new: &[u8]) -> Vec<u8> {
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
        self.writes(new).for_each(|(offset, bytes)| write(offset, &bytes));
        edited
    }
}

impl Room {
    fn of(container: &Container, mut fates: Vec<Fate>) -> Option<Self> {
        let first = fates.iter().position(|fate| *fate != Fate::Kept)?;
        fates.resize(container.entries.len(), Fate::Kept);
        let start = container.entries.get(first)?.offset;
        let range = start..container.range.end;
        match container.form {
            Form::Bundle | Form::CompressedBundle => None,
            Form::Cubin => Some(Self { range, len: None, parts: Vec::new() }),
            Form::FatBinary => {
                let mut parts: Vec<Part> = Vec::new();
                for (entry, fate) in container.entries.iter().zip(fates).skip(first) {
                    let end = entry.offset + entry.len();
                    match (fate, parts.last_mut()) {
                        (Fate::Removed, _) => {}
                        (Fate::Replaced(range), _) => parts.push(Part::New(range)),
                        (Fate::Kept, Some(Part::Old(last))) if last.end == entry.offset => {
                            last.end = end;
                        }
                        (Fate::Kept, _) => parts.push(Part::Old(entry.offset..end)),
                    }
                }
                let lens = parts.iter().map(|part| part.range().end - part.range().start);
                let before = start - container.range.start - fat_binary::HEADER_LEN as u64;
                let len = before + lens.sum::<u64>();
                let len = Some((container.range.start + fat_binary::LEN_OFFSET as u64, len));
                Some(Self { range, len, parts })
            }
        }
    }

    /// Returns the parts with their offsets in the edited file.
    fn placed(&self) -> impl Iterator<Item = (u64, &Part)> {
        self.parts.iter().scan(self.range.start, |to, part| {
            let at = *to;
            *to += part.range().end - part.range().start;
            Some((at, part))
        })
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
