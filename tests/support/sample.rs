//! Content to pack: small trees, and bytes with a known compression ratio.

use std::path::{Path, PathBuf};

use super::archive;
use super::command::{Output, TestDir, write};

/// METADATA of the sample distribution.
pub(crate) const METADATA: &str = "Metadata-Version: 2.4\nName: Sample-Pkg\nVersion: 1.0\n";

/// WHEEL of the sample distribution.
pub(crate) const WHEEL: &str =
    "Wheel-Version: 1.0\nGenerator: other\nRoot-Is-Purelib: true\nTag: py3-none-any\n";

/// The file name of the wheel that [`tree`] makes.
pub(crate) const FILENAME: &str = "sample_pkg-1.0-py3-none-any.whl";

/// The options that declare the same metadata as the dist-info directory of [`tree`].
pub(crate) const DECLARED: [&str; 4] =
    ["pack", "--out=sample_pkg-1.0-py3-none-any.whl", "--distribution=Sample-Pkg", "--version=1.0"];

/// Writes an unpacked wheel to `tree/`: a compressible, an incompressible, an empty and an
/// executable member, and one with a name outside of ASCII.
pub(crate) fn tree() -> TestDir {
    let dir = TestDir::new();
    dir.write("tree/sample_pkg/__init__.py", "VALUE = 42\n".repeat(40))
        .write("tree/sample_pkg/data.bin", noise(300, 1))
        .write("tree/sample_pkg/empty.txt", "")
        .write("tree/sample_pkg/größe, 日本.txt", "non-ASCII, with a comma")
        .write("tree/sample_pkg/tool.sh", "#!/bin/sh\necho tool\n")
        .write("tree/sample_pkg-1.0.dist-info/METADATA", METADATA)
        .write("tree/sample_pkg-1.0.dist-info/WHEEL", WHEEL);
    make_executable(&dir.path().join("tree/sample_pkg/tool.sh"));
    dir
}

/// Sets the permissions 0755.
pub(crate) fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;

    fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Returns incompressible bytes, the same for the same seed.
pub(crate) fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        // Xorshift64* (Vigna 2016).
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes()
    };
    let mut bytes: Vec<u8> = (0..len.div_ceil(8)).flat_map(|_| next()).collect();
    bytes.truncate(len);
    bytes
}

/// Returns text that compresses to about half: every byte is one of 16 letters.
pub(crate) fn text(len: usize, seed: u64) -> Vec<u8> {
    let mut bytes = noise(len, seed);
    for byte in &mut bytes {
        *byte = b'a' + (*byte & 15);
    }
    bytes
}

/// Runs `wheelworks` with `WHEELWORKS_VALIDATE_OUTPUT`, and checks the wheel that it wrote.
pub(crate) fn pack(dir: &TestDir, arguments: &[&str], wheel: &str) -> (Output, PathBuf) {
    let path = dir.path().join(wheel);
    let output = dir.wheelworks(arguments).env("WHEELWORKS_VALIDATE_OUTPUT", "1").patience(5);
    let output = output.expect(0);
    archive::assert_conforms(&path);
    assert_no_errors(dir, &path);
    assert_no_temporary(path.parent().unwrap());
    (output, path)
}

/// Fails if `wheelworks check` finds errors in a wheel. Skips wheels from 64 MiB on, which would
/// take too long.
fn assert_no_errors(dir: &TestDir, wheel: &Path) {
    const LARGE: u64 = 64 << 20;
    if fs_err::metadata(wheel).unwrap().len() < LARGE {
        dir.wheelworks(&["check"]).arg(wheel).expect(0);
    }
}

/// Packs declared members, given as `DEST=SRC`, into [`FILENAME`]. Returns the wheel's path.
pub(crate) fn pack_members(dir: &TestDir, members: &[&str]) -> PathBuf {
    let members: Vec<String> = members.iter().map(|it| format!("--member={it}")).collect();
    let mut arguments = DECLARED.to_vec();
    arguments.extend(members.iter().map(String::as_str));
    pack(dir, &arguments, FILENAME).1
}

/// Fails if there is an unfinished output in the directory.
pub(crate) fn assert_no_temporary(directory: &Path) {
    let names: Vec<String> = fs_err::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with(".wheelworks-"))
        .collect();
    assert!(names.is_empty(), "left behind: {names:?}");
}

/// Writes a flagfile of `count` members named `pkg/nnnnnn.py`, all with the source `source`.
pub(crate) fn many_members(dir: &TestDir, count: usize, source: &str) {
    let lines: Vec<String> =
        (0..count).map(|n| format!("--member=pkg/{n:06}.py={source}")).collect();
    write(dir.path(), "members.args", lines.join("\n"));
}
