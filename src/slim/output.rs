//! Writes a slimmed wheel to a temporary file, checks it, and gives it its name.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::arguments::Recompression;
use super::error::SlimError;
use super::name::OutputName;
use super::plan::{LibraryPlan, Plan};
use super::scanned::Scanned;
use super::selection::Selection;
use super::statement::{self, Step};
use super::variant::{self, VariantOf};
use crate::check;
use crate::context::Context;
use crate::deflate::Level;
use crate::error::Error;
use crate::opened_wheel::{ArchiveError, CheckedMember, MemberKind, is_record_or_signature};
use crate::temporary;
use crate::wheel::{MemberPath, RecordRow, WheelHeaders};
use crate::wheel_writer::{
    self, ArchivedMember, CopiedMember, EditedMember, InflatedOnce, Member, Verification,
    WheelPlan, WriteOptions, dist_info_member,
};
use crate::zip::Timestamp;

/// What a slimmed wheel is made of.
pub(super) struct Output<'a> {
    pub(super) scanned: &'a Scanned,
    pub(super) plan: &'a Plan,
    pub(super) selection: &'a Selection,
    pub(super) recompress: Option<Recompression>,
    pub(super) name: &'a OutputName,
    pub(super) variant: Option<&'a VariantOf>,
    /// The libraries that change in one of the wheels, by their indices in the archive's directory.
    pub(super) inflated: &'a HashMap<usize, Arc<InflatedOnce>>,
}

/// The number of wheels that are written at the same time. SHA-256 of a large library takes one thread 0.3 s, so
/// two of them keep two cores busy. Memory and temporary files grow with this number.
const AT_ONCE: usize = 2;

/// Writes wheels, [`AT_ONCE`] at the same time. Returns their lengths in bytes, in their order, up to the first error. A
/// wheel behind one that fails may have been written as well.
pub(super) fn write_all(
    outputs: &[Output<'_>],
    level: u8,
    context: &Context<'_>,
) -> Vec<Result<u64, Error>> {
    let (next, has_failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let lens = outputs.iter().flat_map(|it| it.scanned.archive.directory().entries());
    let progress = context.progress_bar(lens.map(|entry| entry.uncompressed).sum());
    let write = || {
        let mut results = Vec::new();
        while !has_failed.load(Ordering::Acquire) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(output) = outputs.get(index) else { break };
            // A panic must not lose the place of the result.
            let written = AssertUnwindSafe(|| output.write(level, &|it| progress.add(it), context));
            let result = catch_unwind(written)
                .unwrap_or_else(|panic| Err(Error::from_panic(panic.as_ref())));
            has_failed.fetch_or(result.is_err(), Ordering::AcqRel);
            results.push((index, result));
        }
        results
    };
    let at_once = AT_ONCE.min(context.pool.current_num_threads()).min(outputs.len());
    let mut results = std::thread::scope(|scope| {
        let spawn = |_| {
            let thread = std::thread::Builder::new().name("output".to_owned());
            // Without another thread, this one writes all.
            thread.spawn_scoped(scope, write).ok()
        };
        let threads: Vec<_> = (1..at_once).filter_map(spawn).collect();
        let mut results = write();
        results.extend(threads.into_iter().flat_map(|it| it.join().unwrap_or_default()));
        results
    });
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

impl Output<'_> {
    /// Writes the wheel. Returns its length in bytes.
    /// `on_progress` gets the number of bytes that were added.
    fn write(
        &self,
        level: u8,
        on_progress: &dyn Fn(u64),
        context: &Context<'_>,
    ) -> Result<u64, Error> {
        let plan = self.planned(context)?;
        let options = WriteOptions {
            level: Level::new(level),
            collect_facts: false,
            chunk_tables: true,
            timestamp: Timestamp::EPOCH,
            pool: context.pool,
            cancel: context.cancel,
            cache: context.cache,
            digests: context.digests,
            base: None,
        };
        let mut before = 0;
        let mut written = wheel_writer::write(plan, &options, &mut |bytes| {
            on_progress(bytes - before);
            before = bytes;
        })?;
        let old = (self.scanned.archive.path(), self.scanned.name());
        let new = (written.temporary_path(), &*self.name.name);
        if let Some(errors) = check::new_errors(Some((old.0, &old.1)), new, context)? {
            return Err(SlimError::Rejected(errors).into());
        }
        if context.environment.validate_output {
            written.validate(context.cancel)?;
        }
        written.verify_inputs(context.cancel)?;
        written.prepare_cache_entry(context.cache);
        context.cancel.check()?;
        let mut published = written.publish(context.cache)?;
        published.cache_members(context.cache);
        let counts = &published.written.counts;
        context.metrics.count(counts);
        if let Some(name_file) = &self.name.name_file {
            temporary::publish(name_file, &self.name.true_name)?;
        }
        Ok(counts.bytes_out)
    }

    /// Plans the members: in their order, and with their timestamps.
    fn planned(&self, context: &Context<'_>) -> Result<WheelPlan, Error> {
        let Scanned { archive, members, dist_info, .. } = self.scanned;
        let record = archive.read_record(dist_info, context.cancel)?;
        let rows: HashMap<&MemberPath, &RecordRow> =
            record.rows().iter().map(|row| (&row.path, row)).collect();
        let edits: HashMap<usize, &LibraryPlan> =
            self.plan.libraries.iter().map(|library| (library.index, library)).collect();
        let mut generated = self.generated(context)?;
        let mut planned = Vec::with_capacity(members.len() + 1);
        let mut record_timestamp = Timestamp::EPOCH;
        for CheckedMember { path, kind, index } in members {
            let entry = archive.directory().entries().get(*index);
            let (MemberKind::File(mode), Some(entry)) = (*kind, entry) else { continue };
            if is_record_or_signature(path, dist_info) {
                if path.strip_dir(dist_info) == Some("RECORD") {
                    record_timestamp = entry.timestamp;
                }
                continue;
            }
            let member = if let Some(text) = generated.remove(path) {
                Member::generated(path.clone(), text)
            } else {
                let archive = Arc::clone(archive);
                let source = ArchivedMember { archive, path: path.clone(), index: *index };
                if let (Some(library), Some(shared)) = (edits.get(index), self.inflated.get(index))
                {
                    let (shared, edit) = (Arc::clone(shared), self.plan.edit(library));
                    let edited = EditedMember::with_device_code(source, shared, edit);
                    Member::edited(path.clone(), mode, edited)
                } else {
                    let row = rows.get(path).copied();
                    let copied = CopiedMember::new(source, row, Verification::Done, None)?;
                    Member::copied(path.clone(), mode, copied)
                }
            };
            planned.push(member.with_timestamp(entry.timestamp));
        }
        let new = generated.into_iter().map(|(path, text)| Member::generated(path, text));
        planned.extend(new.map(|member| member.with_timestamp(record_timestamp)));
        let (filename, out) = (self.name.filename.clone(), self.name.out.clone());
        WheelPlan::in_order(filename, out, planned, dist_info, record_timestamp)
    }

    /// Returns the files of the dist-info directory that are written anew.
    fn generated(&self, context: &Context<'_>) -> Result<HashMap<MemberPath, Vec<u8>>, Error> {
        let Scanned { archive, members, dist_info, .. } = self.scanned;
        let mut generated = HashMap::new();
        if !self.plan.libraries.is_empty() {
            let path = dist_info_member(dist_info, statement::NAME)?;
            let is_there = members.iter().any(|member| member.path == path);
            let old = is_there.then(|| archive.read_named(path.as_str(), context.cancel));
            let old = old.transpose()?;
            let step =
                Step { selection: self.selection, recompress: self.recompress, plan: self.plan };
            let text = step.added_to(old.as_deref(), || SlimError::Statement {
                wheel: self.scanned.name(),
                member: path.as_str().to_owned(),
            })?;
            generated.insert(path, text.into_bytes());
        }
        if let Some(variant) = self.variant {
            let path = dist_info_member(dist_info, variant::NAME)?;
            generated.insert(path, variant.to_text()?.into_bytes());
        }
        if self.name.has_new_build {
            let path = dist_info_member(dist_info, "WHEEL")?;
            let old = archive.read_named(path.as_str(), context.cancel)?;
            let headers = WheelHeaders::parse(&old).map_err(|error| ArchiveError::Metadata {
                archive: archive.path().to_owned(),
                source: error.into(),
            })?;
            let filename = &self.name.filename;
            let text = headers.with_tags(&filename.tags, filename.build.as_ref());
            generated.extend(text.map(|text| (path, text)));
        }
        Ok(generated)
    }
}
