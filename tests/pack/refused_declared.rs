//! Invalid paths, patterns, substitutions and metadata files of declared wheels.

use super::refused_arguments::{said, sources};
use super::transcript;

#[test]
#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
fn invalid_options() {
    let dir = sources();
    dir.write("requirements.txt", "numpy\n\n-r other.txt\n").write("c.py", "text");
    let cases: [(&str, &[&str]); 19] = [
        ("renamed from nowhere", &["--rename=x=missing"]),
        ("renamed out of the wheel", &["--rename=../x=a"]),
        ("renamed to nothing", &["--rename=x="]),
        ("a header without a place", &["--header=x.h"]),
        ("data for an unknown place", &["--data-file=bin/tool=a"]),
        ("data for no place", &["--data-file=scripts=a"]),
        ("a script in a directory", &["--data-file=scripts/a/b=a"]),
        ("two files for one place", &["--data-file=scripts/a=a", "--data-file=scripts/a=b"]),
        ("METADATA", &["--distinfo-file=METADATA=a"]),
        ("RECORD", &["--distinfo-file=RECORD=a"]),
        ("pattern", &["--exclude-member=a**"]),
        ("empty pattern", &["--create-init="]),
        ("substitution without a text", &["--substitute==x"]),
        ("two substitutions", &["--substitute=a=b", "--substitute=a=c"]),
        ("substitution that is not found", &["--substitute=a b=c", "--member=c.py=c.py"]),
        ("extra", &["--extra-requires=numpy"]),
        ("extra's name", &["--extra-requires=a b:numpy"]),
        ("file of an extra", &["--extra-requires-file=requirements.txt"]),
        ("line of a file", &["--extra-requires-file=x=requirements.txt"]),
    ];
    let cases = cases.map(|(name, arguments)| (name, said(&dir, arguments)));
    insta::assert_snapshot!(transcript(cases), @r#"
    # renamed from nowhere
    error: cannot read `missing`: No such file or directory (os error 2)
    hint: check the path; the folder must exist

    # renamed out of the wheel
    error: `../x` cannot be the path of a file in a wheel: expected names between the `/`, found `..`
    hint: write the path without it

    # renamed to nothing
    error: `--rename=x=`: expected a file after the `=`, found nothing

    # a header without a place
    error: `--header=x.h`: expected DEST=SRC
    hint: write `\=` for a `=` in DEST, and both parts as UTF-8

    # data for an unknown place
    error: `--data-file=bin/tool`: expected a path below `scripts`, `headers`, `data`, `purelib` or `platlib`
    hint: as in `scripts/tool`; what belongs into site-packages is a `--member`

    # data for no place
    error: `--data-file=scripts`: expected a path below `scripts`, `headers`, `data`, `purelib` or `platlib`
    hint: as in `scripts/tool`; what belongs into site-packages is a `--member`

    # a script in a directory
    error: `sample_pkg-1.0.data/scripts/a/b`: expected a file directly in `scripts`, found one in a directory
    hint: uv refuses a wheel with directories in `scripts`

    # two files for one place
    error: two files with different content for `sample_pkg-1.0.data/scripts/a`: `a` and `b`
    hint: remove one of them, or give it another destination

    # METADATA
    error: two files with different content for `sample_pkg-1.0.dist-info/METADATA`: `a` and one that wheelworks writes
    hint: remove one of them, or give it another destination

    # RECORD
    error: `sample_pkg-1.0.dist-info/RECORD` is written by wheelworks itself
    hint: leave it out of the members

    # pattern
    error: `--exclude-member=a**` is not a pattern: recursive wildcards must form a single path component
    hint: `*` matches any text in a name, `**` any directories

    # empty pattern
    error: `--create-init=` is not a pattern: it is empty
    hint: `*` matches any text in a name, `**` any directories

    # substitution without a text
    error: `--substitute==x`: expected FROM=TO, and something in FROM
    hint: write `\=` for a `=` in FROM

    # two substitutions
    error: `--substitute` is given twice for `a`, with `b` and with `c`
    hint: remove one of them

    # substitution that is not found
    error: `a b` is to be substituted, and is in no member that matches *.py, *.pyi
    hint: remove the substitution, or correct its text

    # extra
    error: `--extra-requires=numpy`: expected EXTRA:REQUIREMENT
    hint: as in `cuda:nvidia-cublas-cu12>=12.1`

    # extra's name
    error: `a b` is not a distribution name: expected ASCII letters, digits, `-`, `_` and `.`, found ' '
    hint: begin and end with a letter or digit, as in `my-package`

    # file of an extra
    error: `--extra-requires-file=requirements.txt`: expected EXTRA=FILE
    hint: as in `cuda=cuda_requirements.txt`

    # line of a file
    error: `requirements.txt`, line 3: `-r other.txt` is not a requirement: expected a distribution's name in front, found an option of pip
    hint: write it as PEP 508 has it, such as `numpy>=2.0`, or `jax[cuda12]==0.8; python_version >= "3.12"`
    "#);
}
