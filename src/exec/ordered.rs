//! Work done in any order on many threads, its results taken in the order of its tasks.
//!
//! This is what bounds memory: a new task is started only while those in flight, started but not
//! yet taken, weigh less than the window.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crossbeam_channel::unbounded;
use rayon::ThreadPool;

use crate::error::Error;
use crate::exec::CancelFlag;

/// Bytes in flight a thread. A chunk is 1 MiB on average, 4 MiB at most (more only in members of over
/// 8 GB): enough that no thread waits for one that is busy with a long chunk.
const WINDOW_PER_THREAD: usize = 8 << 20;

/// Bytes in flight in all, which with many threads is less than the above for each.
const LARGEST_WINDOW: usize = 256 << 20;

/// The window for tasks that weigh what they read or make.
pub(crate) fn window(pool: &ThreadPool) -> usize {
    WINDOW_PER_THREAD.saturating_mul(pool.current_num_threads()).min(LARGEST_WINDOW)
}

/// A task and how much memory it holds on to, in bytes.
pub(crate) struct Weighed<T> {
    pub(crate) task: T,
    pub(crate) weight: usize,
}

/// Runs `work` on each task in the pool and `take` on each result, in order, on this thread.
///
/// The first error of a task, of the tasks themselves or of `take` ends it, as does cancellation;
/// tasks in flight are waited for. A panic in `work` becomes an error.
pub(crate) fn run<T: Send, R: Send>(
    pool: &ThreadPool,
    window: usize,
    cancel: &CancelFlag,
    tasks: impl Iterator<Item = Result<Weighed<T>, Error>>,
    work: impl Fn(T) -> Result<R, Error> + Sync,
    mut take: impl FnMut(R) -> Result<(), Error>,
) -> Result<(), Error> {
    let (sender, receiver) = unbounded();
    // Set when the end is known, so that tasks which have not begun do not.
    let stop = CancelFlag::default();
    pool.in_place_scope(|scope| {
        let mut flight = Flight::new();
        let mut tasks = tasks.fuse();
        let mut advance = || -> Result<bool, Error> {
            cancel.check()?;
            while flight.is_empty() || flight.weight < window {
                let Some(weighed) = tasks.next().transpose()? else { break };
                let sequence = flight.launch(weighed.weight);
                let (sender, work, stop) = (sender.clone(), &work, &stop);
                scope.spawn(move |_| {
                    let result = stop.check().and_then(|()| run_one(work, weighed.task));
                    // Nobody listens after an error; that is no error of this task.
                    let _ = sender.send((sequence, result));
                });
            }
            if flight.is_empty() {
                return Ok(false);
            }
            let (sequence, result) =
                receiver.recv().map_err(|error| Error::Internal(error.to_string()))?;
            flight.land(sequence, result?);
            while let Some(result) = flight.take() {
                take(result)?;
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
    // A panic that left the closure would end the whole scope with the receiver still waiting.
    catch_unwind(AssertUnwindSafe(|| work(task)))
        .unwrap_or_else(|panic| Err(Error::from_panic(panic.as_ref())))
}

/// The tasks that were started and whose results were not taken, in order.
struct Flight<R> {
    seats: VecDeque<Seat<R>>,
    /// Sequence number of the first seat.
    first: usize,
    weight: usize,
}

struct Seat<R> {
    weight: usize,
    result: Option<R>,
}

impl<R> Flight<R> {
    fn new() -> Self {
        Self { seats: VecDeque::new(), first: 0, weight: 0 }
    }

    fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    fn launch(&mut self, weight: usize) -> usize {
        self.seats.push_back(Seat { weight, result: None });
        self.weight += weight;
        self.first + self.seats.len() - 1
    }

    fn land(&mut self, sequence: usize, result: R) {
        if let Some(seat) = self.seats.get_mut(sequence - self.first) {
            seat.result = Some(result);
        }
    }

    /// The next result in order, if it is there.
    fn take(&mut self) -> Option<R> {
        let result = self.seats.front_mut()?.result.take()?;
        let seat = self.seats.pop_front()?;
        self.first += 1;
        self.weight -= seat.weight;
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
        let mut taken = Vec::new();
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
        let take = |task| {
            in_flight.fetch_sub(1, Ordering::SeqCst);
            taken.push(task);
            Ok(())
        };
        run(&pool(), 50, &CancelFlag::default(), tasks(200), work, take).unwrap();
        assert_eq!(taken, (0..200).collect::<Vec<_>>());
        assert!(most.load(Ordering::SeqCst) <= 5, "{most:?}");
    }

    #[test]
    fn a_task_heavier_than_the_window_runs_alone() {
        let mut count = 0;
        let take = |()| {
            count += 1;
            Ok(())
        };
        run(&pool(), 1, &CancelFlag::default(), tasks(9), |_| Ok(()), take).unwrap();
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
        let take = |_| Err(Error::Internal("full".to_owned()));
        let error = run(&pool(), 100, &fresh(), tasks(100), Ok, take).unwrap_err();
        assert!(matches!(error, Error::Internal(text) if text == "full"));
    }
}
