//! Device code of real wheels, compared with `cuobjdump` and with a reader in Python. `scripts/fetch-wheels`
//! downloads them once.

use std::collections::BTreeMap;

use serde_json::Value;

use super::built::{as_listed, cuda, listed};
use super::{device_code, rows};
use crate::judges::script;
use crate::support::command::TestDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Returns the path of a wheel of `wheels.txt`.
pub(super) fn fetch(dir: &TestDir, name: &str) -> String {
    let table = format!("{ROOT}/tests/device_code/wheels.txt");
    let arguments = ["--table", &table, name];
    let fetch = dir.command(format!("{ROOT}/scripts/fetch-wheels"), &arguments).patience(30);
    fetch.expect(0).stdout.trim().to_owned()
}

/// Compares each library of a wheel with both judges. Returns what `inspect` reports.
fn assert_judged(dir: &TestDir, name: &str) -> Value {
    let cuda = cuda(dir);
    let wheel = fetch(dir, name);
    let said = device_code(dir, &wheel, &[]);
    script(dir, "unpack.py", &[&wheel, "tree"]).expect(0);
    for library in said["libraries"].as_array().unwrap() {
        let path = format!("tree/{}", library["path"].as_str().unwrap());
        let found = rows(&library["architectures"]);
        if found.iter().any(|row| row.1 == "hip") {
            continue;
        }
        let judged = script(dir, "device_code.py", &[&path]).expect(0).stdout;
        let judged: Value = serde_json::from_str(&judged).unwrap();
        assert_eq!(found, rows(&judged["architectures"]), "{path}");
        assert_eq!(library["containers"], judged["containers"], "{path}");
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        // It refuses a library of bitsandbytes whose first cubin it takes for invalid.
        let Some(listed) = listed(dir, &cuda, &path) else {
            assert_eq!(path, "tree/bitsandbytes/libbitsandbytes_cuda121.so");
            continue;
        };
        for name in listed {
            *counts.entry(name).or_default() += 1;
        }
        let mut ours: BTreeMap<String, u64> = BTreeMap::new();
        for row in found {
            *ours.entry(as_listed(&row.0)).or_default() += row.2;
        }
        assert_eq!(ours, counts, "{path}");
    }
    said
}

#[test]
#[ignore = "downloads 110 MB and a CUDA compiler, once"]
fn libraries_of_real_wheels() {
    for (name, libraries) in [("jax-cuda12-plugin", 3), ("bitsandbytes", 13), ("xgboost", 1)] {
        let dir = TestDir::new();
        let said = assert_judged(&dir, name);
        assert_eq!(said["libraries"].as_array().unwrap().len(), libraries, "{name}");
    }
}

#[test]
#[ignore = "downloads 43 MB, once"]
fn compressed_bundles_of_hip() {
    let dir = TestDir::new();
    let said = device_code(&dir, &fetch(&dir, "bitsandbytes"), &[]);
    let path = "bitsandbytes/libbitsandbytes_rocm715.so";
    let libraries = said["libraries"].as_array().unwrap();
    let library = libraries.iter().find(|it| it["path"] == path).unwrap();
    let found = rows(&library["architectures"]);
    // Two compressed bundles, each for the 25 targets that it was built for.
    assert_eq!((library["containers"].as_u64(), found.len()), (Some(2), 25));
    assert!(found.iter().all(|row| row.1 == "hip" && row.2 == 2 && row.0.starts_with("gfx")));
}

/// The judge is a reader of our own, with the program `zstd`.
#[test]
#[ignore = "downloads 5 MB, once"]
fn bundles_of_a_rocm_wheel() {
    let dir = TestDir::new();
    let wheel = fetch(&dir, "jax-rocm7-plugin");
    let said = device_code(&dir, &wheel, &[]);
    script(&dir, "unpack.py", &[&wheel, "tree"]).expect(0);
    let libraries = said["libraries"].as_array().unwrap();
    assert_eq!(libraries.len(), 3, "{said:#}");
    for library in libraries {
        let path = format!("tree/{}", library["path"].as_str().unwrap());
        let judged = script(&dir, "hip_bundles.py", &[&path]).expect(0).stdout;
        let judged: Value = serde_json::from_str(&judged).unwrap();
        assert_eq!(library["containers"], judged["containers"], "{path}");
        let row = |it: &Value| {
            let number = |field: &str| it[field].as_u64().unwrap();
            (
                it["name"].as_str().unwrap().to_owned(),
                number("entries"),
                number("bytes_uncompressed"),
            )
        };
        let of = |said: &Value| -> Vec<(String, u64, u64)> {
            said["architectures"].as_array().unwrap().iter().map(row).collect()
        };
        assert!(of(&judged).len() > 20, "{judged:#}");
        assert_eq!(of(library), of(&judged), "{path}");
    }
}
