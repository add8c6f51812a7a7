//! A pool of idle compressors. All requests of a process share it.
//!
//! If each request created its own compressors, the allocator would keep the memory of freed tables in the
//! arenas of the request threads. docs/decisions.md, "Threads and compressors are reused", has the figures.

use std::sync::Mutex;

use super::{Deflater, Level};
use crate::lock::lock;

/// The maximum number of idle compressors. More than 32 threads rarely compress at once.
const MAX_IDLE: usize = 32;

/// The highest level whose compressors are kept. Compressors of higher levels are freed immediately, because
/// their tables are far larger.
const MAX_LEVEL: u8 = 9;

/// The idle compressors: at most [`MAX_IDLE`], and never more than were in use at the same time.
#[derive(Default)]
pub struct DeflaterPool(Mutex<Vec<(Level, Deflater)>>);

impl DeflaterPool {
    /// Takes the most recently used compressor of this level, or creates one. The memory of the most recently
    /// used one is the most likely to be in the CPU's cache.
    pub fn take(&self, level: Level) -> Deflater {
        let mut idle = lock(&self.0);
        let at = idle.iter().rposition(|(its_level, _)| *its_level == level);
        let reused = at.map(|at| idle.remove(at).1);
        drop(idle);
        reused.unwrap_or_else(|| Deflater::new(level))
    }

    /// Returns a compressor to the pool, after freeing its buffers.
    pub fn give_back(&self, level: Level, mut deflater: Deflater) {
        if level.number() > MAX_LEVEL {
            return;
        }
        deflater.free_buffers();
        let mut idle = lock(&self.0);
        if idle.len() == MAX_IDLE {
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
    fn one_thread_needs_one_compressor_per_level() {
        let deflaters = DeflaterPool::default();
        let text = b"Creating them for each small request costs more. ".repeat(100);
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
    fn the_least_recently_used_is_dropped() {
        let deflaters = DeflaterPool::default();
        let [first, other] = [2, 1].map(|level| Level::new(level).unwrap());
        deflaters.give_back(first, Deflater::new(first));
        for _ in 0..MAX_IDLE {
            deflaters.give_back(other, Deflater::new(other));
        }
        assert_eq!(idle(&deflaters), [1; MAX_IDLE]);
    }
}
