//! Edits the containers of a file: entries are taken out, or others take their places. In a fat binary, those behind
//! them move up, its length says so, and the rest of its room becomes zeros. A bundle of HIP gets a shorter list, and
//! zeros for the code that goes; a compressed one is replaced. No other byte changes, and nothing else moves: pointers
//! to containers stay valid.

use std::ops::Range;

use super::bundle_edit::{self, BundleEdit};
use super::{Container, DeviceCode, Form, fat_binary};

/// What happens to an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It stays as it is.
    Kept,
    /// It is taken out.
    Removed,
    /// Another one takes its place: this byte range of a file of new entries. It must not be longer. Only entries of
    /// fat binaries are replaced.
    Replaced(Range<u64>),
}

/// What happens to a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContainerFate {
    /// These fates of its entries, in their order; the rest stays. Compressed bundles of HIP stay as they are.
    Entries(Vec<Fate>),
    /// Another one takes its place: this byte range of a file of new entries. It must not be longer.
    Replaced(Range<u64>),
}

/// The edits of a file. The default changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeEdit {
    rooms: Vec<Room>,
}

/// A part of a container that changes: in a fat binary, all that is behind the first entry that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Room {
    /// Its byte range in the file. All of it becomes zeros but for `parts`.
    range: Range<u64>,
    /// Offset and new value of the container's length or number of targets, 8 bytes in front of it; `None` if neither
    /// changes.
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

    fn bytes<'a>(&self, file: &'a [u8], new: &'a [u8]) -> &'a [u8] {
        match self {
            Self::Old(range) => part(file, 0, range),
            Self::New(range) => part(new, 0, range),
        }
    }
}

impl CodeEdit {
    /// Plans the edits. `fate` is that of each container, in their order.
    #[must_use]
    pub fn new(code: &DeviceCode, mut fate: impl FnMut(&Container) -> ContainerFate) -> Self {
        let mut rooms = Vec::new();
        for container in &code.containers {
            match fate(container) {
                ContainerFate::Replaced(new) => rooms.push(Room {
                    range: container.range.clone(),
                    len: None,
                    parts: vec![Part::New(new)],
                }),
                ContainerFate::Entries(fates) => rooms.extend(Room::all(container, fates)),
            }
        }
        Self { rooms }
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

    /// Returns the byte ranges of the file that the edited file has no byte of, in order.
    pub fn unused(&self) -> impl Iterator<Item = Range<u64>> {
        self.rooms.iter().flat_map(|room| {
            let used = room.parts.iter().filter_map(|part| match part {
                Part::Old(range) => Some(range.clone()),
                Part::New(_) => None,
            });
            let end = room.range.end..room.range.end;
            let gaps = used.chain([end]).scan(room.range.start, |at, range| {
                let gap = *at..range.start;
                *at = range.end;
                Some(gap)
            });
            gaps.filter(|gap| gap.start < gap.end)
        })
    }

    /// Writes a part of the edited file to `target`, which is filled with zeros. The part begins at `offset`. `new` is
    /// the file of new entries.
    pub fn read(&self, offset: u64, file: &[u8], new: &[u8], target: &mut [u8]) {
        let end = offset.saturating_add(target.len() as u64);
        let mut put = |to: u64, bytes: &[u8]| {
            let bytes = part(bytes, to, &(offset..end));
            let start = usize::try_from(to.saturating_sub(offset)).unwrap_or(usize::MAX);
            let range = start..start.saturating_add(bytes.len());
            if let Some(target) = target.get_mut(range) {
                target.copy_from_slice(bytes);
            }
        };
        let first = self.rooms.partition_point(|room| room.range.end <= offset);
        let rooms = self.rooms.get(first..).unwrap_or_default();
        let mut at = offset;
        for room in rooms.iter().take_while(|room| room.range.start < end) {
            put(at, part(file, 0, &(at..room.range.start)));
            for (to, it) in room.placed().take_while(|(to, _)| *to < end) {
                put(to, it.bytes(file, new));
            }
            at = room.range.end;
        }
        put(at, part(file, 0, &(at..end)));
        let lens = rooms.iter().map_while(|room| {
            let first = room.len.map_or(room.range.start, |(to, _)| to);
            (first < end).then_some(room.len)
        });
        for (to, len) in lens.flatten() {
            put(to, &len.to_le_bytes());
        }
    }

    /// Returns the edited file. `new` is the file of new entries.
    #[must_use]
    pub fn apply(&self, file: &[u8], new: &[u8]) -> Vec<u8> {
        let mut edited = vec![0; file.len()];
        self.read(0, file, new, &mut edited);
        edited
    }
}

impl Room {
    /// Returns the parts of a container that change, in order.
    fn all(container: &Container, fates: Vec<Fate>) -> Vec<Self> {
        if container.form == Form::Bundle {
            let gone: Vec<bool> = fates.iter().map(|fate| *fate == Fate::Removed).collect();
            return bundle_edit::plan(container, &gone).map(Self::of_bundle).unwrap_or_default();
        }
        Self::of(container, fates).into_iter().collect()
    }

    fn of_bundle(edit: BundleEdit) -> Vec<Self> {
        let BundleEdit { count, list, kept, zeros } = edit;
        let parts = kept.into_iter().map(Part::Old).collect();
        let list = Self { range: list, len: Some(count), parts };
        let zeros = zeros.into_iter().map(|range| Self { range, len: None, parts: Vec::new() });
        [list].into_iter().chain(zeros).collect()
    }

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
