//! Content is cut into chunks anywhere, compressed at any level and joined. zlib-rs, libdeflate and the
//! inflater of this crate restore it, and each chunk inflates independently.

#![no_main]

use std::ops::ControlFlow;

use libdeflater::Decompressor;
use libfuzzer_sys::fuzz_target;
use wheelworks::deflate::{ContentKind, Deflater, Inflated, Inflater, Level, Position};
use wheelworks_fuzz::{Bytes, Judged, content, zlib};

/// The most bytes of content.
const MOST: usize = 1 << 18;

fuzz_target!(|input: &[u8]| {
    let mut input = Bytes(input);
    let level = Level::new(input.u8() % 12 + 1).unwrap();
    let kind = if input.u8() & 1 == 0 { ContentKind::Code } else { ContentKind::Other };
    let cuts = input.short();
    let content = content(&mut input, MOST);
    let mut cuts: Vec<usize> = cuts
        .chunks_exact(2)
        .map(|pair| usize::from(u16::from_le_bytes([pair[0], pair[1]])) * 4 % (content.len() + 1))
        .take(16)
        .chain([0, content.len()])
        .collect();
    cuts.sort_unstable();

    let (mut deflater, mut inflater) = (Deflater::new(level), Inflater::new());
    let (mut stream, mut crc) = (Vec::new(), crc32fast::Hasher::new());
    for (index, pair) in cuts.windows(2).enumerate() {
        let chunk = &content[pair[0]..pair[1]];
        let is_last = index + 2 == cuts.len();
        let position = if is_last { Position::Last } else { Position::Inner };
        let compressed = deflater.compress(chunk, position, kind).expect("our own compressor");
        let of_chunk = crc32fast::Hasher::new_with_initial_len(compressed.crc, chunk.len() as u64);
        crc.combine(&of_chunk);
        let mut again = Vec::new();
        let inflated = inflater.inflate_chunk(&compressed.bytes, position, chunk.len(), |bytes| {
            again.extend_from_slice(bytes);
            ControlFlow::Continue(())
        });
        assert_eq!(inflated, Ok(Inflated::Whole(compressed.bytes.len())));
        assert!(again == chunk, "chunk {index}");
        stream.extend_from_slice(&compressed.bytes);
    }
    assert_eq!(crc.finalize(), crc32fast::hash(&content));
    let Judged::Whole(found, read) = zlib(&stream, content.len()) else {
        panic!("zlib refuses the stream")
    };
    assert!(found == content && read == stream.len(), "zlib");
    let mut found = vec![0; content.len()];
    let written = Decompressor::new().deflate_decompress(&stream, &mut found);
    assert!(written == Ok(content.len()) && found == content, "libdeflate");
    let mut found = Vec::new();
    let inflated = inflater.inflate(&stream, 64, |piece| {
        found.extend_from_slice(piece);
        ControlFlow::Continue(())
    });
    assert_eq!(inflated, Ok(Inflated::Whole(stream.len())));
    assert!(found == content, "our own");
});
