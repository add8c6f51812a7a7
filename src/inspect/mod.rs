//! `wheelworks inspect` and `wheelworks diff`: the sizes of a wheel's parts, and the differences
//! between two wheels.
//!
//! ```text
//! wheel → archive (directory) → Inventory (members, kinds) → libraries (sections), duplicates → text or JSON
//! ```
//!
//! Most of it comes from the central directory. Libraries and possible duplicates are inflated only
//! as far as needed: a few chunks if the member has a chunk table, which is trusted here.

mod arguments;
mod difference;
mod duplicates;
mod inventory;
mod libraries;
mod metadata;
mod text;

use std::path::Path;

use serde::Serialize;

pub use self::arguments::{DiffArguments, InspectArguments, ViewArguments};
use self::difference::Difference;
use self::duplicates::Duplicate;
use self::inventory::Inventory;
use self::libraries::Library;
use self::metadata::About;
use crate::context::{Context, Report};
use crate::error::Error;
use crate::json;
use crate::opened_wheel::{Archive, UnpackedTotal};

/// The inspection result of one wheel.
#[derive(Debug, Serialize)]
struct Inspected {
    /// The file's name.
    wheel: String,
    /// The main fields of METADATA and WHEEL; `None` unless there is exactly one dist-info
    /// directory.
    metadata: Option<About>,
    #[serde(flatten)]
    inventory: Inventory,
    /// ELF files, the largest first.
    libraries: Vec<Library>,
    /// Duplicate content, the most wasteful first.
    duplicates: Vec<Duplicate>,
}

/// Inspects wheels.
pub fn run(arguments: &InspectArguments, context: &Context<'_>) -> Result<Report, Error> {
    let mut inspected = Vec::with_capacity(arguments.wheels.len());
    for path in &arguments.wheels {
        inspected.push(inspect(path, &arguments.view, context)?);
    }
    let limit = arguments.view.list_limit();
    let stdout = if arguments.view.json {
        for wheel in &mut inspected {
            wheel.inventory.members.truncate(limit);
            wheel.libraries.truncate(limit);
            wheel.duplicates.truncate(limit);
        }
        json::to_text(&inspected)?
    } else {
        let texts: Vec<String> = inspected.iter().map(|it| text::render(it, limit)).collect();
        texts.join("\n")
    };
    Ok(Report { stdout, ..Report::default() })
}

/// Compares two wheels.
pub fn run_diff(arguments: &DiffArguments, context: &Context<'_>) -> Result<Report, Error> {
    let old = inspect(&arguments.old, &arguments.view, context)?;
    let new = inspect(&arguments.new, &arguments.view, context)?;
    let mut difference = Difference::between(&old, &new);
    let limit = arguments.view.list_limit();
    let stdout = if arguments.view.json {
        difference.truncate(limit);
        json::to_text(&difference)?
    } else {
        text::render_difference(&difference, limit)
    };
    Ok(Report { stdout, ..Report::default() })
}

fn inspect(path: &Path, view: &ViewArguments, context: &Context<'_>) -> Result<Inspected, Error> {
    context.cancel.check()?;
    let metrics = context.metrics;
    let archive = metrics.during("open", || Archive::open(&context.resolve(path)))?;
    let members = UnpackedTotal::new(view.limits.limits()).check(&archive)?;
    let inventory = Inventory::of(&archive, &members);
    let metadata = About::read(&archive, &members, context)?;
    let libraries =
        metrics.during("libraries", || libraries::find(&archive, &inventory, context))?;
    let duplicates =
        metrics.during("duplicates", || duplicates::find(&archive, &inventory, context))?;
    archive.check_intact()?;
    archive.check_unchanged()?;
    let wheel = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Inspected { wheel, metadata, inventory, libraries, duplicates })
}
