//! A producer on this thread and a consumer on a second one, with a bounded queue between them.
//!
//! A deflated member without a chunk table is one stream, which one thread inflates. Hashing and writing
//! take more than half as long again, so a second thread does both at the same time.

use std::panic::resume_unwind;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::error::Error;

/// Bytes that go to the other thread at a time: of a size that costs little to hand over, and is still
/// in the second-level cache when it arrives.
const PARCEL: usize = 256 << 10;

/// Parcels in all: one at either end, the others even out differences of speed.
const PARCELS: usize = 4;

/// A sink for consecutive pieces.
pub(super) type Sink<'a> = dyn FnMut(&[u8]) -> Result<(), Error> + 'a;

/// Runs `make` on this thread, and `take` on another one with the bytes that `make` hands out, in order
/// but cut into other pieces. An error of either ends both. If the system refuses a thread, this one runs
/// both.
pub(super) fn beside(
    make: impl FnOnce(&mut Sink<'_>) -> Result<(), Error>,
    mut take: impl FnMut(&[u8]) -> Result<(), Error> + Send,
) -> Result<(), Error> {
    let mut make = Some(make);
    let result = thread::scope(|scope| {
        let (full_sender, full) = bounded::<Vec<u8>>(PARCELS);
        let (empty_sender, empty) = bounded::<Vec<u8>>(PARCELS);
        let take = &mut take;
        let receive = move || -> Result<(), Error> {
            full.iter().try_for_each(|mut parcel| {
                take(&parcel)?;
                parcel.clear();
                // The producer has ended: no parcel is reused.
                drop(empty_sender.send(parcel));
                Ok(())
            })
        };
        let thread = thread::Builder::new().name("beside".to_owned());
        let taker = thread.spawn_scoped(scope, receive).ok()?;
        let mut packer = Packer { open: Vec::new(), count: 0, empty, full: full_sender };
        let outcome = make.take()?(&mut |piece| packer.pack(piece)).and_then(|()| packer.finish());
        drop(packer);
        // If both failed, the consumer's error caused the producer's.
        Some(taker.join().unwrap_or_else(|panic| resume_unwind(panic)).and(outcome))
    });
    match (result, make) {
        (Some(result), _) => result,
        (None, Some(make)) => make(&mut take),
        (None, None) => Ok(()),
    }
}

/// Packs pieces into parcels.
struct Packer {
    open: Vec<u8>,
    /// Parcels that were ever there.
    count: usize,
    empty: Receiver<Vec<u8>>,
    full: Sender<Vec<u8>>,
}

impl Packer {
    fn pack(&mut self, mut piece: &[u8]) -> Result<(), Error> {
        while !piece.is_empty() {
            if self.open.capacity() == 0 {
                self.open = self.next()?;
            }
            let (now, later) = piece.split_at(piece.len().min(PARCEL - self.open.len()));
            self.open.extend_from_slice(now);
            if self.open.len() == PARCEL {
                self.send()?;
            }
            piece = later;
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Vec<u8>, Error> {
        if self.count < PARCELS {
            self.count += 1;
            return Ok(Vec::with_capacity(PARCEL));
        }
        self.empty.recv().map_err(|_| Error::Cancelled)
    }

    fn finish(&mut self) -> Result<(), Error> {
        if self.open.is_empty() { Ok(()) } else { self.send() }
    }

    /// Hands over the open parcel; an error if the consumer has failed, which returns its own error.
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
    fn all_arrives_in_order() {
        let content = content();
        for len in [0, 1, PARCEL, PARCEL + 1, content.len()] {
            let mut taken = Vec::new();
            let make = |sink: &mut Sink<'_>| content[..len].chunks(7919).try_for_each(sink);
            let take = |bytes: &[u8]| {
                taken.extend_from_slice(bytes);
                Ok(())
            };
            beside(make, take).unwrap();
            assert!(taken == content[..len], "{len} bytes");
        }
    }

    #[test]
    fn an_error_of_either_ends_both() {
        let content = content();
        let mut taken = 0;
        let failed = beside(
            |sink| content.chunks(1000).try_for_each(sink),
            |bytes| {
                taken += bytes.len();
                if taken > PARCEL { Err(Error::from_panic(&"full")) } else { Ok(()) }
            },
        );
        assert!(failed.unwrap_err().to_string().contains("full"));
        assert_eq!(taken, 2 * PARCEL);

        let mut taken = 0;
        let failed = beside(
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
