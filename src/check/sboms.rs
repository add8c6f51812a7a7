//! The directory for SBOMs (PEP 770).

use super::archive::{Archive, read_metadata};
use super::dist_info::WheelDirectories;
use super::rules;
use crate::context::Context;
use crate::error::Error;
use crate::findings::Findings;
use crate::sbom_form::sbom_form;

/// Reports files that are no SBOM.
pub(super) fn check(
    archive: &Archive<'_>,
    dist_info: &WheelDirectories,
    findings: &mut Findings<'_>,
    context: &Context<'_>,
) -> Result<(), Error> {
    let Some(directory) = dist_info.path("sboms/") else { return Ok(()) };
    for file in archive.files().filter(|file| file.name.starts_with(&directory)) {
        let Some(bytes) = read_metadata(archive, &file.name, false, findings, context)? else {
            continue;
        };
        if let Err(error) = sbom_form(&bytes) {
            findings.add_at(&rules::SBOM, &file.name, error.to_string());
        }
    }
    Ok(())
}
