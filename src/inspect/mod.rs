//! `wheelworks inspect` and `wheelworks diff`: where the bytes of a wheel are, and what changed from one
//! wheel to another.
//!
//! ```text
//! wheel → archive (directory) → Inventory (members, kinds) → libraries (sections), duplicates → text or JSON
//! ```
//!
//! The central directory tells most of it. Of libraries, and of what may be there twice, only what is
//! needed is inflated: a few chunks where a member has a table of them, whose word is taken here.

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
use crate::opened_wheel::{Archive, Unpacked};

/// One wheel, looked into.
#[derive(Debug, Serialize)]
struct Inspected {
    /// The file's name.
    wheel: String,
    /// What METADATA and WHEEL say; `None` if there is no dist-info directory.
    metadata: Option<About>,
    #[serde(flatten)]
    inventory: Inventory,
    /// ELF files, the largest first.
    libraries: Vec<Library>,
    /// Content that is there more than once, the most wasteful first.
    duplicates: Vec<Duplicate>,
}

/// Looks into wheels.
pub fn run(arguments: &InspectArguments, context: &Context<'_>) -> Result<Report, Error> {
    let mut inspected = Vec::with_capacity(arguments.wheels.len());
    for path in &arguments.wheels {
        inspected.push(inspect(path, &arguments.view, context)?);
    }
    let most = arguments.view.most();
    let stdout = if arguments.view.json {
        for wheel in &mut inspected {
            wheel.inventory.members.truncate(most);
            wheel.libraries.truncate(most);
            wheel.duplicates.truncate(most);
        }
        json::to_text(&inspected)?
    } else {
        let texts: Vec<String> = inspected.iter().map(|it| text::render(it, most)).collect();
        texts.join("\n")
    };
    Ok(Report { stdout, ..Report::default() })
}

/// Tells two wheels apart.
pub fn run_diff(arguments: &DiffArguments, context: &Context<'_>) -> Result<Report, Error> {
    let old = inspect(&arguments.old, &arguments.view, context)?;
    let new = inspect(&arguments.new, &arguments.view, context)?;
    let mut difference = Difference::between(&old, &new);
    let most = arguments.view.most();
    let stdout = if arguments.view.json {
        difference.truncate(most);
        json::to_text(&difference)?
    } else {
        text::render_difference(&difference, most)
    };
    Ok(Report { stdout, ..Report::default() })
}

fn inspect(path: &Path, view: &ViewArguments, context: &Context<'_>) -> Result<Inspected, Error> {
    context.cancel.check()?;
    let cost = context.cost;
    let archive = cost.during("open", || Archive::open(&context.resolve(path)))?;
    let members = Unpacked::new(view.limits.limits()).check(&archive)?;
    let inventory = Inventory::of(&archive, &members);
    let metadata = About::read(&archive, &members, context)?;
    let libraries = cost.during("libraries", || libraries::find(&archive, &inventory, context))?;
    let duplicates =
        cost.during("duplicates", || duplicates::find(&archive, &inventory, context))?;
    archive.check_intact()?;
    archive.check_unchanged()?;
    let wheel = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Inspected { wheel, metadata, inventory, libraries, duplicates })
}
