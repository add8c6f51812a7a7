//! `slim` on libraries that nvcc builds and on those of real wheels, judged by `cuobjdump`. The compiler and the wheels are
//! downloaded once, so these tests run on request.

use serde_json::Value;

use super::NAME;
use super::built::{LIBRARIES, as_listed, build, cuda, entries, extracted, listed, scanned};
use super::real::fetch;
use super::slim::readelf;
use crate::judges::script;
use crate::support::command::TestDir;
use crate::support::wheel::Wheel;
use wheelworks::device_code::Kind;

/// What stays of the libraries of nvcc.
const KEPT: [&str; 5] = ["sm_90", "sm_90a", "compute_80", "compute_90", "compute_120"];

/// Slims a wheel to these architectures. Returns the report, and unpacks both wheels.
fn slimmed(dir: &TestDir, wheel: &str, kept: &[&str]) -> Value {
    let keep = format!("--keep={}", kept.join(","));
    let arguments = ["slim", wheel, &keep, "--allow-empty", "-w", "out", "--report=json"];
    let output = dir.wheelworks(&arguments).patience(9).expect(0).stdout;
    let said: Value = serde_json::from_str(&output).unwrap();
    let new = said["wheels"][0]["wheel"].as_str().unwrap();
    script(dir, "unpack.py", &[wheel, "old"]).expect(0);
    script(dir, "unpack.py", &[new, "new"]).expect(0);
    dir.wheelworks(&["check", new]).patience(9).expect_any();
    said["wheels"][0].clone()
}

/// Compares a library before and after with all judges. Returns whether `cuobjdump` reads it.
fn assert_library(dir: &TestDir, cuda: &str, path: &str, kept: &[&str]) -> bool {
    let (old, new) = (format!("old/{path}"), format!("new/{path}"));
    script(dir, "slimmed.py", &[&[old.as_str(), &new], kept].concat()).expect(0);
    assert_eq!(readelf(dir, &old), readelf(dir, &new), "{path}");
    let Some(mut expected) = listed(dir, cuda, &old) else { return false };
    let kept: Vec<String> = kept.iter().map(|name| as_listed(name)).collect();
    expected.retain(|name| kept.contains(name));
    assert_eq!(listed(dir, cuda, &new), Some(expected), "{path}");
    true
}

#[test]
#[ignore = "downloads a CUDA compiler of 129 MB, once"]
fn cuobjdump_extracts_the_same_code() {
    let dir = TestDir::new();
    let cuda = cuda(&dir);
    build(&dir, &cuda);
    let mut wheel = Wheel::new(NAME);
    for (name, _) in LIBRARIES {
        let library = format!("{name}.so");
        wheel.member(&library, fs_err::read(dir.path().join(&library)).unwrap());
    }
    wheel.dist_info_last();
    wheel.write(dir.path());
    let said = slimmed(&dir, NAME, &KEPT);
    assert_eq!(said["libraries"].as_array().unwrap().len(), LIBRARIES.len(), "{said:#}");
    for (name, _) in LIBRARIES {
        assert!(assert_library(&dir, &cuda, &format!("{name}.so"), &KEPT));
        let old = fs_err::read(dir.path().join(format!("old/{name}.so"))).unwrap();
        let kept = entries(&old).into_iter().filter(|(entry, _)| {
            entry.kind == Kind::Cubin && KEPT.contains(&&*entry.architecture_name())
        });
        let mut cubins: Vec<Vec<u8>> = kept.map(|(_, code)| code.unwrap()).collect();
        cubins.sort();
        fs_err::rename(
            dir.path().join(format!("new/{name}.so")),
            dir.path().join(format!("{name}.so")),
        )
        .unwrap();
        assert!(extracted(&dir, &cuda, name, "-xelf") == cubins, "{name}");
        // All of the link-time library's LTO IR goes, and the PTX of `f` as well.
        assert_eq!(cubins.is_empty(), name == "ptx", "{name}");
    }
}

#[test]
#[ignore = "downloads a CUDA compiler of 129 MB, once"]
fn recompressed_libraries_are_those_of_nvcc() {
    let dir = TestDir::new();
    let cuda = cuda(&dir);
    build(&dir, &cuda);
    let mut wheel = Wheel::new(NAME);
    for (name, _) in LIBRARIES {
        let library = format!("{name}.so");
        wheel.member(&library, fs_err::read(dir.path().join(&library)).unwrap());
    }
    wheel.write(dir.path());
    let arguments = ["slim", NAME, "--recompress=zstd", "-w", "out"];
    dir.wheelworks(&arguments).patience(9).expect(0);
    script(&dir, "unpack.py", &[&format!("out/{NAME}"), "new"]).expect(0);
    let read = |path: &str| fs_err::read(dir.path().join(path)).unwrap();
    let containers = |bytes: &[u8]| -> Vec<Vec<u8>> {
        let (code, _) = scanned(bytes);
        let range = |at: u64| usize::try_from(at).unwrap();
        let ends = code.containers.iter().map(|it| {
            let start = range(it.range.start);
            let len = u64::from_le_bytes(bytes[start + 8..start + 16].try_into().unwrap());
            bytes[start..start + 16 + range(len)].to_vec()
        });
        ends.collect()
    };
    let of_size = containers(&read("size.so"));
    for (name, _) in LIBRARIES {
        let (old, new) = (format!("{name}.so"), format!("new/{name}.so"));
        assert_eq!(readelf(&dir, &old), readelf(&dir, &new), "{name}");
        assert_eq!(listed(&dir, &cuda, &old), listed(&dir, &cuda, &new), "{name}");
        if ["none", "speed", "balance"].contains(&name) {
            assert!(containers(&read(&new)) == of_size, "{name}");
        }
        for option in ["-xelf", "-xptx"] {
            let code = extracted(&dir, &cuda, name, option);
            assert!(code == extracted(&dir, &cuda, &format!("new/{name}"), option), "{name}");
        }
        let lens = |bytes: &[u8]| -> u64 {
            scanned(bytes).0.entries().map(wheelworks::device_code::Entry::len).sum()
        };
        let (old, new) = (lens(&read(&old)), lens(&read(&new)));
        assert!(if name == "size" { old == new } else { new < old }, "{name}: {old} {new}");
    }
}

#[test]
#[ignore = "downloads 110 MB and a CUDA compiler, once"]
fn real_wheels_keep_one_architecture() {
    // `cuobjdump` refuses one of the seven libraries of bitsandbytes.
    for (name, kept, judged) in [
        ("jax-cuda12-plugin", &["sm_90", "compute_120"][..], 3),
        ("bitsandbytes", &["sm_80", "sm_90"], 6),
        ("xgboost", &["sm_90"], 1),
    ] {
        let dir = TestDir::new();
        let (cuda, wheel) = (cuda(&dir), fetch(&dir, name));
        let said = slimmed(&dir, &wheel, kept);
        let (before, after) = (said["bytes_before"].as_u64(), said["bytes_after"].as_u64());
        assert!(after.unwrap() < before.unwrap() * 9 / 10, "{name}: {before:?} {after:?}");
        let libraries = said["libraries"].as_array().unwrap();
        let paths = libraries.iter().map(|library| library["path"].as_str().unwrap());
        let read = paths.filter(|path| assert_library(&dir, &cuda, path, kept)).count();
        assert_eq!(read, judged, "{name}: {said:#}");
    }
}
