//! Faults of the dist-info directory, and of what a wheel holds.

use super::{Case, named, parts, wheel};
use crate::check::base::{METADATA, METADATA_AT, RECORD, WHEEL, WHEEL_AT};
use crate::support::wheel::Wheel;

pub(super) fn files() -> Vec<Case> {
    vec![
        parts(
            "no METADATA",
            |it| drop(it.entries.remove(METADATA_AT)),
            &["dist-info-file", "record-ghost"],
        ),
        parts(
            "no WHEEL",
            |it| drop(it.entries.remove(WHEEL_AT)),
            &["dist-info-file", "record-ghost"],
        ),
        parts("no RECORD", |it| drop(it.entries.remove(RECORD)), &["dist-info-file"]),
        named(
            "a local version",
            "sample_pkg-1.0+cu12-py3-none-any.whl",
            &["dist-info", "index-local-version", "metadata-name"],
        ),
        named(
            "a platform tag that says too little",
            "sample_pkg-1.0-py3-none-linux_x86_64.whl",
            &["index-platform", "wheel-tags"],
        ),
        wheel(
            "a second dist-info directory",
            |it| {
                it.member("other-1.0.dist-info/METADATA", METADATA);
            },
            &["dist-info", "duplicate-files", "toplevel-no-modules", "toplevel-several"],
        ),
        named(
            "another version in the file's name",
            "sample_pkg-1.1-py3-none-any.whl",
            &["dist-info", "metadata-name"],
        ),
        named(
            "a file name that is not normalised",
            "Sample_Pkg-1.0-py3-none-any.whl",
            &["dist-info", "filename-normal"],
        ),
        named("a file name that is no wheel's", "sample_pkg-1.0.whl", &["filename"]),
        named("another tag in the file's name", "sample_pkg-1.0-py2-none-any.whl", &["wheel-tags"]),
        wheel(
            "another data directory",
            |it| {
                it.member("other-1.0.data/scripts/tool", "#!python\n");
            },
            &["data-directory", "toplevel-no-modules", "toplevel-several"],
        ),
        wheel(
            "an unknown part of the data directory",
            |it| {
                it.member("sample_pkg-1.0.data/bin/tool", "#!python\n");
            },
            &["data-directory"],
        ),
        wheel(
            "WHEEL without a version",
            |it| {
                it.replace(
                    "sample_pkg-1.0.dist-info/WHEEL",
                    WHEEL.replace("Wheel-Version: 1.0\n", ""),
                );
            },
            &["wheel-file"],
        ),
        wheel(
            "WHEEL of version 2",
            |it| it.replace("sample_pkg-1.0.dist-info/WHEEL", WHEEL.replace("1.0", "2.0")),
            &["wheel-file"],
        ),
        wheel(
            "WHEEL without tags",
            |it| {
                it.replace(
                    "sample_pkg-1.0.dist-info/WHEEL",
                    WHEEL.replace("Tag: py3-none-any\n", ""),
                );
            },
            &["wheel-file"],
        ),
    ]
}

/// A change of METADATA.
fn edit(it: &mut Wheel, edit: impl Fn(&str) -> String) {
    it.replace("sample_pkg-1.0.dist-info/METADATA", edit(METADATA));
}

pub(super) fn metadata() -> Vec<Case> {
    vec![
        wheel(
            "METADATA that is not UTF-8",
            |it| {
                it.replace(
                    "sample_pkg-1.0.dist-info/METADATA",
                    [METADATA.as_bytes(), b"Author: \xff\n"].concat(),
                );
            },
            &["metadata-encoding"],
        ),
        wheel(
            "another name in METADATA",
            |it| edit(it, |text| text.replace("Sample-Pkg", "other")),
            &["metadata-name"],
        ),
        wheel(
            "another version in METADATA",
            |it| edit(it, |text| text.replace("Version: 1.0", "Version: 1.1")),
            &["metadata-name"],
        ),
        wheel(
            "metadata of a later version",
            |it| edit(it, |text| text.replace("2.4", "3.0")),
            &["metadata-version"],
        ),
        wheel(
            "a requirement that cannot be read",
            |it| edit(it, |text| format!("{text}Requires-Dist: numpy >>= 2\n")),
            &["metadata-requires"],
        ),
        wheel(
            "a content type that cannot be rendered",
            |it| {
                edit(it, |text| format!("{text}Description-Content-Type: text/html\n\n<b>x</b>\n"));
            },
            &["metadata-content-type"],
        ),
        wheel(
            "a summary of two lines",
            |it| edit(it, |text| text.replace("fault\n", "fault\n        at all\n")),
            &["metadata-summary"],
        ),
        wheel(
            "a licence that is no SPDX expression",
            |it| edit(it, |text| text.replace(": MIT", ": Some licence")),
            &["license-expression"],
        ),
        wheel(
            "a licence file that is not there",
            |it| edit(it, |text| format!("{text}License-File: COPYING\n")),
            &["license-file"],
        ),
        wheel(
            "a field twice",
            |it| edit(it, |text| format!("{text}Summary: again\n")),
            &["metadata-twice"],
        ),
        wheel(
            "an entry point with a colon",
            |it| {
                it.member(
                    "sample_pkg-1.0.dist-info/entry_points.txt",
                    "[console_scripts]\ntool: sample_pkg:main\n",
                );
            },
            &["entry-points"],
        ),
        wheel(
            "an entry point without a group",
            |it| {
                it.member("sample_pkg-1.0.dist-info/entry_points.txt", "tool = sample_pkg:main\n");
            },
            &["entry-points"],
        ),
    ]
}

pub(super) fn layout() -> Vec<Case> {
    vec![
        wheel(
            "compiled Python",
            |it| {
                it.member("sample_pkg/__pycache__/a.cpython-312.pyc", "code");
            },
            &["bytecode"],
        ),
        wheel(
            "a file beside the package",
            |it| {
                it.member("README.txt", "read me");
            },
            &["toplevel-file", "toplevel-several"],
        ),
        wheel(
            "tests beside the package",
            |it| {
                it.member("tests/test_it.py", "assert True");
            },
            &["toplevel-common", "toplevel-several"],
        ),
        wheel(
            "`__init__.py` at the top",
            |it| {
                it.member("__init__.py", "import os");
            },
            &["toplevel-init"],
        ),
        wheel(
            "machine code for any platform",
            |it| {
                let mut elf = vec![0x7F, b'E', b'L', b'F', 2, 1, 1];
                elf.resize(16, 0);
                elf.extend([3, 0, 62, 0, 1, 0, 0, 0]);
                elf.resize(64, 0);
                it.member("sample_pkg/core.so", elf);
            },
            &["native-any"],
        ),
    ]
}
