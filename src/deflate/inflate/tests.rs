//! Streaming inflate, compared with zlib-rs through `flate2`.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use libdeflater::{CompressionLvl, Compressor};

use super::*;

fn inflate(deflated: &[u8]) -> Result<(Vec<u8>, Inflated), InflateError> {
    let mut output = Vec::new();
    let inflated = Inflater::new().inflate(deflated, STEP, |piece| {
        assert!(!piece.is_empty() && piece.len() <= BUFFER);
        output.extend_from_slice(piece);
        ControlFlow::Continue(())
    })?;
    Ok((output, inflated))
}

fn zlib(stream: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(stream).unwrap();
    encoder.finish().unwrap()
}

fn libdeflate(stream: &[u8], level: i32) -> Vec<u8> {
    let mut compressor = Compressor::new(CompressionLvl::new(level).unwrap());
    let mut deflated = vec![0; compressor.deflate_compress_bound(stream.len())];
    let len = compressor.deflate_compress(stream, &mut deflated).unwrap();
    deflated.truncate(len);
    deflated
}

fn byte(value: usize) -> u8 {
    u8::try_from(value).unwrap()
}

/// Returns streams of many kinds: runs, repeats at all distances, noise, text.
fn streams() -> Vec<Vec<u8>> {
    let mut state = 1_u64;
    let mut random = move |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut streams = vec![Vec::new(), vec![7], b"abc".repeat(100_000), vec![0; 500_000]];
    streams.push((0..400_000).map(|_| byte(random(256))).collect());
    streams.push((0..400_000).map(|_| byte(random(7))).collect());
    let mut repeats = Vec::new();
    while repeats.len() < 600_000 {
        let distance = 1 + random(33_000.min(repeats.len() + 1));
        let len = random(300);
        for _ in 0..len {
            let next = if distance <= repeats.len() {
                repeats[repeats.len() - distance]
            } else {
                byte(random(256))
            };
            repeats.push(next);
        }
        repeats.push(byte(random(256)));
    }
    streams.push(repeats);
    streams.push(fs_err::read(std::env::current_exe().unwrap()).unwrap()[..2 << 20].to_vec());
    streams
}

#[test]
fn inflates_what_was_compressed() {
    for stream in streams() {
        for deflated in [
            zlib(&stream, 0),
            zlib(&stream, 1),
            zlib(&stream, 6),
            zlib(&stream, 9),
            libdeflate(&stream, 1),
            libdeflate(&stream, 12),
        ] {
            let (output, inflated) = inflate(&deflated).unwrap();
            assert!(output == stream, "{} bytes", stream.len());
            assert_eq!(inflated, Inflated::Whole(deflated.len()));
        }
    }
}

#[test]
fn bytes_after_the_stream_are_not_read() {
    let mut deflated = zlib(b"some text", 6);
    let len = deflated.len();
    deflated.extend_from_slice(b"PK\x01\x02");
    let (output, inflated) = inflate(&deflated).unwrap();
    assert_eq!((output.as_slice(), inflated), (&b"some text"[..], Inflated::Whole(len)));
}

#[test]
fn stops_when_the_sink_breaks() {
    let stream = b"0123456789".repeat(100_000);
    let deflated = zlib(&stream, 6);
    let mut seen = 0;
    let mut inflater = Inflater::new();
    let end = inflater.inflate(&deflated, STEP, |piece| {
        assert_eq!(piece, &stream[seen..seen + piece.len()]);
        seen += piece.len();
        if seen < 300_000 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    assert_eq!(end, Ok(Inflated::Stopped));
    assert!((300_000..600_000).contains(&seen));
    // The next stream starts from scratch.
    let end = inflater.inflate(&zlib(b"x", 6), STEP, |piece| {
        assert_eq!(piece, b"x");
        ControlFlow::Break(())
    });
    assert_eq!(end, Ok(Inflated::Stopped));
}

#[test]
fn truncated_anywhere() {
    let stream = streams().pop().unwrap();
    for deflated in
        [zlib(&stream[..3000], 6), zlib(&stream[..3000], 0), libdeflate(&stream[..300], 1)]
    {
        for len in 0..deflated.len() {
            let error = inflate(&deflated[..len]).unwrap_err();
            assert!(error.len == len && error.near <= len, "{error:?}");
        }
    }
}

#[test]
fn damaged_streams_end_as_in_zlib() {
    let stream = streams().pop().unwrap();
    let sound =
        [zlib(&stream[..20_000], 6), zlib(&stream[..20_000], 1), libdeflate(&stream[..20_000], 9)];
    let mut damaged_some = 0;
    for (round, deflated) in sound.iter().cycle().take(6000).enumerate() {
        let mut deflated = deflated.clone();
        let bit = round.wrapping_mul(2_654_435_761) % (deflated.len() * 8);
        deflated[bit / 8] ^= 1 << (bit % 8);
        let mut expected = Vec::new();
        let judged = DeflateDecoder::new(deflated.as_slice()).read_to_end(&mut expected);
        if let Ok((output, _)) = inflate(&deflated) {
            judged.unwrap();
            assert!(output == expected);
        } else {
            assert!(judged.is_err(), "round {round}");
            damaged_some += 1;
        }
    }
    assert!(damaged_some > 100);
}

#[test]
fn invalid_distances_and_types() {
    // A block of fixed codes whose first symbol is a match: length 3, distance 1.
    assert_eq!(inflate(&[0b0000_0011, 0b0000_0010, 0]), Err(InflateError { near: 1, len: 3 }));
    // A block of the reserved type.
    assert_eq!(inflate(&[0b0000_0111]), Err(InflateError { near: 1, len: 1 }));
}

#[test]
fn pieces_have_the_requested_lengths() {
    let stream = streams().pop().unwrap();
    for deflated in [zlib(&stream, 0), zlib(&stream, 6), libdeflate(&stream, 1)] {
        for first in [0, 1, 64, 5000, usize::MAX] {
            let (mut output, mut lens) = (Vec::new(), Vec::new());
            let mut inflater = Inflater::new();
            let end = inflater.inflate(&deflated, first, |piece| {
                lens.push(piece.len());
                output.extend_from_slice(piece);
                ControlFlow::Continue(())
            });
            assert_eq!(end, Ok(Inflated::Whole(deflated.len())));
            assert!(output == stream);
            assert_eq!(lens[0], first.clamp(1, STEP), "{first}");
            let (last, others) = lens[1..].split_last().unwrap();
            assert!(others.iter().all(|&len| len == STEP) && *last <= STEP, "{first}: {lens:?}");
        }
    }
}

#[test]
fn positions_lead_from_the_start_to_the_end_of_the_stream() {
    let stream = streams().pop().unwrap();
    for deflated in [zlib(&stream, 0), zlib(&stream, 6), libdeflate(&stream, 1)] {
        let (mut last, mut lens) = (0, Vec::new());
        let mut inflater = Inflater::new();
        let end = inflater.inflate_with_positions(&deflated, STEP, |piece, read| {
            assert!(read > last, "{last} {read}");
            lens.push((piece.len(), read - last));
            last = read;
            ControlFlow::Continue(())
        });
        assert_eq!(end, Ok(Inflated::Whole(deflated.len())));
        // If the content fills the last piece, the end of the last block comes behind it.
        assert!(last <= deflated.len() && deflated.len() - last <= 8, "{last}");
        // A stored block holds as many bytes as it gives.
        if deflated.len() > stream.len() {
            let close = |&(piece, read): &(usize, usize)| piece.abs_diff(read) <= 66_000;
            assert!(lens.iter().all(close), "{lens:?}");
        }
    }
}
