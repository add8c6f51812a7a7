//! `wheelworks pack --unpacked`: a directory with what the archive would hold.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use super::assert_nothing_written;
use crate::judges::judge;
use crate::support::client::Worker;
use crate::support::command::TestDir;
use crate::support::messages::{Request, Response};
use crate::support::sample::{FILENAME, assert_no_temporary, pack, text};
use crate::unpack::listing;

/// Files and metadata of every kind.
const CONTENT: [&str; 13] = [
    "--distribution=Sample-Pkg",
    "--version=1.0",
    "--summary=Größe",
    "--requires-dist=numpy>=2",
    "--entry-point=console_scripts:tool = sample_pkg.cli:main",
    "--license-file=LICENSE",
    "--member=sample_pkg/cli.py=cli.py",
    "--member=sample_pkg/größe, 日本.txt=cli.py",
    "--member=sample_pkg/large.txt=large.txt",
    "--substitute=before=after",
    "--create-init=*",
    "--data-file=scripts/sample=script",
    "--data-file=data/share/tree=tree",
];

fn sources() -> TestDir {
    let dir = TestDir::new();
    dir.write("cli.py", "def main():\n    print('before')\n")
        .write("script", "#!python\nprint('a script')\n")
        .write("large.txt", text(9 << 20, 1))
        .write("tree/a/b.txt", "b")
        .write("LICENSE", "MIT, it says.\n");
    dir
}

fn arguments<'a>(first: &[&'a str]) -> Vec<&'a str> {
    [first, CONTENT.as_slice()].concat()
}

#[test]
fn the_files_of_the_archive_and_its_record() {
    let dir = sources();
    let out = format!("--out={FILENAME}");
    pack(&dir, &arguments(&["pack", &out]), FILENAME);
    dir.wheelworks(&["unpack", FILENAME, "-d", "expected"]).expect(0);
    let expected = listing(&dir.path().join("expected"));
    for (jobs, umask) in [("1", "022"), ("2", "077"), ("8", "0")] {
        let command =
            format!("umask {umask}; exec {} \"$@\" --jobs={jobs}", crate::support::WHEELWORKS);
        let shell = ["-c", &command, "sh"];
        let all = arguments(&["pack", "--unpacked", "--out=out"]);
        let output = dir.command("sh", &[shell.as_slice(), &all].concat()).expect(0);
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
        let found = listing(&dir.path().join("out"));
        let names = |of: &[(String, u32, Vec<u8>)]| -> Vec<(String, u32)> {
            of.iter().map(|(path, mode, _)| (path.clone(), *mode)).collect()
        };
        assert_eq!(names(&found), names(&expected));
        assert!(found == expected, "the content differs");
        fs_err::remove_dir_all(dir.path().join("out")).unwrap();
    }
    assert_no_temporary(dir.path());
}

#[test]
fn python_finds_the_distribution() {
    let dir = sources();
    dir.wheelworks(&arguments(&["pack", "--unpacked", "--out=out"])).expect(0);
    let program = "
import base64, hashlib, sys
from importlib import metadata
from pathlib import Path
(found,) = metadata.distributions(path=['out'])
for file in found.files:
    if file.hash:
        digest = hashlib.sha256(Path('out', file).read_bytes()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b'=').decode() == file.hash.value, file
        assert file.size == Path('out', file).stat().st_size, file
listed = {str(file) for file in found.files}
assert listed == {str(p.relative_to('out')) for p in Path('out').rglob('*') if p.is_file()}
sys.path.insert(0, 'out')
import sample_pkg.cli
print(found.metadata['Summary'], found.version, len(listed), sample_pkg.cli.__file__)
";
    let output = dir.command(judge("python"), &["-c", program]).expect(0);
    let file = dir.path().join("out/sample_pkg/cli.py");
    assert_eq!(output.stdout, format!("Größe 1.0 11 {}\n", file.display()));
}

/// Hard links would make a later change of the permissions of the output reach the sources.
#[test]
fn sources_and_outputs_are_different_files() {
    let dir = sources();
    fs_err::set_permissions(dir.path().join("large.txt"), Permissions::from_mode(0o444)).unwrap();
    dir.wheelworks(&arguments(&["pack", "--unpacked", "--out=out"])).expect(0);
    for (source, output) in [("large.txt", "large.txt"), ("cli.py", "größe, 日本.txt")] {
        let source = fs_err::metadata(dir.path().join(source)).unwrap();
        let output = fs_err::metadata(dir.path().join("out/sample_pkg").join(output)).unwrap();
        assert!(source.ino() != output.ino());
        assert_eq!((source.nlink(), output.mode() & 0o777), (1, 0o644));
    }
}

#[test]
fn a_worker_writes_the_same_directory() {
    let dir = sources();
    dir.wheelworks(&arguments(&["pack", "--unpacked", "--out=out"])).expect(0);
    let expected = listing(&dir.path().join("out"));
    for mut worker in [Worker::proto(), Worker::json()] {
        let sandbox = worker.directory().join("box");
        fs_err::create_dir(&sandbox).unwrap();
        for name in ["cli.py", "script", "large.txt", "LICENSE"] {
            fs_err::copy(dir.path().join(name), sandbox.join(name)).unwrap();
        }
        crate::support::command::write(&sandbox, "tree/a/b.txt", "b");
        // Bazel creates the directory, and sends the request again after an edit.
        for round in 1..=2 {
            fs_err::create_dir_all(sandbox.join("out")).unwrap();
            let all = arguments(&["pack", "--unpacked", "--out=out"]);
            let request = Request { sandbox_dir: "box".to_owned(), ..Request::new(round, &all) };
            assert_eq!(worker.ask(&request), Response::new(round, 0, ""));
            assert!(listing(&sandbox.join("out")) == expected, "round {round}");
            fs_err::remove_dir_all(sandbox.join("out")).unwrap();
        }
        assert_eq!(worker.finish().code, Some(0));
    }
}

#[test]
fn stamps_names_and_reports() {
    let dir = sources();
    dir.write("status", "KEY 7\n");
    let output = dir.wheelworks(&[
        "pack",
        "--unpacked",
        "--out=any name",
        "--distribution=a",
        "--version=1.{KEY}",
        "--status-file=status",
        "--name-file=name",
        "--member=a.py=cli.py",
        "--json",
    ]);
    let output = output.expect(0);
    assert!(dir.path().join("any name/a-1.7.dist-info/RECORD").exists());
    assert_eq!(fs_err::read_to_string(dir.path().join("name")).unwrap(), "a-1.7-py3-none-any.whl");
    let summary: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(summary["wheels"][0]["members"], 4);
}

#[test]
fn refused_outputs_and_options() {
    let dir = sources();
    dir.write("taken/file", "");
    let said = |first: &[&str]| {
        let output = dir.wheelworks(&arguments(first)).expect(2);
        assert_nothing_written(dir.path());
        output.stderr
    };
    insta::assert_snapshot!(said(&["pack", "--unpacked", "--out=taken"]), @"
    error: `taken`: expected no directory, or an empty one
    hint: remove it, or name another
    ");
    assert!(said(&["pack", "--unpacked", "--out=missing/out"]).contains("missing/out"));
    let missing = said(&["pack", "--unpacked", "--out=out", "--member=x=absent"]);
    assert!(missing.contains("absent"), "{missing}");
    assert!(!dir.path().join("out").exists());
    for option in [
        "--compression-level=1",
        "--no-chunk-table",
        "--timestamp=0",
        "--audit=a",
        "--require-declared",
    ] {
        let text = said(&["pack", "--unpacked", "--out=out", option]);
        assert!(text.contains("cannot be used with"), "{option}: {text}");
    }
    dir.wheelworks(&["pack", "tree", "--unpacked"]).expect(2);
}
