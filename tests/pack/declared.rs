//! Where declared files go, what becomes of them, and what is stamped.

use super::refused_arguments::{said, sources};
use super::transcript;
use crate::support::archive::{assert_conforms, content};
use crate::support::command::Dir;
use crate::support::sample::{DECLARED, FILENAME, pack};

/// The files that the cases name.
fn files() -> Dir {
    let dir = Dir::new();
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

/// The paths of the members but those that every wheel has, and the content of those in Python.
fn packed(arguments: &[&str]) -> String {
    let dir = files();
    let mut all = DECLARED.to_vec();
    all.extend(arguments);
    let (output, path) = pack(&dir, &all, FILENAME);
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
    let (file, archive) = assert_conforms(&path);
    let mut lines = Vec::new();
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
            name.to_owned()
        });
    }
    lines.join("\n")
}

#[test]
fn places_of_declared_files() {
    let core = "--member=src/pkg/core.py=src/pkg/core.py";
    let test = "--member=src/pkg/core_test.py=src/pkg/core_test.py";
    let table = "--member=src/data/table.txt=src/data/table.txt";
    let cases: [(&str, &[&str]); 15] = [
        (
            "a prefix stripped and one added",
            &["--strip-path-prefix=src/", "--add-path-prefix=root/", core],
        ),
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
        ("licences", &["--license-file=LICENSE", "--license-file=zlib/LICENSE=zlib/LICENSE"]),
    ];
    let cases = cases.map(|(name, arguments)| (name, packed(arguments) + "\n"));
    insta::assert_snapshot!(transcript(cases), @"");
}

#[test]
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
    insta::assert_snapshot!(transcript(cases), @"");
}

#[test]
fn what_is_stamped() {
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
        let (_, path) = pack(&dir, &arguments(more), &arguments(&[])[1]["--out=".len()..]);
        let (file, archive) = assert_conforms(&path);
        let metadata = archive.entries.iter().find(|it| it.name().ends_with("METADATA")).unwrap();
        let metadata = String::from_utf8(content(&file, metadata)).unwrap();
        let told = fs_err::read_to_string(dir.path().join("name")).unwrap();
        found.push((name, format!("{told}\n{}\n{metadata}", archive.entries[0].name())));
    }
    insta::assert_snapshot!(transcript(found), @"");
    fs_err::remove_file(dir.path().join(&arguments(&[])[1]["--out=".len()..])).unwrap();
    let missing = arguments(&["--status-file=stable"]);
    insta::assert_snapshot!(super::refused(&dir, dir.wheelworks(&missing)), @"");
}

#[test]
fn options_that_are_wrong() {
    let dir = sources();
    dir.write("requirements.txt", "numpy\n\n-r other.txt\n").write("c.py", "text");
    let cases: [(&str, &[&str]); 18] = [
        ("renamed from nowhere", &["--rename=x=missing"]),
        ("renamed out of the wheel", &["--rename=../x=a"]),
        ("renamed to nothing", &["--rename=x="]),
        ("a header without a place", &["--header=x.h"]),
        ("data for an unknown place", &["--data-file=bin/tool=a"]),
        ("data for no place", &["--data-file=scripts=a"]),
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
    insta::assert_snapshot!(transcript(cases), @"");
}
