//! Versions that are in several files must agree: of the package, of Rust, of packages in both lock
//! files.

use std::collections::BTreeSet;

use regex::Regex;

use super::read;

#[test]
fn package_versions_agree() {
    let quoted = Regex::new(r#"(?m)^VERSION\s*=\s*"([^"]+)""#).unwrap();
    let text = read("bazel/private/version.bzl");
    let version = quoted.captures(&text).expect("no VERSION in version.bzl");
    assert_eq!(&version[1], env!("CARGO_PKG_VERSION"));
    let module = Regex::new(r#"(?s)module\(.*?version\s*=\s*"([^"]+)""#).unwrap();
    if let Some(version) = module.captures(&read("MODULE.bazel")) {
        assert_eq!(&version[1], env!("CARGO_PKG_VERSION"));
    }
}

/// Documents and settings name the version of the package in what users copy.
#[test]
fn documents_name_the_version() {
    let number = r"\d+\.\d+\.\d+";
    for (file, before, count) in [
        ("pyproject.toml", r#"(?m)^version = ""#, 1),
        ("README.md", r#"name = "wheelworks", version = ""#, 1),
        ("docs/bazel.md", r#"name = "wheelworks", version = ""#, 1),
        ("docs/bazel.md", "wheelworks-", 2),
        ("docs/ci.md", "wheelworks@v", 1),
        ("docs/ci.md", "wheelworks==", 1),
        ("bazel/extensions.bzl", r#"name = "wheelworks", version = ""#, 1),
    ] {
        let found = Regex::new(&format!("{before}({number})")).unwrap();
        let text = read(file);
        let versions: Vec<&str> =
            found.captures_iter(&text).map(|it| it.extract::<1>().1[0]).collect();
        assert_eq!(versions, vec![env!("CARGO_PKG_VERSION"); count], "{file}: {before}");
    }
}

/// The documents have the minimum supported Rust version of `Cargo.toml`.
#[test]
fn rust_versions_agree() {
    let number = Regex::new(r"Rust(?:'s stable toolchain,)? (1\.\d+) or later").unwrap();
    for file in ["README.md", "CONTRIBUTING.md"] {
        let text = read(file);
        let named: Vec<&str> =
            number.captures_iter(&text).map(|found| found.extract::<1>().1[0]).collect();
        assert_eq!(named, [env!("CARGO_PKG_RUST_VERSION")], "{file}");
    }
}

/// The fuzz targets test what is built: packages in both lock files have the same version.
#[test]
fn fuzz_targets_use_the_same_package_versions() {
    let package = Regex::new(r#"name = "([^"]+)"\nversion = "([^"]+)""#).unwrap();
    let packages = |file: &str| -> BTreeSet<(String, String)> {
        let text = read(file);
        let found = package.captures_iter(&text);
        found.map(|found| (found[1].to_owned(), found[2].to_owned())).collect()
    };
    let ours = packages("Cargo.lock");
    let names: BTreeSet<&String> = ours.iter().map(|(name, _)| name).collect();
    let fuzzed = packages("fuzz/Cargo.lock");
    let other: Vec<_> = fuzzed.difference(&ours).filter(|(name, _)| names.contains(name)).collect();
    assert!(other.is_empty(), "copy Cargo.lock to fuzz/ and build there: {other:?}");
    assert!(fuzzed.contains(&("libfuzzer-sys".to_owned(), "0.4.13".to_owned())));
}
