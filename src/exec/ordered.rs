//! Parallel tasks whose results are consumed in the order of the tasks.
//!
//! Memory is bounded by a window: a task starts only while the tasks in flight, started but not yet
//! consumed, weigh less than the window.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crossbeam_channel::unbounded;
use rayon::ThreadPool;

use crate::error::Error;
use crate::exec::CancelFlag;

/// Bytes in flight per thread. A chunk has 1 MiB on average and 4 MiB at most (more only in members of
/// over 8 GB): with 8 MiB no thread waits for one that is busy with a long chunk.
const WINDOW_PER_THREAD: usize = 8 << 20;

/// The most bytes in flight, for any number of threads.
const MAX_WINDOW: usize = 256 << 20;

/// Returns the window in bytes, for tasks whose weight is the size of their input or output.
pub(crate) fn window(pool: &ThreadPool) -> usize {
    WINDOW_PER_THREAD.saturating_mul(pool.current_num_threads()).min(MAX_WINDOW)
}

/// A task and the memory that it uses until its result is consumed, in bytes.
pub(crate) struct Weighed<T> {
    pub(crate) task: T,
    pub(crate) weight: usize,
}

/// Runs `work` on each task in the pool, and `consume` on each result, in order, on this thread.
/// Returns when all tasks have ended.
///
/// # Errors
///
/// Returns the first error of `tasks`, `work` or `consume`; a panic in `work` is an error, and so is
/// cancellation. No task starts after that.
pub(crate) fn run<T: Send, R: Send>(
    pool: &ThreadPool,
    window: usize,
    cancel: &CancelFlag,
    tasks: impl Iterator<Item = Result<Weighed<T>, Error>>,
    work: impl Fn(T) -> Result<R, Error> + Sync,
    mut consume: impl FnMut(R) -> Result<(), Error>,
) -> Result<(), Error> {
    let (sender, receiver) = unbounded();
    // Set at the end: tasks that are spawned but have not started do not start.
    let stop = CancelFlag::default();
    pool.in_place_scope(|scope| {
        let mut flight = InFlight::new();
        let mut tasks = tasks.fuse();
        let mut advance = || -> Result<bool, Error> {
            cancel.check()?;
            while flight.is_empty() || flight.weight < window {
                let Some(weighed) = tasks.next().transpose()? else { break };
                let sequence = flight.push(weighed.weight);
                let (sender, work, stop) = (sender.clone(), &work, &stop);
                scope.spawn(move |_| {
                    let result = stop.check().and_then(|()| run_one(work, weighed.task));
                    // After an error the receiver is gone.
                    let _ = sender.send((sequence, result));
                });
            }
            if flight.is_empty() {
                return Ok(false);
            }
            let (sequence, result) =
                receiver.recv().map_err(|error| Error::Internal(error.to_string()))?;
            flight.complete(sequence, result?);
            while let Some(result) = flight.pop_ready() {
                consume(result)?;
            }
            Ok(true)
        };
        let outcome = loop {
            match advance() {
                Ok(true) => {}
                Ok(false) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        stop.cancel();
        outcome
    })
}

fn run_one<T, R>(work: &impl Fn(T) -> Result<R, Error>, task: T) -> Result<R, Error> {
    // If the panic left the closure, the receiver would wait forever for this result.
    catch_unwind(AssertUnwindSafe(|| work(task)))
        .unwrap_or_else(|panic| Err(Error::from_panic(panic.as_ref())))
}

/// The tasks in flight, in order.
struct InFlight<R> {
    slots: VecDeque<Slot<R>>,
    /// Sequence number of the first slot.
    first: usize,
    weight: usize,
}

struct Slot<R> {
    weight: usize,
    result: Option<R>,
}

impl<R> InFlight<R> {
    fn new() -> Self {
        Self { slots: VecDeque::new(), first: 0, weight: 0 }
    }

    fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    fn push(&mut self, weight: usize) -> usize {
        self.slots.push_back(Slot { weight, result: None });
        self.weight += weight;
        self.first + self.slots.len() - 1
    }

    fn complete(&mut self, sequence: usize, result: R) {
        if let Some(slot) = self.slots.get_mut(sequence - self.first) {
            slot.result = Some(result);
        }
    }

    /// Removes and returns the next result in order, if its task has ended.
    fn pop_ready(&mut self) -> Option<R> {
        let result = self.slots.front_mut()?.result.take()?;
        let slot = self.slots.pop_front()?;
        self.first += 1;
        self.weight -= slot.weight;
        Some(result)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn pool() -> ThreadPool {
        rayon::ThreadPoolBuilder::new().num_threads(4).build().unwrap()
    }

    fn tasks(count: usize) -> impl Iterator<Item = Result<Weighed<usize>, Error>> {
        (0..count).map(|task| Ok(Weighed { task, weight: 10 }))
    }

    #[test]
    fn results_come_in_order_and_the_window_holds() {
        let in_flight = AtomicUsize::new(0);
        let most = AtomicUsize::new(0);
        let mut consumed = Vec::new();
        let done: Vec<_> = (0..200).map(|_| unbounded()).collect();
        let work = |task: usize| {
            let now = in_flight.fetch_add(1, Ordering::SeqCst) + 1;
            most.fetch_max(now, Ordering::SeqCst);
            // Each task ends after the next one, so that results do not come in order. Three of four
            // threads wait at most: five tasks are in flight.
            if task.is_multiple_of(2) {
                done[task + 1].1.recv().unwrap();
            }
            done[task].0.send(()).unwrap();
            Ok(task)
        };
        let consume = |task| {
            in_flight.fetch_sub(1, Ordering::SeqCst);
            consumed.push(task);
            Ok(())
        };
        run(&pool(), 50, &CancelFlag::default(), tasks(200), work, consume).unwrap();
        assert_eq!(consumed, (0..200).collect::<Vec<_>>());
        assert!(most.load(Ordering::SeqCst) <= 5, "{most:?}");
    }

    #[test]
    fn a_task_heavier_than_the_window_runs_alone() {
        let mut count = 0;
        let consume = |()| {
            count += 1;
            Ok(())
        };
        run(&pool(), 1, &CancelFlag::default(), tasks(9), |_| Ok(()), consume).unwrap();
        assert_eq!(count, 9);
    }

    #[test]
    fn errors_panics_and_cancellation_end_it() {
        let run_with = |work: fn(usize) -> Result<usize, Error>, cancel: &CancelFlag| {
            run(&pool(), 100, cancel, tasks(100), work, |_| Ok(())).unwrap_err()
        };
        let fresh = CancelFlag::default;
        let fails =
            |task| if task == 50 { Err(Error::Internal("no".to_owned())) } else { Ok(task) };
        assert!(matches!(run_with(fails, &fresh()), Error::Internal(text) if text == "no"));
        let panics = |task| if task == 50 { panic!("oh") } else { Ok(task) };
        assert!(matches!(run_with(panics, &fresh()), Error::Internal(text) if text == "panic: oh"));
        let cancelled = fresh();
        cancelled.cancel();
        assert!(matches!(run_with(Ok, &cancelled), Error::Cancelled));
        let consume = |_| Err(Error::Internal("full".to_owned()));
        let error = run(&pool(), 100, &fresh(), tasks(100), Ok, consume).unwrap_err();
        assert!(matches!(error, Error::Internal(text) if text == "full"));
    }
}
