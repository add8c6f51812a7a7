//! `wheelworks pack`, run as a process.

mod base;
mod components;
mod content;
mod declared;
mod determinism;
mod disturbed;
mod messages;
mod metadata;
mod output;
mod refused_arguments;
mod refused_declared;
mod refused_metadata;
mod refused_trees;
mod source_trees;
mod unpacked;

use std::path::Path;

use crate::support::command::{TestCommand, TestDir};
use crate::support::sample::FILENAME;

/// Runs a command that must fail: exit code 2, nothing on stdout, no wheel and no temporary file left.
/// Returns its stderr, with the test's directory replaced by `DIR`.
fn refused(dir: &TestDir, command: TestCommand<'_>) -> String {
    let output = command.expect(2);
    assert_eq!(output.stdout, "");
    assert_nothing_written(dir.path());
    let real = fs_err::canonicalize(dir.path()).unwrap();
    output.stderr.replace(real.to_str().unwrap(), "DIR")
}

/// Fails if a directory holds a wheel or a temporary file.
fn assert_nothing_written(directory: &Path) {
    for entry in walkdir::WalkDir::new(directory).into_iter().flatten() {
        let name = entry.file_name().to_string_lossy();
        let is_output = name == FILENAME || name.starts_with(".wheelworks-");
        assert!(!is_output, "left behind: {}", entry.path().display());
    }
}

/// Formats named cases and their output as one text for a snapshot.
fn transcript<'a>(cases: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let said: Vec<String> =
        cases.into_iter().map(|(name, text)| format!("# {name}\n{text}")).collect();
    said.join("\n")
}
