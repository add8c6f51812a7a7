//! `wheelworks pack`: files and metadata become a wheel.
//!
//! ```text
//! arguments → Plan (name, members) → tasks on the pool → archive in a temp file → rename
//! ```
//!
//! `wheelworks sdist` and `wheelworks editable` write the files of the same plan as a source tree.
//!
//! The pipeline is [`run`]. The archive's bytes are a function of the plan alone: members are
//! sorted, chunks are cut by content, and whatever the threads do, pieces are written in order.

mod arguments;
mod audited;
mod contents;
mod declared;
mod digest;
mod dist_info;
mod editable;
mod error;
mod init_files;
mod member;
mod ordered;
mod pair;
mod patterns;
mod placing;
mod requirements;
mod sdist;
mod source_tree;
mod stamp;
mod substitute;
mod summary;
mod tasks;
mod tree;
mod validate;
mod write;

use std::path::{Path, PathBuf};
use std::time::Instant;

use fs_err::File;
use rayon::ThreadPool;
use tempfile::NamedTempFile;

pub use self::arguments::{
    ContentArguments, DeclaredArguments, EditableArguments, MetadataArguments, PackArguments,
    PackAuditArguments, SdistArguments, StampArguments,
};
use self::audited::Auditor;
pub use self::editable::run as run_editable;
pub use self::error::PackError;
use self::member::Members;
pub use self::sdist::run as run_sdist;
use self::summary::{Phases, Summary};
use self::write::{WriteOptions, Written};
use crate::audit::write_report;
use crate::context::{Context, Report};
use crate::deflate::Level;
use crate::error::{Error, FileError};
use crate::pool::thread_pool;
use crate::wheel::WheelFilename;
use crate::zip::Timestamp;

/// What will be written, and where to.
struct Plan {
    filename: WheelFilename,
    out: PathBuf,
    members: Members,
    /// What the user should know before it is packed.
    warnings: Vec<String>,
}

/// Packs a wheel.
pub fn run(arguments: &PackArguments, context: &Context<'_>) -> Result<Report, Error> {
    let mut phases = Phases::begin(Instant::now());
    let timestamp = timestamp(arguments, context)?;
    let auditor = Auditor::new(&arguments.audit, context)?;
    let plan = plan(arguments, context)?;
    phases.end("plan");

    let own_pool = match arguments.jobs {
        0 => None,
        jobs => Some(thread_pool(jobs)?),
    };
    let options = WriteOptions {
        level: Level::new(arguments.compression_level),
        timestamp,
        audit: auditor.is_some(),
        pool: own_pool.as_ref().unwrap_or(context.pool),
        cancel: context.cancel,
        progress: context.interactive,
    };
    let mut temp = temp_file(&plan.out)?;
    let mut written = write::write(&plan, temp.as_file_mut(), &options)?;
    phases.end("write");
    let audit = auditor.map(|auditor| auditor.judge(&plan, &mut written, context)).transpose()?;
    if audit.is_some() {
        phases.end("audit");
    }

    if context.environment.validate_output {
        validate::validate(temp.path(), &plan, context.cancel)?;
        phases.end("validate");
    }
    plan.members.verify_unchanged(&written.rows, context.cancel)?;
    context.cancel.check()?;
    if let Some(audit) = audit {
        audit.save(context)?;
    }
    temp.persist(&plan.out)
        .map_err(|error| FileError::on("rename a file to", &plan.out)(error.error))?;
    if let Some(name_file) = &arguments.declared.stamp.name_file {
        write_report(&context.resolve(name_file), &plan.filename.to_string())?;
    }
    phases.end("verify_inputs");

    Ok(report(arguments, &plan, &written, phases, options.pool))
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

fn timestamp(arguments: &PackArguments, context: &Context<'_>) -> Result<Timestamp, PackError> {
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
    let folder = match out.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    tempfile::Builder::new()
        .prefix(".wheelworks-")
        .suffix(".tmp")
        .make_in(folder, |path| {
            fs_err::OpenOptions::new().write(true).read(true).create_new(true).open(path)
        })
        .map_err(FileError::on("create", out))
}

fn report(
    arguments: &PackArguments,
    plan: &Plan,
    written: &Written,
    phases: Phases,
    pool: &ThreadPool,
) -> Report {
    let stdout = if arguments.json {
        let summary = Summary {
            wheel: plan.out.display().to_string(),
            members: written.rows.len() + 1,
            bytes_in: written.bytes_in,
            bytes_out: written.bytes_out,
            compression_level: arguments.compression_level,
            threads: pool.current_num_threads(),
            seconds: phases.finish(),
        };
        summary.to_json()
    } else if arguments.tree.is_some() {
        format!("{}\n", plan.out.display())
    } else {
        String::new()
    };
    let warnings = [plan.warnings.as_slice(), &written.warnings].concat();
    Report { stdout, warnings, ..Report::default() }
}
