//! The wheel's file name.

use super::rules;
use crate::findings::Findings;
use crate::wheel::{Version, WheelFilename};

/// A file name, as it stands and as it is meant.
#[derive(Debug)]
pub(super) struct Name {
    /// The first two parts as they stand: the names of the dist-info and data directories begin
    /// with them.
    pub(super) stem: String,
    /// What they mean.
    pub(super) parsed: WheelFilename,
}

/// Tells what is wrong with the name of a wheel's file; `None` if it is no wheel's.
pub(super) fn check(wheel: &str, findings: &mut Findings<'_>) -> Option<Name> {
    let parsed: WheelFilename = match wheel.parse() {
        Ok(parsed) => parsed,
        Err(error) => {
            findings.add(&rules::FILENAME, error.to_string());
            return None;
        }
    };
    let mut parts = wheel.split('-');
    let (distribution, version) = (parts.next()?, parts.next()?);
    let (normal, normal_version) = (parsed.distribution.escaped(), parsed.version.to_string());
    if distribution != normal {
        findings.add(&rules::FILENAME_NORMAL, format!("`{distribution}`, not `{normal}`"));
    }
    if version != normal_version {
        findings.add(&rules::FILENAME_NORMAL, format!("`{version}`, not `{normal_version}`"));
    }
    if parsed.version.is_local() {
        findings.add(&rules::INDEX_VERSION, format!("`{version}`"));
    }
    for tag in parsed.tags.platforms().filter(|tag| !tag.is_accepted_by_pypi()) {
        findings.add(&rules::INDEX_PLATFORM, format!("`{tag}`"));
    }
    Some(Name { stem: format!("{distribution}-{version}"), parsed })
}

/// The version in the name of a dist-info directory.
pub(super) fn version_of(stem: &str) -> Option<Version> {
    stem.split_once('-')?.1.parse().ok()
}
