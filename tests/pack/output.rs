//! Outputs that cannot be written, inputs without read permission, and outputs that exist before.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use super::{refused, transcript};
use crate::support::WHEELWORKS;
use crate::support::archive::assert_conforms;
use crate::support::capabilities::{MOUNTS, is_available};
use crate::support::command::{TestCommand, TestDir};
use crate::support::sample::{DECLARED, FILENAME, assert_no_temporary, noise, tree};

#[test]
fn missing_output_directories_are_created() {
    let dir = tree();
    dir.wheelworks(&["pack", "tree", "-w", "new/deep"]).expect(0);
    assert_conforms(&dir.path().join("new/deep").join(FILENAME));
    dir.write("file", "");
    let text = refused_beside(&dir, &["pack", "tree", "-w", "file"]);
    insta::assert_snapshot!(text, @"error: cannot create `file`: File exists (os error 17)");
    dir.write("a", "");
    let out = "--out=other/sample_pkg-1.0-py3-none-any.whl";
    let declared = ["pack", out, "--distribution=Sample-Pkg", "--version=1.0", "--member=a=a"];
    let text = refused_beside(&dir, &declared);
    insta::assert_snapshot!(text, @"
    error: cannot create `other/sample_pkg-1.0-py3-none-any.whl`: No such file or directory (os error 2)
    hint: check the path; the folder must exist
    ");
}

#[test]
fn a_failed_command_leaves_no_new_directory() {
    let dir = tree();
    dir.write("old/file", "").write("a-1.0-py3-none-any.whl", "no wheel");
    for command in [
        ["pack", "missing", "-w", "new/deep"],
        ["pack", "missing", "-w", "old/deep"],
        ["repack", "a-1.0-py3-none-any.whl", "-w", "new/deep"],
        ["retag", "a-1.0-py3-none-any.whl", "-w", "new/deep"],
    ] {
        dir.wheelworks(&command).expect(2);
        assert!(!dir.path().join("new").exists(), "{command:?}");
        assert_eq!(fs_err::read_dir(dir.path().join("old")).unwrap().count(), 1, "{command:?}");
    }
}

/// Returns the error of a command in a directory that may hold wheels already.
fn refused_beside(dir: &TestDir, arguments: &[&str]) -> String {
    let output = dir.wheelworks(arguments).expect(2);
    assert_no_temporary(dir.path());
    output.stderr
}

#[test]
fn an_output_that_is_an_input_is_refused() {
    let dir = TestDir::new();
    dir.write(FILENAME, "an input").write("a", "");
    let source = format!("--member=old.whl={FILENAME}");
    let text = refused_beside(&dir, &[&DECLARED[..], &["--member=a=a", &source]].concat());
    insta::assert_snapshot!(text, @"
    error: `sample_pkg-1.0-py3-none-any.whl` is an input of this command, which would be overwritten
    hint: name another output; `repack` and `retag` overwrite an input with `--force`
    ");
    assert_eq!(fs_err::read(dir.path().join(FILENAME)).unwrap(), b"an input");
    dir.write("sample_pkg-1.0.tar.gz", "an input");
    let sdist =
        ["sdist", "--out=sample_pkg-1.0.tar.gz", "--distribution=Sample-Pkg", "--version=1.0"];
    let text = refused_beside(&dir, &[&sdist[..], &["--member=a=sample_pkg-1.0.tar.gz"]].concat());
    assert!(text.contains("is an input of this command"), "{text}");
}

#[test]
fn a_directory_at_the_output_path() {
    let dir = tree();
    dir.write(&format!("{FILENAME}/file"), "");
    let output = dir.wheelworks(&["pack", "tree"]).expect(2);
    insta::assert_snapshot!(output.stderr, @r"
    error: cannot rename a file to `./sample_pkg-1.0-py3-none-any.whl`: Is a directory (os error 21)
    hint: name a file, not a directory
    ");
    assert_no_temporary(dir.path());
}

#[test]
fn a_failed_pack_keeps_the_previous_output() {
    let dir = tree();
    let path = dir.path().join(FILENAME);
    dir.write(FILENAME, "before");
    dir.write("tree/sample_pkg/bad\\name", "");
    dir.wheelworks(&["pack", "tree"]).expect(2);
    dir.wheelworks(&["pack", "tree", "--member=x=y"]).expect(2);
    assert_eq!(fs_err::read(&path).unwrap(), b"before");
    fs_err::remove_file(dir.path().join("tree/sample_pkg/bad\\name")).unwrap();
    dir.wheelworks(&["pack", "tree"]).expect(0);
    assert_conforms(&path);
    assert_no_temporary(dir.path());
}

/// Returns `wheelworks pack tree …` as a user who owns no file.
fn as_nobody<'a>(dir: &'a TestDir, arguments: &[&str]) -> TestCommand<'a> {
    fs_err::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
    // That user may not read the build directory. Another process makes the copy: a copy that this process
    // has open while another test forks could not be executed.
    let copy = Command::new("cp").arg(WHEELWORKS).arg(dir.path().join("wheelworks")).status();
    assert!(copy.unwrap().success());
    let script = r#"if [ "$(id -u)" = 0 ]; then
        exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
    fi
    exec "$@""#;
    let mut all = vec!["-c", script, "sh", "./wheelworks", "pack", "tree"];
    all.extend(arguments);
    dir.command("sh", &all)
}

#[test]
fn files_and_directories_without_permission() {
    let dir = tree();
    let set = |path: &str, mode| {
        fs_err::set_permissions(dir.path().join(path), Permissions::from_mode(mode)).unwrap();
    };
    fs_err::create_dir(dir.path().join("out")).unwrap();
    set("out", 0o555);
    let output = refused(&dir, as_nobody(&dir, &["-w", "out"]));
    set("out", 0o777);
    let mut cases = vec![("output", output)];
    for (name, path, mode) in [
        ("file", "tree/sample_pkg/data.bin", 0o000),
        ("directory", "tree/sample_pkg", 0o600),
        ("METADATA", "tree/sample_pkg-1.0.dist-info/METADATA", 0o000),
        ("tree", "tree", 0o000),
    ] {
        let before = fs_err::metadata(dir.path().join(path)).unwrap().permissions().mode();
        set(path, mode);
        cases.push((name, refused(&dir, as_nobody(&dir, &["-w", "out"]))));
        set(path, before);
    }
    insta::assert_snapshot!(transcript(cases), @"
    # output
    error: cannot create `out/sample_pkg-1.0-py3-none-any.whl`: Permission denied (os error 13)
    hint: check the file's permissions

    # file
    error: cannot read `tree/sample_pkg/data.bin`: Permission denied (os error 13)
    hint: check the file's permissions

    # directory
    error: cannot list `tree`: IO error for operation on tree/sample_pkg: Permission denied (os error 13)
    hint: remove or mend what is named there

    # METADATA
    error: cannot read `tree/sample_pkg-1.0.dist-info/METADATA`: Permission denied (os error 13)
    hint: check the file's permissions

    # tree
    error: cannot read `tree`: Permission denied (os error 13)
    hint: check the file's permissions
    ");
    as_nobody(&dir, &["-w", "out"]).expect(0);
    assert_conforms(&dir.path().join("out").join(FILENAME));
}

/// Makes a tree whose wheel takes 3 MB, most of it in its first or last member.
fn large_tree(name: &str) -> TestDir {
    let dir = tree();
    dir.write(&format!("tree/{name}"), noise(3 << 20, 1));
    fs_err::create_dir(dir.path().join("out")).unwrap();
    dir
}

#[test]
fn a_full_file_system() {
    if !is_available("disk full", &MOUNTS) {
        return;
    }
    for (name, pages) in [("a", "1m"), ("z", "1m"), ("a", "4k"), ("a", "3m")] {
        let dir = large_tree(name);
        let script = format!(
            "mount -t tmpfs -o size={pages} tmpfs out || exit 77
            \"$@\"; code=$?
            ls -A out >&2; exit $code"
        );
        let unshare = ["-m", "sh", "-c", &script, "sh", WHEELWORKS, "pack", "tree", "-w", "out"];
        let text = refused(&dir, dir.command("unshare", &unshare));
        // The list of the directory after the hint is empty.
        assert_eq!(
            text,
            format!(
                "error: cannot write `out/{FILENAME}`: No space left on device (os error 28)\n\
                 hint: free some space, or write to another file system\n"
            )
        );
    }
}

#[test]
fn a_file_size_limit() {
    for (name, blocks) in [("a", 1), ("a", 2048), ("z", 2048), ("z", 6140)] {
        let dir = large_tree(name);
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        let arguments = ["-c", &script, "sh", WHEELWORKS, "pack", "tree", "-w", "out"];
        let text = refused(&dir, dir.command("sh", &arguments));
        let expected = format!(
            "error: cannot write `out/{FILENAME}`: File too large (os error 27)\n\
             hint: raise the limit of the size of files (`ulimit -f`), or write to another file system\n"
        );
        assert_eq!(text, expected);
    }
}
