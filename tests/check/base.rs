//! A wheel without a fault, and changes that make faulty wheels from it.

use std::path::PathBuf;

use crate::support::command::TestDir;
use crate::support::craft::Parts;
use crate::support::wheel::Wheel;

/// The name of the wheel.
pub(super) const NAME: &str = "sample_pkg-1.0-py3-none-any.whl";

/// METADATA of that wheel.
pub(super) const METADATA: &str = "Metadata-Version: 2.4
Name: Sample-Pkg
Version: 1.0
Summary: A wheel without a fault
License-Expression: MIT
License-File: LICENSE
";

/// WHEEL of that wheel.
pub(super) const WHEEL: &str =
    "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n";

/// Indexes of members.
pub(super) const INIT: usize = 0;
pub(super) const DATA: usize = 1;
pub(super) const METADATA_AT: usize = 2;
pub(super) const WHEEL_AT: usize = 3;
pub(super) const RECORD: usize = 5;

/// A change to the wheel.
#[derive(Clone, Copy)]
pub(super) enum Change {
    /// Changes members; RECORD is written to match.
    Wheel(fn(&mut Wheel)),
    /// Changes records of the archive.
    Parts(fn(&mut Parts)),
    /// Changes bytes of the file.
    Bytes(fn(&mut Vec<u8>)),
}

/// Returns the wheel without a fault.
pub(super) fn wheel() -> Wheel {
    let mut wheel = Wheel::bare(NAME);
    wheel
        .member("sample_pkg/__init__.py", "VALUE = 42\n".repeat(40))
        .member("sample_pkg/data.txt", "some data, which is of some length\n")
        .member("sample_pkg-1.0.dist-info/METADATA", METADATA)
        .member("sample_pkg-1.0.dist-info/WHEEL", WHEEL)
        .member("sample_pkg-1.0.dist-info/licenses/LICENSE", "Do what you like, it says here.\n");
    wheel
}

/// Returns the bytes of the changed wheel.
pub(super) fn make(change: Change) -> Vec<u8> {
    let dir = TestDir::new();
    let mut wheel = wheel();
    if let Change::Wheel(change) = change {
        change(&mut wheel);
    }
    wheel.dist_info_last();
    let mut bytes = fs_err::read(wheel.write(dir.path())).unwrap();
    match change {
        Change::Wheel(_) => {}
        Change::Parts(change) => {
            let mut parts = Parts::of(&bytes);
            change(&mut parts);
            bytes = parts.render();
        }
        Change::Bytes(change) => change(&mut bytes),
    }
    bytes
}

/// Writes a wheel into a new directory and returns its path.
pub(super) fn write(dir: &TestDir, case: &str, name: &str, bytes: &[u8]) -> PathBuf {
    let folder = case.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    dir.write(&format!("{folder}/{name}"), bytes);
    dir.path().join(folder).join(name)
}
