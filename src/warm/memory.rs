//! The cache in memory: an LRU cache with a maximum size in bytes.

use std::sync::{Arc, Mutex, MutexGuard};

use lru::LruCache;

use super::{CachedMember, CachedWheel, ChunkKey, ContentHash, MemberKey};
use crate::deflate::CompressedChunk;
use crate::lock::lock;
use crate::source::{FileFingerprint, FileId};

/// The size of an entry without its data in bytes: key, links, allocations. Measured with 100,000
/// empty chunks: 330 bytes each.
const ENTRY_WEIGHT: u64 = 330;

/// The key of an entry. The key of a file is its device and inode, not its whole fingerprint. So a file that
/// was written to, or a new file with the same inode, replaces the old entry, which can never be hit again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Chunk(ChunkKey),
    Member { file: FileId, level: u8, has_token: bool, edit: Option<ContentHash> },
    WheelFile(FileId),
    WheelDirectory(ContentHash),
}

impl Key {
    fn of_member(key: &MemberKey) -> Self {
        let (file, level, has_token) = (key.fingerprint.file_id(), key.level, key.token.is_some());
        Self::Member { file, level, has_token, edit: key.edit }
    }

    fn of_wheel(key: &WheelKey) -> Self {
        match key {
            WheelKey::File(fingerprint) => Self::WheelFile(fingerprint.file_id()),
            WheelKey::Directory(hash) => Self::WheelDirectory(*hash),
        }
    }
}

/// The key of a wheel.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum WheelKey {
    /// Its file. The record is valid for the content.
    File(FileFingerprint),
    /// Its central directory. The content must still be compared.
    Directory(ContentHash),
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    Chunk(Arc<CompressedChunk>),
    Member(MemberKey, Arc<CachedMember>),
    Wheel(WheelKey, Arc<CachedWheel>),
}

impl Value {
    fn weight(&self) -> u64 {
        let data = match self {
            Self::Chunk(chunk) => chunk.bytes.len() as u64,
            Self::Member(_, record) => record.weight(),
            Self::Wheel(_, record) => record.weight(),
        };
        data + ENTRY_WEIGHT
    }
}

/// Entries in the order of their last use.
#[derive(Debug)]
pub(super) struct MemoryCache {
    max_size: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    entries: LruCache<Key, Value>,
    used: u64,
}

impl MemoryCache {
    /// Creates a cache of this size in bytes. With 0 it keeps nothing.
    pub(super) fn new(max_size: u64) -> Self {
        Self { max_size, state: Mutex::new(State { entries: LruCache::unbounded(), used: 0 }) }
    }

    pub(super) fn max_size(&self) -> u64 {
        self.max_size
    }

    /// Returns the number of entries and their size in bytes.
    pub(super) fn usage(&self) -> (usize, u64) {
        let state = self.lock();
        (state.entries.len(), state.used)
    }

    #[cfg(test)]
    fn used(&self) -> u64 {
        self.usage().1
    }

    pub(super) fn chunk(&self, key: &ChunkKey) -> Option<Arc<CompressedChunk>> {
        match self.lock().entries.get(&Key::Chunk(*key))? {
            Value::Chunk(chunk) => Some(Arc::clone(chunk)),
            _ => None,
        }
    }

    pub(super) fn member(&self, key: &MemberKey) -> Option<Arc<CachedMember>> {
        if self.max_size == 0 {
            return None;
        }
        match self.lock().entries.get(&Key::of_member(key))? {
            Value::Member(its_key, record) if its_key == key => Some(Arc::clone(record)),
            _ => None,
        }
    }

    pub(super) fn wheel(&self, key: &WheelKey) -> Option<Arc<CachedWheel>> {
        if self.max_size == 0 {
            return None;
        }
        match self.lock().entries.get(&Key::of_wheel(key))? {
            Value::Wheel(its_key, record) if its_key == key => Some(Arc::clone(record)),
            _ => None,
        }
    }

    pub(super) fn insert_chunk(&self, key: ChunkKey, chunk: &Arc<CompressedChunk>) {
        self.insert(Key::Chunk(key), Value::Chunk(Arc::clone(chunk)));
    }

    pub(super) fn insert_member(&self, key: MemberKey, record: &Arc<CachedMember>) {
        self.insert(Key::of_member(&key), Value::Member(key, Arc::clone(record)));
    }

    pub(super) fn insert_wheel(&self, key: WheelKey, record: &Arc<CachedWheel>) {
        self.insert(Key::of_wheel(&key), Value::Wheel(key, Arc::clone(record)));
    }

    /// Removes the record of the wheel in a file.
    pub(super) fn forget_wheel_file(&self, file: FileId) {
        let mut state = self.lock();
        if let Some(removed) = state.entries.pop(&Key::WheelFile(file)) {
            state.used -= removed.weight();
        }
    }

    fn insert(&self, key: Key, value: Value) {
        let weight = value.weight();
        // An entry that is too large on its own would evict all others and then itself.
        if weight > self.max_size {
            return;
        }
        let mut state = self.lock();
        state.used += weight;
        if let Some(replaced) = state.entries.put(key, value) {
            state.used -= replaced.weight();
        }
        while state.used > self.max_size {
            let Some((_, dropped)) = state.entries.pop_lru() else { break };
            state.used -= dropped.weight();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the lock, so the sums are right.
        lock(&self.state)
    }
}

/// Returns the machine's memory in bytes, or 8 GiB where it is unknown.
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
    use crate::warm::{ChunkForm, ContentHash};

    fn key(number: u8) -> ChunkKey {
        ChunkKey { content: ContentHash([number; 32]), level: 6, form: ChunkForm::Inner }
    }

    fn chunk(len: usize) -> Arc<CompressedChunk> {
        Arc::new(CompressedChunk { bytes: vec![1; len], crc: 0 })
    }

    #[test]
    fn the_least_recently_used_entry_is_evicted() {
        let memory = MemoryCache::new(3 * (1000 + ENTRY_WEIGHT));
        for number in 0..3 {
            memory.insert_chunk(key(number), &chunk(1000));
        }
        assert_eq!(memory.used(), memory.max_size());
        assert!(memory.chunk(&key(0)).is_some());
        memory.insert_chunk(key(3), &chunk(1000));
        let there: Vec<bool> = (0..4).map(|number| memory.chunk(&key(number)).is_some()).collect();
        assert_eq!(there, [true, false, true, true]);
        assert_eq!(memory.used(), memory.max_size());
    }

    #[test]
    fn a_replaced_entry_is_not_counted_twice() {
        let memory = MemoryCache::new(10_000);
        for len in [1000, 2000, 500] {
            memory.insert_chunk(key(1), &chunk(len));
            assert_eq!(memory.used(), len as u64 + ENTRY_WEIGHT);
        }
    }

    #[test]
    fn a_file_has_one_entry_for_its_present_content() {
        let memory = MemoryCache::new(100_000);
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut fingerprints = Vec::new();
        for content in ["one", "second"] {
            fs_err::write(file.path(), content).unwrap();
            let fingerprint =
                FileFingerprint::of_open(&fs_err::File::open(file.path()).unwrap()).unwrap();
            memory.insert_wheel(WheelKey::File(fingerprint.clone()), &Arc::default());
            fingerprints.push(fingerprint);
        }
        assert_eq!(memory.usage(), (1, ENTRY_WEIGHT));
        let is_there = |fingerprint: &FileFingerprint| {
            memory.wheel(&WheelKey::File(fingerprint.clone())).is_some()
        };
        assert_eq!(fingerprints.iter().map(is_there).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn an_entry_larger_than_the_cache_is_not_kept() {
        let memory = MemoryCache::new(10_000);
        memory.insert_chunk(key(1), &chunk(1000));
        memory.insert_chunk(key(2), &chunk(10_000));
        assert!(memory.chunk(&key(1)).is_some());
        assert!(memory.chunk(&key(2)).is_none());
        MemoryCache::new(0).insert_chunk(key(1), &chunk(0));
    }
}
