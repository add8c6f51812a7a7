//! `split --variant`: wheel variants that uv installs by GPU, and that variantlib reads.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::NAME;
use super::slim::{content, wheel};
use crate::judges::{judge, script};
use crate::support::command::TestDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

const LABELS: [&str; 4] = ["ptx", "sm_103", "sm_80", "sm_90"];

fn variant_name(label: &str) -> String {
    format!("{}-{label}.whl", NAME.strip_suffix(".whl").unwrap())
}

fn split(dir: &TestDir, options: &[&str]) {
    wheel(dir);
    let arguments = [&["split", NAME, "--variant", "-w", "index"], options].concat();
    dir.wheelworks(&arguments).patience(3).expect(0);
}

fn json_file(dir: &TestDir, path: &str) -> Value {
    serde_json::from_slice(&fs_err::read(dir.path().join(path)).unwrap()).unwrap()
}

#[test]
fn each_wheel_says_what_it_is_for_and_the_index_lists_all() {
    let dir = TestDir::new();
    split(&dir, &["--variant-schema=850-0.2.0"]);
    let index = json_file(&dir, "index/code-1.0-variants.json");
    let mut united = serde_json::Map::new();
    for label in LABELS {
        let path = format!("index/{}", variant_name(label));
        let own = content(&dir, &path, "code-1.0.dist-info/variant.json");
        let own: Value = serde_json::from_slice(&own).unwrap();
        assert_eq!(own["variants"].as_object().unwrap().len(), 1);
        assert!(own["$schema"].as_str().unwrap().ends_with("/peps/850/v0.2.0.json"));
        assert_eq!(own["providers"], index["providers"]);
        united.extend(own["variants"].as_object().unwrap().clone());
        let record = content(&dir, &path, "code-1.0.dist-info/RECORD");
        let record = String::from_utf8(record).unwrap();
        assert!(record.contains("\ncode-1.0.dist-info/variant.json,sha256="), "{record}");
    }
    assert_eq!(index["variants"], Value::Object(united));
    let of = |label: &str| &index["variants"][label]["nvidia"]["sm_arch"];
    assert_eq!(*of("sm_90"), json!(["90_real"]));
    let ptx = ["90_virtual", "100_virtual", "110_virtual", "120_virtual"];
    assert_eq!(*of("ptx"), json!(ptx));
}

#[test]
fn an_index_grows_and_never_says_two_things_of_one_label() {
    let dir = TestDir::new();
    split(&dir, &["--only=sm_80"]);
    split(&dir, &["--only=sm_90,ptx"]);
    let path = "index/code-1.0-variants.json";
    let labels = |index: &Value| -> Vec<String> {
        index["variants"].as_object().unwrap().keys().cloned().collect()
    };
    let index = json_file(&dir, path);
    assert_eq!(labels(&index), ["ptx", "sm_80", "sm_90"]);
    let other = index.to_string().replace("80_real", "75_real");
    for (text, message) in [
        (other.as_str(), "expected the properties of the new wheel for the variant `sm_80`"),
        ("[]", "expected a list of wheel variants, found something else"),
        ("no JSON", "expected a list of wheel variants, found something else"),
    ] {
        dir.write(path, text);
        let arguments = ["split", NAME, "--variant", "-w", "index", "--only=sm_80,sm_103"];
        let output = dir.wheelworks(&arguments).expect(2);
        assert!(output.stderr.contains(message), "{output:?}");
        assert!(!dir.path().join("index").join(variant_name("sm_103")).exists());
        assert_eq!(fs_err::read_to_string(dir.path().join(path)).unwrap(), text);
    }
}

#[test]
fn uv_installs_the_variant_of_the_gpu() {
    let dir = TestDir::new();
    split(&dir, &[]);
    fs_err::rename(dir.path().join(NAME), dir.path().join("index").join(NAME)).unwrap();
    for (gpu, label) in [
        ("8.0", Some("sm_80")),
        ("8.6", Some("sm_80")),
        ("9.0", Some("sm_90")),
        ("10.3", Some("sm_103")),
        ("10.0", Some("ptx")),
        ("12.0", Some("ptx")),
        ("7.5", None),
    ] {
        let target = format!("site-{gpu}");
        let arguments = [
            "pip",
            "install",
            "--quiet",
            "--preview-features=wheel-variants",
            "--offline",
            "--no-cache",
            "--no-index",
            "--find-links=index",
            "--python-platform=x86_64-unknown-linux-gnu",
            &format!("--target={target}"),
            "code",
        ];
        let python = judge("python");
        let install = dir
            .command(judge("uv"), &arguments)
            .env("UV_PYTHON", python.to_str().unwrap())
            .env("NV_VARIANT_PROVIDER_FORCE_CUDA_DRIVER_VERSION", "13.0")
            .env("NV_VARIANT_PROVIDER_FORCE_SM_ARCH", gpu);
        install.patience(3).expect(0);
        let from = label.map_or_else(|| NAME.to_owned(), variant_name);
        let installed = fs_err::read(dir.path().join(target).join("code/lib.so")).unwrap();
        assert!(installed == content(&dir, &format!("index/{from}"), "code/lib.so"), "{gpu}");
    }
}

#[test]
#[ignore = "downloads a wheel of 90 KB, once"]
fn variantlib_reads_the_same() {
    let dir = TestDir::new();
    split(&dir, &[]);
    let table = format!("{ROOT}/tests/device_code/variantlib.txt");
    let fetch = dir.command(format!("{ROOT}/scripts/fetch-wheels"), &["--table", &table]);
    let library = fetch.patience(10).expect(0).stdout;
    let said = script(&dir, "variants.py", &[library.trim(), "index"]).expect(0).stdout;
    let said: BTreeMap<String, Vec<String>> = serde_json::from_str(&said).unwrap();
    assert_eq!(said.keys().map(String::as_str).collect::<Vec<_>>(), LABELS);
    assert_eq!(said["sm_90"], ["nvidia :: sm_arch :: 90_real"]);
    assert_eq!(said["ptx"].len(), 4);
}
