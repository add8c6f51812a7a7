//! Wheels that are directories, as `pack --unpacked` writes them.

use super::{listing, refused};
use crate::support::command::TestDir;
use crate::support::wheel::Wheel;

const NAME: &str = "sample-1.0-py3-none-any.whl";
const RECORD: &str = "sample-1.0.dist-info/RECORD";

/// Writes a wheel to `NAME` and its files to `tree`.
fn wheel(members: &[(&str, &str)]) -> TestDir {
    let dir = TestDir::new();
    let mut wheel = Wheel::new(NAME);
    for (path, content) in members {
        wheel.member(path, *content);
    }
    wheel.write(dir.path());
    dir.wheelworks(&["unpack", NAME, "-d", "tree"]).expect(0);
    dir
}

#[test]
fn the_same_installation_as_of_the_archive() {
    let plain = [("sample/__init__.py", ""), ("sample/tool.sh", "#!/bin/sh\n")];
    let schemes = [
        ("sample/__init__.py", ""),
        ("sample-1.0.data/purelib/sample/pure.py", "pure"),
        ("sample-1.0.data/platlib/sample/plat.so", "plat"),
        ("sample-1.0.data/scripts/tool", "no first line"),
        ("sample-1.0.data/headers/sub/sample.h", "header"),
        ("sample-1.0.data/data/share/man/man1/tool.1", "manual"),
    ];
    for members in [plain.as_slice(), &schemes] {
        let dir = wheel(members);
        dir.write("zip.py", "");
        let unpack = |wheel: &str, out: &str| -> Vec<(String, Vec<u8>)> {
            let arguments = ["unpack", "--wheel", wheel, "--file=extra.py=zip.py", "-d", out];
            dir.wheelworks(&arguments).expect(0);
            let found = listing(&dir.path().join(out)).into_iter();
            found.map(|(path, _, content)| (path, content)).collect()
        };
        assert_eq!(unpack("tree", "of_tree"), unpack(NAME, "of_archive"));
        // As for every file: in Bazel's trees, all are executable.
        for (path, mode, content) in listing(&dir.path().join("of_tree")) {
            let is_program = content.starts_with(b"#!") || path == "bin/tool";
            let is_directory = dir.path().join("of_tree").join(&path).is_dir();
            assert_eq!(mode, if is_program || is_directory { 0o755 } else { 0o644 }, "{path}");
        }
    }
}

#[test]
fn links_are_followed() {
    let dir = wheel(&[("sample/__init__.py", "")]);
    let file = dir.path().join("tree/sample/__init__.py");
    fs_err::rename(&file, dir.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(dir.path().join("elsewhere"), &file).unwrap();
    dir.wheelworks(&["unpack", "--wheel=tree", "-d", "out"]).expect(0);
    assert!(!dir.path().join("out/sample/__init__.py").is_symlink());
}

#[test]
fn directories_that_are_no_wheel() {
    let said = |change: &dyn Fn(&TestDir)| {
        let dir = wheel(&[("sample/__init__.py", "x = 1")]);
        change(&dir);
        refused(&dir, dir.wheelworks(&["unpack", "--wheel=tree", "-d", "out"]))
    };
    let remove = |name: &'static str| {
        move |dir: &TestDir| fs_err::remove_file(dir.path().join("tree").join(name)).unwrap()
    };
    let cases = [
        said(&|dir| fs_err::remove_dir_all(dir.path().join("tree/sample-1.0.dist-info")).unwrap()),
        said(&remove(RECORD)),
        said(&remove("sample/__init__.py")),
        said(&|dir| _ = dir.write("tree/sample/other.py", "")),
        said(&|dir| _ = dir.write("tree/sample/__init__.py", "x = 2")),
        said(&|dir| _ = dir.write("tree/other-1.0.dist-info/METADATA", "")),
    ];
    insta::assert_snapshot!(cases.join("\n"), @"
    error: `tree`: expected one directory named `NAME-VERSION.dist-info`, found none
    hint: a wheel has the metadata of one distribution; is this a wheel?

    error: `tree`: expected a member `sample-1.0.dist-info/RECORD`, found none
    hint: the wheel is incomplete; build it again

    error: `tree`: RECORD does not agree with the files:
      `sample/__init__.py`: expected this file, found none
    hint: the wheel was changed after it was built, or built by a broken tool; build it again

    error: `tree`: RECORD does not agree with the files:
      `sample/other.py`: expected a row for this file, found none
    hint: the wheel was changed after it was built, or built by a broken tool; build it again

    error: `tree`: RECORD does not agree with the files:
      `sample/__init__.py`: expected sha256=j_Q23vFFEoVZmhsa1wgASTuNyv3ikS4aODRWMwVOTCY, found sha256=FDG5hjd7VDDwH9aQDYc_oonVRvMEvFjBjUJJL4f1QBY
    hint: the wheel was changed after it was built, or built by a broken tool; build it again

    error: `tree`: expected one directory named `NAME-VERSION.dist-info`, found other-1.0.dist-info, sample-1.0.dist-info
    hint: a wheel has the metadata of one distribution; is this a wheel?
    ");
    let dir = wheel(&[("sample/__init__.py", "x = 1")]);
    dir.write("tree/sample/__init__.py", "x = 2");
    dir.wheelworks(&["unpack", "--wheel=tree", "-d", "out", "--no-check-record"]).expect(0);
}
