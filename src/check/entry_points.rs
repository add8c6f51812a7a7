//! `entry_points.txt`.

use std::collections::BTreeSet;

use super::archive::{Archive, read_metadata};
use super::dist_info::WheelDirectories;
use super::rules;
use crate::context::Context;
use crate::error::Error;
use crate::findings::Findings;
use crate::wheel::{DistributionName, EntryPoints, Headers, Requirement};

/// Names of interpreters, which uv refuses to overwrite. It takes `python3.12` and the like for such names, too.
const INTERPRETERS: [&str; 6] = ["python", "python3", "pythonw", "pypy", "pypy3", "graalpy"];

/// Checks the entry points.
pub(super) fn check(
    archive: &Archive<'_>,
    dist_info: &WheelDirectories,
    metadata: Option<&Headers>,
    findings: &mut Findings<'_>,
    context: &Context<'_>,
) -> Result<(), Error> {
    check_scripts(archive, dist_info, findings);
    let Some(path) = dist_info.path("entry_points.txt") else { return Ok(()) };
    let Some(text) = read_metadata(archive, &path, false, findings, context)? else {
        return Ok(());
    };
    let points = match EntryPoints::parse(&text) {
        Ok(points) => points,
        Err(error) => {
            findings.add(&rules::ENTRY_POINTS, error.to_string());
            return Ok(());
        }
    };
    for error in points.unusual() {
        findings.add(&rules::ENTRY_POINTS_UNUSUAL, error.to_string());
    }
    let data = dist_info.data_dir();
    let roots = [String::new(), format!("{data}/purelib/"), format!("{data}/platlib/")];
    let requirements = Requirements::of(metadata);
    for (name, object) in points.scripts() {
        check_name(name, dist_info, None, findings);
        let module = object.split([':', ' ']).next().unwrap_or_default();
        let is_in_wheel = |matches: &dyn Fn(&str) -> bool| {
            let in_root =
                |file: &str, root: &String| file.strip_prefix(root.as_str()).is_some_and(matches);
            archive.files().any(|file| roots.iter().any(|root| in_root(&file.name, root)))
        };
        let stem = module.replace('.', "/");
        if is_in_wheel(&|file| {
            file.strip_prefix(&*stem).is_some_and(|it| it.starts_with(['/', '.']))
        }) {
            continue;
        }
        let top = module.split('.').next().unwrap_or(module);
        // Other distributions add modules to a namespace package, but not to this one.
        let is_closed = is_in_wheel(&|file| {
            let rest = file.strip_prefix(top);
            rest.is_some_and(|rest| rest.starts_with('.') || rest.starts_with("/__init__."))
        });
        if !requirements.may_bring(module, is_closed, &extras_of(object)) {
            findings.add(&rules::ENTRY_POINTS_MODULE, format!("`{name} = {object}`"));
        }
    }
    Ok(())
}

/// The requirements in METADATA. Their modules are in other wheels, so which these are is not known: `PyYAML` has
/// `yaml`.
struct Requirements {
    /// Those that can be read.
    read: Vec<Requirement>,
    /// Whether there are others.
    has_unreadable: bool,
}

impl Requirements {
    fn of(metadata: Option<&Headers>) -> Self {
        let mut all = Self { read: Vec::new(), has_unreadable: false };
        for text in metadata.into_iter().flat_map(|it| it.get_all("Requires-Dist")) {
            match text.parse() {
                Ok(requirement) => all.read.push(requirement),
                Err(_) => all.has_unreadable = true,
            }
        }
        all
    }

    /// Returns whether a module that is not in the wheel may be in one that is installed with it and these extras.
    /// `is_closed`: the module's top-level package belongs to the wheel.
    fn may_bring(&self, module: &str, is_closed: bool, extras: &BTreeSet<String>) -> bool {
        let mut names = self.read.iter().map(|it| it.name().escaped());
        let is_likely = names.any(|name| brings(&name, module));
        let is_possible = self.has_unreadable || self.read.iter().any(|it| it.may_apply(extras));
        is_likely || (is_possible && !is_closed)
    }
}

/// Returns whether a distribution of this name, with `_` between words, is likely to have a module:
/// `jupyter_core` has `jupyter_core`, `google_cloud_storage` has `google.cloud.storage.client`.
fn brings(distribution: &str, module: &str) -> bool {
    let module = module.replace('.', "_").to_ascii_lowercase();
    module.strip_prefix(distribution).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

/// Returns the extras of an object reference, such as `a` and `b` of `module:object [a,b]`, normalised.
fn extras_of(object: &str) -> BTreeSet<String> {
    let list = object.split_once('[').map_or("", |(_, list)| list.trim_end_matches([']', ' ']));
    let names = list.split(',').filter_map(|name| name.trim().parse::<DistributionName>().ok());
    names.map(|name| name.normalized()).collect()
}

/// Reports scripts in the data directory that replace an interpreter or pip.
fn check_scripts(archive: &Archive<'_>, dist_info: &WheelDirectories, findings: &mut Findings<'_>) {
    let scripts = format!("{}/scripts/", dist_info.data_dir());
    for file in archive.files() {
        if let Some(name) = file.name.strip_prefix(&scripts) {
            check_name(name, dist_info, Some(&file.name), findings);
        }
    }
}

fn check_name(
    name: &str,
    dist_info: &WheelDirectories,
    member: Option<&str>,
    findings: &mut Findings<'_>,
) {
    let name = name.to_ascii_lowercase();
    let is_version =
        |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    let version_of = |prefix: &str| name.strip_prefix(prefix).is_some_and(is_version);
    let rule = if INTERPRETERS.contains(&name.as_str()) || version_of("python3.") {
        &rules::SCRIPT_RESERVED
    } else if (name == "pip" || version_of("pip")) && !dist_info.data_dir().starts_with("pip-") {
        &rules::SCRIPT_PIP
    } else {
        return;
    };
    match member {
        Some(member) => findings.add_at(rule, member, ""),
        None => findings.add(rule, format!("`{name}`")),
    }
}
