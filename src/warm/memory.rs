//! The store in memory: bounded in bytes, least recently used out first.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use super::{ContentHash, MemberKey, MemberRecord, PieceKey, WheelRecord};
use crate::deflate::Piece;
use crate::source::{Place, Stamp};

/// What an entry weighs besides its data: key, links, allocations. Measured with 100,000 empty
/// pieces: 330 bytes each.
const ENTRY_WEIGHT: u64 = 330;

/// What an entry is found by. Of a file that is where it stands, and not what it was last: a file that was
/// written to, or one that has taken the place of another, has no second entry beside one that nothing
/// will ever ask for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Piece(PieceKey),
    Member { place: Place, level: u8, has_token: bool },
    WheelFile(Place),
    WheelDirectory(ContentHash),
}

impl Key {
    fn of_member(key: &MemberKey) -> Self {
        let (place, level, has_token) = (key.stamp.place(), key.level, key.token.is_some());
        Self::Member { place, level, has_token }
    }

    fn of_wheel(key: &WheelKey) -> Self {
        match key {
            WheelKey::File(stamp) => Self::WheelFile(stamp.place()),
            WheelKey::Directory(hash) => Self::WheelDirectory(*hash),
        }
    }
}

/// What a wheel is found by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum WheelKey {
    /// Its file: then the record is of its content.
    File(Stamp),
    /// Its central directory: then its content must be compared yet.
    Directory(ContentHash),
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    Piece(Arc<Piece>),
    Member(MemberKey, Arc<MemberRecord>),
    Wheel(WheelKey, Arc<WheelRecord>),
}

impl Value {
    fn weight(&self) -> u64 {
        let data = match self {
            Self::Piece(piece) => piece.bytes.len() as u64,
            Self::Member(_, record) => record.weight(),
            Self::Wheel(_, record) => record.weight(),
        };
        data + ENTRY_WEIGHT
    }
}

/// Entries in the order of their last use.
#[derive(Debug)]
pub(super) struct Memory {
    bound: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    entries: LruCache<Key, Value>,
    used: u64,
}

impl Memory {
    /// At most this many bytes; with 0 nothing is kept.
    pub(super) fn new(bound: u64) -> Self {
        Self { bound, state: Mutex::new(State { entries: LruCache::unbounded(), used: 0 }) }
    }

    pub(super) fn bound(&self) -> u64 {
        self.bound
    }

    /// How many entries there are, and how many bytes they take.
    pub(super) fn usage(&self) -> (usize, u64) {
        let state = self.lock();
        (state.entries.len(), state.used)
    }

    #[cfg(test)]
    fn used(&self) -> u64 {
        self.usage().1
    }

    pub(super) fn piece(&self, key: &PieceKey) -> Option<Arc<Piece>> {
        match self.lock().entries.get(&Key::Piece(*key))? {
            Value::Piece(piece) => Some(Arc::clone(piece)),
            _ => None,
        }
    }

    pub(super) fn member(&self, key: &MemberKey) -> Option<Arc<MemberRecord>> {
        if self.bound == 0 {
            return None;
        }
        match self.lock().entries.get(&Key::of_member(key))? {
            Value::Member(its_key, record) if its_key == key => Some(Arc::clone(record)),
            _ => None,
        }
    }

    pub(super) fn wheel(&self, key: &WheelKey) -> Option<Arc<WheelRecord>> {
        if self.bound == 0 {
            return None;
        }
        match self.lock().entries.get(&Key::of_wheel(key))? {
            Value::Wheel(its_key, record) if its_key == key => Some(Arc::clone(record)),
            _ => None,
        }
    }

    pub(super) fn insert_piece(&self, key: PieceKey, piece: &Arc<Piece>) {
        self.insert(Key::Piece(key), Value::Piece(Arc::clone(piece)));
    }

    pub(super) fn insert_member(&self, key: MemberKey, record: &Arc<MemberRecord>) {
        self.insert(Key::of_member(&key), Value::Member(key, Arc::clone(record)));
    }

    pub(super) fn insert_wheel(&self, key: WheelKey, record: &Arc<WheelRecord>) {
        self.insert(Key::of_wheel(&key), Value::Wheel(key, Arc::clone(record)));
    }

    fn insert(&self, key: Key, value: Value) {
        let weight = value.weight();
        // What alone is too large would push everything else out and then go itself.
        if weight > self.bound {
            return;
        }
        let mut state = self.lock();
        state.used += weight;
        if let Some(replaced) = state.entries.put(key, value) {
            state.used -= replaced.weight();
        }
        while state.used > self.bound {
            let Some((_, dropped)) = state.entries.pop_lru() else { break };
            state.used -= dropped.weight();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock; if something does, the sums are still right.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes of memory that the machine has; where nobody can tell, 8 GiB.
pub(super) fn installed() -> u64 {
    let unknown = 8 << 30;
    if cfg!(not(target_os = "linux")) {
        return unknown;
    }
    let kibibytes = fs_err::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()
    });
    kibibytes.map_or(unknown, |kibibytes| kibibytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warm::{ContentHash, Form};

    fn key(number: u8) -> PieceKey {
        PieceKey { content: ContentHash([number; 32]), level: 6, form: Form::Inner }
    }

    fn piece(len: usize) -> Arc<Piece> {
        Arc::new(Piece { bytes: vec![1; len], crc: 0 })
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let memory = Memory::new(3 * (1000 + ENTRY_WEIGHT));
        for number in 0..3 {
            memory.insert_piece(key(number), &piece(1000));
        }
        assert_eq!(memory.used(), memory.bound());
        assert!(memory.piece(&key(0)).is_some());
        memory.insert_piece(key(3), &piece(1000));
        let there: Vec<bool> = (0..4).map(|number| memory.piece(&key(number)).is_some()).collect();
        assert_eq!(there, [true, false, true, true]);
        assert_eq!(memory.used(), memory.bound());
    }

    #[test]
    fn what_is_replaced_is_not_counted_twice() {
        let memory = Memory::new(10_000);
        for len in [1000, 2000, 500] {
            memory.insert_piece(key(1), &piece(len));
            assert_eq!(memory.used(), len as u64 + ENTRY_WEIGHT);
        }
    }

    #[test]
    fn a_file_has_one_entry_and_only_for_what_it_is_now() {
        let memory = Memory::new(100_000);
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut stamps = Vec::new();
        for content in ["one", "second"] {
            fs_err::write(file.path(), content).unwrap();
            let stamp = Stamp::of_open(&fs_err::File::open(file.path()).unwrap()).unwrap();
            memory.insert_wheel(WheelKey::File(stamp.clone()), &Arc::default());
            stamps.push(stamp);
        }
        assert_eq!(memory.usage(), (1, ENTRY_WEIGHT));
        let is_there = |stamp: &Stamp| memory.wheel(&WheelKey::File(stamp.clone())).is_some();
        assert_eq!(stamps.iter().map(is_there).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn what_is_larger_than_the_bound_is_not_kept() {
        let memory = Memory::new(10_000);
        memory.insert_piece(key(1), &piece(1000));
        memory.insert_piece(key(2), &piece(10_000));
        assert!(memory.piece(&key(1)).is_some());
        assert!(memory.piece(&key(2)).is_none());
        Memory::new(0).insert_piece(key(1), &piece(0));
    }
}
