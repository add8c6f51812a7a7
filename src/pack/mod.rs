//! `wheelworks pack` and `repack`: files and metadata, or the members of another wheel, become a wheel.
//!
//! ```text
//! arguments → Plan (name, members) → tasks on the pool → archive in a temp file → rename
//! ```
//!
//! `wheelworks sdist` and `wheelworks editable` write the files of the same plan as a source tree.
//!
//! The pipeline is `Job::pack`. The archive's bytes are a function of the plan alone: members are
//! sorted, chunks are cut by content, and whatever the threads do, chunks are written in order.

mod arguments;
mod audited;
mod contents;
mod declared;
mod dist_info;
mod editable;
mod error;
mod foreign_code;
mod init_files;
mod pair;
mod patterns;
mod placing;
mod progress;
mod repack;
mod requirements;
mod sdist;
mod source_tree;
mod stamp;
mod substitute;
mod summary;
mod tree;

use std::path::{Path, PathBuf};
use std::time::Instant;

use fs_err::File;
use rayon::ThreadPool;
use tempfile::NamedTempFile;

pub use self::arguments::{
    ContentArguments, DeclaredArguments, EditableArguments, MetadataArguments, PackArguments,
    PackAuditArguments, RepackArguments, SdistArguments, StampArguments, WriteArguments,
};
use self::audited::{Auditor, Passed};
pub use self::editable::run as run_editable;
pub use self::error::PackError;
use self::progress::progress_bar;
use self::repack::Origin;
pub use self::sdist::run as run_sdist;
use self::summary::{Phases, Summary};
use crate::context::{Context, Report};
use crate::deflate::Level;
use crate::error::{Error, FileError};
use crate::exec::thread_pool;
use crate::temporary::{self, folder_of};
use crate::wheel::WheelFilename;
use crate::wheel_writer::{self, Members, Own, WriteOptions, Written};
use crate::zip::Timestamp;

/// What will be written, and where to.
struct Plan {
    filename: WheelFilename,
    out: PathBuf,
    members: Members,
    /// What the user should know before it is packed.
    warnings: Vec<String>,
    /// The wheel that it is made of, if it is.
    origin: Option<Origin>,
}

/// Packs a wheel.
pub fn run(arguments: &PackArguments, context: &Context<'_>) -> Result<Report, Error> {
    let job = Job::begin(&arguments.write, context)?;
    let began = Instant::now();
    let finished = job.pack(plan(arguments, context)?, began)?;
    let filename = finished.plan.filename.to_string();
    let report = finished.persist(&job, arguments.tree.is_some())?;
    if let Some(name_file) = &arguments.declared.stamp.name_file {
        temporary::publish(&context.resolve(name_file), &filename)?;
    }
    Ok(report)
}

/// Packs wheels again that other tools built. None of them is in its place before all are ready.
pub fn run_repack(arguments: &RepackArguments, context: &Context<'_>) -> Result<Report, Error> {
    let job = Job::begin(&arguments.write, context)?;
    let mut finished = Vec::with_capacity(arguments.wheels.len());
    for wheel in &arguments.wheels {
        let began = Instant::now();
        finished.push(job.pack(repack::plan(wheel, arguments, context)?, began)?);
    }
    let mut report = Report::default();
    for finished in finished {
        let one = finished.persist(&job, arguments.out.is_none())?;
        report.stdout += &one.stdout;
        report.warnings.extend(one.warnings);
    }
    Ok(report)
}

/// How wheels are written.
struct Job<'a> {
    arguments: &'a WriteArguments,
    timestamp: Timestamp,
    own_pool: Option<ThreadPool>,
    context: &'a Context<'a>,
}

/// A wheel that is complete, but not in its place.
struct Finished {
    plan: Plan,
    temp: NamedTempFile<File>,
    written: Written,
    audit: Option<Passed>,
    own: Option<Own>,
    phases: Phases,
}

impl<'a> Job<'a> {
    fn begin(arguments: &'a WriteArguments, context: &'a Context<'a>) -> Result<Self, Error> {
        let timestamp = timestamp(arguments, context)?;
        let own_pool = match arguments.jobs {
            0 => None,
            jobs => Some(thread_pool(jobs)?),
        };
        Ok(Self { arguments, timestamp, own_pool, context })
    }

    fn pool(&self) -> &ThreadPool {
        self.own_pool.as_ref().unwrap_or(self.context.pool)
    }

    fn pack(&self, plan: Plan, began: Instant) -> Result<Finished, Error> {
        let context = self.context;
        let mut phases = Phases::begin(began);
        let auditor = Auditor::new(&self.arguments.audit, context)?;
        phases.end("plan");
        let options = WriteOptions {
            level: Level::new(self.arguments.compression_level),
            timestamp: self.timestamp,
            audit: auditor.is_some(),
            chunk_tables: !self.arguments.no_chunk_table,
            pool: self.pool(),
            cancel: context.cancel,
            cache: context.cache,
            tokens: context.tokens,
        };
        let progress = progress_bar(plan.members.total_len(), context.interactive);
        let mut temp = temp_file(&plan.out)?;
        let mut written = wheel_writer::write(
            &plan.members,
            &plan.out,
            temp.as_file_mut(),
            &options,
            &mut |bytes_in| progress.set_position(bytes_in),
        )?;
        progress.finish_and_clear();
        phases.end("write");
        if let Some(origin) = &plan.origin {
            origin.verify(&plan, &written)?;
        }
        let audit =
            auditor.map(|auditor| auditor.judge(&plan, &mut written, context)).transpose()?;
        if audit.is_some() {
            phases.end("audit");
        }
        if context.environment.validate_output {
            wheel_writer::validate(temp.path(), &plan.members, context.cancel)?;
            phases.end("validate");
        }
        plan.members.verify_unchanged(&written.rows, context.cancel)?;
        phases.end("verify_inputs");
        let mut own = None;
        if let Some(places) = written.places.take() {
            own = Own::look(&temp, places, context.cache);
            phases.end("remember");
        }
        Ok(Finished { plan, temp, written, audit, own, phases })
    }
}

impl Finished {
    /// Puts the wheel in its place. `named` tells where that is, if no argument did.
    fn persist(self, job: &Job<'_>, named: bool) -> Result<Report, Error> {
        let Self { plan, temp, mut written, audit, own, mut phases } = self;
        job.context.cancel.check()?;
        if let Some(audit) = audit {
            audit.save(job.context)?;
        }
        let file = temp
            .persist(&plan.out)
            .map_err(|error| FileError::on("rename a file to", &plan.out)(error.error))?;
        if let Some(own) = own {
            own.keep(&file, job.context.cache);
        }
        phases.end("rename");
        // Only now is it certain that what was read is what the files held before and after.
        wheel_writer::keep(std::mem::take(&mut written.learned), job.context.cache);
        report(job, &plan, &written, phases, named)
    }
}

/// The plan of a tree or of declared members, whichever the arguments name.
fn plan(arguments: &PackArguments, context: &Context<'_>) -> Result<Plan, Error> {
    match (&arguments.tree, &arguments.out) {
        (_, Some(out)) => {
            let expected = Some(&WheelFilename::to_string as &dyn Fn(&WheelFilename) -> String);
            declared::plan(&arguments.declared, &context.resolve(out), expected, context)
        }
        (Some(tree), None) => {
            let wheel_dir = context.resolve(&arguments.wheel_dir);
            tree::plan(&context.resolve(tree), &wheel_dir, context.cancel)
        }
        (None, None) => Err(Error::Internal("neither a tree nor an output was named".to_owned())),
    }
}

fn timestamp(arguments: &WriteArguments, context: &Context<'_>) -> Result<Timestamp, PackError> {
    let seconds = seconds(arguments.timestamp, context)?;
    Ok(seconds.map_or(Timestamp::EPOCH, Timestamp::from_unix))
}

/// The time that outputs carry, in seconds since 1970, if one is given.
fn seconds(given: Option<i64>, context: &Context<'_>) -> Result<Option<i64>, PackError> {
    let (None, Some(text)) = (given, &context.environment.source_date_epoch) else {
        return Ok(given);
    };
    text.to_str()
        .and_then(|text| text.trim().parse().ok())
        .map(Some)
        .ok_or_else(|| PackError::SourceDateEpoch(text.to_string_lossy().into_owned()))
}

/// A file beside the output, removed unless it is renamed to it.
fn temp_file(out: &Path) -> Result<NamedTempFile<File>, FileError> {
    temporary::sweep(folder_of(out));
    temporary::file(folder_of(out)).map_err(FileError::on("create", out))
}

fn report(
    job: &Job<'_>,
    plan: &Plan,
    written: &Written,
    phases: Phases,
    named: bool,
) -> Result<Report, Error> {
    let Written { counts, .. } = written;
    job.context.cost.count(counts);
    phases.note(job.context.cost);
    let summary = Summary {
        wheel: plan.out.display().to_string(),
        members: counts.members,
        bytes_in: counts.bytes_in,
        bytes_reused: counts.bytes_reused,
        bytes_out: counts.bytes_out,
        compression_level: job.arguments.compression_level,
        threads: job.pool().current_num_threads(),
        seconds: phases.finish(),
    };
    let stdout = if job.arguments.json {
        summary.to_json()?
    } else if named {
        format!("{}\n", plan.out.display())
    } else {
        String::new()
    };
    let foreign = foreign_code::warnings(&plan.filename.tags, &written.machines);
    let warnings = [plan.warnings.as_slice(), &foreign].concat();
    Ok(Report { stdout, warnings, ..Report::default() })
}
