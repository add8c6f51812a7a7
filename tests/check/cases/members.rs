//! Faults of members' names and modes, and of RECORD.

use super::{Case, parts, wheel};
use crate::check::base::DATA;

pub(super) fn names() -> Vec<Case> {
    vec![
        parts(
            "a name that is not UTF-8",
            |it| it.both(DATA, |header| header.name = b"sample_pkg/dat\xff.txt".to_vec()),
            &["name-encoding", "record-ghost", "record-missing"],
        ),
        wheel(
            "a name with a line feed",
            |it| {
                it.member("sample_pkg/a\nb.txt", "a file");
            },
            &["name-control", "record-form"],
        ),
        wheel(
            "a path that leaves the wheel",
            |it| {
                it.member("../evil.py", "import os");
            },
            &["module-path", "name-escape", "toplevel-several"],
        ),
        wheel(
            "an absolute path",
            |it| {
                it.member("/evil.py", "import os");
            },
            &["module-path", "name-escape", "toplevel-several"],
        ),
        wheel(
            "a path with a backslash",
            |it| {
                it.member("sample_pkg\\evil.py", "import os");
            },
            &["module-path", "name-escape", "toplevel-several"],
        ),
        wheel(
            "a path with an empty part",
            |it| {
                it.member("sample_pkg//a.py", "import os");
            },
            &["module-path", "name-form"],
        ),
        wheel(
            "a name of 300 bytes",
            |it| {
                it.member(&format!("sample_pkg/{}.py", "n".repeat(300)), "import os");
            },
            &["name-long", "name-windows-path"],
        ),
        wheel(
            "a file and a directory with one name",
            |it| {
                it.member("sample_pkg/data.txt/x.txt", "a file");
            },
            &["name-file-and-directory"],
        ),
    ]
}

/// Names that collide or are not allowed on some systems.
#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
pub(super) fn portable_names() -> Vec<Case> {
    vec![
        wheel(
            "names that differ in case",
            |it| {
                it.member("sample_pkg/DATA.txt", "a file");
            },
            &["name-case"],
        ),
        wheel(
            "directories that differ in case",
            |it| {
                it.member("sample_pkg/Sub/a.txt", "one").member("sample_pkg/sub/b.txt", "two");
            },
            &["name-case"],
        ),
        wheel(
            "a file and a directory that differ in case",
            |it| {
                it.member("sample_pkg/Sub/a.txt", "one").member("sample_pkg/sub", "two");
            },
            &["name-case"],
        ),
        wheel(
            "directories that differ in normalisation",
            |it| {
                it.member("sample_pkg/gr\u{f6}\u{df}e/a.txt", "one")
                    .member("sample_pkg/gro\u{308}\u{df}e/b.txt", "two");
            },
            &["name-nfc", "name-unicode"],
        ),
        wheel(
            "names that differ in normalisation",
            |it| {
                it.member("sample_pkg/gr\u{f6}\u{df}e.txt", "one")
                    .member("sample_pkg/gro\u{308}\u{df}e.txt", "two");
            },
            &["name-nfc", "name-unicode"],
        ),
        wheel(
            "a device's name",
            |it| {
                it.member("sample_pkg/aux.txt", "a file");
            },
            &["name-windows"],
        ),
        wheel(
            "a path that is too long for Windows",
            |it| {
                it.member(
                    &format!("sample_pkg/{}.txt", ["long-directory"; 12].join("/")),
                    "a file",
                );
            },
            &["name-windows-path"],
        ),
        wheel(
            "a device's name with a superscript",
            |it| {
                it.member("sample_pkg/com¹.txt", "a file");
            },
            &["name-windows"],
        ),
    ]
}

/// Members that installers write to one path. They are in platlib, because check-wheel-contents rejects all
/// of purelib in a wheel whose root is purelib.
pub(super) fn installed() -> Vec<Case> {
    vec![
        wheel(
            "two files that are installed at one path",
            |it| {
                it.member("sample_pkg-1.0.data/platlib/sample_pkg/data.txt", "other data");
            },
            &["name-installed-twice"],
        ),
        wheel(
            "a file that is installed over a directory",
            |it| {
                it.member("sample_pkg-1.0.data/platlib/sample_pkg", "a file");
            },
            &["name-file-and-directory", "toplevel-file"],
        ),
        wheel(
            "two files whose installed paths differ in case",
            |it| {
                it.member("sample_pkg-1.0.data/platlib/sample_pkg/DATA.txt", "other data");
            },
            &["name-case"],
        ),
        wheel(
            "two packages whose installed paths differ in case",
            |it| {
                it.member("sample_pkg-1.0.data/platlib/Sample_Pkg/a.txt", "a file");
            },
            &["name-case", "toplevel-no-modules", "toplevel-several"],
        ),
        wheel(
            "two files whose installed paths differ in normalisation",
            |it| {
                it.member("sample_pkg/gr\u{f6}\u{df}e.txt", "one")
                    .member("sample_pkg-1.0.data/platlib/sample_pkg/gro\u{308}\u{df}e.txt", "two");
            },
            &["name-nfc", "name-unicode"],
        ),
        wheel(
            "two files with one name in different trees",
            |it| {
                it.member("sample_pkg-1.0.data/data/sample_pkg/data.txt", "one")
                    .member("sample_pkg-1.0.data/headers/sample_pkg/data.txt", "two")
                    .member("sample_pkg-1.0.data/scripts/data.txt", "three");
            },
            &[],
        ),
    ]
}

pub(super) fn modes() -> Vec<Case> {
    vec![
        parts(
            "a UTF-8 name without the flag",
            |it| {
                it.both(DATA, |header| header.name = "sample_pkg/größe.txt".into());
                it.edit_record(|text| text.replace("data.txt", "größe.txt"));
            },
            &["name-utf8-flag"],
        ),
        wheel(
            "an entry for a directory",
            |it| {
                it.member("sample_pkg/sub/", "").unrecorded("sample_pkg/sub/");
            },
            &["name-directory"],
        ),
        wheel(
            "a symbolic link",
            |it| {
                it.link("sample_pkg/link", "data.txt");
            },
            &["mode-symlink"],
        ),
        parts(
            "a named pipe",
            |it| it.entries[DATA].central.external = 0o010_644 << 16,
            &["mode-special"],
        ),
        wheel(
            "a directory with data",
            |it| {
                it.member("sample_pkg/sub/", "data").unrecorded("sample_pkg/sub/");
            },
            &["mode-special", "name-directory"],
        ),
        parts(
            "a program that runs as its owner",
            |it| it.entries[DATA].central.external = 0o104_755 << 16,
            &["mode-permissions"],
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
pub(super) fn records() -> Vec<Case> {
    vec![
        wheel(
            "a file that RECORD does not list",
            |it| {
                it.unrecorded("sample_pkg/data.txt");
            },
            &["record-missing"],
        ),
        wheel(
            "a row without a file",
            |it| {
                it.row("sample_pkg/ghost.py");
            },
            &["record-ghost"],
        ),
        wheel(
            "a row for a directory",
            |it| {
                it.row("sample_pkg/");
            },
            &["record-directory"],
        ),
        parts(
            "a wrong hash",
            |it| {
                it.edit_record(|text| {
                    let at = text.find("sha256=").unwrap() + 7;
                    let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
                    format!("{}{other}{}", &text[..at], &text[at + 1..])
                });
            },
            &["record-hash"],
        ),
        parts(
            "a wrong size",
            |it| it.edit_record(|text| text.replacen(",440\n", ",441\n", 1)),
            &["record-size"],
        ),
        parts(
            "rows without hashes",
            |it| {
                it.edit_record(|text| {
                    let paths: Vec<&str> =
                        text.lines().map(|line| line.split(',').next().unwrap()).collect();
                    paths.join(",,\n") + ",,\n"
                });
            },
            &["record-no-hash"],
        ),
        parts(
            "MD5",
            |it| it.edit_record(|text| text.replacen("sha256=", "md5=", 1)),
            &["record-weak-hash"],
        ),
        parts(
            "a row of one field",
            |it| it.edit_record(|text| text + "one\n"),
            &["record-form", "record-ghost", "record-no-hash"],
        ),
        parts(
            "a row twice",
            |it| {
                it.edit_record(|text| {
                    let first = text.lines().next().unwrap().to_owned();
                    format!("{text}{first}\n")
                });
            },
            &["record-twice"],
        ),
        wheel(
            "a signature of RECORD",
            |it| {
                it.member("sample_pkg-1.0.dist-info/RECORD.jws", "{}")
                    .unrecorded("sample_pkg-1.0.dist-info/RECORD.jws");
            },
            &["record-signature"],
        ),
    ]
}

/// RECORD's row for itself, and the text of RECORD.
pub(super) fn record_texts() -> Vec<Case> {
    vec![
        parts(
            "a size with a plus sign",
            |it| it.edit_record(|text| text.replacen(",440\n", ",+440\n", 1)),
            &["record-form"],
        ),
        parts(
            "a byte order mark in RECORD",
            |it| it.edit_record(|text| format!("\u{feff}{text}")),
            &["record-form"],
        ),
        parts(
            "an empty line in RECORD",
            |it| it.edit_record(|text| text.replacen('\n', "\n\n", 1)),
            &["record-form"],
        ),
        parts(
            "an empty line at the end of RECORD",
            |it| it.edit_record(|text| format!("{text}\n")),
            &["record-form"],
        ),
        wheel(
            "a line separator in a path",
            |it| {
                it.member("sample_pkg/a\u{2028}b.txt", "some text in a file with this name\n");
            },
            &["record-form"],
        ),
        parts(
            "a size of RECORD itself",
            |it| it.edit_record(|text| text.replace("/RECORD,,\n", "/RECORD,,440\n")),
            &["record-own-row"],
        ),
        parts(
            "a hash of RECORD itself",
            |it| it.edit_record(|text| text.replace("/RECORD,,\n", "/RECORD,sha256=x,\n")),
            &["record-own-row"],
        ),
        parts(
            "no row for RECORD",
            |it| it.edit_record(|text| text.replace("sample_pkg-1.0.dist-info/RECORD,,\n", "")),
            &["record-own-row"],
        ),
    ]
}
