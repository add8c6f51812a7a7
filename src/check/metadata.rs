//! Checks METADATA: its form, its fields, and that it names the same wheel as the file's name. Values are those
//! that Python reads, with the blanks behind them: `packaging` and PyPI refuse most of these.

use std::collections::BTreeMap;

use super::archive::{Archive, read_metadata};
use super::dist_info::WheelDirectories;
use super::filename::ParsedName;
use super::metadata_fields::{Field, MetadataVersion};
use super::{license, metadata_values, rules};
use crate::context::Context;
use crate::error::Error;
use crate::findings::Findings;
use crate::wheel::{DistributionName, Headers, Version};

/// Fields that `Dynamic` must not name, because every file of a release has the same values (PEP 643), and
/// itself.
const NEVER_DYNAMIC: [&str; 4] = ["Metadata-Version", "Name", "Version", "Dynamic"];

/// Checks METADATA and returns it; `None` if it cannot be read.
pub(super) fn check(
    archive: &Archive<'_>,
    dist_info: &WheelDirectories,
    name: Option<&ParsedName>,
    findings: &mut Findings<'_>,
    context: &Context<'_>,
) -> Result<Option<Headers>, Error> {
    let Some(path) = dist_info.path("METADATA") else { return Ok(None) };
    let Some(text) = read_metadata(archive, &path, true, findings, context)? else {
        return Ok(None);
    };
    if let Err(error) = std::str::from_utf8(&text) {
        let at = error.valid_up_to();
        findings.add(&rules::METADATA_ENCODING, format!("at byte {at}"));
    }
    check_lines(&text, findings);
    let headers = Headers::parse(&text);
    let version = check_version(&headers, findings);
    check_fields(&headers, version, findings);
    check_dynamic(&headers, findings);
    check_identity(&headers, name, findings);
    metadata_values::check(&headers, findings);
    license::check(archive, dist_info, &headers, version, findings);
    Ok(Some(headers))
}

/// Reports the first header line that is neither a field nor a continuation line.
fn check_lines(text: &[u8], findings: &mut Findings<'_>) {
    let mut is_first = true;
    for (number, line) in (1..).zip(text.split(|&byte| byte == b'\n')) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return;
        }
        let is_folded = matches!(line.first(), Some(b' ' | b'\t')) && !is_first;
        let name = line.iter().position(|&byte| byte == b':').map(|at| &line[..at]);
        let is_field =
            name.is_some_and(|name| !name.is_empty() && name.iter().all(u8::is_ascii_graphic));
        if !is_folded && !is_field {
            let line = String::from_utf8_lossy(line);
            findings.add(&rules::METADATA_FORM, format!("line {number}: `{line}`"));
            return;
        }
        is_first = false;
    }
}

/// Checks `Metadata-Version` and returns it. `None` if it is missing or unknown.
fn check_version(headers: &Headers, findings: &mut Findings<'_>) -> Option<MetadataVersion> {
    let Some(text) = headers.get_raw("Metadata-Version") else {
        findings.add(&rules::METADATA_VERSION, "the header is missing");
        return None;
    };
    let version = MetadataVersion::parse(text);
    match version {
        None => findings.add(&rules::METADATA_VERSION, format!("`{text}`")),
        Some(version) if version.is_new() => {
            findings.add(&rules::METADATA_NEW, format!("`{text}`"));
        }
        Some(_) => {}
    }
    version
}

/// Reports unknown fields, fields that are newer than the metadata version, and repeated fields. If the
/// version is unknown, no field is too new.
fn check_fields(headers: &Headers, version: Option<MetadataVersion>, findings: &mut Findings<'_>) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for name in headers.names() {
        *counts.entry(name.to_ascii_lowercase()).or_default() += 1;
    }
    for (name, count) in counts {
        let Some(Field { name, since, is_repeatable }) = Field::find(&name) else {
            findings.add(&rules::METADATA_UNKNOWN, format!("`{name}`"));
            continue;
        };
        if version.is_some_and(|version| !version.is_at_least(since)) {
            let rule = if name == "License-File" {
                &rules::METADATA_LICENSE_FILE
            } else {
                &rules::METADATA_FIELD
            };
            findings.add(rule, format!("`{name}` exists since {since}"));
        } else if count > 1 && !is_repeatable {
            findings.add(&rules::METADATA_TWICE, format!("`{name}`, {count} times"));
        }
    }
    if headers.get("Description").is_some() && headers.has_body() {
        findings.add(&rules::METADATA_TWICE, "`Description`, as a field and behind the fields");
    }
}

fn check_dynamic(headers: &Headers, findings: &mut Findings<'_>) {
    for value in headers.get_all_raw("Dynamic") {
        let found = if Field::find(value).is_none() {
            "no field of that name"
        } else if NEVER_DYNAMIC.iter().any(|it| it.eq_ignore_ascii_case(value)) {
            "it is not allowed to differ between the files of a release"
        } else {
            continue;
        };
        findings.add(&rules::METADATA_DYNAMIC, format!("`{value}`: {found}"));
    }
}

fn check_identity(headers: &Headers, name: Option<&ParsedName>, findings: &mut Findings<'_>) {
    let mut add = |found: String| findings.add(&rules::METADATA_NAME, found);
    match headers.get_raw("Name") {
        None => add("no `Name`".to_owned()),
        Some(text) => match text.parse::<DistributionName>() {
            Err(error) => add(error.to_string()),
            Ok(parsed) => {
                if let Some(name) = name.filter(|it| it.parsed.distribution != parsed) {
                    let file = &name.parsed.distribution;
                    add(format!("`{text}`, and `{file}` in the file's name"));
                }
            }
        },
    }
    match headers.get("Version") {
        None => add("no `Version`".to_owned()),
        Some(text) => match text.parse::<Version>() {
            Err(error) => add(error.to_string()),
            Ok(parsed) => {
                if let Some(name) = name.filter(|it| it.parsed.version != parsed) {
                    let file = &name.parsed.version;
                    add(format!("`{text}`, and `{file}` in the file's name"));
                }
            }
        },
    }
}
