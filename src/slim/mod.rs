//! `wheelworks slim` and `wheelworks split`: the same wheel without the device code of some architectures, and one wheel
//! for each architecture.
//!
//! ```text
//! wheel → Scanned (members, device code) → Variant (selection, name) → removals, hazards
//!       → members copied or edited → archive → check → rename
//! ```
//!
//! Entries are taken out of their containers; no other byte of a library changes. Members that keep all of their
//! device code are copied as they are compressed.

mod arguments;
mod error;
mod hazards;
mod name;
mod output;
mod plan;
mod report;
mod scanned;
mod selection;
mod split;
mod statement;

use std::path::{Path, PathBuf};

pub use self::arguments::{By, SlimArguments, SplitArguments, WriteArguments};
use self::error::SlimError;
use self::hazards::Gpus;
use self::name::{Destination, OutputName};
use self::output::Output;
use self::plan::Plan;
use self::report::Slimmed;
use self::scanned::Scanned;
use self::selection::Selection;
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
    each(&wheels, &arguments.write, arguments.out.is_some(), context, |wheel, done| {
        let file = context.resolve(wheel);
        let destination = Destination {
            out: arguments.out.as_deref(),
            directory: &arguments.write.wheel_dir,
            build: arguments.build_tag.as_ref(),
            name_file: arguments.name_file.as_deref(),
            old_name_file: arguments.wheel_name_file.as_deref(),
        };
        let name = OutputName::new(&file, &destination, context)?;
        let scanned = Scanned::open(&file, arguments.write.limits.limits(), context)?;
        let variant = Variant { selection: &selection, gpus: Gpus::All, name };
        done.push(variant.write(wheel, &scanned, &arguments.write, context)?);
        Ok(())
    })
}

/// Splits wheels, one after another. The first error ends the run; the wheels before it stay.
pub fn run_split(arguments: &SplitArguments, context: &Context<'_>) -> Result<Report, Error> {
    let wheels = wheel_paths::expand(&arguments.wheels, UnpackedWheels::Refused, context)?;
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
struct Variant<'a> {
    selection: &'a Selection,
    /// The GPUs that it is for.
    gpus: Gpus,
    name: OutputName,
}

impl Variant<'_> {
    /// Writes the wheel, unless it is a dry run. `given` is the path of the old wheel as it was given.
    fn write(
        &self,
        given: &Path,
        scanned: &Scanned,
        arguments: &WriteArguments,
        context: &Context<'_>,
    ) -> Result<Slimmed, Error> {
        self.selection.check(scanned)?;
        let plan = Plan::new(scanned, self.selection, self.gpus)?;
        if !arguments.allow_empty && !plan.hazards.is_empty() {
            let (wheel, hazards) = (scanned.name(), plan.hazards);
            return Err(SlimError::Hazards { wheel, hazards }.into());
        }
        let mut slimmed = Slimmed::new(given, &self.name.out, scanned, &plan);
        if !arguments.dry_run {
            // Dropped after the temporary files in it.
            let _created = CreatedDirectories::create(folder_of(&self.name.out))?;
            let output =
                Output { scanned, plan: &plan, selection: self.selection, name: &self.name };
            slimmed.bytes_after = Some(output.write(arguments.compression_level, context)?);
        }
        slimmed.warnings = plan.hazards;
        Ok(slimmed)
    }
}
