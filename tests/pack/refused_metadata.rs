//! Invalid names, tags and metadata of declared wheels.

use super::refused_arguments::{said, sources};
use super::{refused, transcript};
use crate::support::command::TestDir;
use crate::support::sample::FILENAME;

#[test]
#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
fn invalid_metadata() {
    let dir = sources();
    dir.write("readme.md", b"\xff").write("readme.html", "<p>");
    fs_err::rename(dir.path().join("fifo"), dir.path().join("fifo.md")).unwrap();
    let cases: [(&str, &[&str]); 20] = [
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
        ("classifier", &["--classifier=Typing :: Type"]),
        ("deprecated classifier", &["--classifier=Natural Language :: Ukranian"]),
        ("address", &["--author-email=Ada"]),
        ("home page", &["--home-page=example.org"]),
        ("link", &["--project-url=Source, ftp://example.org"]),
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
    hint: use a PEP 440 form, such as `>=3.11` or `>=3.11,<4`

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
    hint: copy what it gives into a file

    # description of another type
    error: `readme.html` cannot be the description: expected a file in `.md`, `.rst` or `.txt`
    hint: indexes render Markdown, reStructuredText and plain text only

    # entry point
    error: `console_scripts:tool` is not an entry point: expected `GROUP:NAME = OBJECT`
    hint: as in `console_scripts:tool = package.cli:main`

    # entry point's name
    error: `a b` is not the name of a command: expected letters, digits, `_`, `.` and `-`
    hint: PyPI refuses any other character

    # entry point of a module
    error: `module` cannot be a command of `console_scripts`: expected a function, found a module
    hint: name the function, as in `package.cli:main`

    # entry point's group
    error: `a b` is not a group of entry points: expected words joined by dots
    hint: as in `console_scripts` or `jax_plugins`

    # entry point twice
    error: `a` of `g` is given twice, as `b` and as `c`
    hint: remove one of them

    # classifier
    error: `Typing :: Type` is not a classifier of trove-classifiers 2026.9.21.13
    hint: correct it, or leave it out; `Private :: Do Not Upload` is allowed

    # deprecated classifier
    error: `Natural Language :: Ukranian` is a deprecated classifier
    hint: write `Natural Language :: Ukrainian`

    # address
    error: `Ada` is not an e-mail address: it has no `@`
    hint: as in `Ada Lovelace <ada@example.org>`

    # home page
    error: `example.org` is not a URL: expected `https:` or `http:`, and no `[` or `]`
    hint: as in `https://example.org`

    # link
    error: `ftp://example.org` is not a URL: expected `https://` or `http://`, and no blanks, `[` or `]`
    hint: as in `https://example.org`
    "#);
}

/// Returns the error of `pack` for an output, a distribution and a version.
fn named(dir: &TestDir, [out, distribution, version]: [&str; 3], more: &[&str]) -> String {
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
#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
fn invalid_names_versions_and_tags() {
    let dir = sources();
    let cases: [(&str, [&str; 3], &[&str]); 14] = [
        ("distribution", [FILENAME, "Sample Pkg", "1.0"], &[]),
        ("no distribution", [FILENAME, "", "1.0"], &[]),
        ("version", [FILENAME, "Sample-Pkg", "1.0-final"], &[]),
        ("no version", [FILENAME, "Sample-Pkg", ""], &[]),
        ("python tag", [FILENAME, "Sample-Pkg", "1.0"], &["--python-tag=py-3"]),
        ("abi tag", [FILENAME, "Sample-Pkg", "1.0"], &["--abi-tag=no ne"]),
        ("platform tag", [FILENAME, "Sample-Pkg", "1.0"], &["--platform-tag=manylinux"]),
        ("version as a tag", [FILENAME, "Sample-Pkg", "1.0"], &["--python-tag=3.12"]),
        ("misspelt", [FILENAME, "Sample-Pkg", "1.0"], &["--platform-tag=manylinux_2_28_amd64"]),
        ("combination", [FILENAME, "Sample-Pkg", "1.0"], &["--abi-tag=cp312"]),
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
    hint: use a PEP 440 form, such as `1.2.3`, `1.2.3rc1`, `1.2.3.dev20261122` or `1.2.3+cu128`

    # no version
    error: `` is not a version: expected version to start with a number, but no leading ASCII digits were found
    hint: use a PEP 440 form, such as `1.2.3`, `1.2.3rc1`, `1.2.3.dev20261122` or `1.2.3+cu128`

    # python tag
    error: `py-3` is not a Python tag: expected ASCII letters and digits, in words joined by `_`
    hint: join the tags of a set by `.`, as in `py2.py3`

    # abi tag
    error: `no ne` is not an ABI tag: expected ASCII letters and digits, in words joined by `_`
    hint: join the tags of a set by `.`, as in `py2.py3`

    # platform tag
    error: `manylinux` is not a platform tag: expected `manylinux_2_Y_ARCH`, `manylinux1_ARCH`, `manylinux2010_ARCH` or `manylinux2014_ARCH`
    hint: no installer would ever select the wheel by it

    # version as a tag
    error: `12` is not a Python tag: expected an interpreter and its version, such as `py3`, `cp312` or `pp311`
    hint: write Python 3.12 as `py312` or `cp312`; `.` joins the tags of a set

    # misspelt
    error: `manylinux_2_28_amd64` is not a platform tag: expected `manylinux_2_Y_ARCH` with a CPU such as `x86_64`, `aarch64`, `i686`, `armv7l` or `riscv64`
    hint: write `manylinux_2_28_x86_64`

    # combination
    error: no installer takes a wheel with the tags `py3-cp312-any`
    hint: `pyX` goes with the ABI `none`, `cpXY` with `cpXY`, `abi3` or `none`, and the platform `any` with the ABI `none`

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
