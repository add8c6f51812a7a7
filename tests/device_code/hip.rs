//! Code objects of HIP without a bundle, crafted and built by clang, judged by `llvm-readobj`.

use serde_json::Value;

use super::{NAME, device_code, rows};
use crate::support::command::TestDir;
use crate::support::wheel::Wheel;

/// Returns the architectures that `inspect` finds in files.
fn found(dir: &TestDir, files: &[&str]) -> Value {
    let mut wheel = Wheel::new(NAME);
    for file in files {
        wheel.member(&format!("code/{file}"), fs_err::read(dir.path().join(file)).unwrap());
    }
    wheel.write(dir.path());
    device_code(dir, NAME, &[])
}

/// An ELF file for an AMD GPU with one section.
fn code_object(flags: u32) -> Vec<u8> {
    let mut bytes = super::cubin(0, &[1; 64]);
    bytes[7..9].copy_from_slice(&[64, 2]);
    bytes[18..20].copy_from_slice(&224_u16.to_le_bytes());
    bytes[48..52].copy_from_slice(&flags.to_le_bytes());
    bytes
}

#[test]
fn code_objects_without_a_bundle_have_their_targets() {
    let dir = TestDir::new();
    dir.write("one.hsaco", code_object(0x3F)).write("two.hsaco", code_object(0x24C));
    let said = found(&dir, &["one.hsaco", "two.hsaco"]);
    let names: Vec<(String, String, u64)> =
        rows(&said["architectures"]).into_iter().map(|row| (row.0, row.1, row.2)).collect();
    let row = |name: &str| (name.to_owned(), "hip".to_owned(), 1);
    assert_eq!(names, [row("gfx90a"), row("gfx942:xnack-")]);
    assert_eq!(said["libraries"][0]["architectures"][0]["bytes"], code_object(0).len());
}

#[test]
#[ignore = "needs clang, lld and llvm-readobj"]
fn targets_are_those_of_llvm() {
    let dir = TestDir::new();
    dir.write("k.c", "__attribute__((amdgpu_kernel)) void k(int *x) { *x = 7; }\n");
    let mut files = Vec::new();
    for (index, target) in [
        "gfx803",
        "gfx900",
        "gfx906:xnack+",
        "gfx908:sramecc-:xnack+",
        "gfx90a",
        "gfx1030",
        "gfx1010",
    ]
    .iter()
    .enumerate()
    {
        let (target, out) = (format!("-mcpu={target}"), format!("k{index}.hsaco"));
        let common = ["--target=amdgcn-amd-amdhsa", "-nogpulib", "-O1", "k.c", "-o", &out];
        dir.command("clang", &[&common[..], &[&target]].concat()).expect(0);
        files.push(out);
    }
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let said = found(&dir, &files);
    for (library, file) in said["libraries"].as_array().unwrap().iter().zip(&files) {
        let name = library["architectures"][0]["name"].as_str().unwrap();
        let judged = dir.command("llvm-readobj", &["--file-headers", file]).expect(0).stdout;
        let flag = |flag: &str| judged.contains(flag);
        let (target, features) = name.split_once(':').unwrap_or((name, ""));
        let machine = format!("EF_AMDGPU_MACH_AMDGCN_{} ", target.to_uppercase());
        assert!(flag(&machine), "{name}: {judged}");
        for (feature, text) in [("sramecc", "SRAMECC"), ("xnack", "XNACK")] {
            for (sign, state) in [("+", "ON"), ("-", "OFF")] {
                let expected = flag(&format!("EF_AMDGPU_FEATURE_{text}_{state}_V4"));
                assert_eq!(
                    features.contains(&format!("{feature}{sign}")),
                    expected,
                    "{name}: {judged}"
                );
            }
        }
    }
    assert_eq!(said["libraries"].as_array().unwrap().len(), files.len(), "{said:#}");
}
