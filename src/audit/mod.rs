//! `wheelworks show` and `wheelworks audit`: on which Linux systems a wheel runs, and what keeps it
//! from running on more.
//!
//! The verdict is that of `auditwheel` 6.8; DESIGN.md lists where it knowingly differs.

mod arguments;
mod github;
mod lddtree;

use std::io::IsTerminal as _;
use std::path::Path;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

pub use self::arguments::{AuditArguments, LddtreeArguments, LookArguments, ReportForm};
pub use self::lddtree::run as run_lddtree;
use crate::context::{Context, Report};
use crate::error::{Error, ExitCode};
use crate::judge::{Audited, Judge, Judgement, json, text};
use crate::report::{Color, Paint};
use crate::temporary;

/// Audits wheels.
pub fn run(arguments: &AuditArguments, context: &Context<'_>) -> Result<Report, Error> {
    let judge = context
        .cost
        .during("prepare", || Ok::<_, Error>(Judge::new(arguments.look.config(context)?)))?;
    let audit = |path: &std::path::PathBuf| {
        context.cancel.check()?;
        judge.audit(path, &arguments.require, arguments.require_declared, context)
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
        temporary::publish(&context.resolve(output), &report.stdout)?;
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
