//! CycloneDX, SPDX 2 and SPDX 3 as JSON.

use std::collections::BTreeSet;

use serde_json::Value;

use super::SbomForm::{CycloneDxJson, Spdx3, SpdxJson};
use super::{SbomError, SbomForm, missing};
use crate::escape::escape_truncated;

/// The mandatory texts of an SPDX 2 document besides its version and creation.
const SPDX_TEXTS: [&str; 4] = ["SPDXID", "dataLicense", "name", "documentNamespace"];

/// The versions of CycloneDX with a JSON schema.
const CYCLONEDX_VERSIONS: [&str; 6] = ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"];

pub(super) fn form(text: &str) -> Result<SbomForm, SbomError> {
    let document: Value = serde_json::from_str(text)
        .map_err(|error| SbomError::Syntax { form: "JSON", problem: error.to_string() })?;
    if document.get("bomFormat").is_some() || document.get("specVersion").is_some() {
        cyclonedx(&document).map(|()| CycloneDxJson)
    } else if document.get("spdxVersion").is_some() || document.get("SPDXID").is_some() {
        spdx(&document).map(|()| SpdxJson)
    } else if document.get("@context").is_some() {
        spdx3(&document).map(|()| Spdx3)
    } else {
        Err(SbomError::Unknown)
    }
}

fn cyclonedx(document: &Value) -> Result<(), SbomError> {
    let fail = |expected: &str| Err(missing(CycloneDxJson, expected));
    if document["bomFormat"] != "CycloneDX" {
        return fail("`bomFormat` `CycloneDX`");
    }
    if !document["specVersion"].as_str().is_some_and(|it| CYCLONEDX_VERSIONS.contains(&it)) {
        return fail("`specVersion` from `1.2` to `1.7`");
    }
    if document.get("version").is_some_and(|it| it.as_u64().is_none_or(|it| it == 0)) {
        return fail("a positive whole number as `version`");
    }
    let main = document.get("metadata").and_then(|it| it.get("component"));
    let mut known = References::default();
    // auditwheel lists the main component among the others as well.
    let mut rest: Vec<(&Value, bool)> = main.map(|it| (it, true)).into_iter().collect();
    rest.extend(list(document, "components")?.map(|it| (it, false)));
    while let Some((component, is_main)) = rest.pop() {
        for field in ["type", "name"] {
            if !is_text(&component[field]) {
                return fail(&format!("`{field}` of each component"));
            }
        }
        known.add(CycloneDxJson, "bom-ref", component, is_main)?;
        rest.extend(list(component, "components")?.map(|it| (it, is_main)));
    }
    for service in list(document, "services")? {
        known.add(CycloneDxJson, "bom-ref", service, false)?;
    }
    known.add_elsewhere(document);
    for dependency in list(document, "dependencies")? {
        known.find(CycloneDxJson, "ref", dependency)?;
    }
    Ok(())
}

/// The identifiers of the elements of a document.
#[derive(Default)]
struct References<'a> {
    main: BTreeSet<&'a str>,
    others: BTreeSet<&'a str>,
}

impl<'a> References<'a> {
    /// Adds the identifier in a field, if there is one. Twice the same is an error.
    fn add(
        &mut self,
        form: SbomForm,
        field: &str,
        element: &'a Value,
        is_main: bool,
    ) -> Result<(), SbomError> {
        let Some(id) = element.get(field).and_then(Value::as_str) else { return Ok(()) };
        let known = if is_main { &mut self.main } else { &mut self.others };
        if known.insert(id) {
            return Ok(());
        }
        Err(missing(
            form,
            format!("another `{field}` than `{}`, which is there twice,", escape_truncated(id)),
        ))
    }

    /// Adds each `bom-ref` of a document: tools, and steps of a build, have some as well.
    fn add_elsewhere(&mut self, document: &'a Value) {
        let mut rest = vec![document];
        while let Some(value) = rest.pop() {
            match value {
                Value::Object(fields) => {
                    self.others.extend(fields.get("bom-ref").and_then(Value::as_str));
                    rest.extend(fields.values());
                }
                Value::Array(items) => rest.extend(items),
                _ => {}
            }
        }
    }

    /// Returns an error unless the identifier in a field is known, or that of another document.
    fn find(&self, form: SbomForm, field: &str, element: &Value) -> Result<(), SbomError> {
        let Some(id) = element.get(field).and_then(Value::as_str) else {
            return Err(missing(form, format!("`{field}`")));
        };
        let is_elsewhere = id.starts_with("urn:cdx:") || id.starts_with("DocumentRef-");
        if is_elsewhere || self.main.contains(id) || self.others.contains(id) {
            return Ok(());
        }
        Err(missing(form, format!("an element for `{field}` `{}`", escape_truncated(id))))
    }
}

/// Returns the items of an optional list.
fn list<'a>(value: &'a Value, name: &str) -> Result<impl Iterator<Item = &'a Value>, SbomError> {
    let items = match value.get(name) {
        None => &[],
        Some(Value::Array(items)) => items.as_slice(),
        Some(_) => return Err(missing(CycloneDxJson, format!("a list as `{name}`"))),
    };
    Ok(items.iter())
}

fn spdx(document: &Value) -> Result<(), SbomError> {
    let fail = |expected: String| Err(missing(SpdxJson, expected));
    if !document["spdxVersion"].as_str().is_some_and(|it| it.starts_with("SPDX-2.")) {
        return fail("`spdxVersion` such as `SPDX-2.3`".to_owned());
    }
    if let Some(field) = SPDX_TEXTS.into_iter().find(|field| !is_text(&document[*field])) {
        return fail(format!("`{field}`"));
    }
    let creation = &document["creationInfo"];
    if !is_text(&creation["created"]) {
        return fail("`created` in `creationInfo`".to_owned());
    }
    if !is_filled_list(&creation["creators"]) {
        return fail("`creators` in `creationInfo`".to_owned());
    }
    for package in document["packages"].as_array().into_iter().flatten() {
        let fields = ["name", "SPDXID", "downloadLocation"];
        if let Some(field) = fields.into_iter().find(|field| !is_text(&package[*field])) {
            return fail(format!("`{field}` of each package"));
        }
    }
    spdx_references(document)
}

/// Checks that each element of an SPDX 2 document has an identifier of its own, and that relationships are between
/// elements.
fn spdx_references(document: &Value) -> Result<(), SbomError> {
    let elements = |name| document[name].as_array().into_iter().flatten();
    let mut known = References::default();
    known.add(SpdxJson, "SPDXID", document, false)?;
    for element in ["packages", "files", "snippets"].into_iter().flat_map(elements) {
        known.add(SpdxJson, "SPDXID", element, false)?;
    }
    for relationship in elements("relationships") {
        known.find(SpdxJson, "spdxElementId", relationship)?;
        let related = &relationship["relatedSpdxElement"];
        if related != "NONE" && related != "NOASSERTION" {
            known.find(SpdxJson, "relatedSpdxElement", relationship)?;
        }
    }
    Ok(())
}

fn spdx3(document: &Value) -> Result<(), SbomError> {
    let fail = |expected: &str| Err(missing(Spdx3, expected));
    let is_spdx = |it: &Value| it.as_str().is_some_and(|it| it.contains("spdx.org/rdf/3."));
    let context = &document["@context"];
    if !is_spdx(context) && !context.as_array().is_some_and(|all| all.iter().any(is_spdx)) {
        return Err(SbomError::Unknown);
    }
    let elements = document.get("@graph").and_then(Value::as_array);
    let elements = elements.map_or(std::slice::from_ref(document), Vec::as_slice);
    let of_type = |name: &str| {
        elements.iter().filter(move |it| it["type"] == *name || it["@type"] == *name).collect()
    };
    let documents: Vec<&Value> = of_type("SpdxDocument");
    if documents.is_empty() {
        return fail("an element of the type `SpdxDocument`");
    }
    let mut creations: Vec<&Value> = of_type("CreationInfo");
    creations.extend(documents.iter().map(|it| &it["creationInfo"]).filter(|it| it.is_object()));
    let is_complete = |it: &&Value| {
        ["specVersion", "created"].iter().all(|field| is_text(&it[*field]))
            && is_filled_list(&it["createdBy"])
    };
    if !creations.iter().any(is_complete) {
        return fail("`specVersion`, `created` and `createdBy` of a `CreationInfo`");
    }
    Ok(())
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

fn is_filled_list(value: &Value) -> bool {
    value.as_array().is_some_and(|items| !items.is_empty())
}
