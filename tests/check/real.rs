//! The errors and warnings of real wheels. They are downloaded once, so this runs on request.

use serde_json::Value;

use crate::support::command::TestDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Wheels of `tests/parity/wheels.txt` with their errors and warnings.
const WHEELS: [(&str, &[&str]); 9] = [
    ("six-1.17.0-py2.py3-none-any.whl", &[]),
    ("setuptools-84.2.1-py3-none-any.whl", &[]),
    ("tkinterdnd2-0.7.0-py3-none-any.whl", &["native-any"]),
    (
        "markupsafe-3.0.4-cp312-cp312-manylinux2014_x86_64.manylinux_2_17_x86_64.manylinux_2_28_x86_64.whl",
        &[],
    ),
    // WHEEL was changed after RECORD was written; no installer reports it.
    (
        "sentry_cli-3.8.2-py3-none-manylinux_2_17_armv7l.manylinux2014_armv7l.musllinux_1_2_armv7l.whl",
        &["record-hash", "record-size"],
    ),
    // Renamed after it was built.
    ("zstd-1.5.7.2-cp27-cp27mu-manylinux_2_4_i686.whl", &["wheel-tags"]),
    ("dukpy-0.6.0-cp314-cp314-musllinux_1_2_aarch64.whl", &["record-directory"]),
    (
        "shiboken6-6.2.4-6.2.4-cp36.cp37.cp38.cp39.cp310-abi3-manylinux1_x86_64.whl",
        &["bytecode", "wheel-build", "wheel-compressed-tag"],
    ),
    ("tflite_runtime-2.5.0-cp38-cp38-linux_armv7l.whl", &["native-purelib"]),
];

#[test]
#[ignore = "needs the network, once"]
fn real_wheels_have_known_findings() {
    let dir = TestDir::new();
    let table = format!("{ROOT}/tests/parity/wheels.txt");
    let mut arguments = vec!["--table", &table];
    arguments.extend(WHEELS.iter().map(|(name, _)| *name));
    let fetch = dir.command(format!("{ROOT}/scripts/fetch-wheels"), &arguments).patience(30);
    let paths = fetch.expect(0).stdout;
    let mut arguments = vec!["check", "--report=json", "--exit-zero"];
    arguments.extend(paths.lines());
    let output = dir.wheelworks(&arguments).patience(5).expect(0);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let mut wrong = Vec::new();
    for (name, expected) in WHEELS {
        let wheels = report["wheels"].as_array().unwrap();
        let wheel = wheels.iter().find(|it| it["wheel"] == name).unwrap();
        let findings = wheel["findings"].as_array().unwrap().iter();
        let mut found: Vec<&str> = findings
            .filter(|it| it["level"] != "info")
            .map(|it| it["rule"].as_str().unwrap())
            .collect();
        found.sort_unstable();
        if found != expected {
            wrong.push(format!("{name}: expected {expected:?}, found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
