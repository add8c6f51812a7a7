//! The order of requests, without threads.

use super::*;
use crate::color::Terminal;
use crate::command;

fn request(request_id: i32) -> WorkRequest {
    WorkRequest { request_id, ..WorkRequest::default() }
}

fn plan(request: WorkRequest, size_class: SizeClass) -> Box<Plan> {
    let command =
        command::parse(vec!["fault".into()], std::path::Path::new(""), Terminal::default());
    Box::new(Plan { request, command, size_class })
}

/// Returns a queue whose requests are all planned; ids below 100 are small.
fn planned(max_active: usize, ids: impl IntoIterator<Item = i32>) -> RequestQueue {
    let mut queue = RequestQueue::new(max_active);
    for id in ids {
        queue.push(request(id));
        plan_all(&mut queue);
    }
    queue
}

fn plan_all(queue: &mut RequestQueue) {
    while let Some(sequence) = queue.can_plan.first().copied() {
        let Some((Work::Plan(read), _)) = queue.start(sequence) else {
            panic!("not to be planned")
        };
        let class = if read.request_id < 100 { SizeClass::Small } else { SizeClass::Large };
        queue.planned(sequence, plan(read, class));
    }
}

/// Starts all that may run, and returns their ids and sequences.
fn run_all(queue: &mut RequestQueue) -> Vec<(i32, Sequence)> {
    let mut started = Vec::new();
    while let Some(sequence) = queue.next() {
        let Some((Work::Run(plan), _)) = queue.start(sequence) else { panic!("not planned") };
        started.push((plan.request.request_id, sequence));
    }
    started
}

fn ids(started: &[(i32, Sequence)]) -> Vec<i32> {
    started.iter().map(|(id, _)| *id).collect()
}

#[test]
fn small_requests_run_while_all_large_slots_are_busy() {
    let mut queue = planned(2, (100..200).chain([1, 2, 3]));
    let started = run_all(&mut queue);
    assert_eq!(ids(&started), [1, 2, 100, 101]);
    assert_eq!((queue.waiting(), queue.running_ids()), (99, vec![1, 2, 100, 101]));
    assert_eq!(queue.finish(started[0].1), Some(1));
    assert_eq!(ids(&run_all(&mut queue)), [3]);
    assert_eq!(queue.finish(started[2].1), Some(100));
    assert_eq!(ids(&run_all(&mut queue)), [102]);
}

#[test]
fn of_one_id_only_the_oldest_is_active() {
    let mut queue = planned(4, [0, 7, 0, 0]);
    assert!(queue.has(0) && !queue.has(8));
    for _ in 0..3 {
        let started = run_all(&mut queue);
        let first = started.iter().find(|(id, _)| *id == 0).unwrap();
        assert!(started.iter().filter(|(id, _)| *id == 0).count() == 1);
        // Nothing of the next one is touched yet: its argument file may be an output of this one.
        assert!(queue.can_plan.is_empty() && queue.planning.is_empty());
        assert_eq!(queue.finish(first.1), Some(0));
        plan_all(&mut queue);
    }
    assert!(!queue.has(0) && queue.has(7));
}

#[test]
fn a_bounded_number_is_planned_at_once() {
    let mut queue = RequestQueue::new(3);
    (1..=10).for_each(|id| queue.push(request(id)));
    let mut planning = Vec::new();
    while let Some(sequence) = queue.next() {
        planning.push((sequence, queue.start(sequence).unwrap().0));
    }
    assert_eq!(planning.len(), 3);
    // Two planning threads block: the others are planned and run one after another.
    let mut next = planning.pop();
    let mut run = Vec::new();
    while let Some((sequence, Work::Plan(read))) = next.take() {
        run.push(read.request_id);
        queue.planned(sequence, plan(read, SizeClass::Small));
        assert_eq!(run_all_but_plan(&mut queue), 1);
        queue.finish(sequence);
        next = queue.next().map(|it| (it, queue.start(it).unwrap().0));
    }
    assert_eq!(run, (3..=10).collect::<Vec<_>>());
    assert!(!queue.is_idle() && !queue.is_empty());
}

/// Starts all requests that may run, without planning any. Returns their number.
fn run_all_but_plan(queue: &mut RequestQueue) -> usize {
    let mut count = 0;
    while let Some(sequence) = queue.next()
        && !queue.can_plan.contains(&sequence)
    {
        assert!(matches!(queue.start(sequence), Some((Work::Run(_), _))));
        count += 1;
    }
    count
}

#[test]
fn a_cancel_removes_all_of_its_id_but_one_that_runs() {
    let mut queue = planned(1, [5, 6, 5, 5]);
    let [(5, running)] = run_all(&mut queue)[..] else { panic!("not one") };
    let flag = queue.open[&running].cancel.clone();
    assert_eq!(queue.cancel(5), 2);
    assert!(flag.is_cancelled());
    assert_eq!((queue.waiting(), queue.cancel(5), queue.cancel(99)), (1, 0, 0));
    assert_eq!(queue.finish(running), Some(5));
    assert_eq!(ids(&run_all(&mut queue)), [6]);
}

#[test]
fn a_request_is_cancelled_while_it_is_planned() {
    let mut queue = RequestQueue::new(1);
    queue.push(request(5));
    let sequence = queue.next().unwrap();
    let Some((Work::Plan(read), cancel)) = queue.start(sequence) else { panic!("no plan") };
    assert_eq!(queue.cancel(5), 1);
    assert!(cancel.is_cancelled());
    // It is answered, but its thread is still busy.
    assert!(queue.is_empty() && !queue.is_idle());
    queue.push(request(5));
    assert_eq!(queue.next(), None);
    queue.planned(sequence, plan(read, SizeClass::Small));
    assert!(queue.is_idle());
    assert_eq!(queue.next(), Some(Sequence(1)), "the new request of this id is planned");
    assert_eq!(queue.finish(sequence), None, "answered twice");
}

#[test]
fn all_are_cancelled() {
    let mut queue = planned(1, [1, 2, 0, 0, 3]);
    let started = run_all(&mut queue);
    assert_eq!(ids(&started), [1]);
    assert_eq!(queue.cancel_all(), [2, 0, 0, 3]);
    assert_eq!((queue.next(), queue.running_ids()), (None, vec![1]));
    queue.finish(started[0].1);
    assert!(queue.is_empty() && queue.is_idle());
}
