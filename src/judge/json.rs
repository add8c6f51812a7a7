//! The verdict in the schema of `auditwheel show --json`, and device code as JSON.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use super::audited::Judgement;
use super::system_verdict::SystemVerdict;
use super::verdict::{Externals, Verdict};
use crate::device_code::{ArchitectureSummary, CodeSummary};

/// The schema's version.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Upgrade {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    libs_to_eliminate: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    blacklisted_symbols: BTreeMap<String, Vec<String>>,
}

/// Returns the verdict on one wheel in auditwheel's schema. `wheel` is its file name.
pub(crate) fn verdict(wheel: &str, judgement: &Judgement) -> Value {
    match judgement {
        Judgement::Verdict(verdict) => platform(wheel, verdict),
        Judgement::System(verdict) => system(wheel, verdict),
        Judgement::Pure | Judgement::OtherPlatform(_) => {
            json!({"version": VERSION, "wheel": wheel, "pure": true})
        }
        Judgement::NoElf(problem) => error(wheel, problem),
    }
}

/// Returns the error for a wheel without a verdict, in auditwheel's schema.
pub(crate) fn error(wheel: &str, message: &str) -> Value {
    json!({"version": VERSION, "wheel": wheel, "error": message})
}

/// Returns the device code of files: a list, sorted by path.
pub(super) fn device_code(code: &BTreeMap<String, Arc<CodeSummary>>) -> Value {
    let sums = |sums: &ArchitectureSummary| {
        json!({
            "name": sums.name,
            "kind": sums.kind.name(),
            "entries": sums.entries,
            "bytes": sums.bytes,
            "bytes_uncompressed": sums.bytes_uncompressed,
        })
    };
    code.iter()
        .map(|(path, code)| {
            let architectures: Vec<Value> = code.architectures.iter().map(sums).collect();
            json!({"path": path, "architectures": architectures})
        })
        .collect()
}

fn platform(wheel: &str, verdict: &Verdict) -> Value {
    let upgrades: BTreeMap<&str, Upgrade> = verdict
        .above()
        .filter(|(_, externals)| **externals != Externals::default())
        .map(|(policy, externals)| (policy.name.as_str(), upgrade(externals)))
        .collect();
    let external: BTreeMap<&str, Option<String>> = verdict
        .externals
        .last()
        .into_iter()
        .flat_map(|externals| &externals.libraries)
        .map(|(soname, location)| (soname.as_str(), location.as_ref().map(ToString::to_string)))
        .collect();
    json!({
        "version": VERSION,
        "wheel": wheel,
        "pure": false,
        "overall_tag": verdict.tag(),
        "sym_tag": verdict.policy(verdict.symbols).name,
        "pyfpe": verdict.uses_pyfpe,
        "ucs2": verdict.uses_ucs2,
        "unsupported_isa": verdict.has_unsupported_isa(),
        "versioned_symbols": verdict.versioned_symbols,
        "external_libs": external,
        "policy_upgrades": upgrades,
    })
}

/// Returns the verdict on a wheel for macOS, iOS or Windows, with the keys of auditwheel's schema that apply.
fn system(wheel: &str, verdict: &SystemVerdict) -> Value {
    let cpus: BTreeMap<&String, &Option<String>> =
        verdict.cpus.iter().map(|(cpu, version)| (cpu, version)).collect();
    json!({
        "version": VERSION,
        "wheel": wheel,
        "pure": false,
        "overall_tag": verdict.tag(),
        "system": verdict.system,
        "machines": cpus,
        "external_libs": verdict.outside.keys().map(|name| (name, None)).collect::<BTreeMap<_, Option<String>>>(),
    })
}

fn upgrade(externals: &Externals) -> Upgrade {
    Upgrade {
        libs_to_eliminate: externals.libraries.keys().cloned().collect(),
        blacklisted_symbols: externals
            .blacklisted
            .iter()
            .map(|(library, symbols)| (library.clone(), symbols.iter().cloned().collect()))
            .collect(),
    }
}
