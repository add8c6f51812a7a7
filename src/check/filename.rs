//! The wheel's file name.

use super::rules;
use crate::findings::Findings;
use crate::wheel::{FilenameParts, PlatformTag, Version, WheelFilename};

/// A wheel's file name, as written and parsed.
#[derive(Debug)]
pub(super) struct ParsedName {
    /// The first two parts as written, joined by `-`: the names of the dist-info and data directories
    /// begin with them.
    pub(super) stem: String,
    pub(super) parsed: WheelFilename,
}

impl ParsedName {
    /// Whether the wheel is for Windows and no other system.
    pub(super) fn is_for_windows_only(&self) -> bool {
        self.parsed.tags.platforms().all(|tag| tag.is_windows())
    }

    /// Whether the wheel can be installed on Windows.
    pub(super) fn is_for_windows(&self) -> bool {
        self.parsed.tags.platforms().any(|tag| tag.is_windows() || tag == PlatformTag::Any)
    }
}

/// Checks the name of a wheel's file; `None` if no wheel can have it.
pub(super) fn check(wheel: &str, findings: &mut Findings<'_>) -> Option<ParsedName> {
    let parsed: WheelFilename = match wheel.parse() {
        Ok(parsed) => parsed,
        Err(error) => {
            findings.add(&rules::FILENAME, error.to_string());
            return None;
        }
    };
    let parts = FilenameParts::split(wheel).ok()?;
    let FilenameParts { distribution, version, .. } = parts;
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
    for problem in parsed.tags.problems() {
        findings.add(&rules::TAG_UNKNOWN, problem.to_string());
    }
    // What no installer looks for is reported above.
    let platforms = parsed.tags.platform().iter().filter_map(|tag| tag.parse::<PlatformTag>().ok());
    for tag in platforms.filter(|tag| !tag.is_accepted_by_pypi()) {
        findings.add(&rules::INDEX_PLATFORM, format!("`{tag}`"));
    }
    Some(ParsedName { stem: parts.stem(), parsed })
}

/// Returns the version in the name of a dist-info directory.
pub(super) fn version_of(stem: &str) -> Option<Version> {
    stem.split_once('-')?.1.parse().ok()
}
