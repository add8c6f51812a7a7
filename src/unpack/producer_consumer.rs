//! A producer on this thread and a consumer on a second one, with a bounded queue between them.
//!
//! A deflated member without a chunk table is one stream, which one thread inflates. Hashing and writing
//! consume more than half as long again, so a second thread does both at the same time.

use std::panic::resume_unwind;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::error::Error;

/// Bytes that are sent to the other thread at a time: large enough that sending costs little, and
/// small enough to be still in the second-level cache when they arrive.
const BUFFER_BYTES: usize = 256 << 10;

/// Total number of buffers: one in use at each end, the others even out differences in speed.
const MAX_BUFFERS: usize = 4;

/// A sink for consecutive bytes.
pub(super) type ContentSink<'a> = dyn FnMut(&[u8]) -> Result<(), Error> + 'a;

/// Runs `produce` on this thread and `consume` on a second one. `consume` gets the bytes that `produce`
/// passes to its sink, in order but in slices of other lengths. If the system refuses a thread, both run
/// on this one.
///
/// # Errors
///
/// The first error of either, which ends both.
pub(super) fn produce_and_consume(
    produce: impl FnOnce(&mut ContentSink<'_>) -> Result<(), Error>,
    mut consume: impl FnMut(&[u8]) -> Result<(), Error> + Send,
) -> Result<(), Error> {
    let mut produce = Some(produce);
    let result = thread::scope(|scope| {
        let (full_sender, full) = bounded::<Vec<u8>>(MAX_BUFFERS);
        let (empty_sender, empty) = bounded::<Vec<u8>>(MAX_BUFFERS);
        let consume = &mut consume;
        let receive = move || -> Result<(), Error> {
            full.iter().try_for_each(|mut buffer| {
                consume(&buffer)?;
                buffer.clear();
                // This fails only if the producer has ended and needs no more buffers.
                drop(empty_sender.send(buffer));
                Ok(())
            })
        };
        let builder = thread::Builder::new().name("consumer".to_owned());
        let thread = builder.spawn_scoped(scope, receive).ok()?;
        let mut writer = BufferWriter { open: Vec::new(), count: 0, empty, full: full_sender };
        let outcome =
            produce.take()?(&mut |bytes| writer.write(bytes)).and_then(|()| writer.finish());
        drop(writer);
        // If both failed, the consumer's error caused the producer's.
        Some(thread.join().unwrap_or_else(|panic| resume_unwind(panic)).and(outcome))
    });
    match (result, produce) {
        (Some(result), _) => result,
        (None, Some(produce)) => produce(&mut consume),
        (None, None) => Ok(()),
    }
}

/// Collects bytes into buffers and sends them.
struct BufferWriter {
    open: Vec<u8>,
    /// Buffers allocated so far.
    count: usize,
    empty: Receiver<Vec<u8>>,
    full: Sender<Vec<u8>>,
}

impl BufferWriter {
    fn write(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        while !bytes.is_empty() {
            if self.open.capacity() == 0 {
                self.open = self.next()?;
            }
            let (now, later) = bytes.split_at(bytes.len().min(BUFFER_BYTES - self.open.len()));
            self.open.extend_from_slice(now);
            if self.open.len() == BUFFER_BYTES {
                self.send()?;
            }
            bytes = later;
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Vec<u8>, Error> {
        if self.count < MAX_BUFFERS {
            self.count += 1;
            return Ok(Vec::with_capacity(BUFFER_BYTES));
        }
        self.empty.recv().map_err(|_| Error::Cancelled)
    }

    fn finish(&mut self) -> Result<(), Error> {
        if self.open.is_empty() { Ok(()) } else { self.send() }
    }

    /// Sends the open buffer. Returns an error if the consumer has failed; the consumer returns the
    /// cause.
    fn send(&mut self) -> Result<(), Error> {
        self.full.send(std::mem::take(&mut self.open)).map_err(|_| Error::Cancelled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content() -> Vec<u8> {
        (0..3_000_000_u32).map(|i| (i.wrapping_mul(i) >> 9).to_le_bytes()[0]).collect()
    }

    #[test]
    fn bytes_arrive_in_order() {
        let content = content();
        for len in [0, 1, BUFFER_BYTES, BUFFER_BYTES + 1, content.len()] {
            let mut taken = Vec::new();
            let produce =
                |sink: &mut ContentSink<'_>| content[..len].chunks(7919).try_for_each(sink);
            let consume = |bytes: &[u8]| {
                taken.extend_from_slice(bytes);
                Ok(())
            };
            produce_and_consume(produce, consume).unwrap();
            assert!(taken == content[..len], "{len} bytes");
        }
    }

    #[test]
    fn an_error_of_either_ends_both() {
        let content = content();
        let mut taken = 0;
        let failed = produce_and_consume(
            |sink| content.chunks(1000).try_for_each(sink),
            |bytes| {
                taken += bytes.len();
                if taken > BUFFER_BYTES { Err(Error::from_panic(&"full")) } else { Ok(()) }
            },
        );
        assert!(failed.unwrap_err().to_string().contains("full"));
        assert_eq!(taken, 2 * BUFFER_BYTES);

        let mut taken = 0;
        let failed = produce_and_consume(
            |sink| {
                sink(&content)?;
                Err(Error::from_panic(&"damaged"))
            },
            |bytes| {
                taken += bytes.len();
                Ok(())
            },
        );
        assert!(failed.unwrap_err().to_string().contains("damaged"));
        assert!(taken <= content.len());
    }
}
