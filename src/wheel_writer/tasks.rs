//! The tasks of writing a wheel: one for a small member, one for each chunk of a large member.

use std::ops::Range;
use std::sync::Arc;

use super::cache::LevelCache;
use super::copied_member::CopiedMember;
use super::large::LargeMember;
use super::member::Member;
use super::member_source::MemberSource;
use super::scratch::Scratch;
use crate::error::Error;
use crate::exec::ordered::Weighed;

/// The weight of a task without its data, in bytes: it limits how many empty members are in flight.
const TASK_WEIGHT: usize = 4096;

/// One task.
pub(super) enum Task<'a> {
    /// A small member.
    Small(&'a Member),
    /// A member that is copied.
    Copy(&'a Member, &'a CopiedMember),
    /// A chunk of a large member.
    Chunk(Chunk<'a>),
}

/// A chunk of a large member.
#[derive(Clone)]
pub(super) struct Chunk<'a> {
    /// The member.
    pub(super) large: Arc<LargeMember<'a>>,
    /// The number of chunks before this one.
    pub(super) index: usize,
    /// The bytes of the member.
    pub(super) range: Range<usize>,
}

/// The tasks of some members, in archive order. A large file is opened when its first task is taken, so
/// that few files are open at a time.
pub(super) struct Tasks<'a, I> {
    members: I,
    cache: &'a LevelCache<'a>,
    scratch: Scratch<'a>,
    next_chunk: Option<Chunk<'a>>,
}

impl<'a, I: Iterator<Item = &'a Member>> Tasks<'a, I> {
    pub(super) fn new(members: I, cache: &'a LevelCache<'a>, scratch: Scratch<'a>) -> Self {
        Self { members, cache, scratch, next_chunk: None }
    }

    /// Returns the first task of a member.
    fn first_task(&mut self, member: &'a Member) -> Result<Weighed<Task<'a>>, Error> {
        if let MemberSource::Copied(copied) = &member.source {
            return Ok(Weighed { task: Task::Copy(member, copied), weight: TASK_WEIGHT });
        }
        if member.source.is_large() {
            let cached = self.cache.member(&member.source);
            let large = LargeMember::new(member, cached, self.cache.compresses(), self.scratch)?;
            let range = large.chunk_range(0, 0)?;
            return self.chunk_task(Chunk { large: Arc::new(large), index: 0, range });
        }
        let len = usize::try_from(member.len()).unwrap_or(usize::MAX);
        Ok(Weighed { task: Task::Small(member), weight: len.saturating_add(TASK_WEIGHT) })
    }

    /// Returns the task of a chunk, and prepares the task of the next chunk.
    fn chunk_task(&mut self, chunk: Chunk<'a>) -> Result<Weighed<Task<'a>>, Error> {
        let Chunk { large, index, range } = &chunk;
        self.next_chunk = if large.ends_at(range.end) {
            None
        } else {
            let index = index + 1;
            let range = large.chunk_range(index, range.end)?;
            Some(Chunk { large: Arc::clone(large), index, range })
        };
        let weight = chunk.range.len() + TASK_WEIGHT;
        Ok(Weighed { task: Task::Chunk(chunk), weight })
    }
}

impl<'a, I: Iterator<Item = &'a Member>> Iterator for Tasks<'a, I> {
    type Item = Result<Weighed<Task<'a>>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(chunk) = self.next_chunk.take() {
            return Some(self.chunk_task(chunk));
        }
        let member = self.members.next()?;
        Some(self.first_task(member))
    }
}
