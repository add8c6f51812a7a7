//! Declared members and metadata that `pack` refuses.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use super::{refused, transcript};
use crate::support::command::Dir;
use crate::support::sample::{DECLARED, FILENAME};

/// What `pack --out` says to some more arguments.
fn said(dir: &Dir, more: &[&str]) -> String {
    let mut arguments = DECLARED.to_vec();
    arguments.extend(more);
    refused(dir, dir.wheelworks(&arguments))
}

/// A directory with sources of every kind.
fn sources() -> Dir {
    let dir = Dir::new();
    dir.write("a", "one").write("b", "two").write("directory/file", "");
    let status = std::process::Command::new("mkfifo").arg(dir.path().join("fifo")).status();
    assert!(status.unwrap().success());
    dir
}

#[test]
fn sources_that_cannot_be_read() {
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
    insta::assert_snapshot!(transcript(cases), @r"
    # missing
    error: cannot read `missing`: No such file or directory (os error 2)
    hint: check the path; the folder must exist

    # below a file
    error: cannot read `a/b`: Not a directory (os error 20)

    # directory
    error: `directory`: expected a regular file, found a directory
    hint: name files one by one

    # pipe
    error: `fifo`: expected a regular file, found a special file
    hint: name files one by one

    # device
    error: `/dev/null`: expected a regular file, found a special file
    hint: name files one by one

    # fails when read
    error: cannot read `/proc/self/mem`: Input/output error (os error 5)

    # empty
    error: cannot read ``: No such file or directory (os error 2)
    hint: check the path; the folder must exist
    ");
}

#[test]
fn destinations_that_cannot_be() {
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
    ];
    let cases = cases.map(|(name, member)| (name, said(&dir, &[member])));
    insta::assert_snapshot!(transcript(cases), @r"
    # absolute
    error: `/x` cannot be the path of a file in a wheel: expected a relative path, found `/` in front
    hint: give the path from site-packages on

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
    hint: give the path from site-packages on

    # none
    error: `` cannot be the path of a file in a wheel: expected a path, found none
    hint: name the file's place in the wheel

    # no source
    error: `--member=x`: expected DEST=SRC
    hint: write `\=` for a `=` in DEST

    # escaped to the end
    error: `--member=x\=a`: expected DEST=SRC
    hint: write `\=` for a `=` in DEST

    # RECORD
    error: `sample_pkg-1.0.dist-info/RECORD` is written by `pack` itself
    hint: leave it out of the members
    ");
    let long = format!("--member={}=a", "x".repeat(65_536));
    assert!(said(&dir, &[&long]).contains("expected at most 65535 bytes, found 65536"));
    let prefixed = said(&dir, &["--member=bin/x=a", "--strip-path-prefix=bin"]);
    assert!(prefixed.contains("`/x`"), "{prefixed}");
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
    hint: write `\=` for a `=` in DEST

    # file
    error: the argument file `args` is not UTF-8 in line 1
    hint: write the file as UTF-8; its paths and options must be UTF-8 too
    ");
}

#[test]
fn members_that_do_not_go_together() {
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
    error: two files with different content for `sample_pkg-1.0.dist-info/METADATA`: `a` and one that `pack` writes
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
fn metadata_that_is_wrong() {
    let dir = sources();
    dir.write("readme.md", b"\xff").write("readme.html", "<p>");
    fs_err::rename(dir.path().join("fifo"), dir.path().join("fifo.md")).unwrap();
    let cases: [(&str, &[&str]); 15] = [
        ("requirement", &["--requires-dist=numpy >>2"]),
        ("requirement of a path", &["--requires-dist=./numpy.whl"]),
        ("versions of Python", &["--requires-python=3.11"]),
        ("licence", &["--license="]),
        ("licence of control characters", &["--license=MIT\u{1b}"]),
        ("summary of two lines", &["--summary=a\nb"]),
        ("missing description", &["--description-file=missing"]),
        ("description that is not UTF-8", &["--description-file=readme.md"]),
        ("description from a pipe", &["--description-file=fifo.md"]),
        ("description of another type", &["--description-file=readme.html"]),
        ("entry point", &["--entry-point=console_scripts:tool"]),
        ("entry point's name", &["--entry-point=console_scripts:a b = c:d"]),
        ("entry point of a module", &["--entry-point=console_scripts:tool = module"]),
        ("entry point's group", &["--entry-point=a b:c = d"]),
        ("entry point twice", &["--entry-point=g:a = b", "--entry-point=g:a = c"]),
    ];
    let cases = cases.map(|(name, arguments)| (name, said(&dir, arguments)));
    insta::assert_snapshot!(transcript(cases), @r#"
    # requirement
    error: `numpy >>2` is not a requirement: no such comparison operator ">>", must be one of ~= == != <= >= < > ===
    hint: write it as PEP 508 has it, such as `numpy>=2.0`, or `jax[cuda12]==0.8; python_version >= "3.12"`

    # requirement of a path
    error: `./numpy.whl` is not a requirement: expected a distribution's name in front, found `.`
    hint: write it as PEP 508 has it, such as `numpy>=2.0`, or `jax[cuda12]==0.8; python_version >= "3.12"`

    # versions of Python
    error: `3.11` does not specify versions of Python: Unexpected end of version specifier, expected operator
    hint: write it as PEP 440 has it, such as `>=3.11` or `>=3.11,<4`

    # licence
    error: the licence is empty: expected an SPDX expression or a text
    hint: write it like `Apache-2.0`, or leave it out

    # licence of control characters
    error: `MIT\u{1b}` cannot be a licence: expected printable text, found '\u{1b}'
    hint: write an SPDX expression such as `Apache-2.0 AND MIT`

    # summary of two lines
    error: `a\nb` is not one line of text: expected printable characters, found '\n'
    hint: keep it to one line; longer texts belong in the description

    # missing description
    error: cannot read `missing`: No such file or directory (os error 2)
    hint: check the path; the folder must exist

    # description that is not UTF-8
    error: `readme.md` cannot be the description: expected UTF-8, found another byte at position 0
    hint: save the file as UTF-8

    # description from a pipe
    error: `fifo.md`: expected a regular file, found a special file
    hint: name files one by one

    # description of another type
    error: `readme.html` cannot be the description: expected a file in `.md`, `.rst` or `.txt`
    hint: indexes render Markdown, reStructuredText and plain text only

    # entry point
    error: `console_scripts:tool` is not an entry point: expected `GROUP:NAME = OBJECT`
    hint: as in `console_scripts:tool = package.cli:main`

    # entry point's name
    error: `a b` is not the name of an entry point: expected letters, digits, `_`, `.` and `-`
    hint: indexes refuse any other character

    # entry point of a module
    error: `module` cannot be a command of `console_scripts`: expected a function, found a module
    hint: name the function, as in `package.cli:main`

    # entry point's group
    error: `a b` is not a group of entry points: expected words joined by dots
    hint: as in `console_scripts` or `jax_plugins`

    # entry point twice
    error: `a` of `g` is given twice, as `b` and as `c`
    hint: remove one of them
    "#);
}

/// What `pack` says to an output, a distribution and a version.
fn named(dir: &Dir, [out, distribution, version]: [&str; 3], more: &[&str]) -> String {
    let arguments = [
        format!("--out={out}"),
        format!("--distribution={distribution}"),
        format!("--version={version}"),
    ];
    let mut all = vec!["pack"];
    all.extend(arguments.iter().map(String::as_str));
    all.extend(more);
    refused(dir, dir.wheelworks(&all))
}

#[test]
fn names_versions_and_tags_that_are_wrong() {
    let dir = sources();
    let cases: [(&str, [&str; 3], &[&str]); 11] = [
        ("distribution", [FILENAME, "Sample Pkg", "1.0"], &[]),
        ("no distribution", [FILENAME, "", "1.0"], &[]),
        ("version", [FILENAME, "Sample-Pkg", "1.0-final"], &[]),
        ("no version", [FILENAME, "Sample-Pkg", ""], &[]),
        ("python tag", [FILENAME, "Sample-Pkg", "1.0"], &["--python-tag=py-3"]),
        ("abi tag", [FILENAME, "Sample-Pkg", "1.0"], &["--abi-tag=no ne"]),
        ("platform tag", [FILENAME, "Sample-Pkg", "1.0"], &["--platform-tag=manylinux"]),
        ("build tag", [FILENAME, "Sample-Pkg", "1.0"], &["--build-tag=local"]),
        ("name not normalised", ["Sample-Pkg-1.0-py3-none-any.whl", "Sample-Pkg", "1.0"], &[]),
        ("version not normalised", ["sample_pkg-1.0a-py3-none-any.whl", "Sample-Pkg", "1.0a"], &[]),
        ("other tags", [FILENAME, "Sample-Pkg", "1.0"], &["--platform-tag=win_amd64"]),
    ];
    let cases = cases.map(|(name, parts, more)| (name, named(&dir, parts, more)));
    insta::assert_snapshot!(transcript(cases), @r"
    # distribution
    error: `Sample Pkg` is not a distribution name: expected ASCII letters, digits, `-`, `_` and `.`, found ' '
    hint: begin and end with a letter or digit, as in `my-package`

    # no distribution
    error: `` is not a distribution name: expected ASCII letters, digits, `-`, `_` and `.`, found an empty name
    hint: begin and end with a letter or digit, as in `my-package`

    # version
    error: `1.0-final` is not a version: after parsing `1.0`, found `-final`, which is not part of a valid version
    hint: write it as PEP 440 has it, such as `1.2.3`, `1.2.3rc1`, `1.2.3.dev20261122` or `1.2.3+cu128`

    # no version
    error: `` is not a version: expected version to start with a number, but no leading ASCII digits were found
    hint: write it as PEP 440 has it, such as `1.2.3`, `1.2.3rc1`, `1.2.3.dev20261122` or `1.2.3+cu128`

    # python tag
    error: `py-3` is not a Python tag: expected ASCII letters and digits, in words joined by `_`
    hint: join the tags of a set by `.`, as in `py2.py3`

    # abi tag
    error: `no ne` is not a ABI tag: expected ASCII letters and digits, in words joined by `_`
    hint: join the tags of a set by `.`, as in `py2.py3`

    # platform tag
    error: `manylinux` is not a platform tag: expected `manylinux_X_Y_ARCH, or manylinux1_ARCH, manylinux2010_ARCH, manylinux2014_ARCH`
    hint: no installer would ever select it; tags look like `manylinux_2_27_x86_64`, `macosx_11_0_arm64`, `win_amd64`, `any`

    # build tag
    error: `local` is not a build tag: expected a digit, then ASCII letters, digits, `_` and `.`
    hint: put a number in front, as in `1` or `1local`, and no `-`

    # name not normalised
    error: `Sample-Pkg-1.0-py3-none-any.whl` is not the name of this wheel: expected `sample_pkg-1.0-py3-none-any.whl`
    hint: the name follows from distribution, version and tags; change them or the output's name

    # version not normalised
    error: `sample_pkg-1.0a-py3-none-any.whl` is not the name of this wheel: expected `sample_pkg-1.0a0-py3-none-any.whl`
    hint: the name follows from distribution, version and tags; change them or the output's name

    # other tags
    error: `sample_pkg-1.0-py3-none-any.whl` is not the name of this wheel: expected `sample_pkg-1.0-py3-none-win_amd64.whl`
    hint: the name follows from distribution, version and tags; change them or the output's name
    ");
}

#[test]
fn usage_that_is_wrong() {
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
    // What follows is clap's business.
    let first_lines = |text: String| text.split("\n\n").next().unwrap().to_owned() + "\n";
    let cases = cases
        .map(|(name, arguments)| (name, first_lines(refused(&dir, dir.wheelworks(arguments)))));
    insta::assert_snapshot!(transcript(cases), @r"
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
    error: invalid value '-1' for '--jobs <N>': invalid digit found in string

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
