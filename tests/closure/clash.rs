//! Wheels that load, each alone, and crash in one process: tensorflow 2.21 with triton 3.7, from the index.
//! `scripts/fetch-wheels` downloads them once, so the tests run on request:
//! `cargo test closure::clash -- --include-ignored`.

use serde_json::Value;

use super::row::problems;
use crate::judges::judge;
use crate::support::command::TestDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Returns the problems of wheels of a table that are installed together.
fn problems_of(dir: &TestDir, table: &str, names: &[&str]) -> Vec<String> {
    let table = format!("{ROOT}/tests/closure/{table}");
    let arguments = [&["--table", &table], names].concat();
    let fetch = dir.command(format!("{ROOT}/scripts/fetch-wheels"), &arguments);
    let wheels = fetch.patience(30).expect(0).stdout;
    let mut arguments = vec!["closure", "--json", "--exit-zero", "--python-version=3.12"];
    arguments.extend(wheels.lines());
    let report = dir.wheelworks(&arguments).patience(30).expect(0).stdout;
    problems(&serde_json::from_str::<Value>(&report).unwrap())
}

#[test]
#[ignore = "downloads 1.3 GB, once"]
fn tensorflow_and_triton_clash_and_torch_and_numpy_do_not() {
    let dir = TestDir::new();
    let found = problems_of(&dir, "clash.txt", &["tensorflow", "triton"]);
    for namespace in ["llvm", "mlir"] {
        let expected = format!("symbol-clash triton/_C/libtriton.so {namespace} of tensorflow");
        assert!(found.contains(&expected), "{found:?}");
    }
    let torch = "torch-2.15.0-cp312-cp312-manylinux_2_28_x86_64.whl";
    let numpy = "numpy-2.5.5-cp312-cp312-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl";
    let found = problems_of(&dir, "wheels.txt", &[torch, numpy]);
    let clashes: Vec<&String> = found.iter().filter(|it| it.starts_with("symbol-clash")).collect();
    assert!(clashes.is_empty(), "{clashes:?}");
}

/// Returns how processes end that import two packages: each alone, and both in both orders. `None` if there is no Python
/// for them.
fn imported(names: [&str; 2]) -> Option<String> {
    let dir = TestDir::new();
    let script = format!("{ROOT}/tests/closure/clash.py");
    let arguments = [&script, names[0], names[1]];
    let output = dir.command(judge("python"), &arguments).patience(60).expect(0);
    (!output.stdout.starts_with("skipped")).then_some(output.stdout)
}

/// The order decides: tensorflow loads its libraries with `RTLD_GLOBAL`, and triton does not. If triton comes second,
/// `LD_DEBUG=bindings` shows 18,585 symbols of `libtriton.so` that are bound to libraries of tensorflow; none, if it comes
/// first.
#[test]
#[ignore = "downloads 800 MB, once"]
fn a_process_with_tensorflow_and_triton_crashes_in_one_order() {
    let Some(said) = imported(["tensorflow", "triton"]) else { return };
    let expected = "import tensorflow: 0\nimport triton: 0\nimport tensorflow, triton: -11\nimport triton, tensorflow: 0\n";
    assert_eq!(said, expected);
}

/// torch is imported with all that it requires, and shares an array with numpy.
#[test]
#[ignore = "downloads 2.7 GB, once, and unpacks 7 GB"]
fn a_process_with_torch_and_numpy_works_in_both_orders() {
    let Some(said) = imported(["torch", "numpy"]) else { return };
    let expected =
        "import torch: 0\nimport numpy: 0\nimport torch, numpy: 0\nimport numpy, torch: 0\n";
    assert_eq!(said, expected);
}
