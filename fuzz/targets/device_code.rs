//! Any bytes as a file with device code: the result does not depend on the pieces in which it is read.
//! Containers do not overlap, entries are inside of theirs, and code is no longer than the entry states.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wheelworks::device_code::{
    DeviceCode, Entry, MAX_CONTAINERS, MAX_ENTRIES, MAX_PROBLEMS, NoPayloads, PayloadVisitor,
    Scanner, decompress, functions,
};

/// Bytes of code that are decompressed at most.
const MAX_CODE: u64 = 4 << 20;

/// Counts the bytes of each payload.
#[derive(Default)]
struct Count(Vec<(u64, u64, bool)>);

impl PayloadVisitor for Count {
    fn begin(&mut self, entry: &Entry) -> bool {
        self.0.push((entry.payload_offset, 0, false));
        true
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.last_mut().expect("a payload has begun").1 += bytes.len() as u64;
    }

    fn end(&mut self) {
        self.0.last_mut().expect("a payload has begun").2 = true;
    }
}

fuzz_target!(|bytes: &[u8]| {
    let len = bytes.len() as u64;
    let mut scanner = Scanner::new(&(0..len), Count::default());
    scanner.feed(bytes);
    let (code, Count(payloads)) = scanner.finish();
    let piece = usize::from(bytes.first().copied().unwrap_or(0)) + 1;
    assert_eq!(in_pieces(bytes, piece), code);
    assert!(code.containers.len() <= MAX_CONTAINERS && code.problems.len() <= MAX_PROBLEMS);
    assert!(code.entries().count() <= MAX_ENTRIES);
    let mut end = 0;
    for container in &code.containers {
        assert!(container.range.start >= end && container.range.start < container.range.end);
        end = container.range.end;
        for entry in &container.entries {
            assert!(entry.offset >= container.range.start && entry.offset + entry.len() <= end);
            assert!(entry.compressed_len <= entry.padded_len);
            // An earlier visit at this offset was for a container that turned out to be invalid.
            let mut visits = payloads.iter().rev();
            let visited = visits.find(|(offset, ..)| *offset == entry.payload_offset);
            if let Some(&(_, len, true)) = visited {
                assert_eq!(len, entry.compressed_len);
            }
            decode(entry, bytes);
        }
    }
    assert!(end <= len);
    let _ = functions(bytes);
});

/// Returns what is found in pieces of this length, without the bytes that are not needed.
fn in_pieces(bytes: &[u8], piece: usize) -> DeviceCode {
    let mut scanner = Scanner::new(&(0..bytes.len() as u64), NoPayloads);
    let mut at = 0;
    while at < bytes.len() {
        let end = bytes.len().min(at + piece);
        scanner.feed(&bytes[at..end]);
        scanner.skip_to(u64::MAX);
        at = usize::try_from(scanner.needed()).expect("an offset").clamp(end, bytes.len());
    }
    scanner.finish().0
}

fn decode(entry: &Entry, bytes: &[u8]) {
    let range = entry.payload();
    let range = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
    let payload = range.and_then(|(start, end)| bytes.get(start..end));
    if let Some(payload) = payload.filter(|_| entry.uncompressed_len <= MAX_CODE)
        && let Ok(code) = decompress(entry, payload)
    {
        assert_eq!(code.len() as u64, entry.uncompressed_len);
        let _ = functions(&code);
    }
}
