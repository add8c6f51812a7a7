//! `wheelworks show` and `wheelworks audit`: the Linux systems that a wheel runs on, and the obstacles to
//! more.
//!
//! The verdict is that of `auditwheel` 6.8; DESIGN.md lists the intended differences.

mod arguments;
mod device_code;
mod lddtree;

use std::path::PathBuf;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

pub use self::arguments::{AuditArguments, LddtreeArguments};
pub use self::device_code::{ArchitectureLimit, ArchitectureLimitError, DeviceCodeArguments};
pub use self::lddtree::run as run_lddtree;
use crate::context::{Context, Report};
use crate::error::{Error, ExitCode};
use crate::findings::report::{self as reports, Attempt, Reported as _, TextStyle};
pub use crate::judge::known_wheels::{KnownWheel, WHEELS as KNOWN_WHEELS};
pub use crate::judge::layout::TreeLayout;
pub use crate::judge::rules::RULES;
use crate::judge::{Audited, Judge, Judgement, json};
pub use crate::lookup_arguments::LookupArguments;
use crate::report_arguments::ReportForm;
use crate::wheel_paths::{self, UnpackedWheels};

/// Audits wheels.
pub fn run(arguments: &AuditArguments, context: &Context<'_>) -> Result<Report, Error> {
    let form = arguments.report.form;
    if let Some(stdout) = arguments.rules.text(&RULES, Audited::INFO, form)? {
        return Ok(Report { stdout, ..Report::default() });
    }
    let wheels = wheel_paths::expand(&arguments.wheels, UnpackedWheels::Accepted, context)?;
    let progress = context.progress_bar(wheel_paths::total_len(&wheels, context));
    let judge = context
        .metrics
        .during("prepare", || Ok::<_, Error>(Judge::new(arguments.config(context)?)))?;
    let audit = |path: &PathBuf| {
        context.cancel.check()?;
        let audited = judge.audit(path, context);
        progress.add(wheel_paths::total_len(std::slice::from_ref(path), context));
        audited
    };
    let mut attempts: Vec<Attempt<'_, Audited>> =
        context.metrics.during("audit", || match wheels.as_slice() {
            // On this thread, so that all threads of the pool can inflate chunks of a large member.
            [only] => vec![(only.as_path(), audit(only))],
            several => context
                .pool
                .install(|| several.par_iter().map(|path| (path.as_path(), audit(path))).collect()),
        });
    drop(progress);
    context.cancel.check()?;
    reports::only_error(&mut attempts, form == ReportForm::Text && !arguments.json)?;
    let rendered = if arguments.json {
        verdicts(&attempts, arguments.allow_pure_python_wheel)?
    } else {
        let (paint, common) = (arguments.report.paint(context), context.common);
        let (verbose, quiet) = (common.verbose, common.quiet);
        reports::render(form, &attempts, TextStyle { paint, verbose, quiet, ..TextStyle::PLAIN })?
    };
    let exit_code = |audited: &Audited| exit_code(audited, arguments.allow_pure_python_wheel);
    let mut report = reports::deliver(rendered, &attempts, exit_code, &arguments.report, context)?;
    let audited = || attempts.iter().filter_map(|(_, result)| result.as_ref().ok());
    let is_judged = |it: &Judgement| matches!(it, Judgement::Verdict(_) | Judgement::System(_));
    if audited().any(|audited| is_judged(&audited.judgement)) {
        report.warnings = judge.warnings();
    }
    let unaccepted = audited().filter(|it| !it.fails() && exit_code(it) != ExitCode::Done);
    report.errors.extend(unaccepted.map(|audited| format!("`{}`: {NO_ELF}", audited.wheel)));
    Ok(report)
}

/// auditwheel's words about a wheel without an ELF file for its platform.
const NO_ELF: &str = "This does not look like a platform wheel, no ELF executable or shared library \
                      file (including compiled Python C extension) found in the wheel archive";

fn exit_code(audited: &Audited, allow_pure: bool) -> ExitCode {
    let is_accepted = match &audited.judgement {
        _ if audited.fails() => false,
        _ if audited.is_demanded() => true,
        Judgement::Verdict(_) | Judgement::System(_) => true,
        Judgement::Pure | Judgement::OtherPlatform(_) => allow_pure,
        Judgement::NoElf(_) => false,
    };
    if is_accepted { ExitCode::Done } else { ExitCode::Findings }
}

/// Returns the verdicts in auditwheel's schema: an object for one wheel, a list for several.
fn verdicts(attempts: &[Attempt<'_, Audited>], allow_pure: bool) -> Result<String, Error> {
    let value = |(path, result): &Attempt<'_, Audited>| match result {
        Ok(audited) => match &audited.judgement {
            Judgement::Pure if !allow_pure => json::error(
                &audited.wheel,
                "the wheel has no machine code; `--allow-pure-python-wheel` accepts it",
            ),
            Judgement::OtherPlatform(tags) if !allow_pure => {
                let tags = tags.join("`, `");
                let message = format!(
                    "not judged: the wheel is for `{tags}`, and has no machine code that can be judged; \
                     `--allow-pure-python-wheel` accepts it"
                );
                json::error(&audited.wheel, &message)
            }
            judgement => json::verdict(&audited.wheel, judgement),
        },
        Err(error) => Audited::json_error(path, &error.message_with_hint()),
    };
    let values: Vec<serde_json::Value> = attempts.iter().map(value).collect();
    match values.as_slice() {
        [only] => crate::json::to_text(only),
        several => crate::json::to_text(&several),
    }
}
