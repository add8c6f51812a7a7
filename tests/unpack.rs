//! `wheelworks unpack`, as a real process and as a request.

mod layout;
mod output;
mod prefix;
mod real;
mod refused;
mod requests;
mod reuse;
mod unpacked_wheels;

use std::io::{Cursor, Write as _};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::support::command::{TestCommand, TestDir};
use crate::support::craft::Parts;

/// Returns an archive of these members as parts. Members whose names begin with `s` are stored,
/// others are deflated.
fn parts(members: &[(&str, &[u8])]) -> Parts {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        let method = if name.starts_with('s') {
            CompressionMethod::Stored
        } else {
            CompressionMethod::Deflated
        };
        let options = SimpleFileOptions::default().compression_method(method);
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    Parts::of(&writer.finish().unwrap().into_inner())
}

/// Runs a command that must fail: exit code 2, nothing on stdout, no output and no temporary file
/// left. Returns its stderr.
fn refused(dir: &TestDir, command: TestCommand<'_>) -> String {
    let output = command.expect(2);
    assert_eq!(output.stdout, "");
    assert!(!dir.path().join("out").exists(), "an output was left: {}", output.stderr);
    crate::support::sample::assert_no_temporary(dir.path());
    output.stderr
}

/// Returns every file and directory below a directory, with permissions, and the content of files.
pub(crate) fn listing(root: &Path) -> Vec<(String, u32, Vec<u8>)> {
    use std::os::unix::fs::PermissionsExt as _;

    let entries = walkdir::WalkDir::new(root).sort_by_file_name().into_iter();
    entries
        .map(|entry| {
            let entry = entry.unwrap();
            let path = entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            let metadata = entry.metadata().unwrap();
            let content =
                if metadata.is_file() { fs_err::read(entry.path()).unwrap() } else { vec![] };
            (path, metadata.permissions().mode() & 0o7777, content)
        })
        .collect()
}

/// Returns the paths of all files below a directory, with their permissions.
fn files(root: &Path) -> Vec<(String, u32)> {
    let entries = listing(root).into_iter();
    let files = entries.filter(|(path, ..)| root.join(path).is_file());
    files.map(|(path, mode, _)| (path, mode)).collect()
}
