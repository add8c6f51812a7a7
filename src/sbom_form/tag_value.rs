//! SPDX 2 as tag-value text and as YAML.

use std::collections::BTreeSet;

use super::SbomForm::{SpdxTagValue, SpdxYaml};
use super::{SbomError, SbomForm, missing};

/// The mandatory tags of a document (SPDX 2.3, 6).
const DOCUMENT: [&str; 7] = [
    "SPDXVersion",
    "DataLicense",
    "SPDXID",
    "DocumentName",
    "DocumentNamespace",
    "Creator",
    "Created",
];

/// The mandatory tags of a package (SPDX 2.3, 7) after its name.
const PACKAGE: [&str; 2] = ["SPDXID", "PackageDownloadLocation"];

/// The mandatory fields of a document as YAML.
const YAML: [&str; 6] =
    ["spdxVersion", "SPDXID", "dataLicense", "name", "documentNamespace", "creationInfo"];

pub(super) fn form(text: &str) -> Result<SbomForm, SbomError> {
    let has = |start: &str| text.lines().any(|line| line.trim_start().starts_with(start));
    if has("SPDXVersion:") {
        tag_value(text).map(|()| SpdxTagValue)
    } else if has("spdxVersion:") || has("\"spdxVersion\":") {
        yaml(text).map(|()| SpdxYaml)
    } else {
        Err(SbomError::Unknown)
    }
}

fn tag_value(text: &str) -> Result<(), SbomError> {
    let pairs = pairs(text)?;
    let starts = |tag: &str| ["PackageName", "FileName", "SnippetSPDXID"].contains(&tag);
    let head = pairs.iter().position(|(tag, _)| starts(tag)).unwrap_or(pairs.len());
    let (document, rest) = pairs.split_at(head);
    check(document, &DOCUMENT, "")?;
    let version = document.iter().find(|(tag, _)| *tag == "SPDXVersion");
    if !version.is_some_and(|(_, value)| value.starts_with("SPDX-2.")) {
        return Err(missing(SpdxTagValue, "`SPDXVersion` such as `SPDX-2.3`"));
    }
    for (at, _) in rest.iter().enumerate().filter(|(_, (tag, _))| *tag == "PackageName") {
        let package = &rest[at + 1..];
        let len = package.iter().position(|(tag, _)| starts(tag)).unwrap_or(package.len());
        check(&package[..len], &PACKAGE, " of each package")?;
    }
    Ok(())
}

/// Checks that each tag is there, with a value.
fn check(pairs: &[(&str, &str)], tags: &[&str], of: &str) -> Result<(), SbomError> {
    let found: BTreeSet<&str> =
        pairs.iter().filter(|(_, value)| !value.is_empty()).map(|(tag, _)| *tag).collect();
    match tags.iter().find(|tag| !found.contains(*tag)) {
        Some(tag) => Err(missing(SpdxTagValue, format!("`{tag}`{of}"))),
        None => Ok(()),
    }
}

/// Returns the tags and values. A value between `<text>` and `</text>` may have several lines.
fn pairs(text: &str) -> Result<Vec<(&str, &str)>, SbomError> {
    let syntax = |problem: String| SbomError::Syntax { form: "SPDX tag-value text", problem };
    let mut pairs = Vec::new();
    let (mut rest, mut number) = (text, 0_usize);
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        (rest, number) = (after, number + 1);
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let pair = line.split_once(':').filter(|(tag, _)| {
            !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        let (tag, value) =
            pair.ok_or_else(|| syntax(format!("line {number} is not `Tag: value`")))?;
        let value = value.trim_start();
        pairs.push((tag, value));
        if value.starts_with("<text>") && !value.contains("</text>") {
            let (inner, after) = rest
                .split_once("</text>")
                .ok_or_else(|| syntax(format!("`<text>` of line {number} has no end")))?;
            number += inner.matches('\n').count() + 1;
            rest = after.split_once('\n').map_or("", |(_, after)| after);
        }
    }
    Ok(pairs)
}

/// Checks the names at the start of a line, which are the fields of the document.
fn yaml(text: &str) -> Result<(), SbomError> {
    let name =
        |line: &'_ str| line.split_once(':').map(|(name, _)| name.trim_matches('"').to_owned());
    let names: BTreeSet<String> = text.lines().filter_map(name).collect();
    match YAML.iter().find(|field| !names.contains(**field)) {
        Some(field) => Err(missing(SpdxYaml, format!("`{field}`"))),
        None => Ok(()),
    }
}
