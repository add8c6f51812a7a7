//! Writes a wheel to a temporary file, verifies it and publishes it with a rename.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use fs_err::File;
use tempfile::NamedTempFile;

use super::cache::LevelCache;
use super::output::{Output, Written};
use super::plan::{WheelPlan, WriteOptions};
use super::scratch::Scratch;
use super::task_runner::TaskRunner;
use super::tasks::{Task, Tasks};
use super::validate::validate;
use super::wheel_entry::WheelEntry;
use super::write_behind::write_behind;
use crate::elf::ElfFacts;
use crate::error::{Error, FileError};
use crate::exec::ordered::Weighed;
use crate::exec::{CancelFlag, ahead, ordered};
use crate::source::Change;
use crate::temporary::{self, folder_of};
use crate::warm::Cache;
use crate::zip::Sink;

/// Threads of the pool from which members are cut on a thread of their own. To cut and write the library of
/// jax-cuda12-pjrt takes one thread 0.22 s, which binds from 23 cores on; writing alone 0.14 s, from 39 cores on
/// (`benches/cores`). With fewer than eight, another thread only takes time from those that compress.
const THREADS_TO_CUT_AHEAD: usize = 8;

/// Bytes of the members from which another thread pays: eight cores pack less in 0.1 s, at the 90 MB a second of
/// one core.
const BYTES_TO_CUT_AHEAD: u64 = 64 << 20;

/// A complete wheel in a temporary file, in the directory of its output. Dropping it removes the file.
pub(crate) struct UnpublishedWheel {
    plan: WheelPlan,
    temp: NamedTempFile<File>,
    written: Written,
    entry: Option<WheelEntry>,
}

/// Bytes of the members from which a thread that only writes pays: to start it costs 0.1 ms.
const BYTES_TO_WRITE_BEHIND: u64 = 64 << 20;

/// Writes a wheel to a temporary file in the directory of its output. `on_progress` receives the number of
/// uncompressed bytes written so far.
pub(crate) fn write(
    plan: WheelPlan,
    options: &WriteOptions<'_>,
    on_progress: &mut dyn FnMut(u64),
) -> Result<UnpublishedWheel, Error> {
    let mut temp = temporary::beside(&plan.out)?;
    let mut write = |sink: &mut dyn Sink| write_to(sink, &plan, options, on_progress);
    let written = if plan.members.total_len() >= BYTES_TO_WRITE_BEHIND {
        write_behind(temp.as_file_mut(), write)?
    } else {
        write(temp.as_file_mut())?
    };
    Ok(UnpublishedWheel { plan, temp, written, entry: None })
}

fn write_to(
    sink: &mut dyn Sink,
    plan: &WheelPlan,
    options: &WriteOptions<'_>,
    on_progress: &mut dyn FnMut(u64),
) -> Result<Written, Error> {
    let scratch = Scratch {
        directory: folder_of(&plan.out),
        cancel: options.cancel,
        pool: Some(options.pool),
    };
    let cache = LevelCache::new(options, &plan.members);
    let runner = TaskRunner::new(options, cache, scratch);
    let mut output = Output::new(plan, sink, options);
    let tasks = Tasks::new(plan.members.iter(), &runner.cache, scratch);
    let mut run = |tasks: &mut dyn Iterator<Item = Result<Weighed<Task<'_>>, Error>>| {
        ordered::run(
            options.pool,
            ordered::window(options.pool),
            options.cancel,
            tasks,
            |task| runner.run(task),
            |result| {
                output.append(result, &runner.cache)?;
                on_progress(output.bytes_in());
                Ok(())
            },
        )
    };
    if cuts_ahead(plan, options) {
        ahead(tasks, run)?;
    } else {
        run(&mut { tasks })?;
    }
    output.finish(&plan.members, &runner)
}

/// Whether members are opened and cut on a thread of their own, not on the one that writes.
fn cuts_ahead(plan: &WheelPlan, options: &WriteOptions<'_>) -> bool {
    options.pool.current_num_threads() >= THREADS_TO_CUT_AHEAD
        && plan.members.total_len() >= BYTES_TO_CUT_AHEAD
}

impl UnpublishedWheel {
    /// Returns the plan that was written.
    pub(crate) fn plan(&self) -> &WheelPlan {
        &self.plan
    }

    /// Returns the path of the temporary file.
    pub(crate) fn temporary_path(&self) -> &Path {
        self.temp.path()
    }

    /// Returns the rows, counts and offsets of the written members.
    pub(crate) fn written(&self) -> &Written {
        &self.written
    }

    /// Returns each member's path, in archive order, and for ELF files the collected facts. Moves the facts
    /// out: a second call returns `None` for all members.
    pub(crate) fn take_facts(&mut self) -> impl Iterator<Item = (String, Option<Arc<ElfFacts>>)> {
        let facts = std::mem::take(&mut self.written.facts);
        let mut facts: HashMap<_, _> = facts.into_iter().collect();
        self.written
            .rows
            .iter()
            .map(move |row| (row.path.as_str().to_owned(), facts.remove(&row.path)))
    }

    /// Reads the archive with another implementation and compares it with the plan and its RECORD.
    pub(crate) fn validate(&self, cancel: &CancelFlag) -> Result<(), Error> {
        validate(self.temp.path(), &self.plan.members, cancel)
    }

    /// Returns an error if an input has changed since the wheel was planned.
    pub(crate) fn verify_inputs(&mut self, cancel: &CancelFlag) -> Result<(), Error> {
        let change = self.plan.members.verify_unchanged(&self.written.rows, cancel)?;
        if change == Change::Possible {
            // The facts may be of other bytes than those that were packed.
            self.written.audit_facts = None;
        }
        Ok(())
    }

    /// Prepares the cache entry of the wheel. Returns false if wheels are not cached.
    pub(crate) fn prepare_cache_entry(&mut self, cache: &Cache) -> bool {
        let Some(offsets) = self.written.offsets.take() else { return false };
        let facts = self.written.audit_facts.take();
        self.entry = WheelEntry::of_temporary_file(&self.temp, offsets, facts, cache);
        true
    }

    /// Renames the temporary file to the output and caches the wheel.
    pub(crate) fn publish(self, cache: &Cache) -> Result<PublishedWheel, Error> {
        let Self { plan, temp, written, entry } = self;
        let file = temp
            .persist(&plan.out)
            .map_err(|error| FileError::on("rename a file to", &plan.out)(error.error))?;
        if let Some(entry) = entry {
            entry.insert_into(cache, &file);
        }
        Ok(PublishedWheel { plan, written })
    }
}

/// A wheel that was renamed to its output path.
pub(crate) struct PublishedWheel {
    /// The plan that was written.
    pub(crate) plan: WheelPlan,
    /// The rows, counts and offsets of the written members.
    pub(crate) written: Written,
}

impl PublishedWheel {
    /// Caches the members. Call it only after [`UnpublishedWheel::verify_inputs`] succeeded. Otherwise an input
    /// may have changed while it was read, and the cache would hold the wrong content.
    pub(crate) fn cache_members(&mut self, cache: &Cache) {
        for (key, member) in std::mem::take(&mut self.written.entries) {
            cache.keep_member(key, member);
        }
    }
}
