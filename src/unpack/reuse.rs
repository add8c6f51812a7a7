//! Files in the cache directory: those of an earlier command are placed before the others are written, and
//! new ones are kept for the next command.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use clap::ValueEnum as _;
use rayon::ThreadPool;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::plan::{Plan, PlannedFile};
use super::sources::{SourceId, Sources};
use crate::context::Context;
use crate::metrics::Counts;
use crate::source::FileFingerprint;
use crate::warm::{FileStore, LinkMode, UnpackedArchive, UnpackedMember};
use crate::wheel::Sha256Digest;
use crate::zip::Mode;

/// The cache directory's files for one output.
pub(super) struct Reuse<'a> {
    store: Option<FileStore<'a>>,
    /// What is known of each archive.
    archives: Vec<Option<UnpackedArchive>>,
    /// The mode that the user asked for, if it cannot be used.
    refused: Option<LinkMode>,
}

/// The files that were placed.
#[derive(Default)]
pub(super) struct Placed {
    /// The digests of sources that need not be read.
    pub(super) digests: HashMap<SourceId, Sha256Digest>,
    /// The fingerprints of the placed files in the cache directory.
    files: HashMap<SourceId, FileFingerprint>,
}

impl Placed {
    /// Returns whether the source's file is in the output.
    pub(super) fn has(&self, source: SourceId) -> bool {
        self.files.contains_key(&source)
    }
}

/// A kept member: archive, index in its central directory, digest, fingerprint.
type Kept = (usize, (usize, Sha256Digest, Option<FileFingerprint>));

impl<'a> Reuse<'a> {
    /// Looks the archives up, if files get from the cache directory into the output at `root`.
    pub(super) fn new(
        mode: Option<LinkMode>,
        sources: &Sources,
        root: &Path,
        context: &Context<'a>,
    ) -> Self {
        let len = sources.iter().map(|(source, ..)| sources.len(source)).sum();
        let store = context.cache.file_store(mode.unwrap_or_default(), root);
        let refused = mode.filter(|_| store.is_none());
        let store = store.filter(|store| store.has_room_for(len));
        let known = |store: &FileStore<'_>| {
            let inputs = sources.archives.iter().map(|open| open.archive.input());
            inputs.map(|input| store.archive(input)).collect()
        };
        Self { archives: store.as_ref().map(known).unwrap_or_default(), store, refused }
    }

    /// Returns a warning if the mode that the user asked for cannot be used.
    pub(super) fn warning(&self) -> Option<String> {
        let mode = self.refused?.to_possible_value()?;
        Some(format!(
            "`--link-mode {}`: expected `--cache-dir` on a file system that can do that, together with the output; every file was unpacked",
            mode.get_name()
        ))
    }

    /// Returns whether files are kept, so that the digest of each member is needed.
    pub(super) fn is_on(&self) -> bool {
        self.store.is_some()
    }

    fn known(&self, source: SourceId, sources: &Sources) -> Option<&UnpackedMember> {
        let (archive, index) = sources.entry_index(source)?;
        self.archives.get(archive)?.as_ref()?.members.get(&index)
    }

    /// Puts the known files of a plan into the output's directories.
    pub(super) fn place(
        &self,
        plan: &Plan,
        sources: &Sources,
        root: &Path,
        context: &Context<'_>,
    ) -> Placed {
        let Some(store) = self.store.as_ref().filter(|_| self.archives.iter().any(Option::is_some))
        else {
            return Placed::default();
        };
        let place = |file: &PlannedFile| {
            let member = self.known(file.source, sources)?;
            let to = root.join(file.path.as_str());
            let placed = store.place(member, permissions(file), &to, context.cancel)?;
            Some((file.source, member.digest, placed))
        };
        let placed: Vec<_> =
            context.pool.install(|| plan.files.par_iter().filter_map(place).collect());
        let others = plan.files.iter().flat_map(|file| &file.others);
        let others = others.filter_map(|&it| Some((it, self.known(it, sources)?.digest)));
        let digests = placed.iter().map(|(source, digest, _)| (*source, *digest));
        let placed = Placed {
            digests: others.chain(digests).collect(),
            files: placed.into_iter().map(|(source, _, placed)| (source, placed)).collect(),
        };
        let (files, files_linked) = (plan.files.len() as u64, placed.files.len() as u64);
        context.metrics.count(&Counts { files, files_linked, ..Counts::default() });
        placed
    }

    /// Keeps the written files of verified archives. `digest_of` returns the SHA-256 of the bytes that are
    /// in the output for a source.
    pub(super) fn keep(
        &self,
        plan: &Plan,
        sources: &Sources,
        placed: &Placed,
        digest_of: impl Fn(SourceId) -> Option<Sha256Digest> + Sync,
        root: &Path,
        pool: &ThreadPool,
    ) {
        let Some(store) = &self.store else { return };
        let settled = store.settle(placed.files.values());
        let (bytes, has_failed) = (AtomicU64::new(0), AtomicBool::new(false));
        let keep = |file: &PlannedFile| -> Option<Kept> {
            let (archive, index) = sources.entry_index(file.source)?;
            let digest = digest_of(file.source)?;
            let path = root.join(file.path.as_str());
            if let Some(placed) = placed.files.get(&file.source) {
                return Some((archive, (index, digest, store.refreshed(placed, &path, settled))));
            }
            if has_failed.load(Ordering::Relaxed) {
                return None;
            }
            match store.keep(&digest, permissions(file), &path) {
                Ok(kept) => {
                    bytes.fetch_add(sources.len(file.source), Ordering::Relaxed);
                    Some((archive, (index, digest, kept)))
                }
                Err(error) => {
                    tracing::warn!("cannot keep `{}` in the cache directory: {error}", file.path);
                    has_failed.store(true, Ordering::Relaxed);
                    None
                }
            }
        };
        let kept: Vec<Kept> = pool.install(|| plan.files.par_iter().filter_map(keep).collect());
        let mut members: Vec<Vec<_>> = sources.archives.iter().map(|_| Vec::new()).collect();
        for (archive, member) in kept {
            members[archive].push(member);
        }
        for (index, (open, members)) in sources.archives.iter().zip(members).enumerate() {
            let known = self.archives.get(index).and_then(Option::as_ref);
            store.keep_archive(open.archive.input(), members, known);
        }
        store.count_kept(bytes.into_inner());
    }
}

fn permissions(file: &PlannedFile) -> u32 {
    file.mode.unwrap_or(Mode::Plain).permissions()
}
