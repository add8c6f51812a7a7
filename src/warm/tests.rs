//! Pieces: made once, handed over, forgotten.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

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

#[test]
fn who_comes_at_once_waits_for_the_first() {
    for memory in [1 << 20, 200] {
        // The small bound keeps nothing: what is in flight is handed over all the same.
        let cache = cache(memory);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(8).build().unwrap();
        let made = AtomicUsize::new(0);
        let barrier = std::sync::Barrier::new(8);
        pool.broadcast(|_| {
            barrier.wait();
            let found = cache.chunk_or_compress::<Error>(key(1), &CancelFlag::default(), || {
                made.fetch_add(1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(100));
                Ok(chunk(1))
            });
            assert_eq!(found.unwrap().compressed.bytes, chunk(1).bytes);
        });
        assert_eq!(made.load(Ordering::SeqCst), 1, "{memory}");
    }
}

#[test]
fn a_failure_or_a_panic_is_not_handed_over() {
    let cache = cache(1 << 20);
    let fails = |panics: bool| {
        std::thread::scope(|scope| {
            let first = scope.spawn(|| {
                cache.chunk_or_compress::<Error>(key(1), &CancelFlag::default(), || {
                    std::thread::sleep(Duration::from_millis(50));
                    assert!(!panics, "on purpose");
                    Err(Error::Internal("no".to_owned()))
                })
            });
            std::thread::sleep(Duration::from_millis(10));
            let second =
                cache.chunk_or_compress::<Error>(key(1), &CancelFlag::default(), || Ok(chunk(2)));
            assert_eq!(first.join().is_err(), panics);
            second.unwrap()
        })
    };
    assert!(!fails(true).reused);
    let cache = self::cache(1 << 20);
    let failed = cache.chunk_or_compress(key(3), &CancelFlag::default(), || Err(Error::Cancelled));
    assert!(matches!(failed, Err(Error::Cancelled)));
    let found =
        cache.chunk_or_compress::<Error>(key(3), &CancelFlag::default(), || Ok(chunk(3))).unwrap();
    assert!(!found.reused);
}

#[test]
fn who_waits_can_be_cancelled() {
    let cache = cache(1 << 20);
    let cancel = CancelFlag::default();
    let done = CancelFlag::default();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            cache.chunk_or_compress::<Error>(key(1), &CancelFlag::default(), || {
                while !done.is_cancelled() {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Ok(chunk(1))
            })
        });
        std::thread::sleep(Duration::from_millis(10));
        let waits =
            scope.spawn(|| cache.chunk_or_compress(key(1), &cancel, || Ok::<_, Error>(chunk(2))));
        cancel.cancel();
        assert!(matches!(waits.join().unwrap(), Err(Error::Cancelled)));
        done.cancel();
    });
}

#[test]
fn a_directory_serves_a_process_without_memory_of_it() {
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
fn records_survive_a_directory() {
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
        machine: Some(crate::elf::Machine::Ppc64le),
        facts: None,
    };
    assert_eq!(record::stored::parse(&record::stored::render(&record)), Some(record));
    assert_eq!(record::stored::parse(b"{}"), None);
}
