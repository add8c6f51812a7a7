//! Tells the compiler what `wheelworks --version` prints besides the version: the commit, and the target.
//!
//! A release build names its commit: from git in a checkout, from the file that `cargo package` writes, or from the
//! one that `git archive` fills in. A debug build does not, so that a commit does not compile the crate again.

use std::path::Path;
use std::process::Command;

/// Written by `cargo package`.
const PACKAGED: &str = ".cargo_vcs_info.json";
/// Its placeholders are filled in by `git archive`.
const ARCHIVED: &str = ".git_archival.txt";
/// What the binary depends on. A change in a checkout makes the commit `dirty`.
const SOURCES: [&str; 6] = ["build.rs", "Cargo.lock", "Cargo.toml", "proto", "src", ".cargo"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let variable = |name| std::env::var(name).unwrap_or_default();
    println!("cargo::rustc-env=BUILD_TARGET={}", variable("TARGET"));
    println!("cargo::rustc-env=BUILD_TARGET_FEATURES={}", variable("CARGO_CFG_TARGET_FEATURE"));
    let commit = if variable("PROFILE") == "release" { commit() } else { None };
    println!("cargo::rustc-env=BUILD_COMMIT={}", commit.unwrap_or_default());
}

/// Returns the commit's hash and date, as far as they are known.
fn commit() -> Option<String> {
    if Path::new(".git").exists() {
        return of_checkout();
    }
    for name in [PACKAGED, ARCHIVED] {
        println!("cargo::rerun-if-changed={name}");
    }
    let packaged = std::fs::read_to_string(PACKAGED).unwrap_or_default();
    let archived = std::fs::read_to_string(ARCHIVED).unwrap_or_default();
    let hash = first_hash(&packaged).or_else(|| first_hash(&archived))?;
    let date = archived.lines().find_map(|line| line.strip_prefix("date: "));
    Some(joined(hash, date.filter(|date| !date.contains('$'))))
}

/// Returns the commit of the checkout in the working directory.
fn of_checkout() -> Option<String> {
    // Every commit, checkout and reset adds a line to this file.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={log}");
    }
    for name in SOURCES {
        println!("cargo::rerun-if-changed={name}");
    }
    let shown = git(&["show", "--no-patch", "--format=%H %cs", "HEAD"])?;
    let (hash, date) = shown.split_once(' ')?;
    let status = [&["status", "--porcelain", "--"], &SOURCES[..]].concat();
    let dirty = if git(&status)?.is_empty() { "" } else { "-dirty" };
    Some(joined(&format!("{hash}{dirty}"), Some(date)))
}

fn joined(hash: &str, date: Option<&str>) -> String {
    date.map_or_else(|| hash.to_owned(), |date| format!("{hash} {date}"))
}

/// Returns the first word of 40 hexadecimal digits.
fn first_hash(text: &str) -> Option<&str> {
    text.split(|it: char| !it.is_ascii_alphanumeric())
        .find(|word| word.len() == 40 && word.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Returns what git prints, or nothing if it fails.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim_end().to_owned())
}
