//! `wheelworks closure`: whether the files of a wheel load with what the wheel is installed beside.
//!
//! ```text
//! wheels → candidates → target environment → choice by METADATA (newest, oldest)
//!        → installed files → a process for each file: libraries, then symbols → problems → report
//! ```
//!
//! Nothing of the machine that it runs on counts, and nothing is unpacked.

mod arguments;
mod binding_problems;
mod bindings;
mod c_library;
mod candidate;
mod check;
mod choice;
mod clash;
mod edges;
mod error;
mod floors;
mod hints;
mod hwcaps;
mod installed;
mod links;
mod loader;
mod outside;
mod page_data;
mod preloads;
mod problem;
mod process;
mod promises;
mod refusal;
mod report;
mod roots;
mod rules;
mod search;
mod shared_files;
mod symbol_index;
mod symbol_name;
mod symbols;
mod target;
mod transfer;
mod wheel;
mod wheel_problems;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

pub use self::arguments::ClosureArguments;
use self::candidate::{Candidate, Shelf};
use self::check::{Checked, Settings, check};
use self::choice::{Choice, Described, Preference, Sources, key};
use self::error::ClosureError;
use self::floors::{Floors, Stock};
use self::report::{Outcome, WheelReport};
pub use self::rules::RULES;
use self::target::Target;
use self::wheel::ClosureWheel;
use crate::context::{Context, Report};
use crate::error::{Error, ExitCode};
use crate::findings::Selection;
use crate::findings::report::{self as reports, Reported as _, TextStyle};
use crate::judge::{Exclusions, Limits};
use crate::remote::{Client, RemoteUrl};
use crate::report_arguments::ReportForm;
use crate::wheel::DistributionName;
use crate::wheel_paths::{self, UnpackedWheels};

/// Judges a closure.
pub fn run(arguments: &ClosureArguments, context: &Context<'_>) -> Result<Report, Error> {
    let reporting = arguments.report.without_page();
    let form = if arguments.json { ReportForm::Json } else { reporting.form };
    if let Some(stdout) = arguments.rules.text(&RULES, WheelReport::INFO, form)? {
        return Ok(Report { stdout, ..Report::default() });
    }
    let selection = Selection::new(&RULES, &arguments.select, &arguments.ignore)?;
    let client = Arc::new(Client::new(Duration::from_secs(arguments.http_timeout)));
    let given = candidates(&arguments.wheels, &client, context)?;
    let tags: Vec<_> = given.iter().map(|candidate| &candidate.tags).collect();
    let target = Target::of(&tags, arguments.python_version, arguments.platlib_differs);
    let given = by_package(given, &target)?;
    let shelf = Shelf::new(candidates(&arguments.with, &client, context)?, &target);
    let extras = arguments.extra.iter().map(DistributionName::normalized).collect();
    let sources = Sources { given: &given, extras: &extras, shelf: &shelf, target: &target };
    let mut described = Described::new();
    let newest = sources.choose_all(Preference::Newest, &mut described, context)?;
    let oldest = sources.choose_all(Preference::Oldest, &mut described, context)?;
    let limits = Limits::of_tables(arguments.max_table_size.bytes())
        .trusting_chunk_tables(arguments.trust_chunk_table)
        .with_linkage(true)
        .with_literals(true);
    let mut stock = Stock { described, loaded: BTreeMap::new(), limits, context };
    context.metrics.during("read", || load(&mut stock, &[&newest, &oldest], context))?;
    let wheels = stock.wheels(&newest)?;

    let exclude = Exclusions::parse("--exclude", &arguments.exclude)?;
    let preloaded = arguments.preloaded.iter().map(DistributionName::normalized).collect();
    let incomplete: BTreeSet<String> =
        newest.unmet.iter().map(|unmet| unmet.demand.by.clone()).collect();
    let (target, exclude, preloaded, incomplete) = (&target, &exclude, &preloaded, &incomplete);
    let bindings = arguments.bindings;
    let settings = Settings { target, exclude, preloaded, incomplete, bindings };
    let checked = context.metrics.during("check", || check(&wheels, settings, context))?;
    let Checked { mut problems, unresolved, assumed, libraries, links, bindings } = checked;
    let floors =
        Floors { newest: &wheels, problems: &problems, oldest: &oldest, shelf: &shelf, settings };
    let mut more = Vec::new();
    context.metrics.during("floors", || floors.add(&mut stock, &mut more))?;
    floors::explain(&wheels, &newest, &given, &mut problems);
    problems.extend(more);
    wheel_problems::add(&wheels, &newest, &shelf, &mut problems);
    problems.retain(|problem| selection.has(problem.rule));
    problems.sort_by_key(|it| (std::cmp::Reverse(it.severity()), it.wheel));
    let transfers = stock.transfers();
    let outcome = Outcome {
        target,
        transfers: &transfers,
        wheels: &wheels,
        problems,
        unresolved,
        assumed: &assumed,
        libraries: &libraries,
        links: &links,
        bindings: arguments.bindings.then_some(&bindings),
        is_strict: arguments.strict,
    };
    let mut report = deliver(&outcome, &selection, form, arguments, context)?;
    report.warnings = exclude.unused().collect();
    Ok(report)
}

/// Returns the wheels that arguments name.
fn candidates(
    arguments: &[PathBuf],
    client: &Arc<Client>,
    context: &Context<'_>,
) -> Result<Vec<Candidate>, Error> {
    let mut found = Vec::new();
    for argument in arguments {
        if RemoteUrl::is_url(argument) {
            found.push(Candidate::remote(argument, client)?);
            continue;
        }
        let argument = std::slice::from_ref(argument);
        for path in wheel_paths::expand(argument, UnpackedWheels::Accepted, context)? {
            found.push(if RemoteUrl::is_url(&path) {
                Candidate::remote(&path, client)?
            } else {
                Candidate::read(&path, context)?
            });
        }
    }
    Ok(found)
}

/// Returns the given wheels by package.
///
/// # Errors
/// Two are of one package, or one is for another environment.
fn by_package(
    given: Vec<Candidate>,
    target: &Target,
) -> Result<BTreeMap<String, Candidate>, ClosureError> {
    let mut found: BTreeMap<String, Candidate> = BTreeMap::new();
    for candidate in given {
        if !candidate.tags.platforms().any(|tag| tag.is_linux() || tag.to_string() == "any") {
            let (wheel, tags) = (candidate.path, candidate.tags.to_string());
            return Err(ClosureError::NotLinux { wheel, tags });
        }
        if !target.installs(&candidate.tags) {
            let Target { python, machine, libc, .. } = target;
            return Err(ClosureError::OtherEnvironment {
                wheel: candidate.path,
                environment: format!("Python {python} on {machine} ({libc})"),
                tags: candidate.tags.to_string(),
            });
        }
        if let Some(first) = found.get(&candidate.package) {
            return Err(ClosureError::TwoOfOnePackage {
                package: candidate.package,
                first: first.path.clone(),
                second: candidate.path,
            });
        }
        found.insert(candidate.package.clone(), candidate);
    }
    Ok(found)
}

/// Reads the wheels of all choices, on all threads.
fn load(stock: &mut Stock<'_>, choices: &[&Choice], context: &Context<'_>) -> Result<(), Error> {
    let limits = stock.limits;
    let mut wanted = Vec::new();
    for candidate in choices.iter().flat_map(|choice| choice.chosen.values()) {
        let key = key(candidate);
        if let Some(described) = stock.described.remove(&key) {
            wanted.push((key, described));
        }
    }
    let loaded = match wanted.pop() {
        // On this thread, so that all threads of the pool can inflate chunks of a large member.
        Some((key, only)) if wanted.is_empty() => vec![(key, only.load(limits, context)?)],
        last => {
            wanted.extend(last);
            let each =
                |(key, wheel): (_, wheel::DescribedWheel)| Ok((key, wheel.load(limits, context)?));
            context
                .pool
                .install(|| wanted.into_par_iter().map(each).collect::<Result<Vec<_>, Error>>())?
        }
    };
    stock.loaded.extend::<Vec<((String, String), ClosureWheel)>>(loaded);
    Ok(())
}

fn deliver(
    outcome: &Outcome<'_>,
    selection: &Selection,
    form: ReportForm,
    arguments: &ClosureArguments,
    context: &Context<'_>,
) -> Result<Report, Error> {
    let attempts = outcome.by_wheel(selection);
    let reporting = arguments.report.without_page();
    let (paint, common) = (reporting.paint(context), context.common);
    let (verbose, quiet) = (common.verbose, common.quiet);
    let summary = outcome.summary(&attempts, paint);
    let rendered = match form {
        _ if arguments.report.is_page() && !arguments.json => page_data::page(outcome)?,
        ReportForm::Json => outcome.to_json()?,
        ReportForm::Text => {
            let style = TextStyle { paint, verbose, quiet, ..TextStyle::PLAIN };
            let text = reports::render(form, &attempts, style)?;
            let separator = if text.is_empty() { "" } else { "\n" };
            if quiet { text } else { format!("{text}{separator}{summary}") }
        }
        form => reports::render(form, &attempts, TextStyle::PLAIN)?,
    };
    let exit_code =
        |report: &WheelReport| if report.fails() { ExitCode::Findings } else { ExitCode::Done };
    reports::deliver(rendered, &attempts, exit_code, &reporting, context)
}
