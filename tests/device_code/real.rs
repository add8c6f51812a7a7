//! Device code of real wheels, compared with `cuobjdump` and with a reader in Python. `scripts/fetch-wheels`
//! downloads them once.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use wheelworks::device_code::{Kind, decompress};

use super::built::{as_listed, cuda, listed, scanned};
use super::{device_code, rows};
use crate::judges::script;
use crate::support::command::TestDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Cubins in `.rodata` and the like, in which `cuobjdump` does not look, by library.
const UNSEEN: [(&str, u64); 3] = [
    ("libcudnn_engines_precompiled.so.9", 139),
    ("libonnxruntime_providers_cuda.so", 114),
    ("libtorch_cuda.so", 58),
];

/// Returns the path of a wheel of `wheels.txt`.
pub(super) fn fetch(dir: &TestDir, name: &str) -> String {
    let table = format!("{ROOT}/tests/device_code/wheels.txt");
    let arguments = ["--table", &table, name];
    let fetch = dir.command(format!("{ROOT}/scripts/fetch-wheels"), &arguments).patience(30);
    fetch.expect(0).stdout.trim().to_owned()
}

/// Compares each library of a wheel with both judges, the code of its cubins too if `is_extracted`. Returns what
/// `inspect` reports.
fn assert_judged(dir: &TestDir, name: &str, is_extracted: bool) -> Value {
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
        let all: u64 = ours.values().sum();
        for (name, listed) in counts {
            let ours = ours.get_mut(&name);
            *ours.unwrap_or_else(|| panic!("{path}: no {name}")) -= listed;
        }
        let unseen: u64 = ours.values().sum();
        let expected = UNSEEN.iter().find(|(file, _)| path.ends_with(file)).map_or(0, |it| it.1);
        assert_eq!(unseen, expected, "{path}: {ours:?}");
        if is_extracted {
            assert_extracted(dir, &cuda, &path, expected);
            println!(
                "{path}: {all} entries, {unseen} of them outside of the sections of cuobjdump"
            );
        }
    }
    said
}

/// Compares the code of each cubin with what `cuobjdump -xelf all` extracts; `unseen` of them it does not see.
fn assert_extracted(dir: &TestDir, cuda: &str, path: &str, unseen: u64) {
    let bytes = fs_err::read(dir.path().join(path)).unwrap();
    let mut ours: HashMap<blake3::Hash, u64> = HashMap::new();
    for entry in scanned(&bytes).0.entries().filter(|entry| entry.kind == Kind::Cubin) {
        let range = entry.payload();
        let range = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
        let code = decompress(entry, &bytes[range]).unwrap();
        *ours.entry(blake3::hash(&code)).or_default() += 1;
    }
    drop(bytes);
    let script =
        format!("mkdir cubins && cd cubins && {cuda}/bin/cuobjdump -all -xelf all ../{path}");
    dir.command("sh", &["-c", &script]).patience(9).expect_any();
    for file in fs_err::read_dir(dir.path().join("cubins")).unwrap() {
        let file = file.unwrap().path();
        let count = ours.get_mut(&blake3::hash(&fs_err::read(&file).unwrap()));
        *count.unwrap_or_else(|| panic!("{path}: another {}", file.display())) -= 1;
    }
    fs_err::remove_dir_all(dir.path().join("cubins")).unwrap();
    assert_eq!(ours.values().sum::<u64>(), unseen, "{path}");
}

/// The judges are `cuobjdump`, which lists and extracts, and the reader in Python, which also sees code outside of the
/// sections of compilers.
#[test]
#[ignore = "downloads 1.7 GB and a CUDA compiler, once, and takes minutes"]
fn libraries_of_large_wheels() {
    for (name, libraries) in
        [("jax-cuda12-pjrt", 1), ("onnxruntime-gpu", 1), ("torch", 3), ("nvidia-cudnn-cu12", 6)]
    {
        let dir = TestDir::new();
        let said = assert_judged(&dir, name, true);
        assert_eq!(said["libraries"].as_array().unwrap().len(), libraries, "{name}");
    }
}

#[test]
#[ignore = "downloads 110 MB and a CUDA compiler, once"]
fn libraries_of_real_wheels() {
    for (name, libraries) in [("jax-cuda12-plugin", 3), ("bitsandbytes", 13), ("xgboost", 1)] {
        let dir = TestDir::new();
        let said = assert_judged(&dir, name, false);
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
