//! Invalid declared members and usage errors.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use super::{refused, transcript};
use crate::support::command::TestDir;
use crate::support::sample::DECLARED;

/// Returns the error of `pack --out` with more arguments.
pub(super) fn said(dir: &TestDir, more: &[&str]) -> String {
    let mut arguments = DECLARED.to_vec();
    arguments.extend(more);
    refused(dir, dir.wheelworks(&arguments))
}

/// Makes a directory with sources of every kind.
pub(super) fn sources() -> TestDir {
    let dir = TestDir::new();
    dir.write("a", "one").write("b", "two").write("directory/file", "");
    let status = std::process::Command::new("mkfifo").arg(dir.path().join("fifo")).status();
    assert!(status.unwrap().success());
    dir
}

#[test]
fn unreadable_sources() {
    let dir = sources();
    let cases = [
        ("missing", "--member=x=missing"),
        ("below a file", "--member=x=a/b"),
        ("directory", "--member=x=directory"),
        ("pipe", "--member=x=fifo"),
        ("device", "--member=x=/dev/null"),
        ("fails when read", "--member=x=/proc/self/mem"),
        ("empty", "--member=x="),
    ];
    let cases = cases.map(|(name, member)| (name, said(&dir, &[member])));
    insta::assert_snapshot!(transcript(cases), @"
    # missing
    error: cannot read `missing`: No such file or directory (os error 2)
    hint: check the path; the folder must exist

    # below a file
    error: cannot read `a/b`: Not a directory (os error 20)
    hint: name a directory, not a file

    # directory
    error: `directory`: expected a regular file, found a directory
    hint: name its files one by one

    # pipe
    error: `fifo`: expected a regular file, found a special file
    hint: copy what it gives into a file

    # device
    error: `/dev/null`: expected a regular file, found a special file
    hint: copy what it gives into a file

    # fails when read
    error: cannot read `/proc/self/mem`: Input/output error (os error 5)

    # empty
    error: `--member=x=`: expected a file after the `=`, found nothing
    ");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
fn invalid_destinations() {
    let dir = sources();
    let cases = [
        ("absolute", "--member=/x=a"),
        ("out of the wheel", "--member=pkg/../../x=a"),
        ("dot", "--member=./x=a"),
        ("line feed", "--member=x\ny=a"),
        ("backslash", "--member=x\\\\y=a"),
        ("directory", "--member=x/=a"),
        ("two slashes", "--member=x//y=a"),
        ("drive", "--member=C:x=a"),
        ("none", "--member==a"),
        ("no source", "--member=x"),
        ("escaped to the end", "--member=x\\=a"),
        ("RECORD", "--member=sample_pkg-1.0.dist-info/RECORD=a"),
        ("a signature", "--member=sample_pkg-1.0.dist-info/RECORD.jws=a"),
        ("another distribution", "--member=other-1.0.dist-info/METADATA=a"),
    ];
    let cases = cases.map(|(name, member)| (name, said(&dir, &[member])));
    insta::assert_snapshot!(transcript(cases), @r"
    # absolute
    error: `/x` cannot be the path of a file in a wheel: expected a relative path, found `/` in front
    hint: write the path relative to site-packages

    # out of the wheel
    error: `pkg/../../x` cannot be the path of a file in a wheel: expected names between the `/`, found `..`
    hint: write the path without it

    # dot
    error: `./x` cannot be the path of a file in a wheel: expected names between the `/`, found `.`
    hint: write the path without it

    # line feed
    error: `x\ny` cannot be the path of a file in a wheel: expected printable characters, found '\n'
    hint: rename the file; indexes refuse such names

    # backslash
    error: `x\y` cannot be the path of a file in a wheel: expected `/` between components, found `\`
    hint: installers on Windows would read it as a separator; write `/`

    # directory
    error: `x/` cannot be the path of a file in a wheel: expected a file, found `/` at the end
    hint: wheels have no entries for directories; name the files

    # two slashes
    error: `x//y` cannot be the path of a file in a wheel: expected a name between every two `/`, found `//`
    hint: remove one `/`

    # drive
    error: `C:x` cannot be the path of a file in a wheel: expected a relative path, found a drive letter
    hint: write the path relative to site-packages

    # none
    error: `` cannot be the path of a file in a wheel: expected a path, found none
    hint: name the file's path in the wheel

    # no source
    error: `--member=x`: expected DEST=SRC
    hint: write `\=` for a `=` in DEST, and both parts as UTF-8

    # escaped to the end
    error: `--member=x\=a`: expected DEST=SRC
    hint: write `\=` for a `=` in DEST, and both parts as UTF-8

    # RECORD
    error: `sample_pkg-1.0.dist-info/RECORD` is written by wheelworks itself
    hint: leave it out of the members

    # a signature
    error: `sample_pkg-1.0.dist-info/RECORD.jws` is written by wheelworks itself
    hint: leave it out of the members

    # another distribution
    error: `other-1.0.dist-info/METADATA`: expected no dist-info directory but `sample_pkg-1.0.dist-info`
    hint: leave it out; a wheel is one distribution
    ");
    let long = format!("--member={}=a", "x".repeat(65_536));
    assert!(said(&dir, &[&long]).contains("expected at most 65535 bytes, found 65536"));
    let prefixed = said(&dir, &["--member=bin/x=a", "--strip-path-prefix=bin/x"]);
    assert!(prefixed.contains("leaves `` of `bin/x`"), "{prefixed}");
}

#[test]
fn a_stripped_prefix_that_leaves_no_path() {
    let dir = sources();
    let text = said(&dir, &["--member=plugin/x.py=a", "--strip-path-prefix=plugin/x.py"]);
    insta::assert_snapshot!(text, @"
    error: `--strip-path-prefix=plugin/x.py` leaves `` of `plugin/x.py`, which cannot be in a wheel: `` cannot be the path of a file in a wheel: expected a path, found none
    hint: strip the directory only, or name the file with `--rename`
    ");
}

/// Options that need `--out` are errors without it, and the reverse: they are not ignored.
#[test]
fn options_that_would_have_no_effect() {
    let dir = sources();
    for option in ["--platform-tag=any", "--python-tag=cp312", "--abi-tag=abi3", "--summary=x"] {
        let output = dir.wheelworks(&["pack", "tree", option]).expect(2);
        assert!(output.stderr.contains("--out <FILE>"), "{}", output.stderr);
    }
    let text = said(&dir, &["--wheel-dir=elsewhere"]);
    assert!(text.contains("cannot be used with"), "{text}");
}

#[test]
fn arguments_that_are_not_utf8() {
    let dir = sources();
    let member = OsStr::from_bytes(b"--member=\xff=a");
    let destination = refused(&dir, dir.wheelworks(&DECLARED).arg(member));
    fs_err::write(dir.path().join("args"), b"--member=x=\xff\n").unwrap();
    let in_file = said(&dir, &["@args"]);
    insta::assert_snapshot!(transcript([("argument", destination), ("file", in_file)]), @r"
    # argument
    error: `--member=�=a`: expected UTF-8
    hint: write `\=` for a `=` in DEST, and both parts as UTF-8

    # file
    error: the argument file `args` is not UTF-8 in line 1
    hint: write the file as UTF-8; its paths and options must be UTF-8 too
    ");
}

#[test]
fn conflicting_members() {
    let dir = sources();
    let cases: [(&str, &[&str]); 4] = [
        ("two contents", &["--member=x=a", "--member=x=b"]),
        ("METADATA is written by us", &["--member=sample_pkg-1.0.dist-info/METADATA=a"]),
        ("a file as a directory", &["--member=x=a", "--member=x/y=b"]),
        ("the same, far apart", &["--member=x/y/z=a", "--member=x!=b", "--member=x=b"]),
    ];
    let cases = cases.map(|(name, members)| (name, said(&dir, members)));
    insta::assert_snapshot!(transcript(cases), @r"
    # two contents
    error: two files with different content for `x`: `a` and `b`
    hint: remove one of them, or give it another destination

    # METADATA is written by us
    error: two files with different content for `sample_pkg-1.0.dist-info/METADATA`: `a` and one that wheelworks writes
    hint: remove one of them, or give it another destination

    # a file as a directory
    error: `x` is a file, and `x/y` needs it to be a directory
    hint: give one of them another destination

    # the same, far apart
    error: `x` is a file, and `x/y/z` needs it to be a directory
    hint: give one of them another destination
    ");
}

#[test]
fn usage_errors() {
    let dir = sources();
    let cases: [(&str, &[&str]); 8] = [
        ("nothing", &["pack"]),
        ("output without metadata", &["pack", "--out=x.whl"]),
        ("tree and output", &["pack", "tree", "--out=x.whl"]),
        ("member of a tree", &["pack", "tree", "--member=x=a"]),
        ("level", &["pack", "tree", "--compression-level=13"]),
        ("jobs", &["pack", "tree", "--jobs=-1"]),
        ("timestamp", &["pack", "tree", "--timestamp=now"]),
        ("unknown", &["pack", "tree", "--frobnicate"]),
    ];
    // The rest of the message is clap's.
    let first_lines = |text: String| text.split("\n\n").next().unwrap().to_owned() + "\n";
    let cases = cases
        .map(|(name, arguments)| (name, first_lines(refused(&dir, dir.wheelworks(arguments)))));
    insta::assert_snapshot!(transcript(cases), @"
    # nothing
    error: the following required arguments were not provided:
      <TREE>

    # output without metadata
    error: the following required arguments were not provided:
      --distribution <NAME>
      --version <VERSION>

    # tree and output
    error: the argument '[TREE]' cannot be used with '--out <FILE>'

    # member of a tree
    error: the following required arguments were not provided:
      --distribution <NAME>
      --version <VERSION>
      --out <FILE>

    # level
    error: invalid value '13' for '--compression-level <0..12>': 13 is not in 0..=12

    # jobs
    error: invalid value '-1' for '--jobs <N>': -1 is not in 0..=1024

    # timestamp
    error: invalid value 'now' for '--timestamp <SECONDS>': invalid digit found in string

    # unknown
    error: unexpected argument '--frobnicate' found
    ");
}

#[test]
fn a_bad_source_date_epoch() {
    let dir = sources();
    let said = |value: &OsStr| {
        let command = dir.wheelworks(&DECLARED).env("SOURCE_DATE_EPOCH", value);
        refused(&dir, command)
    };
    let cases: [(&str, &[u8]); 4] = [
        ("text", b"yesterday"),
        ("fraction", b"1.5"),
        ("too large", b"99999999999999999999"),
        ("not UTF-8", b"\xff"),
    ];
    let cases = cases.map(|(name, value)| (name, said(OsStr::from_bytes(value))));
    insta::assert_snapshot!(transcript(cases), @r"
    # text
    error: `SOURCE_DATE_EPOCH=yesterday`: expected whole seconds since 1970
    hint: unset it, or give `--timestamp`

    # fraction
    error: `SOURCE_DATE_EPOCH=1.5`: expected whole seconds since 1970
    hint: unset it, or give `--timestamp`

    # too large
    error: `SOURCE_DATE_EPOCH=99999999999999999999`: expected whole seconds since 1970
    hint: unset it, or give `--timestamp`

    # not UTF-8
    error: `SOURCE_DATE_EPOCH=�`: expected whole seconds since 1970
    hint: unset it, or give `--timestamp`
    ");
}
