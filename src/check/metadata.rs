//! Checks METADATA: its fields, and whether indexes accept their values. `twine check` verifies that the
//! description renders; this module does not.

use std::collections::{BTreeMap, BTreeSet};

use super::archive::{Archive, read_metadata};
use super::dist_info::WheelDirectories;
use super::filename::ParsedName;
use super::identifier::is_import_name;
use super::metadata_fields::{Field, MetadataVersion};
use super::{license, rules};
use crate::context::Context;
use crate::error::Error;
use crate::findings::Findings;
use crate::wheel::{DistributionName, Headers, Requirement, RequiresPython, Version};

/// Maximum length of a `Summary` that PyPI accepts, in characters.
const MAX_SUMMARY_CHARS: usize = 512;

/// Maximum length of a label in `Project-URL`, in characters.
const MAX_LABEL_CHARS: usize = 32;

/// Fields that `Dynamic` must not name, because every file of a release has the same values (PEP 643).
const NEVER_DYNAMIC: [&str; 3] = ["Metadata-Version", "Name", "Version"];

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
    check_summary(&headers, findings);
    check_content_type(&headers, findings);
    check_requirements(&headers, findings);
    check_urls(&headers, findings);
    check_imports(&headers, findings);
    for classifier in headers.get_all("Classifier").filter(|it| it.starts_with("Private ::")) {
        findings.add(&rules::METADATA_PRIVATE, format!("`{classifier}`"));
    }
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
    let Some(text) = headers.get("Metadata-Version") else {
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
            findings.add(&rules::METADATA_FIELD, format!("`{name}` exists since {since}"));
        } else if count > 1 && !is_repeatable {
            findings.add(&rules::METADATA_TWICE, format!("`{name}`, {count} times"));
        }
    }
    if headers.get("Description").is_some() && headers.has_body() {
        findings.add(&rules::METADATA_TWICE, "`Description`, as a field and behind the fields");
    }
}

fn check_dynamic(headers: &Headers, findings: &mut Findings<'_>) {
    for value in headers.get_all("Dynamic") {
        let found = if Field::find(value).is_none() {
            "no field of that name"
        } else if NEVER_DYNAMIC.iter().any(|it| it.eq_ignore_ascii_case(value)) {
            "the same in every file of a release"
        } else {
            continue;
        };
        findings.add(&rules::METADATA_DYNAMIC, format!("`{value}`: {found}"));
    }
}

fn check_identity(headers: &Headers, name: Option<&ParsedName>, findings: &mut Findings<'_>) {
    let mut add = |found: String| findings.add(&rules::METADATA_NAME, found);
    match headers.get("Name") {
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

fn check_summary(headers: &Headers, findings: &mut Findings<'_>) {
    let Some(summary) = headers.get("Summary") else { return };
    if summary.contains('\n') {
        findings.add(&rules::METADATA_SUMMARY, "several lines");
    } else if summary.chars().count() > MAX_SUMMARY_CHARS {
        findings.add(&rules::METADATA_SUMMARY, format!("{} characters", summary.chars().count()));
    }
}

fn check_content_type(headers: &Headers, findings: &mut Findings<'_>) {
    let Some(value) = headers.get("Description-Content-Type") else { return };
    let mut parts = value.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
    let is_markdown = kind == "text/markdown";
    let is_known = is_markdown || matches!(kind.as_str(), "text/plain" | "text/x-rst");
    let are_known = parts.all(|parameter| {
        let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = value.trim().trim_matches('"');
        match key.trim().to_ascii_lowercase().as_str() {
            "charset" => value.eq_ignore_ascii_case("utf-8"),
            "variant" => !is_markdown || matches!(value, "GFM" | "CommonMark"),
            _ => true,
        }
    });
    if !is_known || !are_known {
        findings.add(&rules::METADATA_CONTENT_TYPE, format!("`{value}`"));
    }
}

fn check_requirements(headers: &Headers, findings: &mut Findings<'_>) {
    let declared: BTreeSet<String> = headers
        .get_all("Provides-Extra")
        .filter_map(|extra| {
            let Ok(parsed) = extra.parse::<DistributionName>() else {
                findings.add(&rules::METADATA_EXTRA_NAME, format!("`{extra}`"));
                return None;
            };
            Some(parsed.normalized())
        })
        .collect();
    for text in headers.get_all("Requires-Dist") {
        match text.parse::<Requirement>() {
            Err(error) => findings.add(&rules::METADATA_REQUIRES, error.to_string()),
            Ok(requirement) => {
                let normalized = requirement.to_string();
                if normalized.split([';', '=', '<', '>']).next().is_some_and(|it| it.contains('@'))
                {
                    findings.add(&rules::INDEX_DIRECT, format!("`{text}`"));
                }
                for extra in requirement.marker_extras().filter(|it| !declared.contains(*it)) {
                    let found = format!("`{extra}` of `{text}` is not declared");
                    findings.add(&rules::METADATA_EXTRA, found);
                }
            }
        }
    }
    if let Some(text) = headers.get("Requires-Python")
        && let Err(error) = text.parse::<RequiresPython>()
    {
        findings.add(&rules::METADATA_REQUIRES, error.to_string());
    }
}

fn check_urls(headers: &Headers, findings: &mut Findings<'_>) {
    let mut labels = BTreeSet::new();
    for value in headers.get_all("Project-URL") {
        let found = match value.split_once(',') {
            None => "no label",
            Some((label, url)) => {
                let label = label.trim();
                if !labels.insert(label) {
                    "the label is there already"
                } else if label.is_empty() {
                    "no label"
                } else if label.chars().count() > MAX_LABEL_CHARS {
                    "a label of over 32 characters"
                } else if url.trim().is_empty() {
                    "no URL"
                } else {
                    continue;
                }
            }
        };
        findings.add(&rules::METADATA_URL, format!("`{value}`: {found}"));
    }
}

fn check_imports(headers: &Headers, findings: &mut Findings<'_>) {
    for field in ["Import-Name", "Import-Namespace"] {
        let values: Vec<&str> = headers.get_all(field).collect();
        // A single empty `Import-Name` declares that the wheel has no importable modules.
        if field == "Import-Name" && values == [""] {
            continue;
        }
        for value in values.into_iter().filter(|value| !is_import_name(value)) {
            findings.add(&rules::METADATA_IMPORT, format!("`{field}: {value}`"));
        }
    }
}
