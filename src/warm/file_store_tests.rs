//! Files that are kept, evicted, and not written through links.

use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};

use super::*;
use crate::warm::CacheOptions;

/// Length of each file in bytes.
const LEN: usize = 10_000;

/// A directory with a cache directory and an output.
struct Fixture {
    folder: tempfile::TempDir,
    cache: Cache,
}

impl Fixture {
    fn new(directory_size: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory = Some(folder.path().join("cache"));
        let cache = Cache::new(&CacheOptions { memory: 0, directory, directory_size }).unwrap();
        fs_err::create_dir(folder.path().join("out")).unwrap();
        cache.clock().stop_at(SystemTime::now() + Duration::from_hours(1));
        Self { folder, cache }
    }

    fn store(&self, mode: LinkMode) -> FileStore<'_> {
        self.cache.file_store(mode, &self.folder.path().join("out")).unwrap()
    }

    /// Writes an archive, which the store only takes for its fingerprint.
    fn archive(&self, name: &str) -> Input {
        let path = self.folder.path().join(name);
        fs_err::write(&path, name).unwrap();
        Input::find(&path).unwrap()
    }

    /// Keeps a file of an output for an archive.
    fn keep(&self, store: &FileStore<'_>, archive: &Input, byte: u8) -> Sha256Digest {
        let path = self.folder.path().join("out").join(byte.to_string());
        fs_err::write(&path, vec![byte; LEN]).unwrap();
        set_permissions(&path, 0o644).unwrap();
        let digest = Sha256Digest(Sha256::digest(vec![byte; LEN]).into());
        let kept = store.keep(&digest, 0o644, &path).unwrap();
        assert!(kept.is_some());
        store.keep_archive(archive, vec![(0, digest, kept)], None);
        digest
    }

    /// Returns whether a file is there and valid.
    fn has(&self, store: &FileStore<'_>, digest: Sha256Digest) -> bool {
        let to = self.folder.path().join("out/placed");
        drop(fs_err::remove_file(&to));
        let member = UnpackedMember { digest, fingerprint: None };
        store.place(&member, 0o644, &to, &CancelFlag::default()).is_some()
    }
}

#[test]
fn files_are_evicted_with_their_archives() {
    for mode in [LinkMode::Hardlink, LinkMode::Copy] {
        let fixture = Fixture::new(42_000);
        let store = fixture.store(mode);
        let archives: Vec<Input> =
            (0..4).map(|number| fixture.archive(&number.to_string())).collect();
        let mut digests = Vec::new();
        for (byte, archive) in (0..).zip(&archives) {
            digests.push(fixture.keep(&store, archive, byte));
            // Each was used a second after the one before, an hour ago.
            let used = SystemTime::now() - Duration::from_secs(3600 - u64::from(byte));
            let name = super::super::disk::unpacked_name(&store.archive_key(archive.fingerprint()));
            let path = store.disk.path(super::super::disk::UNPACKED, &name);
            let file = File::options().write(true).open(path).unwrap();
            file.set_modified(used).unwrap();
        }
        assert!(store.archive(&archives[0]).is_some());
        let orphan = fixture.folder.path().join("cache/v1/files/aa");
        fs_err::create_dir_all(&orphan).unwrap();
        fs_err::write(orphan.join("orphan"), vec![1; 8_000]).unwrap();
        store.count_kept(1 << 30);
        assert!(!orphan.join("orphan").exists(), "no archive has it");
        let is_there: Vec<bool> =
            digests.into_iter().map(|digest| fixture.has(&store, digest)).collect();
        assert_eq!(
            is_there,
            [true, false, true, true],
            "{mode:?}: the second was used longest ago"
        );
    }
}

#[test]
fn what_does_not_fit_is_not_kept() {
    let fixture = Fixture::new(100_000);
    let store = fixture.store(LinkMode::Copy);
    assert!(store.has_room_for(90_000) && !store.has_room_for(90_001));
}

/// A file that is there already is of no known content until it is hashed.
#[test]
fn a_file_of_another_process_is_hashed_first() {
    let fixture = Fixture::new(1 << 20);
    let archive = fixture.archive("archive");
    let digest = fixture.keep(&fixture.store(LinkMode::Copy), &archive, 1);
    let store = fixture.store(LinkMode::Copy);
    let path = fixture.folder.path().join("out/1");
    assert_eq!(store.keep(&digest, 0o644, &path).unwrap(), None);
    assert!(fixture.has(&store, digest));
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link() {
    let fixture = Fixture::new(1 << 20);
    let target = fixture.folder.path().join("target");
    fs_err::create_dir(&target).unwrap();
    std::os::unix::fs::symlink(&target, fixture.folder.path().join("cache/v1/files")).unwrap();
    for mode in [LinkMode::Hardlink, LinkMode::Copy] {
        let store = fixture.store(mode);
        let path = fixture.folder.path().join("out/file");
        fs_err::write(&path, "content").unwrap();
        let digest = Sha256Digest(Sha256::digest("content").into());
        assert!(store.keep(&digest, 0o644, &path).is_err());
    }
    assert_eq!(fs_err::read_dir(&target).unwrap().count(), 0);
}
