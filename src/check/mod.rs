//! `wheelworks check`: everything that indexes refuse, installers miss and people regret about a
//! wheel.
//!
//! ```text
//! file → Archive (records, flaws) → names → dist-info → RECORD → content, streamed on all threads
//!      → layout, metadata, native code → findings → report
//! ```
//!
//! A wheel that breaks one rule is looked at for all others, as far as it can still be read.

mod archive;
mod arguments;
mod collisions;
mod content;
mod dist_info;
mod entry_points;
mod error;
mod filename;
mod findings;
mod github;
mod identifier;
mod json;
mod layout;
mod license;
mod metadata;
mod names;
mod native;
mod record;
mod rules;
mod sarif;
mod selection;
mod sources;
mod text;
mod wheel_file;

use std::io::IsTerminal as _;
use std::path::Path;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use self::archive::Archive;
pub use self::arguments::{CheckArguments, CheckForm};
pub use self::error::CheckError;
use self::findings::{Finding, Findings};
pub use self::rules::{Rule, Severity, all as all_rules};
use self::selection::Selection;
use self::sources::Expected;
use crate::context::{Context, Report};
use crate::error::{Error, ExitCode};
use crate::report::{Color, Paint, write_report};
use crate::source::Input;

/// Bytes in a MiB.
const MIB: u64 = 1 << 20;

/// The largest file that PyPI takes unless a project has a higher limit.
const INDEX_LIMIT: u64 = 100_000_000;

/// One wheel, checked.
#[derive(Debug)]
struct Checked {
    /// The file's name.
    wheel: String,
    /// The worst first.
    findings: Vec<Finding>,
}

impl Checked {
    fn fails(&self, strict: bool) -> bool {
        let worst = self.findings.first().map(|finding| finding.rule.severity);
        worst >= Some(if strict { Severity::Warning } else { Severity::Error })
    }
}

/// A wheel's path, as it was given, and what came of it.
type Attempt<'a> = (&'a Path, Result<Checked, Error>);

/// Checks wheels, side by side.
pub fn run(arguments: &CheckArguments, context: &Context<'_>) -> Result<Report, Error> {
    let selection = Selection::new(&arguments.select, &arguments.ignore)?;
    let expected = Expected::new(arguments, context)?;
    let check = |path: &Path| {
        context.cancel.check()?;
        check(path, arguments, &selection, &expected, context)
    };
    let mut results: Vec<Attempt<'_>> = context.pool.install(|| {
        arguments.wheels.par_iter().map(|path| (path.as_path(), check(path))).collect()
    });
    context.cancel.check()?;
    // A person is told by the message; a program looks for the report.
    if let [(_, Err(_))] = results.as_slice()
        && arguments.report == CheckForm::Text
        && let Some((_, Err(error))) = results.pop()
    {
        return Err(error);
    }
    let mut report = Report {
        exit_code: exit_code(&results, arguments),
        stdout: render(&results, arguments, context),
        ..Report::default()
    };
    report
        .errors
        .extend(results.iter().filter_map(|(_, result)| Some(result.as_ref().err()?.to_string())));
    if let Some(output) = &arguments.output {
        write_report(&context.resolve(output), &report.stdout)?;
        report.stdout.clear();
        // Whoever looks for the reason of a failure looks at what the command says.
        if report.exit_code == ExitCode::Findings {
            let checked = results.iter().filter_map(|(_, result)| result.as_ref().ok());
            let failing = checked.filter(|checked| checked.fails(arguments.strict));
            report.stdout = failing.map(|it| text::render(it, Paint { on: false })).collect();
        }
    }
    Ok(report)
}

/// Checks one wheel.
fn check(
    path: &Path,
    arguments: &CheckArguments,
    selection: &Selection,
    expected: &Expected,
    context: &Context<'_>,
) -> Result<Checked, Error> {
    let input = Input::find(&context.resolve(path)).map_err(CheckError::from)?;
    let mut findings = Findings::new(selection);
    tell_size(input.len(), arguments.max_size, &mut findings);
    let wheel = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    // A limit of the size alone needs no look at what is in the file.
    if selection.needs_content() {
        let file = input.open().map_err(CheckError::from)?;
        let read = context
            .cost
            .during("open", || Archive::read(file.bytes(), &mut findings))
            .map_err(|source| CheckError::Archive { wheel: path.to_owned(), source });
        let looked = read
            .map_err(Error::from)
            .and_then(|archive| look(&wheel, &archive, expected, &mut findings, context));
        if !file.is_intact() {
            return Err(CheckError::from(input.faulted()).into());
        }
        looked?;
        input.fidelity().map_err(CheckError::from)?;
    }
    Ok(Checked { wheel, findings: findings.into_sorted() })
}

fn tell_size(len: u64, max_size: Option<u32>, findings: &mut Findings<'_>) {
    let limit = max_size.map(|mib| u64::from(mib) * MIB);
    if limit.is_some_and(|limit| len > limit) {
        let mib = max_size.unwrap_or_default();
        findings.add(&rules::SIZE, format!("{len} bytes, of {mib} MiB at most"));
    }
    if len > INDEX_LIMIT {
        findings.add(&rules::INDEX_SIZE, format!("{len} bytes"));
    }
}

/// All rules but that of the file's size.
fn look(
    wheel: &str,
    archive: &Archive<'_>,
    expected: &Expected,
    findings: &mut Findings<'_>,
    context: &Context<'_>,
) -> Result<(), Error> {
    names::check(archive, findings);
    let name = filename::check(wheel, findings);
    let dist_info = dist_info::check(archive, name.as_ref(), findings, context)?;
    collisions::tell_installed(archive, &dist_info, findings);
    let record = record::read(archive, &dist_info, findings, context)?;
    let contents =
        context.cost.during("content", || content::read(archive, &record, findings, context))?;
    record.compare(archive, &contents, findings);
    let header = wheel_file::check(archive, &dist_info, name.as_ref(), findings, context)?;
    metadata::check(archive, &dist_info, name.as_ref(), findings, context)?;
    entry_points::check(archive, &dist_info, findings, context)?;
    native::check(archive, &contents, name.as_ref(), &header, findings);
    layout::check(archive, &dist_info, &contents, expected, findings);
    Ok(())
}

fn exit_code(results: &[Attempt<'_>], arguments: &CheckArguments) -> ExitCode {
    let of_one = |result: &Result<Checked, Error>| match result {
        Err(error) => error.exit_code(),
        Ok(checked) if checked.fails(arguments.strict) => ExitCode::Findings,
        Ok(_) => ExitCode::Done,
    };
    match results.iter().map(|(_, result)| of_one(result)).max().unwrap_or_default() {
        ExitCode::Findings if arguments.exit_zero => ExitCode::Done,
        code => code,
    }
}

fn render(results: &[Attempt<'_>], arguments: &CheckArguments, context: &Context<'_>) -> String {
    match arguments.report {
        CheckForm::Json => json::render(results, arguments.strict),
        CheckForm::Sarif => sarif::render(results),
        CheckForm::Github => results.iter().map(|(_, result)| github::render(result)).collect(),
        CheckForm::Text => {
            let on = match arguments.color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => {
                    context.interactive
                        && arguments.output.is_none()
                        && std::io::stdout().is_terminal()
                }
            };
            let checked = results.iter().filter_map(|(_, result)| result.as_ref().ok());
            let texts: Vec<String> = checked.map(|it| text::render(it, Paint { on })).collect();
            texts.join("\n")
        }
    }
}
