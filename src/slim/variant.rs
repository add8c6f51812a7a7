//! Wheel variants of a split: the file `variant.json` of each wheel, and the file of an index directory that lists the
//! variants of a version. The format is that of the drafts PEP 825 and PEP 850.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::arguments::VariantSchema;
use super::error::SlimError;
use crate::context::Context;
use crate::device_code::{Architecture, Coverage, Entry, Gpu, KNOWN_GPUS, Kind};
use crate::error::Error;
use crate::json;
use crate::source;
use crate::temporary;
use crate::wheel::WheelFilename;

/// The name of the file in the dist-info directory.
pub(super) const NAME: &str = "variant.json";

/// The namespace of the properties.
const NAMESPACE: &str = "nvidia";

/// The provider that installers ask which properties a machine has, and its object.
const PROVIDER: (&str, &str) =
    ("nvidia-variant-provider>=0.0.1,<1.0.0", "nvidia_variant_provider.plugin:NvidiaVariantPlugin");

/// The variant that a wheel is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct VariantOf {
    /// Its label: `sm_90`, `ptx`.
    pub(super) label: String,
    /// The values of its property `sm_arch`: `90_real`, `90_virtual`. A machine needs one of them.
    pub(super) values: Vec<String>,
    pub(super) schema: VariantSchema,
}

impl VariantOf {
    fn properties(&self) -> Value {
        json!({NAMESPACE: {"sm_arch": self.values}})
    }

    /// Returns the file `variant.json`.
    pub(super) fn to_text(&self) -> Result<String, Error> {
        let variants = Map::from_iter([(self.label.clone(), self.properties())]);
        json::to_text(&document(self.schema, &variants))
    }
}

fn document(schema: VariantSchema, variants: &Map<String, Value>) -> Value {
    let (requires, plugin) = PROVIDER;
    json!({
        "$schema": schema.url(),
        "default-priorities": {"namespace": [NAMESPACE]},
        "providers": {NAMESPACE: {"plugin-api": plugin, "requires": [requires]}},
        "variants": variants,
    })
}

/// Returns the values of `sm_arch` for a wheel with this PTX. By the rules of the provider `90_virtual` means the GPUs
/// from 9.0 on with the same major number; the driver also compiles PTX for GPUs with later ones.
pub(super) fn values_of_ptx<'a>(entries: impl Iterator<Item = &'a Entry>) -> Vec<String> {
    let ptx: Vec<&Architecture> =
        entries.filter(|entry| entry.kind == Kind::Ptx).map(|entry| &entry.architecture).collect();
    let runs = |gpu: u32| ptx.iter().any(|it| Gpu(gpu).runs(Kind::Ptx, it) != Coverage::None);
    let mut numbers: BTreeSet<u32> = BTreeSet::new();
    for architecture in &ptx {
        if let Architecture::Cuda { number, .. } = architecture {
            numbers.insert(*number);
        }
    }
    for gpu in KNOWN_GPUS.into_iter().filter(|gpu| runs(*gpu)) {
        // The first one of each major number stands for the others.
        if !numbers.iter().any(|number| number / 10 == gpu / 10 && *number <= gpu) {
            numbers.insert(gpu);
        }
    }
    numbers.into_iter().map(|number| format!("{number}_virtual")).collect()
}

/// The file that lists the variants of a version in a directory.
pub(super) struct VariantIndex {
    path: PathBuf,
    text: String,
}

impl VariantIndex {
    /// Returns the file with these variants, and with those that the file in the directory has.
    ///
    /// # Errors
    /// If the old file is not one, or has a variant with the same label and other properties.
    pub(super) fn merged(
        directory: &Path,
        filename: &WheelFilename,
        new: &[VariantOf],
        context: &Context<'_>,
    ) -> Result<Option<Self>, Error> {
        let Some(VariantOf { schema, .. }) = new.first() else { return Ok(None) };
        let stem = filename.dist_info_dir();
        let stem = stem.strip_suffix(".dist-info").unwrap_or_default();
        let path = context.resolve(directory).join(format!("{stem}-variants.json"));
        let mut variants = if path.exists() {
            let (_, bytes) = source::read_small(&path)?;
            let old = serde_json::from_slice::<Value>(&bytes).ok();
            let old = old.as_ref().and_then(|old| old.get("variants")?.as_object().cloned());
            old.ok_or_else(|| SlimError::VariantIndex(path.clone()))?
        } else {
            Map::new()
        };
        for variant in new {
            let properties = variant.properties();
            match variants.insert(variant.label.clone(), properties.clone()) {
                Some(old) if old != properties => {
                    let label = variant.label.clone();
                    return Err(SlimError::VariantConflict { path, label }.into());
                }
                _ => {}
            }
        }
        Ok(Some(Self { path, text: json::to_text(&document(*schema, &variants))? }))
    }

    /// Writes the file.
    pub(super) fn publish(&self) -> Result<(), Error> {
        Ok(temporary::publish(&self.path, &self.text)?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::arguments::VariantSchema;
    use super::*;
    use crate::device_code::{Compression, Suffix};

    fn ptx(number: u32, suffix: Suffix) -> Entry {
        Entry {
            kind: Kind::Ptx,
            architecture: Architecture::Cuda { number, suffix },
            compression: Compression::None,
            offset: 0,
            header_len: 64,
            payload_offset: 64,
            compressed_len: 0,
            padded_len: 0,
            uncompressed_len: 0,
            name: None,
        }
    }

    #[test]
    fn later_majors_run_ptx() {
        for (entries, expected) in [
            (&[ptx(90, Suffix::None)][..], "90_virtual 100_virtual 110_virtual 120_virtual"),
            (&[ptx(103, Suffix::None)], "103_virtual 110_virtual 120_virtual"),
            (
                &[ptx(120, Suffix::None), ptx(86, Suffix::None)],
                "86_virtual 90_virtual 100_virtual 110_virtual 120_virtual",
            ),
            (&[ptx(90, Suffix::Exact)], "90_virtual"),
        ] {
            assert_eq!(values_of_ptx(entries.iter()).join(" "), expected);
        }
    }

    #[test]
    fn a_file_has_one_variant() {
        let (label, values) = ("sm_90".to_owned(), vec!["90_real".to_owned()]);
        let variant = VariantOf { label, values, schema: VariantSchema::V850 };
        let text: Value = serde_json::from_str(&variant.to_text().unwrap()).unwrap();
        assert_eq!(text["variants"], json!({"sm_90": {"nvidia": {"sm_arch": ["90_real"]}}}));
        assert!(text["$schema"].as_str().unwrap().ends_with("/850/v0.2.0.json"));
    }
}
