//! The label of a wheel variant in the file name, and the file `variant.json` that says what it stands for (the draft
//! PEP 825).

use serde_json::Value;

use super::archive::{Archive, read_metadata};
use super::dist_info::WheelDirectories;
use super::filename::ParsedName;
use super::rules;
use crate::context::Context;
use crate::error::Error;
use crate::findings::Findings;
use crate::wheel::VariantLabel;

/// The name of the file in the dist-info directory.
const FILE: &str = "variant.json";

/// Compares the label with the file.
pub(super) fn check(
    archive: &Archive<'_>,
    dist_info: &WheelDirectories,
    name: Option<&ParsedName>,
    findings: &mut Findings<'_>,
    context: &Context<'_>,
) -> Result<(), Error> {
    let (Some(name), Some(file)) = (name, dist_info.path(FILE)) else { return Ok(()) };
    let label = name.parsed.variant.as_ref().map(VariantLabel::as_str);
    if let Some(label) = label {
        findings.add(&rules::INDEX_VARIANT, format!("`{label}`"));
    }
    let is_there = archive.files().any(|it| *it.name == *file);
    match label {
        None if !is_there => return Ok(()),
        Some(label) if !is_there => {
            findings.add(&rules::VARIANT_FILE, format!("`{label}`, and no `{FILE}`"));
            return Ok(());
        }
        _ => {}
    }
    let Some(bytes) = read_metadata(archive, &file, false, findings, context)? else {
        return Ok(());
    };
    let Some(found) = labels(&bytes) else {
        findings.add_at(&rules::VARIANT_FILE, &file, "it has no object `variants`");
        return Ok(());
    };
    if found.iter().map(String::as_str).ne(label) {
        let found: Vec<String> = found.iter().map(|it| format!("`{it}`")).collect();
        let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
        let named = label.map_or("no label".to_owned(), |label| format!("`{label}`"));
        findings.add_at(&rules::VARIANT_FILE, &file, format!("{found}, and {named} in the name"));
    }
    Ok(())
}

/// Returns the labels in the file.
fn labels(bytes: &[u8]) -> Option<Vec<String>> {
    let document: Value = serde_json::from_slice(bytes).ok()?;
    Some(document.get("variants")?.as_object()?.keys().cloned().collect())
}
