//! `entry_points.txt`.

use super::archive::{Archive, read_metadata};
use super::dist_info::WheelDirectories;
use super::rules;
use crate::context::Context;
use crate::error::Error;
use crate::findings::Findings;
use crate::wheel::{EntryPoints, Headers, Requirement};

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
    let requirements = metadata.into_iter().flat_map(|it| it.get_all("Requires-Dist"));
    let required: Vec<String> = requirements
        .filter_map(|text| Some(text.parse::<Requirement>().ok()?.name().escaped()))
        .collect();
    for (name, object) in points.scripts() {
        check_name(name, dist_info, None, findings);
        let module = object.split([':', ' ']).next().unwrap_or_default();
        let stem = module.replace('.', "/");
        let is_module = |file: &str| {
            roots.iter().any(|root| {
                let rest = file.strip_prefix(root.as_str());
                rest.and_then(|rest| rest.strip_prefix(stem.as_str()))
                    .is_some_and(|rest| rest.starts_with(['/', '.']))
            })
        };
        let is_required = required.iter().any(|name| brings(name, module));
        if !is_required && !archive.files().any(|file| is_module(&file.name)) {
            findings.add(&rules::ENTRY_POINTS_MODULE, format!("`{name} = {object}`"));
        }
    }
    Ok(())
}

/// Returns whether a distribution of this name, with `_` between words, is likely to have a module:
/// `jupyter_core` has `jupyter_core`, `google_cloud_storage` has `google.cloud.storage.client`.
fn brings(distribution: &str, module: &str) -> bool {
    let module = module.replace('.', "_").to_ascii_lowercase();
    module.strip_prefix(distribution).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
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
