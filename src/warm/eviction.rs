//! Eviction from the cache directory: the least recently used entries go first.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::SystemTime;

use walkdir::WalkDir;

use super::disk::{
    CHUNKS, DiskCache, FILES, MEMBERS, UNPACKED, is_directory, open_entry, open_lock,
};
use super::file_store::FileKey;
use super::unpacked::UnpackedArchive;
use crate::temporary;

/// What an eviction keeps, in tenths of the maximum size.
const KEEP_TENTHS: u64 = 9;

/// A file that can be evicted.
type Candidate = (SystemTime, u64, PathBuf);

impl DiskCache {
    /// Returns the maximum size in bytes that an eviction leaves.
    pub(super) fn kept_size(&self) -> u64 {
        self.max_size / 10 * KEEP_TENTHS
    }

    /// Removes the least recently used entries if the directory has outgrown its size. One process
    /// evicts at a time; the others skip the eviction.
    pub(super) fn evict(&self) {
        if !is_directory(&self.root) {
            return;
        }
        let Some(lock) = open_lock(&self.root.join("lock")) else { return };
        if lock.file().try_lock().is_err() {
            return;
        }
        let new = self.root.join("new");
        if is_directory(&new) {
            temporary::sweep(&new);
        }
        let kinds = [CHUNKS, MEMBERS, UNPACKED, FILES];
        let mut files: Vec<Candidate> =
            kinds.iter().flat_map(|kind| self.candidates(kind)).collect();
        let mut total: u64 = files.iter().map(|(_, len, _)| len).sum();
        if total <= self.max_size {
            return;
        }
        self.date_unpacked_files(&mut files);
        files.sort_unstable();
        for (_, len, path) in files {
            if total <= self.kept_size() {
                break;
            }
            drop(fs_err::remove_file(path));
            total -= len;
        }
    }

    /// Returns the files of a kind, with their times of modification.
    fn candidates(&self, kind: &str) -> Vec<Candidate> {
        let mut files = Vec::new();
        let walk = WalkDir::new(self.root.join(kind)).follow_root_links(false);
        for entry in walk.into_iter().flatten() {
            // An entry that another process has just removed takes no room.
            if let Ok(metadata) = entry.metadata()
                && metadata.is_file()
            {
                let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                files.push((used, metadata.len(), entry.into_path()));
            }
        }
        files
    }

    /// Dates unpacked files by their archives. Their own times must not change, so they do not show the last
    /// use. A file that no archive's record names is the first to go.
    fn date_unpacked_files(&self, files: &mut [Candidate]) {
        let mut used_at: HashMap<PathBuf, SystemTime> = HashMap::new();
        for (used, _, path) in files.iter().filter(|(.., path)| self.is_in(UNPACKED, path)) {
            let name = path
                .file_name()
                .and_then(|name| blake3::Hash::from_hex(name.as_encoded_bytes()).ok());
            let entry = name.and_then(|name| open_entry(path, &name).ok().flatten());
            let record = entry.and_then(|(_, bytes)| UnpackedArchive::from_bytes(&bytes));
            let digests = record.iter().flat_map(|record| record.members.values());
            for name in digests.flat_map(|member| FileKey::all_names(&member.digest)) {
                let latest = used_at.entry(self.path(FILES, &name)).or_insert(*used);
                *latest = (*latest).max(*used);
            }
        }
        for (used, _, path) in files {
            if self.is_in(FILES, path) {
                *used = used_at.get(path).copied().unwrap_or(SystemTime::UNIX_EPOCH);
            }
        }
    }

    fn is_in(&self, kind: &str, path: &std::path::Path) -> bool {
        path.strip_prefix(&self.root).is_ok_and(|path| path.starts_with(kind))
    }
}
