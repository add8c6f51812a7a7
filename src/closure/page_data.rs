//! The data of the page of `closure`: its wheels, the libraries that find each other, and the problems.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::links::LibraryLink;
use super::process::FoundBy;
use super::report::{Outcome, WheelReport};
use crate::error::Error;
use crate::findings::report::Reported as _;
use crate::page::{self, PageKind};

/// Maximum number of links, and of problems, on a page. Those of torch and all that it requires are 2,000.
const MAX_ITEMS: usize = 5000;

/// Renders the page.
///
/// # Errors
///
/// [`Error::Internal`] if the data has no form in JSON.
pub(super) fn page(outcome: &Outcome<'_>) -> Result<String, Error> {
    let title = match outcome.wheels {
        [only] => only.candidate.file_name(),
        wheels => format!("{} wheels, installed together", wheels.len()),
    };
    let (mut by_wheel, mut by_library) = (BTreeMap::new(), BTreeMap::new());
    for problem in outcome.problems.iter().filter(|it| it.is_error()) {
        *by_wheel.entry(problem.wheel).or_insert(0) += 1;
        if let Some(file) = &problem.file {
            *by_library.entry((problem.wheel, file.as_str())).or_insert(0) += 1;
        }
    }
    let count = |at: usize| by_wheel.get(&at).copied().unwrap_or(0);
    let wheels = outcome.wheels_json().enumerate().map(|(at, mut wheel)| {
        wheel["problems"] = json!(count(at));
        wheel
    });
    let libraries = outcome.libraries.iter().map(|library| {
        let problems = by_library.get(&(library.wheel, library.path.as_str())).copied();
        json!({"wheel": library.wheel, "path": library.path, "problems": problems.unwrap_or(0)})
    });
    let data = json!({
        "title": title,
        "environment": outcome.environment_json(),
        "wheels": wheels.collect::<Vec<_>>(),
        "libraries": libraries.collect::<Vec<_>>(),
        "links": outcome.links.iter().take(MAX_ITEMS).map(link).collect::<Vec<_>>(),
        "links_omitted": outcome.links.len().saturating_sub(MAX_ITEMS),
        "missing": missing(outcome),
        "problems": outcome.problems_json().take(MAX_ITEMS).collect::<Vec<_>>(),
        "problems_omitted": outcome.problems.len().saturating_sub(MAX_ITEMS),
        "unresolved": outcome.unresolved,
        "not_looked_at": outcome.not_looked_at_json(),
    });
    page::render(PageKind::Closure, &format!("{}: {title}", WheelReport::VERB), &data)
}

fn link(link: &LibraryLink) -> Value {
    let (to, outside) = (link.to.ok(), link.to.err());
    json!({"from": link.from, "name": link.name, "to": to, "outside": outside, "by": by(link.by)})
}

/// Returns the name of a way to find a library; null for those from outside.
fn by(found: FoundBy) -> Option<&'static str> {
    match found {
        FoundBy::Loaded => Some("loaded"),
        FoundBy::Rpath => Some("rpath"),
        FoundBy::InheritedRpath => Some("inherited rpath"),
        FoundBy::Runpath => Some("runpath"),
        FoundBy::Path => Some("path"),
        FoundBy::Outside(_) => None,
    }
}

/// Returns the needed libraries that are not found, with the libraries that need them.
fn missing(outcome: &Outcome<'_>) -> Vec<Value> {
    let places: BTreeMap<(usize, &str), usize> = outcome
        .libraries
        .iter()
        .enumerate()
        .map(|(at, library)| ((library.wheel, library.path.as_str()), at))
        .collect();
    let absent = outcome.problems.iter().filter(|it| it.is_absence());
    let found = absent.filter_map(|problem| {
        let from = places.get(&(problem.wheel, problem.file.as_deref()?))?;
        Some(json!({"from": from, "name": problem.name.as_deref()?}))
    });
    found.take(MAX_ITEMS).collect()
}
