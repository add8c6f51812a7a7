//! Faults of the file's name, the dist-info directory and WHEEL.

use super::{Case, named, parts, renamed, tag, wheel};
use crate::check::base::{DATA, METADATA, METADATA_AT, RECORD, WHEEL, WHEEL_AT};

#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
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
            &["index-platform", "native-none", "wheel-tags"],
        ),
        named(
            "a platform tag of a machine that PyPI does not know",
            "sample_pkg-1.0-py3-none-manylinux_2_36_loongarch64.whl",
            &["index-platform", "native-none", "wheel-tags"],
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
        named("a file name that no wheel can have", "sample_pkg-1.0.whl", &["filename"]),
        wheel(
            "another tag in WHEEL",
            |it| {
                it.replace("sample_pkg-1.0.dist-info/WHEEL", WHEEL.replace("py3-", "py2-"));
            },
            &["wheel-tags"],
        ),
        wheel(
            "WHEEL that does not say whether it is pure",
            |it| {
                it.replace(
                    "sample_pkg-1.0.dist-info/WHEEL",
                    WHEEL.replace("Root-Is-Purelib: true\n", ""),
                );
            },
            &["wheel-file"],
        ),
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
            "a directory in the directory for scripts",
            |it| {
                it.member("sample_pkg-1.0.data/scripts/tools/tool", "#!python\n");
            },
            &["data-directory"],
        ),
    ]
}

pub(super) fn tags() -> Vec<Case> {
    vec![
        renamed(
            "a Python tag that no installer looks for",
            "sample_pkg-1.0-python3-none-any.whl",
            |it| tag(it, "python3-none-any"),
            &["tag-unknown"],
        ),
        renamed(
            "a version of Python as two tags",
            "sample_pkg-1.0-3.12-none-any.whl",
            |it| tag(it, "12-none-any\nTag: 3-none-any"),
            &["tag-unknown"],
        ),
        renamed(
            "an ABI tag that no installer looks for",
            "sample_pkg-1.0-cp311-abi311-any.whl",
            |it| tag(it, "cp311-abi311-any"),
            &["tag-unknown"],
        ),
        renamed(
            "a misspelt platform tag",
            "sample_pkg-1.0-py3-none-manylinx_2_28_x86_64.whl",
            |it| tag(it, "py3-none-manylinx_2_28_x86_64"),
            &["tag-unknown"],
        ),
        renamed(
            "another ABI than the Python tag's",
            "sample_pkg-1.0-py3-cp311-any.whl",
            |it| tag(it, "py3-cp311-any"),
            &["tag-unknown"],
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
pub(super) fn wheel_files() -> Vec<Case> {
    vec![
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
            "WHEEL of a version that is not a number",
            |it| {
                it.replace(
                    "sample_pkg-1.0.dist-info/WHEEL",
                    WHEEL.replace("Wheel-Version: 1.0", "Wheel-Version: 1.x"),
                );
            },
            &["wheel-file"],
        ),
        wheel(
            "WHEEL of half a version",
            |it| {
                it.replace(
                    "sample_pkg-1.0.dist-info/WHEEL",
                    WHEEL.replace("Wheel-Version: 1.0", "Wheel-Version: 1"),
                );
            },
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
        wheel(
            "a compressed tag in WHEEL",
            |it| {
                it.replace(
                    "sample_pkg-1.0.dist-info/WHEEL",
                    WHEEL.replace("Tag: py3-none-any", "Tag: py3.py3-none-any"),
                );
            },
            &["wheel-compressed-tag"],
        ),
        renamed(
            "another build tag in WHEEL",
            "sample_pkg-1.0-2-py3-none-any.whl",
            |it| {
                it.replace("sample_pkg-1.0.dist-info/WHEEL", format!("{WHEEL}Build: 1\n"));
            },
            &["wheel-build"],
        ),
        renamed(
            "a build tag in the file's name only",
            "sample_pkg-1.0-2-py3-none-any.whl",
            |_| (),
            &["wheel-build"],
        ),
        parts(
            "a file after the dist-info directory",
            |it| it.entries.swap(DATA, RECORD),
            &["dist-info-last"],
        ),
    ]
}
