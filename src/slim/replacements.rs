//! What takes the place of device code: entries that `--recompress` makes smaller, and compressed bundles of HIP without
//! some of their targets.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::arguments::Recompression;
use super::choice::Choice;
use super::error::SlimError;
use super::scanned::{Library, Scanned};
use crate::context::Context;
use crate::device_code::{Container, Entry, Form, is_recompressible, part, rebundle, recompress};
use crate::error::Error;
use crate::exec::ordered::{self, Weighed};
use crate::opened_wheel::CheckedMember;
use crate::wheel_writer::{
    ArchivedMember, MemberBytes, MemberSource, NewEntries, NewEntriesWriter, Scratch,
};

/// What is replaced in a library, by its offset there: an entry, or a bundle of which the entries with `true` stay.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Place {
    Entry(u64),
    Bundle(u64, Vec<bool>),
}

/// What takes the place of larger device code.
#[derive(Default)]
pub(super) struct Replacements {
    /// Byte ranges of the file of new entries, by the index of the library's entry in the archive's directory.
    ranges: HashMap<(usize, Place), Range<u64>>,
    /// The file, unless nothing is replaced or it is a dry run.
    pub(super) new: Option<Arc<NewEntries>>,
}

/// A replacement to make.
enum Task<'a> {
    Recompress(&'a Entry),
    Rebundle(&'a Container, &'a [bool]),
}

impl Task<'_> {
    fn place(&self) -> Place {
        match self {
            Self::Recompress(entry) => Place::Entry(entry.offset),
            Self::Rebundle(container, kept) => Place::Bundle(container.range.start, kept.to_vec()),
        }
    }

    /// Returns the byte range of the library that it reads.
    fn range(&self) -> Range<u64> {
        match self {
            Self::Recompress(entry) => entry.offset..entry.offset.saturating_add(entry.len()),
            Self::Rebundle(container, _) => container.range.clone(),
        }
    }

    /// Returns about how many bytes of memory it needs.
    fn weight(&self) -> usize {
        let range = self.range();
        let code = match self {
            Self::Recompress(entry) => entry.uncompressed_len,
            Self::Rebundle(container, _) => {
                let lens = container.entries.iter().map(|entry| entry.uncompressed_len);
                lens.fold(0, u64::saturating_add).saturating_mul(2)
            }
        };
        let weight = (range.end - range.start).saturating_add(code);
        usize::try_from(weight).unwrap_or(usize::MAX)
    }

    /// Returns the new bytes; `None` if the old ones stay.
    fn run(
        &self,
        bytes: &[u8],
        wheel: &Scanned,
        member: &str,
    ) -> Result<Option<Vec<u8>>, SlimError> {
        let bytes = part(bytes, 0, &self.range());
        let (wheel, member) = (|| wheel.name(), || member.to_owned());
        match self {
            Self::Recompress(entry) => recompress(entry, bytes).map_err(|source| {
                SlimError::Recompress { wheel: wheel(), member: member(), source }
            }),
            Self::Rebundle(container, kept) => {
                let new = rebundle(container, bytes, kept).map_err(|source| SlimError::Bundle {
                    wheel: wheel(),
                    member: member(),
                    offset: container.range.start,
                    source,
                })?;
                Ok(Some(new))
            }
        }
    }
}

impl Replacements {
    /// Makes what the choices need, each once, on all threads. Temporary files are in `directory`; what is made is
    /// dropped if `is_dry_run`.
    ///
    /// # Errors
    /// If an entry, a bundle or a file cannot be read, if a file cannot be written, and if the request is cancelled.
    pub(super) fn new(
        wheel: &Scanned,
        choices: &[&Choice],
        recompression: Option<Recompression>,
        directory: &Path,
        is_dry_run: bool,
        context: &Context<'_>,
    ) -> Result<Self, Error> {
        let mut sink = Sink { ranges: HashMap::new(), len: 0, is_dry_run, writer: None };
        for (index, library) in wheel.libraries.iter().enumerate() {
            let mut tasks = bundles(index, library, choices);
            if recompression.is_some() {
                tasks.extend(entries(index, library, choices));
            }
            if !tasks.is_empty() {
                sink.library(wheel, library, tasks, directory, context)?;
            }
        }
        let Sink { ranges, writer, .. } = sink;
        let new = writer.map(NewEntriesWriter::finish).transpose()?.map(Arc::new);
        Ok(Self { ranges, new })
    }

    /// Returns the byte range of the entry that takes the place of another one.
    pub(super) fn of_entry(&self, library: &Library, entry: &Entry) -> Option<Range<u64>> {
        let place = (library.index, Place::Entry(entry.offset));
        self.ranges.get(&place).filter(|_| entry.header_len > 0).cloned()
    }

    /// Returns the byte range of the bundle that takes the place of a compressed one.
    pub(super) fn of_bundle(
        &self,
        library: &Library,
        container: &Container,
        kept: &[bool],
    ) -> Option<Range<u64>> {
        let place = Place::Bundle(container.range.start, kept.to_vec());
        self.ranges.get(&(library.index, place)).cloned()
    }
}

/// Returns the entries of a library that one of the choices keeps and that may get smaller.
fn entries<'a>(
    index: usize,
    library: &'a Library,
    choices: &[&'a Choice],
) -> impl Iterator<Item = Task<'a>> {
    let kept: HashSet<u64> = choices
        .iter()
        .flat_map(|choice| choice.kept(index, library))
        .filter(|entry| is_recompressible(entry))
        .map(|entry| entry.offset)
        .collect();
    let entries = library.code.entries();
    entries.filter(move |it| it.header_len > 0 && kept.contains(&it.offset)).map(Task::Recompress)
}

/// Returns the compressed bundles of a library from which something goes, once for each set of entries that stay.
fn bundles<'a>(index: usize, library: &'a Library, choices: &[&'a Choice]) -> Vec<Task<'a>> {
    let mut seen = HashSet::new();
    let mut tasks = Vec::new();
    for choice in choices {
        let Some(kept) = choice.libraries.get(index) else { continue };
        for (container, kept) in kept.containers(&library.code) {
            if container.form == Form::CompressedBundle
                && kept.contains(&false)
                && seen.insert((container.range.start, kept))
            {
                tasks.push(Task::Rebundle(container, kept));
            }
        }
    }
    tasks
}

/// Collects new entries and bundles.
struct Sink {
    ranges: HashMap<(usize, Place), Range<u64>>,
    len: u64,
    is_dry_run: bool,
    /// The file of new entries, once there is one.
    writer: Option<NewEntriesWriter>,
}

impl Sink {
    /// Makes the replacements in a library.
    fn library(
        &mut self,
        wheel: &Scanned,
        library: &Library,
        tasks: Vec<Task<'_>>,
        directory: &Path,
        context: &Context<'_>,
    ) -> Result<(), Error> {
        let is_library = |member: &&CheckedMember| member.index == library.index;
        let Some(CheckedMember { path, index, .. }) = wheel.members.iter().find(is_library) else {
            return Ok(());
        };
        let (archive, path, index) = (Arc::clone(&wheel.archive), path.clone(), *index);
        let source = MemberSource::Archived(ArchivedMember { archive, path, index });
        let scratch = Scratch { directory, cancel: context.cancel, pool: Some(context.pool) };
        let library_bytes = MemberBytes::open(&source, scratch)?;
        let bytes = library_bytes.bytes();
        let tasks = tasks.into_iter().map(|task| {
            let weight = task.weight();
            Ok(Weighed { task, weight })
        });
        let work = |task: Task<'_>| {
            let new = task.run(bytes, wheel, &library.path)?;
            Ok(new.map(|new| (task.place(), new)))
        };
        let window = ordered::window(context.pool);
        ordered::run(context.pool, window, context.cancel, tasks, work, |new| {
            let Some((place, new)) = new else { return Ok(()) };
            let range = self.push(&new, directory)?;
            self.ranges.insert((library.index, place), range);
            Ok(())
        })?;
        library_bytes.check_intact()
    }

    /// Adds new bytes to the file. Returns their byte range.
    fn push(&mut self, new: &[u8], directory: &Path) -> Result<Range<u64>, Error> {
        if !self.is_dry_run && self.writer.is_none() {
            self.writer = Some(NewEntriesWriter::create(directory)?);
        }
        let range = match &mut self.writer {
            Some(writer) => writer.push(new)?,
            None => self.len..self.len + new.len() as u64,
        };
        self.len = range.end;
        Ok(range)
    }
}
