//! `wheelworks check`: finds what indexes refuse in a wheel, what installers do not notice, and what users
//! regret later.
//!
//! ```text
//! file → Archive (records, flaws) → names → dist-info → RECORD → content, streamed on all threads
//!      → layout, metadata, native code → findings → report
//! ```
//!
//! A wheel that breaks one rule is checked for all others, as far as it can still be read.

mod archive;
mod arguments;
mod collisions;
mod config;
mod content;
mod dist_info;
mod entry_points;
mod error;
mod extensions;
mod filename;
mod identifier;
mod layout;
mod license;
mod limits;
mod metadata;
mod metadata_fields;
mod metadata_values;
mod names;
mod native;
mod record;
mod record_compare;
mod report;
mod rules;
mod sboms;
mod sources;
mod tar;
mod variants;
mod wheel_file;

use std::path::Path;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use self::archive::Archive;
pub use self::arguments::CheckArguments;
pub use self::error::CheckError;
use self::limits::Limits;
pub use self::rules::RULES;
use self::sources::Expected;
use crate::budget::Outcome;
use crate::context::{Context, Report};
use crate::error::{Error, ExitCode};
use crate::escape::escape_truncated;
use crate::findings::report::{self as reports, Attempt, Reported as _, TextStyle};
use crate::findings::{Finding, Findings, Selection, Severity};
use crate::report_arguments::ReportForm;
use crate::size::{ByteSize, rounded};
use crate::source::{self, Input};
use crate::wheel_paths::{self, UnpackedWheels};

/// The largest file in bytes that PyPI accepts, unless the project has a higher limit.
const INDEX_LIMIT: u64 = 100 << 20;

/// The result for one wheel.
#[derive(Debug)]
struct Checked {
    /// The file's name.
    wheel: String,
    /// The findings, the worst first.
    findings: Vec<Finding>,
    /// Whether the findings fail the command, those that are not shown among them.
    fails: bool,
    /// The least severe findings that fail the command.
    least_failure: Severity,
    /// The sizes compared with the budget, if there is one.
    budget: Option<Outcome>,
}

/// Checks wheels in parallel.
pub fn run(arguments: &CheckArguments, context: &Context<'_>) -> Result<Report, Error> {
    let form = arguments.report.form;
    if let Some(stdout) = arguments.rules.text(&RULES, Checked::INFO, form)? {
        return Ok(Report { stdout, ..Report::default() });
    }
    let arguments = &config::configured(arguments, context)?;
    let wheels = wheel_paths::expand(&arguments.wheels, UnpackedWheels::Refused, context)?;
    if arguments.name_file.is_some() && wheels.len() != 1 {
        return Err(CheckError::SeveralWheels { found: wheels.len() }.into());
    }
    let selection = Selection::new(&RULES, &arguments.select, &arguments.ignore)?;
    let expected = Expected::new(arguments, context)?;
    let budget = Limits::read(arguments, context)?;
    let progress = context.progress_bar(wheel_paths::total_len(&wheels, context));
    let check = |path: &Path| {
        context.cancel.check()?;
        let context = &Context { progress: &progress, ..*context };
        check(path, arguments, &selection, &expected, &budget, context)
    };
    let mut attempts: Vec<Attempt<'_, Checked>> = context
        .pool
        .install(|| wheels.par_iter().map(|path| (path.as_path(), check(path))).collect());
    drop(progress);
    context.cancel.check()?;
    let is_text = form == ReportForm::Text;
    reports::only_error(&mut attempts, is_text)?;
    if let Some(level) = arguments.level.filter(|_| !is_text) {
        let results = attempts.iter_mut().filter_map(|(_, result)| result.as_mut().ok());
        results.for_each(|checked| checked.findings.retain(|finding| finding.severity >= level));
    }
    let style = TextStyle {
        paint: arguments.report.paint(context),
        level: arguments.level.unwrap_or(Checked::DEFAULT_LEVEL),
        quiet: context.common.quiet,
        ..TextStyle::PLAIN
    };
    let rendered = reports::render(form, &attempts, style)?;
    let exit_code = |checked: &Checked| {
        if checked.fails { ExitCode::Findings } else { ExitCode::Done }
    };
    reports::deliver(rendered, &attempts, exit_code, &arguments.report, context)
}

/// Checks one wheel.
fn check(
    path: &Path,
    arguments: &CheckArguments,
    selection: &Selection,
    expected: &Expected,
    budget: &Limits,
    context: &Context<'_>,
) -> Result<Checked, Error> {
    let input = Input::find(&context.resolve(path)).map_err(CheckError::from)?;
    let mut findings = Findings::new(selection);
    check_size(input.len(), arguments.max_size, &mut findings);
    let wheel = wheel_name(path, arguments, context)?;
    let budget = budget.check(path, &mut findings, context)?;
    // The limits of sizes need no other content.
    if selection.has_others_than(&[&rules::SIZE, &rules::INDEX_SIZE, &rules::BUDGET]) {
        let file = input.open().map_err(CheckError::from)?;
        let read = context
            .metrics
            .during("open", || archive::read(file.bytes(), &mut findings))
            .map_err(|source| CheckError::Archive { wheel: path.to_owned(), source });
        let checked = read
            .map_err(Error::from)
            .and_then(|archive| check_archive(&wheel, &archive, expected, &mut findings, context));
        if !file.is_intact() {
            return Err(CheckError::from(input.faulted()).into());
        }
        checked?;
        input.check_unchanged().map_err(CheckError::from)?;
    }
    let findings = findings.into_sorted();
    let least_failure = if arguments.strict { Severity::Warning } else { Severity::Error };
    let fails = findings.first().is_some_and(|worst| worst.severity >= least_failure);
    Ok(Checked { wheel, findings, fails, least_failure, budget })
}

/// Returns the errors of a wheel at a path, apart from those that need the content of its members: a verb that
/// writes a wheel has verified that. `wheel` is the wheel's name, which the path need not have.
///
/// # Errors
/// If the file cannot be read.
fn structural_errors(
    path: &Path,
    wheel: &str,
    context: &Context<'_>,
) -> Result<Vec<Finding>, Error> {
    let of_content = content::RULES.map(|rule| rule.id.to_owned());
    let selection = Selection::new(&RULES, &[], &of_content)?;
    let mut findings = Findings::new(&selection);
    let input = Input::find(path).map_err(CheckError::from)?;
    let file = input.open().map_err(CheckError::from)?;
    let archive = archive::read(file.bytes(), &mut findings)
        .map_err(|source| CheckError::Archive { wheel: path.to_owned(), source })?;
    check_archive(wheel, &archive, &Expected::default(), &mut findings, context)?;
    if !file.is_intact() {
        return Err(CheckError::from(input.faulted()).into());
    }
    let mut findings = findings.into_sorted();
    findings.retain(|finding| finding.severity == Severity::Error);
    Ok(findings)
}

/// Returns the structural errors of a wheel that break rules which the wheel that it was made from does not break, one
/// a line; `None` if there are none. Both are given with their paths and names. `old` is `None` if it was not written.
///
/// # Errors
/// If a file cannot be read.
pub(crate) fn new_errors(
    old: Option<(&Path, &str)>,
    new: (&Path, &str),
    context: &Context<'_>,
) -> Result<Option<String>, Error> {
    let mut errors = structural_errors(new.0, new.1, context)?;
    if let Some((path, wheel)) = old.filter(|_| !errors.is_empty()) {
        let before = structural_errors(path, wheel, context)?;
        errors.retain(|error| !before.iter().any(|it| it.rule.id == error.rule.id));
    }
    let lines = errors.iter().flat_map(|error| {
        error.locations.iter().map(|location| {
            let member = location.member.as_deref().unwrap_or(new.1);
            format!("{}: {}: {}", escape_truncated(member), error.rule.id, location.found)
        })
    });
    Ok((!errors.is_empty()).then(|| lines.collect::<Vec<_>>().join("\n")))
}

/// Returns the name of a wheel's file: that in `--name-file`, or that of the path.
fn wheel_name(
    path: &Path,
    arguments: &CheckArguments,
    context: &Context<'_>,
) -> Result<String, Error> {
    let Some(name_file) = &arguments.name_file else {
        return Ok(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
    };
    let (_, name) = source::read_small(&context.resolve(name_file)).map_err(CheckError::from)?;
    Ok(String::from_utf8_lossy(&name).trim_end().to_owned())
}

fn check_size(len: u64, max_size: Option<ByteSize>, findings: &mut Findings<'_>) {
    let found = || format!("{} ({len} bytes)", rounded(len));
    if let Some(limit) = max_size.filter(|limit| len > limit.bytes()) {
        findings.add(&rules::SIZE, format!("{}, of {limit} at most", found()));
    }
    if len > INDEX_LIMIT {
        findings.add(&rules::INDEX_SIZE, found());
    }
}

/// Checks all rules except the limits of the file's size.
fn check_archive(
    wheel: &str,
    archive: &Archive<'_>,
    expected: &Expected,
    findings: &mut Findings<'_>,
    context: &Context<'_>,
) -> Result<(), Error> {
    let name = filename::check(wheel, findings);
    names::check(archive, name.as_ref(), findings);
    collisions::check_archive(archive, findings);
    let dist_info = dist_info::check(archive, name.as_ref(), findings, context)?;
    collisions::check_installed(archive, &dist_info, findings);
    let record = record::read(archive, &dist_info, findings, context)?;
    let contents =
        context.metrics.during("content", || content::read(archive, &record, findings, context))?;
    record_compare::check(&record, archive, &contents, findings);
    let header = wheel_file::check(archive, &dist_info, name.as_ref(), findings, context)?;
    let metadata = metadata::check(archive, &dist_info, name.as_ref(), findings, context)?;
    entry_points::check(archive, &dist_info, metadata.as_ref(), findings, context)?;
    sboms::check(archive, &dist_info, findings, context)?;
    variants::check(archive, &dist_info, name.as_ref(), findings, context)?;
    native::check(archive, &contents, name.as_ref(), &header, findings);
    if let Some(name) = &name {
        extensions::check(archive, &dist_info, name, metadata.as_ref(), findings);
    }
    layout::check(archive, &dist_info, &contents, expected, findings);
    Ok(())
}
