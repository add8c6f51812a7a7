//! Libraries that nvcc builds, with every compression mode, relocatable, with link-time optimisation, and of PTX
//! alone, compared with `cuobjdump`.
//!
//! `scripts/cuda-env` downloads the compiler once, so these tests run on request:
//! `cargo test device_code -- --include-ignored`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wheelworks::device_code::{
    DeviceCode, Entry, Kind, NoPayloads, Scanner, decompress, functions,
};

use super::{NAME, device_code, rows};
use crate::judges::script;
use crate::support::command::TestDir;
use crate::support::wheel::Wheel;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

const SOURCE: &str = "
template<int N> __global__ void scale(float* x, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) for (int k = 0; k < N; k++) x[i] = x[i] * 1.0001f + N;
}
template __global__ void scale<1>(float*, int);
template __global__ void scale<64>(float*, int);
__noinline__ __device__ float twice(float x) { return x * 2; }
__global__ void add(float* a, const float* b, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) a[i] += twice(b[i]);
}
extern \"C\" void launch(float* a, float* b, int n) { add<<<n / 32 + 1, 32>>>(a, b, n); }
";

/// The libraries, with the options of nvcc.
pub(super) const LIBRARIES: [(&str, &[&str]); 8] = [
    ("none", &["--compress-mode=none", MANY[0], MANY[1], MANY[2]]),
    ("speed", &["--compress-mode=speed", MANY[0], MANY[1], MANY[2]]),
    ("balance", &["--compress-mode=balance", MANY[0], MANY[1], MANY[2]]),
    ("size", &["--compress-mode=size", MANY[0], MANY[1], MANY[2]]),
    ("default", &[MANY[0], MANY[1], MANY[2], "-gencode=arch=compute_103f,code=sm_103f"]),
    ("rdc", &["-rdc=true", MANY[0], "-gencode=arch=compute_90,code=[sm_90,compute_90]"]),
    ("dlto", &["-rdc=true", "-dlto", "-arch=sm_90"]),
    (
        "ptx",
        &[
            "-gencode=arch=compute_80,code=compute_80",
            "-gencode=arch=compute_120f,code=compute_120f",
        ],
    ),
];

const MANY: [&str; 3] = [
    "-gencode=arch=compute_80,code=sm_80",
    "-gencode=arch=compute_90a,code=sm_90a",
    "-gencode=arch=compute_120,code=[sm_120,compute_120]",
];

/// Returns the directory of the compiler.
pub(super) fn cuda(dir: &TestDir) -> String {
    let made = dir.command(format!("{ROOT}/scripts/cuda-env"), &[""; 0]).patience(10).expect(0);
    made.stdout.trim().to_owned()
}

/// Builds all libraries in a directory.
pub(super) fn build(dir: &TestDir, cuda: &str) {
    dir.write("k.cu", SOURCE);
    let libraries = format!("-L{cuda}/lib");
    let common = ["-shared", "-Xcompiler=-fPIC", "-cudart=shared", &libraries, "k.cu"];
    for (name, options) in LIBRARIES {
        let out = format!("-o={name}.so");
        let nvcc = [&common, options, &[&out]].concat();
        dir.command(format!("{cuda}/bin/nvcc"), &nvcc).patience(5).expect(0);
    }
}

/// Returns the entries that `cuobjdump` lists, each as the name of its architecture; `None` if it refuses the
/// library.
pub(super) fn listed(dir: &TestDir, cuda: &str, library: &str) -> Option<Vec<String>> {
    let arguments = ["-all", "-lelf", "-lptx", library];
    let command = dir.command(format!("{cuda}/bin/cuobjdump"), &arguments).patience(5);
    let (code, output) = command.expect_any();
    if code != 0 {
        assert!(output.stderr.contains("Invalid ELF"), "{output:?}");
        return None;
    }
    let file = regex::Regex::new(r"(?m)^(ELF|PTX) file +\d+: .*?sm_(\w+)\.(?:cubin|ptx)$").unwrap();
    let name = |found: regex::Captures<'_>| match &found[1] {
        "ELF" => format!("sm_{}", &found[2]),
        _ => format!("compute_{}", &found[2]),
    };
    let mut names: Vec<String> = file.captures_iter(&output.stdout).map(name).collect();
    names.sort();
    Some(names)
}

/// Returns an architecture as `cuobjdump` lists it: without the suffix `f` of cubins.
pub(super) fn as_listed(name: &str) -> String {
    match name.strip_suffix('f') {
        Some(without) if name.starts_with("sm_") => without.to_owned(),
        _ => name.to_owned(),
    }
}

/// Returns the contents of the files that `cuobjdump` extracts.
pub(super) fn extracted(dir: &TestDir, cuda: &str, name: &str, option: &str) -> Vec<Vec<u8>> {
    let into = format!("{}{option}", name.replace('/', "-"));
    fs_err::create_dir(dir.path().join(&into)).unwrap();
    let script = format!("cd {into} && {cuda}/bin/cuobjdump -all {option} all ../{name}.so");
    let (_, output) = dir.command("sh", &["-c", &script]).patience(5).expect_any();
    assert!(output.stdout.contains("Extracting") || output.stderr.contains("No "), "{output:?}");
    let files = fs_err::read_dir(dir.path().join(&into)).unwrap();
    let mut contents: Vec<Vec<u8>> =
        files.map(|file| fs_err::read(file.unwrap().path()).unwrap()).collect();
    contents.sort();
    contents
}

/// Returns the device code of a file.
pub(super) fn scanned(bytes: &[u8]) -> (DeviceCode, NoPayloads) {
    let mut scanner = Scanner::new(&(0..bytes.len() as u64), NoPayloads);
    bytes.chunks(1000).for_each(|piece| scanner.feed(piece));
    scanner.finish()
}

/// Returns the entries of a file and their code.
pub(super) fn entries(bytes: &[u8]) -> Vec<(Entry, Option<Vec<u8>>)> {
    let (code, _) = scanned(bytes);
    assert_eq!(code.problems, []);
    let of = |entry: &Entry| {
        let range = entry.payload();
        let payload = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
        let code = decompress(entry, &bytes[payload]).ok();
        (entry.clone(), code.map(std::borrow::Cow::into_owned))
    };
    code.entries().map(of).collect()
}

/// Returns the functions that `readelf` lists: names, lengths, and whether they are kernels.
fn symbols(dir: &TestDir, cubin: &[u8]) -> BTreeSet<(String, u64, bool)> {
    dir.write("one.cubin", cubin);
    let output = dir.command("readelf", &["-sW", "one.cubin"]).env("LC_ALL", "C").expect(0).stdout;
    let rows = output.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let functions = rows.filter(|row| row.get(3) == Some(&"FUNC"));
    functions
        .map(|row| {
            let is_kernel = row.contains(&"10]");
            ((*row.last().unwrap()).to_owned(), row[2].parse().unwrap(), is_kernel)
        })
        .collect()
}

/// Fails unless the schema in `docs/inspect.md` accepts the value. A validator is downloaded once.
fn assert_schema(dir: &TestDir, said: &Value) {
    let page = fs_err::read_to_string(format!("{ROOT}/docs/inspect.md")).unwrap();
    let schema =
        page.split_once("<!-- begin: schema").unwrap().1.split_once("```json\n").unwrap().1;
    dir.write("schema.json", schema.split_once("```").unwrap().0)
        .write("said.json", said.to_string());
    let table = format!("{ROOT}/tests/check/schema.txt");
    let arguments = ["--table", &table, "fastjsonschema"];
    let fetch = dir.command(format!("{ROOT}/scripts/fetch-wheels"), &arguments).patience(10);
    let validator = fetch.expect(0).stdout;
    script(dir, "json_schema.py", &[validator.trim(), "schema.json", "said.json"]).expect(0);
}

#[test]
#[ignore = "downloads a CUDA compiler of 129 MB, once"]
fn entries_and_code_equal_those_of_cuobjdump() {
    let dir = TestDir::new();
    let cuda = cuda(&dir);
    build(&dir, &cuda);
    let mut kernels = 0;
    for (name, _) in LIBRARIES {
        let bytes = fs_err::read(dir.path().join(format!("{name}.so"))).unwrap();
        let entries = entries(&bytes);
        let of_kind = |kind: Kind| entries.iter().filter(move |(entry, _)| entry.kind == kind);
        let mut names: Vec<String> = of_kind(Kind::Cubin)
            .chain(of_kind(Kind::Ptx))
            .map(|(entry, _)| as_listed(&entry.architecture_name()))
            .collect();
        names.sort();
        assert_eq!(Some(names), listed(&dir, &cuda, &format!("{name}.so")), "{name}");
        let code = |kind: Kind| -> Vec<Vec<u8>> {
            of_kind(kind).map(|(_, code)| code.clone().unwrap()).collect()
        };
        let mut cubins = code(Kind::Cubin);
        for cubin in &cubins {
            let found = functions(cubin).unwrap();
            let found = found.into_iter().map(|it| (it.name, it.len, it.is_kernel));
            let expected = symbols(&dir, cubin);
            kernels += expected.iter().filter(|it| it.2).count();
            assert_eq!(found.collect::<BTreeSet<_>>(), expected, "{name}");
        }
        cubins.sort();
        assert!(cubins == extracted(&dir, &cuda, name, "-xelf"), "{name}");
        let mut ptx = code(Kind::Ptx);
        for text in &mut ptx {
            text.truncate(text.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1));
        }
        ptx.sort();
        assert!(ptx == extracted(&dir, &cuda, name, "-xptx"), "{name}");
        let has_lto = entries.iter().any(|(entry, _)| entry.kind == Kind::LtoIr);
        assert_eq!(has_lto, name == "dlto", "{name}");
    }
    assert!(kernels > 30, "{kernels}");
}

#[test]
#[ignore = "downloads a CUDA compiler of 129 MB, once"]
fn inspect_shows_what_nvcc_built() {
    let dir = TestDir::new();
    let cuda = cuda(&dir);
    build(&dir, &cuda);
    let mut wheel = Wheel::new(NAME);
    for (name, _) in LIBRARIES {
        let library = format!("{name}.so");
        wheel.member(&format!("code/{library}"), fs_err::read(dir.path().join(&library)).unwrap());
    }
    wheel.write(dir.path());
    let said = device_code(&dir, NAME, &["--by=kernel"]);
    let libraries = said["libraries"].as_array().unwrap();
    assert_eq!(libraries.len(), LIBRARIES.len());
    for library in libraries {
        let path = library["path"].as_str().unwrap().strip_prefix("code/").unwrap();
        let judged = script(&dir, "device_code.py", &[path]).expect(0).stdout;
        let judged: Value = serde_json::from_str(&judged).unwrap();
        assert_eq!(rows(&library["architectures"]), rows(&judged["architectures"]), "{path}");
        assert_eq!(library["containers"], judged["containers"], "{path}");
    }
    // `add` is in a cubin of each architecture of each library but that of PTX.
    let cubins: u64 =
        rows(&said["architectures"]).iter().filter(|row| row.1 == "cubin").map(|row| row.2).sum();
    let kernels = said["kernels"].as_array().unwrap();
    let names: BTreeMap<&str, &Value> =
        kernels.iter().map(|it| (it["name"].as_str().unwrap(), it)).collect();
    assert_eq!(names.len(), 3, "{said:#}");
    let add = names["_Z3addPfPKfi"];
    assert!(add["cubins"].as_u64().unwrap() < cubins);
    let architectures: Vec<&str> =
        add["architectures"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert_eq!(architectures, ["sm_103f", "sm_120", "sm_80", "sm_90", "sm_90a"]);
    assert_eq!(said["cubins_without_kernels"], 0);
    // The libraries of modes that do not compress cubins have equal ones.
    assert!(!said["duplicates"].as_array().unwrap().is_empty());
    assert_schema(&dir, &said);
    let text = dir.wheelworks(&["inspect", "--by=kernel", NAME]).expect(0).stdout;
    assert!(text.contains("largest kernels, uncompressed"), "{text}");
}
