//! `wheelworks unpack`: wheels, ZIP archives and files become one directory.
//!
//! ```text
//! arguments → sources opened and checked → Plan (which file from where) → files in a temporary
//! directory, those in the cache directory first → RECORD, inputs unchanged → new files into the cache
//! directory → rename
//! ```
//!
//! The pipeline is [`run`]. It writes nothing before it has checked every name, and the output appears
//! only after every byte is written and verified.

mod arguments;
mod error;
mod files;
mod layout;
mod output;
mod plan;
mod producer_consumer;
mod reuse;
mod site_packages;
mod sources;
mod unpacked_wheel;
mod write;

use std::path::Path;

use serde_json::json;

pub use self::arguments::{RecordArguments, UnpackArguments};
pub use self::error::UnpackError;
use self::output::Output;
use self::plan::{Allowed, Plan};
use self::reuse::Reuse;
use self::sources::{OpenArchive, Sources};
use crate::context::{Context, Report};
use crate::error::Error;
use crate::json;
use crate::opened_wheel::MemberKind;

/// Unpacks archives.
pub fn run(arguments: &UnpackArguments, context: &Context<'_>) -> Result<Report, Error> {
    let out = context.resolve(&arguments.out);
    let state = output::check(&out, arguments.replace)?;
    let metrics = context.metrics;
    let sources = metrics.during("open", || Sources::open(arguments, context))?;
    let allowed = Allowed {
        case_conflicts: arguments.allow_case_conflicts,
        device_names: arguments.allow_device_names,
    };
    let plan = metrics.during("plan", || Plan::new(&sources, allowed, context.cancel))?;

    let output = Output::create(&out, state)?;
    let root = output.path();
    let reuse = Reuse::new(arguments.link_mode, &sources, root, context);
    let written =
        metrics.during("write", || write::write(&plan, &sources, root, &reuse, context))?;
    metrics.during("verify", || {
        written.check_same(&plan, &sources)?;
        sources.verify(|source| written.digest(source), context.cancel)
    })?;
    metrics.during("keep", || {
        let digest_of = |source| written.digest(source);
        reuse.keep(&plan, &sources, &written.placed, digest_of, root, context.pool);
    });
    context.cancel.check()?;
    metrics.during("rename", || output.persist())?;
    let stdout =
        if arguments.report.is_json() { summary(&out, &plan, &sources)? } else { String::new() };
    let warnings = reuse.warning().into_iter().collect();
    Ok(Report { stdout, warnings, ..Report::default() })
}

/// Returns what was written, as JSON.
fn summary(out: &Path, plan: &Plan, sources: &Sources) -> Result<String, Error> {
    let archive = |open: &OpenArchive| {
        let files = open.members.iter().filter(|it| it.kind != MemberKind::Directory).count();
        json!({"path": open.archive.path().display().to_string(), "files": files})
    };
    let bytes = plan.files.iter().map(|file| sources.len(file.source)).fold(0, u64::saturating_add);
    json::versioned([
        ("directory".to_owned(), out.display().to_string().into()),
        ("files".to_owned(), plan.files.len().into()),
        ("bytes".to_owned(), bytes.into()),
        ("archives".to_owned(), sources.archives.iter().map(archive).collect()),
    ])
}
