//! The entries of a wheel that `--recompress` makes smaller.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::choice::Choice;
use super::error::SlimError;
use super::scanned::{Library, Scanned};
use crate::context::Context;
use crate::device_code::{Entry, is_recompressible, part, recompress};
use crate::error::Error;
use crate::exec::ordered::{self, Weighed};
use crate::opened_wheel::CheckedMember;
use crate::wheel_writer::{
    ArchivedMember, MemberBytes, MemberSource, NewEntries, NewEntriesWriter, Scratch,
};

/// Entries that take the places of larger ones.
#[derive(Default)]
pub(super) struct Recompressed {
    /// Their byte ranges among the new entries, by the index of the library's entry in the archive's directory and the
    /// offset of the old entry in the library.
    ranges: HashMap<(usize, u64), Range<u64>>,
    /// The new entries, unless it is a dry run.
    pub(super) new: Option<Arc<NewEntries>>,
}

impl Recompressed {
    /// Compresses the entries that one of the choices keeps, each once, on all threads. Temporary files are in
    /// `directory`; the new entries are dropped if `is_dry_run`.
    ///
    /// # Errors
    /// If an entry or a file cannot be read, if a file cannot be written, and if the request is cancelled.
    pub(super) fn new(
        wheel: &Scanned,
        choices: &[&Choice],
        directory: &Path,
        is_dry_run: bool,
        context: &Context<'_>,
    ) -> Result<Self, Error> {
        let mut sink = Sink { ranges: HashMap::new(), len: 0, writer: None };
        if !is_dry_run {
            sink.writer = Some(NewEntriesWriter::create(directory)?);
        }
        for (index, library) in wheel.libraries.iter().enumerate() {
            let kept: HashSet<u64> = choices
                .iter()
                .flat_map(|choice| choice.kept(index, library))
                .filter(|entry| is_recompressible(entry))
                .map(|entry| entry.offset)
                .collect();
            if !kept.is_empty() {
                let entries = library.code.entries();
                let entries = entries.filter(|it| it.header_len > 0 && kept.contains(&it.offset));
                sink.library(wheel, library, entries, directory, context)?;
            }
        }
        let Sink { ranges, writer, .. } = sink;
        let new = writer.map(NewEntriesWriter::finish).transpose()?.map(Arc::new);
        Ok(Self { ranges, new })
    }

    /// Returns the byte range of the entry that takes the place of another one.
    pub(super) fn of(&self, library: &Library, entry: &Entry) -> Option<Range<u64>> {
        self.ranges.get(&(library.index, entry.offset)).filter(|_| entry.header_len > 0).cloned()
    }
}

/// Collects new entries.
struct Sink {
    ranges: HashMap<(usize, u64), Range<u64>>,
    len: u64,
    writer: Option<NewEntriesWriter>,
}

impl Sink {
    /// Compresses entries of a library.
    fn library<'a>(
        &mut self,
        wheel: &Scanned,
        library: &Library,
        entries: impl Iterator<Item = &'a Entry>,
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
        let tasks = entries.map(|entry| {
            let weight = entry.len().saturating_add(entry.uncompressed_len);
            Ok(Weighed { task: entry, weight: usize::try_from(weight).unwrap_or(usize::MAX) })
        });
        let work = |entry: &'a Entry| {
            let range = entry.offset..entry.offset.saturating_add(entry.len());
            let new = recompress(entry, part(bytes, 0, &range)).map_err(|source| {
                let (wheel, member) = (wheel.name(), library.path.clone());
                SlimError::Recompress { wheel, member, source }
            })?;
            Ok(new.map(|new| (entry.offset, new)))
        };
        let window = ordered::window(context.pool);
        ordered::run(context.pool, window, context.cancel, tasks, work, |new| {
            let Some((offset, new)) = new else { return Ok(()) };
            let range = match &mut self.writer {
                Some(writer) => writer.push(&new)?,
                None => self.len..self.len + new.len() as u64,
            };
            self.len = range.end;
            self.ranges.insert((library.index, offset), range);
            Ok(())
        })?;
        library_bytes.check_intact()
    }
}
