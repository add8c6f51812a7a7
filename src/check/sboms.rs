//! The directory for SBOMs (PEP 770).

use super::archive::{Archive, read_metadata};
use super::dist_info::WheelDirectories;
use super::rules;
use crate::context::Context;
use crate::error::Error;
use crate::findings::Findings;

/// Texts of which every SBOM has one: CycloneDX as JSON and XML; SPDX 2 as JSON, YAML and tag-value text; SPDX 3; SPDX
/// as RDF; and SWID.
const MARKS: [&str; 7] = [
    "\"bomFormat\"",
    "cyclonedx.org/schema/bom",
    "spdxVersion",
    "SPDXVersion:",
    "spdx.org/rdf",
    "SpdxDocument",
    "SoftwareIdentity",
];

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
        let is_sbom = std::str::from_utf8(&bytes)
            .is_ok_and(|text| MARKS.iter().any(|mark| text.contains(mark)));
        if !is_sbom {
            findings.add_at(&rules::SBOM, &file.name, "");
        }
    }
    Ok(())
}
