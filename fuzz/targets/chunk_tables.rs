//! A chunk table, valid or forged, for a stream, valid or damaged. Inflating by the table gives the same
//! bytes as inflating from the start, or it is rejected.

#![no_main]

use std::ops::ControlFlow;
use std::sync::Mutex;

use libfuzzer_sys::fuzz_target;
use wheelworks::deflate::{ContentKind, Deflater, Inflater, Level, Position};
use wheelworks::exec::CancelFlag;
use wheelworks::opened_wheel::{Chunked, Ended, MemberData, Strictness};
use wheelworks::zip::{ChunkTable, Entry, Method, Timestamp};
use wheelworks_fuzz::{Bytes, Judged, content, pool, zlib};

/// The most bytes of content.
const MOST: usize = 1 << 18;

type Lengths = Vec<(u64, u64)>;

fuzz_target!(|input: &[u8]| {
    let mut input = Bytes(input);
    let form = input.u8();
    let (mut data, mut lengths, mut is_true) = if form & 1 == 0 {
        let (data, lengths) = packed(&mut input);
        (data, lengths, true)
    } else {
        (input.long().to_vec(), Vec::new(), false)
    };
    // The last bytes of the input decide the forgery.
    while !input.is_empty() {
        is_true &= !forge(&mut input, &mut data, &mut lengths);
    }
    let Judged::Whole(expected, _) = zlib(&data, MOST) else { return };
    let len = expected.len() as u64;
    let mut table = ChunkTable::new(6);
    lengths.iter().for_each(|&(packed, len)| table.push(packed, len));
    // Like the archive's reader: no chunk is empty, and the lengths add up.
    let (packed, unpacked) =
        lengths.iter().fold((0, 0), |sum, chunk| (sum.0 + chunk.0, sum.1 + chunk.1));
    let fits = lengths.iter().all(|chunk| chunk.0 > 0 && chunk.1 > 0);
    if !fits || lengths.is_empty() || packed != data.len() as u64 || unpacked != len {
        return;
    }
    let entry = Entry {
        name: "member".to_owned(),
        method: Method::Deflated,
        header: 0,
        data: 0..data.len(),
        timestamp: Timestamp::EPOCH,
        uncompressed: len,
        crc: crc32fast::hash(&expected),
        unix_mode: 0,
        chunks: Some(table),
    };
    let is_whole = by_chunks(&entry, &data, &expected);
    assert!(is_whole || !is_true, "a true table was not believed");
    assert_eq!(in_pieces(&entry, &data), is_whole);
    if is_whole {
        ranges(&entry, &data, &expected);
    }
});

/// Returns content compressed in chunks.
fn packed(input: &mut Bytes<'_>) -> (Vec<u8>, Lengths) {
    let level = Level::new(input.u8() % 12 + 1).unwrap();
    let size = input.below(MOST / 4) + 1;
    let content = content(&mut Bytes(input.long()), MOST);
    let mut deflater = Deflater::new(level);
    let chunks: Vec<&[u8]> = content.chunks(size.max(content.len() / 16 + 1)).collect();
    let (mut data, mut lengths) = (Vec::new(), Vec::new());
    for (index, chunk) in chunks.iter().enumerate() {
        let is_last = index + 1 == chunks.len();
        let position = if is_last { Position::Last } else { Position::Inner };
        let compressed = deflater.compress(chunk, position, ContentKind::Code).unwrap();
        lengths.push((compressed.bytes.len() as u64, chunk.len() as u64));
        data.extend_from_slice(&compressed.bytes);
    }
    (data, lengths)
}

/// Changes the table or the data. Returns false if nothing changed.
fn forge(input: &mut Bytes<'_>, data: &mut Vec<u8>, lengths: &mut Lengths) -> bool {
    let before = (data.clone(), lengths.clone());
    let kind = input.u8() % 8;
    let (one, other) = (input.below(lengths.len()), input.below(lengths.len()));
    let amount = u64::from(input.u8()) + 1;
    match kind {
        0 if !lengths.is_empty() => lengths.swap(one, other),
        // Lengths move from one chunk to another, so the sums stay.
        1 if !lengths.is_empty() => {
            let moved = amount.min(lengths[one].0);
            lengths[one].0 -= moved;
            lengths[other].0 += moved;
        }
        2 if !lengths.is_empty() => {
            let moved = amount.min(lengths[one].1);
            lengths[one].1 -= moved;
            lengths[other].1 += moved;
        }
        3 if one + 1 < lengths.len() => {
            let next = lengths.remove(one + 1);
            lengths[one] = (lengths[one].0 + next.0, lengths[one].1 + next.1);
        }
        4 if !lengths.is_empty() => {
            let (packed, len) = lengths[one];
            let (packed_first, first) = (amount.min(packed), u64::from(input.u16()).min(len));
            lengths[one] = (packed_first, first);
            lengths.insert(one + 1, (packed - packed_first, len - first));
        }
        5 if !data.is_empty() => {
            let at = input.below(data.len());
            data[at] ^= amount.to_le_bytes()[0];
        }
        6 => lengths.push((u64::from(input.u16()), u64::from(input.u16()))),
        _ => {}
    }
    before != (data.clone(), lengths.clone())
}

fn by_chunks(entry: &Entry, data: &[u8], expected: &[u8]) -> bool {
    let (placed, mut taken) = (Mutex::new(vec![0; expected.len()]), Vec::new());
    let place = |offset: u64, piece: &[u8]| {
        let at = usize::try_from(offset).unwrap();
        placed.lock().unwrap()[at..at + piece.len()].copy_from_slice(piece);
        Ok(())
    };
    let mut take = |bytes: &[u8]| taken.extend_from_slice(bytes);
    let (chunked, never) =
        (Chunked::new(MemberData::of_entry(entry, data)).unwrap(), CancelFlag::default());
    let is_whole = chunked.inflate_all(pool(), &never, place, Some(&mut take)).unwrap();
    if is_whole {
        assert!(taken == expected, "what came in order");
        assert!(placed.into_inner().unwrap() == expected, "what was placed");
    } else {
        // A rejected stream may differ only after the part that was proven.
        assert!(expected.starts_with(&taken), "what came in order was not proven");
    }
    is_whole
}

/// Checks that the pieces are those of inflating from the start.
fn in_pieces(entry: &Entry, data: &[u8]) -> bool {
    let (mut by_table, mut without) = (Vec::new(), Vec::new());
    let never = CancelFlag::default();
    let chunked = Chunked::new(MemberData::of_entry(entry, data)).unwrap();
    let ended = chunked.inflate(pool(), 64, &never, |piece| {
        by_table.push(piece.to_vec());
        ControlFlow::<()>::Continue(())
    });
    let member = MemberData::of_entry(entry, data);
    let result = member.stream(&mut Inflater::new(), 64, Strictness::Lenient, &never, |piece| {
        without.push(piece.to_vec());
        ControlFlow::<()>::Continue(())
    });
    assert!(matches!(result, Ok(None)), "{result:?}");
    match ended.unwrap() {
        Ended::Whole => assert!(by_table == without),
        Ended::Unproven => {
            assert!(without.starts_with(&by_table));
            return false;
        }
        Ended::Stopped((), _) => unreachable!(),
    }
    true
}

fn ranges(entry: &Entry, data: &[u8], expected: &[u8]) {
    let chunked = Chunked::new(MemberData::of_entry(entry, data)).unwrap();
    let mut inflater = Inflater::new();
    let len = expected.len();
    for (start, end) in [(0, len), (len / 3, len / 2), (len / 2, len / 2), (len - 1, len)] {
        let found = chunked.range(&(start as u64..end as u64), &mut inflater);
        assert!(found.as_deref() == Some(&expected[start..end]), "{start}..{end}");
    }
}
