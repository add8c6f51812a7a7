//! `wheelworks inspect` and `wheelworks diff`: the sizes of a wheel's parts, and the differences
//! between two wheels.
//!
//! ```text
//! wheel → archive (directory) → Inventory (members, kinds) → libraries (sections), duplicates → text, JSON or
//! a page
//! ```
//!
//! Most of it comes from the central directory. Libraries are inflated once, for their sections and device
//! code; possible duplicates as well. Of a member with a chunk table, which is trusted here, only the needed
//! chunks are.

mod advice;
mod arguments;
mod code_changes;
mod device_code;
mod device_text;
mod difference;
mod duplicates;
mod field_changes;
mod inventory;
mod kernel_changes;
mod libraries;
mod library_pairs;
mod metadata;
mod page_data;
mod pair;
mod payloads;
mod policies;
mod text;
mod text_table;
mod what_if;

use std::path::Path;

use serde::Serialize;
use serde_json::Value;

pub use self::arguments::{By, DiffArguments, InspectArguments, ViewArguments};
use self::device_code::WheelCode;
use self::difference::Difference;
use self::duplicates::Duplicate;
use self::inventory::Inventory;
pub(crate) use self::inventory::unversioned;
use self::libraries::Library;
use self::metadata::About;
use self::policies::PolicyAudit;
use self::what_if::{Selection, WhatIf};
use crate::context::{Context, Report};
use crate::error::Error;
use crate::json;
use crate::opened_wheel::{Archive, Limits, UnpackedTotal};
use crate::report_arguments::PageForm;
use crate::wheel_paths::{self, UnpackedWheels};

/// The inspection result of one wheel.
#[derive(Debug, Serialize)]
struct Inspected {
    /// The file's name.
    wheel: String,
    /// The path as it was given.
    path: String,
    /// The main fields of METADATA and WHEEL; `None` unless there is exactly one dist-info
    /// directory.
    metadata: Option<About>,
    #[serde(flatten)]
    inventory: Inventory,
    /// Libraries and programs, the largest first.
    libraries: Vec<Library>,
    /// Code for GPUs.
    device_code: WheelCode,
    /// Duplicate content, the most wasteful first.
    duplicates: Vec<Duplicate>,
    /// The audit of the wheel alone; only if it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    audit: Option<PolicyAudit>,
    /// What it would take without some architectures; only if they are named.
    #[serde(skip_serializing_if = "Option::is_none")]
    what_if: Option<WhatIf>,
}

/// Inspects wheels. One that cannot be read does not affect the others.
pub fn run(arguments: &InspectArguments, context: &Context<'_>) -> Result<Report, Error> {
    let view = &arguments.view;
    let limits = view.limits.limits();
    let (form, paint) = (view.report.form(), view.report.paint(context));
    let mut report = Report::default();
    let mut texts = Vec::new();
    let mut objects = Vec::new();
    let paths = wheel_paths::expand(&arguments.wheels, UnpackedWheels::Refused, context)?;
    for path in &paths {
        let inspected = inspect(path, limits, arguments.by, context).and_then(|inspected| {
            let audit = arguments.policies.then(|| PolicyAudit::of(path, context)).transpose()?;
            let selection = Selection { drop: &arguments.drop, keep: &arguments.keep };
            let what_if = WhatIf::of(&inspected.wheel, &inspected.device_code, selection)?;
            Ok(Inspected { audit, what_if, ..inspected })
        });
        match (inspected, form) {
            (Ok(inspected), PageForm::Text) => {
                texts.push(text::render(&inspected, arguments.by, view.list_limit(), paint));
            }
            (Ok(inspected), PageForm::Json) => objects.push(json::to_value(&inspected)?),
            (Ok(inspected), PageForm::Html) => {
                objects.push(page_data::of_wheel(inspected, paths.len())?);
            }
            (Err(Error::Cancelled), _) => return Err(Error::Cancelled),
            (Err(error), _) => {
                report.exit_code = report.exit_code.max(error.exit_code());
                let message = error.message_with_hint();
                objects.push(json::unreadable(path, &message));
                report.errors.push(message);
            }
        }
    }
    report.stdout = match form {
        PageForm::Text => texts.join("\n"),
        PageForm::Json => json::document(objects)?,
        PageForm::Html => page_data::page_of_wheels(objects)?,
    };
    view.report.deliver(report, context)
}

/// Compares two wheels.
pub fn run_diff(arguments: &DiffArguments, context: &Context<'_>) -> Result<Report, Error> {
    let (view, by) = (&arguments.view, arguments.by);
    let limits = view.limits.limits();
    let side = |path| inspect(&wheel_paths::only(path, context)?, limits, by, context);
    let (old, new) = (side(&arguments.old)?, side(&arguments.new)?);
    let difference = Difference::between(&old, &new, by);
    let stdout = match view.report.form() {
        PageForm::Text => {
            text::render_difference(&difference, view.list_limit(), view.report.paint(context))
        }
        PageForm::Json => json::versioned(json::fields(&difference)?)?,
        PageForm::Html => page_data::page_of_difference(&difference, old, new)?,
    };
    view.report.deliver(Report { stdout, ..Report::default() }, context)
}

/// Returns the object of a wheel in the JSON report. `docs/inspect.md` describes it.
///
/// # Errors
/// If the wheel cannot be read.
pub(crate) fn report_of(path: &Path, context: &Context<'_>) -> Result<Value, Error> {
    json::to_value(inspect(path, Limits::default(), By::Wheel, context)?)
}

fn inspect(path: &Path, limits: Limits, by: By, context: &Context<'_>) -> Result<Inspected, Error> {
    context.cancel.check()?;
    let metrics = context.metrics;
    let archive = metrics.during("open", || Archive::open(&context.resolve(path)))?;
    UnpackedTotal::new(limits).check_lens(&archive)?;
    let mut inventory = Inventory::of(&archive);
    let metadata = About::read(&archive, &mut inventory.problems, context)?;
    let with_kernels = by == By::Kernel;
    let (libraries, device_code) = metrics
        .during("libraries", || libraries::find(&archive, &inventory, with_kernels, context))?;
    let (duplicates, problems) =
        metrics.during("duplicates", || duplicates::find(&archive, &inventory, context))?;
    inventory.problems.extend(problems);
    archive.check_intact()?;
    archive.check_unchanged()?;
    let wheel = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let path = path.to_string_lossy().into_owned();
    Ok(Inspected {
        wheel,
        path,
        metadata,
        inventory,
        libraries,
        device_code,
        duplicates,
        audit: None,
        what_if: None,
    })
}
