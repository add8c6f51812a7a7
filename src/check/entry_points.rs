//! `entry_points.txt`.

use super::archive::{Archive, read_metadata};
use super::dist_info::WheelDirectories;
use super::rules;
use crate::context::Context;
use crate::error::Error;
use crate::findings::Findings;
use crate::wheel::EntryPoints;

/// Checks the entry points.
pub(super) fn check(
    archive: &Archive<'_>,
    dist_info: &WheelDirectories,
    findings: &mut Findings<'_>,
    context: &Context<'_>,
) -> Result<(), Error> {
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
    let data = dist_info.data_dir();
    let roots = [String::new(), format!("{data}/purelib/"), format!("{data}/platlib/")];
    for (name, object) in points.scripts() {
        let module = object.split([':', ' ']).next().unwrap_or_default();
        let stem = module.replace('.', "/");
        let is_module = |file: &str| {
            roots.iter().any(|root| {
                let rest = file.strip_prefix(root.as_str());
                rest.and_then(|rest| rest.strip_prefix(stem.as_str()))
                    .is_some_and(|rest| rest.starts_with(['/', '.']))
            })
        };
        if !archive.files().any(|file| is_module(&file.name)) {
            findings.add(&rules::ENTRY_POINTS_MODULE, format!("`{name} = {object}`"));
        }
    }
    Ok(())
}
