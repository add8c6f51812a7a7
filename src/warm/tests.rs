//! Chunks: compressed once, shared, evicted.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, mpsc};

use super::*;

fn key(number: u8) -> ChunkKey {
    ChunkKey { content: ContentHash([number; 32]), level: 6, form: ChunkForm::Inner }
}

fn chunk(number: u8) -> CompressedChunk {
    CompressedChunk { bytes: vec![number; 100], crc: 7 }
}

fn cache(memory: u64) -> Cache {
    Cache::new(&CacheOptions { memory, ..CacheOptions::default() }).unwrap()
}

#[test]
fn a_chunk_is_compressed_once() {
    let cache = cache(1 << 20);
    let cancel = CancelFlag::default();
    let mut made = 0;
    for reused in [false, true, true] {
        let found = cache
            .chunk_or_compress::<Error>(key(1), &cancel, || {
                made += 1;
                Ok(chunk(1))
            })
            .unwrap();
        assert_eq!((found.compressed.bytes[0], found.reused), (1, reused));
    }
    assert_eq!(made, 1);
}

/// Waits until this many callers wait for the chunk that is being compressed.
fn wait_for_followers(cache: &Cache, count: usize) {
    while cache.single_flight.followers(&key(1)) < count {
        std::thread::yield_now();
    }
}

#[test]
fn concurrent_requests_share_one_compression() {
    for memory in [1 << 20, 200] {
        // The small cache keeps nothing. The chunk is published all the same.
        let cache = cache(memory);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(8).build().unwrap();
        let made = AtomicUsize::new(0);
        pool.broadcast(|_| {
            let found = cache.chunk_or_compress::<Error>(key(1), &CancelFlag::default(), || {
                made.fetch_add(1, Ordering::SeqCst);
                wait_for_followers(&cache, 7);
                Ok(chunk(1))
            });
            assert_eq!(found.unwrap().compressed.bytes, chunk(1).bytes);
        });
        assert_eq!(made.load(Ordering::SeqCst), 1, "{memory}");
    }
}

#[test]
fn failures_and_panics_are_not_published() {
    let after_failure = |panics: bool| {
        let cache = cache(1 << 20);
        let leads = Barrier::new(2);
        std::thread::scope(|scope| {
            let leader = scope.spawn(|| {
                cache.chunk_or_compress::<Error>(key(1), &CancelFlag::default(), || {
                    leads.wait();
                    wait_for_followers(&cache, 1);
                    assert!(!panics, "on purpose");
                    Err(Error::Internal("no".to_owned()))
                })
            });
            leads.wait();
            let follower =
                cache.chunk_or_compress::<Error>(key(1), &CancelFlag::default(), || Ok(chunk(2)));
            assert_eq!(leader.join().is_err(), panics);
            follower.unwrap()
        })
    };
    assert!(!after_failure(true).reused);
    assert!(!after_failure(false).reused);
    let cache = cache(1 << 20);
    let failed = cache.chunk_or_compress(key(3), &CancelFlag::default(), || Err(Error::Cancelled));
    assert!(matches!(failed, Err(Error::Cancelled)));
    let found =
        cache.chunk_or_compress::<Error>(key(3), &CancelFlag::default(), || Ok(chunk(3))).unwrap();
    assert!(!found.reused);
}

#[test]
fn a_waiting_request_can_be_cancelled() {
    let cache = cache(1 << 20);
    let cancel = CancelFlag::default();
    let leads = Barrier::new(2);
    std::thread::scope(|scope| {
        let (done, wait_for_done) = mpsc::channel::<()>();
        let (cache, leads) = (&cache, &leads);
        scope.spawn(move || {
            cache.chunk_or_compress::<Error>(key(1), &CancelFlag::default(), || {
                leads.wait();
                // Ends, too, when the test panics.
                let _ = wait_for_done.recv();
                Ok(chunk(1))
            })
        });
        leads.wait();
        let follower =
            scope.spawn(|| cache.chunk_or_compress(key(1), &cancel, || Ok::<_, Error>(chunk(2))));
        wait_for_followers(cache, 1);
        cancel.cancel();
        assert!(matches!(follower.join().unwrap(), Err(Error::Cancelled)));
        drop(done);
    });
}

#[test]
fn a_directory_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let options = CacheOptions {
        memory: 0,
        directory: Some(folder.path().to_owned()),
        directory_size: 1 << 20,
    };
    for reused in [false, true] {
        let cache = Cache::new(&options).unwrap();
        assert!(cache.is_on());
        let found = cache
            .chunk_or_compress::<Error>(key(1), &CancelFlag::default(), || Ok(chunk(1)))
            .unwrap();
        assert_eq!(found.reused, reused);
        assert_eq!(*found.compressed, chunk(1));
        assert_eq!(cache.cached_chunk(key(1)).as_deref(), Some(&chunk(1)));
        assert!(cache.cached_chunk(key(2)).is_none());
    }
}

#[test]
fn records_survive_serialization() {
    let record = CachedMember {
        digest: crate::wheel::Sha256Digest([9; 32]),
        level: 6,
        chunks: vec![
            ChunkDigest { len: 5, content: ContentHash([1; 32]) },
            ChunkDigest { len: 7, content: ContentHash([255; 32]) },
        ],
        is_whole: false,
        is_program: true,
        is_elf: true,
        may_be_object: false,
        machine: Some(crate::platform::Machine::Ppc64le),
        facts: None,
        splice: None,
    };
    assert_eq!(record::stored::parse(&record::stored::render(&record)), Some(record));
    assert_eq!(record::stored::parse(b"{}"), None);
}

#[test]
fn a_wheel_that_is_written_again_has_one_file() {
    let cache = cache(1 << 20);
    let folder = tempfile::tempdir().unwrap();
    let mut numbers = Vec::new();
    for number in 0..9 {
        // The files stay, so each has another inode.
        let path = folder.path().join(number.to_string());
        fs_err::write(&path, "wheel").unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        let fingerprint = FileFingerprint::of_open(&file).unwrap();
        lock(&cache.fine_timestamps).insert(fingerprint.file_id().device, true);
        let layout = WheelLayout::of(b"wheel", Vec::new());
        cache.keep_written(fingerprint, ContentHash::of(b"directory"), layout, None);
        numbers.push(cache.usage_figures());
        assert!(cache.wheel(&Input::find(&path).unwrap()).is_some());
    }
    assert_eq!(numbers[0].0, 2);
    assert!(numbers.iter().all(|it| *it == numbers[0]), "{numbers:?}");
}
