//! `wheelworks slim` and `wheelworks split`: the same wheel without the device code of some architectures, and one wheel
//! for each architecture.
//!
//! ```text
//! wheel → Scanned (members, device code) → Variant (selection, name) → Choice (what stays, hazards)
//!       → Replacements (smaller entries and bundles) → Plan → members copied or edited → archive → check → rename
//! ```
//!
//! Entries are taken out of their containers or replaced by smaller ones; no other byte of a library changes. Members
//! that keep all of their device code are copied as they are compressed.

mod arguments;
mod choice;
mod error;
mod gpu;
mod hazards;
mod name;
mod output;
mod plan;
mod replacements;
mod report;
mod scanned;
mod selection;
mod split;
mod statement;
mod variant;

use std::path::{Path, PathBuf};

pub use self::arguments::{
    By, Recompression, SlimArguments, SplitArguments, VariantSchema, WriteArguments,
};
use self::choice::Choice;
use self::error::SlimError;
use self::gpu::Gpus;
use self::name::{Destination, OutputName};
use self::output::Output;
use self::plan::Plan;
use self::replacements::Replacements;
use self::report::Slimmed;
use self::scanned::Scanned;
use self::selection::Selection;
use self::variant::VariantOf;
use crate::context::{Context, Report};
use crate::created_directories::CreatedDirectories;
use crate::error::Error;
use crate::json;
use crate::temporary::folder_of;
use crate::wheel_paths::{self, UnpackedWheels};

/// Slims wheels, one after another. The first error ends the run; the wheels before it stay.
pub fn run(arguments: &SlimArguments, context: &Context<'_>) -> Result<Report, Error> {
    let selection = arguments.selection();
    let wheels = wheel_paths::expand(&arguments.wheels, UnpackedWheels::Refused, context)?;
    arguments.check(wheels.len())?;
    name::refuse_same(&wheels, arguments.build_tag.as_ref())?;
    each(&wheels, &arguments.write, arguments.out.is_some(), context, |wheel, done| {
        let file = context.resolve(wheel);
        let destination = Destination {
            out: arguments.out.as_deref(),
            directory: &arguments.write.wheel_dir,
            build: arguments.build_tag.as_ref(),
            label: None,
            name_file: arguments.name_file.as_deref(),
            old_name_file: arguments.wheel_name_file.as_deref(),
        };
        let name = OutputName::new(&file, &destination, context)?;
        let scanned = Scanned::open(&file, arguments.write.limits.limits(), context)?;
        let variants = [Variant { selection: selection.clone(), gpus: Gpus::All, name, of: None }];
        write(&variants, wheel, &scanned, &arguments.write, context, done)
    })
}

/// Splits wheels, one after another. The first error ends the run; the wheels before it stay.
pub fn run_split(arguments: &SplitArguments, context: &Context<'_>) -> Result<Report, Error> {
    let wheels = wheel_paths::expand(&arguments.wheels, UnpackedWheels::Refused, context)?;
    arguments.check(wheels.len())?;
    // All build tags change.
    let build = (!arguments.variant).then(|| arguments.build_tag("")).transpose()?;
    name::refuse_same(&wheels, build.as_ref())?;
    each(&wheels, &arguments.write, false, context, |wheel, done| {
        split::split(wheel, arguments, context, done)
    })
}

/// Calls `slim` for each wheel; it adds to the reports on what is written.
fn each(
    wheels: &[PathBuf],
    arguments: &WriteArguments,
    is_silent: bool,
    context: &Context<'_>,
    mut slim: impl FnMut(&Path, &mut Vec<Slimmed>) -> Result<(), Error>,
) -> Result<Report, Error> {
    let mut report = Report::default();
    let mut done = Vec::new();
    for wheel in wheels {
        context.cancel.check()?;
        match slim(wheel, &mut done) {
            Ok(()) => {}
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            Err(error) => {
                report.exit_code = error.exit_code();
                report.errors.push(error.message_with_hint());
                break;
            }
        }
    }
    report.warnings = done.iter().flat_map(|slimmed| slimmed.warnings.iter().cloned()).collect();
    if arguments.report.is_json() {
        report.stdout = json::document(done)?;
    } else if !(context.common.quiet || is_silent) {
        // A build system prints what its actions print.
        report.stdout = done.iter().map(Slimmed::to_text).collect();
    }
    arguments.report.deliver(report, context)
}

/// A wheel to make of another one.
struct Variant {
    selection: Selection,
    /// The GPUs that it is for.
    gpus: Gpus,
    name: OutputName,
    /// The wheel variant that it is, if it is one.
    of: Option<VariantOf>,
}

/// Writes wheels of one wheel, unless it is a dry run. `given` is the path of the old wheel as it was given. Nothing is
/// written if one of them may not work.
fn write(
    variants: &[Variant],
    given: &Path,
    scanned: &Scanned,
    arguments: &WriteArguments,
    context: &Context<'_>,
    done: &mut Vec<Slimmed>,
) -> Result<(), Error> {
    let choices = choices(variants, scanned, arguments)?;
    let Some(first) = variants.first() else { return Ok(()) };
    let (directory, is_dry_run) = (folder_of(&first.name.out), arguments.dry_run);
    // Dropped after the temporary files in it.
    let created = (!is_dry_run).then(|| CreatedDirectories::create(directory));
    let _created = created.transpose()?;
    let replacements = {
        let choices: Vec<&Choice> = choices.iter().collect();
        // A dry run creates no directory.
        let of_system = std::env::temp_dir();
        let directory = if is_dry_run { &of_system } else { directory };
        let recompress = arguments.recompress;
        Replacements::new(scanned, &choices, recompress, directory, is_dry_run, context)?
    };
    let mut slimmed = Vec::with_capacity(variants.len());
    let mut plans = Vec::with_capacity(variants.len());
    for (Variant { name, .. }, choice) in variants.iter().zip(choices) {
        let plan = Plan::new(scanned, &choice, &replacements);
        let report = Slimmed::new(given, &name.out, scanned, &plan);
        slimmed.push(Slimmed { warnings: choice.hazards, ..report });
        plans.push(plan);
    }
    if is_dry_run {
        done.extend(slimmed);
        return Ok(());
    }
    let inflated = &plan::inflated_once(&plans);
    let outputs: Vec<Output<'_>> = variants
        .iter()
        .zip(&plans)
        .map(|(Variant { selection, name, of, .. }, plan)| {
            let (recompress, variant) = (arguments.recompress, of.as_ref());
            Output { scanned, plan, selection, recompress, name, variant, inflated }
        })
        .collect();
    let lens = output::write_all(&outputs, arguments.compression_level, context);
    for (report, len) in slimmed.into_iter().zip(lens) {
        done.push(Slimmed { bytes_after: Some(len?), ..report });
    }
    Ok(())
}

/// Returns what stays in each wheel.
fn choices(
    variants: &[Variant],
    scanned: &Scanned,
    arguments: &WriteArguments,
) -> Result<Vec<Choice>, Error> {
    let mut choices = Vec::with_capacity(variants.len());
    for Variant { selection, gpus, .. } in variants {
        selection.check(scanned)?;
        let choice = Choice::new(scanned, selection, gpus);
        if !arguments.allow_empty && !choice.hazards.is_empty() {
            let (wheel, hazards) = (scanned.name(), choice.hazards);
            return Err(SlimError::Hazards { wheel, hazards }.into());
        }
        choices.push(choice);
    }
    Ok(choices)
}
