//! Writes a repaired wheel to a temporary file, judges it, and gives it its name.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::arguments::RepairArguments;
use super::debug_files::DebugFiles;
use super::error::RepairError;
use super::plan::Parts;
use super::provenance::Provenance;
use super::report::{EditReport, GraftReport, Repaired};
use super::verify;
use super::wheel::{NewWheel, Wheel};
use crate::context::Context;
use crate::deflate::Level;
use crate::error::{Error, FileError};
use crate::escape::escape_path;
use crate::judge::Judge;
use crate::source::{self, Input};
use crate::source_date_epoch::timestamp_seconds;
use crate::temporary;
use crate::wheel::{MemberPath, RecordRow, WheelFilename};
use crate::wheel_writer::{self, UnpublishedWheel, Verification, WheelPlan, WriteOptions};
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
        let mut debug = self.arguments.debug_dir.as_ref().map(|directory| {
            let directory = self.context.resolve(directory);
            DebugFiles::new(directory)
        });
        let name = self.true_name(&new.name.name)?;
        let mut written = self.written(wheel, new, out.clone(), &mut debug, &name, provenance)?;
        verify::audit(&mut written, &new.required, judge, wheel, self.context)?;
        verify::check(&written, &new.name.name, wheel, self.context)?;
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
        let old = old.to_string();
        let (prefix, _) = old.rsplit_once('-').unwrap_or((&old, ""));
        let (_, tags) = name.rsplit_once('-').unwrap_or(("", name));
        Ok(format!("{prefix}-{tags}"))
    }

    /// Finds the packages that own the grafts.
    fn provenance(&self, new: &NewWheel, warnings: &mut Vec<String>) -> Result<Provenance, Error> {
        let root = self.arguments.system_root(self.context);
        let with_licenses = self.arguments.graft_licenses;
        Provenance::find(&new.grafts, root.as_deref(), with_licenses, warnings)
    }

    fn written(
        &self,
        wheel: &Wheel<'_>,
        new: &NewWheel,
        out: PathBuf,
        debug: &mut Option<DebugFiles>,
        true_name: &str,
        provenance: Provenance,
    ) -> Result<UnpublishedWheel, Error> {
        let context = self.context;
        let filename: WheelFilename = new.name.name.parse()?;
        let parts = Parts {
            archive: &wheel.archive,
            members: &wheel.members,
            dist_info: &wheel.dist_info,
            layout: &new.layout,
            edits: &new.edits,
            grafts: &new.grafts,
            wheel_file: new.wheel_file.text.clone(),
            record: &self.rows(wheel)?,
            verification: self.verification,
            contents: wheel.contents,
            scratch: self.directory,
        };
        let mut members = parts.members(debug, context)?;
        provenance.add_members(wheel, true_name, context, &mut members)?;
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
        };
        let progress = context.progress_bar(plan.members.total_len());
        wheel_writer::write(plan, &options, &mut |bytes| progress.set(bytes))
    }

    /// Returns the rows of the old RECORD. A RECORD that cannot be read has none: the hashes are then computed.
    fn rows(&self, wheel: &Wheel<'_>) -> Result<HashMap<MemberPath, RecordRow>, Error> {
        match wheel.archive.read_record(&wheel.dist_info, self.context.cancel) {
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
