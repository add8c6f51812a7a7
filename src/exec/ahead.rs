//! An iterator that runs ahead of its consumer, on a thread of its own.

use std::panic::resume_unwind;
use std::thread;

use crossbeam_channel::bounded;

/// Items that are ready and not consumed yet. A few even out differences in speed; each can hold an open file.
const QUEUED: usize = 4;

/// Runs `consume` on this thread with the items of `items`, which are made on another one. If the system refuses a
/// thread, both run on this one. `consume` may leave items over: then at most a few more are made.
pub(crate) fn ahead<T: Send, R>(
    items: impl Iterator<Item = T> + Send,
    consume: impl FnOnce(&mut dyn Iterator<Item = T>) -> R,
) -> R {
    let (sender, receiver) = bounded(QUEUED);
    // An iterator that a refused thread does not take stays here.
    let (giver, taker) = bounded(1);
    let make = move || {
        let Ok(items) = taker.recv() else { return };
        // This fails once the consumer needs no more items.
        Iterator::map(items, |item| sender.send(item)).take_while(Result::is_ok).for_each(drop);
    };
    thread::scope(|scope| {
        let builder = thread::Builder::new().name("ahead".to_owned());
        let Ok(thread) = builder.spawn_scoped(scope, make) else {
            let mut items = items;
            return consume(&mut items);
        };
        // The thread waits for this, so it cannot fail.
        drop(giver.send(items));
        let result = consume(&mut receiver.into_iter());
        // The consumer may have taken a panic for the end of the items.
        thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        result
    })
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn items_arrive_in_order() {
        for count in [0, 1, QUEUED, 1000] {
            let items = ahead(0..count, |items| items.collect::<Vec<_>>());
            assert_eq!(items, (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn few_items_are_made_that_nobody_consumes() {
        let made = AtomicUsize::new(0);
        let items = (0..1000).inspect(|_| {
            made.fetch_add(1, Ordering::SeqCst);
        });
        assert_eq!(ahead(items, |items| items.nth(9)), Some(9));
        assert!((10..=10 + QUEUED + 1).contains(&made.load(Ordering::SeqCst)), "{made:?}");
    }

    #[test]
    fn a_panic_is_not_taken_for_the_end() {
        let items = (0..10).inspect(|&item| assert!(item < 5, "no sixth"));
        let counted = catch_unwind(AssertUnwindSafe(|| ahead(items, |items| items.count())));
        assert!(counted.is_err());
    }
}
