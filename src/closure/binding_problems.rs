//! The problems of libraries and symbols that the loader does not find, in its own terms.

use super::installed::Installed;
use super::problem::Problem;
use super::process::{Absence, Missing, Module, Process};
use super::rules;
use super::search::SearchEntry;
use super::symbols::Unbound;
use super::wheel::ClosureWheel;

/// The role of a file that lacks a library.
#[derive(Debug, Clone, Copy)]
pub(super) struct Role {
    /// Whether no other file needs it, and it is no extension module.
    pub(super) is_plugin: bool,
    /// Whether all wheels that its wheel requires are at hand.
    pub(super) is_complete: bool,
}

/// Returns the problem of a needed library that is not found.
pub(super) fn absence_problem(
    missing: &Missing,
    needing: Role,
    installed: &Installed,
    wheels: &[ClosureWheel],
) -> Problem {
    let object = &installed.objects[missing.object];
    let name = &missing.name;
    let (rule, detail) = match &missing.absence {
        Absence::Nowhere if needing.is_plugin && needing.is_complete => (
            &rules::PLUGIN_LIBRARY_NOT_FOUND,
            format!("`{name}`: no wheel has it{}", build_machine(&object.rpath, &object.runpath)),
        ),
        Absence::Nowhere => (
            &rules::LIBRARY_NOT_FOUND,
            format!(
                "`{name}`: cannot open shared object file: no wheel of the closure has it{}",
                build_machine(&object.rpath, &object.runpath)
            ),
        ),
        Absence::NotOnPath(found) => {
            let is_own = found.iter().any(|&found| installed.objects[found].wheel == object.wheel);
            let places: Vec<String> = found
                .iter()
                .take(3)
                .map(|&found| {
                    let found = &installed.objects[found];
                    format!("`{}` of {}", found.path, described(&wheels[found.wheel]))
                })
                .collect();
            let paths = object.facts.runpath.as_deref().or(object.facts.rpath.as_deref());
            let searched = paths.map_or_else(
                || "it has no search path".to_owned(),
                |paths| format!("it searches `{paths}`"),
            );
            let rule = if needing.is_plugin && is_own {
                &rules::PLUGIN_LOADS_AFTER_HOST
            } else {
                &rules::LIBRARY_NOT_ON_PATH
            };
            (
                rule,
                format!(
                    "`{name}`: cannot open shared object file: it is {}, but {searched}",
                    places.join(" and ")
                ),
            )
        }
        Absence::Refused(path, refusal) => {
            (&rules::FILE_NOT_LOADABLE, format!("`{name}`: `{path}` {}", refusal.text()))
        }
        Absence::NoDefaultPaths => (
            &rules::LIBRARY_NOT_ON_PATH,
            format!(
                "`{name}`: cannot open shared object file: it is in a directory of the system, which the loader does \
                 not search for a file with the flag `DF_1_NODEFLIB`"
            ),
        ),
        Absence::AbsolutePath => (
            &rules::NEEDED_BY_PATH,
            format!("`{name}`: cannot open shared object file: the path is not in the environment"),
        ),
    };
    Problem::new(rule, object.wheel, Some(&object.member), name, detail)
}

/// Returns a remark if a file searches directories of the machine that built it: it loads there.
fn build_machine(rpath: &[SearchEntry], runpath: &[SearchEntry]) -> String {
    let absolute = rpath.iter().chain(runpath).find_map(|entry| match entry {
        SearchEntry::Absolute(path) => Some(path),
        _ => None,
    });
    absolute.map_or_else(String::new, |path| {
        format!("; it was found in `{path}` where the file was built")
    })
}

/// Returns the package and version of a wheel.
pub(super) fn described(wheel: &ClosureWheel) -> String {
    format!("`{}` {}", wheel.candidate.package, wheel.candidate.version)
}

/// Returns the problem of a symbol or version that is not defined in the process of `root`.
pub(super) fn unbound_problem(
    unbound: &Unbound,
    root: usize,
    process: &Process,
    installed: &Installed,
    wheels: &[ClosureWheel],
) -> Problem {
    let object = &installed.objects[unbound.object];
    let place = unbound.found.map(|found| {
        let found = &installed.objects[found];
        format!("`{}` of {}", found.file_name(), described(&wheels[found.wheel]))
    });
    let version = unbound.version.as_deref().unwrap_or_default();
    let when = if root == unbound.object {
        String::new()
    } else {
        format!(", when `{}` is loaded", installed.objects[root].path)
    };
    let (rule, name, detail) = if let Some(symbol) = &unbound.symbol {
        let detail = match (&place, &unbound.library) {
            (Some(place), _) => format!(
                "undefined symbol: `{symbol}`, version `{version}`: {place} does not define it{when}"
            ),
            (None, Some(library)) => {
                format!("undefined symbol: `{symbol}`, version `{version}` of `{library}`{when}")
            }
            (None, None) => format!(
                "undefined symbol: `{symbol}`: no library that is loaded with it defines it{when}"
            ),
        };
        (&rules::UNDEFINED_SYMBOL, symbol.as_str(), detail)
    } else {
        let why = match (place, &unbound.library) {
            (Some(place), _) => format!("{place} does not define it"),
            (None, Some(library)) => format!("`{library}` is not loaded, and the loader aborts"),
            (None, None) => "no library defines it".to_owned(),
        };
        let detail = format!("version `{version}` not found: {why}{when}");
        (&rules::SYMBOL_VERSION_NOT_FOUND, version, detail)
    };
    let provider = provider(unbound, process, installed);
    Problem { provider, ..Problem::new(rule, object.wheel, Some(&object.member), name, detail) }
}

/// Returns the other wheel that should define a symbol or version: that of the library that a version names, or the only
/// one whose libraries the file needs.
fn provider(unbound: &Unbound, process: &Process, installed: &Installed) -> Option<usize> {
    let own = installed.objects[unbound.object].wheel;
    let of_version = unbound.found.map(|found| installed.objects[found].wheel);
    let needed = process.links.iter().filter(|link| link.object == unbound.object);
    let wheels = needed.filter_map(|link| match link.module {
        Module::Object(found) => Some(installed.objects[found].wheel),
        Module::Outside(..) => None,
    });
    let mut others: Vec<usize> = match of_version {
        Some(wheel) => vec![wheel],
        None => wheels.collect(),
    };
    others.retain(|wheel| *wheel != own);
    others.sort_unstable();
    others.dedup();
    if let [only] = others[..] { Some(only) } else { None }
}
