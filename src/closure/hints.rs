//! What files may open with `dlopen` or `ctypes`: hints, because no code is run.
//!
//! A name among the string literals of a library may be in a message, or in a list of names that are tried one after
//! another. So only names are reported that are about libraries of the closure, or that nothing brings.

use std::collections::{BTreeMap, BTreeSet};

use super::installed::{Installed, Object};
use super::loader::Loader;
use super::outside::Outside;
use super::problem::Problem;
use super::process::{FoundBy, Process};
use super::rules;
use super::wheel::ClosureWheel;
use crate::slash_path::file_name;

/// How a library would be found by its name.
enum Found {
    /// It is in the process, or comes from outside of the closure.
    Certain,
    /// By a search path of the file.
    ByPath(usize, FoundBy),
    /// It has a file in the closure, and no search path leads there.
    NotOnPath(usize),
    Nowhere,
}

/// Maximum number of names that no wheel has in one hint.
const MAX_NAMES: usize = 5;

/// Adds the names of libraries among the string literals of each file. Those that no wheel has are one hint for each
/// file: nearly all are optional libraries of systems.
pub(super) fn add(
    wheels: &[ClosureWheel],
    loader: &Loader<'_>,
    processes: &[Process],
    problems: &mut Vec<Problem>,
) {
    let installed = loader.installed;
    for (at, (object, process)) in installed.objects.iter().zip(processes).enumerate() {
        let (rule, file) = (&rules::MAY_OPEN_LIBRARY, Some(object.member.as_str()));
        let mut nowhere = Vec::new();
        for names in by_stem(object) {
            // Names of one library with other versions are tried until one is found.
            let found = names.iter().map(|&name| (name, find(loader, at, process, name)));
            let Some((name, found)) = found.min_by_key(|(_, found)| rank(found)) else { continue };
            let (found, how) = match found {
                Found::Certain => continue,
                Found::ByPath(found, by) => (found, by.how()),
                Found::NotOnPath(found) => {
                    (found, "only once it is loaded: no search path leads there")
                }
                Found::Nowhere => {
                    nowhere.push(name);
                    continue;
                }
            };
            let found = &installed.objects[found];
            let package = &wheels[found.wheel].candidate.package;
            let detail =
                format!("it may open `{name}`, and finds `{}` of `{package}` {how}", found.path);
            problems.push(Problem::new(rule, object.wheel, file, name, detail));
        }
        if !nowhere.is_empty() {
            let shown: Vec<String> =
                nowhere.iter().take(MAX_NAMES).map(|name| format!("`{name}`")).collect();
            let more = nowhere.len().saturating_sub(MAX_NAMES);
            let more = if more == 0 { String::new() } else { format!(", and {more} more") };
            let names = shown.join(", ");
            let detail =
                format!("it may open libraries that no wheel of the closure has: {names}{more}");
            problems.push(Problem::new(rule, object.wheel, file, "", detail));
        }
    }
}

/// Returns the names among the literals of a file, by what is in front of `.so`, without its own and those that it needs.
fn by_stem(object: &Object) -> Vec<Vec<&str>> {
    let mut by_stem: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in &object.facts.soname_literals {
        let stem = name.split(".so").next().unwrap_or(name);
        by_stem.entry(stem).or_default().push(name);
    }
    let soname = object.facts.soname.as_deref();
    let is_needed = |name: &str| object.facts.needed.iter().any(|needed| file_name(needed) == name);
    let is_known =
        |name: &&str| *name == object.file_name() || soname == Some(*name) || is_needed(name);
    by_stem.into_values().filter(|names| !names.iter().any(is_known)).collect()
}

fn rank(found: &Found) -> u8 {
    match found {
        Found::Certain => 0,
        Found::ByPath(..) => 1,
        Found::NotOnPath(_) => 2,
        Found::Nowhere => 3,
    }
}

fn find(loader: &Loader<'_>, at: usize, process: &Process, name: &str) -> Found {
    let (installed, outside): (&Installed, &Outside<'_>) = (loader.installed, loader.outside);
    let object = &installed.objects[at];
    if process.named(name).is_some() || outside.provider(object.wheel, name).is_some() {
        return Found::Certain;
    }
    if let Ok((found, by)) = loader.find_alone(at, name) {
        return Found::ByPath(found, by);
    }
    match installed.named(name).first() {
        Some(&found) => Found::NotOnPath(found),
        None => Found::Nowhere,
    }
}

/// Adds the libraries that `__init__.py` files load by a name. What runs before and whether it runs is not known, so no
/// library counts as loaded by them.
pub(super) fn add_preloads(
    wheels: &[ClosureWheel],
    installed: &Installed,
    outside: &Outside<'_>,
    preloaded: &BTreeSet<String>,
    problems: &mut Vec<Problem>,
) {
    for (at, wheel) in wheels.iter().enumerate() {
        if preloaded.contains(&wheel.candidate.package) {
            continue;
        }
        for preload in &*wheel.preloads {
            let name = file_name(&preload.name);
            let is_other = preload.is_directory || !name.contains(".so");
            if is_other || outside.provider(at, name).is_some() {
                continue;
            }
            let found = match installed.named(name).first() {
                Some(&found) => {
                    let found = &installed.objects[found];
                    let package = &wheels[found.wheel].candidate.package;
                    format!("`{}` of `{package}` has this name", found.path)
                }
                None => "no wheel of the closure has it".to_owned(),
            };
            let detail = format!("it may load `{}` with `{}`: {found}", preload.name, preload.call);
            let (rule, file) = (&rules::MAY_PRELOAD_LIBRARY, Some(preload.member.as_str()));
            problems.push(Problem::new(rule, at, file, name, detail));
        }
    }
}
