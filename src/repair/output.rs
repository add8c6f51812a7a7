//! Writes a repaired wheel to a temporary file, judges it, and gives it its name.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::arguments::RepairArguments;
use super::debug_files::DebugFiles;
use super::error::RepairError;
use super::plan::Parts;
use super::provenance::Provenance;
use super::report::{EditReport, GraftReport, Repaired};
use super::verify::{self, Before};
use super::wheel::{NewWheel, OpenedArchive, Wheel};
use super::{plan, tags};
use crate::context::Context;
use crate::deflate::Level;
use crate::error::{Error, FileError};
use crate::escape::escape_path;
use crate::judge::{Judge, MetadataOf};
use crate::source::{self, Input};
use crate::source_date_epoch::timestamp_seconds;
use crate::temporary;
use crate::wheel::{MemberPath, RecordRow, WheelFilename};
use crate::wheel_writer::{
    self, Member, Scratch, UnpublishedWheel, Verification, WheelPlan, WriteOptions,
};
use crate::zip::Timestamp;

/// Where and how repaired wheels are written.
pub(super) struct Output<'a> {
    arguments: &'a RepairArguments,
    context: &'a Context<'a>,
    directory: &'a Path,
    level: Option<Level>,
    timestamp: Timestamp,
    /// What is verified of members that are copied; `None` if all members are compressed anew.
    verification: Option<Verification>,
}

impl<'a> Output<'a> {
    pub(super) fn new(
        arguments: &'a RepairArguments,
        directory: &'a Path,
        context: &'a Context<'a>,
    ) -> Result<Self, Error> {
        let seconds = timestamp_seconds(None, context)?;
        let verification =
            if arguments.check_record { Verification::Digest } else { Verification::Done };
        Ok(Self {
            arguments,
            context,
            directory,
            level: arguments.level(context)?,
            timestamp: seconds.map_or(Timestamp::EPOCH, Timestamp::from_unix),
            verification: (!arguments.recompresses(context)).then_some(verification),
        })
    }

    /// Copies a wheel without machine code, with its times.
    pub(super) fn copy(&self, given: &Path, file: &Path, name: &str) -> Result<Repaired, Error> {
        let out = self.directory.join(name);
        let is_same = || {
            let (from, to) = (fs_err::canonicalize(file).ok(), fs_err::canonicalize(&out).ok());
            from.is_some() && from == to
        };
        let written = !self.arguments.dry_run && !is_same();
        if written {
            let input = Input::find(file)?;
            let mut temp = temporary::beside(&out)?;
            let mut source = fs_err::File::open(file).map_err(FileError::on("read", file))?;
            std::io::copy(&mut source, temp.as_file_mut()).map_err(FileError::on("write", &out))?;
            keep_metadata(&source, temp.as_file()).map_err(FileError::on("write", &out))?;
            input.check_unchanged()?;
            temp.persist(&out)
                .map_err(|error| FileError::on("rename a file to", &out)(error.error))?;
        }
        Ok(Repaired { written, ..Repaired::unchanged(given, &out) })
    }

    /// Writes a wheel, judges it and gives it its name.
    pub(super) fn write(
        &self,
        wheel: &Wheel<'_>,
        opened: &OpenedArchive<'_>,
        new: &NewWheel,
        judge: &Judge,
        log: &mut Vec<String>,
    ) -> Result<Repaired, Error> {
        let out = self.path(&new.name.name)?;
        let mut warnings = new.warnings.clone();
        let provenance = self.provenance(new, &mut warnings)?;
        let grafts = new.grafts.list.iter();
        let repaired = Repaired {
            written: !self.arguments.dry_run,
            policy: Some(new.policy.clone()),
            tags: new.name.new.clone(),
            grafts: grafts
                .flat_map(|graft| {
                    let package = provenance.package(graft);
                    let paths = new.layout.graft_paths(graft).into_iter();
                    paths.map(move |(_, path)| GraftReport::new(graft, path, package.clone()))
                })
                .collect(),
            edited: new.edits.iter().map(EditReport::new).collect(),
            warnings,
            ..Repaired::unchanged(wheel.given, &out)
        };
        if self.arguments.dry_run {
            log.push(format!("Nothing is written; the wheel would be {}", escape_path(&out)));
            return Ok(repaired);
        }
        let mut debug = self.arguments.debug_files(self.context);
        let name = self.true_name(&new.name.name)?;
        let mut members = self.members(wheel, opened, new, &mut debug)?;
        provenance.add_members(wheel, Some(&opened.archive), &name, self.context, &mut members)?;
        let mut written = self.written(wheel, members, out.clone(), new)?;
        let before = Before {
            contents: wheel.contents,
            metadata: MetadataOf::Wheel(opened.file),
            file: Some((opened.file, &wheel.name)),
        };
        let contents = verify::contents_of(&mut written)?;
        let metadata = MetadataOf::Wheel(written.temporary_path());
        verify::audit((&contents, metadata), &new.required, judge, &before, self.context)?;
        verify::check(&written, &new.name.name, &before, self.context)?;
        self.publish(written)?;
        debug.map(DebugFiles::publish).transpose()?;
        if let Some(name_file) = &self.arguments.name_file {
            temporary::publish(&self.context.resolve(name_file), &name)?;
        }
        let absolute = fs_err::canonicalize(&out).unwrap_or(out);
        log.push(format!("\nFixed-up wheel written to {}", absolute.display()));
        Ok(repaired)
    }

    /// Returns the path of the repaired wheel with a name.
    fn path(&self, name: &str) -> Result<PathBuf, RepairError> {
        match &self.arguments.out {
            Some(out) if out.file_name().is_none_or(|it| it != name) => {
                Err(RepairError::OtherName { name: name.to_owned(), out: out.clone() })
            }
            _ => Ok(self.directory.join(name)),
        }
    }

    /// Returns the name of the repaired wheel, from the name in its path: the tags of that, and the rest of
    /// the name in `--wheel-name-file`.
    fn true_name(&self, name: &str) -> Result<String, Error> {
        let Some(file) = &self.arguments.wheel_name_file else { return Ok(name.to_owned()) };
        let (_, bytes) = source::read_small(&self.context.resolve(file))?;
        let old = String::from_utf8_lossy(&bytes);
        let old: WheelFilename = old.trim_end().parse()?;
        Ok(tags::with_tags_of(&old.to_string(), name))
    }

    /// Finds the packages that own the grafts.
    fn provenance(&self, new: &NewWheel, warnings: &mut Vec<String>) -> Result<Provenance, Error> {
        let root = self.arguments.system_root(self.context);
        let with_licenses = self.arguments.graft_licenses;
        Provenance::find(&new.grafts, root.as_deref(), with_licenses, warnings)
    }

    /// Returns the members of the repaired wheel.
    fn members(
        &self,
        wheel: &Wheel<'_>,
        opened: &OpenedArchive<'_>,
        new: &NewWheel,
        debug: &mut Option<DebugFiles>,
    ) -> Result<Vec<Member>, Error> {
        let Context { cancel, pool, .. } = *self.context;
        let rows = self.rows(wheel, opened)?;
        let members = plan::of_archive(wheel, opened, new, &rows, self.verification, cancel)?;
        let scratch = Scratch { directory: self.directory, cancel, pool: Some(pool) };
        let parts = Parts {
            dist_info: &wheel.dist_info,
            contents: wheel.contents,
            new,
            scratch,
            keeps_compressed: self.verification.is_some(),
        };
        parts.repaired(members, debug)
    }

    fn written(
        &self,
        wheel: &Wheel<'_>,
        members: Vec<Member>,
        out: PathBuf,
        new: &NewWheel,
    ) -> Result<UnpublishedWheel, Error> {
        let context = self.context;
        let filename: WheelFilename = new.name.name.parse()?;
        let (dist_info, cancel) = (&wheel.dist_info, context.cancel);
        let plan = WheelPlan::with_dist_info(filename, out, members, vec![], dist_info, cancel)?;
        let options = WriteOptions {
            level: self.level,
            timestamp: self.timestamp,
            collect_facts: true,
            chunk_tables: true,
            pool: context.pool,
            cancel,
            cache: context.cache,
            digests: context.digests,
            base: None,
        };
        let progress = context.progress_bar(plan.members.total_len());
        wheel_writer::write(plan, &options, &mut |bytes| progress.set(bytes))
    }

    /// Returns the rows of the old RECORD. A RECORD that cannot be read has none: the hashes are then computed.
    fn rows(
        &self,
        wheel: &Wheel<'_>,
        opened: &OpenedArchive<'_>,
    ) -> Result<HashMap<MemberPath, RecordRow>, Error> {
        match opened.archive.read_record(&wheel.dist_info, self.context.cancel) {
            Ok(record) => {
                Ok(record.into_rows().into_iter().map(|row| (row.path.clone(), row)).collect())
            }
            Err(Error::Cancelled) => Err(Error::Cancelled),
            Err(_) => Ok(HashMap::new()),
        }
    }

    fn publish(&self, mut written: UnpublishedWheel) -> Result<(), Error> {
        let context = self.context;
        if context.environment.validate_output {
            written.validate(context.cancel)?;
        }
        written.verify_inputs(context.cancel)?;
        written.prepare_cache_entry(context.cache);
        context.cancel.check()?;
        let mut published = written.publish(context.cache)?;
        published.cache_members(context.cache);
        context.metrics.count(&published.written.counts);
        Ok(())
    }
}

/// Gives a copy the permissions and the times of its source, as `shutil.copy2` does.
fn keep_metadata(source: &fs_err::File, copy: &fs_err::File) -> std::io::Result<()> {
    let metadata = source.metadata()?;
    copy.set_permissions(metadata.permissions())?;
    let times = std::fs::FileTimes::new();
    let times = times.set_accessed(metadata.accessed()?).set_modified(metadata.modified()?);
    copy.file().set_times(times)
}
