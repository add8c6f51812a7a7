//! Valid and forged chunk tables, on the pool and by range, compared with inflating from the start.

use std::sync::Mutex;

use super::*;
use crate::deflate::{ContentKind, Deflater, Level};
use crate::opened_wheel::Strictness;
use crate::zip::{Entry, Timestamp};

const MIB: usize = 1 << 20;

/// Returns words, so that the text compresses and matches reach far back.
fn text(len: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut text = Vec::with_capacity(len + 20);
    while text.len() < len {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text.extend_from_slice(format!("{} of {} ", state >> 20, state % 97).as_bytes());
    }
    text.truncate(len);
    text
}

/// Compressed and uncompressed length of each chunk.
type Lengths = Vec<(usize, usize)>;

/// Returns a member of these chunks with a valid table, and its data.
fn member(chunks: &[&[u8]]) -> (Entry, Vec<u8>) {
    let mut deflater = Deflater::new(Level::new(6).unwrap());
    let (mut table, mut data) = (ChunkTable::new(6), Vec::new());
    for (index, chunk) in chunks.iter().enumerate() {
        let is_last = index + 1 == chunks.len();
        let position = if is_last { Position::Last } else { Position::Inner };
        let compressed = deflater.compress(chunk, position, ContentKind::Code).unwrap();
        table.push(compressed.bytes.len() as u64, chunk.len() as u64);
        data.extend_from_slice(&compressed.bytes);
    }
    let content = chunks.concat();
    let entry = Entry {
        name: "member".to_owned(),
        method: Method::Deflated,
        header: 0,
        data: 0..data.len(),
        timestamp: Timestamp::EPOCH,
        uncompressed: content.len() as u64,
        crc: crc32fast::hash(&content),
        unix_mode: 0,
        chunks: Some(table),
    };
    (entry, data)
}

fn pool() -> ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap()
}

type Pieces = Vec<Vec<u8>>;

/// Returns what the sink gets up to a number of bytes, with the table and without.
fn pieces(entry: &Entry, data: &[u8], most: usize) -> (Ended<()>, Pieces, Pieces) {
    let sink = |pieces: &mut Pieces, piece: &[u8]| {
        pieces.push(piece.to_vec());
        let len: usize = pieces.iter().map(Vec::len).sum();
        if len >= most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let (mut by_table, mut without) = (Vec::new(), Vec::new());
    let (never, chunked) =
        (CancelFlag::default(), Chunked::new(MemberData::of_entry(entry, data)).unwrap());
    let ended = chunked.inflate(&pool(), 64, &never, |piece| sink(&mut by_table, piece)).unwrap();
    let mut inflater = Inflater::new();
    let _ = MemberData::of_entry(entry, data).stream(
        &mut inflater,
        64,
        Strictness::Lenient,
        &never,
        |piece| sink(&mut without, piece),
    );
    (ended, by_table, without)
}

/// Returns whether all chunks are proven, the bytes written at offsets, and the bytes in order.
fn all(entry: &Entry, data: &[u8]) -> (bool, Vec<u8>, Vec<u8>) {
    let len = usize::try_from(entry.uncompressed).unwrap();
    let (written, mut in_order) = (Mutex::new(vec![0; len]), Vec::new());
    let write_at = |offset: u64, piece: &[u8]| {
        let at = usize::try_from(offset).unwrap();
        written.lock().unwrap()[at..at + piece.len()].copy_from_slice(piece);
        Ok(())
    };
    let mut sink = |bytes: &[u8]| in_order.extend_from_slice(bytes);
    let chunked = Chunked::new(MemberData::of_entry(entry, data)).unwrap();
    let never = CancelFlag::default();
    let is_whole = chunked.inflate_all(&pool(), &never, write_at, Some(&mut sink)).unwrap();
    (is_whole, written.into_inner().unwrap(), in_order)
}

fn with_table(entry: &Entry, lengths: &[(usize, usize)]) -> Entry {
    let mut table = ChunkTable::new(6);
    for &(packed, len) in lengths {
        table.push(packed as u64, len as u64);
    }
    Entry { chunks: Some(table), ..entry.clone() }
}

fn lengths(entry: &Entry) -> Lengths {
    let table = entry.chunks.as_ref().unwrap();
    let len = |range: Range<u64>| usize::try_from(range.end - range.start).unwrap();
    let chunks = (0..table.len()).map(|index| table.chunk(index).unwrap());
    chunks.map(|chunk| (len(chunk.compressed), len(chunk.uncompressed))).collect()
}

#[test]
fn a_valid_table_gives_the_inflated_bytes() {
    let content = text(5 * MIB);
    let chunks: Vec<&[u8]> = content.chunks(700_001).collect();
    let (entry, data) = member(&chunks);
    assert_eq!(all(&entry, &data), (true, content.clone(), content.clone()));
    let (ended, by_table, without) = pieces(&entry, &data, usize::MAX);
    assert_eq!(ended, Ended::Whole);
    assert!(by_table == without);
    for most in [1, 64, 65, 700_000, 700_001, 3 * MIB, content.len()] {
        let (ended, by_table, without) = pieces(&entry, &data, most);
        assert!(by_table == without, "{most}");
        let Ended::Stopped((), chunks) = ended else { panic!("{most}: {ended:?}") };
        let proven =
            Chunked::new(MemberData::of_entry(&entry, &data)).unwrap().len_of_first(chunks);
        let given: usize = by_table.iter().map(Vec::len).sum();
        assert!(proven >= given as u64 && chunks <= given / 700_001 + 1, "{most}: {chunks}");
    }
}

#[test]
fn any_range_can_be_read() {
    let content = text(2 * MIB);
    let chunks: Vec<&[u8]> = content.chunks(300_000).collect();
    let (entry, mut data) = member(&chunks);
    let len = content.len();
    let mut inflater = Inflater::new();
    for range in [0..0, 0..1, 0..len, 299_999..300_001, 300_000..600_000, 5..len, len - 1..len] {
        let chunked = Chunked::new(MemberData::of_entry(&entry, &data)).unwrap();
        let found = chunked.range(&(range.start as u64..range.end as u64), &mut inflater);
        assert!(found.as_deref() == Some(&content[range.clone()]), "{range:?}");
    }
    for (start, end) in [(0, len + 1), (len + 1, len + 2), (2, 1)] {
        let range = start as u64..end as u64;
        assert_eq!(
            Chunked::new(MemberData::of_entry(&entry, &data)).unwrap().range(&range, &mut inflater),
            None
        );
    }
    // Damage outside of the range does not matter.
    let second = lengths(&entry)[0].0;
    data[..second].fill(0xFF);
    let chunked = Chunked::new(MemberData::of_entry(&entry, &data)).unwrap();
    assert_eq!(chunked.range(&(299_999..300_001), &mut inflater), None);
    let found = chunked.range(&(300_000..300_005), &mut inflater);
    assert_eq!(found.as_deref(), Some(&content[300_000..300_005]));
}

#[test]
fn a_forged_table_is_detected() {
    let content = text(3 * MIB);
    let chunks: Vec<&[u8]> = content.chunks(500_000).collect();
    let (entry, data) = member(&chunks);
    let sound = lengths(&entry);
    let change = |change: &dyn Fn(&mut Lengths)| {
        let mut lengths = sound.clone();
        change(&mut lengths);
        with_table(&entry, &lengths)
    };
    let forged = [
        change(&|it| it.swap(1, 2)),
        change(&|it| it.rotate_left(1)),
        change(&|it| (it[1].0, it[2].0) = (it[1].0 + 1, it[2].0 - 1)),
        change(&|it| (it[1].0, it[2].0) = (it[1].0 - 1, it[2].0 + 1)),
        change(&|it| (it[1].1, it[2].1) = (it[1].1 + 1, it[2].1 - 1)),
        change(&|it| (it[1].1, it[2].1) = (it[1].1 - 1, it[2].1 + 1)),
        // Just before the empty blocks that end a chunk on a byte boundary, ten of five bytes.
        change(&|it| (it[1].0, it[2].0) = (it[1].0 - 50, it[2].0 + 50)),
        change(&|it| *it = vec![(1, 1), (data.len() - 1, content.len() - 1)]),
    ];
    for (index, forged) in forged.iter().enumerate() {
        assert!(!all(forged, &data).0, "{index}");
        let (ended, by_table, without) = pieces(forged, &data, usize::MAX);
        assert_eq!(ended, Ended::Unproven, "{index}");
        assert!(without.starts_with(&by_table), "{index}: what was handed out was not proven");
    }
    // Joined chunks are also one valid chunk.
    let joined = change(&|it| {
        let second = it.remove(1);
        it[0] = (it[0].0 + second.0, it[0].1 + second.1);
    });
    assert_eq!(all(&joined, &data), (true, content.clone(), content.clone()));
    let wrong = Entry { crc: entry.crc ^ 1, ..entry.clone() };
    assert!(!all(&wrong, &data).0);
}

/// The stream is not cut where the table says: a block extends over the boundary, or a match
/// reaches back over a boundary between two blocks.
#[test]
fn false_boundaries_are_detected() {
    // A stored block whose payload begins with a chunk. The table claims that it is the member's.
    let text = text(40_000);
    let mut deflater = Deflater::new(Level::new(6).unwrap());
    let inner = deflater.compress(&text, Position::Inner, ContentKind::Code).unwrap().bytes;
    let mut payload = inner.clone();
    payload.resize(50_000, 0);
    let len = 50_000_u16;
    let header = [&[1], len.to_le_bytes().as_slice(), &(!len).to_le_bytes()].concat();
    let data = [header, payload.clone()].concat();
    let entry = Entry { data: 0..data.len(), ..member(&[&payload]).0 };
    let rest = payload.len() - inner.len();
    let forged = with_table(&entry, &[(5, 1), (inner.len(), 40_000), (rest, 9_999)]);
    let (ended, by_table, without) = pieces(&forged, &data, usize::MAX);
    assert_eq!((ended, by_table), (Ended::Unproven, Vec::<Vec<u8>>::new()));
    assert!(without.concat() == payload);
    // A reader that trusts the table gets bytes that no installer gets.
    let chunked = Chunked::new(MemberData::of_entry(&forged, &data)).unwrap();
    assert_eq!(chunked.range(&(1..40_001), &mut Inflater::new()), Some(text));

    // Fixed codes: 'a', then on a byte boundary a match of 3 at distance 1.
    let data =
        [0b0100_1010, 0b0000_0100, 0b0000_0000, 0, 0, 0xFF, 0xFF, 0b0000_0011, 0b0000_0010, 0];
    let entry = Entry { data: 0..data.len(), uncompressed: 4, crc: 0, ..entry };
    let (_, _, without) = pieces(&with_table(&entry, &[(7, 1), (3, 3)]), &data, usize::MAX);
    assert_eq!(without.concat(), b"aaaa");
    let entry = Entry { crc: crc32fast::hash(b"aaaa"), ..entry };
    let (ended, by_table, _) = pieces(&with_table(&entry, &[(7, 1), (3, 3)]), &data, usize::MAX);
    assert_eq!((ended, by_table), (Ended::Unproven, Vec::<Vec<u8>>::new()));
    let (ended, by_table, _) = pieces(&with_table(&entry, &[(10, 4)]), &data, usize::MAX);
    assert_eq!((ended, by_table.concat()), (Ended::Whole, b"aaaa".to_vec()));
}

/// A final block before the end: every inflater stops there.
#[test]
fn a_final_block_in_the_middle_is_no_chunk() {
    let content = text(MIB);
    let (entry, data) = member(&[&content]);
    let both = [data.as_slice(), &data].concat();
    let uncompressed = 2 * entry.uncompressed;
    let crc = crc32fast::hash(&content.repeat(2));
    let entry = Entry { data: 0..both.len(), uncompressed, crc, ..entry };
    let chunk = (data.len(), content.len());
    let (ended, by_table, _) = pieces(&with_table(&entry, &[chunk, chunk]), &both, usize::MAX);
    assert_eq!((ended, by_table), (Ended::Unproven, Vec::<Vec<u8>>::new()));
}

#[test]
fn cancellation_and_errors_stop_it() {
    let content = text(3 * MIB);
    let chunks: Vec<&[u8]> = content.chunks(500_000).collect();
    let (entry, data) = member(&chunks);
    let chunked = Chunked::new(MemberData::of_entry(&entry, &data)).unwrap();
    let cancelled = CancelFlag::default();
    cancelled.cancel();
    let result = chunked.inflate_all(&pool(), &cancelled, |_, _| Ok(()), None);
    assert!(matches!(result, Err(Error::Cancelled)));
    let full = |_, _: &[u8]| Err(Error::Internal("full".to_owned()));
    let result = chunked.inflate_all(&pool(), &CancelFlag::default(), full, None);
    assert!(matches!(result, Err(Error::Internal(text)) if text == "full"));
    // On a thread of the pool, the call must not wait for the pool.
    let pool = pool();
    let never = CancelFlag::default();
    let result = pool.install(|| chunked.inflate_all(&pool, &never, |_, _| Ok(()), None));
    assert!(matches!(result, Ok(false)));
}
