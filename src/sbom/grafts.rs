//! The bill of materials of a wheel's grafts: CycloneDX 1.4 as `auditwheel repair` writes
//! it.
//!
//! <https://cyclonedx.org/docs/1.4/json/>

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::escape::hexadecimal;
use crate::packages::{self, LicenseText, Package, PackagesError};

/// The path of the document in the `.dist-info` directory.
pub const MEMBER: &str = "sboms/auditwheel.cdx.json";

/// The directory for licence texts in the `.dist-info` directory (PEP 639).
pub const LICENSES: &str = "licenses";

/// The wheel that holds the grafts.
#[derive(Debug, Clone, Copy)]
pub struct SbomSubject<'a> {
    /// The name, as in the file name.
    pub name: &'a str,
    /// The version, as in the file name.
    pub version: &'a str,
    /// The name of the file, with its new tags.
    pub file_name: &'a str,
}

/// A document. Fields that this program does not write are kept.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    bom_format: String,
    spec_version: String,
    version: u64,
    #[serde(default)]
    metadata: Map<String, Value>,
    #[serde(default)]
    components: Vec<Map<String, Value>>,
    #[serde(default)]
    dependencies: Vec<Dependency>,
    #[serde(flatten)]
    other: Map<String, Value>,
}

/// What a component depends on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dependency {
    #[serde(rename = "ref")]
    reference: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<String>,
}

/// Returns the document, in one line, or `None` if no package owns a graft.
///
/// `owners` has the package of each source path of a graft. `earlier` is the document that the wheel has
/// already, of an earlier repair; its components are kept, and sorted together with the new ones. A text that
/// is no CycloneDX document is replaced.
#[must_use]
pub fn document(
    subject: SbomSubject<'_>,
    owners: &BTreeMap<PathBuf, Package>,
    earlier: Option<&[u8]>,
) -> Option<Vec<u8>> {
    if owners.is_empty() {
        return None;
    }
    let earlier = earlier
        .and_then(|bytes| serde_json::from_slice::<Document>(bytes).ok())
        .filter(|document| document.bom_format == "CycloneDX");
    let mut document = earlier.unwrap_or_else(|| Document {
        bom_format: "CycloneDX".to_owned(),
        spec_version: "1.4".to_owned(),
        version: 1,
        metadata: Map::new(),
        components: Vec::new(),
        dependencies: Vec::new(),
        other: Map::new(),
    });
    let old_subject = document.replace_subject(subject);
    document.add_components(owners);
    document.link(old_subject.as_deref(), &subject.url());
    serde_json::to_vec(&document).ok()
}

/// The licence texts of the packages that own grafts.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct GraftLicenses {
    /// The texts, by path in the `.dist-info` directory: `licenses/PACKAGE/NAME`.
    pub texts: BTreeMap<String, Vec<u8>>,
    /// The names of packages without a text.
    pub missing: BTreeSet<String>,
}

impl GraftLicenses {
    /// Reads the texts that the distribution at `root` installs for the packages.
    ///
    /// # Errors
    ///
    /// Files that cannot be read, or more of them than any package has.
    pub fn read(root: &Path, owners: &BTreeMap<PathBuf, Package>) -> Result<Self, PackagesError> {
        let mut found = Self::default();
        for package in owners.values().collect::<BTreeSet<_>>() {
            let texts = packages::license_texts(root, package)?;
            if texts.is_empty() {
                found.missing.insert(package.name.clone());
            }
            for LicenseText { path, bytes } in texts {
                found.texts.insert(format!("{LICENSES}/{}/{path}", package.name), bytes);
            }
        }
        Ok(found)
    }
}

impl SbomSubject<'_> {
    /// Returns the package URL of the wheel.
    fn url(&self) -> String {
        let [name, version, file_name] =
            [self.name, self.version, self.file_name].map(packages::encode_url_part);
        format!("pkg:pypi/{name}@{version}?file_name={file_name}")
    }

    fn component(&self) -> Map<String, Value> {
        component(&self.url(), self.name, self.version, &self.url())
    }
}

impl Document {
    /// Makes `subject` the component that the document describes. Returns the reference to the one that it
    /// described before.
    fn replace_subject(&mut self, subject: SbomSubject<'_>) -> Option<String> {
        let old = self.metadata.get("component").and_then(|old| reference(old.as_object()?));
        let old = old.map(str::to_owned);
        let new = subject.component();
        self.components.retain(|known| {
            let known = reference(known);
            known != old.as_deref() && known != reference(&new)
        });
        self.components.push(new.clone());
        self.metadata.insert("component".to_owned(), new.into());
        let this = json!({"name": "wheelworks", "version": env!("CARGO_PKG_VERSION")});
        // Documents of newer versions have an object here.
        if let Some(tools) =
            self.metadata.entry("tools").or_insert_with(|| json!([])).as_array_mut()
        {
            tools.retain(|tool| tool["name"] != this["name"]);
            tools.push(this);
        }
        old
    }

    /// Adds a component for each graft, and sorts all but the subject.
    fn add_components(&mut self, owners: &BTreeMap<PathBuf, Package>) {
        let subject = self.components.pop();
        for (path, package) in owners {
            let url = package.url();
            let reference_of_graft = format!("{url}#{}", sha256_of_path(path));
            self.components.retain(|known| reference(known) != Some(&reference_of_graft));
            let new = component(&reference_of_graft, &package.name, &package.version, &url);
            self.components.push(new);
        }
        let key = |component: &Map<String, Value>| {
            ["purl", "bom-ref"].map(|field| text(component, field).unwrap_or_default().to_owned())
        };
        self.components.sort_by_cached_key(key);
        if let Some(subject) = subject {
            self.components.insert(0, subject);
        }
    }

    /// Makes the subject depend on all other components, in their order.
    fn link(&mut self, old_subject: Option<&str>, subject: &str) {
        let others = self.components.iter().skip(1).filter_map(reference).map(str::to_owned);
        let others: Vec<String> = others.collect();
        let mut known: BTreeMap<String, Dependency> = std::mem::take(&mut self.dependencies)
            .into_iter()
            .filter(|it| Some(it.reference.as_str()) != old_subject && it.reference != subject)
            .map(|it| (it.reference.clone(), it))
            .collect();
        let first = Dependency { reference: subject.to_owned(), depends_on: others.clone() };
        self.dependencies.push(first);
        self.dependencies.extend(others.into_iter().map(|reference| {
            known
                .remove(&reference)
                .unwrap_or_else(|| Dependency { reference, depends_on: Vec::new() })
        }));
        // Those of components inside of others.
        self.dependencies.extend(known.into_values());
    }
}

/// Returns a component of the type that libraries and wheels have.
fn component(reference: &str, name: &str, version: &str, url: &str) -> Map<String, Value> {
    let fields = [
        ("type", "library"),
        ("bom-ref", reference),
        ("name", name),
        ("version", version),
        ("purl", url),
    ];
    fields.map(|(field, value)| (field.to_owned(), value.into())).into_iter().collect()
}

fn reference(component: &Map<String, Value>) -> Option<&str> {
    text(component, "bom-ref")
}

fn text<'a>(component: &'a Map<String, Value>, field: &str) -> Option<&'a str> {
    component.get(field)?.as_str()
}

/// Returns the SHA-256 of a path in lower-case hexadecimal digits.
fn sha256_of_path(path: &Path) -> String {
    hexadecimal(&Sha256::digest(path.as_os_str().as_encoded_bytes()))
}
