//! Licences (PEP 639).

use std::collections::BTreeSet;

use super::archive::Archive;
use super::dist_info::WheelDirectories;
use super::metadata_fields::MetadataVersion;
use super::rules;
use crate::findings::Findings;
use crate::wheel::{Headers, LicenseExpression, MemberPath};

/// Checks the licence fields of METADATA.
pub(super) fn check(
    archive: &Archive<'_>,
    dist_info: &WheelDirectories,
    headers: &Headers,
    version: Option<MetadataVersion>,
    findings: &mut Findings<'_>,
) {
    let classifier = headers.get_all("Classifier").find(|it| it.starts_with("License ::"));
    if let Some(expression) = headers.get("License-Expression") {
        match expression.parse::<LicenseExpression>() {
            Err(error) => {
                let found = format!("`{expression}`: {error}");
                findings.add(&rules::LICENSE_EXPRESSION, found);
            }
            Ok(parsed) => {
                for identifier in parsed.deprecated() {
                    findings.add(&rules::LICENSE_DEPRECATED, format!("`{identifier}`"));
                }
            }
        }
        // PyPI drops these values, which old tools write.
        if headers.get("License").is_some_and(|text| !matches!(text, "" | "UNKNOWN")) {
            findings.add(&rules::LICENSE_BOTH, "");
        }
        if let Some(classifier) = classifier {
            findings.add(&rules::LICENSE_CLASSIFIER, format!("`{classifier}`"));
        }
    } else if headers.get("License").is_none()
        && headers.get("License-File").is_none()
        && classifier.is_none()
    {
        findings.add(&rules::LICENSE_NONE, "");
    }
    // Before metadata 2.4, the field was not standard: tools put the files anywhere in the dist-info directory.
    let is_old = version.is_some_and(|version| !version.is_at_least("2.4"));
    let mut listed: BTreeSet<String> = BTreeSet::new();
    for file in headers.get_all_raw("License-File") {
        let is_resolved = !file.contains("..") && !file.contains('*');
        let path = file.parse::<MemberPath>().ok().filter(|_| is_resolved);
        let Some(path) = path else {
            if is_old {
                continue;
            }
            findings.add(&rules::LICENSE_FILE, format!("`{file}` is no path within the wheel"));
            continue;
        };
        let Some(own) = dist_info.path(&format!("licenses/{path}")) else { continue };
        if !is_old && archive.find(&own).is_none() {
            findings.add(&rules::LICENSE_FILE, format!("`{own}` is not there"));
        }
        listed.insert(own);
    }
    let Some(prefix) = dist_info.path("licenses/") else { return };
    for file in archive.files().filter(|file| file.name.starts_with(&prefix)) {
        if !listed.contains(file.name.as_ref()) {
            findings.add_at(&rules::LICENSE_UNLISTED, &file.name, "");
        }
    }
}
