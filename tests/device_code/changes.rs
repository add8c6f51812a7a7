//! What `inspect` says about device code that could go, and what `diff` says about kernels.

use serde_json::Value;

use super::built::cuda;
use super::{NAME, cubin, device_code, entry, fat_binary, library, packed, sample};
use crate::judges::script;
use crate::page::browser;
use crate::support::command::TestDir;
use crate::support::sample::noise;
use crate::support::wheel::Wheel;

fn inspected(dir: &TestDir, options: &[&str]) -> Value {
    let arguments = [&["inspect", "--report=json"], options, &[NAME]].concat();
    let output = dir.wheelworks(&arguments).patience(3).expect(0).stdout;
    let mut said: Value = serde_json::from_str(&output).unwrap();
    said["wheels"][0].take()
}

#[test]
fn what_a_wheel_would_take_without_architectures() {
    let dir = TestDir::new();
    sample(&dir, "lib.so");
    packed(&dir, "lib.so", &["--no-chunk-table"]);
    let whole = inspected(&dir, &[]);
    assert!(whole.get("what_if").is_none());
    let sums = |field: &str, names: &[&str]| -> u64 {
        let architectures = whole["device_code"]["architectures"].as_array().unwrap().iter();
        let named = architectures.filter(|it| names.contains(&it["name"].as_str().unwrap()));
        named.map(|it| it[field].as_u64().unwrap()).sum()
    };
    let cases: [(&str, &[&str], &[&str]); 4] = [
        ("--drop=sm_80", &["sm_80"], &["compute_90", "lto_120", "sm_103f", "sm_75", "sm_90a"]),
        (
            "--drop=sm_80,sm_75",
            &["sm_75", "sm_80"],
            &["compute_90", "lto_120", "sm_103f", "sm_90a"],
        ),
        (
            "--keep=sm_90a,compute_90",
            &["lto_120", "sm_103f", "sm_75", "sm_80"],
            &["compute_90", "sm_90a"],
        ),
        (
            "--keep=sm_75,sm_80,sm_90a,sm_103f,lto_120,compute_90",
            &[],
            &["compute_90", "lto_120", "sm_103f", "sm_75", "sm_80", "sm_90a"],
        ),
    ];
    for (option, dropped, kept) in cases {
        let what_if = inspected(&dir, &[option])["what_if"].take();
        let names: Vec<&str> = what_if["dropped"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, dropped, "{option}");
        assert_eq!(what_if["kept"], serde_json::json!(kept), "{option}");
        assert_eq!(what_if["bytes"], sums("bytes", dropped), "{option}");
        assert_eq!(what_if["bytes_in_wheel"], sums("bytes_in_wheel", dropped), "{option}");
        assert_eq!(what_if["estimated"], true);
    }
    // The estimate for `sm_80`, of which nothing compresses, and the wheel without it.
    let estimate = sums("bytes_in_wheel", &["sm_80"]);
    let len = |name: &str| fs_err::metadata(dir.path().join(name)).unwrap().len();
    let before = len(NAME);
    let bytes = fs_err::read(dir.path().join("lib.so")).unwrap();
    let code = noise(3 << 20, 1);
    let at = bytes.windows(4096).position(|window| window == &code[..4096]).unwrap();
    let mut zeros = bytes;
    zeros[at..at + code.len()].fill(0);
    dir.write("lib.so", &zeros);
    packed(&dir, "lib.so", &["--no-chunk-table"]);
    let saved = before - len(NAME);
    assert!(saved.abs_diff(estimate) < estimate / 50, "{saved} {estimate}");
    let text = dir.wheelworks(&["inspect", "--drop=sm_80", NAME]).expect(0).stdout;
    assert!(
        text.contains("\nwithout sm_80\n  3.0 MiB less device code in the libraries"),
        "{text}"
    );
    assert!(text.contains("(estimated)"), "{text}");
}

#[test]
fn an_architecture_that_the_wheel_does_not_have_is_refused() {
    let dir = TestDir::new();
    sample(&dir, "lib.so");
    packed(&dir, "lib.so", &[]);
    Wheel::new("pure-1.0-py3-none-any.whl").write(dir.path());
    let error = dir.wheelworks(&["inspect", "--drop=sm_80,sm_90", NAME]).expect(2).stderr;
    assert!(error.contains("found `sm_90`"), "{error}");
    assert!(
        error.contains("hint: it has compute_90, lto_120, sm_103f, sm_75, sm_80, sm_90a"),
        "{error}"
    );
    let error = dir.wheelworks(&["inspect", "--keep=sm_80", "pure-1.0-py3-none-any.whl"]).expect(2);
    assert!(error.stderr.contains("hint: it has no device code"), "{}", error.stderr);
    let error = dir.wheelworks(&["inspect", "--keep=sm_80", "--drop=sm_75", NAME]).expect(2).stderr;
    assert!(error.contains("cannot be used with"), "{error}");
}

#[test]
fn advice_is_on_top() {
    let dir = TestDir::new();
    let raw = fat_binary(&[entry(2, 90, 0x11, &cubin(90, &noise(2 << 20, 1)), 0)]);
    library(&dir, "raw.so", &[(".nv_fatbin", raw)]);
    let few = fat_binary(&[
        entry(2, 80, 0x11, &cubin(80, &noise(4096, 2)), 0),
        entry(1, 80, 0x11, b".version 9.0", 0),
    ]);
    library(&dir, "few.so", &[(".nv_fatbin", few)]);
    let mut wheel = Wheel::new(NAME);
    for name in ["raw.so", "few.so"] {
        wheel.member(&format!("code/{name}"), fs_err::read(dir.path().join(name)).unwrap());
    }
    wheel.write(dir.path());
    let text = dir.wheelworks(&["inspect", NAME]).expect(0).stdout;
    let top = text.split_once("\n\n").unwrap().0;
    assert!(
        top.contains("\n  the compiler did not compress 2.0 MiB of device code in code/raw.so"),
        "{text}"
    );
    assert!(top.contains("\n  no PTX for the newest architecture in code/raw.so"), "{text}");
    let said = device_code(&dir, NAME, &[]);
    let facts: Vec<(&str, u64, &Value)> = said["libraries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let containers = it["uncompressed"]["containers"].as_u64().unwrap();
            (it["path"].as_str().unwrap(), containers, &it["without_ptx"])
        })
        .collect();
    let without = serde_json::json!({"newest": "sm_90", "ptx": null});
    assert_eq!(facts, [("code/few.so", 1, &Value::Null), ("code/raw.so", 1, &without)]);
}

const OLD: &str = "
__global__ void same(float* x) { x[threadIdx.x] *= 2; }
__global__ void grows(float* x) { x[threadIdx.x] += 1; }
__global__ void goes(float* x) { x[threadIdx.x] -= 1; }
";

const NEW: &str = "
__global__ void same(float* x) { x[threadIdx.x] *= 2; }
__global__ void grows(float* x) { for (int k = 0; k < 200; k++) x[k] = sinf(x[k] + k) / cosf(x[k]); }
__global__ void comes(float* x) { x[threadIdx.x] = 7; }
";

#[test]
#[ignore = "downloads a CUDA compiler of 129 MB, once"]
fn kernels_of_two_wheels_are_compared() {
    let dir = TestDir::new();
    let cuda = cuda(&dir);
    let names = ["code-1.0-py3-none-any.whl", "code-2.0-py3-none-any.whl"];
    for (name, source) in names.iter().zip([OLD, NEW]) {
        dir.write("k.cu", source);
        let libraries = format!("-L{cuda}/lib");
        let nvcc = [
            "-shared",
            "-Xcompiler=-fPIC",
            "-cudart=shared",
            &libraries,
            "-arch=sm_90",
            "k.cu",
            "-o=k.so",
        ];
        dir.command(format!("{cuda}/bin/nvcc"), &nvcc).patience(5).expect(0);
        let mut wheel = Wheel::new(name);
        wheel.member("code/k.so", fs_err::read(dir.path().join("k.so")).unwrap());
        wheel.write(dir.path());
    }
    let arguments = ["diff", "--report=json", "--by=kernel", names[0], names[1]];
    let said: Value = serde_json::from_str(&dir.wheelworks(&arguments).expect(0).stdout).unwrap();
    let cubins: Vec<(&str, u64, u64)> = said["kernels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let number = |side: &str| it["cubins"][side].as_u64().unwrap();
            (it["name"].as_str().unwrap(), number("old"), number("new"))
        })
        .collect();
    assert_eq!(cubins[0], ("_Z5growsPf", 1, 1), "{said:#}");
    let mut others = cubins[1..].to_vec();
    others.sort_unstable();
    assert_eq!(others, [("_Z4goesPf", 1, 0), ("_Z5comesPf", 0, 1)], "{said:#}");
    assert_eq!(said["device_code_by_file"][0]["path"], "code/k.so");
    let page = ["diff", "--report=html", "--by=kernel", "-o", "page.html", names[0], names[1]];
    dir.wheelworks(&page).expect(0);
    let (browser, _) = browser(&dir);
    let arguments = [browser.as_str(), "page.html", "Kernels that differ"];
    let shown = script(&dir, "page_tables.py", &arguments).patience(9).expect(0).stdout;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let rows = shown["tables"][0].as_array().unwrap();
    assert_eq!(rows.len(), 3, "{shown:#}");
    assert_eq!((&rows[0][0], &rows[0][1]), (&"_Z5growsPf".into(), &"1 → 1".into()), "{shown:#}");
    let text = dir.wheelworks(&["diff", "--by=kernel", names[0], names[1]]).expect(0).stdout;
    assert!(text.contains("\nkernels: 1 added, 1 removed, 1 grown, 0 shrunk\n"), "{text}");
    let without = dir.wheelworks(&["diff", "--report=json", names[0], names[1]]).expect(0).stdout;
    assert!(!without.contains("_Z5growsPf"), "{without}");
}
