//! Paths and content of declared files, and keys of status files.

use super::{refused, transcript};
use crate::support::archive::{assert_conforms, content};
use crate::support::command::TestDir;
use crate::support::sample::{DECLARED, FILENAME, pack};

/// Creates the input files of the test cases.
fn files() -> TestDir {
    let dir = TestDir::new();
    dir.write("init.py", "from mlir import ir\n")
        .write("src/pkg/core.py", "import mlir\nfrom mlir.ir import x  # mlir\n")
        .write("src/pkg/core_test.py", "raise\n")
        .write("src/pkg/sub/deep/leaf.py", "")
        .write("src/pkg/sub/native.cpython-312.so", "no ELF")
        .write("src/pkg/a-b/leaf.py", "")
        .write("src/data/table.txt", "mlir")
        .write("include/pkg/x.h", "#define X\n")
        .write("tool", "#!python\n")
        .write("tree/a.txt", "a")
        .write("tree/sub/b.txt", "b")
        .write("zlib/LICENSE", "zlib")
        .write("LICENSE", "own");
    dir
}

/// Packs declared files. Returns the warnings, the members' paths, except METADATA, WHEEL and RECORD, and the
/// content of Python files.
fn packed(arguments: &[&str]) -> String {
    let dir = files();
    let mut all = DECLARED.to_vec();
    all.extend(arguments);
    let (output, path) = pack(&dir, &all, FILENAME);
    assert_eq!(output.stdout, "");
    let (file, archive) = assert_conforms(&path);
    let mut lines: Vec<String> = output.stderr.lines().map(str::to_owned).collect();
    for entry in &archive.entries {
        let name = entry.name();
        if ["METADATA", "WHEEL", "RECORD"].iter().any(|it| name.ends_with(&format!("info/{it}"))) {
            continue;
        }
        let text = String::from_utf8(content(&file, entry)).unwrap();
        let is_python = name.rsplit_once('.').is_some_and(|(_, extension)| extension == "py");
        lines.push(if is_python && !text.is_empty() {
            format!("{name}: {}", text.trim_end().replace('\n', " | "))
        } else {
            name
        });
    }
    lines.join("\n")
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
fn paths_of_declared_files() {
    let core = "--member=src/pkg/core.py=src/pkg/core.py";
    let test = "--member=src/pkg/core_test.py=src/pkg/core_test.py";
    let table = "--member=src/data/table.txt=src/data/table.txt";
    let cases: [(&str, &[&str]); 11] = [
        (
            "a prefix stripped and one added",
            &["--strip-path-prefix=src/", "--add-path-prefix=root/", core],
        ),
        ("a directory stripped without its `/`", &["--strip-path-prefix=src", core]),
        (
            "a prefix added to what has none to strip",
            &["--strip-path-prefix=x/", "--add-path-prefix=root/", core],
        ),
        (
            "renamed, in place of its own path",
            &[
                "--member=init.py=init.py",
                "--rename=pkg/__init__.py=init.py",
                "--add-path-prefix=root/",
            ],
        ),
        ("renamed into a directory", &["--rename=pkg/=init.py", core]),
        (
            "a renamed directory, in place of its files",
            &["--member=tree/a.txt=tree/a.txt", "--rename=pkg/data=tree"],
        ),
        ("placed elsewhere", &["--place=pkg/core.py=src/pkg/core.py", core]),
        ("excluded by name", &["--exclude-member=*_test.py", core, test]),
        ("excluded by directory", &["--exclude-member=src/data", core, table]),
        (
            "excluded unless renamed",
            &["--exclude-member=init.py", "--rename=a/init.py=init.py", "--member=init.py=init.py"],
        ),
        (
            "headers below a root",
            &[
                "--header-root=pkg/include/",
                "--strip-path-prefix=include/",
                "--header=include/pkg/x.h=include/pkg/x.h",
                core,
            ],
        ),
    ];
    let cases = cases.map(|(name, arguments)| (name, packed(arguments) + "\n"));
    insta::assert_snapshot!(transcript(cases), @"
    # a prefix stripped and one added
    root/pkg/core.py: import mlir | from mlir.ir import x  # mlir

    # a directory stripped without its `/`
    pkg/core.py: import mlir | from mlir.ir import x  # mlir

    # a prefix added to what has none to strip
    warning: --strip-path-prefix `x/`: no file has this path
    hint: remove it, or correct it
    root/src/pkg/core.py: import mlir | from mlir.ir import x  # mlir

    # renamed, in place of its own path
    pkg/__init__.py: from mlir import ir

    # renamed into a directory
    pkg/init.py: from mlir import ir
    src/pkg/core.py: import mlir | from mlir.ir import x  # mlir

    # a renamed directory, in place of its files
    pkg/data/a.txt
    pkg/data/sub/b.txt

    # placed elsewhere
    pkg/core.py: import mlir | from mlir.ir import x  # mlir

    # excluded by name
    src/pkg/core.py: import mlir | from mlir.ir import x  # mlir

    # excluded by directory
    src/pkg/core.py: import mlir | from mlir.ir import x  # mlir

    # excluded unless renamed
    warning: --exclude-member `init.py`: no file has this path
    hint: remove it, or correct it
    a/init.py: from mlir import ir

    # headers below a root
    pkg/include/pkg/x.h
    src/pkg/core.py: import mlir | from mlir.ir import x  # mlir
    ");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
fn data_files_and_external_members() {
    let cases: [(&str, &[&str]); 7] = [
        (
            "data files",
            &[
                "--data-file=scripts/tool=tool",
                "--data-file=data/share/=tree",
                "--data-file=headers/=include/pkg/x.h",
            ],
        ),
        (
            "files of the dist-info directory",
            &["--distinfo-file=notices/a=tree/a.txt", "--distinfo-file=more/=tree"],
        ),
        ("of all repositories", &["--external-member=zlib/z/a.txt=tree/a.txt"]),
        (
            "of some repositories",
            &[
                "--external-repository=*",
                "--external-repository=-zlib",
                "--external-member=zlib/z/a.txt=tree/a.txt",
                "--external-member=png/p/b.txt=tree/sub/b.txt",
            ],
        ),
        (
            "of an installed distribution",
            &[
                "--external-member=zlib/site-packages/z/a.txt=tree/a.txt",
                "--external-member=zlib/z/b.txt=tree/sub/b.txt",
            ],
        ),
        (
            "of an installed distribution that is named",
            &[
                "--external-repository=z*",
                "--external-member=zlib/site-packages/z/a.txt=tree/a.txt",
                "--strip-path-prefix=site-packages/",
            ],
        ),
        ("licences", &["--license-file=LICENSE", "--license-file=zlib/LICENSE=zlib/LICENSE"]),
    ];
    let cases = cases.map(|(name, arguments)| (name, packed(arguments) + "\n"));
    insta::assert_snapshot!(transcript(cases), @"
    # data files
    sample_pkg-1.0.data/data/share/a.txt
    sample_pkg-1.0.data/data/share/sub/b.txt
    sample_pkg-1.0.data/headers/x.h
    sample_pkg-1.0.data/scripts/tool

    # files of the dist-info directory
    sample_pkg-1.0.dist-info/more/a.txt
    sample_pkg-1.0.dist-info/more/sub/b.txt
    sample_pkg-1.0.dist-info/notices/a

    # of all repositories
    z/a.txt

    # of some repositories
    p/b.txt

    # of an installed distribution
    z/b.txt

    # of an installed distribution that is named
    z/a.txt

    # licences
    sample_pkg-1.0.dist-info/licenses/LICENSE
    sample_pkg-1.0.dist-info/licenses/zlib/LICENSE
    ");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
fn content_of_declared_files() {
    let core = "--member=pkg/core.py=src/pkg/core.py";
    let table = "--member=pkg/table.txt=src/data/table.txt";
    let deep = "--member=pkg/sub/deep/leaf.py=src/pkg/sub/deep/leaf.py";
    let cases: [(&str, &[&str]); 8] = [
        ("substituted in Python", &["--substitute=mlir=jaxlib.mlir", core, table]),
        (
            "the longest counts",
            &["--substitute=import mlir\\n=import jaxlib\\n", "--substitute=mlir=M", core],
        ),
        ("what replaces is left alone", &["--substitute=mlir=x", "--substitute=x=mlir", core]),
        (
            "substituted elsewhere",
            &[
                "--substitute=import=IMPORT",
                "--substitute-in=core.*",
                core,
                "--rename=pkg/other.py=init.py",
            ],
        ),
        (
            "substituted where it is renamed to",
            &["--substitute=mlir=M", "--rename=pkg/__init__.py=init.py"],
        ),
        (
            "packages created",
            &["--create-init=*", core, deep, table, "--member=pkg/a-b/leaf.py=src/pkg/a-b/leaf.py"],
        ),
        ("some packages created", &["--create-init=pkg/sub", core, deep]),
        (
            "a package there",
            &[
                "--create-init=pkg",
                "--rename=pkg/__init__.py=init.py",
                "--member=pkg/sub/n.so=src/pkg/sub/native.cpython-312.so",
                "--member=data/table.txt=src/data/table.txt",
            ],
        ),
    ];
    let cases = cases.map(|(name, arguments)| (name, packed(arguments) + "\n"));
    insta::assert_snapshot!(transcript(cases), @"
    # substituted in Python
    pkg/core.py: import jaxlib.mlir | from jaxlib.mlir.ir import x  # jaxlib.mlir
    pkg/table.txt

    # the longest counts
    pkg/core.py: import jaxlib | from M.ir import x  # M

    # what replaces is left alone
    pkg/core.py: import x | from x.ir import mlir  # x

    # substituted elsewhere
    pkg/core.py: IMPORT mlir | from mlir.ir IMPORT x  # mlir
    pkg/other.py: from mlir import ir

    # substituted where it is renamed to
    pkg/__init__.py: from M import ir

    # packages created
    pkg/__init__.py
    pkg/a-b/leaf.py
    pkg/core.py: import mlir | from mlir.ir import x  # mlir
    pkg/sub/__init__.py
    pkg/sub/deep/__init__.py
    pkg/sub/deep/leaf.py
    pkg/table.txt

    # some packages created
    pkg/core.py: import mlir | from mlir.ir import x  # mlir
    pkg/sub/__init__.py
    pkg/sub/deep/__init__.py
    pkg/sub/deep/leaf.py

    # a package there
    data/table.txt
    pkg/__init__.py: from mlir import ir
    pkg/sub/__init__.py
    pkg/sub/n.so
    ");
}

#[test]
fn keys_of_status_files_are_expanded() {
    let dir = files();
    dir.write("stable", "BUILD_EMBED_LABEL 3\nSTABLE_NAME Nightly\nEMPTY\n")
        .write("volatile", "BUILD_TIMESTAMP 1764098000\n");
    let arguments = |more: &[&'static str]| {
        let mut all = vec![
            "pack",
            "--out=sample_stable_name-1.0.dev0-0-py3-none-any.whl",
            "--distribution=Sample-{STABLE_NAME}",
            "--version=1.0.dev{BUILD_TIMESTAMP}",
            "--build-tag={BUILD_EMBED_LABEL}",
            "--requires-dist=base=={BUILD_EMBED_LABEL}",
            "--extra-requires=all:more=={BUILD_EMBED_LABEL}",
            "--member=tool=tool",
            "--name-file=name",
        ];
        all.extend(more);
        all
    };
    let mut found = Vec::new();
    for (name, more) in
        [("constants", &[][..]), ("stamped", &["--status-file=stable", "--status-file=volatile"])]
    {
        let output = dir.wheelworks(&arguments(more)).expect(0);
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
        let told = fs_err::read_to_string(dir.path().join("name")).unwrap();
        let path = dir.path().join(&told);
        fs_err::rename(dir.path().join(&arguments(&[])[1]["--out=".len()..]), &path).unwrap();
        let (file, archive) = assert_conforms(&path);
        let metadata = archive.entries.iter().find(|it| it.name().ends_with("METADATA")).unwrap();
        let metadata = String::from_utf8(content(&file, metadata)).unwrap();
        found.push((name, format!("{told}\n{}\n{metadata}", archive.entries[0].name())));
    }
    insta::assert_snapshot!(transcript(found), @"
    # constants
    sample_stable_name-1.0.dev0-0-py3-none-any.whl
    tool
    Metadata-Version: 2.4
    Name: Sample-stable_name
    Version: 1.0.dev0
    Requires-Dist: base==0
    Requires-Dist: more==0; extra == 'all'
    Provides-Extra: all

    # stamped
    sample_nightly-1.0.dev1764098000-3-py3-none-any.whl
    tool
    Metadata-Version: 2.4
    Name: Sample-Nightly
    Version: 1.0.dev1764098000
    Requires-Dist: base==3
    Requires-Dist: more==3; extra == 'all'
    Provides-Extra: all
    ");
    let missing = arguments(&["--status-file=stable"]);
    insta::assert_snapshot!(refused(&dir, dir.wheelworks(&missing)), @"
    error: `1.0.dev{BUILD_TIMESTAMP}`: expected a key of a status file, found `BUILD_TIMESTAMP`
    hint: with Bazel, keys come from `--workspace_status_command` and are BUILD_EMBED_LABEL, EMPTY, STABLE_NAME
    ");
}
