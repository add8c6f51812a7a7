//! `slim` and `split` on bundles of HIP that clang builds, in each form, judged by `clang-offload-bundler` and
//! `llvm-objdump`. `scripts/hip-env` installs them, so these tests run on request.

use std::collections::BTreeMap;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::Value;

use super::real::fetch;
use super::slim::{content, readelf};
use super::{NAME, device_code, rows};
use crate::judges::script;
use crate::support::command::TestDir;
use crate::support::wheel::Wheel;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What HIP's headers declare, and a kernel.
const SOURCE: &str = "
typedef unsigned long size_t;
struct dim3 { unsigned x, y, z; };
extern \"C\" int hipLaunchKernel(const void *, dim3, dim3, void **, size_t, void *);
extern \"C\" int __hipPopCallConfiguration(dim3 *, dim3 *, size_t *, void *);
__attribute__((global)) void KERNEL(int *x) { for (int i = 0; i < 99; i++) x[i * NUMBER] ^= i * 77; }
";

/// The targets of one of the two files, and of the other one.
const TARGETS: [&[&str]; 2] = [
    &["gfx90a:sramecc+:xnack-", "gfx90a:xnack+", "gfx1100", "gfx942"],
    &["gfx90a", "gfx1100", "gfx11-generic"],
];

/// The library and the bundles of one form.
const FORMS: [&str; 4] = ["none", "zstd2", "zstd3", "zlib"];

/// Returns the directory of the tools.
fn tools(dir: &TestDir) -> String {
    let made = dir.command(format!("{ROOT}/scripts/hip-env"), &[""; 0]).patience(20).expect(0);
    made.stdout.trim().to_owned()
}

/// Builds a library of two files, and a bundle without a host, in a form.
fn build(dir: &TestDir, tools: &str, form: &str) {
    let clang = |index: usize, options: &[&str], out: &str| {
        let defines = [format!("-DKERNEL=k{index}"), format!("-DNUMBER={}", index + 3)];
        let targets = TARGETS[index].iter().map(|target| format!("--offload-arch={target}"));
        let targets: Vec<String> = targets.chain(defines).collect();
        let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
        let common = ["-x", "hip", "k.hip", "-nogpulib", "-nogpuinc", "-O1", "-fPIC", "-o", out];
        let compress =
            if form.starts_with("zstd") { "--offload-compress" } else { "--no-offload-compress" };
        let arguments = [&common[..], &[compress], options, &targets].concat();
        let version = form.strip_prefix("zstd").unwrap_or("3");
        let clang = dir.command(format!("{tools}/clang"), &arguments);
        clang.env("COMPRESSED_BUNDLE_FORMAT_VERSION", version).patience(3).expect(0);
    };
    dir.write("k.hip", SOURCE);
    clang(0, &["--cuda-device-only"], "k.hipfb");
    clang(0, &["-c"], "first.o");
    clang(1, &["-c"], "second.o");
    let link = ["-shared", "-nostdlib", "-o", "lib.so", "first.o", "second.o"];
    dir.command("gcc", &link).expect(0);
    if form == "zlib" {
        // Clang compresses with zlib only where it was built without zstd.
        let whole = fs_err::read(dir.path().join("k.hipfb")).unwrap();
        dir.write("k.hipfb", with_zlib(&whole));
        let bundles = bundles(dir, tools, "lib.so");
        let packed: Vec<Vec<u8>> = bundles.iter().map(|bundle| with_zlib(bundle)).collect();
        super::crafted::library(
            dir,
            "lib.so",
            &[(".hip_fatbin", padded(&packed[0])), (".hip_fatbin2", packed[1].clone())],
        );
    }
}

fn padded(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes.resize(bytes.len().next_multiple_of(4096), 0);
    bytes
}

/// Returns a bundle compressed with zlib. Readers do not compare the hash.
fn with_zlib(bundle: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bundle).unwrap();
    let data = encoder.finish().unwrap();
    let len = u64::try_from(32 + data.len()).unwrap().to_le_bytes();
    let uncompressed = u64::try_from(bundle.len()).unwrap().to_le_bytes();
    [&b"CCOB\x03\0\0\0"[..], &len, &uncompressed, &[0; 8], &data].concat()
}

/// Returns the bundles in the sections of a library: they begin at multiples of 4096.
fn bundles(dir: &TestDir, tools: &str, library: &str) -> Vec<Vec<u8>> {
    let mut bundles = Vec::new();
    for section in [".hip_fatbin", ".hip_fatbin2"] {
        let dump = format!("--dump-section={section}=section");
        let arguments = [dump.as_str(), library, "/dev/null"];
        let objcopy = dir.command(format!("{tools}/llvm-objcopy"), &arguments);
        if objcopy.expect_any().0 != 0 {
            continue;
        }
        for page in fs_err::read(dir.path().join("section")).unwrap().chunks(4096) {
            if page.starts_with(b"CCOB") || page.starts_with(b"__CLANG_OFFLOAD_BUNDLE__") {
                bundles.push(Vec::new());
            }
            bundles.last_mut().unwrap().extend_from_slice(page);
        }
    }
    // Padding to the next bundle is none of a compressed bundle.
    for bundle in bundles.iter_mut().filter(|bundle| bundle.starts_with(b"CCOB")) {
        let number = |at: usize| u64::from_le_bytes(bundle[at..at + 8].try_into().unwrap());
        let len = if bundle[4] == 2 { number(8) & 0xFFFF_FFFF } else { number(8) };
        bundle.truncate(usize::try_from(len).unwrap());
    }
    bundles
}

/// Returns the code of each target of a bundle, as `clang-offload-bundler` lists and unbundles it.
fn unbundled(dir: &TestDir, tools: &str, bundle: &[u8]) -> BTreeMap<String, Vec<u8>> {
    dir.write("bundle", bundle);
    let bundler = format!("{tools}/clang-offload-bundler");
    let arguments = ["--list", "--type=o", "--input=bundle"];
    let listed = dir.command(&bundler, &arguments).patience(3).expect(0).stdout;
    let names: Vec<&str> = listed.lines().collect();
    if names.is_empty() {
        return BTreeMap::new();
    }
    let outputs: Vec<String> = (0..names.len()).map(|at| format!("--output=code{at}")).collect();
    let targets = format!("--targets={}", names.join(","));
    let mut unbundle = vec!["--unbundle", "--type=o", "--input=bundle", targets.as_str()];
    unbundle.extend(outputs.iter().map(String::as_str));
    dir.command(&bundler, &unbundle).patience(3).expect(0);
    let code = |(at, target): (usize, &&str)| {
        let code = fs_err::read(dir.path().join(format!("code{at}"))).unwrap();
        ((*target).to_owned(), code)
    };
    names.iter().enumerate().map(code).collect()
}

/// Returns the code objects that `llvm-objdump` extracts from a library, by the number of their bundle and target.
fn extracted(tools: &str, library: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let inner = TestDir::new();
    inner.write("x.so", library);
    inner.command(format!("{tools}/llvm-objdump"), &["--offloading", "x.so"]).expect(0);
    let files = fs_err::read_dir(inner.path()).unwrap().map(|file| file.unwrap().path());
    let name = |path: &std::path::Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let code = files.filter(|path| name(path) != "x.so");
    code.map(|path| (name(&path), fs_err::read(path).unwrap())).collect()
}

fn target_of(name: &str) -> &str {
    name.rsplit_once("--").map_or(name, |(_, target)| target)
}

#[test]
#[ignore = "needs clang 20 or later, lld and LLVM's tools"]
fn kept_code_objects_are_those_of_clang() {
    for form in FORMS {
        for (options, stays) in [
            (&["--keep=gfx90a"][..], &["gfx90a"][..]),
            (
                &["--keep=gfx90a:xnack+,gfx942,gfx11-generic"],
                &["gfx90a:xnack+", "gfx942", "gfx11-generic"],
            ),
            (&["--drop=gfx1100,gfx942"], &["gfx90a", "gfx11-generic"]),
            (&["--drop=gfx90a,gfx1100,gfx942,gfx11-generic", "--allow-empty"], &[]),
        ] {
            let case = format!("{form} {options:?}");
            let dir = TestDir::new();
            let tools = tools(&dir);
            build(&dir, &tools, form);
            let mut wheel = Wheel::new(NAME);
            for file in ["lib.so", "k.hipfb"] {
                wheel.member(&format!("code/{file}"), fs_err::read(dir.path().join(file)).unwrap());
            }
            wheel.dist_info_last();
            wheel.write(dir.path());
            let arguments = [&["slim", NAME, "-w", "out", "--report=json"], options].concat();
            dir.wheelworks(&arguments).patience(3).expect(0);
            let new = format!("out/{NAME}");
            dir.wheelworks(&["check", &new]).expect(0);
            let is_kept = |name: &str| {
                let target = target_of(name);
                name.starts_with("host")
                    || stays.iter().any(|stay| {
                        target
                            .strip_prefix(stay)
                            .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
                    })
            };
            let [old_file, new_file] =
                [NAME, &new].map(|wheel| content(&dir, wheel, "code/k.hipfb"));
            assert_eq!(old_file.len(), new_file.len(), "{case}");
            let [old_lib, new_lib] = [NAME, &new].map(|wheel| content(&dir, wheel, "code/lib.so"));
            dir.write("old.so", &old_lib).write("new.so", &new_lib);
            assert_eq!(readelf(&dir, "old.so"), readelf(&dir, "new.so"), "{case}");
            let mut pairs = vec![(old_file, new_file)];
            pairs.extend(
                bundles(&dir, &tools, "old.so").into_iter().zip(bundles(&dir, &tools, "new.so")),
            );
            assert_eq!(pairs.len(), 3, "{case}");
            for (old, new) in pairs {
                let (mut expected, found) =
                    (unbundled(&dir, &tools, &old), unbundled(&dir, &tools, &new));
                expected.retain(|name, _| is_kept(name));
                assert!(expected == found, "{case}: {:?} {:?}", expected.keys(), found.keys());
            }
            // Of compressed bundles, llvm-objdump 22 extracts what stands at these offsets in memory, not the code.
            if form == "none" {
                let mut expected = extracted(&tools, &old_lib);
                expected.retain(|name, _| is_kept(&name["x.so.0.".len()..]));
                let found = extracted(&tools, &new_lib);
                assert!(expected == found, "{case}: {:?} {:?}", expected.keys(), found.keys());
            }
        }
    }
}

#[test]
#[ignore = "needs clang 20 or later, lld and LLVM's tools"]
fn a_wheel_for_each_processor() {
    let dir = TestDir::new();
    let tools = tools(&dir);
    build(&dir, &tools, "zstd3");
    let mut wheel = Wheel::new(NAME);
    wheel.member("code/lib.so", fs_err::read(dir.path().join("lib.so")).unwrap());
    wheel.member("code/cuda.fatbin", super::fat_binary(&[super::entry(2, 90, 0x11, &[1; 99], 0)]));
    wheel.write(dir.path());
    let output = dir.wheelworks(&["split", NAME, "-w", "out", "--report=json"]).expect(0).stdout;
    let said: Value = serde_json::from_str(&output).unwrap();
    let of = |wheel: &Value| {
        let path = wheel["wheel"].as_str().unwrap();
        let names = rows(&device_code(&dir, path, &[])["architectures"]);
        let names: Vec<String> =
            names.into_iter().map(|row| format!("{} {}", row.0, row.2)).collect();
        (path.split('-').nth(2).unwrap().to_owned(), names.join(", "))
    };
    let found: Vec<(String, String)> = said["wheels"].as_array().unwrap().iter().map(of).collect();
    // Where a bundle has no code for a processor, the code for its generic one stays.
    let expected = [
        ("1sm_90", "sm_90 1"),
        ("1gfx11_generic", "gfx11-generic 1"),
        ("1gfx1100", "gfx1100 2"),
        ("1gfx90a", "gfx90a 1, gfx90a:sramecc+:xnack- 1, gfx90a:xnack+ 1"),
        ("1gfx942", "gfx942 1"),
    ];
    assert_eq!(found, expected.map(|(tag, names)| (tag.to_owned(), names.to_owned())));
}

/// The judge is a reader of our own, with the program `zstd`, and LLVM's.
#[test]
#[ignore = "downloads 48 MB once, and needs clang 20 or later"]
fn libraries_of_rocm_wheels() {
    for (name, kept, libraries) in [
        ("jax-rocm7-plugin", "gfx942", 3),
        ("jax-rocm7-plugin", "gfx90a,gfx1100", 3),
        ("bitsandbytes", "gfx90a,gfx1100", 6),
    ] {
        let dir = TestDir::new();
        let (tools, wheel) = (tools(&dir), fetch(&dir, name));
        let keep = format!("--keep={kept}");
        let arguments = ["slim", &wheel, &keep, "--allow-empty", "-w", "out", "--report=json"];
        let output = dir.wheelworks(&arguments).patience(9).expect(0).stdout;
        let said: Value = serde_json::from_str(&output).unwrap();
        let said = &said["wheels"][0];
        let new = said["wheel"].as_str().unwrap();
        assert!(said["bytes_after"].as_u64() < said["bytes_before"].as_u64(), "{said:#}");
        script(&dir, "unpack.py", &[&wheel, "old"]).expect(0);
        script(&dir, "unpack.py", &[new, "new"]).expect(0);
        let paths: Vec<&str> = said["libraries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|library| library["path"].as_str().unwrap())
            .collect();
        assert_eq!(paths.len(), libraries, "{name}: {paths:?}");
        for path in paths {
            let (old, new) = (format!("old/{path}"), format!("new/{path}"));
            let kept: Vec<&str> = kept.split(',').collect();
            let arguments = [&[old.as_str(), &new], &kept[..]].concat();
            script(&dir, "slimmed_bundles.py", &arguments).patience(3).expect(0);
            assert_eq!(readelf(&dir, &old), readelf(&dir, &new), "{path}");
            let pairs = bundles(&dir, &tools, &old).into_iter().zip(bundles(&dir, &tools, &new));
            for (old, new) in pairs {
                let mut expected = unbundled(&dir, &tools, &old);
                expected.retain(|name, _| {
                    let processor = target_of(name).split(':').next().unwrap();
                    name.starts_with("host") || kept.contains(&processor)
                });
                assert!(expected == unbundled(&dir, &tools, &new), "{path}");
            }
        }
    }
}
