//! The cache on disk: entries that are kept, damaged, evicted, and files that are no entries.

use std::time::Duration;

use walkdir::WalkDir;

use super::*;
use crate::warm::ContentHash;

fn key(number: u8) -> ChunkKey {
    ChunkKey { content: ContentHash([number; 32]), level: 6, form: ChunkForm::Inner }
}

fn chunk(number: u8, len: usize) -> CompressedChunk {
    CompressedChunk { bytes: vec![number; len], crc: u32::from(number) * 0x0101_0101 }
}

fn files(root: &Path) -> Vec<PathBuf> {
    let all = WalkDir::new(root.join("v1/pieces")).into_iter().flatten();
    all.map(walkdir::DirEntry::into_path).filter(|path| path.is_file()).collect()
}

#[test]
fn another_libdeflate_has_other_names() {
    let lock = fs_err::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock")).unwrap();
    let (name, version) = deflate::LIBDEFLATE.split_once(' ').unwrap();
    let locked = format!("name = \"{name}\"\nversion = \"{version}\"\n");
    assert!(lock.contains(&locked), "`LIBDEFLATE` differs from Cargo.lock");
}

#[test]
fn the_next_process_finds_an_entry() {
    let folder = tempfile::tempdir().unwrap();
    DiskCache::open(folder.path(), 1 << 20).unwrap().keep_chunk(key(1), &chunk(1, 5000));
    let next = DiskCache::open(folder.path(), 1 << 20).unwrap();
    assert_eq!(next.chunk(key(1)), Some(chunk(1, 5000)));
    assert_eq!(next.chunk(key(2)), None);
    let other_level = ChunkKey { level: 5, ..key(1) };
    assert_eq!(next.chunk(other_level), None);
}

#[test]
fn an_invalid_entry_is_removed_and_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let cache = DiskCache::open(folder.path(), 1 << 20).unwrap();
    let damages: [fn(&mut Vec<u8>); 6] = [
        |bytes| bytes[3] ^= 1,
        |bytes| bytes[HASH_LEN] ^= 0x80,
        |bytes| *bytes.last_mut().unwrap() ^= 1,
        |bytes| bytes.truncate(100),
        Vec::clear,
        |bytes| bytes.push(0),
    ];
    for damage in damages {
        cache.keep_chunk(key(1), &chunk(1, 5000));
        let [path] = <[PathBuf; 1]>::try_from(files(folder.path())).unwrap();
        let mut bytes = fs_err::read(&path).unwrap();
        damage(&mut bytes);
        fs_err::write(&path, bytes).unwrap();
        assert_eq!(cache.chunk(key(1)), None);
        assert!(!path.exists());
    }
    // A valid entry under the name of another one is invalid.
    cache.keep_chunk(key(1), &chunk(1, 5000));
    let one = files(folder.path()).pop().unwrap();
    cache.keep_chunk(key(2), &chunk(2, 5000));
    let other = cache.path(CHUNKS, &chunk_name(key(2)));
    fs_err::copy(one, other).unwrap();
    assert_eq!(cache.chunk(key(2)), None);
}

/// Another user may have put any kind of file at the path of an entry.
#[cfg(unix)]
#[test]
fn other_files_are_removed_unread() {
    use std::os::unix::fs::symlink;

    let folder = tempfile::tempdir().unwrap();
    let cache = DiskCache::open(folder.path(), 1 << 20).unwrap();
    let path = cache.path(CHUNKS, &chunk_name(key(1)));
    let beside = folder.path().join("beside");
    let obstacles: [(&str, &dyn Fn()); 5] = [
        ("a file of terabytes", &|| File::create(&path).unwrap().set_len(1 << 42).unwrap()),
        ("a pipe", &|| {
            let mode = rustix::fs::Mode::RWXU;
            rustix::fs::mkfifoat(rustix::fs::CWD, &path, mode).unwrap();
        }),
        ("a directory", &|| fs_err::create_dir_all(path.join("with/more")).unwrap()),
        ("a link to a valid entry", &|| {
            cache.keep_chunk(key(1), &chunk(1, 5000));
            fs_err::rename(&path, &beside).unwrap();
            symlink(&beside, &path).unwrap();
        }),
        ("a link to nothing", &|| symlink("nothing", &path).unwrap()),
    ];
    for (what, put) in obstacles {
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        put();
        assert_eq!(cache.chunk(key(1)), None, "{what}");
        assert!(path.symlink_metadata().is_err(), "{what}");
        cache.keep_chunk(key(1), &chunk(1, 5000));
        assert_eq!(cache.chunk(key(1)), Some(chunk(1, 5000)), "{what}");
        fs_err::remove_file(&path).unwrap();
    }
    assert!(beside.exists());
}

#[test]
fn an_entry_that_cannot_be_read_now_is_not_invalid() {
    // A path below a file cannot be opened, so nothing is known about the entry.
    let file = tempfile::NamedTempFile::new().unwrap();
    let name = chunk_name(key(1));
    assert!(read_entry(&file.path().join("below"), &name).is_err());
    assert_eq!(read_entry(file.path(), &name).unwrap(), None);
}

#[test]
fn the_least_recently_used_entries_are_evicted() {
    let folder = tempfile::tempdir().unwrap();
    let cache = DiskCache::open(folder.path(), 100_000).unwrap();
    for number in 0..9 {
        cache.keep_chunk(key(number), &chunk(number, 10_000));
        // Each was used a second after the one before, an hour ago.
        let used = SystemTime::now() - Duration::from_secs(3600 - u64::from(number));
        let file = File::options().write(true).open(cache.path(CHUNKS, &chunk_name(key(number))));
        file.unwrap().set_modified(used).unwrap();
    }
    assert!(cache.chunk(key(0)).is_some());
    for number in 9..12 {
        cache.keep_chunk(key(number), &chunk(number, 10_000));
    }
    let total: u64 = files(folder.path()).iter().map(|it| it.metadata().unwrap().len()).sum();
    assert!(total <= 100_000 + 100_000 / EVICTION_SHARE, "{total}");
    assert!(cache.chunk(key(0)).is_some(), "used not long ago");
    assert!(cache.chunk(key(1)).is_none(), "used longest ago");
    assert!(cache.chunk(key(11)).is_some());
}

/// A file outside of the cache directory.
#[cfg(unix)]
fn victim(folder: &Path) -> PathBuf {
    let victim = folder.join("victim");
    fs_err::create_dir(&victim).unwrap();
    let path = victim.join("file");
    fs_err::write(&path, "content").unwrap();
    path
}

#[cfg(unix)]
#[test]
fn a_link_in_place_of_the_lock_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let victim = victim(folder.path());
    let cache = DiskCache::open(&folder.path().join("cache"), 12_000).unwrap();
    let lock = folder.path().join("cache/v1/lock");
    std::os::unix::fs::symlink(&victim, &lock).unwrap();
    for number in 0..3 {
        cache.keep_chunk(key(number), &chunk(number, 5000));
    }
    assert_eq!(fs_err::read(&victim).unwrap(), b"content");
    assert!(fs_err::symlink_metadata(&lock).unwrap().is_file());
    assert_eq!(files(&folder.path().join("cache")).len(), 2, "evicted all the same");
}

#[test]
fn the_lock_file_is_not_truncated() {
    let folder = tempfile::tempdir().unwrap();
    let cache = DiskCache::open(folder.path(), 1 << 20).unwrap();
    let lock = folder.path().join("v1/lock");
    fs_err::write(&lock, "content").unwrap();
    cache.keep_chunk(key(1), &chunk(1, 5000));
    assert_eq!(fs_err::read(&lock).unwrap(), b"content");
}

#[cfg(unix)]
#[test]
fn no_tag_is_written_through_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let missing = folder.path().join("missing");
    fs_err::create_dir(&cache).unwrap();
    std::os::unix::fs::symlink(&missing, cache.join("CACHEDIR.TAG")).unwrap();
    DiskCache::open(&cache, 1 << 20).unwrap();
    assert!(!missing.exists());
}

/// If a directory was replaced by a link, nothing behind the link is written, evicted, swept or
/// removed.
#[cfg(unix)]
#[test]
fn linked_directories_are_left_alone() {
    let invalid = chunk_name(key(1)).to_hex();
    let shard = format!("v1/pieces/{}", shard(&invalid));
    for link in ["v1", "v1/pieces", "v1/members", "v1/new", &shard] {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        // Files that look abandoned, invalid, or too many.
        let mut expected = Vec::new();
        for below in ["v1", "v1/pieces", "v1/members", "v1/new", &shard] {
            let below =
                target.join(below.strip_prefix(link).unwrap_or(below).trim_start_matches('/'));
            fs_err::create_dir_all(&below).unwrap();
            for name in [".wheelworks-aaaaaa.tmp", invalid.as_str()] {
                fs_err::write(below.join(name), "7".repeat(50_000)).unwrap();
                expected.push(below.join(name));
            }
        }
        let root = folder.path().join("cache");
        let opened = DiskCache::open(&root, 12_000);
        let linked = root.join(link);
        drop(fs_err::remove_dir_all(&linked));
        fs_err::create_dir_all(linked.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(&target, &linked).unwrap();
        for cache in [opened, DiskCache::open(&root, 12_000)].into_iter().flatten() {
            for number in 0..4 {
                cache.chunk(key(number));
                cache.keep_chunk(key(number), &chunk(number, 5000));
            }
        }
        let all = WalkDir::new(&target).into_iter().map(|it| it.unwrap().into_path());
        let mut found: Vec<PathBuf> = all.filter(|path| path.is_file()).collect();
        found.sort();
        expected.sort();
        expected.dedup();
        assert_eq!(found, expected, "{link}");
    }
}

#[test]
fn a_directory_that_is_removed_while_in_use_is_created_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache");
    let cache = DiskCache::open(&path, 1 << 20).unwrap();
    cache.keep_chunk(key(1), &chunk(1, 5000));
    fs_err::remove_dir_all(&path).unwrap();
    assert_eq!(cache.chunk(key(1)), None);
    cache.keep_chunk(key(1), &chunk(1, 5000));
    assert_eq!(cache.chunk(key(1)), Some(chunk(1, 5000)));
}

#[test]
fn a_directory_that_cannot_be_created_is_an_error() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = DiskCache::open(&file.path().join("below"), 1).unwrap_err();
    let hint = crate::error::Diagnose::hint(&error).unwrap();
    assert!(hint.contains("--cache-dir"), "{hint}");
}
