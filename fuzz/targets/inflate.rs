//! Any bytes as a DEFLATE stream: the inflater and the verifier of this crate, compared with zlib-rs.

#![no_main]

use std::ops::ControlFlow;

use libfuzzer_sys::fuzz_target;
use wheelworks::deflate::fuzzing::verify;
use wheelworks::deflate::{Inflated, Inflater, Position};
use wheelworks_fuzz::{Judged, zlib};

/// The most bytes of content.
const MOST: usize = 1 << 19;

fuzz_target!(|input: &[u8]| {
    let (first, deflated) = input.split_first().unwrap_or((&0, &[]));
    let judged = zlib(deflated, MOST);
    let (ours, found) = ours(deflated, usize::from(*first) * 7);
    match &judged {
        Judged::Long => {}
        Judged::Damaged(content) => {
            assert!(ours.is_none(), "zlib refuses it: {ours:?}");
            assert!(found.starts_with(content) || content.starts_with(&found));
            assert_eq!(verify(deflated, content), None);
            assert_eq!(chunk(deflated, Position::Last, content.len()), None);
        }
        Judged::Whole(content, read) => {
            assert_eq!(ours, Some(Inflated::Whole(*read)));
            assert!(found == *content, "{} and {} bytes", found.len(), content.len());
            whole(&deflated[..*read], content);
            if *read < deflated.len() {
                assert_eq!(verify(deflated, content), None, "a byte is left");
                assert_eq!(chunk(deflated, Position::Last, content.len()), None);
            }
        }
    }
    // Pieces of another size are the same content.
    if judged != Judged::Long {
        let (again, other) = self::ours(deflated, usize::MAX);
        assert_eq!(ours, again);
        assert!(ours.is_none() || found == other);
    }
});

/// Returns the result and output of the inflater of this crate.
fn ours(deflated: &[u8], first: usize) -> (Option<Inflated>, Vec<u8>) {
    let mut found = Vec::new();
    let result = Inflater::new().inflate(deflated, first, |piece| {
        found.extend_from_slice(piece);
        if found.len() > MOST { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    (result.ok(), found)
}

/// Inflates one whole stream as a chunk.
fn chunk(blocks: &[u8], position: Position, len: usize) -> Option<Vec<u8>> {
    let mut found = Vec::new();
    let result = Inflater::new().inflate_chunk(blocks, position, len, |piece| {
        found.extend_from_slice(piece);
        assert!(found.len() <= len, "no piece goes beyond the length");
        ControlFlow::Continue(())
    });
    result.ok().map(|_| found)
}

/// Checks a stream that inflates to this content and ends with its last byte.
fn whole(deflated: &[u8], content: &[u8]) {
    let (header, end) = verify(deflated, content).expect("the verifier refuses what zlib reads");
    assert!(header < end && end.div_ceil(8) == deflated.len());
    assert!(deflated[header / 8] & 1 << (header % 8) != 0, "the last block is final");
    assert!(chunk(deflated, Position::Last, content.len()).is_some_and(|found| found == content));
    assert_eq!(chunk(deflated, Position::Inner, content.len()), None);
    assert_eq!(chunk(deflated, Position::Last, content.len() + 1), None);
    // The verifier refuses any other content.
    let mut other = content.to_vec();
    other.push(0);
    assert_eq!(verify(deflated, &other), None);
    if let Some(len) = content.len().checked_sub(1) {
        assert_eq!(verify(deflated, &content[..len]), None);
        for at in [0, len / 2, len] {
            other.truncate(content.len());
            other[at] ^= 0x21;
            assert_eq!(verify(deflated, &other), None, "byte {at}");
            other[at] ^= 0x21;
        }
    }
    assert_eq!(verify(&deflated[..deflated.len() - 1], content), None);
}
