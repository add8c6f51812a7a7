//! Wheels from an index, unpacked with Python and packed again, keep their content.
//!
//! `scripts/fetch-wheels` downloads them once, so these tests run on request:
//! `cargo test real -- --include-ignored`.

use std::path::Path;

use crate::judges::{judge, script};
use crate::support::archive::open;
use crate::support::command::TestDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Returns the path of a wheel of `tests/wheels.txt`.
pub(crate) fn fetch(dir: &TestDir, name: &str) -> String {
    let fetch = dir.command(format!("{ROOT}/scripts/fetch-wheels"), &[name]).patience(30);
    fetch.expect(0).stdout.trim().to_owned()
}

/// Packs a real wheel again, compares it, checks it and installs it. Returns the conformance rules that it breaks;
/// the tool that built the original chose the name, the ratio and the order of members.
fn repack(name: &str, level: &str) -> Vec<&'static str> {
    let dir = TestDir::new();
    let original = fetch(&dir, name);
    script(&dir, "unpack.py", &[&original, "tree"]).expect(0);
    let arguments = ["pack", "tree", "--compression-level", level];
    let output = dir.wheelworks(&arguments).env("WHEELWORKS_VALIDATE_OUTPUT", "1").patience(9);
    let output = output.expect(0);
    assert_eq!(output.stderr, "");
    let wheel = output.stdout.trim();
    assert_eq!(
        tags(wheel),
        tags(&original),
        "the name follows from the original WHEEL file: {wheel}"
    );
    script(&dir, "compare.py", &[&original, wheel]).expect(0);
    let (_, _, findings) = open(&dir.path().join(wheel));
    install(&dir, wheel, name);
    findings.into_iter().map(|finding| finding.rule).collect()
}

/// Returns the parts of a wheel's name, with sorted tag sets.
fn tags(wheel: &str) -> Vec<Vec<&str>> {
    let name = Path::new(wheel).file_name().unwrap().to_str().unwrap();
    let parts = name.strip_suffix(".whl").unwrap().split('-').enumerate();
    parts
        .map(|(position, part)| match position {
            0 | 1 => vec![part],
            _ => {
                let mut tags: Vec<&str> = part.split('.').collect();
                tags.sort_unstable();
                tags
            }
        })
        .collect()
}

/// Installs a wheel for the Python version of its tag.
fn install(dir: &TestDir, wheel: &str, name: &str) {
    let platform = wheel.rsplit_once('-').unwrap().1.strip_suffix(".whl").unwrap();
    let platforms: Vec<String> =
        platform.split('.').map(|platform| format!("--platform={platform}")).collect();
    let mut arguments = vec!["install", "--quiet", "--no-deps", "--no-index", "--no-compile"];
    arguments.extend(["--disable-pip-version-check", "--only-binary=:all:", "--target=installed"]);
    arguments.extend(["--implementation=cp", "--python-version=3.12"]);
    arguments.extend(platforms.iter().map(String::as_str));
    arguments.push(wheel);
    dir.command(judge("pip"), &arguments).patience(9).expect(0);
    script(dir, "installed.py", &["installed", name]).expect(0);
}

#[test]
#[ignore = "needs the network, once"]
fn small_wheels() {
    for name in ["six", "markupsafe", "pyyaml", "charset-normalizer", "wheel"] {
        assert_eq!(repack(name, "6"), [""; 0], "{name}");
    }
}

#[test]
#[ignore = "downloads 190 MB, once"]
fn a_large_wheel() {
    assert_eq!(repack("jax-cuda12-pjrt", "6"), [""; 0]);
}
