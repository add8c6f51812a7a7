//! `wheelworks repair`: copies the libraries that a wheel needs into it, and gives it the platform tag that it
//! then meets. A replacement for `auditwheel repair`.
//!
//! ```text
//! wheel → Contents → Analysis (criteria, external libraries) → Choice (policy, tags)
//!       → Grafts, FileEdits → members → archive → audit → rename
//! ```
//!
//! `pack` and `repack` repair what they write (`planned`): there the wheel is a plan, and no archive is read.
//!
//! `docs/repair.md` lists the intended differences from auditwheel.

mod arguments;
mod choice;
mod debug_files;
mod edits;
mod error;
mod grafts;
mod notes;
mod output;
mod places;
mod plan;
mod planned;
mod provenance;
mod report;
mod rpath;
mod same_outputs;
mod scripts;
mod session;
mod tags;
mod verify;
mod wheel;

pub use self::arguments::{Patcher, RepairArguments};
pub(crate) use self::planned::{PlanRepair, UnverifiedRepair};
use self::session::Session;
use crate::context::{Context, Report};
use crate::created_directories::CreatedDirectories;
use crate::error::Error;
use crate::json;
use crate::wheel_paths::{self, UnpackedWheels};

/// Repairs wheels, one after another. The first error ends the run; the wheels before it stay.
pub fn run(arguments: &RepairArguments, context: &Context<'_>) -> Result<Report, Error> {
    arguments.check()?;
    let directory = arguments.directory(context);
    let session = Session::new(arguments, &directory, context)?;
    let wheels = wheel_paths::expand(&arguments.wheels, UnpackedWheels::Refused, context)?;
    wheel_paths::refuse_same_names(&wheels, str::to_owned)?;
    same_outputs::refuse(&session, &wheels, context)?;
    let mut report = Report::default();
    let mut repaired = Vec::new();
    for wheel in &wheels {
        context.cancel.check()?;
        // Dropped after the temporary files in it.
        let created = (!arguments.dry_run).then(|| CreatedDirectories::create(&directory));
        let _created = created.transpose()?;
        match session.repair(wheel, &mut report.log) {
            Ok(done) => {
                report.warnings.extend(done.warnings.iter().cloned());
                repaired.push(done);
            }
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            Err(error) => {
                report.exit_code = error.exit_code();
                report.errors.push(error.message_with_hint());
                break;
            }
        }
    }
    report.warnings.extend(session.warnings());
    if arguments.out.is_some() {
        // A build system prints what its actions print.
        report.log.clear();
    }
    if arguments.report.is_json() {
        report.stdout = json::document(repaired)?;
    }
    arguments.report.deliver(report, context)
}
