//! Device code: crafted containers in every section, those that nvcc builds, and those of real wheels, judged by
//! `cuobjdump` and by a reader of our own in Python.

mod audited;
mod built;
mod bundles;
mod changes;
pub(crate) mod crafted;
mod hip;
mod real;
mod recompress;
mod slim;
mod slim_judged;
mod split;
mod variant_names;
mod variants;

use serde_json::Value;

use self::crafted::{cubin, entry, fat_binary, library};
use crate::support::command::TestDir;
use crate::support::sample::noise;
use crate::support::wheel::Wheel;

const NAME: &str = "code-1.0-py3-none-linux_x86_64.whl";

/// Returns what `inspect` reports as JSON about the device code of a wheel.
fn device_code(dir: &TestDir, wheel: &str, options: &[&str]) -> Value {
    let arguments = [&["inspect", "--json"], options, &[wheel]].concat();
    let output = dir.wheelworks(&arguments).patience(9).expect(0).stdout;
    let mut said: Value = serde_json::from_str(&output).unwrap();
    said["wheels"][0]["device_code"].take()
}

/// Returns the value without the lengths in the archive, which depend on the compressor.
fn without_compressed(mut value: Value) -> Value {
    for library in value["libraries"].as_array_mut().unwrap() {
        for sums in library["architectures"].as_array_mut().unwrap() {
            assert!(sums.as_object_mut().unwrap().remove("bytes_in_wheel").is_some());
        }
    }
    for sums in value["architectures"].as_array_mut().unwrap() {
        assert!(sums.as_object_mut().unwrap().remove("bytes_in_wheel").is_some());
    }
    value
}

/// Returns the names, kinds, counts and lengths of architectures.
fn rows(architectures: &Value) -> Vec<(String, String, u64, u64, u64)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let number = |value: &Value| value.as_u64().unwrap();
    let row = |it: &Value| {
        let lens = (number(&it["bytes"]), number(&it["bytes_uncompressed"]));
        (text(&it["name"]), text(&it["kind"]), number(&it["entries"]), lens.0, lens.1)
    };
    architectures.as_array().unwrap().iter().map(row).collect()
}

fn packed(dir: &TestDir, library: &str, options: &[&str]) {
    let member = format!("--member=code/lib.so={library}");
    let out = format!("--out={NAME}");
    let arguments = ["pack", "--distribution=code", "--version=1.0", "--compression-level=1"];
    let rest = ["--platform-tag=linux_x86_64", &member, &out];
    dir.wheelworks(&[&arguments, options, &rest].concat()).patience(3).expect(0);
}

/// Writes a library with device code in five sections, and data between that makes it long enough for chunks.
fn sample(dir: &TestDir, name: &str) {
    let large = fat_binary(&[
        entry(2, 80, 0x11, &cubin(80, &noise(3 << 20, 1)), 0),
        entry(2, 90, 0x10_2011, &noise(1 << 20, 2), 5 << 20),
        entry(1, 90, 0x8011, &noise(1000, 3), 9000),
    ]);
    let small = fat_binary(&[entry(2, 90, 0x10_2011, &noise(1 << 20, 2), 5 << 20)]);
    library(
        dir,
        name,
        &[
            (".rodata", [noise(3 << 20, 4), cubin(75, &noise(5000, 5)), noise(9, 6)].concat()),
            (".nv_fatbin", [large, fat_binary(&[])].concat()),
            ("__nv_relfatbin", small),
            (".lrodata", fat_binary(&[entry(2, 103, 0x100_8011 | 0x20_0000, &noise(99, 7), 100)])),
            (
                ".cask_resource",
                [vec![1; 3], fat_binary(&[entry(8, 120, 0x1_8011, &[1; 8], 50)])].concat(),
            ),
        ],
    );
}

/// Writes a wheel with the sample library.
pub(crate) fn sample_wheel(dir: &TestDir, name: &str) {
    sample(dir, "lib.so");
    let mut wheel = Wheel::new(name);
    wheel.member("code/lib.so", fs_err::read(dir.path().join("lib.so")).unwrap());
    wheel.write(dir.path());
}

fn sample_rows() -> Vec<(&'static str, &'static str, u64, u64, u64)> {
    let cubin_80 = 64 + (3 << 20) + 128;
    let cubin_75 = 64 + 5000 + 128;
    vec![
        ("compute_90", "ptx", 1, 64 + 1000, 9000),
        ("lto_120", "lto", 1, 72, 50),
        ("sm_103f", "cubin", 1, 64 + 104, 100),
        ("sm_75", "cubin", 1, cubin_75, cubin_75),
        ("sm_80", "cubin", 1, 64 + cubin_80, cubin_80),
        ("sm_90a", "cubin", 2, 2 * (64 + (1 << 20)), 10 << 20),
    ]
}

fn assert_sample(said: &Value) {
    let found = rows(&said["architectures"]);
    let found: Vec<_> =
        found.iter().map(|it| (it.0.as_str(), it.1.as_str(), it.2, it.3, it.4)).collect();
    assert_eq!(found, sample_rows(), "{said:#}");
    assert_eq!(said["libraries"][0]["architectures"], said["architectures"]);
    assert_eq!(said["libraries"][0]["containers"], 6);
    assert_eq!(said["libraries"][0]["problems"], Value::Array(Vec::new()));
    let duplicates = said["duplicates"].as_array().unwrap();
    assert_eq!(duplicates.len(), 1, "{said:#}");
    assert_eq!(duplicates[0]["wasted"], 64 + (1 << 20));
    assert_eq!(duplicates[0]["copies"].as_array().unwrap().len(), 2);
    let gpus = said["gpus"].as_array().unwrap();
    let how = |capability: &str| {
        gpus.iter().find(|gpu| gpu["capability"] == capability).unwrap()["code"].as_str().unwrap()
    };
    for (capability, expected) in
        [("7.0", "none"), ("7.5", "native"), ("8.6", "family"), ("10.0", "jit"), ("10.3", "native")]
    {
        assert_eq!(how(capability), expected, "{capability}");
    }
}

#[test]
fn device_code_is_found_in_every_section() {
    let dir = TestDir::new();
    sample(&dir, "lib.so");
    let mut all = Vec::new();
    for options in [&["--no-chunk-table"][..], &[], &["--compression-level=0"]] {
        if options == ["--compression-level=0"] {
            let mut wheel = Wheel::new(NAME);
            wheel.member("code/lib.so", fs_err::read(dir.path().join("lib.so")).unwrap());
            wheel.write(dir.path());
        } else {
            packed(&dir, "lib.so", options);
        }
        let said = device_code(&dir, NAME, &[]);
        assert_sample(&said);
        // What does not compress takes about as much in the archive.
        for sums in said["architectures"].as_array().unwrap() {
            let (bytes, compressed) = (&sums["bytes"], &sums["bytes_in_wheel"]);
            let (bytes, compressed) = (bytes.as_u64().unwrap(), compressed.as_u64().unwrap());
            let is_close = compressed.abs_diff(bytes) <= bytes / 50 + 2000;
            assert!(is_close, "{sums}: {bytes} {compressed}");
        }
        all.push(without_compressed(said));
    }
    assert!(all.iter().all(|it| *it == all[0]));
    // With the judge that shares no code.
    let judged = crate::judges::script(&dir, "device_code.py", &["lib.so"]).expect(0).stdout;
    let judged: Value = serde_json::from_str(&judged).unwrap();
    assert_eq!(rows(&judged["architectures"]), rows(&all[0]["architectures"]));
    assert_eq!(judged["containers"], all[0]["libraries"][0]["containers"]);
}

#[test]
fn without_a_section_table_segments_are_searched() {
    let dir = TestDir::new();
    sample(&dir, "lib.so");
    let mut bytes = fs_err::read(dir.path().join("lib.so")).unwrap();
    bytes[40..48].fill(0);
    bytes[60..64].fill(0);
    dir.write("stripped.so", &bytes);
    for options in [&["--no-chunk-table"][..], &[]] {
        packed(&dir, "stripped.so", options);
        assert_sample(&device_code(&dir, NAME, &[]));
    }
}

#[test]
fn code_of_the_host_and_debug_information_hold_no_device_code() {
    let dir = TestDir::new();
    let one = fat_binary(&[entry(2, 80, 0x11, &noise(4096, 1), 0)]);
    // It claims the container in the next section as well.
    let mut hides = one.clone();
    hides[8..16].copy_from_slice(&(9_u64 << 20).to_le_bytes());
    library(
        &dir,
        "lib.so",
        &[(".text.x,\"ax\"", one.clone()), (".debug_x,\"\"", one.clone()), (".rodata", hides)],
    );
    packed(&dir, "lib.so", &["--no-chunk-table"]);
    let said = device_code(&dir, NAME, &[]);
    assert_eq!(said["architectures"], Value::Array(Vec::new()), "{said:#}");
    let problems = said["libraries"][0]["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1, "{said:#}");
    let text = dir.wheelworks(&["inspect", NAME]).expect(0).stdout;
    assert!(text.contains("\ndamaged device code\n  code/lib.so: device code at byte "), "{text}");
}

/// Returns a text without sizes, offsets and runs of spaces: the former depend on the compressor and the linker.
fn without_sizes(text: &str) -> String {
    let sizes = regex::Regex::new(r"\d+(\.\d)? [KMG]?i?B\b|byte \d+").unwrap();
    let text = sizes.replace_all(
        text,
        |found: &regex::Captures<'_>| {
            if found[0].starts_with("byte") { "byte N" } else { "N" }
        },
    );
    text.lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_text_lists_files_and_changes() {
    let dir = TestDir::new();
    sample(&dir, "lib.so");
    let bytes = fs_err::read(dir.path().join("lib.so")).unwrap();
    let mut wheel = Wheel::new(NAME);
    wheel.member("code/lib.so", bytes.as_slice());
    wheel.member("code/other.so", bytes.as_slice());
    wheel.member("code/kernels.fatbin", fat_binary(&[entry(1, 90, 0x11, b".version 9.0", 0)]));
    wheel.write(dir.path());
    let text = dir.wheelworks(&["inspect", "--by=file", "--top=2", NAME]).expect(0).stdout;
    let part = &text[text.find("\ndevice code").unwrap()..];
    let part = &part[..part.find("\nthe same content").unwrap()];
    insta::assert_snapshot!(without_sizes(part), @"
    device code entries in files in the wheel uncompressed
    sm_75 2 N N N
    sm_80 2 N N N
    sm_90a 4 N N N
    sm_103f 2 N N N
    lto_120 (LTO IR) 2 N N N
    compute_90 (PTX) 3 N N N
    N in 3 files; N in the wheel; N uncompressed
    by PTX, which the driver compiles, on 9.0, 10.0, 10.3, 10.7, 11.0, 12.0, 12.1
    not on 5.0, 5.2, 5.3, 6.0, 6.1, 6.2, 7.0, 7.2, 7.5, 8.0, 8.6, 8.7, 8.8, 8.9

    code/kernels.fatbin (1 container) entries in files in the wheel uncompressed
    compute_90 (PTX) 1 N N N

    code/lib.so (6 containers) entries in files in the wheel uncompressed
    sm_75 1 N N N
    sm_80 1 N N N
    sm_90a 2 N N N
    sm_103f 1 N N N
    lto_120 (LTO IR) 1 N N N
    compute_90 (PTX) 1 N N N
    and 1 more

    the same device code more than once: N in files too much
    2 times N for sm_80
    code/lib.so at byte N
    code/other.so at byte N
    4 times N for sm_90a
    code/lib.so at byte N
    code/lib.so at byte N
    code/other.so at byte N
    code/other.so at byte N
    and 4 more
    ");
    let mut new = Wheel::new("code-2.0-py3-none-linux_x86_64.whl");
    new.member("code/lib.so", bytes.as_slice());
    new.write(dir.path());
    let arguments = ["diff", "--json", NAME, "code-2.0-py3-none-linux_x86_64.whl"];
    let said: Value = serde_json::from_str(&dir.wheelworks(&arguments).expect(0).stdout).unwrap();
    let changes = said["device_code"].as_array().unwrap();
    let of = |name: &str| &changes.iter().find(|it| it["name"] == name).unwrap()["entries"];
    assert_eq!(*of("sm_90a"), serde_json::json!({"old": 4, "new": 2}));
    assert_eq!(of("compute_90")["old"], 3);
    let text = dir.wheelworks(&[&arguments[..1], &arguments[2..]].concat()).expect(0).stdout;
    let text = without_sizes(&text);
    assert!(
        text.contains("\ndevice code entries in files in the wheel\nsm_75 1 N N -N\n"),
        "{text}"
    );
}
