//! Records of an archive: lengths, ZIP64 fields, chunk tables.

use super::*;

#[test]
fn zip64_begins_where_the_mark_would_be_ambiguous() {
    assert!(!needs_zip64(0xFFFF_FFFE));
    assert!(needs_zip64(0xFFFF_FFFF));
    let header = Header {
        name: "n",
        method: Method::Deflated,
        mode: Mode::Plain,
        timestamp: Timestamp::EPOCH,
        crc: 1,
        uncompressed: 10,
        compressed: 5,
    };
    let mut local = Vec::new();
    header.write_local(&mut local).unwrap();
    assert_eq!(local.len() as u64, Header::local_len("n", 10));
    let large = Header { uncompressed: 1 << 32, ..header.clone() };
    local.clear();
    large.write_local(&mut local).unwrap();
    assert_eq!(local.len() as u64, Header::local_len("n", 1 << 32));
    // An offset beyond 32 bits takes the sizes along: 24 bytes of extra field, never 8.
    let mut central = Vec::new();
    header.write_central(1 << 32, None, &mut central).unwrap();
    assert_eq!(central.len(), 46 + 1 + 4 + 24);
    central.clear();
    large.write_central(7, None, &mut central).unwrap();
    assert_eq!(central.len(), 46 + 1 + 4 + 16);
}

#[test]
fn a_table_of_chunks_fits_or_is_left_out() {
    let header = |name| Header {
        name,
        method: Method::Deflated,
        mode: Mode::Plain,
        timestamp: Timestamp::EPOCH,
        crc: 1,
        uncompressed: 1 << 32,
        compressed: 5,
    };
    let mut table = ChunkTable::new(6);
    // Two bytes each, and a prefix of three: 65,535 bytes together with the rest of the header.
    let lengths = MAX_CENTRAL_BYTES - CENTRAL_LEN - 1 - 20 - 4 - 3;
    for _ in 0..lengths / 2 {
        table.push(1, 1);
    }
    for (name, extra) in [("n", 20 + 4 + 3 + lengths / 2 * 2), ("name", 20)] {
        let mut central = Vec::new();
        header(name).write_central(0, Some(&table), &mut central).unwrap();
        assert_eq!(central.len(), CENTRAL_LEN + name.len() + extra);
        assert_eq!(usize::from(u16::from_le_bytes([central[30], central[31]])), extra);
    }
}

#[test]
fn a_name_that_its_length_field_cannot_count_is_refused() {
    let longest = "n".repeat(65_535);
    let longer = "n".repeat(65_536);
    let header = |name| Header {
        name,
        method: Method::Deflated,
        mode: Mode::Plain,
        timestamp: Timestamp::EPOCH,
        crc: 1,
        uncompressed: 10,
        compressed: 5,
    };
    header(&longest).write_local(&mut Vec::new()).unwrap();
    header(&longest).write_central(1 << 32, None, &mut Vec::new()).unwrap();
    let expected = FieldTooLong { member: longer.clone(), field: "name", len: 65_536 };
    assert_eq!(header(&longer).write_local(&mut Vec::new()), Err(expected.clone()));
    assert_eq!(header(&longer).write_central(0, None, &mut Vec::new()), Err(expected));
}

#[test]
fn the_end_record_counts_to_65534() {
    for (entries, len) in [(65_534, 22), (65_535, 22 + 56 + 20), (100_000, 22 + 56 + 20)] {
        let mut end = Vec::new();
        write_end(entries, 100, 100, &mut end);
        assert_eq!(end.len(), len, "{entries}");
    }
}
