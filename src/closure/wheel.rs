//! A wheel of a closure: its metadata, and the facts of its ELF files.
//!
//! A worker remembers a wheel with all of that, by its file: a closure of which one wheel has changed opens no other.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::candidate::{Candidate, RemoteSource};
use super::preloads::{Preload, archived_preloads, unpacked_preloads};
use super::transfer::WheelTransfer;
use crate::context::Context;
use crate::error::Error;
use crate::judge::{
    Contents, Limits, dist_info_file, fetch_elf_parts, read_archive, read_contents,
};
use crate::metrics::Counts;
use crate::opened_wheel::{Archive, RemoteArchive, renamed};
use crate::remote::PartialCopy;
use crate::source::Input;
use crate::warm::Derived;
use crate::wheel::{Headers, RecordRows, Requirement};

/// Approximate bytes that a file of a wheel takes in memory besides its path: two entries of tables.
const FILE_WEIGHT: usize = 128;

/// The lines of `Requires-Dist` that are requirements; `check` reports the others.
type Requirements = Arc<[Requirement]>;

/// The digests in RECORD, by path.
type Digests = BTreeMap<Vec<u8>, Vec<u8>>;

/// A wheel whose metadata was read.
#[derive(Debug)]
pub(super) struct DescribedWheel {
    pub(super) candidate: Candidate,
    pub(super) requirements: Requirements,
    /// Whether the root of the archive goes to purelib.
    is_purelib: bool,
    source: Source,
}

/// Where the facts of a wheel come from.
#[derive(Debug)]
enum Source {
    Archive(Box<Archive>),
    /// With RECORD.
    Remote(Box<RemoteArchive>, Vec<u8>),
    Unpacked,
    Known(Input, Arc<KnownWheel>),
}

/// What a process remembers of a wheel's file.
#[derive(Debug)]
struct KnownWheel {
    /// The file name, which has the tags.
    name: String,
    /// The limits that the facts were read with.
    limits: Limits,
    requirements: Requirements,
    facts: LoadedFacts,
}

/// What is known of a wheel once its files were read.
#[derive(Debug, Clone)]
struct LoadedFacts {
    is_purelib: bool,
    contents: Arc<Contents>,
    /// The paths of its files, sorted.
    members: Arc<[Arc<str>]>,
    /// Set when they are first needed.
    digests: Arc<OnceLock<Digests>>,
    preloads: Arc<[Preload]>,
}

impl DescribedWheel {
    /// Reads METADATA and WHEEL.
    pub(super) fn read(candidate: Candidate, context: &Context<'_>) -> Result<Self, Error> {
        context.cancel.check()?;
        if let Some(RemoteSource { url, client }) = &candidate.remote {
            let copy = PartialCopy::open(url, client, context.cancel)?;
            let mut archive = RemoteArchive::open(copy, context.cancel)?;
            let names = ["METADATA", "WHEEL", "RECORD"];
            let [metadata, wheel, record] = archive.dist_info_files(names, context.cancel)?;
            let source = Source::Remote(Box::new(archive), record);
            return Ok(Self::parse(candidate, &metadata, &wheel, source));
        }
        let resolved = context.resolve(&candidate.path);
        if resolved.is_dir() {
            let file = |name| dist_info_file(&resolved, name, context);
            let (metadata, wheel) = (file("METADATA")?, file("WHEEL")?);
            return Ok(Self::parse(candidate, &metadata, &wheel, Source::Unpacked));
        }
        let input = Input::find(&resolved)?;
        if let Some(known) = context.cache.derived::<KnownWheel>(&input)
            && known.name == candidate.file_name()
        {
            let requirements = Arc::clone(&known.requirements);
            let is_purelib = known.facts.is_purelib;
            let source = Source::Known(input, known);
            return Ok(Self { candidate, requirements, is_purelib, source });
        }
        let archive = Archive::of_input(input)?;
        let dist_info = archive.dist_info()?;
        let file = |name| archive.read_named(&format!("{dist_info}/{name}"), context.cancel);
        let (metadata, wheel) = (file("METADATA")?, file("WHEEL")?);
        Ok(Self::parse(candidate, &metadata, &wheel, Source::Archive(Box::new(archive))))
    }

    fn parse(candidate: Candidate, metadata: &[u8], wheel: &[u8], source: Source) -> Self {
        let metadata = Headers::parse(metadata);
        let lines = metadata.get_all("Requires-Dist");
        let requirements = lines.filter_map(|line| line.parse().ok()).collect();
        let wheel = Headers::parse(wheel);
        let root = wheel.get("Root-Is-Purelib").unwrap_or_default();
        let is_purelib = root.eq_ignore_ascii_case("true");
        Self { candidate, requirements, is_purelib, source }
    }

    /// Reads the facts of its ELF files.
    pub(super) fn load(self, limits: Limits, context: &Context<'_>) -> Result<ClosureWheel, Error> {
        context.cancel.check()?;
        let Self { candidate, requirements, is_purelib, source } = self;
        let facts = |contents: Arc<Contents>, digests, preloads: Vec<Preload>| {
            let members = sorted_files(&contents);
            let (digests, preloads) = (Arc::new(digests), preloads.into());
            LoadedFacts { is_purelib, contents, members, digests, preloads }
        };
        let archive = match source {
            Source::Unpacked => {
                let contents = read_contents(&candidate.path, limits, context)?;
                let root = context.resolve(&candidate.path);
                let preloads = unpacked_preloads(&root, contents.files());
                let facts = facts(contents, OnceLock::new(), preloads);
                return Ok(ClosureWheel::new(candidate, facts, None));
            }
            Source::Remote(archive, record) => {
                let (contents, transfer) = load_remote(*archive, limits, context)?;
                let digests = OnceLock::from(digests_of(&record));
                let facts = facts(Arc::new(contents), digests, Vec::new());
                return Ok(ClosureWheel::new(candidate, facts, Some(transfer)));
            }
            Source::Known(input, known) if known.limits == limits => {
                count_known(&input, context);
                return Ok(ClosureWheel::new(candidate, known.facts.clone(), None));
            }
            Source::Known(input, _) => Archive::of_input(input)?,
            Source::Archive(archive) => *archive,
        };
        // In front of the check that the archive has not changed.
        let preloads = archived_preloads(&archive, context);
        let contents = read_archive(&archive, limits, context)?;
        let facts = facts(Arc::new(contents), OnceLock::new(), preloads);
        let paths = facts.contents.files().iter().map(|path| 3 * path.len() + FILE_WEIGHT);
        let weight = paths.sum::<usize>() as u64;
        let name = candidate.file_name();
        let known = KnownWheel { name, limits, requirements, facts: facts.clone() };
        let derived = Derived { value: Arc::new(known), weight };
        context.cache.keep_derived(archive.input(), derived);
        Ok(ClosureWheel::new(candidate, facts, None))
    }
}

fn sorted_files(contents: &Contents) -> Arc<[Arc<str>]> {
    let mut files: Vec<Arc<str>> =
        contents.files().iter().map(|path| path.as_str().into()).collect();
    files.sort_unstable();
    files.into()
}

fn count_known(input: &Input, context: &Context<'_>) {
    let known =
        Counts { archives: 1, archives_known: 1, bytes_known: input.len(), ..Counts::default() };
    context.metrics.count(&known);
}

/// A wheel of a closure.
#[derive(Debug, Clone)]
pub(super) struct ClosureWheel {
    pub(super) candidate: Candidate,
    pub(super) is_purelib: bool,
    pub(super) contents: Arc<Contents>,
    /// The paths of its files, sorted.
    pub(super) members: Arc<[Arc<str>]>,
    digests: Arc<OnceLock<Digests>>,
    /// The libraries that its `__init__.py` files load by a literal name.
    pub(super) preloads: Arc<[Preload]>,
    /// What was transferred for it; `None` for a wheel of this machine.
    pub(super) transfer: Option<WheelTransfer>,
}

impl ClosureWheel {
    fn new(candidate: Candidate, facts: LoadedFacts, transfer: Option<WheelTransfer>) -> Self {
        let LoadedFacts { is_purelib, contents, members, digests, preloads } = facts;
        Self { candidate, is_purelib, contents, members, digests, preloads, transfer }
    }

    /// Returns the digest that RECORD has for a path. Rows that are wrong are left out: `check` reports them.
    pub(super) fn digest(
        &self,
        member: &str,
        context: &Context<'_>,
    ) -> Result<Option<&[u8]>, Error> {
        if self.digests.get().is_none() {
            let digests = read_digests(&context.resolve(&self.candidate.path), context)?;
            let _ = self.digests.set(digests);
        }
        let digests = self.digests.get();
        Ok(digests.and_then(|digests| digests.get(member.as_bytes())).map(Vec::as_slice))
    }
}

fn read_digests(path: &Path, context: &Context<'_>) -> Result<Digests, Error> {
    Ok(digests_of(&dist_info_file(path, "RECORD", context)?))
}

fn digests_of(record: &[u8]) -> Digests {
    let rows = RecordRows::new(record).filter_map(Result::ok);
    rows.map(|row| (row.path().to_vec(), row.digest().to_vec())).collect()
}

/// Downloads what is needed of a wheel on a server, and reads it.
fn load_remote(
    mut archive: RemoteArchive,
    limits: Limits,
    context: &Context<'_>,
) -> Result<(Contents, WheelTransfer), Error> {
    // The chunks with literals are not downloaded.
    let limits = limits.trusting_chunk_tables(true).with_literals(false);
    let whole = fetch_elf_parts(&mut archive, limits, context)?;
    let (archive, copy) = archive.finish()?;
    let read = read_archive(&archive, limits, context);
    let contents = read.map_err(|error| renamed(&copy, &error))?;
    let (wheel, url) = (copy.url().file_name(), copy.url().to_string());
    Ok((contents, WheelTransfer { wheel, url, transfer: copy.transfer(), whole }))
}
