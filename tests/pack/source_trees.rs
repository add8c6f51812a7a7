//! `wheelworks sdist` and `wheelworks editable`, tested with Python and pip.

use std::path::Path;

use super::refused;
use crate::judges::judge;
use crate::support::command::TestDir;
use crate::support::sample::text;

/// A distribution with a command, a script, a licence, and a path that does not fit a ustar header.
const DECLARED: [&str; 14] = [
    "--distribution=Tree.Pkg",
    "--version=1.0",
    "--python-tag=py3",
    "--summary=Größe",
    "--license=MIT",
    "--description-file=readme.md",
    "--license-file=LICENSE",
    "--entry-point=console_scripts:tree-tool = tree_pkg.cli:main",
    "--member=tree_pkg/cli.py=cli.py",
    "--member=tree_pkg/größe.txt=cli.py",
    "--member=tree_pkg/large.txt=large.txt",
    "--data-file=scripts/tree-script=script",
    "--create-init=*",
    "--member=tree_pkg/a/long/long/long/long/long/long/long/long/path/of/more/than/one/hundred/characters/of/a/name/to/a/file.txt=cli.py",
];

const SDIST: &str = "tree_pkg-1.0.tar.gz";

fn sources() -> TestDir {
    let dir = TestDir::new();
    dir.write("cli.py", "def main():\n    print('before')\n")
        .write("script", "#!python\nprint('a script')\n")
        .write("large.txt", text(9 << 20, 1))
        .write("readme.md", "# Tree\n")
        .write("LICENSE", "MIT, it says.\n");
    dir
}

fn run(dir: &TestDir, verb: &str, out: &str) {
    let out = format!("--out={out}");
    let mut arguments: Vec<&str> = vec![verb, &out];
    arguments.extend(DECLARED);
    let output = dir.wheelworks(&arguments).expect(0);
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
}

/// Runs pip without an index, in its own virtual environment.
fn install(dir: &TestDir, arguments: &[&str]) {
    let python = dir.path().join("venv/bin/python");
    dir.command(judge("python"), &["-m", "venv", "--without-pip", "venv"]).expect(0);
    let mut all = vec!["-m", "pip", "--quiet", "--disable-pip-version-check", "--python"];
    all.extend([python.to_str().unwrap(), "install", "--no-deps", "--no-index"]);
    all.extend(arguments);
    dir.command(judge("python"), &all).patience(5).expect(0);
}

fn said_by(dir: &TestDir, program: &str) -> String {
    dir.command(dir.path().join("venv/bin").join(program), &[""; 0]).expect(0).stdout
}

#[test]
fn a_source_distribution_depends_on_its_files_alone() {
    let (one, other) = (sources(), sources());
    run(&one, "sdist", SDIST);
    run(&other, "sdist", SDIST);
    let read = |dir: &TestDir| fs_err::read(dir.path().join(SDIST)).unwrap();
    assert!(read(&one) == read(&other));
}

#[test]
fn python_reads_a_source_distribution() {
    let dir = sources();
    run(&dir, "sdist", SDIST);
    let program = "
import gzip, sys, tarfile
assert len(gzip.open(sys.argv[1]).read()) % 512 == 0
with tarfile.open(sys.argv[1]) as sdist:
    for info in sdist:
        assert (info.uid, info.gid, info.uname, info.gname, info.isreg()) == (0, 0, '', '', True)
        print('%o %d %s' % (info.mode, info.mtime, info.name))
    large = sdist.extractfile('tree_pkg-1.0/src/tree_pkg/large.txt').read()
    assert large == open('large.txt', 'rb').read()
";
    let output = dir.command(judge("python"), &["-c", program, SDIST]).expect(0);
    insta::assert_snapshot!(output.stdout, @"
    755 315532800 tree_pkg-1.0/_wheel/data/scripts/tree-script
    644 315532800 tree_pkg-1.0/src/tree_pkg/__init__.py
    644 315532800 tree_pkg-1.0/src/tree_pkg/a/long/long/long/long/long/long/long/long/path/of/more/than/one/hundred/characters/of/a/name/to/a/file.txt
    644 315532800 tree_pkg-1.0/src/tree_pkg/cli.py
    644 315532800 tree_pkg-1.0/src/tree_pkg/größe.txt
    644 315532800 tree_pkg-1.0/src/tree_pkg/large.txt
    644 315532800 tree_pkg-1.0/_wheel/dist-info/METADATA
    644 315532800 tree_pkg-1.0/PKG-INFO
    644 315532800 tree_pkg-1.0/_wheel/dist-info/WHEEL
    644 315532800 tree_pkg-1.0/_wheel/dist-info/entry_points.txt
    644 315532800 tree_pkg-1.0/_wheel/dist-info/licenses/LICENSE
    644 315532800 tree_pkg-1.0/LICENSE
    644 315532800 tree_pkg-1.0/_wheel/name
    644 315532800 tree_pkg-1.0/_wheel/wheelworks_backend.py
    644 315532800 tree_pkg-1.0/pyproject.toml
    ");
}

#[test]
fn pip_builds_the_wheel_of_a_source_distribution() {
    let dir = sources();
    run(&dir, "sdist", SDIST);
    install(&dir, &[SDIST]);
    assert_eq!(said_by(&dir, "tree-tool"), "before\n");
    assert_eq!(said_by(&dir, "tree-script"), "a script\n");
    let program = "
from importlib import metadata
found = metadata.metadata('tree-pkg')
print(found['Summary'], found['License-Expression'], *found.get_all('License-File'))
assert any(str(file).endswith('LICENSE') for file in metadata.files('tree-pkg'))
";
    let python = dir.path().join("venv/bin/python");
    let output = dir.command(python, &["-c", program]).expect(0);
    assert_eq!(output.stdout, "Größe MIT LICENSE\n");
    dir.command(judge("twine"), &["check", "--strict", SDIST]).expect(0);
}

#[test]
fn pip_installs_an_editable_directory() {
    let dir = sources();
    run(&dir, "editable", "editable");
    install(&dir, &["-e", "./editable"]);
    assert_eq!(said_by(&dir, "tree-tool"), "before\n");
    assert_eq!(said_by(&dir, "tree-script"), "a script\n");
    dir.write("editable/src/tree_pkg/cli.py", "def main():\n    print('after it')\n");
    assert_eq!(said_by(&dir, "tree-tool"), "after it\n");
    let python = dir.path().join("venv/bin/python");
    let program = "from importlib import metadata as m; print(m.version('tree-pkg'), \
                   len([d for d in m.distributions() if d.name == 'Tree.Pkg']))";
    assert_eq!(dir.command(python, &["-c", program]).expect(0).stdout, "1.0 1\n");
}

#[test]
fn invalid_outputs() {
    let dir = sources();
    let said = |verb: &str, out: &str| {
        let out = format!("--out={out}");
        let mut arguments: Vec<&str> = vec![verb, &out];
        arguments.extend(DECLARED);
        refused(&dir, dir.wheelworks(&arguments))
    };
    dir.write("there/file", "");
    insta::assert_snapshot!(said("editable", "there"), @"
    error: `there`: expected no directory, or an empty one
    hint: remove it, or name another
    ");
    insta::assert_snapshot!(said("sdist", "tree-pkg.tar.gz"), @"
    error: `tree-pkg.tar.gz` is not the name of this wheel: expected `tree_pkg-1.0.tar.gz`
    hint: the name follows from distribution, version and tags; change them or the output's name
    ");
    insta::assert_snapshot!(said("editable", "missing/out"), @"
    error: cannot create `missing/out`: No such file or directory (os error 2)
    hint: check the path; the folder must exist
    ");
    fs_err::create_dir(dir.path().join("empty")).unwrap();
    run(&dir, "editable", "empty");
    assert!(Path::new(&dir.path().join("empty/src/tree_pkg/__init__.py")).is_file());
}
