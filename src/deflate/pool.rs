//! Compressors that rest until the next chunk, of whichever request, needs one.
//!
//! Made anew for each request, their tables leave memory to whichever thread was last: DESIGN.md, "Threads
//! and compressors rest", says how much.

use std::sync::{Mutex, PoisonError};

use super::{Deflater, Level};

/// The most that rest: more threads than that are seldom at work at once.
const MOST: usize = 32;

/// Levels beyond this one search with far larger tables, which are given back at once.
const MOST_LEVEL: u8 = 9;

/// Compressors at rest: as many as were ever at work at once.
#[derive(Default)]
pub struct DeflaterPool(Mutex<Vec<(Level, Deflater)>>);

impl DeflaterPool {
    /// A compressor of this level: the one that has rested for the shortest time, whose memory is the
    /// warmest, or else a new one.
    pub fn take(&self, level: Level) -> Deflater {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = idle.iter().rposition(|(its_level, _)| *its_level == level);
        let rested = at.map(|at| idle.remove(at).1);
        drop(idle);
        rested.unwrap_or_else(|| Deflater::new(level))
    }

    /// Lets it rest, without its buffers.
    pub fn give_back(&self, level: Level, mut deflater: Deflater) {
        if level.number() > MOST_LEVEL {
            return;
        }
        deflater.free_buffers();
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() == MOST {
            idle.remove(0);
        }
        idle.push((level, deflater));
    }
}

impl std::fmt::Debug for DeflaterPool {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("DeflaterPool")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflate::{ContentKind, Position};

    fn idle(deflaters: &DeflaterPool) -> Vec<u8> {
        deflaters.0.lock().unwrap().iter().map(|(level, _)| level.number()).collect()
    }

    #[test]
    fn one_a_level_is_enough_for_one_thread() {
        let deflaters = DeflaterPool::default();
        let text = b"To make them for each small request costs more. ".repeat(100);
        for level in [1, 6, 12, 1, 6, 12] {
            let level = Level::new(level).unwrap();
            let mut deflater = deflaters.take(level);
            let compressed = deflater.compress(&text, Position::Last, ContentKind::Other);
            deflaters.give_back(level, deflater);
            let new = Deflater::new(level).compress(&text, Position::Last, ContentKind::Other);
            assert_eq!(compressed, new, "{level:?}");
        }
        assert_eq!(idle(&deflaters), [1, 6]);
    }

    #[test]
    fn the_one_that_rested_longest_goes() {
        let deflaters = DeflaterPool::default();
        let [first, other] = [2, 1].map(|level| Level::new(level).unwrap());
        deflaters.give_back(first, Deflater::new(first));
        for _ in 0..MOST {
            deflaters.give_back(other, Deflater::new(other));
        }
        assert_eq!(idle(&deflaters), [1; MOST]);
    }
}
