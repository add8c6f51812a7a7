//! Inflates a part of a stream that was inflated before.

use std::cell::Cell;
use std::ops::ControlFlow;

use super::{InflateError, Inflated, Inflater, STEP, Stop};
use crate::deflate::Segment;
use crate::deflate::bits::Bits;

impl Inflater {
    /// Inflates the blocks of one segment of a stream, and passes consecutive pieces to `sink`.
    ///
    /// # Errors
    ///
    /// The stream is not the one that the segment is of. The sink may have had some pieces.
    pub fn inflate_segment(
        &mut self,
        deflated: &[u8],
        segment: &Segment<'_>,
        mut sink: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<Inflated, InflateError> {
        let len = deflated.len();
        let damaged = |near: usize| InflateError { near: near.min(len), len };
        let (ends, window) = (segment.bits(), segment.window);
        let bit = |at: u64| usize::try_from(at).ok().filter(|at| at.div_ceil(8) <= len);
        let (Some(first), Some(end)) = (bit(ends.start), bit(ends.end)) else {
            return Err(damaged(len));
        };
        self.buffer[..window.len()].copy_from_slice(window);
        (self.at, self.pending, self.limit) = (window.len(), window.len(), window.len() + STEP);
        let mut bits = Bits::from_bit(deflated, first);
        let passed = Cell::new(segment.content().start);
        let mut count = |piece: &[u8], _: usize| {
            passed.set(passed.get() + piece.len() as u64);
            sink(piece)
        };
        loop {
            let (is_final, mut result) = self.block(&mut bits, &mut count);
            let is_end = bits.position() >= end;
            if is_end {
                result = result.and_then(|()| self.emit_rest(&bits, &mut count));
            }
            let is_sound = if is_end {
                let is_whole = passed.get() == segment.content().end && bits.position() == end;
                is_whole && is_final == segment.is_last
            } else {
                !is_final
            };
            let position = bits.position().div_ceil(8);
            match result {
                Err(Stop::Requested) => return Ok(Inflated::Stopped),
                Ok(()) if is_sound && is_end => return Ok(Inflated::Whole(position)),
                Ok(()) if is_sound => {}
                Ok(()) | Err(Stop::Damaged) => return Err(damaged(position)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::deflate::StreamIndex;

    /// Returns content of 24 MiB that compresses to blocks of all kinds, and its stream by zlib-rs.
    fn stream() -> (Vec<u8>, Vec<u8>) {
        let mut state = 1_u32;
        let mut content = Vec::with_capacity(24 << 20);
        while content.len() < 24 << 20 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if content.len() >> 19 & 7 == 3 {
                content.extend_from_slice(&state.wrapping_mul(state | 1).to_le_bytes());
            } else {
                content.extend_from_slice(format!("{} of {} ", state >> 20, state % 97).as_bytes());
            }
        }
        let stream = foreign(&content, 6);
        (content, stream)
    }

    /// Compresses with zlib-rs.
    fn foreign(content: &[u8], level: u32) -> Vec<u8> {
        let mut writer =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(level));
        writer.write_all(content).unwrap();
        writer.finish().unwrap()
    }

    fn indexed(stream: &[u8]) -> StreamIndex {
        let mut inflater = Inflater::recording_index();
        inflater.inflate(stream, 64, |_| ControlFlow::Continue(())).unwrap();
        inflater.take_index().unwrap()
    }

    fn inflated(stream: &[u8], segment: &Segment<'_>) -> Result<Vec<u8>, InflateError> {
        let mut content = Vec::new();
        let end = Inflater::new().inflate_segment(stream, segment, |piece| {
            content.extend_from_slice(piece);
            ControlFlow::Continue(())
        })?;
        assert!(matches!(end, Inflated::Whole(_)));
        Ok(content)
    }

    #[test]
    fn segments_together_are_the_content() {
        let (content, stream) = stream();
        let index = indexed(&stream);
        assert!(index.segments().count() >= 5, "{}", index.segments().count());
        assert_eq!(index.content_len(), Some(content.len() as u64));
        let mut joined = Vec::new();
        for segment in index.segments() {
            assert_eq!(segment.content().start, joined.len() as u64);
            joined.extend(inflated(&stream, &segment).unwrap());
            assert_eq!(segment.content().end, joined.len() as u64);
        }
        assert!(joined == content);
    }

    #[test]
    fn segments_of_another_stream_are_refused() {
        let (content, stream) = stream();
        let index = indexed(&stream);
        let other = foreign(&content, 9);
        for segment in index.segments() {
            for (name, stream) in [
                ("another stream", &other[..]),
                ("no stream", &[][..]),
                ("a stream without its first byte", &stream[1..]),
            ] {
                assert!(inflated(stream, &segment).is_err(), "{name}");
            }
        }
        let last = index.segments().last().unwrap();
        assert!(inflated(&stream[..stream.len() - 1], &last).is_err());
        // A stream that was not inflated to its end has none.
        let mut inflater = Inflater::recording_index();
        inflater.inflate(&stream, 64, |_| ControlFlow::Break(())).unwrap();
        assert_eq!(inflater.take_index(), None);
        inflater
            .inflate(&stream[..stream.len() / 2], 64, |_| ControlFlow::Continue(()))
            .unwrap_err();
        assert_eq!(inflater.take_index(), None);
    }

    #[test]
    fn a_sink_that_breaks_gets_no_more() {
        let (_, stream) = stream();
        let index = indexed(&stream);
        let segment = index.segments().nth(1).unwrap();
        let mut count = 0;
        let end = Inflater::new().inflate_segment(&stream, &segment, |_| {
            count += 1;
            ControlFlow::Break(())
        });
        assert_eq!((end, count), (Ok(Inflated::Stopped), 1));
    }
}
