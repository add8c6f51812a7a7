//! Checks the values of METADATA that indexes refuse or installers cannot use. `twine check` verifies that the
//! description renders; this module does not.

use std::collections::BTreeSet;

use super::identifier::is_import_name;
use super::rules;
use crate::findings::Findings;
use crate::wheel::{
    DescriptionType, DistributionName, Headers, Requirement, RequiresPython, check_classifier,
    check_emails, check_url, ends_line,
};

/// Maximum length of a `Summary` that PyPI accepts, in characters.
const MAX_SUMMARY_CHARS: usize = 512;

/// Maximum length of a label in `Project-URL`, in characters.
const MAX_LABEL_CHARS: usize = 32;

/// Checks the values of the fields.
pub(super) fn check(headers: &Headers, findings: &mut Findings<'_>) {
    check_summary(headers, findings);
    check_content_type(headers, findings);
    check_requirements(headers, findings);
    check_emails_and_urls(headers, findings);
    check_project_urls(headers, findings);
    check_classifiers(headers, findings);
    check_imports(headers, findings);
}

fn check_summary(headers: &Headers, findings: &mut Findings<'_>) {
    let Some(summary) = headers.get_raw("Summary") else { return };
    if summary.contains(ends_line) {
        findings.add(&rules::METADATA_SUMMARY, "several lines");
    } else if summary.chars().count() > MAX_SUMMARY_CHARS {
        findings.add(&rules::METADATA_SUMMARY, format!("{} characters", summary.chars().count()));
    }
}

fn check_content_type(headers: &Headers, findings: &mut Findings<'_>) {
    if let Some(value) = headers.get_raw("Description-Content-Type")
        && DescriptionType::parse_any(value).is_err()
    {
        findings.add(&rules::METADATA_CONTENT_TYPE, format!("`{value}`"));
    }
}

fn check_requirements(headers: &Headers, findings: &mut Findings<'_>) {
    let declared: BTreeSet<String> = headers
        .get_all_raw("Provides-Extra")
        .filter_map(|extra| {
            let Ok(parsed) = extra.parse::<DistributionName>() else {
                findings.add(&rules::METADATA_EXTRA_NAME, format!("`{extra}`"));
                return None;
            };
            Some(parsed.normalized())
        })
        .collect();
    for text in headers.get_all_raw("Requires-Dist") {
        let Some(requirement) = read_requirement(text, findings) else { continue };
        for comparison in requirement.doubtful_comparisons() {
            findings.add(&rules::METADATA_MARKER, format!("`{comparison}` of `{text}`"));
        }
        for extra in requirement.marker_extras().filter(|it| !declared.contains(*it)) {
            let found = format!("`{extra}` of `{text}` is not declared");
            findings.add(&rules::METADATA_EXTRA, found);
        }
    }
    for field in ["Provides-Dist", "Obsoletes-Dist"] {
        for text in headers.get_all_raw(field) {
            read_requirement(text, findings);
        }
    }
    if let Some(text) = headers.get_raw("Requires-Python")
        && let Err(error) = text.parse::<RequiresPython>()
    {
        findings.add(&rules::METADATA_REQUIRES, error.to_string());
    }
}

/// Parses a requirement. `packaging` knows blanks and tabs only, so a folded one cannot be read.
fn read_requirement(text: &str, findings: &mut Findings<'_>) -> Option<Requirement> {
    if let Some(blank) = text.chars().find(|&c| c.is_whitespace() && !matches!(c, ' ' | '\t')) {
        findings.add(&rules::METADATA_REQUIRES, format!("`{text}`: {blank:?} in it"));
        return None;
    }
    match text.parse::<Requirement>() {
        Ok(requirement) => {
            let normalized = requirement.to_string();
            if normalized.split([';', '=', '<', '>']).next().is_some_and(|it| it.contains('@')) {
                findings.add(&rules::INDEX_DIRECT, format!("`{text}`"));
            }
            Some(requirement)
        }
        Err(error) => {
            findings.add(&rules::METADATA_REQUIRES, error.to_string());
            None
        }
    }
}

/// Checks fields that PyPI validates unless they are empty or `UNKNOWN`, which old tools write.
fn check_emails_and_urls(headers: &Headers, findings: &mut Findings<'_>) {
    let given = |field: &str| {
        headers.get_raw(field).filter(|value| !matches!(value.trim(), "" | "UNKNOWN"))
    };
    for field in ["Author-email", "Maintainer-email"] {
        if let Some(Err(error)) = given(field).map(check_emails) {
            findings.add(&rules::METADATA_EMAIL, format!("`{field}`: {error}"));
        }
    }
    for field in ["Home-page", "Download-URL"] {
        if let Some(Err(error)) = given(field).map(check_url) {
            findings.add(&rules::METADATA_URL, format!("`{field}`: {error}"));
        }
    }
}

fn check_project_urls(headers: &Headers, findings: &mut Findings<'_>) {
    let mut labels = BTreeSet::new();
    for value in headers.get_all_raw("Project-URL") {
        let (label, url) = value.split_once(',').unwrap_or((value, ""));
        let (label, url) = (label.trim(), url.trim());
        let found = if !labels.insert(label) {
            "the label is there already".to_owned()
        } else if label.is_empty() {
            "no label".to_owned()
        } else if label.chars().count() > MAX_LABEL_CHARS {
            "a label of over 32 characters".to_owned()
        } else if url.is_empty() {
            "no label, or no URL".to_owned()
        } else if let Err(error) = check_url(url) {
            error.to_string()
        } else {
            continue;
        };
        findings.add(&rules::METADATA_URL, format!("`{value}`: {found}"));
    }
}

fn check_classifiers(headers: &Headers, findings: &mut Findings<'_>) {
    for classifier in headers.get_all_raw("Classifier") {
        if classifier.starts_with("Private ::") {
            findings.add(&rules::METADATA_PRIVATE, format!("`{classifier}`"));
        } else if let Err(error) = check_classifier(classifier) {
            findings.add(&rules::METADATA_CLASSIFIER, error.to_string());
        }
    }
}

fn check_imports(headers: &Headers, findings: &mut Findings<'_>) {
    for field in ["Import-Name", "Import-Namespace"] {
        let values: Vec<&str> = headers.get_all_raw(field).collect();
        // A single empty `Import-Name` declares that the wheel has no importable modules.
        if field == "Import-Name" && values == [""] {
            continue;
        }
        for value in values.into_iter().filter(|value| !is_import_name(value)) {
            findings.add(&rules::METADATA_IMPORT, format!("`{field}: {value}`"));
        }
    }
}
