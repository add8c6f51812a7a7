//! CycloneDX, SPDX 2 as RDF, and SWID, as XML.

use roxmltree::{Document, Node, ParsingOptions};

use super::SbomForm::{CycloneDxXml, SpdxRdf, Swid};
use super::{SbomError, SbomForm, missing};

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const SPDX: &str = "http://spdx.org/rdf/terms#";
const SWID: &str = "http://standards.iso.org/iso/19770/-2/";
const CYCLONEDX: &str = "http://cyclonedx.org/schema/bom/1.";

/// Maximum number of nodes of a document: each takes about 100 bytes of memory.
const MAX_NODES: u32 = 1_000_000;

pub(super) fn form(text: &str) -> Result<SbomForm, SbomError> {
    let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options)
        .map_err(|error| SbomError::Syntax { form: "XML", problem: error.to_string() })?;
    let root = document.root_element();
    match (root.tag_name().namespace().unwrap_or_default(), root.tag_name().name()) {
        (namespace, "bom") if namespace.starts_with(CYCLONEDX) => {
            cyclonedx(root).map(|()| CycloneDxXml)
        }
        (RDF, "RDF") => {
            let is_document = |node: Node<'_, '_>| node.has_tag_name((SPDX, "SpdxDocument"));
            let has_document = root.descendants().any(is_document);
            if has_document { Ok(SpdxRdf) } else { Err(SbomError::Unknown) }
        }
        (namespace, "SoftwareIdentity") if namespace.starts_with(SWID) => {
            for name in ["name", "tagId"] {
                attribute(root, name).ok_or_else(|| missing(Swid, format!("`{name}`")))?;
            }
            Ok(Swid)
        }
        _ => Err(SbomError::Unknown),
    }
}

fn cyclonedx(root: Node<'_, '_>) -> Result<(), SbomError> {
    let version = root.attribute("version");
    if version.is_some_and(|it| !it.parse().is_ok_and(|it: u64| it > 0)) {
        return Err(missing(CycloneDxXml, "a positive whole number as `version`"));
    }
    let namespace = root.tag_name().namespace().unwrap_or_default();
    let components = |node: &Node<'_, '_>| node.has_tag_name((namespace, "component"));
    for component in root.descendants().filter(components) {
        attribute(component, "type")
            .ok_or_else(|| missing(CycloneDxXml, "`type` of each component"))?;
        let names = component.children().filter(|it| it.has_tag_name((namespace, "name")));
        if !names.filter_map(|it| it.text()).any(|text| !text.trim().is_empty()) {
            return Err(missing(CycloneDxXml, "`name` of each component"));
        }
    }
    Ok(())
}

/// Returns an attribute that is not empty.
fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.attribute(name).filter(|value| !value.is_empty())
}
