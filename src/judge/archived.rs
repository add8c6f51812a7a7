//! The contents of an archive: read from the file, or from the cache of an earlier request.
//!
//! A cache entry is for the exact bytes of a file, and only an archive that was read without an error
//! is cached. So verdicts and errors are the same with and without the cache.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::contents::Contents;
use super::error::JudgeError;
use super::known_contents;
use super::member_paths::{leads_elsewhere, may_be_elf, member_path};
use super::members::{self, FoundMembers, Limits, MemberFacts, Wanted};
use crate::context::Context;
use crate::elf::ElfFacts;
use crate::error::Error;
use crate::metrics::Counts;
use crate::opened_wheel::{Archive, PartsError, may_hold_device_code};
use crate::source::{Change, Input};
use crate::warm::{CachedWheel, WheelFacts};
use crate::wheel::WheelFilename;

/// Reads an archive, unless its contents are known.
pub(super) fn read(
    input: Input,
    limits: Limits,
    context: &Context<'_>,
) -> Result<Arc<Contents>, Error> {
    // An error of the name goes before those of the archive.
    let file_name = file_name(&input);
    let name: WheelFilename = file_name.parse().map_err(JudgeError::from)?;
    if let Some(known) = known_contents::find(&input, (&file_name, &name), limits, context) {
        return Ok(known);
    }
    let archive = Archive::of_input(input).map_err(JudgeError::from)?;
    let (contents, change) = read_watched(&archive, limits, context)?;
    let contents = Arc::new(contents);
    if change == Change::None {
        known_contents::keep_read(archive.input(), &contents, limits, context);
    }
    Ok(contents)
}

/// Adds the Mach-O and PE files of the archive at `path` to contents that lack them.
pub(super) fn add_objects(
    contents: &mut Contents,
    path: &Path,
    limits: Limits,
    context: &Context<'_>,
) -> Result<(), Error> {
    let input = Input::find(path).map_err(JudgeError::from)?;
    let archive = Archive::of_input(input).map_err(JudgeError::from)?;
    let file_name = contents.name().to_owned();
    let name: WheelFilename = file_name.parse().map_err(JudgeError::from)?;
    let archived = Archived { archive: &archive, file_name: &file_name, name: &name, context };
    let entries = archive.directory().entries();
    let paths: Vec<Option<String>> = entries.iter().map(|entry| member_path(&entry.name)).collect();
    let found = archived.members(&paths, limits, contents)?;
    contents.add_objects(of_paths(&found.objects, &paths));
    Ok(())
}

fn file_name(input: &Input) -> String {
    input.path().file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Reads an open archive.
pub(crate) fn read_archive(
    archive: &Archive,
    limits: Limits,
    context: &Context<'_>,
) -> Result<Contents, Error> {
    Ok(read_watched(archive, limits, context)?.0)
}

/// Reads an open archive. Returns whether it may have changed meanwhile, too.
fn read_watched(
    archive: &Archive,
    limits: Limits,
    context: &Context<'_>,
) -> Result<(Contents, Change), Error> {
    let file_name = file_name(archive.input());
    let name: WheelFilename = file_name.parse().map_err(JudgeError::from)?;
    let known = context.cache.wheel(archive.input());
    let archived = Archived { archive, file_name: &file_name, name: &name, context };
    let result = archived.contents(known, limits);
    // A page that could not be read is zeros, which explains any other error.
    archive.check_intact().map_err(JudgeError::from)?;
    // So does a page that was written to: not every member is read to its end and its CRC.
    let change = archive.check_unchanged().map_err(JudgeError::from)?;
    let (contents, learned) = result?;
    if let Some((tail, record)) = learned
        && change == Change::None
    {
        context.cache.keep_wheel(archive.input(), tail, record);
    }
    Ok((contents, change))
}

/// Returns what members hold by their paths, from what they hold by their indices.
fn of_paths<'a, T>(
    found: &'a [(usize, Arc<T>)],
    paths: &'a [Option<String>],
) -> impl Iterator<Item = (String, Arc<T>)> {
    found.iter().filter_map(|(at, it)| Some((paths.get(*at)?.clone()?, Arc::clone(it))))
}

/// A wheel's archive.
struct Archived<'a> {
    archive: &'a Archive,
    file_name: &'a str,
    name: &'a WheelFilename,
    context: &'a Context<'a>,
}

/// The cache entry for later requests, and the archive's central directory, by which it is found.
type Learned<'a> = Option<(&'a [u8], CachedWheel)>;

impl<'a> Archived<'a> {
    fn contents(
        &self,
        known: Option<Arc<CachedWheel>>,
        limits: Limits,
    ) -> Result<(Contents, Learned<'a>), Error> {
        let cache = self.context.cache;
        if !cache.keeps_wheels() {
            self.count(false);
            return Ok((self.read(limits, None)?.0, None));
        }
        let tail = self.archive.bytes().get(self.archive.directory().start()..).unwrap_or_default();
        let by_stamp = known.is_some();
        let known = known.or_else(|| {
            self.context.pool.install(|| cache.written_wheel(self.archive.bytes(), tail))
        });
        let mut record = known.as_deref().cloned().unwrap_or_default();
        let limits = limits.of_own(record.is_written);
        let facts = record.facts.clone().filter(|facts| limits.cover(facts));
        self.count(facts.is_some());
        let (contents, learned) = self.read(limits, facts.as_deref())?;
        if by_stamp && learned.is_none() {
            return Ok((contents, None));
        }
        if let Some(learned) = learned {
            record.facts = Some(Arc::new(learned));
            record.derived.clear();
        }
        Ok((contents, Some((tail, record))))
    }

    fn count(&self, is_known: bool) {
        self.context.metrics.count(&Counts {
            archives: 1,
            archives_known: u64::from(is_known),
            bytes_known: if is_known { self.archive.len() } else { 0 },
            ..Counts::default()
        });
    }

    /// Reads what is not cached. Returns the facts to cache, if none were known.
    fn read(
        &self,
        limits: Limits,
        known: Option<&WheelFacts>,
    ) -> Result<(Contents, Option<WheelFacts>), Error> {
        let wheel = || self.file_name.to_owned();
        let mut contents = Contents::named(wheel(), Some(&self.name.tags));
        let entries = self.archive.directory().entries();
        if let Some(entry) = entries.iter().find(|entry| leads_elsewhere(&entry.name)) {
            let (wheel, member) = (wheel(), entry.name.clone());
            return Err(JudgeError::Elsewhere { wheel, member }.into());
        }
        self.archive.check_overlap().map_err(JudgeError::from)?;
        let paths: Vec<Option<String>> =
            entries.iter().map(|entry| member_path(&entry.name)).collect();
        let found =
            known.is_none().then(|| self.members(&paths, limits, &mut contents)).transpose()?;
        let (elves, objects, codes) = match (known, &found) {
            (Some(known), _) => {
                (&known.elves[..], &known.objects[..], known.device_code.as_deref())
            }
            (None, Some(found)) => (&found.elves[..], &found.objects[..], Some(&found.codes[..])),
            (None, None) => Default::default(),
        };
        contents.add_objects(of_paths(objects, &paths));
        if limits.has_device_code() {
            contents.add_codes(of_paths(codes.unwrap_or_default(), &paths));
        }
        let mut facts: HashMap<usize, &Arc<ElfFacts>> =
            elves.iter().map(|(at, facts)| (*at, facts)).collect();
        for (at, path) in paths.iter().enumerate() {
            match path {
                Some(path) => contents.add(path.clone(), facts.remove(&at).cloned())?,
                None => contents.add_directory(&entries[at].name)?,
            }
        }
        let record = contents.dist_info()? + "/RECORD";
        let at = paths.iter().rposition(|path| path.as_deref() == Some(&record));
        let at =
            at.ok_or_else(|| JudgeError::Missing { wheel: wheel(), member: record.clone() })?;
        let text = if let Some(known) = known {
            Cow::Borrowed(&known.record[..])
        } else {
            Cow::Owned(self.archive.read_dist_info_file(&entries[at], self.context.cancel)?)
        };
        contents.set_record(&record, &text)?;
        let learned = found.map(|found| limits.facts(found, text.into_owned()));
        Ok((contents, learned))
    }

    /// Reads the members that may be ELF files or hold device code. Adds the indexes of their streams to
    /// `contents`.
    fn members(
        &self,
        paths: &[Option<String>],
        limits: Limits,
        contents: &mut Contents,
    ) -> Result<FoundMembers, Error> {
        let wanted = paths.iter().enumerate().filter_map(|(index, path)| {
            let may_be_elf = may_be_elf(path.as_deref());
            let may_hold_code = path.as_deref().is_some_and(may_hold_device_code);
            let is_wanted = may_be_elf || path.is_some() && limits.verifies();
            is_wanted.then_some(Wanted { index, may_be_elf, may_hold_code })
        });
        let wanted: Vec<Wanted> = wanted.collect();
        let results = members::facts_of_members(
            self.archive.directory(),
            self.archive.bytes(),
            &wanted,
            limits,
            self.context.pool,
            self.context.cancel,
        )?;
        let mut found = FoundMembers::default();
        for (Wanted { index: at, .. }, result) in wanted.into_iter().zip(results) {
            let MemberFacts { elf, object, code, index } =
                result.map_err(|source| self.on_member(at, source))?;
            found.elves.extend(elf.map(|elf| (at, Arc::new(elf))));
            found.objects.extend(object.map(|object| (at, Arc::new(object))));
            found.codes.extend(code.map(|code| (at, Arc::new(code))));
            if let (Some(index), Some(path)) = (index, &paths[at]) {
                contents.add_stream_index(path, index);
            }
        }
        Ok(found)
    }

    fn on_member(&self, at: usize, source: PartsError) -> Error {
        JudgeError::Member {
            wheel: self.file_name.to_owned(),
            member: self.archive.directory().entries()[at].name.clone(),
            source,
        }
        .into()
    }
}
