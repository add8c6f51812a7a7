//! The components of a wheel as CycloneDX 1.6.
//!
//! <https://cyclonedx.org/docs/1.6/json/>

use serde_json::{Map, Value, json};

use super::component::{Component, ComponentWheel, WheelComponents};

impl WheelComponents {
    /// Returns the CycloneDX document of the components of `wheel`, in one line. Members are the locations of
    /// `evidence`; their SHA-256 is in RECORD.
    #[must_use]
    pub fn cyclonedx(&self, wheel: &ComponentWheel) -> String {
        let purl = wheel.purl();
        let components: Vec<Value> = self
            .iter()
            .map(|(reference, it, members)| {
                let locations = members.iter().map(|path| json!({"location": path.as_str()}));
                component(reference, it, &locations.collect::<Vec<Value>>())
            })
            .collect();
        let references = || self.iter().map(|(reference, ..)| reference);
        let mut dependencies = vec![json!({
            "ref": purl,
            "dependsOn": references().collect::<Vec<_>>(),
        })];
        dependencies.extend(references().map(|reference| json!({"ref": reference})));
        json!({
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "version": 1,
            "metadata": {
                "tools": {"components": [{
                    "type": "application",
                    "name": "wheelworks",
                    "version": env!("CARGO_PKG_VERSION"),
                }]},
                "component": {
                    "type": "library",
                    "bom-ref": purl,
                    "name": wheel.name,
                    "version": wheel.version,
                    "purl": purl,
                },
            },
            "components": components,
            "dependencies": dependencies,
        })
        .to_string()
    }
}

fn component(reference: &str, component: &Component, locations: &[Value]) -> Value {
    let mut fields = Map::new();
    let mut add = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
    add("type", "library".into());
    add("bom-ref", reference.into());
    add("name", component.name().into());
    if let Some(version) = &component.version {
        add("version", version.as_str().into());
    }
    if let Some(purl) = &component.purl {
        add("purl", purl.as_str().into());
    }
    if let Some(expression) = component.license_expression() {
        add("licenses", json!([{"expression": expression}]));
    } else if !component.licenses.is_empty() {
        let texts = component.licenses.iter().map(|text| json!({"license": {"name": text}}));
        add("licenses", texts.collect());
    }
    add("evidence", json!({"occurrences": locations}));
    fields.into()
}
