//! Invalid trees.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::{refused, transcript};
use crate::support::command::TestDir;
use crate::support::sample::{METADATA, WHEEL, tree};

const DIST_INFO: &str = "tree/sample_pkg-1.0.dist-info";

/// Returns the error of `pack tree` for the sample tree with a change.
fn said(change: impl FnOnce(&TestDir)) -> String {
    let dir = tree();
    change(&dir);
    refused(&dir, dir.wheelworks(&["pack", "tree"]))
}

type Change = fn(&TestDir);

#[test]
#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
fn invalid_dist_info_directories() {
    let cases: [(&str, Change); 11] = [
        ("none", |dir| {
            fs_err::remove_dir_all(dir.path().join(DIST_INFO)).unwrap();
        }),
        ("two", |dir| {
            dir.write("tree/other-2.dist-info/METADATA", "");
        }),
        ("no METADATA", |dir| {
            fs_err::remove_file(dir.path().join(DIST_INFO).join("METADATA")).unwrap();
        }),
        ("METADATA is a pipe", |dir| {
            fs_err::remove_file(dir.path().join(DIST_INFO).join("METADATA")).unwrap();
            make_pipe(&dir.path().join(DIST_INFO).join("METADATA"));
        }),
        ("no WHEEL", |dir| fs_err::remove_file(dir.path().join(DIST_INFO).join("WHEEL")).unwrap()),
        ("another name", |dir| write(dir, "METADATA", &METADATA.replace("Sample", "Other"))),
        ("another version", |dir| write(dir, "METADATA", &METADATA.replace("1.0\n", "1.1\n"))),
        ("METADATA without fields", |dir| write(dir, "METADATA", "")),
        ("METADATA with a bad version", |dir| {
            write(dir, "METADATA", &METADATA.replace("1.0\n", "x\n"));
        }),
        ("WHEEL without tags", |dir| {
            write(dir, "WHEEL", &WHEEL.replace("Tag: py3-none-any\n", ""));
        }),
        ("WHEEL with a bad tag", |dir| write(dir, "WHEEL", &WHEEL.replace("py3-none-any", "py3"))),
    ];
    let cases = cases.map(|(name, change)| (name, said(change)));
    insta::assert_snapshot!(transcript(cases), @"
    # none
    error: `tree`: expected one directory named `NAME-VERSION.dist-info`, found none
    hint: name the directory that a wheel was unpacked into

    # two
    error: `tree`: expected one directory named `NAME-VERSION.dist-info`, found other-2.dist-info, sample_pkg-1.0.dist-info
    hint: an unpacked wheel has one; is this a whole site-packages?

    # no METADATA
    error: cannot read `tree/sample_pkg-1.0.dist-info/METADATA`: No such file or directory (os error 2)
    hint: check the path; the folder must exist

    # METADATA is a pipe
    error: `tree/sample_pkg-1.0.dist-info/METADATA`: expected a regular file, found a special file
    hint: copy what it gives into a file

    # no WHEEL
    error: cannot read `tree/sample_pkg-1.0.dist-info/WHEEL`: No such file or directory (os error 2)
    hint: check the path; the folder must exist

    # another name
    error: `tree/sample_pkg-1.0.dist-info/METADATA` says `Name: Other-Pkg`, and its directory's name says `sample_pkg`
    hint: make them agree

    # another version
    error: `tree/sample_pkg-1.0.dist-info/METADATA` says `Version: 1.1`, and its directory's name says `1.0`
    hint: make them agree

    # METADATA without fields
    error: `tree/sample_pkg-1.0.dist-info/METADATA`: METADATA has no field `Name`
    hint: fields come first, one a line, in front of the first blank line

    # METADATA with a bad version
    error: `tree/sample_pkg-1.0.dist-info/METADATA`: in METADATA: `x` is not a version: expected version to start with a number, but no leading ASCII digits were found
    hint: use a PEP 440 form, such as `1.2.3`, `1.2.3rc1`, `1.2.3.dev20261122` or `1.2.3+cu128`

    # WHEEL without tags
    error: `tree/sample_pkg-1.0.dist-info/WHEEL`: WHEEL has no field `Tag`
    hint: a tool that builds wheels writes it; build the wheel again

    # WHEEL with a bad tag
    error: `tree/sample_pkg-1.0.dist-info/WHEEL`: in WHEEL: `py3` is not a set of tags: expected `PYTHON-ABI-PLATFORM`
    hint: a wheel of pure Python has `py3-none-any`
    ");
}

fn write(dir: &TestDir, name: &str, content: &str) {
    dir.write(&format!("{DIST_INFO}/{name}"), content);
}

fn make_pipe(path: &Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn dist_info_directories_with_bad_names() {
    for name in ["x.dist-info", "-1.dist-info", "a b-1.dist-info", "a-x.dist-info", ".dist-info"] {
        let text = said(|dir| {
            let to = dir.path().join("tree").join(name);
            fs_err::rename(dir.path().join(DIST_INFO), to).unwrap();
        });
        assert!(text.starts_with("error: `tree"), "{name}: {text}");
    }
}

#[test]
fn links_out_of_the_tree_and_dangling_links() {
    let cases: [(&str, Change); 7] = [
        ("out, relative", |dir| {
            dir.write("outside", "secret");
            link("../../outside", dir);
        }),
        ("out, absolute", |dir| link(dir.write("outside", "secret").path().join("outside"), dir)),
        ("out, to a directory", |dir| {
            dir.write("directory/file", "secret");
            link("../../directory", dir);
        }),
        ("out, by another link", |dir| {
            dir.write("outside", "secret");
            symlink("../outside", dir.path().join("tree/step")).unwrap();
            link("../step", dir);
        }),
        ("dangling", |dir| link("missing", dir)),
        ("to itself", |dir| link("link", dir)),
        ("to a directory that it is in", |dir| link("..", dir)),
    ];
    let cases = cases.map(|(name, change)| (name, said(change)));
    insta::assert_snapshot!(transcript(cases), @"
    # out, relative
    error: `tree/sample_pkg/link` is a symbolic link out of the tree, to `DIR/outside`
    hint: copy what it points at into the tree; a wheel cannot hold links

    # out, absolute
    error: `tree/sample_pkg/link` is a symbolic link out of the tree, to `DIR/outside`
    hint: copy what it points at into the tree; a wheel cannot hold links

    # out, to a directory
    error: `tree/sample_pkg/link` is a symbolic link out of the tree, to `DIR/directory`
    hint: copy what it points at into the tree; a wheel cannot hold links

    # out, by another link
    error: `tree/sample_pkg/link` is a symbolic link out of the tree, to `DIR/outside`
    hint: copy what it points at into the tree; a wheel cannot hold links

    # dangling
    error: cannot list `tree`: IO error for operation on tree/sample_pkg/link: No such file or directory (os error 2)
    hint: remove or mend what is named there

    # to itself
    error: cannot list `tree`: IO error for operation on tree/sample_pkg/link: Too many levels of symbolic links (os error 40)
    hint: remove or mend what is named there

    # to a directory that it is in
    error: cannot list `tree`: File system loop found: tree/sample_pkg/link points to an ancestor tree
    hint: remove or mend what is named there
    ");
}

/// Makes the symbolic link `tree/sample_pkg/link` to `target`.
fn link(target: impl AsRef<Path>, dir: &TestDir) {
    symlink(target.as_ref(), dir.path().join("tree/sample_pkg/link")).unwrap();
}

#[test]
fn files_that_a_wheel_cannot_hold() {
    let cases: [(&str, &[u8]); 3] =
        [("not UTF-8", b"a\xffb"), ("line feed", b"a\nb"), ("backslash", b"a\\b")];
    let cases = cases.map(|(name, file)| {
        let create = |dir: &TestDir| {
            let path = dir.path().join("tree/sample_pkg").join(OsStr::from_bytes(file));
            fs_err::write(path, "").unwrap();
        };
        (name, said(create))
    });
    let pipe = said(|dir| make_pipe(&dir.path().join("tree/fifo")));
    let cases = cases.into_iter().chain([("pipe", pipe)]);
    insta::assert_snapshot!(transcript(cases), @r"
    # not UTF-8
    error: `tree/sample_pkg/a�b` cannot be in a wheel: `sample_pkg/a�b` cannot be the path of a file in a wheel: expected UTF-8, found another byte at position 12
    hint: rename the file

    # line feed
    error: `tree/sample_pkg/a\nb` cannot be in a wheel: `sample_pkg/a\nb` cannot be the path of a file in a wheel: expected printable characters, found '\n'
    hint: rename the file; indexes refuse such names

    # backslash
    error: `tree/sample_pkg/a\b` cannot be in a wheel: `sample_pkg/a\b` cannot be the path of a file in a wheel: expected `/` between components, found `\`
    hint: installers on Windows would read it as a separator; write `/`

    # pipe
    error: `tree/fifo`: expected a regular file, found a special file
    hint: copy what it gives into a file
    ");
}

#[test]
fn missing_trees_and_files_as_trees() {
    let dir = tree();
    dir.write("file", "");
    let said = |path| refused(&dir, dir.wheelworks(&["pack", path]));
    let cases = [("missing", "missing"), ("file", "file"), ("empty name", "")];
    let cases = cases.map(|(name, path)| (name, said(path)));
    insta::assert_snapshot!(transcript(cases), @"
    # missing
    error: cannot read `missing`: No such file or directory (os error 2)
    hint: check the path; the folder must exist

    # file
    error: cannot read `file`: Not a directory (os error 20)
    hint: name a directory, not a file

    # empty name
    error: a value is required for '[TREE]' but none was supplied

    For more information, try '--help'.
    ");
}

/// Otherwise each wheel would hold the previous one.
#[test]
fn an_output_in_the_tree() {
    let dir = tree();
    dir.write("tree/dist/.keep", "");
    for wheel_dir in ["tree", "tree/dist", "tree/sample_pkg/../dist", "tree/new/deep"] {
        let text = refused(&dir, dir.wheelworks(&["pack", "tree", "-w", wheel_dir]));
        assert_eq!(
            text,
            format!(
                "error: `{wheel_dir}` is in the tree that is packed: the next wheel would hold this one\n\
                 hint: name another directory with `-w`\n"
            )
        );
    }
    assert!(!dir.path().join("tree/new").exists());
    // A directory beside the tree may have the tree's name as its prefix.
    fs_err::create_dir(dir.path().join("tree2")).unwrap();
    dir.wheelworks(&["pack", "tree", "-w", "tree2"]).expect(0);
}
