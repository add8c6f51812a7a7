//! METADATA: which fields there are, and whether indexes take what is in them. How the description
//! is rendered is left to `twine check`.

use std::collections::{BTreeMap, BTreeSet};

use super::archive::{Archive, read_metadata};
use super::dist_info::DistInfo;
use super::filename::Name;
use super::identifier::is_import_name;
use super::{license, rules};
use crate::context::Context;
use crate::error::Error;
use crate::findings::Findings;
use crate::wheel::{DistributionName, Headers, Requirement, RequiresPython, Version};

/// Versions of core metadata, in order.
const VERSIONS: [&str; 9] = ["1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6"];

/// The last version that indexes take without exception.
const SAFE: &str = "2.4";

/// Longest `Summary` that PyPI takes, in characters.
const LONGEST_SUMMARY: usize = 512;

/// Longest label of a `Project-URL`, in characters.
const LONGEST_LABEL: usize = 32;

/// Fields that are the same in every file of a release (PEP 643).
const NEVER_DYNAMIC: [&str; 3] = ["Metadata-Version", "Name", "Version"];

/// Fields, the version that has them first, and whether there can be several.
const FIELDS: [(&str, &str, bool); 32] = [
    ("Metadata-Version", "1.0", false),
    ("Name", "1.0", false),
    ("Version", "1.0", false),
    ("Platform", "1.0", true),
    ("Summary", "1.0", false),
    ("Description", "1.0", false),
    ("Keywords", "1.0", false),
    ("Home-page", "1.0", false),
    ("Author", "1.0", false),
    ("Author-email", "1.0", false),
    ("License", "1.0", false),
    ("Supported-Platform", "1.1", true),
    ("Download-URL", "1.1", false),
    ("Classifier", "1.1", true),
    ("Requires", "1.1", true),
    ("Provides", "1.1", true),
    ("Obsoletes", "1.1", true),
    ("Maintainer", "1.2", false),
    ("Maintainer-email", "1.2", false),
    ("Requires-Dist", "1.2", true),
    ("Provides-Dist", "1.2", true),
    ("Obsoletes-Dist", "1.2", true),
    ("Requires-Python", "1.2", false),
    ("Requires-External", "1.2", true),
    ("Project-URL", "1.2", true),
    ("Description-Content-Type", "2.1", false),
    ("Provides-Extra", "2.1", true),
    ("Dynamic", "2.2", true),
    ("License-Expression", "2.4", false),
    ("License-File", "2.4", true),
    ("Import-Name", "2.5", true),
    ("Import-Namespace", "2.5", true),
];

/// Reads METADATA and tells what is wrong with it.
pub(super) fn check(
    archive: &Archive<'_>,
    dist_info: &DistInfo,
    name: Option<&Name>,
    findings: &mut Findings<'_>,
    context: &Context<'_>,
) -> Result<(), Error> {
    let Some(path) = dist_info.path("METADATA") else { return Ok(()) };
    let Some(text) = read_metadata(archive, &path, true, findings, context)? else {
        return Ok(());
    };
    if let Err(error) = std::str::from_utf8(&text) {
        let at = error.valid_up_to();
        findings.add(&rules::METADATA_ENCODING, format!("at byte {at}"));
    }
    tell_lines(&text, findings);
    let headers = Headers::parse(&text);
    let version = tell_version(&headers, findings);
    tell_fields(&headers, version, findings);
    tell_dynamic(&headers, findings);
    tell_identity(&headers, name, findings);
    tell_summary(&headers, findings);
    tell_content_type(&headers, findings);
    tell_requirements(&headers, findings);
    tell_urls(&headers, findings);
    tell_imports(&headers, findings);
    for classifier in headers.get_all("Classifier").filter(|it| it.starts_with("Private ::")) {
        findings.add(&rules::METADATA_PRIVATE, format!("`{classifier}`"));
    }
    license::check(archive, dist_info, &headers, version, findings);
    Ok(())
}

/// Whether a version of the metadata has what came with another; an unknown one has everything.
pub(super) fn has(version: Option<usize>, since: &str) -> bool {
    let since = VERSIONS.iter().position(|known| *known == since);
    version.is_none() || version >= since
}

/// Lines in front of the body that are neither a field nor the continuation of one.
fn tell_lines(text: &[u8], findings: &mut Findings<'_>) {
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

/// The place of the version among all.
fn tell_version(headers: &Headers, findings: &mut Findings<'_>) -> Option<usize> {
    let Some(version) = headers.get("Metadata-Version") else {
        findings.add(&rules::METADATA_VERSION, "there is none");
        return None;
    };
    let place = VERSIONS.iter().position(|known| *known == version);
    if place.is_none() {
        findings.add(&rules::METADATA_VERSION, format!("`{version}`"));
        return None;
    }
    if place > VERSIONS.iter().position(|known| *known == SAFE) {
        findings.add(&rules::METADATA_NEW, format!("`{version}`"));
    }
    place
}

fn tell_fields(headers: &Headers, version: Option<usize>, findings: &mut Findings<'_>) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for name in headers.names() {
        *counts.entry(name.to_ascii_lowercase()).or_default() += 1;
    }
    for (name, count) in counts {
        let known = FIELDS.iter().find(|(known, _, _)| known.eq_ignore_ascii_case(&name));
        match known {
            Some((known, since, _)) if !has(version, since) => {
                findings.add(&rules::METADATA_FIELD, format!("`{known}` came with {since}"));
            }
            Some((known, _, false)) if count > 1 => {
                findings.add(&rules::METADATA_TWICE, format!("`{known}`, {count} times"));
            }
            Some(_) => {}
            None => findings.add(&rules::METADATA_UNKNOWN, format!("`{name}`")),
        }
    }
    if headers.get("Description").is_some() && headers.has_body() {
        findings.add(&rules::METADATA_TWICE, "`Description`, as a field and behind the fields");
    }
}

fn tell_dynamic(headers: &Headers, findings: &mut Findings<'_>) {
    for value in headers.get_all("Dynamic") {
        let found = if !FIELDS.iter().any(|(known, _, _)| known.eq_ignore_ascii_case(value)) {
            "no field of that name"
        } else if NEVER_DYNAMIC.iter().any(|it| it.eq_ignore_ascii_case(value)) {
            "the same in every file of a release"
        } else {
            continue;
        };
        findings.add(&rules::METADATA_DYNAMIC, format!("`{value}`: {found}"));
    }
}

fn tell_identity(headers: &Headers, name: Option<&Name>, findings: &mut Findings<'_>) {
    let mut tell = |found: String| findings.add(&rules::METADATA_NAME, found);
    match headers.get("Name") {
        None => tell("no `Name`".to_owned()),
        Some(text) => match text.parse::<DistributionName>() {
            Err(error) => tell(error.to_string()),
            Ok(parsed) => {
                if let Some(name) = name.filter(|it| it.parsed.distribution != parsed) {
                    let file = &name.parsed.distribution;
                    tell(format!("`{text}`, and `{file}` in the file's name"));
                }
            }
        },
    }
    match headers.get("Version") {
        None => tell("no `Version`".to_owned()),
        Some(text) => match text.parse::<Version>() {
            Err(error) => tell(error.to_string()),
            Ok(parsed) => {
                if let Some(name) = name.filter(|it| it.parsed.version != parsed) {
                    let file = &name.parsed.version;
                    tell(format!("`{text}`, and `{file}` in the file's name"));
                }
            }
        },
    }
}

fn tell_summary(headers: &Headers, findings: &mut Findings<'_>) {
    let Some(summary) = headers.get("Summary") else { return };
    if summary.contains('\n') {
        findings.add(&rules::METADATA_SUMMARY, "several lines");
    } else if summary.chars().count() > LONGEST_SUMMARY {
        findings.add(&rules::METADATA_SUMMARY, format!("{} characters", summary.chars().count()));
    }
}

fn tell_content_type(headers: &Headers, findings: &mut Findings<'_>) {
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

fn tell_requirements(headers: &Headers, findings: &mut Findings<'_>) {
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
                let shown = requirement.to_string();
                if shown.split([';', '=', '<', '>']).next().is_some_and(|it| it.contains('@')) {
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

fn tell_urls(headers: &Headers, findings: &mut Findings<'_>) {
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
                } else if label.chars().count() > LONGEST_LABEL {
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

fn tell_imports(headers: &Headers, findings: &mut Findings<'_>) {
    for field in ["Import-Name", "Import-Namespace"] {
        let values: Vec<&str> = headers.get_all(field).collect();
        // A single empty one says that there is nothing to import.
        if field == "Import-Name" && values == [""] {
            continue;
        }
        for value in values.into_iter().filter(|value| !is_import_name(value)) {
            findings.add(&rules::METADATA_IMPORT, format!("`{field}: {value}`"));
        }
    }
}
