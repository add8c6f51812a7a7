//! Libraries that other wheels bring: they are not grafted, and the search path leads to them.

use serde_json::json;

use super::shape::{Shape, assert_prints, facts, install, wheel_in};
use crate::judges::judge;
use crate::support::command::TestDir;
use crate::support::wheel::Wheel;

const USUAL: Shape = Shape::USUAL;
const PROVIDER: &str = "dep_wheel-2.0-py3-none-linux_x86_64.whl";

/// Writes the wheel that needs a library and, if `requires` is given, requires another wheel; and that wheel, with
/// the library.
fn write(name: &'static str, requires: &str, is_purelib: bool) -> (TestDir, Shape) {
    let shape = Shape { name, ..USUAL };
    let (dir, mut wheel) = shape.unwritten();
    let metadata = format!("Metadata-Version: 2.1\nName: pkg\nVersion: 1.0\n{requires}");
    wheel.replace("pkg-1.0.dist-info/METADATA", metadata);
    wheel.write(dir.path());
    let mut provider = Wheel::new(PROVIDER);
    let library = fs_err::read(dir.path().join("ext/libdep.so.1.2")).unwrap();
    provider.member("dep_wheel/lib/libdep.so.1", library);
    let text =
        format!("Wheel-Version: 1.0\nRoot-Is-Purelib: {is_purelib}\nTag: py3-none-linux_x86_64\n");
    provider.replace("dep_wheel-2.0.dist-info/WHEEL", text);
    provider.write(dir.path());
    (dir, shape)
}

#[test]
fn a_library_of_a_required_wheel_is_not_grafted() {
    for (name, is_purelib, expected) in [
        ("pkg-1.0-cp38-abi3-linux_x86_64.whl", false, "$ORIGIN/../dep_wheel/lib"),
        ("pkg-1.0-cp38-abi3-linux_x86_64.whl", true, "$ORIGIN/../dep_wheel/lib"),
        (
            "pkg-1.0-cp311-cp311-linux_x86_64.whl",
            true,
            "$ORIGIN/../dep_wheel/lib:$ORIGIN/../../../../lib/python3.11/site-packages/dep_wheel/lib",
        ),
    ] {
        let (dir, shape) = write(name, "Requires-Dist: Dep.Wheel>=1\n", is_purelib);
        let shape = Shape { arguments: &["--provided-by", PROVIDER], ..shape };
        shape.repair(&dir, 0);
        let facts = facts(&dir, "ours");
        let module = &facts["elf"]["pkg/mod.abi3.so"];
        assert_eq!(module["rpath"], json!([expected]), "{name} {is_purelib}");
        assert_eq!(module["needed"], json!(["libdep.so.1", "libc.so.6"]));
        assert_eq!(facts["elf"].as_object().unwrap().len(), 1);
        if name.contains("abi3") {
            let venv = install(&dir);
            let python = venv.join("bin/python");
            let options = ["pip", "install", "--offline", "--no-cache", "--no-config", "--python"];
            let arguments = [&options[..], &[python.to_str().unwrap(), PROVIDER]].concat();
            dir.command(judge("uv"), &arguments).expect(0);
            assert_prints(&dir, &venv, "import pkg.mod; print(pkg.mod.answer)", "21");
        }
    }
}

/// A repaired wheel is repaired again without a change, from a directory of installed wheels.
#[test]
fn a_directory_of_installed_wheels() {
    let (dir, shape) = write(USUAL.name, "Requires-Dist: dep-wheel\n", false);
    dir.wheelworks(&["unpack", "--wheel", PROVIDER, "-d", "site"]).expect(0);
    Shape { arguments: &["--provided-by", "site"], ..shape }.repair(&dir, 0);
    let wheel = wheel_in(&dir, "ours").unwrap();
    let wheel = wheel.to_str().unwrap();
    dir.wheelworks(&["repair", wheel, "-w", "again", "--provided-by=site"]).expect(0);
    assert_eq!(facts(&dir, "ours"), facts(&dir, "again"));
    let arguments = ["audit", "--no-host", "--require-declared", "--provided-by=site", wheel];
    dir.wheelworks(&arguments).expect(0);
}

#[test]
fn a_requirement_that_is_missing() {
    let (dir, shape) = write(USUAL.name, "Requires-Dist: other\n", false);
    let output = Shape { arguments: &["--provided-by", PROVIDER], ..shape }.repair(&dir, 2);
    let expected = "error: `pkg/mod.abi3.so` needs `libdep.so.1`, which another wheel brings, and METADATA does not \
                    require that wheel\nhint: add `Requires-Dist: dep-wheel==2.0` to METADATA\n";
    assert!(output.stderr.contains(expected), "{}", output.stderr);
    assert!(!dir.path().join("ours").exists());
}

/// The built-in table knows the directories of NVIDIA's wheels.
#[test]
fn known_wheels() {
    let shape = Shape {
        build: "gcc -shared -fPIC dep.c -Wl,-soname,libcudart.so.12 -o ext/libcudart.so.12
                gcc -shared -fPIC mod.c ext/libcudart.so.12 -o mod.abi3.so",
        arguments: &["--provided-by=known"],
        ..USUAL
    };
    for (requires, code, expected) in [
        ("Requires-Dist: nvidia-cuda-runtime-cu12\n", 0, ""),
        ("", 2, "hint: add `Requires-Dist: nvidia-cuda-runtime-cu12` to METADATA"),
    ] {
        let (dir, mut wheel) = shape.unwritten();
        let metadata = format!("Metadata-Version: 2.1\nName: pkg\nVersion: 1.0\n{requires}");
        wheel.replace("pkg-1.0.dist-info/METADATA", metadata);
        wheel.write(dir.path());
        let output = shape.repair(&dir, code);
        assert!(output.stderr.contains(expected), "{}", output.stderr);
        if code == 0 {
            let rpath = &facts(&dir, "ours")["elf"]["pkg/mod.abi3.so"]["rpath"];
            assert_eq!(*rpath, json!(["$ORIGIN/../nvidia/cuda_runtime/lib"]));
        }
    }
}
