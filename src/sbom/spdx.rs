//! The components of a wheel as SPDX 2.3.
//!
//! <https://spdx.github.io/spdx-spec/v2.3/>

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::component::{Component, ComponentWheel, WheelComponents};
use crate::escape::hexadecimal;

/// What stands where nothing is known.
const UNKNOWN: &str = "NOASSERTION";

/// The identifier of the package that is the wheel.
const WHEEL: &str = "SPDXRef-wheel";

impl WheelComponents {
    /// Returns the SPDX document of the components of `wheel`, in one line. `created` is a point in time such as
    /// `1980-01-01T00:00:00Z`.
    ///
    /// Members are lines of `comment`: a file of SPDX must have a SHA-1, and RECORD has a SHA-256 of each member.
    #[must_use]
    pub fn spdx(&self, wheel: &ComponentWheel, created: &str) -> String {
        let mut packages =
            vec![package(WHEEL, &wheel.name, Some(&wheel.version), Some(&wheel.purl()))];
        let mut relationships = vec![relationship("SPDXRef-DOCUMENT", "DESCRIBES", WHEEL)];
        for (index, (_, component, members)) in self.iter().enumerate() {
            let id = format!("SPDXRef-component-{}", index + 1);
            let Component { version, purl, licenses, .. } = component;
            let mut fields = package(&id, component.name(), version.as_deref(), purl.as_deref());
            if let Some(expression) = component.license_expression() {
                fields.insert("licenseDeclared".to_owned(), expression.into());
            } else if !licenses.is_empty() {
                let texts: Vec<&str> = licenses.iter().map(String::as_str).collect();
                fields.insert("licenseComments".to_owned(), texts.join("\n").into());
            }
            let mut comment = "Members of the wheel that hold it:".to_owned();
            for member in members {
                let _ = write!(comment, "\n{member}");
            }
            fields.insert("comment".to_owned(), comment.into());
            packages.push(fields);
            relationships.push(relationship(WHEEL, "CONTAINS", &id));
        }
        let packages: Value = packages.into();
        let digest = Sha256::digest(packages.to_string());
        let unique = hexadecimal(&digest[..16]);
        let name = format!("{}-{}", wheel.name, wheel.version);
        json!({
            "spdxVersion": "SPDX-2.3",
            "dataLicense": "CC0-1.0",
            "SPDXID": "SPDXRef-DOCUMENT",
            "name": name,
            // A document with other components has another namespace.
            "documentNamespace": format!("https://spdx.org/spdxdocs/{name}-{unique}"),
            "creationInfo": {
                "created": created,
                "creators": [concat!("Tool: wheelworks-", env!("CARGO_PKG_VERSION"))],
            },
            "packages": packages,
            "relationships": relationships,
        })
        .to_string()
    }
}

fn package(id: &str, name: &str, version: Option<&str>, purl: Option<&str>) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut add = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
    add("SPDXID", id.into());
    add("name", name.into());
    if let Some(version) = version {
        add("versionInfo", version.into());
    }
    add("downloadLocation", UNKNOWN.into());
    add("filesAnalyzed", false.into());
    if let Some(purl) = purl {
        let reference = json!([{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": purl,
        }]);
        add("externalRefs", reference);
    }
    fields
}

fn relationship(from: &str, kind: &str, to: &str) -> Value {
    json!({"spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to})
}
