//! Blocks of a stream of another tool are copied between chunks that are compressed. zlib restores the edited
//! content, or the copy is refused.

#![no_main]

use std::ops::{ControlFlow, Range};

use libdeflater::{CompressionLvl, Compressor};
use libfuzzer_sys::fuzz_target;
use wheelworks::deflate::{
    BlockRange, ContentKind, Deflater, Inflated, Inflater, Level, Position, WINDOW,
};
use wheelworks_fuzz::{Bytes, Judged, content, zlib};

/// The most bytes of content.
const MOST: usize = 1 << 18;

fuzz_target!(|input: &[u8]| {
    let mut input = Bytes(input);
    let edits = input.short();
    // Any bytes that are a stream, or a stream by another tool.
    let made = if input.u8() & 1 == 0 { Some(compressed(&mut input)) } else { None };
    let stream = made.as_deref().unwrap_or(input.0);
    let Judged::Whole(old, read) = zlib(stream, MOST) else { return };
    let stream = &stream[..read];
    let mut inflater = Inflater::recording_index();
    let mut found = Vec::new();
    let end = inflater.inflate(stream, 64, |piece| {
        found.extend_from_slice(piece);
        ControlFlow::Continue(())
    });
    assert_eq!(end, Ok(Inflated::Whole(stream.len())));
    assert!(found == old);
    let index = inflater.take_index().expect("it is recorded");
    let mut again = Vec::new();
    for segment in index.segments() {
        let end = inflater.inflate_segment(stream, &segment, |piece| {
            again.extend_from_slice(piece);
            ControlFlow::Continue(())
        });
        assert!(end.is_ok());
    }
    assert!(again == old, "segments");
    let spans = index.spans;
    let (edited, changes, kept) = edit(&old, edits);
    let Some(runs) = spans.runs(changes, kept as u64, edited.len() as u64) else { return };
    let mut deflater = Deflater::new(Level::new(1).expect("a level"));
    let (mut joined, mut next) = (Vec::new(), 0);
    for run in runs {
        let place = |at: u64| usize::try_from(at).expect("in the content");
        let (start, end) = (place(run.content.start), place(run.content.end));
        assert_eq!(start, next);
        next = end;
        let position = if end == edited.len() { Position::Last } else { Position::Inner };
        let part = match run.copied {
            Some(blocks) => {
                let before = start.saturating_sub(WINDOW);
                let content = &edited[before..end];
                deflater.copy_blocks(stream, &blocks, position, content, start - before)
            }
            None => deflater.compress(&edited[start..end], position, ContentKind::Other),
        };
        joined.extend_from_slice(&part.expect("no block depends on an edit").bytes);
    }
    assert_eq!(next, edited.len());
    let Judged::Whole(restored, read) = zlib(&joined, edited.len()) else {
        panic!("zlib refuses the stream")
    };
    assert!(restored == edited && read == joined.len(), "zlib");
    forged(&old, stream, edits);
});

/// Returns a stream by libdeflate.
fn compressed(input: &mut Bytes<'_>) -> Vec<u8> {
    let level = CompressionLvl::new(i32::from(input.u8() % 12) + 1).expect("a level");
    let content = content(input, MOST);
    let mut compressor = Compressor::new(level);
    let mut stream = vec![0; compressor.deflate_compress_bound(content.len())];
    let len = compressor.deflate_compress(&content, &mut stream).expect("there is room");
    stream.truncate(len);
    stream
}

/// Returns edited content, the changed ranges, and how many bytes at the start are kept but for them.
fn edit(old: &[u8], edits: &[u8]) -> (Vec<u8>, Vec<Range<u64>>, usize) {
    let mut input = Bytes(edits);
    let kept = old.len() - input.below(old.len() / 4 + 1);
    let mut edited = old[..kept].to_vec();
    let mut changes = Vec::new();
    while !input.is_empty() && !edited.is_empty() {
        let start = input.below(edited.len());
        let end = (start + usize::from(input.u8())).min(edited.len());
        edited[start..end].iter_mut().for_each(|byte| *byte ^= 0xA5);
        changes.push(start as u64..end as u64);
    }
    edited.extend_from_slice(&content(&mut Bytes(edits), 1000));
    (edited, changes, kept)
}

/// Ranges of bits that are no blocks, or of other content, are refused.
fn forged(content: &[u8], stream: &[u8], edits: &[u8]) {
    let mut input = Bytes(edits);
    let bits = 8 * stream.len() as u64;
    let (start, end) = (u64::from(input.u16()) % (bits + 9), u64::from(input.u16()) % (bits + 9));
    let stored = (input.u8() & 1 == 0).then(|| u64::from(input.u16()) % (bits + 9));
    let blocks = BlockRange { bits: start..end, stored };
    let history = input.below(content.len() + 1);
    let mut deflater = Deflater::new(Level::new(1).expect("a level"));
    for position in [Position::Inner, Position::Last] {
        let copy = deflater.copy_blocks(stream, &blocks, position, content, history);
        let Ok(copy) = copy else { continue };
        // What is copied decodes to the content if what stands before it has the same history.
        let before = deflater.compress(&content[..history], Position::Inner, ContentKind::Other);
        let mut joined = before.expect("our own compressor").bytes;
        joined.extend_from_slice(&copy.bytes);
        if position == Position::Inner {
            joined.extend_from_slice(&[1, 0, 0, 0xFF, 0xFF]);
        }
        let Judged::Whole(restored, _) = zlib(&joined, content.len()) else {
            panic!("zlib refuses the copy")
        };
        assert!(restored == content, "a forged copy");
    }
}
