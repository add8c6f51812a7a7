//! cuSPARSE with an nvJitLink that is too old, from the index. `scripts/fetch-wheels` downloads the wheels once, so the
//! test runs on request: `cargo test closure::pair -- --include-ignored`.

use serde_json::Value;

use super::row::{problems, python_version};
use crate::judges::{judge, script};
use crate::support::command::TestDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Returns the paths of cuSPARSE 12.1.0.106, and nvJitLink 12.0.140 and 12.1.105.
fn fetch(dir: &TestDir) -> Vec<String> {
    let table = format!("{ROOT}/tests/closure/pair.txt");
    let fetch = dir.command(format!("{ROOT}/scripts/fetch-wheels"), &["--table", &table]);
    fetch.patience(30).expect(0).stdout.lines().map(str::to_owned).collect()
}

/// Returns what the loader says of cuSPARSE beside an nvJitLink; empty if it loads.
fn load(dir: &TestDir, wheels: [&str; 2], name: &str) -> String {
    for wheel in wheels {
        script(dir, "unpack.py", &[wheel, name]).expect(0);
    }
    let code = "import ctypes, sys\n\
                try: ctypes.CDLL(sys.argv[1])\n\
                except OSError as error: print(error)\n";
    let path = format!("{name}/nvidia/cusparse/lib/libcusparse.so.12");
    let command = dir.command(judge("python"), &["-I", "-c", code, &path]);
    command.env("LD_LIBRARY_PATH", "").expect(0).stdout
}

#[test]
#[ignore = "downloads 235 MB, once"]
fn an_older_nvjitlink_fails_and_the_floor_is_named() {
    const SYMBOL: &str = "__nvJitLinkAddData_12_1";
    let dir = TestDir::new();
    let wheels = fetch(&dir);
    let [cusparse, old, new] = &wheels[..] else { panic!("{wheels:?}") };
    let python = format!("--python-version={}", python_version(&dir));
    let run = |with: &[&String], code: i32| -> Value {
        let mut all = vec!["closure", "--json", &python, cusparse];
        for wheel in with {
            all.extend(["--with", wheel]);
        }
        let output = dir.wheelworks(&all).patience(9).expect(code);
        serde_json::from_str(&output.stdout).unwrap()
    };

    let said = load(&dir, [cusparse, old], "old");
    assert!(said.contains(&format!("undefined symbol: {SYMBOL}")), "{said}");
    let report = run(&[old], 1);
    let found = problems(&report);
    let expected = format!("undefined-symbol nvidia/cusparse/lib/libcusparse.so.12 {SYMBOL}");
    assert!(found.contains(&expected), "{found:?}");
    assert!(found.contains(&"floor-too-low - nvidia-nvjitlink-cu12".to_owned()), "{found:?}");

    assert_eq!(load(&dir, [cusparse, new], "new"), "");
    assert_eq!(run(&[new], 0)["unresolved"], 0);

    let report = run(&[old, new], 1);
    let problem = &report["problems"][0];
    assert_eq!(problem["rule"], "floor-too-low");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("require `nvidia-nvjitlink-cu12>=12.1.105`"), "{detail}");
    assert!(detail.contains(SYMBOL) && detail.contains("libcusparse.so.12"), "{detail}");
}
