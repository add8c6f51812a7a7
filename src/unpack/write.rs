//! Writes the files of a plan on all threads. Verifies each file's length and CRC-32 while it is written,
//! and computes its SHA-256 where RECORD or another source is compared.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use fs_err::File;
use rayon::ThreadPool;
use rayon::iter::{ParallelBridge as _, ParallelIterator as _};
use sha2::{Digest as _, Sha256};

use super::error::UnpackError;
use super::output::open_to_all;
use super::plan::{Plan, PlannedFile, conflict};
use super::producer_consumer::{ContentSink, produce_and_consume};
use super::reuse::{Placed, Reuse};
use super::sources::{SourceId, Sources};
use crate::context::Context;
use crate::declared_file::mode_of_content;
use crate::deflate::Inflater;
use crate::error::{Error, FileError};
use crate::exec::CancelFlag;
use crate::lock::{into_inner, lock};
use crate::opened_wheel::{OrderedSink, write_at};
use crate::progress::Progress;
use crate::source::FileContent;
use crate::wheel::Sha256Digest;
use crate::zip::Mode;

/// Bytes of a file that are copied at a time.
const COPY_STEP_BYTES: usize = 128 << 10;

/// Minimum length in bytes of a file that several threads work on. Writing 4 MiB takes a hundred times as
/// long as starting a thread.
const MIN_SHARED_BYTES: u64 = 4 << 20;

/// The result of writing a plan.
pub(super) struct Written {
    /// The digests of the sources that needed one.
    digests: HashMap<SourceId, Sha256Digest>,
    /// The files that came from the cache directory.
    pub(super) placed: Placed,
}

impl Written {
    /// Returns the SHA-256 of a source's content, if it was computed.
    pub(super) fn digest(&self, source: SourceId) -> Option<Sha256Digest> {
        self.digests.get(&source).copied()
    }

    /// Returns an error unless all sources of a file have the same content.
    pub(super) fn check_same(&self, plan: &Plan, sources: &Sources) -> Result<(), UnpackError> {
        for file in &plan.files {
            let digest = self.digests.get(&file.source);
            if let Some(other) = file.others.iter().find(|other| self.digests.get(other) != digest)
            {
                return Err(conflict(file, *other, sources));
            }
        }
        Ok(())
    }
}

/// One file to write or to compare.
struct Task<'a> {
    source: SourceId,
    /// `None` if the source is only compared.
    file: Option<&'a PlannedFile>,
    is_hashed: bool,
}

/// Writes all of a plan into an empty directory.
pub(super) fn write(
    plan: &Plan,
    sources: &Sources,
    root: &Path,
    reuse: &Reuse<'_>,
    context: &Context<'_>,
) -> Result<Written, Error> {
    let Context { pool, cancel, .. } = *context;
    for directory in &plan.directories {
        cancel.check()?;
        let path = root.join(directory);
        let made = fs_err::create_dir(&path).and_then(|()| open_to_all(&path));
        made.map_err(FileError::on("create", &path))?;
    }
    let mut placed = reuse.place(plan, sources, root, context);
    let tasks = tasks(plan, sources, &placed, reuse.is_on());
    let progress = context.progress_bar(tasks.iter().map(|task| sources.len(task.source)).sum());
    // Set by the first error, which stops the other tasks.
    let stop = CancelFlag::default();
    let first: Mutex<Option<Error>> = Mutex::new(None);
    let digests: Mutex<HashMap<SourceId, Sha256Digest>> =
        Mutex::new(std::mem::take(&mut placed.digests));
    let run = |task: &Task<'_>, inflater: &mut Inflater, pool: Option<&ThreadPool>| {
        if stop.is_cancelled() {
            return;
        }
        let writer =
            Writer { sources, root, inflater, cancel, stop: &stop, pool, progress: &progress };
        match writer.run(task) {
            Ok(None) => {}
            Ok(Some(digest)) => {
                let mut digests = lock(&digests);
                digests.insert(task.source, digest);
            }
            Err(error) => {
                stop.cancel();
                lock(&first).get_or_insert(error);
            }
        }
    };
    let (huge, others) = split(tasks, sources, pool);
    // Each thread of the pool takes whole files. This thread takes the files that would keep one thread
    // busy after all others are done: it inflates their chunks on the pool, or inflates while a second
    // thread hashes and writes.
    pool.in_place_scope(|scope| {
        scope.spawn(|_| {
            others
                .into_iter()
                .par_bridge()
                .for_each_init(Inflater::new, |inflater, task| run(&task, inflater, None));
        });
        let mut inflater = Inflater::new();
        for task in &huge {
            run(task, &mut inflater, Some(pool));
        }
    });
    cancel.check()?;
    match into_inner(first) {
        Some(error) => Err(error),
        None => Ok(Written { digests: into_inner(digests), placed }),
    }
}

/// Returns the tasks, the largest first: it alone may take as long as all others together. `are_kept`:
/// whether the cache directory needs the digest of each member.
fn tasks<'a>(plan: &'a Plan, sources: &Sources, placed: &Placed, are_kept: bool) -> Vec<Task<'a>> {
    let mut tasks = Vec::with_capacity(plan.files.len());
    for file in &plan.files {
        let is_compared = !file.others.is_empty();
        let mut push = |source, file| {
            let is_hashed = is_compared || are_kept || sources.is_hashed(source);
            tasks.push(Task { source, file, is_hashed });
        };
        if !placed.has(file.source) {
            push(file.source, Some(file));
        }
        let unknown = file.others.iter().filter(|other| !placed.digests.contains_key(other));
        unknown.for_each(|&other| push(other, None));
    }
    tasks.sort_by_key(|task| std::cmp::Reverse(sources.len(task.source)));
    tasks
}

/// Splits the tasks into those that several threads work on and the others. Several threads work on a
/// file that is longer than one thread's share of all bytes.
fn split<'a>(
    tasks: Vec<Task<'a>>,
    sources: &Sources,
    pool: &ThreadPool,
) -> (Vec<Task<'a>>, Vec<Task<'a>>) {
    let total: u64 = tasks.iter().map(|task| sources.len(task.source)).sum();
    let part = total / pool.current_num_threads().max(1) as u64;
    tasks.into_iter().partition(|task| {
        let len = sources.len(task.source);
        task.file.is_some() && len >= part && len >= MIN_SHARED_BYTES
    })
}

/// Runs one task.
struct Writer<'a> {
    sources: &'a Sources,
    root: &'a Path,
    inflater: &'a mut Inflater,
    cancel: &'a CancelFlag,
    stop: &'a CancelFlag,
    /// The threads that inflate a member's chunks; `None` if one thread runs the whole task.
    pool: Option<&'a ThreadPool>,
    progress: &'a Progress,
}

impl Writer<'_> {
    fn run(self, task: &Task<'_>) -> Result<Option<Sha256Digest>, Error> {
        let mut file = match task.file {
            Some(planned) => Some(OpenFile::create(self.root.join(planned.path.as_str()))?),
            None => None,
        };
        let mut hasher = task.is_hashed.then(Sha256::new);
        let is_done = match &mut file {
            Some(file) => self.write_chunks(task, file, &mut hasher)?,
            None => false,
        };
        let (stop, progress) = (self.stop, self.progress);
        let consume = |bytes: &[u8]| -> Result<(), Error> {
            stop.check()?;
            progress.add(bytes.len() as u64);
            if let Some(hasher) = &mut hasher {
                hasher.update(bytes);
            }
            file.as_mut().map_or(Ok(()), |file| file.write(bytes))
        };
        let mut mode = task.file.and_then(|planned| planned.mode);
        if !is_done {
            let is_shared = self.pool.is_some();
            let produce = |sink: &mut ContentSink<'_>| self.read(task, &mut mode, sink);
            if is_shared {
                produce_and_consume(produce, consume)?;
            } else {
                produce(&mut { consume })?;
            }
        }
        if let Some(file) = file {
            file.finish(mode.unwrap_or(Mode::Plain))?;
        }
        Ok(hasher.map(|hasher| Sha256Digest(hasher.finalize().into())))
    }

    /// Passes the content of a task's source to the sink.
    fn read(
        self,
        task: &Task<'_>,
        mode: &mut Option<Mode>,
        sink: &mut ContentSink<'_>,
    ) -> Result<(), Error> {
        match task.source {
            SourceId::Member { archive, member } => {
                let (archive, placed, entry) = self.sources.member(archive, member);
                match &placed.replaced {
                    Some(bytes) => sink(bytes),
                    None => archive.read(entry, self.inflater, self.cancel, sink),
                }
            }
            SourceId::File(index) => {
                let file = &self.sources.files[index];
                if let Some(bytes) = &file.replaced {
                    return sink(bytes);
                }
                let input = &file.input;
                let content = input.open().map_err(UnpackError::from)?;
                mode.get_or_insert_with(|| mode_of_content(content.bytes()));
                copy(&content, self.cancel, sink)?;
                if !content.is_intact() {
                    return Err(UnpackError::from(input.faulted()).into());
                }
                Ok(())
            }
        }
    }

    /// Writes and hashes a member on all threads. Returns false, with the file empty again, if
    /// there is no pool or the member's chunk table is wrong.
    fn write_chunks(
        &self,
        task: &Task<'_>,
        file: &mut OpenFile,
        hasher: &mut Option<Sha256>,
    ) -> Result<bool, Error> {
        let (Some(pool), SourceId::Member { archive, member }) = (self.pool, task.source) else {
            return Ok(false);
        };
        let (archive, _, entry) = self.sources.member(archive, member);
        let OpenFile { path, file } = file;
        let on_write = |error| FileError::on("write", path)(error);
        let mut hash = hasher.as_mut().map(|hasher| |bytes: &[u8]| hasher.update(bytes));
        let in_order = hash.as_mut().map(|hash| hash as OrderedSink<'_>);
        let write = |offset, bytes: &[u8]| {
            self.progress.add(bytes.len() as u64);
            Ok(write_at(file.file(), bytes, offset).map_err(on_write)?)
        };
        let is_done = archive.read_chunks(entry, pool, self.cancel, write, in_order)?;
        if !is_done {
            file.set_len(0).map_err(on_write)?;
            *hasher = task.is_hashed.then(Sha256::new);
        }
        Ok(is_done)
    }
}

/// Passes copies of a file's content to the sink, so that the written and the hashed bytes are the
/// same even if the file changes.
fn copy(
    content: &FileContent,
    cancel: &CancelFlag,
    mut sink: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut copy = Vec::with_capacity(COPY_STEP_BYTES);
    for step in content.bytes().chunks(COPY_STEP_BYTES) {
        cancel.check()?;
        copy.clear();
        copy.extend_from_slice(step);
        sink(&copy)?;
    }
    Ok(())
}

/// A file of the output.
struct OpenFile {
    path: PathBuf,
    file: File,
}

impl OpenFile {
    /// Creates the file. It is an error if it exists: then the file system treats two paths as one.
    fn create(path: PathBuf) -> Result<Self, FileError> {
        let file = File::create_new(&path).map_err(FileError::on("create", &path))?;
        Ok(Self { path, file })
    }

    fn write(&mut self, piece: &[u8]) -> Result<(), Error> {
        Ok(self.file.write_all(piece).map_err(FileError::on("write", &self.path))?)
    }

    fn finish(self, mode: Mode) -> Result<(), FileError> {
        let set = set_mode(&self.file, mode.permissions());
        set.map_err(FileError::on("change the permissions of", &self.path))
    }
}

/// Sets the permissions explicitly, so that the output does not depend on the umask.
#[cfg(unix)]
fn set_mode(file: &File, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_: &File, _: u32) -> std::io::Result<()> {
    Ok(())
}
