//! `wheelworks show` and `wheelworks audit`: on which Linux systems a wheel runs, and what keeps it
//! from running on more.
//!
//! ```text
//! wheel → Contents (facts of its ELF files) → Elves (what each needs, and where that is)
//!       → Verdict (which policies hold) → findings → report
//! ```
//!
//! The verdict is that of `auditwheel` 6.8; DESIGN.md lists where it knowingly differs.

mod archived;
mod arguments;
mod contents;
mod error;
mod external;
mod findings;
mod github;
mod host;
mod hygiene;
mod json;
mod judge;
mod lddtree;
mod members;
mod requirement;
mod text;
mod trees;
mod verdict;

use std::io::IsTerminal as _;
use std::path::Path;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

pub use self::arguments::{AuditArguments, LddtreeArguments, LookArguments, ReportForm};
pub(crate) use self::contents::Contents;
pub use self::error::AuditError;
use self::findings::{Finding, Severity};
pub(crate) use self::judge::Look;
pub use self::lddtree::run as run_lddtree;
pub use self::members::MemberError;
pub use self::trees::{Foreign, Mismatch};
use self::verdict::Verdict;
use crate::context::{Context, Report};
use crate::error::{Error, ExitCode};
use crate::report::{Color, Paint, write_report};

/// What an audit came to.
#[derive(Debug)]
enum Judgement {
    /// A verdict. Boxed: it is far larger than the rest.
    Verdict(Box<Verdict>),
    /// The wheel says that it runs anywhere, and has no machine code.
    Pure,
    /// The wheel is for macOS, Windows or another system, and has no ELF files.
    OtherPlatform,
    /// The wheel says that it is for Linux, and has no ELF file for it; in words.
    NoElf(String),
}

/// One wheel, audited.
#[derive(Debug)]
pub(crate) struct Audited {
    /// The wheel's file name.
    wheel: String,
    judgement: Judgement,
    findings: Vec<Finding>,
    /// The tags that were asked for.
    required: Vec<String>,
    /// Whether it meets them; `None` if none was asked for.
    met: Option<bool>,
}

impl Audited {
    /// Whether it does not keep what was asked of it.
    pub(crate) fn fails(&self) -> bool {
        self.met.is_some()
            && (self.met == Some(false)
                || self.findings.iter().any(|finding| finding.severity == Severity::Error))
    }

    /// The report with all findings, for programs.
    pub(crate) fn to_json(&self) -> String {
        json::render(&json::reports(&[json::report(self)]))
    }

    /// The report for people, without colours.
    pub(crate) fn to_text(&self) -> String {
        text::render(self, false, Paint { on: false })
    }
}

/// Audits wheels.
pub fn run(arguments: &AuditArguments, context: &Context<'_>) -> Result<Report, Error> {
    let look = context.cost.during("prepare", || Look::new(&arguments.look, context))?;
    let audit = |path: &std::path::PathBuf| {
        context.cancel.check()?;
        look.audit(path, &arguments.require, arguments.require_declared, context)
    };
    let mut results: Vec<(&Path, Result<Audited, Error>)> =
        context.cost.during("audit", || match arguments.wheels.as_slice() {
            // On this thread, so that those of the pool can share the chunks of a huge member.
            [only] => vec![(only.as_path(), audit(only))],
            several => context
                .pool
                .install(|| several.par_iter().map(|path| (path.as_path(), audit(path))).collect()),
        });
    context.cancel.check()?;
    // A person is told by the message; a program looks for the report.
    if let [(_, Err(_))] = results.as_slice()
        && arguments.form() == ReportForm::Text
        && let Some((_, Err(error))) = results.pop()
    {
        return Err(error);
    }
    let mut report = Report {
        exit_code: exit_code(&results, arguments),
        stdout: render(&results, arguments, context),
        ..Report::default()
    };
    for (_, result) in &results {
        if let Err(error) = result {
            report.errors.push(error.message_with_hint());
        }
    }
    if let Some(output) = &arguments.output {
        write_report(&context.resolve(output), &report.stdout)?;
        report.stdout.clear();
        // Whoever looks for the reason of a failure looks at what the command says.
        if report.exit_code == ExitCode::Findings {
            report.stdout = failures(&results);
        }
    }
    Ok(report)
}

fn exit_code(results: &[(&Path, Result<Audited, Error>)], arguments: &AuditArguments) -> ExitCode {
    let of_one = |result: &Result<Audited, Error>| match result {
        Err(error) => error.exit_code(),
        Ok(audited) if audited.fails() => ExitCode::Findings,
        Ok(Audited { judgement, met: None, .. }) => match judgement {
            Judgement::Verdict(_) => ExitCode::Done,
            Judgement::Pure | Judgement::OtherPlatform if arguments.allow_pure_python_wheel => {
                ExitCode::Done
            }
            _ => ExitCode::Findings,
        },
        Ok(_) => ExitCode::Done,
    };
    match results.iter().map(|(_, result)| of_one(result)).max().unwrap_or_default() {
        ExitCode::Findings if arguments.exit_zero => ExitCode::Done,
        code => code,
    }
}

fn render(
    results: &[(&Path, Result<Audited, Error>)],
    arguments: &AuditArguments,
    context: &Context<'_>,
) -> String {
    match arguments.form() {
        ReportForm::Json => return render_json(results, arguments),
        ReportForm::Github => {
            return results.iter().map(|(_, result)| github::render(result)).collect();
        }
        ReportForm::Text => {}
    }
    let on = match arguments.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            context.interactive && arguments.output.is_none() && std::io::stdout().is_terminal()
        }
    };
    let audited = results.iter().filter_map(|(_, result)| result.as_ref().ok());
    let texts: Vec<String> =
        audited.map(|it| text::render(it, arguments.verbose, Paint { on })).collect();
    texts.join("\n")
}

fn render_json(results: &[(&Path, Result<Audited, Error>)], arguments: &AuditArguments) -> String {
    let value = |(path, result): &(&Path, Result<Audited, Error>)| match result {
        Ok(audited) if arguments.json => {
            let allowed = arguments.allow_pure_python_wheel;
            match &audited.judgement {
                Judgement::Pure | Judgement::OtherPlatform if !allowed => json::error(
                    &audited.wheel,
                    "the wheel has no machine code; `--allow-pure-python-wheel` accepts it",
                ),
                judgement => json::verdict(&audited.wheel, judgement),
            }
        }
        Ok(audited) => json::report(audited),
        Err(error) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            json::error(&name, &error.message_with_hint())
        }
    };
    let mut values: Vec<serde_json::Value> = results.iter().map(value).collect();
    let value = match values.pop() {
        Some(only) if arguments.json && values.is_empty() => only,
        last => {
            values.extend(last);
            if arguments.json { values.into() } else { json::reports(&values) }
        }
    };
    json::render(&value)
}

/// The reports of the wheels that fail.
fn failures(results: &[(&Path, Result<Audited, Error>)]) -> String {
    let failing = results.iter().filter_map(|(_, result)| result.as_ref().ok());
    let failing = failing.filter(|audited| audited.fails());
    failing.map(Audited::to_text).collect::<Vec<_>>().join("\n")
}
