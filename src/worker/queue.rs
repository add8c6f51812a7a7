//! The open requests, and which of them is next to be planned or to run.
//!
//! A request is open from when it is read until it is answered. It is planned, then it runs. Of the
//! requests with one id only the oldest is active; the others are untouched until it is answered. So
//! the requests of a singleplex client, all of id 0, run in order even if many are sent at once, as in
//! a replay, and no response can be taken for another's. Of those that may run, the oldest of its size
//! class is next: small requests start however many large ones run or wait.
//!
//! This is a data structure: it starts no thread and reads no file.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use super::event::Sequence;
use super::plan::Plan;
use super::protocol::WorkRequest;
use super::size_class::{PerClass, SizeClass};
use crate::exec::CancelFlag;

/// The next step of a request.
#[derive(Debug)]
pub(super) enum Work {
    /// Plan it.
    Plan(WorkRequest),
    /// Run it.
    Run(Box<Plan>),
}

#[derive(Debug)]
struct OpenRequest {
    id: i32,
    cancel: CancelFlag,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Read(WorkRequest),
    Planning,
    Planned(Box<Plan>),
    Running(SizeClass),
}

/// All open requests.
#[derive(Debug)]
pub(super) struct RequestQueue {
    open: BTreeMap<Sequence, OpenRequest>,
    /// The open requests of each id, oldest first.
    by_id: HashMap<i32, VecDeque<Sequence>>,
    can_plan: BTreeSet<Sequence>,
    can_run: PerClass<BTreeSet<Sequence>>,
    /// Those that a thread plans, cancelled ones included.
    planning: HashSet<Sequence>,
    running: PerClass<usize>,
    /// The most that are planned at once, and the most of each size class that run at once.
    max_active: usize,
    read: u64,
}

impl RequestQueue {
    pub(super) fn new(max_active: usize) -> Self {
        Self {
            open: BTreeMap::new(),
            by_id: HashMap::new(),
            can_plan: BTreeSet::new(),
            can_run: PerClass::default(),
            planning: HashSet::new(),
            running: PerClass::default(),
            max_active,
            read: 0,
        }
    }

    /// Adds a request that was read.
    pub(super) fn push(&mut self, request: WorkRequest) {
        let sequence = Sequence(self.read);
        self.read += 1;
        let id = request.request_id;
        let same_id = self.by_id.entry(id).or_default();
        same_id.push_back(sequence);
        if same_id.len() == 1 {
            self.can_plan.insert(sequence);
        }
        let stage = Stage::Read(request);
        self.open.insert(sequence, OpenRequest { id, cancel: CancelFlag::default(), stage });
    }

    /// Whether a request with this id is open.
    pub(super) fn has(&self, id: i32) -> bool {
        self.by_id.contains_key(&id)
    }

    /// The request that a thread can work on next.
    pub(super) fn next(&self) -> Option<Sequence> {
        let runnable = |class| {
            let has_slot = *self.running.of(class) < self.max_active;
            self.can_run.of(class).first().filter(|_| has_slot)
        };
        let can_plan = self.can_plan.first().filter(|_| self.planning.len() < self.max_active);
        runnable(SizeClass::Small).or_else(|| runnable(SizeClass::Large)).or(can_plan).copied()
    }

    /// Marks the request that [`Self::next`] returned as planned or run by a thread.
    pub(super) fn start(&mut self, sequence: Sequence) -> Option<(Work, CancelFlag)> {
        let request = self.open.get_mut(&sequence)?;
        let cancel = request.cancel.clone();
        let work = match std::mem::replace(&mut request.stage, Stage::Planning) {
            Stage::Read(read) => {
                self.can_plan.remove(&sequence);
                self.planning.insert(sequence);
                Work::Plan(read)
            }
            Stage::Planned(plan) => {
                let class = plan.size_class;
                request.stage = Stage::Running(class);
                self.can_run.of_mut(class).remove(&sequence);
                *self.running.of_mut(class) += 1;
                Work::Run(plan)
            }
            stage @ (Stage::Planning | Stage::Running(_)) => {
                request.stage = stage;
                return None;
            }
        };
        Some((work, cancel))
    }

    /// Takes the plan of a request; without effect if it was cancelled in the meantime.
    pub(super) fn planned(&mut self, sequence: Sequence, plan: Box<Plan>) {
        self.planning.remove(&sequence);
        if let Some(request) = self.open.get_mut(&sequence) {
            self.can_run.of_mut(plan.size_class).insert(sequence);
            request.stage = Stage::Planned(plan);
        }
    }

    /// Removes a request that is about to be answered, and returns its id; `None` if it was cancelled
    /// and answered before.
    pub(super) fn finish(&mut self, sequence: Sequence) -> Option<i32> {
        self.planning.remove(&sequence);
        let request = self.open.remove(&sequence)?;
        self.can_plan.remove(&sequence);
        match request.stage {
            Stage::Running(class) => *self.running.of_mut(class) -= 1,
            Stage::Planned(plan) => {
                self.can_run.of_mut(plan.size_class).remove(&sequence);
            }
            Stage::Read(_) | Stage::Planning => {}
        }
        if let Some(same_id) = self.by_id.get_mut(&request.id) {
            if same_id.front() == Some(&sequence) {
                same_id.pop_front();
            } else {
                same_id.retain(|other| *other != sequence);
            }
            match same_id.front() {
                None => drop(self.by_id.remove(&request.id)),
                Some(next) => {
                    if matches!(
                        self.open.get(next),
                        Some(OpenRequest { stage: Stage::Read(_), .. })
                    ) {
                        self.can_plan.insert(*next);
                    }
                }
            }
        }
        Some(request.id)
    }

    /// Cancels all open requests of an id, and returns how many of them are removed. One that runs
    /// stays until it has stopped.
    pub(super) fn cancel(&mut self, id: i32) -> usize {
        let same_id: Vec<Sequence> = self.by_id.get(&id).into_iter().flatten().copied().collect();
        // The youngest first: none of them becomes the oldest of its id, and is planned.
        same_id.into_iter().rev().filter(|sequence| self.cancel_one(*sequence)).count()
    }

    /// Cancels all open requests, and returns the ids of those that are removed, oldest first.
    pub(super) fn cancel_all(&mut self) -> Vec<i32> {
        let all: Vec<(Sequence, i32)> =
            self.open.iter().map(|(sequence, request)| (*sequence, request.id)).collect();
        let mut removed: Vec<i32> = all
            .into_iter()
            .rev()
            .filter(|(it, _)| self.cancel_one(*it))
            .map(|(_, id)| id)
            .collect();
        removed.reverse();
        removed
    }

    /// Cancels a request. Removes it unless it runs.
    fn cancel_one(&mut self, sequence: Sequence) -> bool {
        let Some(request) = self.open.get(&sequence) else { return false };
        request.cancel.cancel();
        if matches!(request.stage, Stage::Running(_)) {
            return false;
        }
        // The thread that plans it still works.
        let is_planning = self.planning.contains(&sequence);
        self.finish(sequence);
        if is_planning {
            self.planning.insert(sequence);
        }
        true
    }

    /// The number of requests that do not run.
    pub(super) fn waiting(&self) -> usize {
        self.open.len() - self.running.small - self.running.large
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether no thread works on any request.
    pub(super) fn is_idle(&self) -> bool {
        self.planning.is_empty() && self.running.small + self.running.large == 0
    }

    /// The ids of requests that run, in order.
    pub(super) fn running_ids(&self) -> Vec<i32> {
        let running = self.open.values().filter(|it| matches!(it.stage, Stage::Running(_)));
        let mut ids: Vec<i32> = running.map(|request| request.id).collect();
        ids.sort_unstable();
        ids
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
